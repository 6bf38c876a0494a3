"""The tables of readers."""

from accounts.models.notes import (
    NOTE_KEPT,
    NOTE_LENGTH,
    Note,
    NoteQuerySet,
    NoteVersion,
)
from accounts.models.readings import (
    Act,
    ActQuerySet,
    Event,
    Reading,
    ReadingQuerySet,
    State,
    last_read,
)
from accounts.models.saved_views import (
    SAVED_QUERY_LENGTH,
    SavedView,
)
from accounts.models.tokens import (
    FEEDS,
    PREFIX,
    Token,
    TokenQuerySet,
    digest,
)
from accounts.models.users import (
    User,
    UserManager,
    fold_name,
    validate_time_zone,
)

__all__ = [
    "FEEDS",
    "NOTE_KEPT",
    "NOTE_LENGTH",
    "PREFIX",
    "SAVED_QUERY_LENGTH",
    "Act",
    "ActQuerySet",
    "Event",
    "Note",
    "NoteQuerySet",
    "NoteVersion",
    "Reading",
    "ReadingQuerySet",
    "SavedView",
    "State",
    "Token",
    "TokenQuerySet",
    "User",
    "UserManager",
    "digest",
    "fold_name",
    "last_read",
    "validate_time_zone",
]
