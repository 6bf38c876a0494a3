"""Saves of one note by two connections at the same time."""

import threading

import pytest
from django.db import connection

from accounts.models import Note, NoteVersion
from accounts.notes import writing
from tests.factories import make_note


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_of_one_version_exactly_one_wins():
    note = make_note(body="First")
    start, answers = threading.Barrier(2), []

    def save(body):
        try:
            start.wait(10)
            answers.append(writing.edit_note(note.user, note.pk, 1, kind="note", body=body).body)
        except writing.NoteMovedOn as moved:
            answers.append(moved)
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=[body]) for body in ("One", "Two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    won = [answer for answer in answers if isinstance(answer, str)]
    assert len(answers) == 2
    assert len(won) == 1
    assert (Note.objects.get().body, Note.objects.get().version) == (won[0], 2)
    assert NoteVersion.objects.get().body == "First"
