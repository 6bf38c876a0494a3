"""A year of reading, looked back on at any time."""

import calendar
import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import Note, User
from accounts.partial_dates import Precision
from accounts.progress.figures import Finish, Progress
from accounts.progress.streaks import runs
from catalog.models import KEEPER_TIERS, Cluster, Issue, Publication, Tier
from catalog.text import plural

MOST_ISSUES_NAMED = 10


@dataclass(slots=True)
class Review:
    """The readings finished in one year of the reader's calendar.

    `months` are (name, readings) for all twelve months; readings of which only the year is known
    are `undated`. `publications` and `clusters` are (object, readings), the highest first. At most
    ten of these and of the landmarks are named; each `_count` is the total.
    """

    year: int
    finishes: list[Finish]
    months: list[tuple[str, int]]
    undated: int
    streak: int
    busiest: tuple[datetime.date, int] | None
    publications: list[tuple[Publication, int]]
    clusters: list[tuple[Cluster, int]]
    first: Issue | None
    last: Issue | None
    landmarks: list[Issue]
    notes: int
    publication_count: int
    cluster_count: int
    landmark_count: int

    @property
    def landmarks_url(self) -> str:
        """The address of all landmarks read in this year, in the catalog."""
        days = {"read_from": f"{self.year:04}-01-01", "read_to": f"{self.year:04}-12-31"}
        return f"{reverse('issue_list')}?{urlencode({'tier': int(Tier.LANDMARK), **days})}"

    @property
    def places_read(self) -> str:
        """The number of publications and clusters read in: `2 publications and 1 cluster`."""
        publications = plural(self.publication_count, "publication")
        return f"{publications} and {plural(self.cluster_count, 'cluster')}"

    @property
    def issues(self) -> int:
        return len({finish.issue for finish in self.finishes})

    @property
    def keepers(self) -> int:
        return len({each.issue for each in self.finishes if each.tier in KEEPER_TIERS})

    @property
    def most_in_month(self) -> int:
        return max(number for _, number in self.months)


def _landmarks(finishes: list[Finish]) -> list[int]:
    return list(dict.fromkeys(each.issue for each in finishes if each.tier == Tier.LANDMARK))


def _longest_run_and_busiest_day(
    finishes: list[Finish], zone: str
) -> tuple[int, tuple[datetime.date, int] | None]:
    """Return the length of the longest run of days, and the day with the most readings."""
    days = Counter(each.on for each in finishes if each.precision == Precision.DAY)
    longest = max((run.length for run in runs(days, zone)), default=0)
    return longest, max(days.items(), key=lambda item: (item[1], item[0]), default=None)


def review(user: User, progress: Progress, year: int) -> Review:
    """Return the review of a year, in four queries in addition to those of the progress."""
    finishes = [finish for finish in progress.finishes if finish.on.year == year]
    dated = [finish for finish in finishes if finish.precision != Precision.YEAR]
    by_publication = Counter(finish.publication for finish in finishes)
    by_cluster = Counter(finish.cluster for finish in finishes if finish.cluster)
    landmarks = _landmarks(finishes)
    first, last = (dated[0].issue, dated[-1].issue) if dated else (0, 0)
    issues = Issue.objects.for_list().in_bulk({first, last, *landmarks[:MOST_ISSUES_NAMED]})
    clusters = Cluster.objects.select_related("publication").defer("loaded", "publication__loaded")
    return Review(
        year,
        finishes,
        _by_month(dated),
        len(finishes) - len(dated),
        *_longest_run_and_busiest_day(finishes, progress.zone),
        _most_read(by_publication, Publication.objects.defer("loaded")),
        _most_read(by_cluster, clusters),
        issues.get(first),
        issues.get(last),
        [issues[pk] for pk in landmarks[:MOST_ISSUES_NAMED]],
        Note.objects.of(user).filter(created_on__year=year).count(),
        len(by_publication),
        len(by_cluster),
        len(landmarks),
    )


def _by_month(dated: Iterable[Finish]) -> list[tuple[str, int]]:
    months = Counter(finish.on.month for finish in dated)
    return [(calendar.month_abbr[month], months[month]) for month in range(1, 13)]


def _most_read[T: Any](counts: Counter[int], rows: QuerySet[T]) -> list[tuple[T, int]]:
    """Return the most frequent rows with their numbers, in one query."""
    most = counts.most_common(MOST_ISSUES_NAMED)
    found = rows.in_bulk([pk for pk, _ in most])
    return [(found[pk], number) for pk, number in most]
