"""Publications, with their figures and their clusters."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from catalog.api.clusters import ClusterShape, clusters_page
from catalog.api.curating import (
    BATCH_HELP,
    OVER_A_VERSION,
    PUBLICATION,
    CatalogEndpoint,
    change_response,
    change_set,
    example,
    refuse,
)
from catalog.api.inputs import IdOrSlug, ParagraphField, Reason, UrlField, named
from catalog.api.shapes import CategoryRef, address_of
from catalog.curation.rules import LONGEST_TEXT, make, name_fault, row_version
from catalog.models import Category, Publication
from catalog.rest import paging
from catalog.rest.fields import Serializer, Whole, given
from catalog.rest.lookup import by_key
from catalog.rest.parameters import IF_MATCH, PAGED
from catalog.rest.versions import refuse_stale
from catalog.slugs import ID_OR_SLUG
from catalog.stats import PublicationRow, library, publication_stats

MOST_DECLARED = 10_000_000


class PublicationShape(Serializer):
    """A publication as lists show it."""

    id = serializers.IntegerField(source="publication.pk")
    slug = serializers.CharField(source="publication.slug")
    name = serializers.CharField(source="publication.name")
    author = serializers.CharField(source="publication.author")
    category = CategoryRef(source="publication.category")
    site = serializers.CharField(source="publication.site", allow_blank=True)
    section = serializers.CharField(source="publication.section", allow_blank=True)
    homepage = serializers.CharField(source="publication.homepage", allow_blank=True)
    feed = serializers.CharField(source="publication.feed", allow_blank=True)
    description = serializers.CharField(source="publication.description", allow_blank=True)
    issue_count = serializers.IntegerField(
        source="publication.issue_count",
        allow_null=True,
        help_text="The total that it declares, issues not listed here included.",
    )
    issues = serializers.IntegerField(help_text="The declared total, or else what is listed here.")
    keepers = serializers.IntegerField(help_text="Issues of tiers 5 and 4.")
    landmarks = serializers.IntegerField(help_text="Issues of tier 5.")
    url = serializers.URLField(help_text="Its page.")

    @staticmethod
    def render_issues(row: PublicationRow, request: Request) -> int:
        declared = row.publication.issue_count
        return row.issues if declared is None else declared

    @staticmethod
    def render_url(row: PublicationRow, request: Request) -> str:
        return address_of(row.publication, request)


class Figures(Serializer):
    """The figures of a publication's listed issues."""

    listed = serializers.IntegerField()
    tiers = serializers.DictField(
        child=serializers.IntegerField(), help_text="Issues by tier, `none` for the unrated."
    )
    first_date = serializers.DateField(allow_null=True)
    last_date = serializers.DateField(allow_null=True)


class WholePublication(PublicationShape):
    """A publication by itself, with the first of its clusters in their order."""

    version = serializers.IntegerField(help_text="Counts changes of it; the ETag for a change.")
    figures = Figures()
    clusters = paging.page_serializer("ClusterOfPublication", ClusterShape(many=True))()


class ChangedPublication(WholePublication):
    batch = serializers.IntegerField(allow_null=True, help_text=BATCH_HELP)


class PublicationChange(Serializer):
    name = ParagraphField(max_length=200, required=False)
    category = IdOrSlug(required=False, help_text=f"The {ID_OR_SLUG} of a category.")
    author = ParagraphField(max_length=200, required=False)
    site = ParagraphField(max_length=200, allow_blank=True, required=False)
    section = ParagraphField(max_length=200, allow_blank=True, required=False)
    homepage = UrlField(allow_blank=True, required=False)
    feed = UrlField(allow_blank=True, required=False)
    description = ParagraphField(max_length=LONGEST_TEXT, allow_blank=True, required=False)
    issue_count = Whole(min_value=0, max_value=MOST_DECLARED, allow_null=True, required=False)
    reason = Reason()


class NewPublication(PublicationChange):
    name = ParagraphField(max_length=200)
    category = IdOrSlug(help_text=f"The {ID_OR_SLUG} of a category.")
    author = ParagraphField(max_length=200)


def whole_publication(publication: Publication, request: Request) -> dict[str, Any]:
    stats = publication_stats(publication)
    row = PublicationRow(publication, stats.listed, stats.keepers, stats.landmarks)
    return PublicationShape.render(row, request) | {
        "version": row_version(publication),
        "figures": {
            "listed": stats.listed,
            "tiers": {str(tier or "none"): count for tier, count in stats.tiers.items()},
            "first_date": stats.days[0][0].isoformat() if stats.days else None,
            "last_date": stats.days[-1][0].isoformat() if stats.days else None,
        },
        "clusters": clusters_page(publication, request, None),
    }


class PublicationList(CatalogEndpoint):
    """All publications, the oldest here first."""

    parameters = paging.PARAMETERS | {"category"}
    needs = {"POST": ("catalog.add_publication",)}
    errors = (409,)

    @extend_schema(
        operation_id="publications_list",
        parameters=[
            OpenApiParameter(
                "category", str, description=f"Those of this category, by {ID_OR_SLUG}."
            ),
            *PAGED,
        ],
        responses=paging.page_serializer("Publication", PublicationShape(many=True)),
    )
    def get(self, request: Request) -> Response:
        rows = Publication.objects.for_page()
        if (key := request.query_params.get("category")) is not None:
            rows = rows.filter(category=by_key(Category.objects.all(), key, "category"))

        def shown(found: list[Publication]) -> list[dict[str, Any]]:
            return [PublicationShape.render(row, request) for row in library(found).rows]

        return Response(paging.page_by_id(request, rows, shown, newest_first=False))

    @extend_schema(
        operation_id="publication_create",
        description="Make a publication, yet without issues.",
        request=NewPublication,
        examples=example(
            "A publication", name="Shoreline", category="science", author="The Editors"
        ),
        responses={201: ChangedPublication},
    )
    def post(self, request: Request) -> Response:
        asked = given(NewPublication, request)
        reason = asked.pop("reason")
        values = _publication_values(asked)
        with change_set(request, reason) as curation:
            made = make(Publication(**values), curation)
        created = reverse("api:publication_detail", args=[made.pk], request=request)
        return change_response(whole_publication(made, request), curation, created)


class PublicationDetail(CatalogEndpoint):
    """One publication."""

    needs = {"PATCH": ("catalog.change_publication",)}
    errors = OVER_A_VERSION

    @extend_schema(operation_id="publication", parameters=[PUBLICATION], responses=WholePublication)
    def get(self, request: Request, publication: str) -> Response:
        return Response(whole_publication(publication_of(publication), request))

    @extend_schema(
        operation_id="publication_change",
        description="Change what is given; its slug stays.",
        parameters=[PUBLICATION, IF_MATCH],
        request=PublicationChange,
        examples=example("Where it is read", homepage="https://example.org", issue_count=356),
        responses=ChangedPublication,
    )
    def patch(self, request: Request, publication: str) -> Response:
        asked = given(PublicationChange, request)
        with change_set(request, asked.pop("reason")) as curation:
            locked = Publication.objects.select_for_update(of=("self",)).select_related("category")
            row = by_key(locked, publication, "publication")
            refuse_stale(request, row_version(row), lambda: whole_publication(row, request))
            curation.change(row, _publication_values(asked, row.pk))
        return change_response(whole_publication(row, request), curation)


def publication_of(key: str) -> Publication:
    """Return the publication that an address names; raises Http404."""
    return by_key(Publication.objects.for_page(), key, "publication")


def _publication_values(asked: dict[str, Any], own: int | None = None) -> dict[str, Any]:
    """Return the values to write; raise ValidationError for invalid ones."""
    if "name" in asked:
        refuse(name=name_fault(Publication, asked["name"], own))
    if "category" in asked:
        asked["category"] = named(Category.objects.all(), asked["category"], "category", "category")
    return asked
