"""Serializers of readings that several endpoints share."""

from collections.abc import Callable, Iterable
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.fields import STATES
from accounts.models import Reading, State
from accounts.reading.marking import Outcome
from catalog.api.shapes import IssueRef, issue_refs
from catalog.models import Issue
from catalog.rest.fields import Serializer

STEP_FIELDS = {f"{step}_on": state for state, step in Reading.STEPS.items()}
_PARTIAL = "A day, a month or a year, as well as it is known."


def offset_time(name: str) -> Callable[[Any, Request], str]:
    """Return a renderer of a time as Python writes it, with `+00:00`; others end with `Z`."""
    return lambda row, request: getattr(row, name).isoformat()


def _step_date(state: State) -> Callable[[Reading, Request], str | None]:
    def render(reading: Reading, request: Request) -> str | None:
        date = reading.date_of(state)
        return str(date) if date else None

    return render


class ReadingShape(Serializer):
    """One time that you go through an issue: queued, reading, then read."""

    id = serializers.IntegerField()
    issue = serializers.IntegerField(source="issue_id")
    state = serializers.ChoiceField(STATES)
    queued_on = serializers.CharField(allow_null=True, help_text=_PARTIAL)
    started_on = serializers.CharField(allow_null=True, help_text=_PARTIAL)
    read_on = serializers.CharField(allow_null=True, help_text=_PARTIAL)
    is_current = serializers.BooleanField(help_text="Whether it tells the issue's state.")
    marked_at = serializers.DateTimeField(help_text="When its last step was recorded.")

    render_queued_on = staticmethod(_step_date(State.QUEUED))
    render_started_on = staticmethod(_step_date(State.READING))
    render_read_on = staticmethod(_step_date(State.READ))
    render_marked_at = staticmethod(offset_time("marked_at"))


class ListedReading(ReadingShape):
    about = IssueRef()


class Marked(Serializer):
    """The result of a reading action: the action to undo, or null if nothing changed."""

    act = serializers.IntegerField(
        allow_null=True, help_text="Undo it with POST history/{act}/undo. Null: nothing changed."
    )
    changed = serializers.ListField(
        source="issue_ids",
        child=serializers.IntegerField(),
        help_text="The ids of the issues that it changed.",
    )

    @staticmethod
    def render_act(outcome: Outcome, request: Request) -> int | None:
        return outcome.act.pk if outcome.act else None


def refs_by_id(issues: Iterable[Issue], request: Request) -> dict[int, dict[str, Any]]:
    """Return issues that came with their publications, by their ids."""
    return {ref["id"]: ref for ref in issue_refs(issues, request)}
