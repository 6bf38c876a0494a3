"""Categories of publications."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from catalog.api.curating import (
    BATCH_HELP,
    CATEGORY,
    OVER_A_VERSION,
    CatalogEndpoint,
    change_response,
    change_set,
    example,
    refuse,
)
from catalog.api.inputs import ParagraphField, Reason
from catalog.api.shapes import CategoryShape
from catalog.curation.rules import make, name_fault, row_version
from catalog.models import Category
from catalog.rest import paging
from catalog.rest.fields import Serializer, given
from catalog.rest.lookup import by_key
from catalog.rest.parameters import IF_MATCH, PAGED
from catalog.rest.versions import refuse_stale


class WholeCategory(CategoryShape):
    """A category by itself."""

    version = serializers.IntegerField(help_text="Counts changes; the ETag for a change.")
    publications = serializers.IntegerField(help_text="How many there are in it.")

    @staticmethod
    def render_version(category: Category, request: Request) -> int:
        return row_version(category)

    @staticmethod
    def render_publications(category: Category, request: Request) -> int:
        return category.publications.count()


class ChangedCategory(WholeCategory):
    batch = serializers.IntegerField(allow_null=True, help_text=BATCH_HELP)


class CategoryInput(Serializer):
    name = ParagraphField(max_length=200)
    reason = Reason()


class CategoryList(CatalogEndpoint):
    """All categories, the oldest first."""

    parameters = paging.PARAMETERS
    needs = {"POST": ("catalog.add_category",)}
    errors = (409,)

    @extend_schema(
        operation_id="categories_list",
        parameters=PAGED,
        responses=paging.page_serializer("Category", CategoryShape(many=True)),
    )
    def get(self, request: Request) -> Response:
        def shown(rows: list[Category]) -> list[dict[str, Any]]:
            return [CategoryShape.render(row, request) for row in rows]

        return Response(
            paging.page_by_id(request, Category.objects.all(), shown, newest_first=False)
        )

    @extend_schema(
        operation_id="category_create",
        description="Make a category.",
        request=CategoryInput,
        examples=example("A category", name="Letters"),
        responses={201: ChangedCategory},
    )
    def post(self, request: Request) -> Response:
        asked = given(CategoryInput, request)
        refuse(name=name_fault(Category, asked["name"]))
        with change_set(request, asked["reason"]) as curation:
            made = make(Category(name=asked["name"]), curation)
        created = reverse("api:category_detail", args=[made.pk], request=request)
        return change_response(WholeCategory.render(made, request), curation, created)


class CategoryDetail(CatalogEndpoint):
    """One category."""

    needs = {"PATCH": ("catalog.change_category",)}
    errors = OVER_A_VERSION

    @extend_schema(operation_id="category", parameters=[CATEGORY], responses=WholeCategory)
    def get(self, request: Request, category: str) -> Response:
        return Response(
            WholeCategory.render(by_key(Category.objects.all(), category, "category"), request)
        )

    @extend_schema(
        operation_id="category_change",
        description="Give a category another name; its slug stays.",
        parameters=[CATEGORY, IF_MATCH],
        request=CategoryInput,
        examples=example("Another name", name="Letters", reason="As the others call it"),
        responses=ChangedCategory,
    )
    def patch(self, request: Request, category: str) -> Response:
        asked = given(CategoryInput, request)
        with change_set(request, asked["reason"]) as curation:
            row = by_key(Category.objects.select_for_update(), category, "category")
            refuse_stale(request, row_version(row), lambda: WholeCategory.render(row, request))
            refuse(name=name_fault(Category, asked["name"], row.pk))
            curation.change(row, {"name": asked["name"]})
        return change_response(WholeCategory.render(row, request), curation)
