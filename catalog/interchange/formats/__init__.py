"""The formats in which a catalog is loaded and dumped, one module each.

`read` turns the bytes of a file into a valid document, or raises `Refused` with every problem in
the file. `write` turns a document into text.
"""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from catalog.interchange.document import Document, FileProblem, Refused
from catalog.interchange.formats.csv import has_our_header, is_table, parse_csv
from catalog.interchange.formats.csv_writing import serialize_csv
from catalog.interchange.formats.decoding import decode
from catalog.interchange.formats.json import is_json, parse_json, serialize_json
from catalog.interchange.formats.kinds import kind_of
from catalog.interchange.formats.page import is_page, parse_page
from catalog.interchange.formats.page_writing import serialize_page
from catalog.interchange.validation import validate


class Format(NamedTuple):
    """One format: `parse` reads as much as it can and returns the problems it found.

    `serialize` returns the text and notes on what the format cannot hold. It raises ValueError for
    a document that the format cannot hold at all.
    """

    parse: Callable[[str], tuple[Document, list[FileProblem]]]
    serialize: Callable[[Document], tuple[str, list[str]]]


FORMATS: Mapping[str, Format] = {
    "json": Format(parse_json, serialize_json),
    "page": Format(parse_page, serialize_page),
    "csv": Format(parse_csv, serialize_csv),
}


def detect(text: str) -> str:
    """Return the name of the most likely format of a text.

    Raise `Refused`, with the name of the other format, for HTML, feeds, Markdown and the like.
    """
    if is_json(text):
        return "json"
    if has_our_header(text):
        return "csv"
    if is_page(text):
        return "page"
    if kind := kind_of(text):
        expected = "expected the text of a Reading Room page, JSON or CSV"
        raise Refused([FileProblem("error", f"{kind} found, {expected}", "1")])
    return "csv" if is_table(text) else "page"


def read(data: bytes, format: str | None = None) -> tuple[Document, list[FileProblem]]:  # noqa: A002
    """Return the document that a file holds, and the warnings in file order.

    `format` is a name from `FORMATS`; without it the format is detected from the content. Raise
    `Refused`, with errors and warnings, if the file has any error.
    """
    text, problems = decode(data)
    document, found = FORMATS[format or detect(text)].parse(text)
    problems = sorted(problems + found + validate(document), key=_sort_key)
    if any(problem.level == "error" for problem in problems):
        if format:
            # One message about a file of another kind is more useful than a list of its faults.
            detect(text)
        raise Refused(problems)
    return document, problems


def write(document: Document, format: str) -> tuple[str, list[str]]:  # noqa: A002
    """Return a document as text, and notes on what the format cannot hold.

    Raise ValueError if the format can hold nothing of the document. A page holds exactly one
    publication.
    """
    return FORMATS[format].serialize(document)


def _sort_key(problem: FileProblem) -> list[tuple[int, str]]:
    """Return the sort key of a problem by line, row or path, with numbers compared by value."""
    parts = re.findall(r"([0-9]+)|([^0-9]+)", problem.where)
    return [(int(number or 0), word) for number, word in parts]
