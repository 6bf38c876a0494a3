"""A catalog as CSV, one row an issue, for spreadsheets."""

import csv
import datetime
import difflib
import io
import re
from typing import Any

from msgspec import UNSET

from catalog.interchange.document import (
    ClusterEntry,
    Document,
    FileProblem,
    IssueEntry,
    PublicationEntry,
)
from catalog.interchange.formats.dates import Dates
from catalog.interchange.formats.page_lines import MONTH_NAMES
from catalog.interchange.formats.values import stripped
from catalog.text import quoted, title_key

CSV_COLUMNS = (
    "publication", "category", "author", "cluster", "title", "date", "tier", "url", "words",
    "tags", "summary",
)  # fmt: skip
REQUIRED = ("publication", "category", "author", "title", "date")
# Spreadsheets write the separator of their locale.
_SEPARATORS = ",;\t"
_SEP_LINE = re.compile(r'\s*"?sep=([,;\t])"?[,;\t ]*(?:\r\n|\r|\n|$)')
_LINE_END = re.compile(r"\r\n|\r|\n")

# Spreadsheets run cells with these first characters as formulas, and convert text that looks like a
# number, a date or a truth value. A leading quote prevents both.
_MONTH = "|".join(f"{month}|{month[:3]}" for month in MONTH_NAMES)
_CHANGED = re.compile(
    r"[=+\-@]"
    # Whole numbers without a leading zero stay as they are, but for long ones.
    r"|(?![1-9][0-9]{0,10}$)(?=[^0-9]*[0-9])[0-9.,:/()\s%$€£-]+(?:e[+-]?[0-9]+|\s?[ap]m?)?$"
    rf"|[0-9]{{1,4}}[\s.-]*(?:{_MONTH})[\s.,-]*(?:[0-9]{{2,4}})?$"
    rf"|(?:{_MONTH})[\s.,-]*[0-9]{{1,4}}(?:[\s.,-]+[0-9]{{2,4}})?$"
    r"|(?:true|false)$",
    re.IGNORECASE,
)
# Even in files of others, a quote before these characters is not part of the text.
_FORMULAS = ("=", "+", "-", "@", "'")
# Columns of values that never begin with a quote.
_NO_TEXTS = frozenset({"date", "tier", "words"})
# A tag, in which a backslash escapes each bar and each backslash.
_CSV_TAG = re.compile(r"(?:[^|\\]|\\[|\\]|\\)*")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([,. '’\u00a0\u202f])[0-9]{3})(?:\1[0-9]{3})*")
_WHOLE = re.compile(r"([0-9]{1,10})(?:[.,]0{1,2})?")
# Above the bounds of any cell that validation lets pass, tags included.
_LONGEST_CELL = 1_000_000


def has_our_header(text: str) -> bool:
    """Return whether a text declares its separator or has at least two of our column names."""
    return _SEP_LINE.match(text) is not None or len(_known(_first(text))) > 1


def is_table(text: str) -> bool:
    """Return whether a text is a table with foreign columns: rows with as many cells as the first.

    A list of URLs counts as a table, as does a column with one of our names.
    """
    first = _first(text)
    if first and _known(first) == {stripped(first).strip("\"'").casefold()}:
        return True
    rows = _sample_rows(text, max(_SEPARATORS, key=first.count))
    if rows and _is_address(first) and all(len(row) == 1 and _is_address(row[0]) for row in rows):
        return True
    return len(rows) > 1 and len(rows[0]) > 1 and _is_grid(rows)


def _is_grid(rows: list[list[str]]) -> bool:
    """Return whether all rows have as many cells as the first, which has short ones."""
    width = len(rows[0])
    return max(map(len, rows[0])) <= 60 and all(len(row) == width for row in rows)


def _sample_rows(text: str, separator: str) -> list[list[str]]:
    """Return the first rows that are not empty, none for a text that is not CSV."""
    sample = text[:20_000]
    try:
        rows = list(csv.reader(io.StringIO(sample, newline=""), delimiter=separator))
    except csv.Error:
        return []
    rows = [row for row in rows if any(row)]
    # The sample may cut off the last row.
    return rows[:-1] if len(sample) < len(text) else rows


def _known(line: str) -> set[str]:
    """Return those of our columns that a line names, with any separator."""
    names = {stripped(cell).strip("\"'").casefold() for cell in re.split("[,;\t]", line)}
    return names & set(CSV_COLUMNS)


def _first(text: str) -> str:
    """Return the first line of a text that is not blank."""
    return _LINE_END.split(text[:20_000].lstrip("\ufeff \t\r\n"), maxsplit=1)[0][:2000]


def _is_address(text: str) -> bool:
    return re.match(r"https?://\S+$", stripped(text)) is not None


def parse_csv(text: str) -> tuple[Document, list[FileProblem]]:
    """Parse rows; publications and clusters keep the order of their first appearance.

    The separator is a comma, a semicolon or a tab, according to the header or a preceding line
    `sep=;`.
    """
    is_whole = text.endswith(("\n", "\r"))
    separator, text = _separator(text)
    reader = _CsvReader()
    # The csv module's limit is global, so it is set for this pass and restored.
    limit = csv.field_size_limit(_LONGEST_CELL)
    rows = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=separator)
    try:
        for number, cells in enumerate(rows, 1):
            reader.number = number
            if not any(map(stripped, cells)):
                continue
            if reader.columns is None:
                reader.read_header(f"row {number}", cells)
                if reader.problems:
                    break
            else:
                reader.read_row(f"row {number}", cells)
    except csv.Error as error:
        reader.error(f"row {reader.number + 1}", _syntax_message(error))
    finally:
        csv.field_size_limit(limit)
    reader.finish(is_whole)
    return Document(publications=list(reader.publications.values())), reader.problems


def _separator(text: str) -> tuple[str, str]:
    """Return the separator, and the text without a line that declares it."""
    if found := _SEP_LINE.match(text):
        return found[1], text[found.end() :]
    first = _first(text)

    def known(separator: str) -> tuple[int, int]:
        cells = [stripped(cell).strip("\"'").casefold() for cell in first.split(separator)]
        return len(set(CSV_COLUMNS).intersection(cells)), len(cells)

    return max(_SEPARATORS, key=known), text


def _syntax_message(error: csv.Error) -> str:
    message = str(error)
    if "unexpected end of data" in message:
        return "the file ends within a quoted cell, expected the closing quote and the row’s rest"
    if "field larger" in message:
        return f"a cell of more than {_LONGEST_CELL:,} characters found, expected a shorter one"
    return f"no CSV found, expected quotes around a whole cell and doubled within it ({message})"


def _in_rows(places: list[str]) -> str:
    return f" in {len(places):,} rows" if len(places) > 1 else ""


def _merged_problem(first: FileProblem, *others: FileProblem) -> FileProblem:
    """Return the first of problems of one kind, with the number of the others."""
    if not others:
        return first
    more = f"; {len(others):,} more row{'s' if len(others) > 1 else ''} like it"
    return FileProblem("error", first.message + more, first.where, first.title)


class _CsvReader:
    """Builds publications from rows."""

    def __init__(self) -> None:
        self.problems: list[FileProblem] = []
        self.warnings: list[FileProblem] = []
        self.columns: list[str] | None = None
        # Whether the columns are those of our dumps.
        self.is_dumped = False
        self.number = 0
        self.publications: dict[str, PublicationEntry] = {}
        self.clusters: dict[tuple[str, str], ClusterEntry] = {}
        self.dates = Dates("date: ")
        # Columns without a name but with content.
        self.nameless: dict[int, str] = {}
        # Rows with fewer cells than the header, those with a tier of 0, and contradictions.
        self.short: list[str] = []
        self.unrated: list[str] = []
        self.others: dict[tuple[str, str], list[FileProblem]] = {}

    def error(self, where: str, message: str, title: str = "") -> None:
        self.problems.append(FileProblem("error", message, where, title))

    def warn(self, where: str, message: str) -> None:
        self.warnings.append(FileProblem("warning", message, where))

    def read_header(self, where: str, cells: list[str]) -> None:
        """Take the names of the columns, in any order; pass over those that are not ours."""
        self.columns = [stripped(cell).casefold() for cell in cells]
        self.is_dumped = self.columns == list(CSV_COLUMNS)
        missing = [name for name in REQUIRED if name not in self.columns]
        for name in dict.fromkeys(filter(None, self.columns)):
            if name not in CSV_COLUMNS:
                self._pass_over(where, name)
            elif self.columns.count(name) > 1:
                self.error(where, f"column {quoted(name)} found twice, expected it once")
        if missing:
            known = ", ".join(CSV_COLUMNS)
            names = ", ".join(map(quoted, missing))
            if any(map(_is_address, self.columns)):
                self.error(where, f"no header found in the first row, expected the columns {known}")
            else:
                self.error(
                    where, f"required columns missing: {names}; expected a header with {known}"
                )

    def _pass_over(self, where: str, name: str) -> None:
        """Warn of a column that is not ours, with the one that it may be meant for."""
        if _is_address(name):
            return
        unused = [each for each in CSV_COLUMNS if each not in (self.columns or ())]
        near = difflib.get_close_matches(name, unused, 1, 0.6)
        hint = f"; if it is {quoted(near[0])}, rename it" if near else ""
        self.warn(where, f"column {quoted(name)} is not known and was passed over{hint}")

    def read_row(self, where: str, cells: list[str]) -> None:
        columns = self.columns or []
        row = self._values(columns, cells)
        title = row.get("title", "")
        extra = any(map(stripped, cells[len(columns) :]))
        if extra or any(name not in row for name in REQUIRED):
            self.error(where, f"{len(cells)} cells found, expected {len(columns)}", title)
            return
        if len(cells) < len(columns):
            # A spreadsheet leaves the separators of empty cells at a row's end out.
            self.short.append(where)
            row = {name: "" for name in columns if name in CSV_COLUMNS} | row
        self._note_nameless(where, cells)
        publication = self.publication(where, row)
        issue = self.issue(where, row)
        name = row.get("cluster", "")
        home = self.cluster(where, publication, name) if name else publication
        home.issues.append(issue)

    def _values(self, columns: list[str], cells: list[str]) -> dict[str, str]:
        """Return the values of the columns that are ours, by name."""
        return {
            name: _plain(cell, self.is_dumped or name in _NO_TEXTS)
            for name, cell in zip(columns, cells, strict=False)
            if name in CSV_COLUMNS
        }

    def _note_nameless(self, where: str, cells: list[str]) -> None:
        """Remember the first row with a value in each column that has no name."""
        for index, (name, cell) in enumerate(zip(self.columns or (), cells, strict=False)):
            if not name and stripped(cell):
                self.nameless.setdefault(index, where)

    def finish(self, is_whole: bool) -> None:
        """Report problems that only the end of the file reveals; `is_whole`: its last line ends."""
        if self.columns is None:
            self.error("row 1", f"no header found, expected the columns {', '.join(CSV_COLUMNS)}")
            return
        self.problems += self.dates.settle()
        self.problems += [_merged_problem(*alike) for alike in self.others.values()]
        expected = len(self.columns)
        if self.short and not is_whole and self.short[-1] == f"row {self.number}":
            where = self.short.pop()
            self.error(where, f"the file ends in this row, expected {expected} cells")
        if self.short:
            found = f"fewer than {expected} cells found{_in_rows(self.short)}"
            self.warn(self.short[0], f"{found}; those missing at the end are empty")
        if self.unrated:
            self.warn(self.unrated[0], f"tier: 0 found{_in_rows(self.unrated)}, read as unrated")
        for index, where in self.nameless.items():
            self.warn(where, f"column {index + 1} has no name and was passed over")
        self.problems += self.warnings

    def publication(self, where: str, row: dict[str, str]) -> PublicationEntry:
        """Return the row's publication, made from the first row that names it."""
        key = title_key(row["publication"])
        publication = self.publications.get(key)
        if publication is None:
            publication = self.publications[key] = PublicationEntry(
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
                message = (
                    f"{column} {quoted(row[column])} found for the publication "
                    f"{quoted(publication.name)}, expected {quoted(first)} as in "
                    f"{publication.where}"
                )
                problem = FileProblem("error", message, where, row["title"])
                self.others.setdefault((key, column), []).append(problem)
        return publication

    def cluster(self, where: str, publication: PublicationEntry, name: str) -> ClusterEntry:
        key = title_key(publication.name), title_key(name)
        if key not in self.clusters:
            self.clusters[key] = ClusterEntry(title=name, issues=[], where=where)
            assert isinstance(publication.clusters, list)
            publication.clusters.append(self.clusters[key])
        return self.clusters[key]

    def issue(self, where: str, row: dict[str, str]) -> IssueEntry:
        """Return a row's issue: a missing column is unset, an empty cell null."""
        given: dict[str, Any] = {"title": row["title"], "date": datetime.date.min}
        for column in ("url", "summary"):
            if column in row:
                given[column] = row[column] or None
        if "tags" in row:
            given["tags"] = _split_tags(row["tags"]) if row["tags"] else None
        for column in ("tier", "words"):
            if column in row:
                given[column] = self.number_in(where, column, row)
        issue = IssueEntry(**given, where=where)
        self.dates.add(issue, where, row["date"])
        return issue

    def number_in(self, where: str, column: str, row: dict[str, str]) -> int | None:
        """Return the whole number in a cell, in any spreadsheet notation; None if there is none."""
        cell = row[column]
        if column == "words" and (grouped := _GROUPED.fullmatch(cell)):
            number = int("".join(character for character in grouped[0] if character.isdecimal()))
        elif found := _WHOLE.fullmatch(cell):
            number = int(found[1])
        else:
            if cell:
                expected = "a whole number from 1 to 5" if column == "tier" else "a whole number"
                self.error(
                    where, f"{column}: {quoted(cell)} found, expected {expected}", row["title"]
                )
            return None
        if column == "tier" and number == 0:
            self.unrated.append(where)
            return None
        return number


def _plain(cell: str, is_dumped: bool) -> str:
    """Return a cell's text without margins and without the quote that protects it.

    Files of others only quote formulas; a title such as `'05` is left alone.
    """
    text = stripped(cell)
    if not text.startswith("'"):
        return text
    is_quoted = needs_quote(text[1:]) if is_dumped else text[1:].startswith(_FORMULAS)
    return text[1:] if is_quoted else text


def needs_quote(text: str) -> bool:
    """Tell whether a spreadsheet would make something else of a cell with this text."""
    return text.startswith("'") or _CHANGED.match(text) is not None


def _split_tags(cell: str) -> list[str]:
    """Split tags at unescaped bars."""
    tags, at = [], 0
    while at <= len(cell):
        found = _CSV_TAG.match(cell, at)
        assert found
        tags.append(stripped(re.sub(r"\\([|\\])", r"\1", found.group())))
        at = found.end() + 1
    return tags
