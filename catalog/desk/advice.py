"""The curator's desk: walks through the issues that want something, and what the others say.

A walk never comes back to what it has passed: it goes on behind a place, which the address names.
"""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, NamedTuple

from django.db.models import Case, IntegerField, OuterRef, Prefetch, Q, Subquery, When
from django.db.models.functions import Coalesce

from catalog.browsing.facets import Count
from catalog.browsing.pagination import NEWEST, OLDEST, Cursor
from catalog.curation.changeset import Curation
from catalog.curation.clusters import place_issues
from catalog.desk.proposals import Guess, Neighbour, Proposal, Proposer
from catalog.desk.similar_issues import Given
from catalog.models import (
    ChangeBatch,
    Citation,
    Issue,
    IssueQuerySet,
    IssueTag,
    KeyCount,
    Publication,
    Tag,
    Tier,
)
from catalog.search.engine import TooBroad, bounded
from catalog.tags.assignment import ChosenNames
from catalog.text import TAG_LENGTH, tag_key

SOURCE = "desk"
MOST_COUNTED = 1_000
MOST_DOUBTED = 1_000
MOST_COMPLETIONS = 10
# What is at least as sure as this is accepted with one key: three times in four it is right.
LIKELY = 0.75


# The walks


class Walk(NamedTuple):
    """What is gone through: issues that have one of `parts`, each read along an index by date.

    Disagreements have none: they are found by comparing.
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
    """Where an issue stands in a walk: how many are before it and behind it, as they are now."""

    before: int
    behind: int
    is_in: bool

    def __str__(self) -> str:
        if not self.is_in:
            return f"{_counted(self.behind)} to go"
        return f"{_counted(self.before + 1)} of {_counted(self.before + 1 + self.behind)}"


def _counted(number: int) -> Count:
    return Count(min(number, MOST_COUNTED), number > MOST_COUNTED)


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
        """Read a place; raises ValueError for what is none."""
        return NEWEST.parse(text)

    def ahead(self, after: Cursor | None, most: int) -> list[Cursor]:
        found = [
            Cursor(row)
            for part in self._parts
            for row in NEWEST.after(part, after).values_list("date", "pk")[:most]
        ]
        return sorted(found, reverse=True)[:most]

    def left(self) -> Count:
        """Return how many there are."""
        return _counted(sum(map(_number, self._parts)))

    def position(self, issue: Issue) -> Position:
        own = self._place(issue)
        before = sum(_number(OLDEST.after(part, own)) for part in self._parts)
        behind = sum(_number(NEWEST.after(part, own)) for part in self._parts)
        is_in = any(part.filter(pk=issue.pk).exists() for part in self._parts)
        return Position(before, behind, is_in)

    def onward(self, issue: Issue, after: Cursor | None) -> Cursor:
        """Return the place from which to go on: behind the issue and all that was passed."""
        own = self._place(issue)
        return own if after is None else min(own, after)

    @staticmethod
    def _place(issue: Issue) -> Cursor:
        return Cursor((issue.date, issue.pk))


def _number(issues: IssueQuerySet) -> int:
    return issues.order_by().values("pk")[: MOST_COUNTED + 1].count()


class DoubtRoute(_Steps):
    """A walk through disagreements, the surest first; a place is `12.345`: issue 345, the twelfth.

    Of an issue that is not in the list any more, the list having been made anew, the number
    tells the place.
    """

    def __init__(self, doubted: Mapping[int, tuple[int | None, int | None]]) -> None:
        """Take the tier and the cluster that each issue had when the others disagreed."""
        self._places = {pk: place for place, pk in enumerate(doubted, 1)}
        rows = Issue.objects.listed().filter(pk__in=list(doubted), reviewed_at=None).order_by()
        stands = {pk: given for pk, *given in rows.values_list("pk", "tier", "cluster_id")}
        # What was given another tier or cluster since has been seen to.
        self._left = [pk for pk, given in doubted.items() if stands.get(pk) == [*given]]

    def parse(self, text: str) -> Cursor:
        if not re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,18}", text):
            raise ValueError(f"{text!r} is not a place in this list")
        return Cursor(map(int, text.split(".")))

    def ahead(self, after: Cursor | None, most: int) -> list[Cursor]:
        place = self._known(after)
        behind = (pk for pk in self._left if self._places[pk] > place)
        return [Cursor((self._places[pk], pk)) for pk in islice(behind, most)]

    def left(self) -> Count:
        return _counted(len(self._left))

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
    """Return how a walk goes; None for disagreements that are not found within `wait` seconds.

    `is_begun` tells that it starts here: one that goes on keeps its list. Disagreements are those
    of one publication.
    """
    if walk.parts:
        return DateRoute(walk, publication)
    if publication is None:
        raise ValueError("Only issues of one publication are compared.")
    doubted = fits.doubted(publication, is_begun=is_begun, wait=wait)
    return None if doubted is None else DoubtRoute(doubted)


# What the others say


class _Fit:
    """What the issues of a publication were at one moment, to propose from."""

    def __init__(self, publication: Publication) -> None:
        begin = time.monotonic()
        self.version = publication.version
        self.size = Issue.objects.listed().filter(publication=publication).count()
        self.proposer = Proposer.fit(publication)
        self.made_at = time.monotonic()
        self._cost = self.made_at - begin
        self._lock = threading.Lock()
        self._search: Future[list[int]] | None = None

    def is_good_for(self, version: int) -> bool:
        is_young = time.monotonic() - self.made_at < Fits.SHARE * self._cost
        return self.version == version or is_young

    def disagreements(self, wait: float) -> list[int] | None:
        """Return them once they are found; they are looked for aside, once, without queries."""
        with self._lock:
            if self._search is None:
                self._search = _aside(self.proposer.disagreements)
        try:
            return self._search.result(wait)
        except TimeoutError:
            return None


def _aside[T](work: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    # It keeps nobody from stopping the server.
    threading.Thread(target=run, daemon=True).start()
    return future


@dataclass(slots=True)
class _Kept:
    """What is kept of a publication; whoever fits it holds the lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    fit: _Fit | None = None
    doubted: dict[int, tuple[int | None, int | None]] | None = None
    # When the fit was made that found them.
    doubted_at: float = 0


class Fits:
    """Proposers of the publications at hand, in this process.

    Fitting takes seconds for ten thousand issues, and each act of a curator changes one of them.
    So a fit is used on, though others than the issue at hand have changed since, for `SHARE`
    times as long as it took: a hundredth of the time at most goes into fitting, and a small
    publication is fitted again after every act. The issue at hand is always read anew, and so is
    whatever is shown of the others. Fits of `MOST_ISSUES` issues are kept, about 5 kB each, those
    used last.
    """

    SHARE = 100
    MOST_ISSUES = 50_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[Any, ...], _Kept] = {}

    def proposer(self, publication: Publication) -> Proposer:
        return self._fit(self._of(publication), publication).proposer

    def doubted(
        self, publication: Publication, *, is_begun: bool, wait: float
    ) -> Mapping[int, tuple[int | None, int | None]] | None:
        """Return the disagreements, with the tier and cluster that each issue has.

        None where they are not found within `wait` seconds. A walk that goes on keeps its list,
        whatever is fitted meanwhile.
        """
        kept = self._of(publication)
        if not is_begun and kept.doubted is not None:
            return kept.doubted
        fit = self._fit(kept, publication)
        found = fit.disagreements(wait)
        if found is None:
            return None
        if kept.doubted is None or kept.doubted_at != fit.made_at:
            rows = Issue.objects.filter(pk__in=found[:MOST_DOUBTED]).order_by()
            stands = {pk: given for pk, *given in rows.values_list("pk", "tier", "cluster_id")}
            kept.doubted = {pk: (stands[pk][0], stands[pk][1]) for pk in found if pk in stands}
            kept.doubted_at = fit.made_at
        return kept.doubted

    def known_doubts(self, publication: Publication) -> DoubtRoute | None:
        """Return the disagreements that were found already, if they were."""
        with self._lock:
            kept = self._kept.get(self._key(publication))
        return DoubtRoute(kept.doubted) if kept and kept.doubted is not None else None

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

    @staticmethod
    def _key(publication: Publication) -> tuple[Any, ...]:
        # A database that takes the place of another numbers its publications from 1 again.
        return publication.pk, publication.created_at

    def _of(self, publication: Publication) -> _Kept:
        with self._lock:
            # The one used last stands last.
            kept = self._kept.pop(self._key(publication), None) or _Kept()
            self._kept[self._key(publication)] = kept
            return kept

    def _fit(self, kept: _Kept, publication: Publication) -> _Fit:
        fit = kept.fit
        if fit and fit.is_good_for(publication.version):
            return fit
        # While one fits it anew, the others use what there is, or wait for the first.
        if not kept.lock.acquire(blocking=fit is None):
            return fit  # type: ignore[return-value]
        try:
            if kept.fit is None or not kept.fit.is_good_for(publication.version):
                kept.fit = _Fit(publication)
                self._make_room()
            return kept.fit
        finally:
            kept.lock.release()

    def _make_room(self) -> None:
        """Forget what was used longest ago; the one used last always stays."""
        with self._lock:
            sizes = {key: kept.fit.size if kept.fit else 0 for key, kept in self._kept.items()}
            whole = sum(sizes.values())
            for key in list(sizes)[:-1]:
                if whole <= self.MOST_ISSUES:
                    break
                whole -= sizes[key]
                del self._kept[key]


fits = Fits()


@dataclass(frozen=True, slots=True)
class Offer:
    """A tier, cluster or tag that is proposed, how sure it is in percent, and why.

    `is_own` tells that the issue has it already, `is_taken` that it goes with those accepted
    together.
    """

    value: Any
    name: str
    percent: int
    reasons: Sequence[str]
    is_own: bool
    is_taken: bool


@dataclass(frozen=True, slots=True)
class Near:
    """An issue like the one at hand, as it is now, with what the two share."""

    issue: Issue
    shared: Sequence[str]
    is_linked: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """What is proposed for an issue, and by which others.

    `judged` others were compared with it, `filed` of them are in a cluster and `tagged` have tags.
    """

    tier: Offer | None
    clusters: list[Offer]
    tags: list[Offer]
    nearest: list[Near]
    cited_by_keepers: int
    judged: int
    filed: int
    tagged: int

    @property
    def taken_cluster(self) -> Offer | None:
        return next((offer for offer in self.clusters if offer.is_taken), None)

    @property
    def taken_tags(self) -> list[Offer]:
        return [offer for offer in self.tags if offer.is_taken]

    @property
    def taken(self) -> list[str]:
        """Return in words what is accepted together."""
        tier = [self.tier.name] if self.tier and self.tier.is_taken else []
        cluster = [f"“{self.taken_cluster.name}”"] if self.taken_cluster else []
        return [*tier, *cluster, *(offer.name for offer in self.taken_tags)]


def advise(issue: Issue, clusters: Mapping[int, str], *, disputes: bool = False) -> Advice:
    """Ask the others about an issue as it is now, in five queries where they are fitted already.

    `clusters` are the titles of its publication's, by id. What is likely and missing is taken
    together; where `disputes`, so is what is likely instead of what the issue has.
    """
    proposal = fits.proposer(issue.publication).propose(given_of(issue))
    return Advice(
        _offer_tier(issue, proposal, disputes),
        list(_offer_clusters(issue, proposal, clusters, disputes)),
        list(_offer_tags(issue, proposal)),
        list(_near(proposal.neighbours)),
        proposal.cited_by_keepers,
        proposal.judged,
        proposal.filed,
        proposal.tagged,
    )


def given_of(issue: Issue) -> Given:
    """Return an issue as it is compared, in two queries."""
    tags = IssueTag.objects.filter(issue=issue).order_by("position")
    cites = Citation.objects.filter(issue=issue).order_by("position")
    return Given(
        issue.pk, issue.title, issue.summary,
        tuple(tags.values_list("tag__name", flat=True)), issue.tier, issue.cluster_id,
        issue.url_key, tuple(cites.values_list("url_key", flat=True)),
    )  # fmt: skip


def _offer(
    guess: Guess[Any], name: str, *, is_own: bool, is_missing: bool, value: Any = None
) -> Offer:
    is_taken = guess.confidence >= LIKELY and is_missing and not is_own
    # It may be as good as sure, and is never quite.
    percent = min(99, round(100 * guess.confidence))
    return Offer(value or guess.value, name, percent, guess.reasons, is_own, is_taken)


def _offer_tier(issue: Issue, proposal: Proposal, disputes: bool) -> Offer | None:
    guess = proposal.tier
    if guess is None:
        return None
    is_missing = disputes or issue.tier is None
    name = f"tier {guess.value}"
    return _offer(guess, name, is_own=guess.value == issue.tier, is_missing=is_missing)


def _offer_clusters(
    issue: Issue, proposal: Proposal, clusters: Mapping[int, str], disputes: bool
) -> Iterator[Offer]:
    is_missing = disputes or issue.cluster_id is None
    for guess in proposal.clusters:
        # It may have been merged since the others were read.
        if guess.value in clusters:
            is_own = guess.value == issue.cluster_id
            yield _offer(guess, clusters[guess.value], is_own=is_own, is_missing=is_missing)


def _offer_tags(issue: Issue, proposal: Proposal) -> Iterator[Offer]:
    """Offer tags under the names that curators have chosen for them by now, each once."""
    own = {tag_key(name) for name, _ in issue.tag_list}
    chosen = ChosenNames.of(guess.value for guess in proposal.tags)
    offered = set()
    for guess in proposal.tags:
        for name in chosen.instead_of([guess.value]):
            key = tag_key(name)
            if key not in offered:
                offered.add(key)
                yield _offer(guess, name, value=name, is_own=key in own, is_missing=True)


def _near(neighbours: Sequence[Neighbour]) -> Iterator[Near]:
    found = Issue.objects.for_list().in_bulk([each.issue_id for each in neighbours])
    for each in neighbours:
        if each.issue_id in found:
            yield Near(found[each.issue_id], each.shared, each.is_linked)


# What is done


class Done(NamedTuple):
    """An act at the desk: its batch, None where it changed nothing, and the issue around it."""

    batch: int | None
    before: dict[str, Any]
    after: dict[str, Any]


def save(pk: int, values: Mapping[str, Any], user: Any) -> Done:
    """Change an issue as one act of a user; what changes clusters goes to the end of its new one.

    Raises `ValueError` for a cluster that it cannot be in.
    """
    with Curation(ChangeBatch.Kind.EDIT, source=SOURCE, user=user) as curation:
        rows = Issue.objects.select_for_update(of=("self",)).select_related("cluster")
        issue = rows.get(pk=pk)
        before = facts(issue)
        curation.change(issue, {name: values[name] for name in values if name != "cluster"})
        if "cluster" in values and values["cluster"] != issue.cluster:
            place_issues([issue], values["cluster"], curation)
        after = facts(rows.get(pk=pk))
    return Done(curation.batch.pk, before, after)


def facts(issue: Issue) -> dict[str, Any]:
    """Return what is changed at the desk."""
    return {
        "tier": issue.tier, "cluster": issue.cluster,
        "tags": [name for name, _ in issue.tag_list], "summary": issue.summary,
        "reviewed_at": issue.reviewed_at,
    }  # fmt: skip


# Completion


class Completion(NamedTuple):
    """A tag in use, with the number of its issues; `instead_of` is a retired name found for it."""

    name: str
    uses: int
    instead_of: str = ""


def complete_tag(text: str) -> list[Completion]:
    """Return the tags in use whose names hold what is typed, in three queries at most.

    Those that begin with it come first, of these the most used. A retired name is offered as what
    it stands for.
    """
    key = tag_key(text[:TAG_LENGTH])
    # PostgreSQL takes no NUL.
    if not key or "\0" in key:
        return []
    counts = KeyCount.objects.filter(facet="tag", value=OuterRef("slug")).values("count")
    uses = Coalesce(Subquery(counts[:1]), 0, output_field=IntegerField())
    place = Case(When(key__startswith=key, then=0), default=1)
    in_use = Tag.objects.annotate(uses=uses).filter(uses__gt=0)
    holding = Q(key__contains=key)
    best: dict[str, tuple[tuple[int, int], Completion]] = {}

    def add(where: int, tag: Any, instead_of: str = "") -> None:
        rank = where, -tag.uses
        if tag.key not in best or rank < best[tag.key][0]:
            best[tag.key] = rank, Completion(tag.name, tag.uses, instead_of)

    try:
        with bounded():
            rows = in_use.listed().filter(holding).annotate(place=place)
            for used in rows.order_by("place", "-uses", "name", "pk")[:MOST_COMPLETIONS]:
                add(used.place, used)
            names = Tag.objects.retired().filter(holding).annotate(place=place)
            names = names.prefetch_related(Prefetch("stands_for", in_use.order_by("pk")))
            for name in names.order_by("place", "name", "pk")[:MOST_COMPLETIONS]:
                for tag in name.stands_for.all():
                    add(name.place, tag, name.name)
    except TooBroad:
        return []
    ranked = sorted(best.values())
    return [completion for _, completion in ranked[:MOST_COMPLETIONS]]
