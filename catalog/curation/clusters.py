"""Operations on clusters: order, merge and split them, and place issues in them.

Concurrent operations on the same clusters run one after the other; the second one sees the result
of the first.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.curation.changeset import Curation
from catalog.curation.rules import archived_reason, cluster_fault, end_position
from catalog.models import KEEPER_TIERS, Change, Cluster, Issue, IssueQuerySet, Publication, Tier
from catalog.slugs import SlugMaker, taken_slugs


class NotPossible(ValueError):
    """The operation is impossible for these clusters or issues; its text says why."""


class Move(StrEnum):
    """A direction in which a cluster moves within its publication."""

    TOP = "top"
    UP = "up"
    DOWN = "down"
    BOTTOM = "bottom"


def with_counts(clusters: QuerySet[Cluster]) -> QuerySet[Cluster, Any]:
    """Give each cluster `listed`, `keepers` and `landmarks`: how many issues readers see in it."""
    return clusters.annotate(
        listed=_number_of(),
        keepers=_number_of(tier__in=KEEPER_TIERS),
        landmarks=_number_of(tier=Tier.LANDMARK),
    )


def _number_of(**which: Any) -> Coalesce:
    issues = Issue.objects.listed().filter(cluster=OuterRef("pk"), **which).order_by()
    return Coalesce(Subquery(issues.values("cluster").annotate(n=Count("pk")).values("n")), 0)


def order_clusters(publication: Publication, ids: Iterable[int], curation: Curation) -> bool:
    """Order a publication's clusters; clusters that are not named follow in their old order."""
    clusters = _in_order(publication)
    wanted = [clusters.pop(pk) for pk in dict.fromkeys(ids) if pk in clusters]
    changed = False
    for place, cluster in enumerate([*wanted, *clusters.values()]):
        changed |= curation.change(cluster, {"position": place})
    return changed


def move_cluster(cluster: Cluster, to: Move, curation: Curation) -> bool:
    """Move a cluster by one place or to an end; return whether the order is another now.

    Raises `NotPossible` for one that is archived.
    """
    order = list(_in_order(cluster.publication))
    if cluster.pk not in order:
        raise NotPossible(archived_reason(cluster))
    place = order.index(cluster.pk)
    new = {
        Move.TOP: 0,
        Move.UP: max(place - 1, 0),
        Move.DOWN: place + 1,
        Move.BOTTOM: len(order),
    }[to]
    order.insert(new, order.pop(place))
    return order_clusters(cluster.publication, order, curation)


def merge_clusters(clusters: Iterable[Cluster], into: Cluster, curation: Curation) -> int:
    """Move all issues of clusters to the end of another; return how many issues moved.

    The merged stay as archived names of that one: loads and addresses obey them. Raises
    `NotPossible` for a cluster of another publication, and for one that is archived.
    """
    merged = {cluster.pk: cluster for cluster in clusters if cluster != into}
    rows = _locked([into.pk, *merged])
    home = rows[into.pk]
    number = 0
    for cluster in (rows[pk] for pk in merged):
        if fault := cluster_fault(cluster, home.publication_id):
            raise NotPossible(fault)
        number += place_issues(list(cluster.issues.in_cluster_order()), home, curation)
        for earlier in cluster.merged.select_related("merged_into"):
            curation.change(earlier, {"merged_into": home})
        curation.change(cluster, {"archived_at": timezone.now(), "merged_into": home})
    return number


def split_cluster(
    cluster: Cluster, issues: Sequence[Issue], title: str, blurb: str, curation: Curation
) -> Cluster:
    """Move some issues of a cluster, in order, to a new cluster next to it, and return that.

    Raise `NotPossible` for an issue that is not in the cluster and for an archived cluster.
    """
    order = list(_in_order(cluster.publication))
    if cluster.pk not in order:
        raise NotPossible(archived_reason(cluster))
    chosen = {issue.pk for issue in issues}
    moved = list(cluster.issues.filter(pk__in=chosen).in_cluster_order())
    if len(moved) < len(chosen):
        raise NotPossible(f"An issue is no longer in “{cluster}”.")
    taken = taken_slugs(cluster.publication.clusters.all())
    place = order.index(cluster.pk) + 1
    made = Cluster.objects.create(
        publication=cluster.publication, title=title, slug=SlugMaker(taken).make(title, "cluster"),
        blurb=blurb, position=place,
    )  # fmt: skip
    curation.made(Change.Kind.CLUSTER, cluster.publication_id, made.pk)
    order.insert(place, made.pk)
    order_clusters(cluster.publication, order, curation)
    place_issues(moved, made, curation)
    return made


def place_issues(
    issues: Sequence[Issue], cluster: Cluster | None, curation: Curation, at: int | None = None
) -> int:
    """Place issues in a cluster in this order, before index `at` or at its end.

    Without a cluster, take the issues out of theirs. Return the number of issues whose cluster or
    position changed. Raise `NotPossible` for an issue of another publication and for an archived
    cluster.
    """
    ids = list(dict.fromkeys(issue.pk for issue in issues))
    home = _locked([cluster.pk])[cluster.pk] if cluster else None
    rows = _locked_issues().in_bulk(ids)
    return place_locked_issues([rows[pk] for pk in ids], home, curation, at)


def place_locked_issues(
    issues: Sequence[Issue], home: Cluster | None, curation: Curation, at: int | None = None
) -> int:
    """Do what `place_issues` does for rows that the caller has locked and read with clusters."""
    if home is None:
        return sum(curation.change(issue, {"cluster": None}) for issue in issues)
    for publication_id in {issue.publication_id for issue in issues} or {home.publication_id}:
        if fault := cluster_fault(home, publication_id):
            raise NotPossible(fault)
    chosen = [issue.pk for issue in issues]
    if at is None:
        first = end_position(home.issues.exclude(pk__in=chosen))
        return sum(
            curation.change(issue, {"cluster": home, "position": first + place})
            for place, issue in enumerate(issues)
        )
    rest = list(_locked_issues().filter(cluster=home).exclude(pk__in=chosen).in_cluster_order())
    order = [*rest[:at], *issues, *rest[at:]]
    moved = 0
    for place, issue in enumerate(order):
        is_changed = curation.change(issue, {"cluster": home, "position": place})
        moved += is_changed and issue.pk in chosen
    return moved


def _in_order(publication: Publication) -> dict[int, Cluster]:
    """Return a publication's listed clusters in their order, locked, by id."""
    listed = publication.clusters.listed()
    # All operations lock in the same order and read the clusters' order only after that.
    list(listed.select_for_update().order_by("pk").values_list("pk"))
    return {cluster.pk: cluster for cluster in listed}


def _locked_issues() -> IssueQuerySet:
    return Issue.objects.select_for_update(of=("self",)).select_related("cluster")


def _locked(ids: Sequence[int]) -> dict[int, Cluster]:
    rows = Cluster.objects.filter(pk__in=ids).select_for_update().order_by("pk")
    return {cluster.pk: cluster for cluster in rows}
