"""Strict serializers and fields for request bodies: unknown fields and wrong types are errors.

Values are never converted to another type.
"""

from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request

from catalog.slugs import LARGEST_ID

# Number of unknown fields that an error names.
MOST_FIELDS_NAMED = 20


class Serializer(serializers.Serializer[Any]):
    # A docstring here would become the description of every schema without one.

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            known = [name for name, field in self.fields.items() if not field.read_only]
            unknown = {
                str(name): [f"There is no field “{str(name)[:80]}”; expected {', '.join(known)}."]
                for name in [each for each in data if each not in known][:MOST_FIELDS_NAMED]
            }
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)

    @classmethod
    def render(cls, row: Any, request: Request | None = None) -> dict[str, Any]:
        # The declared fields of a row, by name. DRF's own rendering copies and binds every field
        # of every nested serializer, which takes twice the time for a list of fifty issues. A
        # static method `render_<field>(row, request)` computes a value that is no attribute.
        return {name: getter(row, request) for name, getter in _getters(cls)}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return self.render(instance, self.context.get("request"))


type _Getter = Callable[[Any, Request | None], Any]


@cache
def _getters(shape: type[Serializer]) -> list[tuple[str, _Getter]]:
    return [
        (name, getattr(shape, f"render_{name}", None) or _attribute_getter(field, name))
        for name, field in shape._declared_fields.items()
    ]


def _attribute_getter(field: Any, name: str) -> _Getter:
    """Return the getter of an attribute, rendered by the nested serializer if there is one."""
    value = attrgetter(field.source or name)
    if isinstance(field, serializers.ListSerializer):
        child: Any = type(field.child)
        return lambda row, request: [child.render(each, request) for each in value(row)]
    if isinstance(field, Serializer):
        nested = type(field)

        def render_nested(row: Any, request: Request | None) -> dict[str, Any] | None:
            other = value(row)
            return None if other is None else nested.render(other, request)

        return render_nested
    return lambda row, request: value(row)


class Nothing(Serializer):
    """A body without fields."""


class Whole(serializers.IntegerField):
    """A whole number, given as a JSON number; an id unless limits are given."""

    default_error_messages = {"invalid": "Write a whole number."}

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"min_value": 0, "max_value": LARGEST_ID} | options))

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """A text, given as a JSON string and stored unchanged."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"trim_whitespace": False} | options))

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


class ChoiceField(serializers.ChoiceField):
    """One of a few words."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            raise serializers.ValidationError(
                f"Write one of {', '.join(map(str, self.choices))}.", "invalid_choice"
            )
        return data


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


def given(form: type[Serializer], request: Request) -> dict[str, Any]:
    """Return the cleaned body of a request; raise ValidationError by field."""
    # A change without a body would be answered as one that was made.
    is_change = request.method in ("PUT", "PATCH")
    if is_change and request.META.get("CONTENT_LENGTH", "") in ("", "0"):
        raise ParseError("There is no body; send a JSON object with what is to change.")
    asked = form(data=request.data, context={"user": request.user})
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)
