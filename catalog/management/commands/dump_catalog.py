import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.interchange import formats
from catalog.interchange.dumping import dump
from catalog.loading.dump_history import record_dump
from catalog.models import Publication
from catalog.models.installation import room_id


class Command(BaseCommand):
    help = "Write the catalog, or one publication, as JSON, a page or CSV."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--publication", metavar="SLUG", help="only this publication")
        parser.add_argument("--format", choices=list(formats.FORMATS), default="json")
        parser.add_argument(
            "--for-others", action="store_true", help="leave out the line that names this room"
        )
        parser.add_argument("-o", "--output", metavar="FILE", help="a file, not standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["publication"]
        try:
            document = dump(slug)
            if options["format"] == "json" and not options["for_others"]:
                document.room = room_id()
                record_dump()
            text, notes = formats.write(document, options["format"])
        except Publication.DoesNotExist as error:
            slugs = ", ".join(Publication.objects.values_list("slug", flat=True)[:20])
            raise CommandError(
                f"There is no publication {slug!r}; expected one of: {slugs or '(none yet)'}."
            ) from error
        except ValueError as error:
            raise CommandError(str(error)) from error
        for note in notes:
            self.stderr.write(f"note: {note}")
        if options["output"]:
            try:
                Path(options["output"]).write_text(text, encoding="utf-8", newline="")
            except OSError as error:
                raise CommandError(f"{options['output']}: {error.strerror}") from error
        else:
            sys.stdout.buffer.write(text.encode())
            sys.stdout.flush()
