"""Lookup of objects by id, or by slug if they have a unique one."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from catalog.slugs import id_of, naming


def by_key[T: Any](rows: QuerySet[T], key: str, what: str) -> T:
    """Return the row of this id, or of this slug where it is not digits; raises Http404."""
    found = None if "\0" in key else rows.filter(**naming(key)).first()
    if found is None:
        raise Http404(f"There is no {what} “{key[:80]}” here.")
    return found


def by_id[T: Any](rows: QuerySet[T], key: str, what: str) -> T:
    """Return the row of this id, in digits, where a slug is not one of all; raises Http404."""
    pk = id_of(key)
    found = None if pk is None else rows.filter(pk=pk).first()
    if found is None:
        raise Http404(f"There is no {what} “{key[:80]}” here; it is named by its id.")
    return found
