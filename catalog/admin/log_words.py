"""Logged values in words, for the curators' pages: log, conflicts, loads and the desk."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.utils.dateparse import parse_datetime

from catalog.admin.fields import NO_CLUSTER, tier_words
from catalog.text import short_date


def value_in_words(
    field: str, value: Any, clusters: Mapping[str, str] | None = None, *, nothing: str = "nothing"
) -> str:
    """Return the value of a field in words, or `nothing`; `clusters` maps slugs to titles."""
    if field == "tier":
        return tier_words(value)
    if field in ("cluster", "merged_into"):
        return (clusters or {}).get(value, str(value)) if value else NO_CLUSTER
    if value is None or value in ("", []):
        return nothing
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return _date_in_words(field, value)


def _date_in_words(field: str, value: Any) -> str:
    if field == "date":
        return short_date(datetime.date.fromisoformat(str(value)))
    if field.endswith("_at"):
        return instant_in_words(parse_datetime(str(value)))
    return str(value)


def instant_in_words(at: datetime.datetime | None) -> str:
    return f"{short_date(at.date())}, {at:%H:%M}" if at else ""
