"""A compiled filter of issues: immutable data for lists, counts and facets.

`IssueFilter` validates a URL and compiles it once; `listing`, `facets` and the quick search read
the result.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Q

from catalog.browsing.facet_values import FacetValue
from catalog.browsing.pagination import (
    BY_TIER,
    BY_TITLE,
    MOST_CITED,
    NEWEST,
    OLDEST,
    SHORTEST,
    Order,
)
from catalog.models import IssueQuerySet
from catalog.models.search_index import stamp
from catalog.search.engine import EVERY_KEY, found, row_field
from catalog.search.tree import Key, Node, all_of

ONE_DAY = datetime.timedelta(days=1)
# How far the stamps of a day lie above those of the day before.
STAMPS_A_DAY = stamp(datetime.date.min + ONE_DAY, 0) - stamp(datetime.date.min, 0)
# The parameter that is left out to find issues of unknown length.
LENGTH_PARAMETER = "length"

ORDERS: dict[str, Order] = {
    "newest": NEWEST, "oldest": OLDEST, "tier": BY_TIER, "cited": MOST_CITED,
    "shortest": SHORTEST, "title": BY_TITLE,
}  # fmt: skip


class Span(NamedTuple):
    """An inclusive range of days; None is unbounded."""

    first: datetime.date | None
    last: datetime.date | None


UNBOUNDED = Span(None, None)


class Walk(NamedTuple):
    """The rows that a list reads in place of all issues, with their columns and order."""

    condition: Q
    columns: Mapping[str, Any]
    order: Order


@dataclass(frozen=True)
class IssueQuery:
    """The conditions and the order of an issue list.

    `nodes` are matched in the search index, `conditions` in SQL; each is a pair of the parameter
    that asked for it ("" for the text of the search) and its value, so that a facet can be counted
    `without` its own selection. `words` rank the hits. `walks` are the sort orders that read other
    rows than all issues. `chosen` holds the selected values by facet, `chosen_facets` the names of
    the facets with a selection, and `fingerprint` identifies the query without its order.
    """

    sort: str
    nodes: tuple[tuple[str, Node], ...] = ()
    conditions: tuple[tuple[str, Q], ...] = ()
    span: Span = UNBOUNDED
    words: tuple[Any, ...] = ()
    walks: Mapping[str, Walk] = field(default_factory=dict)
    chosen: Mapping[str, list[FacetValue]] = field(default_factory=dict)
    chosen_facets: tuple[str, ...] = ()
    fingerprint: str = ""

    @cached_property
    def node(self) -> Node | None:
        """The tree to match in the index; None matches everything."""
        return all_of(node for _, node in self.nodes)

    @property
    def is_everything(self) -> bool:
        """Whether all issues match, so that stored counters apply."""
        return self.node is None and not any(self.span) and not self.conditions

    @property
    def has_length(self) -> bool:
        return any(parameter == LENGTH_PARAMETER for parameter, _ in self.conditions)

    def without(self, parameter: str) -> "IssueQuery":
        """Return the query without what one parameter asked for."""
        return replace(
            self,
            nodes=tuple(each for each in self.nodes if each[0] != parameter),
            conditions=tuple(each for each in self.conditions if each[0] != parameter),
        )

    def filter(self, issues: IssueQuerySet) -> IssueQuerySet:
        """Return the matching issues of a queryset, unordered."""
        return self.narrow(issues) if self.node is None else self.hits(issues)

    def hits(self, issues: IssueQuerySet) -> IssueQuerySet:
        """Return the matching issues by way of the index, unordered."""
        first, last = self.span
        row = row_field()
        if first:
            issues = issues.filter(**{f"{row}__gte": stamp(first, 0)})
        if last:
            issues = issues.filter(**{f"{row}__lt": stamp(last, 0) + STAMPS_A_DAY})
        return found(issues.filter(*self._conditions), self.node or Key(EVERY_KEY))

    def narrow(self, issues: IssueQuerySet) -> IssueQuerySet:
        """Apply days and conditions, but not the tree."""
        first, last = self.span
        if first:
            issues = issues.filter(date__gte=first)
        if last:
            issues = issues.filter(date__lte=last)
        return issues.filter(*self._conditions)

    def walk(self, issues: IssueQuerySet, sort: str) -> tuple[IssueQuerySet, Order]:
        """Return narrowed issues and their order, along the walk of a sort if it has one."""
        if walk := self.walks.get(sort):
            along = issues.filter(walk.condition).annotate(**walk.columns)
            return self.narrow(along), walk.order
        return self.narrow(issues), ORDERS[sort]

    @property
    def _conditions(self) -> list[Q]:
        return [condition for _, condition in self.conditions]
