"""Facet counts: how many issues each value would leave.

Each facet is counted with the selections of all others. Counts without any filter come from
counters. Otherwise at most the newest ten thousand issues are counted, and larger numbers are shown
as “10,000+”.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet

from catalog.browsing.facet_values import FACETS, FacetValue, choices_of, value_of
from catalog.browsing.issue_query import LENGTH_PARAMETER, IssueQuery
from catalog.models import Issue, KeyCount
from catalog.search.engine import EVERY_KEY, row_field
from catalog.search.tree import Key
from catalog.stats import catalog_version

MOST_COUNTED = 10_000
# Count limit when a facet is counted without its own selection (one extra count per active facet).
MOST_COUNTED_WITHOUT = 2_500
# Smaller results are not cached: counting them is faster than fetching them.
CHEAP = 500
COUNT_CACHE_SECONDS = 600
# Time limit for counting, in milliseconds; a page that exceeds it has no counts.
COUNT_BUDGET_MS = 200
# Number of values shown beside a list; tiers and years are always complete. The page of a facet may
# show more.
VALUES_SHOWN = {"publication": 8, "category": 8, "cluster": 8, "tag": 10}
SHOWN_ALONE = 100


@dataclass(frozen=True, slots=True)
class Count:
    """A number of issues; `10,000+` beyond the limit."""

    number: int
    is_capped: bool = False

    def __str__(self) -> str:
        return f"{self.number:,}{'+' if self.is_capped else ''}"


@dataclass(frozen=True, slots=True)
class FacetRow:
    """A value of a facet; `percent` is of the facet's greatest count."""

    choice: FacetValue
    count: int
    is_chosen: bool
    percent: int = 0


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with the values shown; there may be more."""

    name: str
    title: str
    rows: list[FacetRow]
    has_more: bool = False


@dataclass(frozen=True, slots=True)
class FacetBlock:
    """All facets, and the number of issues left; `is_partial` if only the newest were counted.

    The reader's own facets are shown `before` and `behind` those of the catalog. `version` is the
    catalog's.
    """

    total: Count
    catalog: list[Facet]
    before: list[Facet] = field(default_factory=list)
    behind: list[Facet] = field(default_factory=list)
    is_partial: bool = False
    version: str = ""

    @property
    def facets(self) -> list[Facet]:
        return [*self.before, *self.catalog, *self.behind]


@dataclass(slots=True)
class Counted:
    """Issue counts by key; `issue_ids` are the counted issues, None for stored counters."""

    keys: Counter[str]
    issue_ids: Sequence[int] | None = None
    is_capped: bool = False


# Facets of the reader: given the counts without each facet ("": with all) and the catalog's
# version, return those shown before the others and those behind.
type OwnFacets = Callable[[Mapping[str, Counted], str], tuple[list[Facet], list[Facet]]]


def facet_block(
    query: IssueQuery, own: OwnFacets | None = None, *, is_alone: bool = False
) -> FacetBlock:
    """Count for a query, in two database queries; expensive results are cached for a while.

    `own` adds facets that are not in the index.
    """
    version = catalog_version()
    key = f"facets:{version}:{is_alone}:{query.fingerprint}"
    if (found := cache.get(key)) is None:
        found = _count_block(query, is_alone)
        if found.is_much:
            cache.set(key, found, COUNT_CACHE_SECONDS)
    before, behind = own(found.counted, version) if own else ([], [])
    is_partial = any(each.is_capped for each in found.counted.values())
    return FacetBlock(found.total, found.facets, before, behind, is_partial, version)


@dataclass(frozen=True, slots=True)
class _Block:
    """The counts that are the same for all readers."""

    total: Count
    facets: list[Facet]
    counted: dict[str, Counted]

    @property
    def is_much(self) -> bool:
        return any(
            each.issue_ids is None or len(each.issue_ids) > CHEAP for each in self.counted.values()
        )


def _count_block(query: IssueQuery, is_alone: bool) -> _Block:
    counted = _count_totals(query)
    facets = _facets(counted, query.chosen, is_alone)
    total = _total(query, counted[""])
    # Only the total of everything is counted anew.
    for each in counted.values():
        each.keys = Counter({EVERY_KEY: each.keys[EVERY_KEY]})
    return _Block(total, facets, counted)


def _facets(
    counted: Mapping[str, Counted], chosen: Mapping[str, list[FacetValue]], is_alone: bool
) -> list[Facet]:
    """Return the facets of the catalog that have rows to show, in one query for their names."""
    facets = [(name, counted.get(name, counted[""]).keys, chosen[name]) for name in FACETS]
    shown = {name: _shown_values(name, keys, own, is_alone) for name, keys, own in facets}
    choices = choices_of({name: values for name, (values, _) in shown.items()})
    block = [_build_facet(name, keys, own, *shown[name], choices) for name, keys, own in facets]
    return [facet for facet in block if facet.rows]


def count_issues(query: IssueQuery) -> Count:
    """Count the issues of a query, in one database query."""
    if query.is_everything:
        return _total(query, Counted(_kept_counts([])))
    return _capped(_newest_keys(query, MOST_COUNTED))


def count_unmeasured(query: IssueQuery) -> Count | None:
    """Count the issues that a query leaves out only because their length is unknown.

    One database query; None if the query has no condition on length.
    """
    if not query.has_length:
        return None
    unmeasured = Issue.objects.listed().filter(words=None)
    hits = query.without(LENGTH_PARAMETER).filter(unmeasured)
    return _capped(hits.order_by().values("pk")[: MOST_COUNTED + 1])


def _capped(hits: QuerySet[Any]) -> Count:
    number = hits.count()
    return Count(min(number, MOST_COUNTED), number > MOST_COUNTED)


def _count_totals(query: IssueQuery) -> dict[str, Counted]:
    """Count the issues of a query, and of it without each facet, in one database query, or two."""
    reduced = {"": query} | {name: query.without(name) for name in query.chosen_facets}
    counted: dict[str, Counted] = {}
    everything = {name for name, each in reduced.items() if each.is_everything}
    if everything:
        names = list(FACETS if "" in everything else everything.intersection(FACETS))
        counts = _kept_counts(names, [c.key for name in names for c in query.chosen[name]])
        counted = {name: Counted(counts.copy()) for name in everything}
    queries = [
        (name, _newest_keys(reduced[name], _most(name), is_reduced=bool(name)))
        for name in reduced.keys() - everything
    ]
    return counted | _run_counts(queries)


def _newest_keys(query: IssueQuery, most: int, *, is_reduced: bool = False) -> QuerySet[Any]:
    """Return (issue id, keys) of the newest issues of a query, one more than counted."""
    if query.node is None and not is_reduced:
        # Few issues may match the reader's conditions, so they start from the reader's own rows.
        walked, order = query.walk(Issue.objects.listed(), "newest")
        hits = order.after(walked, None)
    else:
        hits = query.hits(Issue.objects.listed()).order_by(f"-{row_field()}")
    return hits.values_list("id", "text__keys")[: most + 1]


def _most(without: str) -> int:
    return MOST_COUNTED_WITHOUT if without else MOST_COUNTED


def _run_counts(queries: list[tuple[str, QuerySet[Any]]]) -> dict[str, Counted]:
    """Run limited queries as one, which the ORM cannot write for SQLite."""
    if not queries:
        return {}
    parts: list[str] = []
    parameters: list[Any] = []
    for number, (_, query) in enumerate(queries):
        try:
            sql, own = query.query.sql_with_params()
        except EmptyResultSet:
            continue
        parts.append(f"SELECT {number}, part{number}.* FROM ({sql}) part{number}")
        parameters += own
    ids: list[list[int]] = [[] for _ in queries]
    keys: list[list[str]] = [[] for _ in queries]
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), parameters)
            for number, pk, text in cursor.fetchall():
                ids[number].append(pk)
                keys[number].append(text)
    return {
        without: Counted(
            Counter(" ".join(keys[number][: _most(without)]).split()),
            array("q", ids[number][: _most(without)]),
            len(ids[number]) > _most(without),
        )
        for number, (without, _) in enumerate(queries)
    }


def _kept_counts(names: Iterable[str], keys: Iterable[str] = ()) -> Counter[str]:
    """Return the stored counters of facets (of large ones the highest) and the total."""
    wanted = Q(
        facet__in=["every", *(FACETS[name].key for name in names if name not in VALUES_SHOWN)]
    )
    for key in keys:
        facet, _, value = key.partition("=")
        wanted |= Q(facet=facet, value=value)
    for name in names:
        if name in VALUES_SHOWN:
            top = KeyCount.objects.filter(facet=FACETS[name].key).order_by("-count", "value")
            wanted |= Q(pk__in=top.values("pk")[: SHOWN_ALONE + 1])
    rows = KeyCount.objects.filter(wanted).values_list("facet", "value", "count")
    return Counter({f"{facet}={value}": count for facet, value, count in rows})


def _total(query: IssueQuery, counted: Counted) -> Count:
    if counted.issue_ids is None:
        return Count(counted.keys[EVERY_KEY])
    node = query.node
    is_node_alone = not any(query.span) and not query.conditions
    if counted.is_capped and is_node_alone and isinstance(node, Key):
        facet, _, value = node.text.partition("=")
        return Count(KeyCount.objects.get(facet=facet, value=value).count)
    return Count(len(counted.issue_ids), counted.is_capped)


def _shown_values(
    name: str, keys: Counter[str], chosen: list[FacetValue], is_alone: bool
) -> tuple[list[str], bool]:
    """Return the values of a facet to show, and whether there are more."""
    begin = f"{FACETS[name].key}="
    own = [key for key, count in keys.items() if key.startswith(begin) and count]
    if name in ("year", "tier"):
        own.sort(reverse=True)
    else:
        own.sort(key=lambda key: (-keys[key], key))
    most = len(own) if name not in VALUES_SHOWN else SHOWN_ALONE if is_alone else VALUES_SHOWN[name]
    values = [found[1] for key in own[:most] if (found := value_of(key))]
    values += [choice.stored for choice in chosen if choice.stored not in values]
    return values, len(own) > most


def _build_facet(
    name: str,
    keys: Counter[str],
    chosen: list[FacetValue],
    values: list[str],
    has_more: bool,
    choices: dict[tuple[str, str], FacetValue],
) -> Facet:
    known = choices | {(name, choice.stored): choice for choice in chosen}
    picked = {choice.value for choice in chosen}
    shown = [known[name, value] for value in values if (name, value) in known]
    most = max((keys[choice.key] for choice in shown), default=0) or 1
    rows = [
        FacetRow(
            choice,
            keys[choice.key],
            choice.value in picked,
            round(100 * keys[choice.key] / most),
        )
        for choice in shown
    ]
    return Facet(name, FACETS[name].title, rows, has_more)
