"""The share read of every part of the canon: categories, publications, years and clusters."""

from collections.abc import Iterable
from heapq import nlargest
from typing import Any, NamedTuple, TypedDict

from accounts.progress.figures import EMPTY_TALLY, Part, Progress
from accounts.progress.meters import Meter
from catalog.models import Category, Cluster, Publication

MOST_CLUSTERS = 500


class Share[T](NamedTuple):
    """A part of the canon: the percentage read, and the number of keepers read.

    `canon` is None if nothing in the part counts in the canon.
    """

    part: T
    canon: int | None
    meter: Meter


class Shares(TypedDict):
    """The parts that have keepers, by kind; of the clusters, those with the most keepers read."""

    categories: list[Share[Category]]
    publications: list[Share[Publication]]
    years: list[Share[int]]
    clusters: list[Share[Cluster]]


def shares(progress: Progress) -> Shares:
    """Return all parts, in two queries."""
    publications = Publication.objects.for_page().by_shelf()
    categories = {publication.category: None for publication in publications}
    years = sorted(year for kind, year in progress.totals.parts if kind == "year")
    return {
        "categories": _with_keepers(_share_of(progress, ("category", x.pk), x) for x in categories),
        "publications": _with_keepers(
            _share_of(progress, ("publication", x.pk), x) for x in publications
        ),
        "years": _with_keepers(_share_of(progress, ("year", year), year) for year in years),
        "clusters": cluster_shares(progress, MOST_CLUSTERS),
    }


def cluster_shares(progress: Progress, most: int) -> list[Share[Cluster]]:
    """Return the clusters with the most keepers read or begun, then the greatest, in one query."""

    def rank(part: Part) -> tuple[int, int, int, int]:
        read, begun = progress.read.get(part, EMPTY_TALLY), progress.open.get(part, EMPTY_TALLY)
        return read.keepers, begun.keepers, progress.total(part).keepers, -part[1]

    parts = (
        part
        for part in progress.totals.parts
        if part[0] == "cluster" and progress.total(part).keepers
    )
    best = [pk for _, pk in nlargest(most, parts, key=rank)]
    found = Cluster.objects.select_related("publication").defer("loaded", "publication__loaded")
    clusters = found.in_bulk(best)
    return [_share_of(progress, ("cluster", pk), clusters[pk]) for pk in best]


def _with_keepers[T](found: Iterable[Share[T]]) -> list[Share[T]]:
    return [share for share in found if share.meter.total]


def _share_of(progress: Progress, part: Part, what: Any) -> Share[Any]:
    canon = progress.canon(part) if progress.total(part).weight else None
    return Share(what, canon, progress.meter(part))
