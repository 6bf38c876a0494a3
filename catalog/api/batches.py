"""The log of changes: change sets, their changes, and reverting them."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.curating import (
    API_SOURCE,
    BATCH,
    BATCH_HELP,
    ISSUE,
    DeskEndpoint,
    consistent,
    example,
    invalid,
)
from catalog.api.inputs import Reason
from catalog.api.shapes import Logged
from catalog.curation.reverting import MOST_REVERTED, MOST_STEPS_SHOWN, Step, revert, steps
from catalog.models import Change, ChangeBatch, Issue
from catalog.rest import paging
from catalog.rest.fields import ChoiceField, Serializer, Whole, given
from catalog.rest.lookup import by_id
from catalog.rest.parameters import PAGED
from catalog.rest.problems import Problem

LOOK, REVERT = ("catalog.view_changebatch",), ("catalog.change_issue",)
CHANGE_KINDS = [kind.value for kind in Change.Kind]
KIND_HELP = f"Of what kind the object is: {', '.join(CHANGE_KINDS)}."


class BatchShape(Serializer):
    """One change set: a load of a file, an edit by a curator, or taking one back."""

    id = serializers.IntegerField()
    kind = serializers.CharField(help_text="load, edit or revert.")
    at = serializers.DateTimeField()
    user = serializers.CharField(allow_null=True, help_text="Who did it; null where nobody did.")
    source = serializers.CharField(  # type: ignore[assignment]  # no field's own source
        allow_blank=True, help_text="The file, or the place here."
    )
    reason = serializers.CharField(allow_blank=True)
    reverts = serializers.IntegerField(
        allow_null=True, source="reverts_id", help_text="The change set that it reverts."
    )
    reverted_by = serializers.ListField(child=serializers.IntegerField())

    @staticmethod
    def render_user(batch: ChangeBatch, request: Request) -> str | None:
        return batch.user.get_username() if batch.user else None

    @staticmethod
    def render_reverted_by(batch: ChangeBatch, request: Request) -> list[int]:
        return sorted(each.pk for each in batch.reverted_by.all())


class StepShape(Serializer):
    """One field of one object, before and after a change set."""

    kind = serializers.CharField(help_text=KIND_HELP)
    object = serializers.IntegerField(help_text="Its id.")
    title = serializers.CharField()
    field = serializers.CharField(allow_blank=True, help_text="Empty for the object's making.")
    before = Logged()
    after = Logged()
    now = Logged(help_text="What stands there.")
    is_possible = serializers.BooleanField(help_text="It stands so still: it can be taken back.")

    @staticmethod
    def render_kind(step: Step, request: Request) -> str:
        return step.key[0]

    @staticmethod
    def render_object(step: Step, request: Request) -> int:
        return step.key[1]

    @staticmethod
    def render_title(step: Step, request: Request) -> str:
        return str(step.row)


class WholeBatch(BatchShape):
    """A change set with its changes by object."""

    changes = serializers.IntegerField(help_text="How many lines of the log it has.")
    steps = StepShape(many=True)
    is_partial = serializers.BooleanField(help_text="It is a great one: only the first are shown.")


class ChangeShape(Serializer):
    """A line of the log."""

    id = serializers.IntegerField()
    kind = serializers.CharField(help_text=KIND_HELP)
    object = serializers.IntegerField(source="object_id", help_text="Its id.")
    field = serializers.CharField(allow_blank=True, help_text="Empty for the object's making.")
    before = Logged()
    after = Logged()


class HistoryShape(ChangeShape):
    """A line of an issue's history."""

    batch = BatchShape()


@extend_schema_field({"type": "string", "pattern": f"^({'|'.join(CHANGE_KINDS)})$"})
class ObjectKind(ChoiceField):
    """A kind of object: as a choice, the schema would have one name for several choices."""


class Reverting(Serializer):
    kind = ObjectKind(CHANGE_KINDS, required=False, help_text="Of one object alone.")
    object = Whole(required=False, help_text="Its id.")
    reason = Reason()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("kind" in attrs) != ("object" in attrs):
            raise invalid(object="An object is named by its kind and its id.")
        return attrs


class RevertOutcome(Serializer):
    done = serializers.IntegerField(help_text="How many steps were taken back.")
    left = StepShape(many=True, help_text="What was not, having been changed again since.")
    left_count = serializers.IntegerField()
    batch = serializers.IntegerField(allow_null=True, help_text=BATCH_HELP)


def change_sets() -> Any:
    return ChangeBatch.objects.select_related("user").prefetch_related("reverted_by")


class BatchList(DeskEndpoint):
    """All change sets, the latest first."""

    parameters = paging.PARAMETERS
    needs = {"GET": LOOK}

    @extend_schema(
        operation_id="batches_list",
        parameters=PAGED,
        responses=paging.page_serializer("Batch", BatchShape(many=True)),
    )
    def get(self, request: Request) -> Response:
        return Response(
            paging.page_by_id(request, change_sets(), lambda rows: map(BatchShape.render, rows))
        )


class BatchDetail(DeskEndpoint):
    """One change set."""

    needs = {"GET": LOOK}

    @extend_schema(operation_id="batch", parameters=[BATCH], responses=WholeBatch)
    def get(self, request: Request, batch: str) -> Response:
        change_set: ChangeBatch = by_id(change_sets(), batch, "change set")
        number = change_set.changes.count()
        is_partial = number > MOST_STEPS_SHOWN
        found = steps(change_set, most=MOST_STEPS_SHOWN if is_partial else None)[:MOST_STEPS_SHOWN]
        shown = {
            "changes": number,
            "steps": [StepShape.render(step) for step in found],
            "is_partial": is_partial,
        }
        return Response(BatchShape.render(change_set) | shown)


class BatchChanges(DeskEndpoint):
    """All changes of a change set, line by line."""

    parameters = paging.PARAMETERS
    needs = {"GET": LOOK}

    @extend_schema(
        operation_id="batch_changes",
        parameters=[BATCH, *PAGED],
        responses=paging.page_serializer("Change", ChangeShape(many=True)),
    )
    def get(self, request: Request, batch: str) -> Response:
        change_set: ChangeBatch = by_id(ChangeBatch.objects.all(), batch, "change set")

        def shown(rows: list[Change]) -> Any:
            return map(ChangeShape.render, rows)

        return Response(
            paging.page_by_id(request, change_set.changes.all(), shown, newest_first=False)
        )


class BatchRevert(DeskEndpoint):
    """Reverting a change set."""

    needs = {"POST": REVERT}
    errors = (409,)

    @extend_schema(
        operation_id="batch_revert",
        parameters=[BATCH],
        description=(
            "Revert a change set, or its changes of one object, as a change set of its own. Fields "
            "changed since stay and are listed; objects that it created are archived."
        ),
        request=Reverting,
        examples=example("One issue of it", kind="issue", object=12, reason="A slip"),
        responses=RevertOutcome,
    )
    def post(self, request: Request, batch: str) -> Response:
        change_set: ChangeBatch = by_id(ChangeBatch.objects.all(), batch, "change set")
        asked = given(Reverting, request)
        of = (asked["kind"], asked["object"]) if "kind" in asked else None
        log = (
            change_set.changes.filter(kind=of[0], object_id=of[1])
            if of
            else change_set.changes.all()
        )
        if log.count() > MOST_REVERTED:
            raise Problem(
                422,
                f"Nothing was reverted: this change set has more than {MOST_REVERTED:,} changes. "
                f"Revert it object by object.",
            )
        reason = asked["reason"]
        with consistent():
            outcome = revert(change_set, user=request.user, source=API_SOURCE, reason=reason, of=of)
        return Response(
            {
                "done": len(outcome.done),
                "left": [StepShape.render(step) for step in outcome.left[:MOST_STEPS_SHOWN]],
                "left_count": len(outcome.left),
                "batch": outcome.batch,
            }
        )


class IssueHistory(DeskEndpoint):
    """All changes of an issue, the latest first."""

    parameters = paging.PARAMETERS
    needs = {"GET": LOOK}

    @extend_schema(
        operation_id="issue_history",
        parameters=[ISSUE, *PAGED],
        responses=paging.page_serializer("IssueHistory", HistoryShape(many=True)),
    )
    def get(self, request: Request, issue: str) -> Response:
        pk = by_id(Issue.objects.only("pk"), issue, "issue").pk
        log = Change.objects.filter(kind=Change.Kind.ISSUE, object_id=pk)
        log = log.select_related("batch__user").prefetch_related("batch__reverted_by")

        return Response(
            paging.page_by_id(request, log, lambda rows: map(HistoryShape.render, rows))
        )
