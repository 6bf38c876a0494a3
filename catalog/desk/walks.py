"""The walks of the desk: ordered lists of issues that need a decision.

A walk never returns to an issue that it has passed: it continues after a position, which is part of
the URL.
"""

import re
from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple

from django.db.models import Q

from catalog.browsing.facets import Count
from catalog.browsing.pagination import NEWEST, OLDEST, Cursor
from catalog.desk.fits import fits
from catalog.models import (
    Issue,
    IssueQuerySet,
    Publication,
    Tier,
)
from catalog.slugs import ID_PATTERN

MOST_STEPS_COUNTED = 1_000


class Walk(NamedTuple):
    """A list of issues to go through: those that match one of `parts`, by date.

    The walk of disagreements has no parts; they are found by comparing issues.
    """

    key: str
    title: str
    about: str
    none: str
    parts: tuple[Q, ...] = ()


WALKS = {
    walk.key: walk
    for walk in (
        Walk(
            "unrated", "Unrated", "Issues that have no tier yet.", "No issue is without a tier.",
            (Q(rank=0),),
        ),
        Walk(
            "guessed", "Guessed tags",
            "Issues whose tags were split out of a line in which they ran together, and that "
            "nobody has reviewed.",
            "No guessed tags are left to review.", (Q(tags_guessed=True, reviewed_at=None),),
        ),
        Walk(
            "unfiled", "Keepers in no cluster", "Landmarks and notable issues without a cluster.",
            "No keeper is outside a cluster.",
            (Q(rank=Tier.LANDMARK, cluster=None), Q(rank=Tier.NOTABLE, cluster=None)),
        ),
        Walk(
            "disagreements", "Disagreements",
            "Issues whose tier or cluster is another than that of all that are like them, the "
            "surest first. What has been reviewed is left out.",
            "No issue disagrees with those that are like it.",
        ),
    )
}  # fmt: skip


class Position(NamedTuple):
    """The position of an issue in a walk: the number of issues before and behind it."""

    before: int
    behind: int
    is_in: bool

    def __str__(self) -> str:
        if not self.is_in:
            return f"{_bounded(self.behind)} to go"
        return f"{_bounded(self.before + 1)} of {_bounded(self.before + 1 + self.behind)}"


def _bounded(number: int) -> Count:
    return Count(min(number, MOST_STEPS_COUNTED), number > MOST_STEPS_COUNTED)


class _Steps:
    def ahead(self, after: Cursor | None, most: int) -> list[Cursor]:
        """Return the places of the next issues behind a place: each ends in the issue's id."""
        raise NotImplementedError

    def next(self, after: Cursor | None) -> int | None:
        """Return the first issue behind a place."""
        return next((place[-1] for place in self.ahead(after, 1)), None)


class DateRoute(_Steps):
    """A walk by date, the newest first; a place in it is written `2024-03-05.123`."""

    def __init__(self, walk: Walk, publication: Publication | None) -> None:
        issues = Issue.objects.listed()
        if publication:
            issues = issues.filter(publication=publication)
        self._parts = [issues.filter(part) for part in walk.parts]

    def parse(self, text: str) -> Cursor:
        """Parse a position; raise ValueError if it is invalid."""
        return NEWEST.parse(text)

    def ahead(self, after: Cursor | None, most: int) -> list[Cursor]:
        found = [
            Cursor(row)
            for part in self._parts
            for row in NEWEST.after(part, after).values_list("date", "pk")[:most]
        ]
        return sorted(found, reverse=True)[:most]

    def left(self) -> Count:
        """Return the number of issues in the walk."""
        return _bounded(sum(map(_count_up_to_limit, self._parts)))

    def position(self, issue: Issue) -> Position:
        own = self._place(issue)
        before = sum(_count_up_to_limit(OLDEST.after(part, own)) for part in self._parts)
        behind = sum(_count_up_to_limit(NEWEST.after(part, own)) for part in self._parts)
        is_in = any(part.filter(pk=issue.pk).exists() for part in self._parts)
        return Position(before, behind, is_in)

    def onward(self, issue: Issue, after: Cursor | None) -> Cursor:
        """Return the place from which to go on: behind the issue and all that was passed."""
        own = self._place(issue)
        return own if after is None else min(own, after)

    @staticmethod
    def _place(issue: Issue) -> Cursor:
        return Cursor((issue.date, issue.pk))


def _count_up_to_limit(issues: IssueQuerySet) -> int:
    return issues.order_by().values("pk")[: MOST_STEPS_COUNTED + 1].count()


class DoubtRoute(_Steps):
    """A walk through disagreements, the most certain first; `12.345` is issue 345 as the twelfth.

    If the list has been recomputed without that issue, the number gives the position.
    """

    def __init__(self, doubted: Mapping[int, tuple[int | None, int | None]]) -> None:
        """Take the tier and the cluster that each issue had when the others disagreed."""
        self._places = {pk: place for place, pk in enumerate(doubted, 1)}
        rows = Issue.objects.listed().filter(pk__in=list(doubted), reviewed_at=None).order_by()
        stands = {pk: given for pk, *given in rows.values_list("pk", "tier", "cluster_id")}
        # Issues whose tier or cluster has changed since are done.
        self._left = [pk for pk, given in doubted.items() if stands.get(pk) == [*given]]

    def parse(self, text: str) -> Cursor:
        if not re.fullmatch(rf"[0-9]{{1,9}}\.{ID_PATTERN}", text):
            raise ValueError(f"{text!r} is not a place in this list")
        return Cursor(map(int, text.split(".")))

    def ahead(self, after: Cursor | None, most: int) -> list[Cursor]:
        place = self._known(after)
        behind = (pk for pk in self._left if self._places[pk] > place)
        return [Cursor((self._places[pk], pk)) for pk in islice(behind, most)]

    def left(self) -> Count:
        return _bounded(len(self._left))

    def position(self, issue: Issue) -> Position:
        own = self._places.get(issue.pk, 0)
        before = sum(self._places[pk] < own for pk in self._left)
        is_in = issue.pk in self._left
        return Position(before, len(self._left) - before - is_in, is_in)

    def onward(self, issue: Issue, after: Cursor | None) -> Cursor:
        own = Cursor((self._places.get(issue.pk, 0), issue.pk))
        return after if after and self._known(after) > own[0] else own

    def _known(self, place: Cursor | None) -> int:
        return self._places.get(place[1], place[0]) if place else 0


type Route = DateRoute | DoubtRoute


def route_of(
    walk: Walk, publication: Publication | None, *, is_begun: bool = True, wait: float = 0
) -> Route | None:
    """Return the route of a walk; None if disagreements are not found within `wait` seconds.

    `is_begun` means that the walk starts here; a walk in progress keeps its list. Disagreements are
    limited to one publication.
    """
    if walk.parts:
        return DateRoute(walk, publication)
    if publication is None:
        raise ValueError("Only issues of one publication are compared.")
    doubted = fits.doubted(publication, is_begun=is_begun, wait=wait)
    return None if doubted is None else DoubtRoute(doubted)
