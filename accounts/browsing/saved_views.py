"""Filters of the catalog that a reader has named: kept, counted, and read on in."""

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
# What is no part of a view: the place in its list.
PASSING = ("after",)


class ViewRefused(ValueError):
    """A view cannot be saved so; `field` is what is at fault, "" the view as a whole."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class CountedView:
    """A view with its number of issues, None where that is not known.

    It is not valid where it asks for what is not there any more.
    """

    view: SavedView
    count: Count | None = None
    is_valid: bool = True


def normalized(asked: QueryDict) -> str:
    """Return a filter as a view keeps it, without what is empty or passing."""
    kept = QueryDict(mutable=True)
    for name in sorted(asked):
        if name not in PASSING and (values := [value for value in asked.getlist(name) if value]):
            kept.setlist(name, values)
    return kept.urlencode()


def query_of(user: User, asked: QueryDict) -> str:
    """Return a filter as a view keeps it; raises ViewRefused where it cannot be a view's."""
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
    """Save a view, a new one or not, under a name of its own; raises ViewRefused."""
    with transaction.atomic():
        # One reader's saves come one after another, so that the limits hold.
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
    """Change of a view what is given; raises ViewRefused, and SavedView.DoesNotExist."""
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
    """Return the first issue of a view, in its order, that the reader has not read.

    A view that asks for states of its own is taken at its word. Raises TooBroad, and BadRequest
    where the view asks for what is not there any more.
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
        shown = list_issues(issues).page.issues
    return shown[0] if shown else None


def _count_write(user: User) -> None:
    User.objects.filter(pk=user.pk).update(version=F("version") + 1)


def _count_view(user: User, view: SavedView) -> CountedView:
    issues = filter_of(user, view.query)
    if not issues.form.is_valid():
        return CountedView(view, is_valid=False)
    try:
        with bounded():
            return CountedView(view, count_issues(issues))
    except TooBroad:
        return CountedView(view)
