"""Pages of issues newest first, each continued from the last issue of the one before."""

import datetime
import re
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple, Self

from catalog.models import Issue, IssueQuerySet

PAGE_SIZE = 50


class Cursor(NamedTuple):
    """The date and id of the last issue shown; in an address, `2024-03-05.123`."""

    date: datetime.date
    id: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a cursor; raises ValueError for anything that is not one."""
        if not (match := re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.([0-9]{1,18})", text)):
            raise ValueError(f"{text!r} is not a place in a list")
        return cls(datetime.date.fromisoformat(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.date.isoformat()}.{self.id}"


@dataclass(frozen=True, slots=True)
class IssuePage:
    """One page of issues; `next` is the cursor of the page after it, or None at the end."""

    issues: list[Issue]
    next: Cursor | None

    @classmethod
    def of(cls, issues: IssueQuerySet) -> Self:
        """Fetch the first page of a list; one issue more tells whether another page follows."""
        rows = list(issues[: PAGE_SIZE + 1])
        shown = rows[:PAGE_SIZE]
        return cls(shown, Cursor(shown[-1].date, shown[-1].pk) if len(rows) > PAGE_SIZE else None)

    def by_month(self) -> list[tuple[datetime.date, list[Issue]]]:
        """Return (first day of a month, its issues on this page), in the page's order."""
        months = groupby(self.issues, key=lambda issue: issue.date.replace(day=1))
        return [(month, list(issues)) for month, issues in months]

    def by_year(self) -> list[tuple[int, list[Issue]]]:
        years = groupby(self.issues, key=lambda issue: issue.date.year)
        return [(year, list(issues)) for year, issues in years]
