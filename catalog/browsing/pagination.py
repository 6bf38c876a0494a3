"""Pages of a list in a total order, each continued from the last issue of the one before."""

import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple, Self

from django.db.models import F
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.http import Http404

from catalog.models import Issue, IssueQuerySet
from catalog.slugs import id_of

PAGE_SIZE = 50


def _parse_number(text: str) -> int:
    if (number := id_of(text)) is None:
        raise ValueError(text)
    return number


def _parse_day(text: str) -> datetime.date:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(text)
    return datetime.date.fromisoformat(text)


def _parse_text(text: str) -> str:
    # A folded title: letters, digits and spaces, and so no dot.
    if len(text) > 500 or "\0" in text:
        raise ValueError(text)
    return text


class Order(NamedTuple):
    """A total order of issues: columns with the same direction, the last of them unique.

    `kinds` parse the values of the columns from a URL. Comparing row values, `(date, id) < (…)`,
    lets a database start in the middle of an index (keyset pagination).
    """

    columns: tuple[str, ...]
    kinds: tuple[Callable[[str], Any], ...]
    is_descending: bool = True

    def after(self, issues: IssueQuerySet, place: "Cursor | None") -> IssueQuerySet:
        """Sort issues, from behind a place on."""
        signed = [f"-{column}" for column in self.columns] if self.is_descending else self.columns
        issues = issues.order_by(*signed)
        if place is None:
            return issues
        lookup = TupleLessThan if self.is_descending else TupleGreaterThan
        return issues.filter(lookup(Tuple(*map(F, self.columns)), place))

    def parse(self, text: str) -> "Cursor":
        """Read a place; raises ValueError for anything that is not one in this order."""
        parts = text.split(".")
        if len(parts) != len(self.kinds):
            raise ValueError(f"{text!r} is not a place in this list")
        try:
            return Cursor(kind(part) for kind, part in zip(self.kinds, parts, strict=True))
        except ValueError as error:
            raise ValueError(f"{text!r} is not a place in this list") from error


class Cursor(tuple[Any, ...]):
    """The values of the last issue shown in the columns of an order; `2024-03-05.123`, written."""

    def __str__(self) -> str:
        return ".".join(map(str, self))


_BY_DATE = (_parse_day, _parse_number)

NEWEST = Order(("date", "id"), _BY_DATE)
# Along an index of another table that is sorted by its issues' dates.
WALK = Order(("walk_date", "walk_id"), _BY_DATE)
OLDEST = Order(("date", "id"), _BY_DATE, is_descending=False)
BY_TIER = Order(("rank", "date", "id"), (_parse_number, *_BY_DATE))
MOST_CITED = Order(("cited_count", "date", "id"), (_parse_number, *_BY_DATE))
SHORTEST = Order(("length", "id"), (_parse_number, _parse_number), is_descending=False)
BY_TITLE = Order(("sort_title", "id"), (_parse_text, _parse_number), is_descending=False)
RELEVANCE = Order(("score", "date", "id"), (_parse_number, *_BY_DATE))


@dataclass(frozen=True)
class IssuePage:
    """A page of issues; `next` is the position of the next page, as used in URLs."""

    ids: Sequence[int]
    next: str | None

    @classmethod
    def of(cls, issues: IssueQuerySet, order: Order) -> Self:
        """Return the first page of a sorted list, with one query for ids and one for its `issues`.

        The first query reads the index only, so databases have no other plan to choose; one extra
        row shows whether there is a next page.
        """
        rows = list(issues.values_list("pk", *order.columns)[: PAGE_SIZE + 1])
        return cls.at([Cursor(row[1:]) for row in rows], [row[0] for row in rows])

    @classmethod
    def at(cls, places: Sequence[Cursor], ids: Sequence[int]) -> Self:
        """Return the page of these issues, of which the first fifty are shown."""
        following = str(places[PAGE_SIZE - 1]) if len(ids) > PAGE_SIZE else None
        return cls(ids[:PAGE_SIZE], following)

    @cached_property
    def issues(self) -> list[Issue]:
        """The issues as a list page shows them."""
        cards = Issue.objects.for_list().in_bulk(self.ids)
        return [cards[pk] for pk in self.ids if pk in cards]

    def by_month(self) -> list[tuple[datetime.date, list[Issue]]]:
        """Return (first day of a month, its issues on this page), in the page's order."""
        months = groupby(self.issues, key=lambda issue: issue.date.replace(day=1))
        return [(month, list(issues)) for month, issues in months]


def place_in(order: Order, text: str | None) -> Cursor | None:
    """Return the position in a list that a URL names; raise Http404 if it is invalid."""
    try:
        return order.parse(text) if text is not None else None
    except ValueError as error:
        raise Http404(str(error)) from error
