"""How far a reader has come: the canon, and what is read of every part of the catalog.

The canon is the weight of the issues read at least once, of the weight of all; an issue's weight
goes by its tier, and archived issues are left out. Totals of the catalog are counted once for each
of its versions and kept; a reader's own figures come from one query of their readings.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Self

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Q, Sum
from django.db.models.functions import ExtractYear

from accounts.meters import Meter
from accounts.models import Note, Reading, State, User
from accounts.pace import Pace
from accounts.partial_dates import Precision
from accounts.streaks import Days
from catalog.models import KEEPER_TIERS, WORDS_A_MINUTE, Issue, Tier
from catalog.stats import catalog_version, plural

EVERYTHING = ("all", 0)
KEPT = datetime.timedelta(minutes=10).total_seconds()
# A part of the catalog: `("publication", 3)`, and so for category, cluster and year; or everything.
type Part = tuple[str, int]


@dataclass(slots=True)
class Tally:
    """Issues counted by tier; None are the unrated."""

    tiers: dict[int | None, int] = field(default_factory=dict)

    def add(self, tier: int | None, count: int = 1) -> None:
        self.tiers[tier] = self.tiers.get(tier, 0) + count

    @property
    def landmarks(self) -> int:
        return self.tiers.get(5, 0)

    @property
    def notable(self) -> int:
        return self.tiers.get(4, 0)

    @property
    def keepers(self) -> int:
        return self.tiers.get(5, 0) + self.tiers.get(4, 0)

    @property
    def issues(self) -> int:
        return sum(self.tiers.values())

    @property
    def rest(self) -> int:
        """Issues of tiers 1 to 3 and unrated."""
        return self.issues - self.keepers

    @property
    def weight(self) -> int:
        return sum(
            weight * self.tiers.get(tier, 0) for tier, weight in settings.CANON_WEIGHTS.items()
        )


NOTHING = Tally()


@dataclass(slots=True)
class Totals:
    """The whole catalog by part; `words` and `worded` are of the keepers whose length is known.

    `categories` maps the ids of publications to those of their categories.
    """

    # Plain dicts by tier: the thousands of a large catalog are unpickled for each page.
    parts: dict[Part, dict[int | None, int]]
    categories: dict[int, int]
    words: int
    worded: int


class Finish(NamedTuple):
    """One finished reading; `issue`, `publication` and `cluster` are ids, `date` is the issue's."""

    issue: int
    state: str
    on: datetime.date
    precision: str
    tier: int | None
    publication: int
    cluster: int | None
    date: datetime.date
    words: int | None


@dataclass
class Progress:
    """One reader's standing: `read` and `open` (begun, not read yet) by part of the catalog.

    `finishes` are the readings of which at least the year is known, in the order of their dates.
    """

    totals: Totals
    today: datetime.date
    finishes: list[Finish]
    read: dict[Part, Tally]
    open: dict[Part, Tally]
    words_read: int
    worded_read: int

    @classmethod
    def of(cls, user: User) -> Self:
        """Return a reader's standing: as it was kept, until the reader or the catalog moves on."""
        version = catalog_version()
        key = f"progress:{user.pk}:{user.version}:{version}"
        if (progress := cache.get(key)) is None:
            progress = cls._read(user, catalog_totals(version))
            cache.set(key, progress, KEPT)
        # The day moves on by itself.
        progress.today = user.local_date()
        return progress

    @classmethod
    def _read(cls, user: User, totals: Totals) -> Self:
        """Read a reader's standing in one query."""
        rows = Reading.objects.of(user).filter(issue__archived_at=None).order_by("read_on", "id")
        columns = (
            "issue", "state", "read_on", "read_precision", "issue__tier", "issue__publication",
            "issue__cluster", "issue__date", "issue__words",
        )  # fmt: skip
        finishes, begun, done = [], {}, {}
        for row in rows.values_list(*columns):
            each = Finish._make(row)
            if each.state != State.READ:
                begun[each.issue] = each
                continue
            done[each.issue] = each
            # Of some it is not known when: they are read, and in no calendar.
            if each.on:
                finishes.append(each)
        for issue in done.keys() & begun.keys():
            # What has been read once stays read, whatever has been begun since.
            del begun[issue]
        known = [
            each.words
            for each in done.values()
            if each.words is not None and each.tier in KEEPER_TIERS
        ]
        read, opened = (_tally(some.values(), totals) for some in (done, begun))
        return cls(totals, user.local_date(), finishes, read, opened, sum(known), len(known))

    def total(self, part: Part = EVERYTHING) -> Tally:
        return Tally(self.totals.parts.get(part, {}))

    def canon(self, part: Part = EVERYTHING) -> int:
        """Return how much of the canon is read, in whole per cent: 100 is all of it."""
        whole = self.total(part).weight
        return 100 * self.read[part].weight // whole if whole else 0

    def meter(self, part: Part = EVERYTHING) -> Meter:
        """Return the meter of a part's keepers."""
        read, begun = self.read.get(part, NOTHING), self.open.get(part, NOTHING)
        return Meter(read.keepers, begun.keepers, self.total(part).keepers)

    @property
    def landmarks_read(self) -> int:
        return self.read[EVERYTHING].landmarks

    @property
    def keepers_read(self) -> int:
        return self.read[EVERYTHING].keepers

    @property
    def issues_read(self) -> int:
        return self.read[EVERYTHING].issues

    @cached_property
    def days(self) -> Days:
        """Readings by the reader's own day; those of which only month or year is known are not."""
        whole = (finish.on for finish in self.finishes if finish.precision == Precision.DAY)
        return Days(Counter(whole), self.today)

    @property
    def minutes_left(self) -> int:
        """Minutes of reading left in the keepers whose length is known."""
        return round((self.totals.words - self.words_read) / WORDS_A_MINUTE)

    @property
    def worded_left(self) -> int:
        """On how many issues `minutes_left` rests."""
        return self.totals.worded - self.worded_read

    @property
    def pace(self) -> Pace:
        left = self.total().landmarks - self.landmarks_read
        return Pace(self.landmark_days, left, self.today)

    @property
    def landmark_days(self) -> list[datetime.date]:
        """The days on which landmarks were first read, in order, as far as the day is known."""
        first: dict[int, Finish] = {}
        for finish in self.finishes:
            if finish.tier == Tier.LANDMARK:
                first.setdefault(finish.issue, finish)
        return [each.on for each in first.values() if each.precision == Precision.DAY]


def catalog_totals(version: str) -> Totals:
    """Count the catalog by part, or take what was counted for this version of it."""
    key = f"catalog-totals:{version}"
    if (totals := cache.get(key)) is None:
        totals = _count()
        cache.set(key, totals, timeout=None)
    return totals


def note_counts(user: User) -> tuple[int, int]:
    """Return how many notes and quotes a reader keeps, and on how many issues, in one query."""
    counted = Note.objects.of(user).aggregate(n=Count("id"), issues=Count("issue", distinct=True))
    return counted["n"], counted["issues"]


TIER_WORDS = {5: "a landmark", 4: "a notable issue", 3: "a 3", 2: "a 2", 1: "a 1"}


def weights_in_words() -> list[tuple[str, int]]:
    """Return what counts in the canon and how much, the most first: (`a landmark`, 5)."""
    weights = sorted(settings.CANON_WEIGHTS.items(), reverse=True)
    return [(TIER_WORDS[tier], weight) for tier, weight in weights if weight]


def spoken_minutes(minutes: int) -> str:
    """Return a time as a sentence says it: `40 minutes`, `12 hours`."""
    return plural(minutes, "minute") if minutes < 120 else plural(round(minutes / 60), "hour")


def _parts(publication: int, category: int, cluster: int | None, year: int) -> list[Part]:
    parts = [
        EVERYTHING, ("publication", publication), ("category", category), ("year", year),
    ]  # fmt: skip
    return [*parts, ("cluster", cluster)] if cluster else parts


def _tally(issues: Collection[Finish], totals: Totals) -> dict[Part, Tally]:
    """Count issues by part: by each kind at once, for a reader may have thousands."""
    tallies: dict[Part, Tally] = defaultdict(Tally)
    counted = {
        "cluster": Counter((each.cluster, each.tier) for each in issues if each.cluster),
        "year": Counter((each.date.year, each.tier) for each in issues),
        "publication": Counter((each.publication, each.tier) for each in issues),
    }
    for kind, counts in counted.items():
        for (key, tier), number in counts.items():
            tallies[kind, key or 0].add(tier, number)
    for (publication, tier), number in counted["publication"].items():
        tallies[EVERYTHING].add(tier, number)
        if publication in totals.categories:
            tallies["category", totals.categories[publication]].add(tier, number)
    return tallies


def _count() -> Totals:
    totals = Totals({}, {}, 0, 0)
    worded = Q(tier__in=KEEPER_TIERS)
    rows = (
        Issue.objects.listed()
        .order_by()
        .values_list("publication", "publication__category", "cluster", ExtractYear("date"), "tier")
        .annotate(
            count=Count("id"),
            words_known=Sum("words", filter=worded),
            worded=Count("words", filter=worded),
        )
    )
    for publication, category, cluster, year, tier, count, words, known in rows:
        totals.categories[publication] = category
        for part in _parts(publication, category, cluster, year):
            tiers = totals.parts.setdefault(part, {})
            tiers[tier] = tiers.get(tier, 0) + count
        totals.words += words or 0
        totals.worded += known
    return totals
