"""Figures about the catalog for the heads of its pages."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from django.core.cache import cache
from django.db.models import Count, Sum

from catalog.models import Category, Issue, Publication, Tier
from catalog.text import plural


def totals_explained(declared: int | None, listed: int) -> str:
    """Return an explanation if the declared and the listed total differ, or "".

    For example `356 published, 286 listed here`.
    """
    if declared is None or declared == listed:
        return ""
    if declared < listed:
        return f"{plural(declared, 'issue')} declared, {listed} listed here"
    return f"{declared} published, {listed} listed here"


def catalog_version() -> str:
    """Return a string that changes with every write to the catalog, in one query."""
    count, versions = Publication.objects.aggregate(n=Count("id"), v=Sum("version")).values()
    return f"{count}.{versions or 0}"


def cluster_line(tier5: int, tier4: int) -> str:
    """Return a cluster's counts in the source pages' words: `8 tier-5 · 11 tier-4`."""
    return f"{tier5} tier-5 · {tier4} tier-4"


@dataclass(frozen=True, slots=True)
class TierFigure:
    """The number of listed issues of a tier; `rest` means tiers 1 to 3, `unrated` no tier."""

    name: str
    count: int
    percent: float

    @property
    def key(self) -> str:
        """The tier as a number where it is one of the keepers', else the name."""
        return {"landmark": "5", "notable": "4"}.get(self.name, self.name)


@dataclass(frozen=True, slots=True)
class PublicationStats:
    """The listed issues of a publication by day and tier."""

    declared: int | None
    days: list[tuple[datetime.date, int | None, int]]
    tiers: Counter[int | None] = field(init=False)

    def __post_init__(self) -> None:
        tiers: Counter[int | None] = Counter()
        for _, tier, count in self.days:
            tiers[tier] += count
        object.__setattr__(self, "tiers", tiers)

    @property
    def listed(self) -> int:
        return self.tiers.total()

    @property
    def is_unrated(self) -> bool:
        """Whether there are issues but no tiers yet."""
        return bool(self.listed) and self.tiers[None] == self.listed

    @property
    def landmarks(self) -> int:
        return self.tiers[Tier.LANDMARK]

    @property
    def keepers(self) -> int:
        return self.tiers[Tier.LANDMARK] + self.tiers[Tier.NOTABLE]

    @property
    def counts_line(self) -> str:
        """The counts in the words of the source pages.

        `356 issues · 186 keepers · 26 tier-5 · 160 tier-4`, starting with the total that the
        publication declares, or else the listed number. `100 issues · not rated yet` if no issue
        has a tier.
        """
        issues = self.listed if self.declared is None else self.declared
        if self.is_unrated:
            return f"{plural(issues, 'issue')} · not rated yet"
        tiers = cluster_line(self.tiers[Tier.LANDMARK], self.tiers[Tier.NOTABLE])
        return f"{plural(issues, 'issue')} · {plural(self.keepers, 'keeper')} · {tiers}"

    @property
    def explained(self) -> str:
        return totals_explained(self.declared, self.listed)

    @property
    def shares(self) -> list[TierFigure]:
        """The tiers from the highest; the rest and the unrated only if there are any.

        For a publication without tiers, only the unrated.
        """
        tiers = self.tiers
        counts: dict[str, int] = {}
        if not self.is_unrated:
            counts = {"landmark": tiers[Tier.LANDMARK], "notable": tiers[Tier.NOTABLE]}
        if rest := tiers[Tier.THREE] + tiers[Tier.TWO] + tiers[Tier.ONE]:
            counts["rest"] = rest
        if unrated := tiers[None]:
            counts["unrated"] = unrated
        whole = self.listed or 1
        return [TierFigure(name, count, 100 * count / whole) for name, count in counts.items()]


def publication_stats(publication: Publication) -> PublicationStats:
    """Count a publication's listed issues by day and tier, in one query."""
    rows = (
        Issue.objects.listed()
        .filter(publication=publication)
        .order_by("date")
        .values_list("date", "tier")
        .annotate(count=Count("id"))
    )
    return PublicationStats(publication.issue_count, list(rows))


@dataclass(frozen=True, slots=True)
class PublicationRow:
    """A publication in the library's table, with the figures of its listed issues."""

    publication: Publication
    issues: int
    keepers: int
    landmarks: int

    @property
    def explained(self) -> str:
        return totals_explained(self.publication.issue_count, self.issues)


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category and its publications."""

    category: Category
    rows: list[PublicationRow]

    @property
    def issues(self) -> int:
        return sum(row.issues for row in self.rows)


@dataclass(frozen=True, slots=True)
class Library:
    """Everything that is listed, by category."""

    shelves: list[Shelf]

    @property
    def rows(self) -> list[PublicationRow]:
        return [row for shelf in self.shelves for row in shelf.rows]

    @property
    def issues(self) -> int:
        return sum(row.issues for row in self.rows)

    @property
    def keepers(self) -> int:
        return sum(row.keepers for row in self.rows)

    @property
    def landmarks(self) -> int:
        return sum(row.landmarks for row in self.rows)


def library(publications: Iterable[Publication]) -> Library:
    """Group publications by category, in the given order, with their cached counts."""
    tiers = _tiers_by_publication()
    rows = [
        _publication_row(publication, tiers.get(publication.pk, Counter()))
        for publication in publications
    ]
    shelves = groupby(rows, key=lambda row: row.publication.category)
    return Library([Shelf(category, list(shelf)) for category, shelf in shelves])


def _publication_row(publication: Publication, tiers: Counter[int | None]) -> PublicationRow:
    landmarks = tiers[Tier.LANDMARK]
    return PublicationRow(publication, tiers.total(), landmarks + tiers[Tier.NOTABLE], landmarks)


def _tiers_by_publication() -> dict[int, Counter[int | None]]:
    """Count the listed issues of all publications by tier, once for each version of the catalog."""
    key = f"shelves:{catalog_version()}"
    if (found := cache.get(key)) is None:
        found = defaultdict(Counter)
        rows = Issue.objects.listed().order_by().values_list("publication", "tier")
        for publication, tier, count in rows.annotate(count=Count("id")):
            found[publication][tier] = count
        cache.set(key, dict(found), timeout=None)
    return found
