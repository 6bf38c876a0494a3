"""What curators do to clusters: order, merge and split them, and place issues in them."""

from collections.abc import Iterable, Sequence

from django.db.models import Max
from django.utils import timezone

from catalog.curation import Curation
from catalog.document import SlugMaker
from catalog.models import Change, Cluster, Issue, Publication


def order_clusters(publication: Publication, ids: Sequence[int], curation: Curation) -> bool:
    """Give a publication's clusters this order; those not named follow in their own."""
    clusters = {each.pk: each for each in publication.clusters.listed().select_for_update()}
    wanted = [clusters.pop(pk) for pk in dict.fromkeys(ids) if pk in clusters]
    changed = False
    for place, cluster in enumerate([*wanted, *clusters.values()]):
        changed |= curation.change(cluster, {"position": place})
    return changed


def merge_clusters(clusters: Iterable[Cluster], into: Cluster, curation: Curation) -> int:
    """Move all issues of clusters to the end of another; return how many issues moved.

    The merged stay as archived names of that one: loads and addresses obey them. Raises
    `ValueError` for a cluster of another publication.
    """
    number = 0
    for cluster in clusters:
        if cluster == into:
            continue
        if cluster.publication_id != into.publication_id:
            raise ValueError(f"{cluster} is a cluster of another publication.")
        number += place_issues(list(cluster.issues.in_cluster_order()), into, curation)
        for earlier in cluster.merged.all():
            curation.change(earlier, {"merged_into": into})
        curation.change(cluster, {"archived_at": timezone.now(), "merged_into": into})
    return number


def split_cluster(
    cluster: Cluster, issues: Sequence[Issue], title: str, blurb: str, curation: Curation
) -> Cluster:
    """Make a cluster of some issues of another, in their order, next to it."""
    siblings = list(cluster.publication.clusters.all())
    slug = SlugMaker(each.slug for each in siblings).make(title, "cluster")
    made = Cluster.objects.create(
        publication=cluster.publication, title=title, slug=slug, blurb=blurb,
        position=max(each.position for each in siblings) + 1,
    )  # fmt: skip
    curation.made(Change.Kind.CLUSTER, cluster.publication_id, made.pk)
    order = [each.pk for each in siblings if not each.archived_at]
    order.insert(order.index(cluster.pk) + 1, made.pk)
    order_clusters(cluster.publication, order, curation)
    place_issues(issues, made, curation)
    return made


def place_issues(
    issues: Sequence[Issue], cluster: Cluster | None, curation: Curation, at: int | None = None
) -> int:
    """Put issues in a cluster in this order, before the one at place `at`, from 0, or at its end.

    None takes them out of theirs. Returns how many changed clusters or places. Raises
    `ValueError` for an issue of another publication.
    """
    chosen = {issue.pk: issue for issue in issues}
    locked = Issue.objects.select_for_update(of=("self",)).select_related("cluster")
    rows = locked.in_bulk(list(chosen))
    placed = [rows[pk] for pk in chosen]
    if cluster is None:
        return sum(curation.change(issue, {"cluster": None}) for issue in placed)
    if any(issue.publication_id != cluster.publication_id for issue in placed):
        raise ValueError(f"{cluster} is a cluster of another publication.")
    others = cluster.issues.exclude(pk__in=list(chosen))
    if at is None:
        last = others.aggregate(last=Max("position"))["last"]
        first = 0 if last is None else last + 1
        return sum(
            curation.change(issue, {"cluster": cluster, "position": first + place})
            for place, issue in enumerate(placed)
        )
    rest = list(others.select_related("cluster").in_cluster_order())
    order = [*rest[:at], *placed, *rest[at:]]
    moved = 0
    for place, issue in enumerate(order):
        is_changed = curation.change(issue, {"cluster": cluster, "position": place})
        moved += is_changed and issue.pk in chosen
    return moved
