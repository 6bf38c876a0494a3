"""Your queue, in your own order."""

import re
from typing import Any

from django.db.models import Q
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.fields import named_twice, reader
from accounts.api.shapes import Marked
from accounts.models import Reading, ReadingQuerySet, State
from accounts.reading import marking
from catalog.api.shapes import IssueShape, issue_shapes
from catalog.models import Cluster
from catalog.rest import paging
from catalog.rest.fields import LARGEST_ID, ChoiceField, Many, Serializer, Whole, YesNo, given
from catalog.rest.parameters import PAGED
from catalog.rest.problems import wrong
from catalog.rest.views import Endpoint

MOST_ARRANGED = 5_000
# A place in the queue, which may be negative, and the id of its reading.
PLACE = re.compile(r"(-?[0-9]{1,19})\.([0-9]{1,19})")


class Queued(Serializer):
    """An issue in your queue."""

    reading = serializers.IntegerField(help_text="The id of the reading that is queued.")
    queued_on = serializers.CharField(allow_null=True, help_text="A day, a month or a year.")
    issue = IssueShape()


class QueueOrderInput(Serializer):
    issues = Many(child=Whole(), most=MOST_ARRANGED, help_text="Ids of issues, each once.")

    def validate_issues(self, issues: list[int]) -> list[int]:
        if wrong := named_twice(issues):
            raise serializers.ValidationError(wrong)
        return issues


class Arranged(Marked):
    passed_over = serializers.ListField(
        child=serializers.IntegerField(), help_text="What was named and is not in your queue."
    )


class QueueMoveInput(Serializer):
    """The target of a move: `to`, or `place`."""

    issue = Whole()
    to = ChoiceField(
        marking.MOVES, required=False, help_text="Up or down by one, or to an end of the queue."
    )
    place = Whole(
        required=False,
        min_value=1,
        help_text="A place, from 1; one behind the end of the queue is its end.",
    )

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if ("to" in asked) == ("place" in asked):
            raise serializers.ValidationError({"to": ["Name one of “to” and “place”."]})
        return asked


class QueueClusterInput(Serializer):
    cluster = Whole(help_text="The id of a cluster.")
    keepers_only = YesNo(required=False, default=False)


class QueueDetail(Endpoint):
    """Your queue, in your own order."""

    parameters = paging.PARAMETERS

    @extend_schema(
        operation_id="queue_list",
        parameters=PAGED,
        responses=paging.page_serializer("Queued", Queued(many=True)),
    )
    def get(self, request: Request) -> Response:
        mine = Reading.objects.of(reader(request)).queued()

        def shown(rows: list[Reading]) -> list[dict[str, Any]]:
            issues = issue_shapes([row.issue_id for row in rows], request)
            return [_queued(row, issue) for row, issue in zip(rows, issues, strict=True)]

        def cursor(row: Reading) -> str:
            return f"{row.place}.{row.pk}"

        rows = _behind(request, mine)
        return Response(paging.keyset_page(request, rows, shown, cursor, mine.count))

    @extend_schema(
        operation_id="queue_arrange",
        request=QueueOrderInput,
        responses=Arranged,
        examples=[OpenApiExample("Swap the first two", {"issues": [8, 3]}, request_only=True)],
    )
    def put(self, request: Request) -> Response:
        """Order the issues of your queue; repeating it changes nothing.

        The named issues share the places that they occupy together, in the given order; issues that
        are not named keep their places. Naming the whole queue therefore sets its whole order.
        Issues that are not in the queue, for example because they have been read in the meantime,
        are ignored and listed in `passed_over`; they are not queued.
        """
        user, issues = reader(request), given(QueueOrderInput, request)["issues"]
        outcome = marking.arrange(user, issues)
        queued = Reading.objects.of(user).filter(state=State.QUEUED, issue__in=issues)
        there = set(queued.values_list("issue", flat=True))
        return Response(
            Marked.render(outcome) | {"passed_over": [pk for pk in issues if pk not in there]}
        )


class QueueMove(Endpoint):
    """One issue of your queue, moved."""

    @extend_schema(
        operation_id="queue_move",
        request=QueueMoveInput,
        responses=Marked,
        examples=[
            OpenApiExample("To the top", {"issue": 8, "to": "top"}, request_only=True),
            OpenApiExample("To the third place", {"issue": 8, "place": 3}, request_only=True),
        ],
    )
    def post(self, request: Request) -> Response:
        """Move an issue up or down by one, to the top or the bottom of your queue, or to a place.

        An issue that is not in the queue, or already there, stays.
        """
        asked = given(QueueMoveInput, request)
        to = asked["place"] if "place" in asked else asked["to"]
        return Response(Marked.render(marking.move(reader(request), asked["issue"], to)))


class QueueCluster(Endpoint):
    """A whole cluster, queued."""

    @extend_schema(
        operation_id="queue_cluster",
        request=QueueClusterInput,
        responses=Marked,
        examples=[OpenApiExample("The keepers of a cluster", {"cluster": 7, "keepers_only": True})],
    )
    def post(self, request: Request) -> Response:
        """Queue the issues of a cluster that you have not begun, in the curator's order."""
        asked = given(QueueClusterInput, request)
        cluster = Cluster.objects.filter(pk=asked["cluster"]).first()
        if cluster is None:
            message = f"There is no cluster {asked['cluster']}."
            raise serializers.ValidationError({"cluster": [message]})
        outcome = marking.queue_cluster(
            reader(request), cluster, keepers_only=asked["keepers_only"]
        )
        return Response(Marked.render(outcome))


def _behind(request: Request, queue: ReadingQuerySet) -> ReadingQuerySet:
    """Return the part of a queue after the place that the request names."""
    text = request.query_params.get("after")
    if text is None:
        return queue
    match = PLACE.fullmatch(text)
    if not match or max(abs(int(number)) for number in match.groups()) > LARGEST_ID:
        raise wrong("after", paging.NO_PLACE)
    place, pk = int(match[1]), int(match[2])
    return queue.filter(Q(place__gt=place) | Q(place=place, pk__gt=pk))


def _queued(row: Reading, issue: dict[str, Any]) -> dict[str, Any]:
    queued = row.date_of(State.QUEUED)
    return {"reading": row.pk, "queued_on": queued and str(queued), "issue": issue}
