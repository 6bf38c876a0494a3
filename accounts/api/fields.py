"""Fields of readers' request bodies."""

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
    """Return the reader; only endpoints that are not open call this."""
    assert isinstance(request.user, User)
    return request.user


class FormText(TextField):
    """A text field whose limits a form defines."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_blank=True, **options)


@extend_schema_field({"type": "string", "pattern": f"^({'|'.join(STATES)})$"})
class SeenState(ChoiceField):
    """A second state in one body; a choice field would give the schema a second type."""


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
    """Return the date in a body: null means unknown, and a missing field means today."""
    on: PartialDate | None = asked.get("on")
    return UNKNOWN if "on" in asked and on is None else on


def named_twice(issues: list[int]) -> dict[str, list[str]]:
    """Return the errors for issues that occur twice in a list, by index."""
    first: dict[int, int] = {}
    return {
        str(index): [f"Issue {issue} is named at {first[issue]} already."]
        for index, issue in enumerate(issues)
        if first.setdefault(issue, index) != index
    }
