"""Clusters: those of a publication in their order, and one with its issues in theirs."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from catalog.api.curating import (
    BATCH_HELP,
    CLUSTER,
    OVER_A_VERSION,
    PUBLICATION,
    CatalogEndpoint,
    change_response,
    change_set,
    example,
    refuse,
)
from catalog.api.inputs import ParagraphField, Reason
from catalog.api.shapes import (
    ClusterRef,
    IssueShape,
    PageShape,
    PublicationRef,
    issue_shapes,
)
from catalog.browsing.pagination import NEWEST, IssuePage, Order
from catalog.curation.clusters import with_counts
from catalog.curation.rules import LONGEST_TEXT, archived_reason, make, row_version, title_fault
from catalog.models import Cluster, Issue, Publication
from catalog.rest import paging
from catalog.rest.fields import Serializer, given
from catalog.rest.lookup import by_id, by_key
from catalog.rest.parameters import AFTER, IF_MATCH, PAGED
from catalog.rest.problems import Problem, wrong
from catalog.rest.versions import refuse_stale

_DAY, _NUMBER = NEWEST.kinds
IN_ORDER = Order(("position", "id"), (_NUMBER, _NUMBER), is_descending=False)
IN_CLUSTER = Order(("position", "date", "id"), (_NUMBER, _DAY, _NUMBER), is_descending=False)


class ClusterShape(PageShape):
    """A cluster as lists show it."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    title = serializers.CharField()
    blurb = serializers.CharField(allow_blank=True)
    publication = PublicationRef()
    size = serializers.IntegerField(source="listed", help_text="How many issues are listed in it.")
    keepers = serializers.IntegerField(help_text="Issues of tiers 5 and 4.")
    landmarks = serializers.IntegerField(help_text="Issues of tier 5.")
    url = serializers.URLField(help_text="Its page.")


class WholeCluster(ClusterShape):
    """A cluster by itself, with its issues in order, fifty at a time.

    One that was merged into another is shown with that one, and has no issues.
    """

    version = serializers.IntegerField(help_text="Counts changes of it; the ETag for a change.")
    merged_into = ClusterRef(allow_null=True)
    issues = paging.page_serializer("IssueInCluster", IssueShape(many=True))()


class ChangedCluster(WholeCluster):
    batch = serializers.IntegerField(allow_null=True, help_text=BATCH_HELP)


class ClusterChange(Serializer):
    title = ParagraphField(max_length=500, required=False)
    blurb = ParagraphField(max_length=LONGEST_TEXT, allow_blank=True, required=False)
    reason = Reason()


class NewCluster(ClusterChange):
    title = ParagraphField(max_length=500)


def clusters_page(publication: Publication, request: Request, after: str | None) -> dict[str, Any]:
    """Return a page of a publication's clusters, in two queries at most with their counts."""
    clusters: Any = with_counts(publication.clusters.listed().defer("loaded"))
    rows = list(IN_ORDER.after(clusters, place(IN_ORDER, after))[: paging.PAGE_SIZE + 1])
    shown = rows[: paging.PAGE_SIZE]
    following = None
    if len(rows) > paging.PAGE_SIZE:
        address = reverse("api:cluster_list", args=[publication.pk], request=request)
        following = f"{address}?after={shown[-1].position}.{shown[-1].pk}"
    return {"results": [ClusterShape.render(row, request) for row in shown], "next": following}


def whole_cluster(cluster: Any, request: Request, after: str | None = None) -> dict[str, Any]:
    issues = Issue.objects.listed().filter(cluster=cluster)
    page = IssuePage.of(IN_CLUSTER.after(issues, place(IN_CLUSTER, after)), IN_CLUSTER)
    following = None
    if page.next:
        address = reverse("api:cluster_detail", args=[cluster.pk], request=request)
        following = f"{address}?after={page.next}"
    return ClusterShape.render(cluster, request) | {
        "version": row_version(cluster),
        "merged_into": cluster.merged_into and ClusterRef.render(cluster.merged_into),
        "issues": {"results": issue_shapes(page.ids, request), "next": following},
    }


def place(order: Order, text: str | None) -> Any:
    """Return the list position that a cursor names; raise Problem for an invalid one."""
    try:
        return order.parse(text) if text is not None else None
    except ValueError as error:
        raise wrong("after", paging.NO_PLACE) from error


class ClusterList(CatalogEndpoint):
    """The clusters of a publication, in the curators' order."""

    parameters = paging.PARAMETERS
    needs = {"POST": ("catalog.add_cluster",)}
    errors = (409,)

    @extend_schema(
        operation_id="clusters_list",
        parameters=[PUBLICATION, *PAGED],
        responses=paging.page_serializer("Cluster", ClusterShape(many=True)),
    )
    def get(self, request: Request, publication: str) -> Response:
        home = by_key(Publication.objects.for_page(), publication, "publication")
        page = clusters_page(home, request, request.query_params.get("after"))
        if paging.wants_count(request):
            page["count"] = home.clusters.listed().count()
        return Response(page)

    @extend_schema(
        operation_id="cluster_create",
        parameters=[PUBLICATION],
        description="Make a cluster behind the others, yet without issues.",
        request=NewCluster,
        examples=example("A cluster", title="Tides", blurb="What the moon does."),
        responses={201: ChangedCluster},
    )
    def post(self, request: Request, publication: str) -> Response:
        asked = given(NewCluster, request)
        with change_set(request, asked.pop("reason")) as curation:
            home = by_key(Publication.objects.select_for_update(), publication, "publication")
            refuse(title=title_fault(home, asked["title"]))
            made = make(Cluster(publication=home, **asked), curation)
        created = reverse("api:cluster_detail", args=[made.pk], request=request)
        return change_response(whole_cluster(cluster_of(str(made.pk)), request), curation, created)


class ClusterDetail(CatalogEndpoint):
    """One cluster."""

    parameters = frozenset({"after"})
    needs = {"PATCH": ("catalog.change_cluster",)}
    errors = OVER_A_VERSION

    @extend_schema(operation_id="cluster", parameters=[CLUSTER, AFTER], responses=WholeCluster)
    def get(self, request: Request, cluster: str) -> Response:
        return Response(
            whole_cluster(cluster_of(cluster), request, request.query_params.get("after"))
        )

    @extend_schema(
        operation_id="cluster_change",
        description="Change what is given; its slug stays.",
        parameters=[CLUSTER, IF_MATCH],
        request=ClusterChange,
        examples=example("Another title", title="Ebb and flood"),
        responses=ChangedCluster,
    )
    def patch(self, request: Request, cluster: str) -> Response:
        asked = given(ClusterChange, request)
        with change_set(request, asked.pop("reason")) as curation:
            row = cluster_to_change(cluster)
            refuse_stale(
                request, row_version(row), lambda: whole_cluster(cluster_of(cluster), request)
            )
            if "title" in asked:
                refuse(title=title_fault(row.publication, asked["title"], row.pk))
            curation.change(row, asked)
        return change_response(whole_cluster(cluster_of(cluster), request), curation)


def cluster_of(key: str) -> Any:
    """Return the cluster with an id and its counts; raise Http404 for a reverted one."""
    rows = Cluster.objects.select_related("publication", "merged_into")
    rows = rows.filter(Q(archived_at=None) | Q(merged_into__isnull=False))
    rows = rows.defer("loaded", "publication__loaded", "merged_into__loaded")
    return by_id(with_counts(rows), key, "cluster")


def cluster_to_change(key: str) -> Cluster:
    """Return a cluster, locked; raise Http404, and Problem for a merged or archived one."""
    rows = Cluster.objects.select_related("publication", "merged_into")
    row: Cluster = by_id(rows.select_for_update(of=("self",)), key, "cluster")
    if row.archived_at:
        raise Problem(409, archived_reason(row))
    return row
