"""Notes and their earlier versions."""

import datetime
from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.markdown import render
from accounts.models.users import User
from catalog.models import Issue, is_filled

NOTE_LENGTH = 20_000

# How long a deleted note can be restored.
NOTE_KEPT = datetime.timedelta(days=30)


def _oldest_kept() -> datetime.datetime:
    return timezone.now() - NOTE_KEPT


class NoteQuerySet(models.QuerySet["Note"]):
    def of(self, user: User) -> Self:
        """Return a reader's notes that are not deleted."""
        return self.filter(user=user, deleted_at=None)

    def kept_of(self, user: User) -> Self:
        """Return a reader's notes, with the deleted ones that can be restored."""
        return self.filter(Q(deleted_at=None) | Q(deleted_at__gt=_oldest_kept()), user=user)

    def deleted_of(self, user: User) -> Self:
        """Return a reader's deleted notes that can be restored, the last deleted first."""
        kept = self.filter(user=user, deleted_at__gt=_oldest_kept())
        return kept.order_by("-deleted_at", "-id")

    def expired_of(self, user: User) -> Self:
        return self.filter(user=user, deleted_at__lte=_oldest_kept())

    def on_issues(self, issues: Iterable[int]) -> Self:
        return self.filter(issue__in=issues)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-id")

    def older_than(self, note: "Note") -> Self:
        """Return the notes after a given one, newest first."""
        return self.filter(
            Q(created_at__lt=note.created_at) | Q(id__lt=note.pk), created_at__lte=note.created_at
        )

    def with_issues(self) -> Self:
        """Return notes as a list page shows them, the issues with their publications."""
        return (
            self.select_related("issue__publication", "issue__cluster")
            .defer("issue__loaded", "issue__publication__loaded", "issue__cluster__loaded")
            .fetch_mode(models.FETCH_RAISE)
        )


class Note(models.Model):
    """A reader's note on an issue, or a quote with a remark; `body` is Markdown.

    `version` counts the saves; `NoteVersion` keeps the earlier texts. `created_on` is the reader's
    local date. The row of a deleted note is kept for 30 days for restoring, and removed by the
    reader's next deletion after that. `folded` is the searchable text: quote and body, one line
    each. Only `accounts.notes.writing` writes here.
    """

    class Kind(models.TextChoices):
        NOTE = "note"
        QUOTE = "quote"

    user = models.ForeignKey(User, models.CASCADE, related_name="notes", db_index=False)
    issue = models.ForeignKey(Issue, models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=5, choices=Kind, default=Kind.NOTE)
    quote = models.TextField(blank=True, default="", max_length=NOTE_LENGTH)
    body = models.TextField(blank=True, default="", max_length=NOTE_LENGTH)
    folded = models.TextField(default="", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField()
    created_on = models.DateField()
    updated_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="note_filled",
                condition=(Q(kind="note", quote="") & is_filled("body"))
                | (Q(kind="quote") & is_filled("quote")),
            ),
        ]
        indexes = [
            models.Index(name="note_by_date", fields=["user", "-created_at", "-id"]),
            models.Index(name="note_of_issue", fields=["user", "issue"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("accounts:note_detail", args=[self.pk])

    @property
    def kept_until(self) -> datetime.datetime | None:
        """Until when a deleted note can be restored."""
        return self.deleted_at and self.deleted_at + NOTE_KEPT

    @property
    def html(self) -> SafeString:
        """The body as it is shown."""
        return render(self.body)


class NoteVersion(models.Model):
    """The text of a note before a later save."""

    note = models.ForeignKey(Note, models.CASCADE, related_name="versions", db_index=False)
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=5, choices=Note.Kind)
    quote = models.TextField(blank=True, default="")
    body = models.TextField(blank=True, default="")
    saved_at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(name="note_version", fields=["note", "version"])]

    def __str__(self) -> str:
        return f"{self.note_id} v{self.version}"
