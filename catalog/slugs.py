"""Ids and slugs where either may be given: in paths and bodies of the API, and in filters.

Digits alone are an id, whatever slugs there are, and anything else is a slug. So neither ever means
two things. New slugs are never digits alone; what got such a slug before, or gets it from a file
that names it, is given there by its id. The paths of pages hold slugs alone.
"""

from typing import Any

from django.db.models import QuerySet

LARGEST_ID = 2**63 - 1
# For descriptions of parameters and fields.
ID_OR_SLUG = "id or slug (digits alone are an id)"


def is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def id_of(text: str) -> int | None:
    """Return the id that a text is; None for a slug, and for a number that no id reaches."""
    return int(text) if is_id(text) and len(text) < 20 and int(text) <= LARGEST_ID else None


def taken_slugs(rows: QuerySet[Any]) -> set[str]:
    """Return the slugs that rows have, and those by which files know them.

    A file's slug for one row would lead to the wrong one, if another had it.
    """
    names = ("slug", "loaded__slug") if hasattr(rows.model, "loaded") else ("slug",)
    pairs = rows.order_by().values_list(*names)
    return {slug for pair in pairs.iterator() for slug in pair if slug}


def naming(text: str) -> dict[str, Any]:
    """Return the lookup of what an id or a slug names; that of an id beyond all finds nothing."""
    return {"pk": id_of(text)} if is_id(text) else {"slug": text}


def name_of(slug: str, pk: int) -> str:
    """Return what names a thing where an id or a slug is taken: its slug, if that is not digits."""
    return str(pk) if is_id(slug) else slug
