"""Quick search by kind, and facet counts."""

import html
from collections.abc import Callable
from typing import Any

from django.utils.html import strip_tags
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.api.issues import (
    FILTERS,
    SEVERAL,
    OwnCatalog,
    filter_parameters,
    valid_filter,
)
from accounts.browsing.filters import ReaderIssueFilter
from accounts.browsing.quick import Hit, quick
from accounts.models import User
from catalog.api.shapes import (
    ClusterRef,
    IssueRef,
    NamedRef,
    PublicationRef,
    address_of,
    issue_refs,
)
from catalog.browsing import facets
from catalog.browsing.facets import facet_block
from catalog.rest.access import NOTES, has_scope
from catalog.rest.fields import Serializer
from catalog.search.engine import bounded

COUNT_HELP = "How many issues are listed."
HIT_KINDS = ("publications", "clusters", "tags", "issues", "notes")


class FoundPublication(PublicationRef):
    count = serializers.IntegerField(help_text=COUNT_HELP)
    url = serializers.URLField(help_text="Its page.")


class FoundCluster(ClusterRef):
    publication = PublicationRef()
    count = serializers.IntegerField(help_text=COUNT_HELP)
    url = serializers.URLField(help_text="Its page.")


class FoundTag(NamedRef):
    count = serializers.IntegerField(help_text=COUNT_HELP)
    url = serializers.URLField(help_text="Its page.")


class FoundNote(Serializer):
    id = serializers.IntegerField()
    kind = serializers.CharField(help_text="note or quote.")
    excerpt = serializers.CharField(help_text="What of it holds a word that was typed.")
    created_on = serializers.DateField()
    issue = serializers.IntegerField(help_text="The id of the issue that it is on.")
    issue_title = serializers.CharField()
    url = serializers.URLField(help_text="Its page.")


class Found(Serializer):
    """A few of each kind, the best first."""

    text = serializers.CharField(allow_blank=True, help_text="What was looked for.")
    publications = FoundPublication(many=True)
    clusters = FoundCluster(many=True)
    tags = FoundTag(many=True)
    issues = IssueRef(many=True)
    notes = FoundNote(many=True, help_text="The reader's own; with the scope `notes` alone.")
    too_broad = serializers.ListField(
        child=serializers.CharField(), help_text="Kinds that could not be found in time."
    )
    all = serializers.URLField(
        allow_null=True, help_text="All issues; null where nothing is typed."
    )
    notices = serializers.ListField(
        child=serializers.CharField(), help_text="Where nothing is found, why; a sentence each."
    )


class FacetRow(Serializer):
    value = serializers.CharField(
        source="choice.value", help_text="For the parameter of the facet's name."
    )
    label = serializers.CharField(source="choice.label")  # type: ignore[assignment]  # no field's own label
    home = serializers.CharField(
        source="choice.home", allow_blank=True, help_text="Of a cluster, its publication."
    )
    count = serializers.IntegerField()
    is_chosen = serializers.BooleanField()


class FacetShape(Serializer):
    name = serializers.CharField()
    title = serializers.CharField()
    rows = FacetRow(many=True)
    has_more = serializers.BooleanField(help_text="There are others, used less.")


class FacetCounts(Serializer):
    """The counts of a filter; each facet is counted under the choices of all others."""

    total = serializers.IntegerField()
    is_capped = serializers.BooleanField(help_text="There are more than that.")
    is_partial = serializers.BooleanField(help_text="Only the newest were counted.")
    facets = FacetShape(many=True)
    notes = serializers.ListField(
        child=serializers.CharField(), required=False,
        help_text="What could not be taken as it was asked.",
    )  # fmt: skip


class Search(OwnCatalog):
    """A few hits of every kind for a text."""

    parameters = frozenset({"q"})

    @extend_schema(
        operation_id="search",
        parameters=[OpenApiParameter("q", str, description="What is typed, as in the page's box.")],
        responses=Found,
    )
    def get(self, request: Request) -> Response:
        user = request.user if isinstance(request.user, User) else None
        text = request.query_params.get("q", "")
        results = quick(user, text, looks_into_notes=has_scope(request, NOTES))
        groups = {group.key: group for group in results.groups}
        found: dict[str, Any] = {"text": results.text}
        for kind in HIT_KINDS:
            hits = groups[kind].hits if kind in groups else ()
            found[kind] = [HIT_SHAPES[kind](hit, request) for hit in hits]
        found["too_broad"] = [group.key for group in results.groups if group.is_too_broad]
        address = reverse("api:issue_list", request=request)
        _, _, query = results.all_url.partition("?")
        found["all"] = f"{address}?{query}" if query else None
        found["notices"] = list(results.notices)
        return Response(found)


def _publication_hit(hit: Hit, request: Request) -> dict[str, Any]:
    return NamedRef.render(hit.row) | _tag_hit(hit, request)


def _cluster_hit(hit: Hit, request: Request) -> dict[str, Any]:
    row = hit.row
    own = ClusterRef.render(row)
    return own | {"publication": PublicationRef.render(row.publication)} | _tag_hit(hit, request)


def _tag_hit(hit: Hit, request: Request) -> dict[str, Any]:
    return {"count": hit.row.uses, "url": address_of(hit.row, request)}


def _issue_hit(hit: Hit, request: Request) -> dict[str, Any]:
    (ref,) = issue_refs([hit.row], request)
    return ref


def _note_hit(hit: Hit, request: Request) -> dict[str, Any]:
    row = hit.row
    return {
        "id": row.pk,
        "kind": row.kind,
        "excerpt": html.unescape(strip_tags(hit.title)),
        "created_on": row.created_on.isoformat(),
        "issue": row.issue_id,
        "issue_title": row.issue.title,
        "url": address_of(row, request),
    }


HIT_SHAPES: dict[str, Callable[[Hit, Request], dict[str, Any]]] = {
    "publications": _publication_hit, "clusters": _cluster_hit, "tags": _publication_hit,
    "issues": _issue_hit, "notes": _note_hit,
}  # fmt: skip


class FacetList(OwnCatalog):
    """The number of issues that each facet value would leave, within a filter."""

    parameters = FILTERS
    several = SEVERAL
    errors = (503,)

    @extend_schema(
        operation_id="facets_list", parameters=filter_parameters(), responses=FacetCounts
    )
    def get(self, request: Request) -> Response:
        asked = valid_filter(request)
        own = asked.own_facets if isinstance(asked, ReaderIssueFilter) else None
        with bounded(facets.COUNT_BUDGET_MS):
            block = facet_block(asked.compiled, own, is_alone=True)
        shown: dict[str, Any] = {
            "total": block.total.number,
            "is_capped": block.total.is_capped,
            "is_partial": block.is_partial,
            "facets": [FacetShape.render(facet) for facet in block.facets],
        }
        if asked.complaints:
            shown["notes"] = asked.complaints
        return Response(shown)
