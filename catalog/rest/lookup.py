"""What an address names: ids resolve, and slugs where a thing has one that is its own."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

from catalog.rest.fields import LARGEST_ID


def by_key[T: Any](rows: QuerySet[T], key: str, what: str, slug: str = "slug") -> T:
    """Return the row of this id, in digits, or of this slug; raises Http404."""
    found = _of_id(rows, key)
    if found is None and "\0" not in key:
        found = rows.filter(**{slug: key}).first()
    if found is None:
        raise Http404(f"There is no {what} “{key[:80]}” here.")
    return found


def by_id[T: Any](rows: QuerySet[T], key: str, what: str) -> T:
    """Return the row of this id, in digits, where a slug is not one of all; raises Http404."""
    found = _of_id(rows, key)
    if found is None:
        raise Http404(f"There is no {what} “{key[:80]}” here; it is named by its id.")
    return found


def _of_id[T: Any](rows: QuerySet[T], key: str) -> T | None:
    is_id = key.isascii() and key.isdecimal() and len(key) < 20 and int(key) <= LARGEST_ID
    return rows.filter(pk=int(key)).first() if is_id else None
