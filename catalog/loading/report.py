"""The result of a load, for the command and the admin site."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass
class Tally:
    """How many rows of a kind a load created, changed, left alone and missed in the file."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0


class FieldUpdate(NamedTuple):
    """A field of a stored row that differs from the file.

    `before` is the stored value and `after` the file's, both as `loaded` stores values.
    `is_conflict` means that a curator has changed the field too, `is_taken` that the file's value
    was written.
    """

    kind: str
    title: str
    field: str
    before: Any
    after: Any
    is_conflict: bool = False
    is_taken: bool = True


@dataclass
class Report:
    """The result of a load; `guessed` counts the split tag lines that need a review.

    `news` lists the changes of existing rows, `made` the titles of new issues, `missing` the issues
    that the file lacks, and `pruned` counts how many of these were archived.
    """

    publications: Tally = field(default_factory=Tally)
    clusters: Tally = field(default_factory=Tally)
    issues: Tally = field(default_factory=Tally)
    guessed: int = 0
    news: list[FieldUpdate] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    pruned: int = 0
    batch: int | None = None

    @property
    def conflicts(self) -> list[FieldUpdate]:
        return [each for each in self.news if each.is_conflict]
