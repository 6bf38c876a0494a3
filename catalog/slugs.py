"""Slugs, and the rule for places that accept an id or a slug: the API and filters.

Digits alone are always an id; anything else is a slug. New slugs therefore never consist of digits
alone. Rows with an older slug of that kind, or one from a file, are addressed by their id. Page
URLs use slugs only.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils.text import slugify

SLUG_LENGTH = 80
LARGEST_ID = 2**63 - 1
# For descriptions of parameters and fields.
ID_OR_SLUG = "id or slug (digits alone are an id)"


# An id in a URL or in a larger pattern; all numbers of so many digits fit the column.
ID_PATTERN = "[0-9]{1,18}"


def is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal()


def id_of(text: str) -> int | None:
    """Return the id that a text is; None for a slug, and for a number that no id reaches."""
    return int(text) if is_id(text) and len(text) < 20 and int(text) <= LARGEST_ID else None


def ids_of(texts: Iterable[str]) -> list[int]:
    """Return the ids among texts, in their order."""
    return [found for text in texts if (found := id_of(text)) is not None]


def taken_slugs(rows: QuerySet[Any]) -> set[str]:
    """Return the slugs of rows, and the slugs by which files refer to them.

    If another row took a file's slug, later loads would update the wrong row.
    """
    names = ("slug", "loaded__slug") if hasattr(rows.model, "loaded") else ("slug",)
    pairs = rows.order_by().values_list(*names)
    return {slug for pair in pairs.iterator() for slug in pair if slug}


def naming(text: str) -> dict[str, Any]:
    """Return the lookup for an id or a slug; an id out of range matches nothing."""
    return {"pk": id_of(text)} if is_id(text) else {"slug": text}


def name_of(slug: str, pk: int) -> str:
    """Return the slug, or the id of a row whose slug consists of digits."""
    return str(pk) if is_id(slug) else slug


class SlugMaker:
    """Makes unique slugs, and adds them to the set of taken ones."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        # The last number tried for a base, so that ten thousand equal titles stay linear.
        self._numbers: dict[str, int] = {}

    def make(self, text: str, fallback: str) -> str:
        """Return a new slug of at most 80 characters for a text; a clash gets `-2`, `-3` ….

        `fallback` replaces a text that has no letters or digits. It is put before digits alone,
        which would read as an id.
        """
        base = slugify(text, allow_unicode=True)
        if len(base) > SLUG_LENGTH:
            base = base[: SLUG_LENGTH + 1].rpartition("-")[0] or base[:SLUG_LENGTH]
        base = base.strip("-_") or fallback
        if is_id(base):
            base = f"{fallback}-{base}"[:SLUG_LENGTH]
        slug = base
        number = self._numbers.get(base, 1)
        while slug in self.taken:
            number += 1
            suffix = f"-{number}"
            slug = base[: SLUG_LENGTH - len(suffix)].rstrip("-") + suffix
        self._numbers[base] = number
        self.taken.add(slug)
        return slug


# First words of the URL space, the later ones too, so that no publication has to move for a page.
RESERVED_SLUGS = frozenset(
    [
        "about",
        "account",
        "accounts",
        "admin",
        "api",
        "catalog",
        "categories",
        "changes",
        "clusters",
        "favicon.ico",
        "feeds",
        "health",
        "healthz",
        "help",
        "history",
        "invitations",
        "issues",
        "livez",
        "me",
        "media",
        "new",
        "notes",
        "progress",
        "publications",
        "queue",
        "readings",
        "readyz",
        "robots.txt",
        "search",
        "settings",
        "sign-in",
        "sign-out",
        "static",
        "tags",
        "theme",
        "tokens",
        "views",
    ]
)

# First words of the URL space below a publication.
RESERVED_ISSUE_SLUGS = frozenset(["booklet", "changes", "clusters", "feeds", "issues"])
