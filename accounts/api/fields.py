"""What bodies of a reader hold, besides what all bodies do."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from accounts.models import State, User
from accounts.partial_dates import UNKNOWN, PartialDate, When
from accounts.reading.marking import FutureDate, refuse_ahead
from catalog.rest.fields import ChoiceField, TextField

STATES = [state.value for state in State]
PARTIAL_DATE = {
    "type": "string",
    "pattern": "^[0-9]{4}(-[0-9]{1,2}(-[0-9]{1,2})?)?$",
    "examples": ["2024-03-05", "2024-03", "2024"],
}


def reader(request: Request) -> User:
    """Return who asks; behind an endpoint that is not open that is always a reader."""
    assert isinstance(request.user, User)
    return request.user


class FormText(TextField):
    """A text of which a form says what it may hold."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_blank=True, **options)


@extend_schema_field({"type": "string", "pattern": f"^({'|'.join(STATES)})$"})
class SeenState(ChoiceField):
    """A state beside another: as a choice, the schema would have two names for one."""


@extend_schema_field(PARTIAL_DATE)
class PartialDateInput(serializers.Field[PartialDate, Any, str, Any]):
    """A day, a month or a year that has begun where the reader is."""

    def to_internal_value(self, data: Any) -> PartialDate:
        try:
            date = PartialDate.parse(data if isinstance(data, str) else "")
            refuse_ahead(date, self.context["user"].local_date())
        except (ValueError, FutureDate) as error:
            raise serializers.ValidationError(str(error)) from error
        return date

    def to_representation(self, value: PartialDate) -> str:
        return str(value)


def when(asked: dict[str, Any]) -> When:
    """Return what a body says of a date: null is not known, and none at all is today."""
    on: PartialDate | None = asked.get("on")
    return UNKNOWN if "on" in asked and on is None else on


def named_twice(issues: list[int]) -> dict[str, list[str]]:
    """Return what is wrong with a list of issues that names one twice, by place in the list."""
    first: dict[int, int] = {}
    return {
        str(index): [f"Issue {issue} is named at {first[issue]} already."]
        for index, issue in enumerate(issues)
        if first.setdefault(issue, index) != index
    }
