"""Saved views: named filters, with their counts and the next unread issue."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import BadRequest
from django.db import transaction
from django.db.models import F
from django.http import QueryDict

from accounts.browsing.filters import ReaderIssueFilter
from accounts.models import SAVED_QUERY_LENGTH, SavedView, State, User
from catalog.browsing.facets import Count, count_issues
from catalog.browsing.listing import list_issues
from catalog.models import Issue
from catalog.search.engine import TooBroad, bounded
from catalog.search.query import STATE_VALUES

MOST_VIEWS = 100
MOST_PINNED = 6
# Parameters that are not part of a view: the position in its list.
PASSING = ("after",)


class ViewRefused(ValueError):
    """A view cannot be saved; `field` is the invalid field, or "" for the view as a whole."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class CountedView:
    """A view and its number of issues, None if unknown.

    It is invalid if it filters by something that no longer exists.
    """

    view: SavedView
    count: Count | None = None
    is_valid: bool = True


def normalized(asked: QueryDict) -> str:
    """Return a query string as views store it, without empty and transient parameters."""
    kept = QueryDict(mutable=True)
    for name in sorted(asked):
        if name not in PASSING and (values := [value for value in asked.getlist(name) if value]):
            kept.setlist(name, values)
    return kept.urlencode()


def query_of(user: User, asked: QueryDict) -> str:
    """Return a filter in the form that views store; raise ViewRefused if it is not possible."""
    query = normalized(asked)
    if not filter_of(user, query).form.is_valid() or len(query) > SAVED_QUERY_LENGTH:
        message = "This filter cannot be saved; open it in the catalog and mend it."
        raise ViewRefused("query", message)
    return query


def filter_of(user: User, query: str) -> ReaderIssueFilter:
    return ReaderIssueFilter(QueryDict(query), user=user)


def save_view_once(user: User, view: SavedView, *, name: str, is_pinned: bool) -> SavedView:
    """Save a view as `save_view` does; a new one that is there already is saved over itself."""
    with transaction.atomic():
        reader = User.objects.select_for_update().get(pk=user.pk)
        if view.pk is None:
            mine = SavedView.objects.filter(user=reader)
            view = mine.filter(name=name, query=view.query, is_pinned=is_pinned).first() or view
        return save_view(reader, view, name=name, is_pinned=is_pinned)


def save_view(user: User, view: SavedView, *, name: str, is_pinned: bool) -> SavedView:
    """Save a view, new or existing, under a unique name; raise ViewRefused."""
    with transaction.atomic():
        # The saves of one reader run one after another, so that the limits hold.
        reader = User.objects.select_for_update().get(pk=user.pk)
        others = SavedView.objects.filter(user=reader).exclude(pk=view.pk or 0)
        if others.filter(name=name).exists():
            raise ViewRefused("name", "Another view of yours has this name; choose another.")
        if view.pk is None and others.count() >= MOST_VIEWS:
            raise ViewRefused("", f"You have {MOST_VIEWS} views; delete one first.")
        if is_pinned and others.filter(is_pinned=True).count() >= MOST_PINNED:
            message = f"{MOST_PINNED} views are there already; unpin one first."
            raise ViewRefused("is_pinned", message)
        view.user, view.name, view.is_pinned = reader, name, is_pinned
        view.save()
        _count_write(reader)
    return view


def change_view(
    user: User,
    view_id: int,
    *,
    name: str | None = None,
    query: str | None = None,
    is_pinned: bool | None = None,
) -> SavedView:
    """Change the given fields of a view; raise ViewRefused, and SavedView.DoesNotExist."""
    with transaction.atomic():
        reader = User.objects.select_for_update().get(pk=user.pk)
        view = SavedView.objects.get(user=reader, pk=view_id)
        stood = view.name, view.query, view.is_pinned
        view.query = view.query if query is None else query
        name = view.name if name is None else name
        is_pinned = view.is_pinned if is_pinned is None else is_pinned
        if (name, view.query, is_pinned) == stood:
            return view
        return save_view(reader, view, name=name, is_pinned=is_pinned)


def delete_view(user: User, view: SavedView) -> None:
    with transaction.atomic():
        if SavedView.objects.filter(user=user, pk=view.pk).delete()[0]:
            _count_write(user)


def counted(user: User, views: Iterable[SavedView]) -> list[CountedView]:
    """Count the issues of views, in a query or two each."""
    return [_count_view(user, view) for view in views]


def next_issue(user: User, view: SavedView) -> Issue | None:
    """Return the first unread issue of a view, in its order.

    A view that filters by state is taken literally. Raise TooBroad, and BadRequest if the view
    filters by something that no longer exists.
    """
    issues = filter_of(user, view.query)
    if not issues.form.is_valid():
        raise BadRequest("This view asks for what is not there any more; open it and mend it.")
    with bounded():
        if issues.states() == STATE_VALUES:
            asked = QueryDict(view.query, mutable=True)
            asked.setlist("state", sorted(STATE_VALUES - {State.READ}))
            issues = filter_of(user, asked.urlencode())
            issues.form.full_clean()
        shown = list_issues(issues.compiled).page.issues
    return shown[0] if shown else None


def _count_write(user: User) -> None:
    User.objects.filter(pk=user.pk).update(version=F("version") + 1)


def _count_view(user: User, view: SavedView) -> CountedView:
    issues = filter_of(user, view.query)
    if not issues.form.is_valid():
        return CountedView(view, is_valid=False)
    try:
        with bounded():
            return CountedView(view, count_issues(issues.compiled))
    except TooBroad:
        return CountedView(view)
