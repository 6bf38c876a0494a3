"""A publication as its page shows it: clusters in order, each with its issues in order."""

from dataclasses import dataclass, field

from catalog.models import KEEPER_TIERS, Cluster, Issue, Publication, Tier
from catalog.stats import cluster_line

# Number of issues without a cluster on a publication's page; the page of issues by date has all.
MOST_LOOSE = 100


@dataclass(slots=True)
class Section:
    """A cluster: its keepers, and the rest, which the page folds. `number` counts from 1."""

    cluster: Cluster
    number: int
    keepers: list[Issue] = field(default_factory=list)
    rest: list[Issue] = field(default_factory=list)

    @property
    def landmarks(self) -> int:
        return sum(issue.tier == Tier.LANDMARK for issue in self.keepers)

    @property
    def counts_line(self) -> str:
        """The section's counts in the source pages' words: `8 tier-5 · 11 tier-4`."""
        return cluster_line(self.landmarks, len(self.keepers) - self.landmarks)


@dataclass(slots=True)
class Outline:
    """All sections in order, and those in no cluster by date, at most a hundred."""

    sections: list[Section]
    loose: list[Issue] = field(default_factory=list)
    more_loose: bool = False


def outline(publication: Publication) -> Outline:
    """Read a publication's clusters and issues, in three queries."""
    clusters = publication.clusters.listed().defer("loaded")
    sections = {
        cluster.pk: Section(cluster, number) for number, cluster in enumerate(clusters, start=1)
    }
    issues = Issue.objects.for_cards().filter(publication=publication)
    for issue in issues.filter(cluster__isnull=False).in_cluster_order():
        # The address of an issue needs its publication, which is this one.
        issue.publication = publication
        section = sections[issue.cluster_id or 0]
        (section.keepers if issue.tier in KEEPER_TIERS else section.rest).append(issue)
    loose = list(issues.filter(cluster=None).newest_first()[: MOST_LOOSE + 1])
    for issue in loose:
        issue.publication = publication
    return Outline(list(sections.values()), loose[:MOST_LOOSE], len(loose) > MOST_LOOSE)
