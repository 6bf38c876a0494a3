"""Cached reading states and notes of a reader, for facet counts."""

from dataclasses import dataclass

from django.core.cache import cache

from accounts.models import Note, Reading, User

STATES_CACHE_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Standings:
    """States by the id of the issue, of listed issues alone, and the ids of those with notes."""

    states: dict[int, str]
    noted: frozenset[int]


def standings(user: User, version: str) -> Standings:
    """Return a reader's states, in two queries; cached until the reader or the catalog changes.

    `version` is that of the catalog.
    """
    key = f"standings:{user.pk}:{user.version}:{version}"
    if (found := cache.get(key)) is None:
        mine = Reading.objects.of(user).current().filter(issue__archived_at=None)
        notes = Note.objects.of(user).filter(issue__archived_at=None).order_by()
        found = Standings(
            dict(mine.values_list("issue", "state")),
            frozenset(notes.values_list("issue", flat=True)),
        )
        cache.set(key, found, STATES_CACHE_SECONDS)
    return found
