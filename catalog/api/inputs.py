"""Strict body fields that apply the catalog's rules."""

import datetime
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from catalog.curation.rules import tag_fault
from catalog.interchange.document import LARGEST_FILE
from catalog.interchange.formats.values import iso_date, stripped
from catalog.rest.fields import LARGEST_ID, Many, TextField, Whole
from catalog.rest.lookup import by_key
from catalog.text import text_fault, url_fault

MOST_ISSUES = 500
MOST_TAGS_OF_ISSUE = 1_000


class ParagraphField(TextField):
    """A single paragraph, without surrounding whitespace."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation(stripped(data) if isinstance(data, str) else data)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if fault := self.fault(text):
            raise serializers.ValidationError(fault)
        return text

    def fault(self, text: str) -> str:
        return text_fault(text)


class UrlField(ParagraphField):
    """An address of http or https."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=2_000, **options)

    def fault(self, text: str) -> str:
        if fault := text_fault(text):
            return fault
        if fault := url_fault(text):
            return f"This {fault}."
        return "This has more than 2,000 bytes." if len(text.encode()) > 2_000 else ""


class TagNameField(ParagraphField):
    def fault(self, text: str) -> str:
        return tag_fault(text)


class Day(serializers.DateField):
    """A day as 2024-06-30, and in no other form."""

    def to_internal_value(self, value: Any) -> datetime.date:
        day = iso_date(value) if isinstance(value, str) else None
        if day is None:
            raise serializers.ValidationError("Write a date such as 2024-06-30.")
        return day


@extend_schema_field({"oneOf": [{"type": "integer"}, {"type": "string"}]})
class IdOrSlug(serializers.Field[Any, Any, Any, Any]):
    """A name of an object: its id, or its slug as text."""

    def to_internal_value(self, data: Any) -> str:
        is_id = isinstance(data, int) and not isinstance(data, bool) and 0 <= data <= LARGEST_ID
        if is_id or (isinstance(data, str) and data and len(data) <= 200 and not text_fault(data)):
            return str(data)
        raise serializers.ValidationError("Write an id, or a slug.")

    def to_representation(self, value: Any) -> Any:
        return value


class Reason(ParagraphField):
    """An optional reason, stored in the log."""

    def __init__(self, **options: Any) -> None:
        told = {"required": False, "default": "", "allow_blank": True, "max_length": 200}
        super().__init__(help_text="Why, in a word; kept in the log.", **(told | options))


@extend_schema_field(OpenApiTypes.STR)
class FileText(serializers.Field[Any, Any, Any, Any]):
    """The text of a file, unchanged; the parser of its format reports the errors."""

    def to_internal_value(self, data: Any) -> bytes:
        if not isinstance(data, str):
            raise serializers.ValidationError("Not a valid string.")
        encoded = data.encode()
        if len(encoded) > LARGEST_FILE:
            fault = "The file has more than 20 MB; the command “load_catalog” takes larger ones."
            raise serializers.ValidationError(fault)
        return encoded

    def to_representation(self, value: Any) -> Any:
        return value


def ids(**options: Any) -> Many:
    return Many(child=Whole(), most=MOST_ISSUES, min_length=1, **options)


def named(rows: QuerySet[Any], key: str, what: str, field: str) -> Any:
    """Return the row that a field names; raise ValidationError if there is none."""
    try:
        return by_key(rows, key, what)
    except Http404 as error:
        raise serializers.ValidationError({field: [str(error)]}) from error


def chosen(field: str, pks: list[int], rows: QuerySet[Any], what: str) -> list[Any]:
    """Return the rows of ids in this order, each once; raises ValidationError by their places."""
    found = rows.in_bulk(list(dict.fromkeys(pks)))
    refuse_at(field, pks, lambda pk: "" if pk in found else f"There is no {what} {pk}.")
    return [found[pk] for pk in dict.fromkeys(pks)]


def refuse_at[T](field: str, values: list[T], fault: Callable[[T], str]) -> None:
    """Raise an error for each value of a list that has a fault, by its place."""
    faults: dict[str, list[str]] = {
        str(index): [said] for index, value in enumerate(values) if (said := fault(value))
    }
    if faults:
        raise serializers.ValidationError({field: faults})
