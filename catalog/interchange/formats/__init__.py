"""The formats in which a catalog is loaded and dumped, one module each.

`read` turns the bytes of a file into a sound document or refuses them with every problem found;
`write` turns a document into text.
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
    """What a format module offers."""

    def parse(self, text: str) -> tuple[Document, list[FileProblem]]:
        """Read a document as far as it can be read, with everything that is wrong with it."""

    def serialize(self, document: Document) -> tuple[str, list[str]]:
        """Write a document, with notes on what the format cannot hold."""


FORMATS: Mapping[str, Format] = {"json": json, "page": page, "csv": csv}


def detect(text: str) -> str:
    """Return the name of the format that a text is in, or most likely wants to be in.

    Raises Refused where it begins as something else does, which is named.
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
    """Return the document that a file holds, and warnings in the file's order.

    Without `format`, a name of `FORMATS`, it is found from the content. Raises Refused, with the
    warnings too, where anything in the file is an error.
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
    """Return a document as text, and notes on what the format cannot hold.

    Raises ValueError where it can hold nothing of it, or a page is asked for several publications.
    """
    return FORMATS[format].serialize(document)


def _sort_key(problem: FileProblem) -> list[tuple[int, str]]:
    """Return what sorts problems by line, row or path: numbers by value, words as they are."""
    parts = re.findall(r"([0-9]+)|([^0-9]+)", problem.where)
    return [(int(number or 0), word) for number, word in parts]
