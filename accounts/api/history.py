"""The history of your reading actions, and undo."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.fields import reader
from accounts.api.shapes import Marked, refs_by_id
from accounts.models import Act, ActQuerySet, Event
from accounts.reading import marking
from catalog.api.shapes import IssueRef
from catalog.rest import paging
from catalog.rest.fields import Nothing, Serializer, given
from catalog.rest.lookup import by_id
from catalog.rest.parameters import PAGED, in_path
from catalog.rest.problems import Problem
from catalog.rest.views import Endpoint

ACT = in_path("act", "The id of the act.", int)


class HistoryEvent(Serializer):
    """The effect of a reading action on one issue."""

    before = serializers.CharField(help_text="Its state: unread, queued, reading or read.")
    after = serializers.CharField()
    about = IssueRef()


class HistoryAct(Serializer):
    """One thing that you did, to one or more issues."""

    id = serializers.IntegerField()
    kind = serializers.CharField(help_text="mark, date, drop, move or undo.")
    at = serializers.DateTimeField()
    on = serializers.DateField(help_text="Your own date then.")
    undoes = serializers.IntegerField(allow_null=True, help_text="The act that this one undid.")
    undone_by = serializers.IntegerField(allow_null=True, help_text="The act that undid this one.")
    undoable = serializers.BooleanField(
        help_text="Whether an undo would restore what stood before: nothing has changed since."
    )
    event_count = serializers.IntegerField(help_text="How many issues it changed.")
    events = HistoryEvent(many=True, help_text="In a list the first five.")


class ActList(Endpoint):
    """Your reading actions, latest first."""

    parameters = paging.PARAMETERS

    @extend_schema(
        operation_id="history_list",
        parameters=PAGED,
        responses=paging.page_serializer("HistoryAct", HistoryAct(many=True)),
    )
    def get(self, request: Request) -> Response:
        def shown(acts: list[Any]) -> list[dict[str, Any]]:
            return [_act_shape(act, act.shown, request) for act in acts]

        return Response(paging.page_by_id(request, _reading_actions(request), shown))


class ActDetail(Endpoint):
    """One thing that you did, with all issues that it changed."""

    @extend_schema(operation_id="history_act", parameters=[ACT], responses=HistoryAct)
    def get(self, request: Request, act: str) -> Response:
        done = by_id(_reading_actions(request), act, "act")
        events = done.events.select_related("issue__publication").order_by("id")
        events = events.defer("issue__loaded", "issue__publication__loaded")
        return Response(_act_shape(done, list(events), request))


class ActUndo(Endpoint):
    """Undoing a reading action."""

    errors = (409,)

    @extend_schema(operation_id="history_undo", parameters=[ACT], request=None, responses=Marked)
    def post(self, request: Request, act: str) -> Response:
        """Restore the state before an action, as an action of its own, which can be undone in turn.

        Undoing twice changes nothing. It is refused (409) if any of it has changed since.
        """
        done = by_id(Act.objects.of(reader(request)), act, "act")
        given(Nothing, request)
        try:
            return Response(Marked.render(marking.undo(reader(request), done)))
        except marking.MovedOn as error:
            detail = "Not undone: this has been changed since."
            raise Problem(409, detail, act=done.pk) from error


def _reading_actions(request: Request) -> ActQuerySet:
    return Act.objects.of(reader(request)).for_list()


def _act_shape(act: Any, events: list[Event], request: Request) -> dict[str, Any]:
    about = refs_by_id((event.issue for event in events), request)
    undone_by = getattr(act, "undone_by", None)
    return {
        "id": act.pk,
        "kind": act.kind,
        "at": act.at.isoformat(),
        "on": act.on.isoformat(),
        "undoes": act.undoes_id,
        "undone_by": undone_by and undone_by.pk,
        "undoable": act.is_undoable,
        "event_count": act.event_count,
        "events": [
            {"before": event.states[0], "after": event.states[1], "about": about[event.issue_id]}
            for event in events
        ],
    }
