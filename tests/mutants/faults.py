"""Faults that the default run must find, each with a test that fails once it is planted."""

from typing import NamedTuple


class Fault(NamedTuple):
    """One replacement in one file: `old` occurs there exactly once, and `test` fails with `new`."""

    path: str
    old: str
    new: str
    test: str


FAULTS = {
}  # fmt: skip
