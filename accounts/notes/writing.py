"""Every write to a reader's notes.

Replaced texts are kept as versions, and deleted notes can be restored for 30 days.
"""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Note, NoteVersion, User
from accounts.requests import REPEATED
from catalog.search.words import fold


class NoteMovedOn(Exception):
    """The note was saved since it was opened; `note` is its current version."""

    def __init__(self, note: Note) -> None:
        super().__init__(f"note {note.pk} is at version {note.version}")
        self.note = note


def folded(quote: str, body: str) -> str:
    """Return the searchable text of a note, with spaces around each word."""
    return f" {fold(quote)} \n {fold(body)} "


def create_note(user: User, issue_id: int, *, kind: str, quote: str = "", body: str = "") -> Note:
    with transaction.atomic():
        reader = _hold(user)
        now = timezone.now()
        return Note.objects.create(
            user=reader, issue_id=issue_id, kind=kind, quote=quote, body=body,
            folded=folded(quote, body), created_at=now, created_on=reader.local_date(now),
            updated_at=now,
        )  # fmt: skip


def create_note_once(
    user: User, issue_id: int, *, kind: str, quote: str = "", body: str = ""
) -> Note:
    """Write a note, or return the same one if it was written a moment ago."""
    texts = {"kind": kind, "quote": quote, "body": body}
    with transaction.atomic():
        reader = User.objects.select_for_update().get(pk=user.pk)
        since = timezone.now() - REPEATED
        same = Note.objects.of(reader).filter(issue=issue_id, created_at__gt=since, **texts)
        return same.first() or create_note(reader, issue_id, **texts)


def edit_note(
    user: User, note_id: int, version: int, *, kind: str, quote: str = "", body: str = ""
) -> Note:
    """Save a note over the version that was opened; an unchanged text is not saved again.

    Raise NoteMovedOn for another version, and Note.DoesNotExist.
    """
    with transaction.atomic():
        reader = _hold(user)
        note = Note.objects.of(reader).get(pk=note_id)
        if (note.kind, note.quote, note.body) == (kind, quote, body):
            return note
        if note.version != version:
            raise NoteMovedOn(note)
        NoteVersion.objects.create(
            note=note, version=note.version, kind=note.kind, quote=note.quote, body=note.body,
            saved_at=note.updated_at,
        )  # fmt: skip
        note.kind, note.quote, note.body = kind, quote, body
        note.folded = folded(quote, body)
        note.version += 1
        note.updated_at = timezone.now()
        note.save(update_fields=["kind", "quote", "body", "folded", "version", "updated_at"])
        return note


def revert_note(user: User, note_id: int, to: int, version: int | None = None) -> Note:
    """Restore the text of an earlier version as a new version.

    With `version`, only over that one. Raise NoteMovedOn, Note.DoesNotExist and
    NoteVersion.DoesNotExist.
    """
    with transaction.atomic():
        reader = User.objects.select_for_update().get(pk=user.pk)
        note = Note.objects.of(reader).get(pk=note_id)
        kept = NoteVersion.objects.get(note=note, version=to)
        over = note.version if version is None else version
        return edit_note(
            reader, note.pk, over, kind=kept.kind, quote=kept.quote, body=kept.body
        )  # fmt: skip


def delete_note(user: User, note_id: int, version: int | None = None) -> Note:
    """Delete a note; deleting it again changes nothing.

    It can be restored for 30 days. The reader's notes that were deleted longer ago are removed for
    good. With `version`, only that one: raise NoteMovedOn, and Note.DoesNotExist.
    """
    return _set_deleted(user, note_id, True, version)


def restore_note(user: User, note_id: int) -> Note:
    """Bring a deleted note back; raises Note.DoesNotExist where it was deleted 30 days ago."""
    return _set_deleted(user, note_id, False)


def _set_deleted(user: User, note_id: int, deleted: bool, version: int | None = None) -> Note:
    with transaction.atomic():
        reader = _hold(user)
        Note.objects.expired_of(reader).delete()
        note = Note.objects.kept_of(reader).get(pk=note_id)
        if version not in (None, note.version):
            raise NoteMovedOn(note)
        if bool(note.deleted_at) != deleted:
            note.deleted_at = timezone.now() if deleted else None
            note.save(update_fields=["deleted_at"])
        return note


def _hold(user: User) -> User:
    """Lock the reader's row, so that one reader's writes queue up, and count the write."""
    reader = User.objects.select_for_update().get(pk=user.pk)
    User.objects.filter(pk=reader.pk).update(version=F("version") + 1)
    return reader
