"""A year of reading, looked back on at any time."""

import calendar
import datetime
from collections import Counter
from dataclasses import dataclass

from accounts.models import Note, User
from accounts.partial_dates import Precision
from accounts.progress.figures import Finish, Progress
from accounts.progress.streaks import runs
from catalog.models import KEEPER_TIERS, Cluster, Issue, Publication, Tier

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
    def issues(self) -> int:
        return len({finish.issue for finish in self.finishes})

    @property
    def keepers(self) -> int:
        return len({each.issue for each in self.finishes if each.tier in KEEPER_TIERS})

    @property
    def most_in_month(self) -> int:
        return max(number for _, number in self.months)


def review(user: User, progress: Progress, year: int) -> Review:
    """Return the review of a year, in four queries in addition to those of the progress."""
    finishes = [finish for finish in progress.finishes if finish.on.year == year]
    dated = [finish for finish in finishes if finish.precision != Precision.YEAR]
    days = Counter(each.on for each in finishes if each.precision == Precision.DAY)
    months = Counter(finish.on.month for finish in dated)
    by_publication = Counter(finish.publication for finish in finishes)
    by_cluster = Counter(finish.cluster for finish in finishes if finish.cluster)
    publications = by_publication.most_common(MOST_ISSUES_NAMED)
    clusters = by_cluster.most_common(MOST_ISSUES_NAMED)
    landmarks = list(
        dict.fromkeys(finish.issue for finish in finishes if finish.tier == Tier.LANDMARK)
    )
    ends = [dated[0].issue, dated[-1].issue] if dated else []
    issues = Issue.objects.for_list().in_bulk({*ends, *landmarks[:MOST_ISSUES_NAMED]})
    found = Publication.objects.defer("loaded").in_bulk([pk for pk, _ in publications])
    places = Cluster.objects.select_related("publication").defer("loaded", "publication__loaded")
    homes = places.in_bulk([pk for pk, _ in clusters])
    lengths = [run.length for run in runs(days, progress.zone)]
    return Review(
        year,
        finishes,
        [(calendar.month_abbr[month], months[month]) for month in range(1, 13)],
        len(finishes) - len(dated),
        max(lengths, default=0),
        max(days.items(), key=lambda item: (item[1], item[0]), default=None),
        [(found[pk], number) for pk, number in publications],
        [(homes[pk], number) for pk, number in clusters],
        issues.get(ends[0]) if ends else None,
        issues.get(ends[1]) if ends else None,
        [issues[pk] for pk in landmarks[:MOST_ISSUES_NAMED]],
        Note.objects.of(user).filter(created_on__year=year).count(),
        len(by_publication),
        len(by_cluster),
        len(landmarks),
    )
