"""Operations on clusters: merge one into another, split one, order all."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from catalog.api.clusters import (
    ChangedCluster,
    WholeCluster,
    cluster_of,
    cluster_to_change,
    whole_cluster,
)
from catalog.api.curating import (
    BATCH_HELP,
    CLUSTER,
    PUBLICATION,
    CatalogEndpoint,
    change_response,
    change_set,
    example,
    invalid,
    refuse,
)
from catalog.api.inputs import IdOrSlug, ParagraphField, Reason, chosen, ids, named, refuse_at
from catalog.api.shapes import ClusterRef
from catalog.curation.clusters import merge_clusters, order_clusters, split_cluster
from catalog.curation.rules import LONGEST_TEXT, cluster_fault, title_fault
from catalog.models import Publication
from catalog.rest.fields import Many, Serializer, given
from catalog.rest.lookup import by_key
from catalog.slugs import ID_OR_SLUG, name_of

CHANGE, ADD, MOVE = "catalog.change_cluster", "catalog.add_cluster", "catalog.change_issue"
MOST_ORDERED = 10_000


class ClusterMerge(Serializer):
    into = IdOrSlug(
        help_text=f"The {ID_OR_SLUG} of the cluster that stays, of the same publication."
    )
    reason = Reason()


class MergedCluster(WholeCluster):
    """The cluster that stays."""

    moved = serializers.IntegerField(help_text="How many issues moved into it.")
    batch = serializers.IntegerField(allow_null=True, help_text=BATCH_HELP)


class ClusterSplit(Serializer):
    title = ParagraphField(max_length=500, help_text="Of the new cluster.")
    blurb = ParagraphField(max_length=LONGEST_TEXT, allow_blank=True, required=False, default="")
    issues = ids(help_text="The issues that go into it; one or more stays where it is.")
    reason = Reason()


class ClusterOrder(Serializer):
    clusters = Many(
        child=IdOrSlug(),
        most=MOST_ORDERED,
        min_length=1,
        help_text="Ids or slugs; those that are not named follow in the order they have.",
    )
    reason = Reason()


class OrderedClusters(Serializer):
    clusters = ClusterRef(many=True)
    batch = serializers.IntegerField(allow_null=True, help_text=BATCH_HELP)


class ClusterMergeAct(CatalogEndpoint):
    """Merging one cluster into another."""

    needs = {"POST": (CHANGE, MOVE)}
    errors = (409,)

    @extend_schema(
        operation_id="cluster_merge",
        parameters=[CLUSTER],
        description="Move all issues of a cluster to the end of another one, whose name it stays.",
        request=ClusterMerge,
        examples=example("Into another", into="winds", reason="One theme"),
        responses=MergedCluster,
    )
    def post(self, request: Request, cluster: str) -> Response:
        asked = given(ClusterMerge, request)
        with change_set(request, asked["reason"]) as curation:
            row = cluster_to_change(cluster)
            siblings = row.publication.clusters.select_related("publication", "merged_into")
            into = named(siblings, asked["into"], "cluster of this publication", "into")
            if into == row:
                raise invalid(into="This is the cluster itself.")
            refuse(into=cluster_fault(into, row.publication_id))
            moved = merge_clusters([row], into, curation)
        shown = whole_cluster(cluster_of(str(into.pk)), request)
        return change_response(shown | {"moved": moved}, curation)


class ClusterSplitAct(CatalogEndpoint):
    """Splitting a cluster."""

    needs = {"POST": (CHANGE, ADD, MOVE)}
    errors = (409,)

    @extend_schema(
        operation_id="cluster_split",
        parameters=[CLUSTER],
        description="Make a new cluster, next to a cluster, of some of its issues.",
        request=ClusterSplit,
        examples=example("Two of its issues", title="Moons", issues=[12, 7]),
        responses={201: ChangedCluster},
    )
    def post(self, request: Request, cluster: str) -> Response:
        asked = given(ClusterSplit, request)
        with change_set(request, asked["reason"]) as curation:
            row = cluster_to_change(cluster)
            refuse(title=title_fault(row.publication, asked["title"]))
            issues = chosen("issues", asked["issues"], row.issues.listed(), "issue in this cluster")
            if row.issues.listed().count() == len(issues):
                fault = "Leave one issue or more where it is; else change the cluster's title."
                raise invalid(issues=fault)
            made = split_cluster(row, issues, asked["title"], asked["blurb"], curation)
        created = reverse("api:cluster_detail", args=[made.pk], request=request)
        return change_response(whole_cluster(cluster_of(str(made.pk)), request), curation, created)


class ClusterOrderAct(CatalogEndpoint):
    """The order of a publication's clusters."""

    needs = {"PUT": (CHANGE,)}
    errors = (409,)

    @extend_schema(
        operation_id="cluster_order",
        parameters=[PUBLICATION],
        description="Give a publication's clusters this order.",
        request=ClusterOrder,
        examples=example("Two at the top", clusters=["winds", 12]),
        responses=OrderedClusters,
    )
    def put(self, request: Request, publication: str) -> Response:
        asked = given(ClusterOrder, request)
        with change_set(request, asked["reason"]) as curation:
            home = by_key(Publication.objects.for_page(), publication, "publication")
            order_clusters(home, _resolved_clusters(home, asked["clusters"]), curation)
        shown = [ClusterRef.render(cluster) for cluster in home.clusters.listed().defer("loaded")]
        return change_response({"clusters": shown}, curation)


def _resolved_clusters(home: Publication, keys: list[str]) -> list[int]:
    """Return the ids of clusters given by id or slug; refuse unknown ones."""
    known: dict[str, int] = {}
    for pk, slug in home.clusters.listed().values_list("pk", "slug"):
        known |= {name_of(slug, pk): pk, str(pk): pk}
    refuse_at(
        "clusters",
        keys,
        lambda key: "" if key in known else f"There is no cluster “{key[:80]}” in it.",
    )
    return [known[key] for key in keys]
