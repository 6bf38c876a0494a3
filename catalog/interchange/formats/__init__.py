"""The file formats, one module each.

`read` turns the bytes of a file into a valid document, or refuses them with all problems. `write`
turns a document into text.
"""

import re
from collections.abc import Mapping
from typing import Protocol

from catalog.interchange.document import Document, FileProblem, Refused
from catalog.interchange.formats import csv, json, page
from catalog.interchange.formats.decoding import decode
from catalog.interchange.formats.kinds import kind_of
from catalog.interchange.validation import validate


class Format(Protocol):
    """The interface of a format module."""

    def parse(self, text: str) -> tuple[Document, list[FileProblem]]:
        """Parse as much of a document as possible; return it with all problems."""

    def serialize(self, document: Document) -> tuple[str, list[str]]:
        """Return a document as text, with notes on anything that the format cannot hold."""


FORMATS: Mapping[str, Format] = {"json": json, "page": page, "csv": csv}


def detect(text: str) -> str:
    """Return the name of the format of a text, or of the most likely one.

    Raise Refused, naming the kind of file, if it begins like another kind.
    """
    if json.is_like(text):
        return "json"
    if csv.has_our_header(text):
        return "csv"
    if page.is_like(text):
        return "page"
    if kind := kind_of(text):
        expected = "expected the text of a Reading Room page, JSON or CSV"
        raise Refused([FileProblem("error", f"{kind} found, {expected}", "1")])
    return "csv" if csv.is_table(text) else "page"


def read(data: bytes, format: str | None = None) -> tuple[Document, list[FileProblem]]:  # noqa: A002
    """Return the document in a file, and the warnings in the file's order.

    Without `format`, a name of `FORMATS`, the format is detected from the content. Raise Refused,
    with errors and warnings, if there is any error.
    """
    text, problems = decode(data)
    document, found = FORMATS[format or detect(text)].parse(text)
    problems = sorted(problems + found + validate(document), key=_sort_key)
    if any(problem.level == "error" for problem in problems):
        if format:
            # That the file is of another kind says more than all that is wrong with it.
            detect(text)
        raise Refused(problems)
    return document, problems


def write(document: Document, format: str) -> tuple[str, list[str]]:  # noqa: A002
    """Return a document as text, and notes on anything that the format cannot hold.

    Raise ValueError if the format can hold none of it, or for several publications as a page.
    """
    return FORMATS[format].serialize(document)


def _sort_key(problem: FileProblem) -> list[tuple[int, str]]:
    """Return the sort key of a problem: by line, row or path, with numbers sorted by value."""
    parts = re.findall(r"([0-9]+)|([^0-9]+)", problem.where)
    return [(int(number or 0), word) for number, word in parts]
