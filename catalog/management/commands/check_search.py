from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.search import indexing

MOST_FAULTS_SHOWN = 20


class Command(BaseCommand):
    help = "Check that the search index and the filter counts agree with the catalog."

    def handle(self, *args: Any, **options: Any) -> None:
        problems = indexing.check()
        for problem in problems[:MOST_FAULTS_SHOWN]:
            self.stderr.write(problem)
        if len(problems) > MOST_FAULTS_SHOWN:
            self.stderr.write(f"and {len(problems) - MOST_FAULTS_SHOWN} more")
        if problems:
            raise CommandError("Out of step; run `manage.py rebuild_search` to rebuild the index.")
        self.stdout.write("All in step.")
