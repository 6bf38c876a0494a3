"""A catalog as CSV, one row an issue, for spreadsheets."""

import csv
import datetime
import io
import re
from typing import Any

from msgspec import UNSET

from catalog.document import Cluster, Document, Issue, Problem, Publication, quoted, title_key
from catalog.formats.values import iso_date, stripped

COLUMNS = (
    "publication", "category", "author", "cluster", "title", "date", "tier", "url", "words",
    "tags", "summary",
)  # fmt: skip
REQUIRED = ("publication", "category", "author", "title", "date")

# A spreadsheet runs a cell that begins so as a formula; a quote before it makes it text.
_FORMULA = re.compile(r"'*[=+\-@]")
_QUOTED_FORMULA = re.compile(r"'+[=+\-@]")
# A tag, in which a backslash stands before each bar and backslash that is its own.
_TAG = re.compile(r"(?:[^|\\]|\\[|\\]|\\)*")
# Above the bounds of any cell that validation lets pass, tags included.
_LONGEST_CELL = 1_000_000


def is_like(text: str) -> bool:
    """Tell whether the first line names at least two of our columns, whatever separates them."""
    first = text.removeprefix("\ufeff").lstrip().partition("\n")[0]
    names = {stripped(cell).strip("\"'").casefold() for cell in re.split("[,;\t]", first[:2000])}
    return len(names & set(COLUMNS)) > 1


def parse(text: str) -> tuple[Document, list[Problem]]:
    """Read rows; publications and clusters stand in the order in which they first appear."""
    reader = _Reader()
    # The module's own limit is global; ours is set for this one pass and put back.
    limit = csv.field_size_limit(_LONGEST_CELL)
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), 1):
            if reader.columns is None:
                reader.read_header(cells)
                if reader.problems:
                    break
            elif any(map(stripped, cells)):
                reader.read_row(f"row {number}", cells)
            reader.number = number
    except csv.Error as error:
        reader.error(f"row {reader.number + 1}", _syntax_message(error))
    finally:
        csv.field_size_limit(limit)
    return Document(publications=list(reader.publications.values())), reader.problems


def _syntax_message(error: csv.Error) -> str:
    message = str(error)
    if "unexpected end of data" in message:
        return "the file ends within a quoted cell, expected the closing quote and the row’s rest"
    if "field larger" in message:
        return f"a cell of more than {_LONGEST_CELL:,} characters found, expected a shorter one"
    return f"no CSV found, expected quotes around a whole cell and doubled within it ({message})"


class _Reader:
    """Builds publications from rows."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.columns: list[str] | None = None
        self.number = 0
        self.publications: dict[str, Publication] = {}
        self.clusters: dict[tuple[str, str], Cluster] = {}

    def error(self, where: str, message: str, title: str = "") -> None:
        self.problems.append(Problem("error", message, where, title))

    def read_header(self, cells: list[str]) -> None:
        """Take the names of the columns, in any order."""
        self.columns = [stripped(cell).casefold() for cell in cells]
        known = ", ".join(COLUMNS)
        for name in dict.fromkeys(self.columns):
            if name not in COLUMNS:
                self.error("row 1", f"unknown column {quoted(name)} found, expected {known}")
            elif self.columns.count(name) > 1:
                self.error("row 1", f"column {quoted(name)} found twice, expected it once")
        missing = [quoted(name) for name in REQUIRED if name not in self.columns]
        if missing:
            names = ", ".join(missing)
            self.error(
                "row 1", f"required columns missing: {names}; expected a header with {known}"
            )

    def read_row(self, where: str, cells: list[str]) -> None:
        columns = self.columns or []
        row = dict(zip(columns, map(_plain, cells), strict=False))
        title = row.get("title", "")
        if len(cells) != len(columns):
            self.error(where, f"{len(cells)} cells found, expected {len(columns)}", title)
            return
        publication = self.publication(where, row)
        issue = self.issue(where, row)
        name = row.get("cluster", "")
        home = self.cluster(where, publication, name) if name else publication
        home.issues.append(issue)

    def publication(self, where: str, row: dict[str, str]) -> Publication:
        """Return the row's publication, made from the first row that names it."""
        key = title_key(row["publication"])
        publication = self.publications.get(key)
        if publication is None:
            publication = self.publications[key] = Publication(
                name=row["publication"],
                category=row["category"],
                author=row["author"],
                clusters=[] if "cluster" in row else UNSET,
                issues=[],
                where=where,
            )
        for column in ("category", "author"):
            first = getattr(publication, column)
            if row[column] != first:
                self.error(
                    where,
                    f"{column} {quoted(row[column])} found for the publication "
                    f"{quoted(publication.name)}, expected {quoted(first)} as in "
                    f"{publication.where}",
                    row["title"],
                )
        return publication

    def cluster(self, where: str, publication: Publication, name: str) -> Cluster:
        key = title_key(publication.name), title_key(name)
        if key not in self.clusters:
            self.clusters[key] = Cluster(title=name, issues=[], where=where)
            assert isinstance(publication.clusters, list)
            publication.clusters.append(self.clusters[key])
        return self.clusters[key]

    def issue(self, where: str, row: dict[str, str]) -> Issue:
        """Return a row's issue: a missing column is unset, an empty cell null."""
        given: dict[str, Any] = {"title": row["title"], "date": datetime.date.min}
        if day := iso_date(row["date"]):
            given["date"] = day
        else:
            found = quoted(row["date"]) if row["date"] else "nothing"
            message = f"date: {found} found, expected a day as “2023-11-24”"
            self.error(where, message, row["title"])
        for column in ("url", "summary"):
            if column in row:
                given[column] = row[column] or None
        if "tags" in row:
            given["tags"] = _split(row["tags"]) if row["tags"] else None
        for column in ("tier", "words"):
            if cell := row.get(column):
                if re.fullmatch(r"[0-9]{1,10}", cell):
                    given[column] = int(cell)
                else:
                    message = f"{column}: {quoted(cell)} found, expected a whole number"
                    self.error(where, message, row["title"])
            elif column in row:
                given[column] = None
        return Issue(**given, where=where)


def _plain(cell: str) -> str:
    """Return a cell's text without margins and without the quote that keeps it from running."""
    text = stripped(cell)
    return text[1:] if _QUOTED_FORMULA.match(text) else text


def _split(cell: str) -> list[str]:
    """Split tags at the bars that no backslash stands before."""
    tags, at = [], 0
    while at <= len(cell):
        found = _TAG.match(cell, at)
        assert found
        tags.append(stripped(re.sub(r"\\([|\\])", r"\1", found.group())))
        at = found.end() + 1
    return tags


def serialize(document: Document) -> tuple[str, list[str]]:
    """Write a row for each issue, clusters first, with a note on what has no column."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for publication in document.publications:
        for cluster, _, issue in publication.placed_issues():
            cells = (
                publication.name,
                publication.category,
                publication.author,
                cluster.title if cluster else "",
                issue.title,
                issue.date.isoformat(),
                str(issue.tier or ""),
                issue.url or "",
                "" if issue.words in (None, UNSET) else str(issue.words),
                "|".join(re.sub(r"([|\\])", r"\\\1", tag) for tag in issue.tags or ()),
                issue.summary or "",
            )
            writer.writerow(map(_cell, cells))
    return stream.getvalue(), _notes(document)


def _cell(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _notes(document: Document) -> list[str]:
    """Return one note that names what the document has and CSV has no place for."""
    lost: dict[str, None] = {}
    for publication in document.publications:
        fields = ("slug", "site", "section", "homepage", "feed", "description", "issue_count")
        lost |= {f"publication {field}": None for field in fields if getattr(publication, field)}
        titles = set()
        for cluster in publication.clusters or ():
            lost |= {
                f"cluster {field}": None for field in ("slug", "blurb") if getattr(cluster, field)
            }
            if not cluster.issues:
                lost["clusters without issues"] = None
            if (key := title_key(cluster.title)) in titles:
                lost["clusters of one title apart"] = None
            titles.add(key)
        is_empty = True
        for _, _, issue in publication.placed_issues():
            is_empty = False
            for field in ("slug", "tags_guessed", "cites", "tag_line"):
                if getattr(issue, field):
                    lost[f"issue {field}"] = None
        if is_empty:
            lost["publications without issues"] = None
    return [f"CSV has no place for: {', '.join(lost)}"] if lost else []
