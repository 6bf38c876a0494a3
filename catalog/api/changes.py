"""The changes of a publication, by change set, in words for readers."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.curating import PUBLICATION, CatalogEndpoint
from catalog.api.publications import publication_of
from catalog.changes.publication_changes import ActPage
from catalog.changes.wording import ChangeLine
from catalog.rest import paging
from catalog.rest.fields import Serializer
from catalog.rest.parameters import AFTER


class LinkShape(Serializer):
    text = serializers.CharField()
    url = serializers.URLField()

    @staticmethod
    def render_url(part: Any, request: Request) -> str:
        return request.build_absolute_uri(part.url)


class LineShape(Serializer):
    """One thing that changed, in words, with the addresses of the pages that it names."""

    text = serializers.CharField()
    links = LinkShape(many=True)

    @staticmethod
    def render_text(line: ChangeLine, request: Request) -> str:
        return str(line)

    @staticmethod
    def render_links(line: ChangeLine, request: Request) -> list[dict[str, Any]]:
        return [LinkShape.render(part, request) for part in line if part.url]


class ActShape(Serializer):
    """The changes of one load or edit."""

    id = serializers.IntegerField(source="batch.pk")
    at = serializers.DateTimeField(source="batch.at")
    by = serializers.CharField(help_text="Who did it, in words; no curator is named.")
    reason = serializers.CharField(source="batch.reason", allow_blank=True)
    lines = LineShape(many=True)
    more = serializers.IntegerField(help_text="How many things are left out.")


class PublicationChanges(CatalogEndpoint):
    """The change sets of a publication, latest first, as on its page of changes."""

    parameters = frozenset({"after"})

    @extend_schema(
        operation_id="publication_changes",
        parameters=[PUBLICATION, AFTER],
        responses=paging.page_serializer("Act", ActShape(many=True)),
    )
    def get(self, request: Request, publication: str) -> Response:
        page = ActPage.of(publication_of(publication), before=paging.id_cursor(request))
        older = None if page.older is None else str(page.older)
        shown = [ActShape.render(act, request) for act in page.acts]
        return Response(paging.page_of(request, shown, older, lambda: 0))
