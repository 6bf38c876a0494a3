"""Lists of a reader's notes, by month, filtered and searched."""

import datetime
from dataclasses import dataclass
from itertools import groupby
from typing import Self

from django.db.models import Q

from accounts.models import Note, NoteQuerySet, User
from accounts.notes.forms import NoteFilterForm

NOTES_PAGE_SIZE = 50


def found_notes(user: User, form: NoteFilterForm) -> NoteQuerySet:
    """Return the notes for a valid filter form with their issues, newest first."""
    found = Note.objects.of(user).filter(**form.lookups())
    for word in form.cleaned_data["q"].split()[:16]:
        found = found.filter(
            Q(body__icontains=word) | Q(quote__icontains=word) | Q(issue__title__icontains=word)
        )
    return found.with_issues().newest_first()


@dataclass(frozen=True, slots=True)
class NotePage:
    """One page of notes; `next` is the id that the page after it continues from, or None."""

    notes: list[Note]
    next: int | None

    @classmethod
    def of(cls, notes: NoteQuerySet, user: User, after: int | None) -> Self:
        if after is not None:
            # A note that was deleted since still marks its place.
            last = Note.objects.filter(user=user, pk=after).first()
            notes = notes.older_than(last) if last else notes.none()
        rows = list(notes[: NOTES_PAGE_SIZE + 1])
        return cls(
            rows[:NOTES_PAGE_SIZE],
            rows[NOTES_PAGE_SIZE - 1].pk if len(rows) > NOTES_PAGE_SIZE else None,
        )

    def by_month(self) -> list[tuple[datetime.date, list[Note]]]:
        """Return (first day of a month, its notes), in the page's order."""
        months = groupby(self.notes, key=lambda note: note.created_on.replace(day=1))
        return [(month, list(notes)) for month, notes in months]
