"""The surroundings of an issue: its neighbours, citations in both directions, related issues."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import IntegerField, OuterRef, Subquery

from catalog.models import KEEPER_TIERS, Citation, Issue, IssueTag, Tag

RELATED_SHOWN = 4
# Tags with more uses are not specific enough for relatedness.
MOST_USES = 500
# How many uses of the rarest tags are weighed.
MOST_CANDIDATES = 1000
CITED_BY = 50
# As much as sharing a tag that half a dozen issues have.
CITATION_BONUS = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """An issue's place in its cluster, counted from 1, and the issues on either side."""

    number: int
    total: int
    keepers: int
    previous: Issue | None
    next: Issue | None


@dataclass(frozen=True, slots=True)
class Reference:
    """A cited address, with the issue that it is where the catalog lists it."""

    url: str
    issue: Issue | None


def place_in_cluster(issue: Issue) -> Place | None:
    """Find an issue's place in its cluster, in two queries; None where it is in no cluster."""
    if issue.cluster_id is None:
        return None
    cluster = Issue.objects.listed().filter(cluster_id=issue.cluster_id).in_cluster_order()
    tiers = dict(cluster.values_list("id", "tier"))
    ids = list(tiers)
    index = ids.index(issue.pk)
    before = ids[index - 1] if index else None
    after = ids[index + 1] if index + 1 < len(ids) else None
    sides = Issue.objects.for_list().in_bulk([pk for pk in (before, after) if pk])
    keepers = sum(tier in KEEPER_TIERS for tier in tiers.values())
    return Place(index + 1, len(ids), keepers, sides.get(before), sides.get(after))


def references(issue: Issue) -> list[Reference]:
    """Return the citations of an issue in order, resolved by URL across all publications."""
    citations = list(Citation.objects.filter(issue=issue))
    found: dict[str | None, Issue] = {}
    for match in (
        Issue.objects.for_list()
        .filter(url_key__in=[citation.url_key for citation in citations])
        .order_by("id")
    ):
        # If two publications have the same URL, the citing issue's own publication comes first.
        if match.url_key not in found or match.publication_id == issue.publication_id:
            found[match.url_key] = match
    return [Reference(citation.url, found.get(citation.url_key)) for citation in citations]


def cited_by(issue: Issue) -> list[Issue]:
    """Return the newest issues that cite this one, at most 50."""
    if not issue.url_key:
        return []
    citing = Issue.objects.listed().filter(citations__url_key=issue.url_key)
    return citing.exclude(pk=issue.pk).newest_first().cards(CITED_BY)


class _BoundedCount(Subquery):
    """The number of rows of a subquery, up to the limit of its slice."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) _uses)"
    output_field = IntegerField()


def related(issue: Issue, linked: Iterable[Issue]) -> list[Issue]:
    """Return the four issues most like this one: rare tags in common, a citation either way.

    `linked` are the issues that this one cites or is cited by. Each shared tag weighs
    1 / log(2 + its uses). However large the catalog, the work is bounded: only the rarest tags
    are followed, to a thousand uses in all.
    """
    weights = _rarest_tags(issue)
    scores: dict[int, float] = defaultdict(float)
    rank: dict[int, tuple[int, int]] = {}
    uses = (
        IssueTag.objects.filter(tag__in=weights, issue__archived_at=None)
        .order_by("-date", "-issue_id")
        .values_list("issue_id", "tag_id", "issue__tier", "date")
    )
    for pk, tag, tier, date in uses[:MOST_CANDIDATES]:
        scores[pk] += weights[tag]
        rank[pk] = tier or 0, date.toordinal()
    for other in linked:
        scores[other.pk] += CITATION_BONUS
        rank[other.pk] = other.tier or 0, other.date.toordinal()
    scores.pop(issue.pk, None)
    best = sorted(scores, key=lambda pk: (scores[pk], rank[pk], pk), reverse=True)[:RELATED_SHOWN]
    found = Issue.objects.for_list().in_bulk(best)
    return [found[pk] for pk in best]


def _rarest_tags(issue: Issue) -> dict[int, float]:
    """Map the ids of an issue's rarest tags to their weights.

    Tags without other issues are left out, and tags whose uses would exceed the limit.
    """
    uses = IssueTag.objects.filter(tag=OuterRef("pk")).order_by().values("pk")[:MOST_USES]
    tags = Tag.objects.filter(issue_tags__issue=issue).annotate(uses=_BoundedCount(uses))
    weights: dict[int, float] = {}
    total = 0
    for pk, number in tags.order_by("uses", "pk").values_list("pk", "uses"):
        total += number
        if weights and total > MOST_CANDIDATES:
            break
        if number > 1:
            weights[pk] = 1 / math.log(2 + number)
    return weights
