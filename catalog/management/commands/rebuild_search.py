from typing import Any

from django.core.management.base import BaseCommand

from catalog.search import indexing
from catalog.text import plural


class Command(BaseCommand):
    help = "Rebuild the search index, its words and the filter counts from the catalog."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{plural(indexing.rebuild(), 'issue')} indexed.")
