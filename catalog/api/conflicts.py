"""Conflicts between curators' edits and loads, and settling them."""

from typing import Any

from django.db.models import Count, Max
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.batches import KIND_HELP
from catalog.api.curating import (
    BATCH_HELP,
    DeskEndpoint,
    change_response,
    change_set,
    example,
    invalid,
)
from catalog.api.inputs import IdOrSlug, Reason, chosen, ids, named
from catalog.api.shapes import Logged, PublicationRef
from catalog.loading.conflicts import Clash, clashes, reopen, reopening, settle
from catalog.loading.merging import Side
from catalog.models import Conflict, Publication
from catalog.rest import paging
from catalog.rest.fields import ChoiceField, Serializer, TextField, given
from catalog.rest.lookup import by_key
from catalog.rest.parameters import PAGED
from catalog.slugs import ID_OR_SLUG

CONFLICT_PERMISSIONS = ("catalog.view_conflict",)
SETTLE = ("catalog.change_publication", "catalog.change_cluster", "catalog.change_issue")
SIDES = [side.value for side in Side]


class ConflictShape(Serializer):
    """A field that both a load and a curator have changed; the curator's value is current."""

    id = serializers.IntegerField(source="conflict.pk")
    publication = PublicationRef(source="conflict.publication")
    kind = serializers.CharField(source="conflict.kind", help_text=KIND_HELP)
    object = serializers.IntegerField(source="conflict.object_id", help_text="Its id.")
    title = serializers.CharField(allow_null=True, help_text="null for what is no more.")
    field = serializers.CharField(source="conflict.field")
    ours = Logged(help_text="What stands.")
    theirs = Logged(source="conflict.theirs", help_text="What the file gives.")
    batch = serializers.IntegerField(
        source="conflict.batch_id", help_text="The change set that loaded the file."
    )

    @staticmethod
    def render_title(clash: Clash, request: Request) -> str | None:
        return str(clash.row) if clash.row else None


class Settling(Serializer):
    conflicts = ids(required=False, help_text="Ids of those to settle.")
    publication = IdOrSlug(required=False, help_text="Or a publication: then all of its own.")
    take = ChoiceField(SIDES, help_text="What curators made of it, or the file's.")
    reason = Reason()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("conflicts" in attrs) == ("publication" in attrs):
            raise invalid(conflicts="Name conflicts or a publication: one of the two.")
        return attrs


class SettleOutcome(Serializer):
    settled = serializers.IntegerField()
    left = ConflictShape(many=True, help_text="What could not be written any more, the first.")
    left_count = serializers.IntegerField()
    reopen = serializers.CharField(
        allow_null=True, help_text="Lists them again, within a day, where nothing was written."
    )
    batch = serializers.IntegerField(allow_null=True, help_text=BATCH_HELP)


class Reopening(Serializer):
    reopen = TextField(help_text="What settling has answered.")


class ReopenOutcome(Serializer):
    listed = serializers.IntegerField()


def shown(conflicts: list[Conflict]) -> list[dict[str, Any]]:
    return [ConflictShape.render(clash) for clash in clashes(conflicts)]


class ConflictList(DeskEndpoint):
    """All that is to be settled, the oldest first."""

    parameters = paging.PARAMETERS | {"publication"}
    needs = {"GET": CONFLICT_PERMISSIONS}

    def parts(self, request: Request) -> tuple[Any, ...]:
        # Keeping the curators' values changes nothing, so there is no change set.
        left = Conflict.objects.aggregate(Count("pk"), Max("pk"))
        return (*super().parts(request), *left.values())

    @extend_schema(
        operation_id="conflicts_list",
        parameters=[
            OpenApiParameter("publication", str, description=f"Those of one, by {ID_OR_SLUG}."),
            *PAGED,
        ],
        responses=paging.page_serializer("Conflict", ConflictShape(many=True)),
    )
    def get(self, request: Request) -> Response:
        rows = Conflict.objects.select_related("publication").defer("publication__loaded")
        if (key := request.query_params.get("publication")) is not None:
            home = by_key(Publication.objects.all(), key, "publication")
            rows = rows.filter(publication=home)
        return Response(paging.page_by_id(request, rows, shown, newest_first=False))


class ConflictSettle(DeskEndpoint):
    """Settling conflicts."""

    needs = {"POST": SETTLE}
    errors = (409,)

    @extend_schema(
        operation_id="conflict_settle",
        description="Write the file's values as one change set, or let the curators' stand.",
        request=Settling,
        examples=example("The file's values", publication="shoreline", take="theirs"),
        responses=SettleOutcome,
    )
    def post(self, request: Request) -> Response:
        asked = given(Settling, request)
        with change_set(request, asked["reason"]) as curation:
            rows = Conflict.objects.select_related("publication").order_by("pk")
            rows = rows.select_for_update(of=("self",))
            if "publication" in asked:
                publications = Publication.objects.all()
                home = named(publications, asked["publication"], "publication", "publication")
                conflicts = list(rows.filter(publication=home))
            else:
                conflicts = chosen("conflicts", asked["conflicts"], rows, "conflict any more:")
            number = settle(conflicts, Side(asked["take"]), curation)
        is_kept = asked["take"] == Side.OURS and number
        token = reopening(conflicts, request.user.pk) if is_kept else None
        left = Conflict.objects.filter(pk__in=[each.pk for each in conflicts])
        first = left.select_related("publication").order_by("pk")[: paging.PAGE_SIZE]
        outcome = {
            "settled": number,
            "left": shown(list(first)),
            "left_count": left.count(),
            "reopen": token,
        }
        return change_response(outcome, curation)


class ConflictReopen(DeskEndpoint):
    """Listing conflicts again."""

    needs = {"POST": SETTLE}

    @extend_schema(
        operation_id="conflict_reopen",
        description="List conflicts again that you have settled by letting what stands stand.",
        request=Reopening,
        examples=example("What settling has answered", reopen="…"),
        responses=ReopenOutcome,
    )
    def post(self, request: Request) -> Response:
        asked = given(Reopening, request)
        try:
            number = reopen(asked["reopen"], request.user.pk)
        except ValueError as error:
            raise invalid(reopen=str(error)) from error
        return Response({"listed": number})
