"""Conversion between field values and their encoding in the log of changes."""

import datetime
from typing import Any

from django.db.models import Model
from django.utils.dateparse import parse_datetime

from catalog.models import Category, Change, Cluster, Issue, Publication, Tag

MODELS = {
    Change.Kind.CATEGORY: Category,
    Change.Kind.PUBLICATION: Publication,
    Change.Kind.CLUSTER: Cluster,
    Change.Kind.ISSUE: Issue,
    Change.Kind.TAG: Tag,
}


def as_logged(value: Any) -> Any:
    """Return a value as the log stores it: readable JSON."""
    if isinstance(value, Cluster):
        return value.slug
    if isinstance(value, Model):
        return str(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


def current(row: Model, field: str) -> Any:
    """Return the current value of a row's field, as the log stores it."""
    if isinstance(row, Issue) and field == "tags":
        return [spelling for spelling, _ in row.tag_list]
    if isinstance(row, Issue) and field == "cites":
        return list(row.citations.values_list("url", flat=True))
    if isinstance(row, Tag) and field == "stands_for":
        return sorted(row.stands_for.values_list("key", flat=True))
    return as_logged(getattr(row, field))


def restored(publication_id: int | None, field: str, value: Any) -> Any:
    """Return a logged value in the form that `Curation.change` accepts.

    Raise the model's `DoesNotExist` if the object that it refers to is gone.
    """
    if field == "stands_for":
        return list(Tag.objects.filter(key__in=value))
    if value is None:
        return None
    if field in {"cluster", "merged_into"}:
        return Cluster.objects.get(publication=publication_id, slug=value)
    if field == "category":
        return Category.objects.get(name=value)
    if field == "date":
        return datetime.date.fromisoformat(value)
    if field.endswith("_at"):
        return parse_datetime(value)
    return value
