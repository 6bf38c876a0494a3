"""A reader's progress through the canon and every part of the catalog.

The canon is the weight of the issues read at least once, relative to the weight of all; the weight
depends on the tier, and archived issues are left out. Totals of the catalog are counted once per
version and cached; a reader's figures come from one query of their readings.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Self

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Q, Sum
from django.db.models.functions import ExtractYear

from accounts.models import Note, Reading, State, User
from accounts.partial_dates import Precision
from accounts.progress.meters import Meter
from accounts.progress.pace import Pace
from accounts.progress.streaks import Days
from catalog.models import KEEPER_TIERS, WORDS_A_MINUTE, Issue, Tier
from catalog.stats import catalog_version
from catalog.text import plural

WHOLE_CATALOG = ("all", 0)
FIGURES_CACHE_SECONDS = datetime.timedelta(minutes=10).total_seconds()
# A part of the catalog: `("publication", 3)`, and so for category, cluster and year; or everything.
type Part = tuple[str, int]


@dataclass(slots=True)
class TierTally:
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
        return sum(weight_of(tier) * count for tier, count in self.tiers.items())

    @property
    def counted(self) -> int:
        """Issues that weigh something in the canon."""
        return sum(count for tier, count in self.tiers.items() if weight_of(tier))


EMPTY_TALLY = TierTally()


@dataclass(slots=True)
class Totals:
    """The totals of the catalog, by part.

    `categories` maps publication ids to category ids. `words` is the total length of keepers of
    known length, and `worded` counts these keepers by tier.
    """

    # Plain dicts by tier: the thousands of a large catalog are unpickled for each page.
    parts: dict[Part, dict[int | None, int]]
    categories: dict[int, int]
    words: int
    worded: Counter[int | None]


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
    """A reader's progress: `read` and `open` (begun, but not read) by part of the catalog.

    `finishes` are the readings with at least a known year, sorted by date.
    """

    totals: Totals
    today: datetime.date
    finishes: list[Finish]
    read: dict[Part, TierTally]
    open: dict[Part, TierTally]
    words_read: int
    worded_read: Counter[int | None]
    zone: str = "UTC"

    @classmethod
    def of(cls, user: User) -> Self:
        """Return a reader's progress, cached until the reader or the catalog changes."""
        version = catalog_version()
        key = f"progress:{user.pk}:{user.version}:{version}"
        if (progress := cache.get(key)) is None:
            progress = cls._read(user, catalog_totals(version))
            cache.set(key, progress, FIGURES_CACHE_SECONDS)
        # The day moves on by itself.
        progress.today, progress.zone = user.local_date(), user.time_zone
        return progress

    @classmethod
    def _read(cls, user: User, totals: Totals) -> Self:
        """Read a reader's standing in one query."""
        rows = Reading.objects.of(user).filter(issue__archived_at=None).order_by("read_on", "id")
        columns = (
            "issue", "state", "read_on", "read_precision", "issue__tier", "issue__publication",
            "issue__cluster", "issue__date", "issue__words",
        )  # fmt: skip
        readings = [Finish._make(row) for row in rows.values_list(*columns)]
        done = {each.issue: each for each in readings if each.state == State.READ}
        # An issue that was read once stays read, even if it was begun again.
        begun = {each.issue: each for each in readings if each.issue not in done}
        # Readings without a known date count as read, but not in calendars.
        finishes = [each for each in readings if each.state == State.READ and each.on]
        read, opened = (_tally_parts(some.values(), totals) for some in (done, begun))
        words, worded = _count_words(done.values())
        zone = user.time_zone
        return cls(totals, user.local_date(), finishes, read, opened, words, worded, zone)

    def total(self, part: Part = WHOLE_CATALOG) -> TierTally:
        return TierTally(self.totals.parts.get(part, {}))

    def canon(self, part: Part = WHOLE_CATALOG) -> int:
        """Return how much of the canon is read, in whole per cent: 100 is all of it."""
        whole = self.total(part).weight
        return 100 * self.read[part].weight // whole if whole else 0

    def meter(self, part: Part = WHOLE_CATALOG) -> Meter:
        """Return the meter of a part's keepers."""
        read, begun = self.read.get(part, EMPTY_TALLY), self.open.get(part, EMPTY_TALLY)
        return Meter(read.keepers, begun.keepers, self.total(part).keepers)

    @property
    def landmarks_read(self) -> int:
        return self.read[WHOLE_CATALOG].landmarks

    @property
    def keepers_read(self) -> int:
        return self.read[WHOLE_CATALOG].keepers

    @property
    def issues_read(self) -> int:
        return self.read[WHOLE_CATALOG].issues

    @property
    def canon_tiers(self) -> list[tuple[int, str]]:
        """The composition of the canon by tier: (5, `26 landmarks`)."""
        counts = [(tier, self.total().tiers.get(tier, 0)) for tier in counted_tiers()]
        return [(tier, issues_of_tier(tier, count)) for tier, count in counts if count]

    @property
    def canon_read(self) -> list[str]:
        """The issues read of each tier of the canon: `3 of 26 landmarks`."""
        read = self.read[WHOLE_CATALOG].tiers
        return [f"{read.get(tier, 0)} of {words}" for tier, words in self.canon_tiers]

    @property
    def weight_left(self) -> int:
        """The unread weight of the canon; 0 if it is complete."""
        return self.total().weight - self.read[WHOLE_CATALOG].weight

    @cached_property
    def days(self) -> Days:
        """Readings by the reader's local day, without those of unknown day."""
        return Days(Counter(day for _, day in self._on_days), self.today, self.zone)

    @property
    def minutes_left(self) -> int:
        """Minutes of reading left in keepers of known length."""
        minutes = round((self.totals.words - self.words_read) / WORDS_A_MINUTE)
        return max(minutes, 1) if self.worded_left else 0

    @property
    def worded_left(self) -> int:
        """On how many issues `minutes_left` rests."""
        return self.totals.worded.total() - self.worded_read.total()

    def unworded_left(self, *tiers: int) -> int:
        """Count the unread keepers of unknown length."""
        total, read = self.total().tiers, self.read[WHOLE_CATALOG].tiers
        return sum(
            total.get(tier, 0) - self.totals.worded[tier]
            - (read.get(tier, 0) - self.worded_read[tier])
            for tier in tiers or KEEPER_TIERS
        )  # fmt: skip

    @property
    def pace(self) -> Pace:
        """The pace of the landmarks."""
        left = self.total().landmarks - self.landmarks_read
        first = self._first_on_days()
        days = [(day, 1) for day, finish in first if finish.tier == Tier.LANDMARK]
        return Pace(days, left, self.today, self.first_day)

    @property
    def canon_pace(self) -> Pace:
        """The pace of the canon, by weight; it does not end before the landmarks in it do."""
        first = self._first_on_days()
        days = [(day, weight) for day, finish in first if (weight := weight_of(finish.tier))]
        landmarks = self.pace.finish if weight_of(Tier.LANDMARK) else None
        return Pace(days, self.weight_left, self.today, self.first_day, landmarks)

    @property
    def first_day(self) -> datetime.date | None:
        """The first known day of any reading."""
        return min((day for _, day in self._on_days), default=None)

    @property
    def _on_days(self) -> list[tuple[Finish, datetime.date]]:
        """The readings whose day is known."""
        return [
            (finish, finish.on) for finish in self.finishes if finish.precision == Precision.DAY
        ]

    def _first_on_days(self) -> list[tuple[datetime.date, Finish]]:
        """Return the first reading with a known day of each issue, in order."""
        first: dict[int, tuple[datetime.date, Finish]] = {}
        for finish, day in self._on_days:
            first.setdefault(finish.issue, (day, finish))
        return list(first.values())


def catalog_totals(version: str) -> Totals:
    """Return the totals of the catalog by part, cached by its version."""
    key = f"catalog-totals:{version}"
    if (totals := cache.get(key)) is None:
        totals = _count_catalog()
        cache.set(key, totals, timeout=None)
    return totals


def note_counts(user: User) -> tuple[int, int]:
    """Return the numbers of a reader's notes, quotes and annotated issues, in one query."""
    counted = Note.objects.of(user).aggregate(n=Count("id"), issues=Count("issue", distinct=True))
    return counted["n"], counted["issues"]


TIER_WORDS = {5: "a landmark", 4: "a notable issue"} | {
    tier: f"an issue of tier {tier}" for tier in (3, 2, 1)
}


def weight_of(tier: int | None) -> int:
    """Return how much an issue of a tier weighs in the canon."""
    return settings.CANON_WEIGHTS.get(tier, 0) if tier else 0


def counted_tiers() -> list[int]:
    """Return the tiers that weigh anything in the canon, the highest first."""
    return sorted((tier for tier in TIER_WORDS if weight_of(tier)), reverse=True)


def weights_in_words() -> list[tuple[str, int]]:
    """Return the weights of the canon by tier in words: (`a landmark`, 5)."""
    return [(TIER_WORDS[tier], weight_of(tier)) for tier in counted_tiers()]


def issues_of_tier(tier: int, count: int) -> str:
    """Count issues of a tier in words: `1 landmark`, `2 issues of tier 3`."""
    nouns: dict[int, str] = {Tier.LANDMARK: "landmark", Tier.NOTABLE: "notable issue"}
    if tier in nouns:
        return plural(count, nouns[tier])
    return f"{plural(count, 'issue')} of tier {tier}"


def spoken_minutes(minutes: int) -> str:
    """Return a time as a sentence says it: `40 minutes`, `12 hours`."""
    return plural(minutes, "minute") if minutes < 120 else plural(round(minutes / 60), "hour")


def _parts(publication: int, category: int, cluster: int | None, year: int) -> list[Part]:
    parts = [
        WHOLE_CATALOG, ("publication", publication), ("category", category), ("year", year),
    ]  # fmt: skip
    return [*parts, ("cluster", cluster)] if cluster else parts


def _count_words(finishes: Iterable[Finish]) -> tuple[int, Counter[int | None]]:
    """Return the words of keepers of known length, and the number of such keepers by tier."""
    known = [each for each in finishes if each.words is not None and each.tier in KEEPER_TIERS]
    return sum(each.words or 0 for each in known), Counter(each.tier for each in known)


def _tally_parts(issues: Collection[Finish], totals: Totals) -> dict[Part, TierTally]:
    """Count issues by part: by each kind at once, for a reader may have thousands."""
    tallies: dict[Part, TierTally] = defaultdict(TierTally)
    counted = {
        "cluster": Counter((each.cluster, each.tier) for each in issues if each.cluster),
        "year": Counter((each.date.year, each.tier) for each in issues),
        "publication": Counter((each.publication, each.tier) for each in issues),
    }
    for kind, counts in counted.items():
        for (key, tier), number in counts.items():
            tallies[kind, key or 0].add(tier, number)
    for (publication, tier), number in counted["publication"].items():
        tallies[WHOLE_CATALOG].add(tier, number)
        if publication in totals.categories:
            tallies["category", totals.categories[publication]].add(tier, number)
    return tallies


def _count_catalog() -> Totals:
    totals = Totals({}, {}, 0, Counter())
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
        if known:
            totals.worded[tier] += known
    return totals
