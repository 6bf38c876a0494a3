"""What bodies hold: fields that take what they say and nothing that could be made into it."""

import json
from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from accounts.marking import FutureDate, refuse_ahead
from accounts.models import State, User
from accounts.partial_dates import PartialDate
from catalog.rest.fields import Serializer
from catalog.rest.problems import Problem

LARGEST = 2**63 - 1
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


def body(request: Request, kind: type[Serializer]) -> dict[str, Any]:
    """Return what a body holds, as a serializer cleans it; what it refuses is told by field."""
    try:
        # Half of a character cannot be told back: not even in what is wrong with it.
        json.dumps(request.data, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Problem(400, "The body holds half of a character (a lone surrogate).") from error
    except RecursionError as error:
        raise Problem(400, "The JSON is nested too deep.") from error
    asked = kind(data=request.data, context={"user": request.user})
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)


class Nothing(Serializer):
    """A body without fields."""


class Whole(serializers.IntegerField):
    """A whole number, written as one."""

    default_error_messages = {"invalid": "Write a whole number."}

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"min_value": 0, "max_value": LARGEST} | options))

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """A text, written as one; what it may hold is the form's to say."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"allow_blank": True, "trim_whitespace": False} | options))

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class YesNo(serializers.BooleanField):
    default_error_messages = {"invalid": "Write true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class Choice(serializers.ChoiceField):
    """One of a few words."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            raise serializers.ValidationError(
                f"Write one of {', '.join(map(str, self.choices))}.", "invalid_choice"
            )
        return data


@extend_schema_field({"type": "string", "pattern": f"^({'|'.join(STATES)})$"})
class SeenState(Choice):
    """A state beside another: as a choice, the schema would have two names for one."""


@extend_schema_field(PARTIAL_DATE)
class PartialDateField(serializers.Field[PartialDate, Any, str, Any]):
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


class Many(serializers.ListField):
    """A list, whose length is looked at before anything in it is."""

    default_error_messages = {"too_many": "There are {given:,}; name up to {most:,} at once."}

    def __init__(self, *, most: int, **options: Any) -> None:
        super().__init__(max_length=most, **options)
        self.most = most

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and len(data) > self.most:
            self.fail("too_many", given=len(data), most=self.most)
        if isinstance(data, Mapping):
            self.fail("not_a_list", input_type="object")
        return super().to_internal_value(data)


def named_twice(issues: list[int]) -> dict[str, list[str]]:
    """Return what is wrong with a list of issues that names one twice, by place in the list."""
    first: dict[int, int] = {}
    return {
        str(index): [f"Issue {issue} is named at {first[issue]} already."]
        for index, issue in enumerate(issues)
        if first.setdefault(issue, index) != index
    }
