"""The changes of a publication, by change set, in words for readers."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.curating import PUBLICATION, CatalogEndpoint
from catalog.api.publications import publication_of
from catalog.changes.publication_changes import ActPage, PublicationChange
from catalog.changes.wording import ChangeLine
from catalog.rest import paging
from catalog.rest.fields import Serializer
from catalog.rest.parameters import AFTER


class LinkShape(Serializer):
    text = serializers.CharField()
    url = serializers.URLField()


class LineShape(Serializer):
    """One thing that changed, in words, with the addresses of the pages that it names."""

    text = serializers.CharField()
    links = LinkShape(many=True)


class ActShape(Serializer):
    """The changes of one load or edit."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    by = serializers.CharField(help_text="Who did it, in words; no curator is named.")
    reason = serializers.CharField(allow_blank=True)
    lines = LineShape(many=True)
    more = serializers.IntegerField(help_text="How many things are left out.")


def act_shape(act: PublicationChange, request: Request) -> dict[str, Any]:
    return {
        "id": act.batch.pk,
        "at": act.batch.at,
        "by": act.by,
        "reason": act.batch.reason,
        "lines": [_change_shape(line, request) for line in act.lines],
        "more": act.more,
    }


def _change_shape(line: ChangeLine, request: Request) -> dict[str, Any]:
    return {
        "text": str(line),
        "links": [
            {"text": part.text, "url": request.build_absolute_uri(part.url)}
            for part in line
            if part.url
        ],
    }


class PublicationChanges(CatalogEndpoint):
    """The change sets of a publication, latest first, as on its page of changes."""

    parameters = frozenset({"after"})

    @extend_schema(
        operation_id="publication_changes",
        parameters=[PUBLICATION, AFTER],
        responses=paging.page_serializer("Act", ActShape(many=True)),
    )
    def get(self, request: Request, publication: str) -> Response:
        page = ActPage.of(publication_of(publication), before=paging.place_of(request))
        older = None if page.older is None else str(page.older)
        shown = [act_shape(act, request) for act in page.acts]
        return Response(paging.page_of(request, shown, older, lambda: 0))
