"""Ids and slugs both resolve."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404

_LARGEST = 2**63 - 1


def by_key[T: Any](rows: QuerySet[T], key: str, what: str, slug: str = "slug") -> T:
    """Return the row of this id, in digits, or of this slug; raises Http404."""
    found = None
    if "\0" not in key:
        if key.isascii() and key.isdecimal() and len(key) < 20 and int(key) <= _LARGEST:
            found = rows.filter(pk=int(key)).first()
        found = found or rows.filter(**{slug: key}).first()
    if found is None:
        raise Http404(f"There is no {what} “{key[:80]}” here.")
    return found
