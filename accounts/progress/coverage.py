"""The coverage map: the share read of each cluster's keepers, by year."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef
from django.db.models.functions import ExtractYear

from accounts.models import Reading, User
from catalog.models import Cluster, Issue, IssueQuerySet, Publication


@dataclass(frozen=True, slots=True)
class Cell:
    """A cluster's keepers of one year, and how many of them are read."""

    read: int
    total: int

    @property
    def side(self) -> float:
        """The side of the square that shows the share read, of at most 18."""
        return round(18 * (self.read / self.total) ** 0.5, 1) if self.total else 0

    @property
    def is_blind(self) -> bool:
        return self.total > 0 and self.read == 0

    @property
    def inset(self) -> float:
        return (20 - self.side) / 2


@dataclass(slots=True)
class Coverage:
    """Rows are clusters in order, then the keepers without a cluster, if there are any."""

    years: list[int]
    rows: list[tuple[Cluster | None, list[Cell]]]

    @property
    def blind(self) -> list[tuple[Cluster | None, int]]:
        """The blind spots: (cluster, year) with keepers, none of which is read."""
        return [
            (cluster, year)
            for cluster, cells in self.rows
            for year, cell in zip(self.years, cells, strict=True)
            if cell.is_blind
        ]


def _count_by_cluster_and_year(issues: IssueQuerySet) -> Counter[tuple[int | None, int]]:
    rows = issues.order_by().values_list("cluster", ExtractYear("date")).annotate(Count("id"))
    return Counter({(cluster, year): number for cluster, year, number in rows})


def coverage(user: User, publication: Publication) -> Coverage:
    """Count a publication's keepers by cluster and year, in three queries."""
    keepers = Issue.objects.listed().keepers().filter(publication=publication)
    mine = Reading.objects.of(user).finished().filter(issue=OuterRef("pk"))
    total = _count_by_cluster_and_year(keepers)
    read = _count_by_cluster_and_year(keepers.filter(Exists(mine)))
    years = sorted({year for _, year in total})
    clusters: list[Cluster | None] = list(publication.clusters.listed().defer("loaded"))
    if any(cluster is None for cluster, _ in total):
        clusters.append(None)
    rows = []
    for cluster in clusters:
        if cluster:
            cluster.publication = publication
        keys = [(cluster.pk if cluster else None, year) for year in years]
        rows.append((cluster, [Cell(read[key], total[key]) for key in keys]))
    return Coverage(years, rows)
