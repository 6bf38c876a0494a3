"""Tags, with their use and their retired names."""

from typing import Any

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.curating import BATCH_HELP, TAG, CatalogEndpoint, change_response, change_set
from catalog.api.inputs import Reason
from catalog.api.shapes import NamedRef, PageShape
from catalog.curation.rules import retired_fault
from catalog.curation.tags import delete_tag
from catalog.models import Tag
from catalog.rest import paging
from catalog.rest.fields import Serializer
from catalog.rest.lookup import by_key
from catalog.rest.parameters import PAGED
from catalog.rest.problems import Problem, wrong
from catalog.tags.usage import with_names, with_uses
from catalog.text import TAG_KEY_LENGTH, tag_key, text_fault

CHANGE = ("catalog.change_tag",)
CHANGED_HELP = "How many issues have other tags now, archived ones too."


class NamedTag(NamedRef): ...


class TagShape(PageShape):
    """A tag or a retired name; a retired name resolves to its successors, unless it was deleted."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    count = serializers.IntegerField(source="uses", help_text="How many listed issues have it.")
    is_named = serializers.BooleanField(help_text="A curator chose how it is spelt everywhere.")
    aliases = NamedTag(many=True, help_text="Names that stand for it.")
    is_retired = serializers.BooleanField()
    stands_for = NamedTag(many=True, help_text="Of a retired name, what is meant by it.")
    url = serializers.URLField(help_text="Its page.")

    @staticmethod
    def render_aliases(tag: Tag, request: Request) -> list[dict[str, Any]]:
        return [NamedTag.render(alias) for alias in tag.aliases.all()]

    @staticmethod
    def render_is_retired(tag: Tag, request: Request) -> bool:
        return tag.retired_at is not None

    @staticmethod
    def render_stands_for(tag: Tag, request: Request) -> list[dict[str, Any]]:
        return [NamedTag.render(other) for other in tag.stands_for.all()]


class ChangedTag(TagShape):
    batch = serializers.IntegerField(allow_null=True, help_text=BATCH_HELP)


class DeletedTag(Serializer):
    changed = serializers.IntegerField(help_text=CHANGED_HELP)
    batch = serializers.IntegerField(allow_null=True, help_text=BATCH_HELP)


def tags_with_names() -> Any:
    return with_names(with_uses(Tag.objects.all()))


class TagList(CatalogEndpoint):
    """The tags in use and retired names, in alphabetical order."""

    parameters = paging.PARAMETERS | {"q"}

    @extend_schema(
        operation_id="tags_list",
        parameters=[
            OpenApiParameter(
                "q", str, description="Those that begin so, in any spelling, or go by such a name."
            ),
            *PAGED,
        ],
        responses=paging.page_serializer("Tag", TagShape(many=True)),
    )
    def get(self, request: Request) -> Response:
        rows = Tag.objects.listed()
        if begin := request.query_params.get("q", "").strip():
            key = tag_key(begin)
            names = Tag.objects.retired().filter(key__startswith=key).values("stands_for")
            # A text without letters or digits has no key, and every key begins with that.
            is_name = key and not text_fault(key)
            rows = rows.filter(Q(key__startswith=key) | Q(pk__in=names)) if is_name else rows.none()
        after = _cursor_key(request)
        ordered = with_names(with_uses(rows)).order_by("key")
        if after:
            ordered = ordered.filter(key__gt=after)

        def shown(found: list[Any]) -> list[dict[str, Any]]:
            return [TagShape.render(tag, request) for tag in found]

        return Response(
            paging.keyset_page(request, ordered, shown, lambda tag: tag.key, rows.count)
        )


class TagDetail(CatalogEndpoint):
    """One tag, or one retired name.

    A retired name is shown instead of redirecting, because it may resolve to several tags, or to
    none if it was deleted.
    """

    needs = {"DELETE": CHANGE}
    write_parameters = {"DELETE": frozenset({"reason"})}
    errors = (409,)

    @extend_schema(operation_id="tag", parameters=[TAG], responses=TagShape)
    def get(self, request: Request, tag: str) -> Response:
        return Response(TagShape.render(by_key(tags_with_names(), tag, "tag"), request))

    @extend_schema(
        operation_id="tag_delete",
        description="Take a tag off all issues, and off those that a later file gives it.",
        parameters=[TAG, OpenApiParameter("reason", str, description="Why, in a word.")],
        responses={200: DeletedTag},
    )
    def delete(self, request: Request, tag: str) -> Response:
        with change_set(request, _reason(request)) as curation:
            number = delete_tag(tag_to_change(tag), curation)
        return change_response({"changed": number}, curation)


def tag_to_change(key: str) -> Tag:
    return tags_to_change(key)[0]


def tags_to_change(*keys: str) -> list[Tag]:
    """Return tags, locked; raise Http404, and Problem for a retired name."""
    pks = [by_key(Tag.objects.all(), key, "tag").pk for key in keys]
    locked = with_names(Tag.objects.select_for_update().order_by("pk")).in_bulk(pks)
    for tag in locked.values():
        if fault := retired_fault(tag):
            raise Problem(409, f"Nothing was changed: {fault}")
    return [locked[pk] for pk in pks]


def _cursor_key(request: Request) -> str:
    """Return the key that a cursor names; raise Problem for an invalid one."""
    text = request.query_params.get("after", "")
    if len(text) > TAG_KEY_LENGTH or text_fault(text):
        raise wrong("after", paging.NO_PLACE)
    return text


def _reason(request: Request) -> str:
    """Return the reason for a deletion, which is a query parameter."""
    try:
        told: str = Reason().run_validation(request.query_params.get("reason", ""))
    except serializers.ValidationError as error:
        raise wrong("reason", " ".join(map(str, error.args[0]))) from error
    return told
