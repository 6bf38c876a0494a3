import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import Progress

from catalog.interchange import formats
from catalog.interchange.document import Document, FileProblem, Refused
from catalog.loading.loader import load
from catalog.loading.merging import Side
from catalog.loading.report import Report, Tally
from catalog.text import quoted

# Loads of fewer issues show no progress bar, because they end too soon.
LONG_LOAD = 2_000
# Largest file in bytes; larger ones are refused before they fill the memory.
LARGEST_COMMAND_FILE = 1 << 30
# Number of conflicts that are listed one by one.
MOST_CONFLICTS = 20


class Command(BaseCommand):
    help = "Load files into the catalog: a page, JSON or CSV. A refused file changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="a file, or - for standard input"
        )
        parser.add_argument(
            "--format", choices=list(formats.FORMATS), help="the format; found from the content"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="do the same work and take it back"
        )
        sides = parser.add_mutually_exclusive_group()
        sides.add_argument(
            "--theirs", action="store_const", const=Side.THEIRS, dest="take",
            help="settle conflicts, those of earlier loads too: take what the file gives",
        )  # fmt: skip
        sides.add_argument(
            "--ours", action="store_const", const=Side.OURS, dest="take",
            help="settle them the other way: keep what curators made of it",
        )  # fmt: skip
        parser.add_argument(
            "--prune", action="store_true", help="archive the issues that the file lacks"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        settings = {name: options[name] for name in ("dry_run", "take", "prune")}
        refused = [
            name
            for name in options["files"]
            if not self.load_file(name, options["format"], settings)
        ]
        if refused:
            sys.exit(1)

    def load_file(self, name: str, format_name: str | None, settings: dict[str, Any]) -> bool:
        """Load one file and print its report or its problems; return whether it was loaded."""
        shown = "standard input" if name == "-" else name
        try:
            document, warnings = formats.read(read_bytes(name), format_name)
            self.print_problems(shown, warnings)
            report = self.load_document(document, Path(shown).name, settings)
        except Refused as refusal:
            self.print_problems(shown, refusal.problems)
            return False
        self.stdout.write(summary(shown, report, settings["dry_run"]))
        return True

    def load_document(self, document: Document, source: str, settings: dict[str, Any]) -> Report:
        total = sum(1 for pub in document.publications for _ in pub.placed_issues())
        if total < LONG_LOAD or not sys.stderr.isatty():
            return load(document, source=source, **settings)
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("Loading", total=total)
            return load(
                document,
                source=source,
                **settings,
                progress=lambda done, _: bar.update(task, completed=done),
            )

    def print_problems(self, name: str, problems: list[FileProblem]) -> None:
        for problem in problems:
            where = f"{name}:{problem.where}" if problem.where else name
            self.stderr.write(f"{where}: {problem}")


def read_bytes(name: str) -> bytes:
    """Return the bytes of a file, or of standard input for -.

    Raise `Refused` if it is missing, unreadable, not a regular file or larger than 1 GiB.
    """
    if name == "-":
        data = sys.stdin.buffer.read(LARGEST_COMMAND_FILE + 1)
    else:
        path = Path(name)
        try:
            if path.exists() and not path.is_file():
                kind = "a folder" if path.is_dir() else "not a regular file"
                raise Refused([FileProblem("error", f"is {kind}; expected a file")])
            with path.open("rb") as file:
                data = file.read(LARGEST_COMMAND_FILE + 1)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise Refused([FileProblem("error", f"cannot be read: {reason}")]) from error
    if len(data) > LARGEST_COMMAND_FILE:
        raise Refused([FileProblem("error", "is larger than 1 GiB; expected a smaller file")])
    return data


def summary(name: str, report: Report, dry_run: bool) -> str:
    """Return the report of a load, with one line for each kind of row."""
    lines = [f"{name}: {'would be loaded (dry run)' if dry_run else 'loaded'}"]
    for kind, tally in (
        ("publications", report.publications),
        ("clusters", report.clusters),
        ("issues", report.issues),
    ):
        lines.append(f"  {kind}: {_counts(tally)}")
    if report.guessed:
        lines.append(f"  tags to review: {report.guessed} issues whose tags are a guess")
    if report.pruned:
        lines.append(f"  archived, for the file lacks them: {report.pruned} issues")
    if report.conflicts:
        lines += _conflict_lines(report)
    return "\n".join(lines)


def _conflict_lines(report: Report) -> list[str]:
    """Return the first conflicts of a load, and how to settle them."""
    lines = [f"  conflicts, changed here and in the file: {len(report.conflicts)}"]
    for each in report.conflicts[:MOST_CONFLICTS]:
        stands = "the file's" if each.is_taken else "the curators'"
        lines.append(
            f"    {each.kind} {quoted(each.title)}, {each.field}: {_short(each.before)} here, "
            f"{_short(each.after)} in the file; {stands} stands"
        )
    if len(report.conflicts) > MOST_CONFLICTS:
        lines.append(f"    and {len(report.conflicts) - MOST_CONFLICTS} more")
    if not all(each.is_taken for each in report.conflicts):
        lines.append(
            "    settle them at /admin/catalog/desk/conflicts/, or with --theirs or --ours"
        )
    return lines


def _short(value: Any) -> str:
    """Return a value shortened to fit a line of the report."""
    if isinstance(value, list):
        value = ", ".join(value)
    return "nothing" if value in (None, "") else quoted(str(value))


def _counts(tally: Tally) -> str:
    return (
        f"{tally.created} created, {tally.changed} changed, {tally.unchanged} unchanged, "
        f"{tally.missing} missing from the file"
    )
