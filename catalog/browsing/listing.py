"""A page of the issues of a query, in any order, at a cost that size does not change."""

from dataclasses import dataclass

from catalog.browsing.issue_query import ORDERS, IssueQuery
from catalog.browsing.pagination import RELEVANCE, Cursor, IssuePage, Order, place_in
from catalog.models import Issue
from catalog.models.search_index import stamp
from catalog.search.engine import row_field
from catalog.search.rank import scores

# Rank at most this many hits, newest first; sort at most this many by columns outside the index.
MOST_RANKED = 1_000
MOST_SORTED = 10_000


@dataclass(frozen=True, slots=True)
class Listing:
    """A page with its order; `is_windowed` where only the newest hits could be put in it."""

    page: IssuePage
    sort: str
    after: Cursor | None = None
    is_windowed: bool = False


def list_issues(query: IssueQuery, after: str | None = None) -> Listing:
    """Return a page of a query from a position, in two database queries.

    Raise TooBroad after the time limit of `bounded`, and Http404 for an invalid position.
    """
    sort = query.sort
    if sort == "relevance":
        return _ranked(query, place_in(RELEVANCE, after))
    if query.node is None:
        shown, order = query.walk(Issue.objects.listed(), sort)
        place = place_in(order, after)
        return Listing(IssuePage.of(order.after(shown, place), order), sort, place)
    if sort in ("newest", "oldest"):
        order = ORDERS[sort]
        place = place_in(order, after)
        return Listing(_along_index(query, order, place), sort, place)
    newest = query.hits(Issue.objects.listed()).order_by(f"-{row_field()}")
    window = newest.values("pk")[:MOST_SORTED]
    shown, order = query.walk(Issue.objects.listed().filter(pk__in=window), sort)
    place = place_in(order, after)
    return Listing(IssuePage.of(order.after(shown, place), order), sort, place, True)


def _along_index(query: IssueQuery, order: Order, place: Cursor | None) -> IssuePage:
    """Read hits as the index has them: by stamp, which is date and id in one."""
    hits = query.hits(Issue.objects.listed())
    row = row_field()
    if place:
        beyond = "lt" if order.is_descending else "gt"
        hits = hits.filter(**{f"{row}__{beyond}": stamp(*place)})
    return IssuePage.of(hits.order_by(f"-{row}" if order.is_descending else row), order)


def _ranked(query: IssueQuery, place: Cursor | None) -> Listing:
    """Rank the newest hits. The whole window is ranked for each page, so that no two differ."""
    rows = list(
        query.hits(Issue.objects.listed())
        .order_by(f"-{row_field()}")
        .values_list("date", "id", "text__title", "text__tags", "text__summary", "text__home")[
            : MOST_RANKED + 1
        ]
    )
    window = rows[:MOST_RANKED]
    ranks = scores([row[2:] for row in window], query.words)
    best = sorted(
        (Cursor((score, *row[:2])) for score, row in zip(ranks, window, strict=True)),
        reverse=True,
    )
    rest = [each for each in best if place is None or each < place]
    page = IssuePage.at(rest, [each[-1] for each in rest])
    return Listing(page, "relevance", place, len(rows) > MOST_RANKED)
