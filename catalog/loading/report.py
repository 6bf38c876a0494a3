"""What a load did, for the command and the admin to show."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple


@dataclass
class Tally:
    """How many rows of a kind a load made, changed, left as they were, and did not find."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0


class FieldUpdate(NamedTuple):
    """One field of one stored row that a file gives otherwise than it stands.

    `before` is what stands and `after` what the file gives, both as `loaded` keeps values. A
    conflict is a field that a curator had changed too; `is_taken` whether the file's value has
    been written.
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
    """What a load did; `guessed` counts split tag lines that a curator should look at.

    `news` are the changes of rows that were there, `made` the titles of new issues, `missing` of
    those that the file lacks, `pruned` how many of these were archived.
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
