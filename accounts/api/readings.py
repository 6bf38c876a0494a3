"""The states of issues and their readings: mark, date, remove."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import Http404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.fields import STATES, PartialDateInput, SeenState, named_twice, reader, when
from accounts.api.parameters import ReadingFilterForm, cleaned
from accounts.api.shapes import (
    STEP_FIELDS,
    ListedReading,
    Marked,
    ReadingShape,
    refs_by_id,
)
from accounts.models import Reading, State, User
from accounts.notes.booklets import finished_clusters
from accounts.partial_dates import UNKNOWN, PartialDate
from accounts.reading import marking
from accounts.reading.marking import FutureDate, Mark, OutOfOrder, StepNotTaken, UnknownIssues
from catalog.api.shapes import ClusterRef
from catalog.models import Issue
from catalog.rest import paging
from catalog.rest.fields import ChoiceField, Many, Serializer, Whole, given
from catalog.rest.lookup import by_id
from catalog.rest.parameters import PAGED, in_path
from catalog.rest.problems import Problem
from catalog.rest.views import Endpoint
from catalog.slugs import ID_OR_SLUG

MOST_AT_ONCE = 500
ISSUE, READING = (
    in_path("issue", "The id of the issue.", int),
    in_path("reading", "The id of the reading.", int),
)


class Standing(Serializer):
    """How far you are with an issue."""

    issue = serializers.IntegerField()
    state = serializers.ChoiceField(STATES)
    on = serializers.CharField(
        allow_null=True, help_text="Since when: a day, a month or a year; null where not known."
    )
    times_read = serializers.IntegerField()
    reading = ReadingShape(allow_null=True, help_text="The reading that tells the state.")


class MarkedStanding(Standing):
    act = serializers.IntegerField(allow_null=True, help_text="Null where nothing changed.")
    finished_clusters = ClusterRef(
        many=True, help_text="Clusters of which the last keeper has been read just now."
    )


class MarkedReading(ReadingShape):
    act = serializers.IntegerField(allow_null=True, help_text="Null where nothing changed.")


class MarkInput(Serializer):
    """The state that an issue is to have."""

    state = ChoiceField(STATES)
    on = PartialDateInput(
        required=False, allow_null=True,
        help_text="Since when; today where it is left out, null where it is not known.",
    )  # fmt: skip

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["state"] == State.UNREAD and "on" in asked:
            raise serializers.ValidationError({"on": ["What is unread has no date; leave it out."]})
        return asked


class SeenMarkInput(MarkInput):
    seen = SeenState(
        STATES, required=False,
        help_text="The state that you saw: refused (409) where it is another now.",
    )  # fmt: skip


class IssueMarkInput(MarkInput):
    issue = Whole()


class BulkMarkInput(Serializer):
    marks = Many(child=IssueMarkInput(), most=MOST_AT_ONCE, help_text="Each issue once.")

    def validate_marks(self, marks: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if wrong := named_twice([each["issue"] for each in marks]):
            raise serializers.ValidationError(wrong)
        return marks


class FinishedInput(Serializer):
    on = PartialDateInput(allow_null=True, help_text="When it was finished; null is not known.")


class ReadingDatesInput(Serializer):
    """The dates of steps; missing ones stay unchanged, null means unknown."""

    queued_on = PartialDateInput(required=False, allow_null=True)
    started_on = PartialDateInput(required=False, allow_null=True)
    read_on = PartialDateInput(required=False, allow_null=True)


class IssueReading(Endpoint):
    """How far you are with one issue."""

    errors = (409,)

    @extend_schema(operation_id="issue_reading", parameters=[ISSUE], responses=Standing)
    def get(self, request: Request, issue: str) -> Response:
        return Response(standing(reader(request), _issue_or_404(issue).pk))

    @extend_schema(
        operation_id="issue_reading_set",
        parameters=[ISSUE],
        request=SeenMarkInput,
        responses=MarkedStanding,
        examples=[
            OpenApiExample("Read in March", {"state": "read", "on": "2024-03"}, request_only=True),
            OpenApiExample(
                "Read, not known when", {"state": "read", "on": None}, request_only=True
            ),
            OpenApiExample(
                "Queue what was unread", {"state": "queued", "seen": "unread"}, request_only=True
            ),
        ],
    )
    def put(self, request: Request, issue: str) -> Response:
        """Take an issue to a state; repeating it changes nothing.

        A date for the current state corrects its date. Marking a read issue as being read begins a
        second reading, and the first one stays. An issue cannot be read before it was begun.
        """
        shown, asked = _issue_or_404(issue), given(SeenMarkInput, request)
        seen = State(asked["seen"]) if "seen" in asked else None
        return self.marked(request, shown, State(asked["state"]), when(asked), seen)

    @extend_schema(
        operation_id="issue_reading_clear", parameters=[ISSUE], responses={200: MarkedStanding}
    )
    def delete(self, request: Request, issue: str) -> Response:
        """Make an issue unread by removing all its readings."""
        return self.marked(request, _issue_or_404(issue), State.UNREAD)

    def marked(
        self, request: Request, issue: Issue, state: State, on: Any = None, seen: Any = None
    ) -> Response:
        user = reader(request)
        with _refusals(FutureDate, OutOfOrder):
            outcome = marking.mark(user, [issue.pk], state, on=on, seen=seen)
        stands = standing(user, issue.pk)
        if outcome.stale:
            detail = (
                f"The issue is {stands['state']} now, and not {seen}: it was changed meanwhile."
            )
            raise Problem(409, detail, current=stands)
        clusters = finished_clusters(user, outcome.finished) if outcome.finished else []
        stands |= {"act": outcome.act and outcome.act.pk}
        return Response(
            stands | {"finished_clusters": [ClusterRef.render(each) for each in clusters]}
        )


class IssueReadings(Endpoint):
    """All your readings of one issue."""

    parameters = paging.PARAMETERS

    @extend_schema(
        operation_id="issue_readings_list",
        parameters=[ISSUE, *PAGED],
        responses=paging.page_serializer("Reading", ReadingShape(many=True)),
    )
    def get(self, request: Request, issue: str) -> Response:
        """List all your readings of an issue, the first recorded first."""
        mine = Reading.objects.of(reader(request)).filter(issue=_issue_or_404(issue))
        shown = paging.page_by_id(
            request, mine, lambda rows: map(ReadingShape.render, rows), newest_first=False
        )
        return Response(shown)

    @extend_schema(
        operation_id="issue_readings_add",
        parameters=[ISSUE],
        request=FinishedInput,
        examples=[OpenApiExample("In a month", {"on": "2024-03"}, request_only=True)],
        responses={201: MarkedReading, 200: MarkedReading},
    )
    def post(self, request: Request, issue: str) -> Response:
        """Record a finished reading: the one that is queued or begun, or else an additional one.

        Finishing a queued or begun reading returns 200. So does a reading that is recorded already:
        one finished on the same date, if none is queued or begun.
        """
        user, shown, asked = reader(request), _issue_or_404(issue), given(FinishedInput, request)
        with _refusals(FutureDate, OutOfOrder):
            outcome = marking.add(user, shown.pk, when(asked) or UNKNOWN)
        row = _latest_finished(user, shown, asked["on"])
        if not outcome.act or any(row.pk == each["id"] for each in outcome.act.events.get().before):
            return Response(_marked(row, outcome))
        address = request.build_absolute_uri(reverse("api:reading", args=[row.pk]))
        return Response(_marked(row, outcome), 201, headers={"Location": address})


class ReadingList(Endpoint):
    """Your readings, the last recorded first."""

    parameters = frozenset(ReadingFilterForm.base_fields) | paging.PARAMETERS
    several = frozenset({"state"})

    @extend_schema(
        operation_id="readings_list",
        parameters=[
            OpenApiParameter("state", str, enum=STATES[1:], many=True, description="Any of these."),
            OpenApiParameter("publication", str, description=f"A publication, by {ID_OR_SLUG}."),
            OpenApiParameter("issue", int, description="An issue, by id."),
            OpenApiParameter(
                "read_from", OpenApiTypes.DATE, description="Read on this day or later."
            ),
            OpenApiParameter(
                "read_to", OpenApiTypes.DATE, description="Read on this day or before."
            ),
            *PAGED,
        ],
        responses=paging.page_serializer("ListedReading", ListedReading(many=True)),
    )
    def get(self, request: Request) -> Response:
        """List your readings, the latest recorded first.

        A reading dated to a month or a year counts as its first day.
        """
        asked = cleaned(request, ReadingFilterForm(request.query_params))
        mine = asked.narrow(Reading.objects.of(reader(request)))

        def shown(rows: list[Reading]) -> list[dict[str, Any]]:
            about = refs_by_id((row.issue for row in rows), request)
            return [ReadingShape.render(row) | {"about": about[row.issue_id]} for row in rows]

        return Response(paging.page_by_id(request, mine.with_issues(), shown))


class ReadingDetail(Endpoint):
    """One of your readings."""

    @extend_schema(operation_id="reading", parameters=[READING], responses=ReadingShape)
    def get(self, request: Request, reading: str) -> Response:
        return Response(ReadingShape.render(_reading_or_404(request, reading)))

    @extend_schema(
        operation_id="reading_change",
        parameters=[READING],
        request=ReadingDatesInput,
        responses=MarkedReading,
        examples=[OpenApiExample("Some day in 2019", {"read_on": "2019"}, request_only=True)],
    )
    def patch(self, request: Request, reading: str) -> Response:
        """Correct the dates of the completed steps of a reading; null means unknown.

        A step cannot be dated before an earlier one.
        """
        row, asked = _reading_or_404(request, reading), given(ReadingDatesInput, request)
        try:
            dates = {STEP_FIELDS[name]: on for name, on in asked.items()}
            with _refusals(FutureDate):
                outcome = marking.correct_dates(reader(request), row, dates)
        except (StepNotTaken, OutOfOrder) as error:
            field = next(name for name, state in STEP_FIELDS.items() if state == error.state)
            raise serializers.ValidationError({field: [str(error)]}) from error
        except Reading.DoesNotExist as error:
            raise Http404("This reading has just been taken back.") from error
        return Response(_marked(_reading_or_404(request, reading), outcome))

    @extend_schema(operation_id="reading_drop", parameters=[READING], responses={200: Marked})
    def delete(self, request: Request, reading: str) -> Response:
        """Take one reading back; the others of its issue stay."""
        try:
            outcome = marking.drop(reader(request), _reading_or_404(request, reading))
        except Reading.DoesNotExist as error:
            raise Http404("This reading has just been taken back.") from error
        return Response(Marked.render(outcome))


class ReadingBulk(Endpoint):
    """Many issues at once."""

    @extend_schema(
        operation_id="readings_bulk",
        request=BulkMarkInput,
        responses=Marked,
        examples=[
            OpenApiExample(
                "Two issues",
                {"marks": [{"issue": 1, "state": "read", "on": "2024"},
                           {"issue": 2, "state": "queued"}]},
                request_only=True,
            )
        ],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Take up to 500 issues to states of their own, all or none, as one action.

        Each mark works like PUT issues/{issue}/reading, in the given order. Each error has the
        `index` of its mark, from 0.
        """
        marks = [
            Mark(each["issue"], State(each["state"]), when(each))
            for each in given(BulkMarkInput, request)["marks"]
        ]
        try:
            with _refusals(FutureDate):
                outcome = marking.mark_each(reader(request), marks)
        except UnknownIssues as error:
            unknown = {
                str(index): {"issue": [f"There is no issue {each.issue}."]}
                for index, each in enumerate(marks)
                if each.issue in error.ids
            }
            raise serializers.ValidationError({"marks": unknown}) from error
        except OutOfOrder as error:
            index = next(index for index, each in enumerate(marks) if each.issue == error.issue)
            refused = {str(index): {"on": [str(error)]}}
            raise serializers.ValidationError({"marks": refused}) from error
        return Response(Marked.render(outcome))


def standing(user: User, issue_id: int) -> dict[str, Any]:
    """Return how far a reader is with an issue, in one query."""
    rows = list(Reading.objects.of(user).filter(issue=issue_id).order_by("id"))
    current = next((row for row in rows if row.is_current), None)
    on = current and current.date_of(current.state)
    return {
        "issue": issue_id,
        "state": current.state if current else State.UNREAD.value,
        "on": str(on) if on else None,
        "times_read": sum(row.state == State.READ for row in rows),
        "reading": ReadingShape.render(current) if current else None,
    }


def _marked(row: Reading, outcome: marking.Outcome) -> dict[str, Any]:
    return ReadingShape.render(row) | {"act": outcome.act and outcome.act.pk}


def _latest_finished(user: User, issue: Issue, on: PartialDate | None) -> Reading:
    """Return the reading that was recorded last of those finished on a date."""
    first, precision = (on.first, on.precision) if on else (None, None)
    same = Reading.objects.of(user).finished().filter(issue=issue)
    return same.filter(read_on=first, read_precision=precision).latest("marked_at", "id")


def _issue_or_404(key: str) -> Issue:
    return by_id(Issue.objects.defer("loaded"), key, "issue")


def _reading_or_404(request: Request, key: str) -> Reading:
    return by_id(Reading.objects.of(reader(request)), key, "reading")


@contextmanager
def _refusals(*errors: type[ValueError]) -> Iterator[None]:
    """Refuse a date that cannot be; one ahead is so only now, where the reader has moved west."""
    try:
        yield
    except errors as error:
        raise serializers.ValidationError({"on": [str(error)]}) from error
