import pytest
import time_machine

from accounts.models import Note, NoteVersion, User
from accounts.notes import writing
from tests.factories import make_issue, make_note, make_user


@pytest.mark.django_db
def test_an_edit_keeps_what_stood_before_and_counts_the_write():
    note = make_note(body="First")

    saved = writing.edit_note(note.user, note.pk, 1, kind="note", body="Second")

    assert (saved.body, saved.version) == ("Second", 2)
    kept = NoteVersion.objects.get(note=note)
    assert (kept.version, kept.body, kept.saved_at) == (1, "First", note.updated_at)
    assert User.objects.get(pk=note.user.pk).version == note.user.version + 1


@pytest.mark.django_db
def test_the_same_text_again_makes_no_version():
    note = make_note(body="Same")

    assert writing.edit_note(note.user, note.pk, 1, kind="note", body="Same").version == 1
    assert not NoteVersion.objects.exists()


@pytest.mark.django_db
def test_a_save_against_an_older_version_is_refused_with_the_newer_note():
    note = make_note(body="First")
    writing.edit_note(note.user, note.pk, 1, kind="note", body="Second")

    with pytest.raises(writing.NoteMovedOn) as refused:
        writing.edit_note(note.user, note.pk, 1, kind="note", body="Third")

    assert refused.value.note.body == "Second"
    assert Note.objects.get().body == "Second"


@pytest.mark.django_db
def test_a_deleted_note_is_off_every_page_until_it_is_restored():
    note = make_note(body="Kept")

    writing.delete_note(note.user, note.pk)
    assert not Note.objects.of(note.user).exists()

    writing.restore_note(note.user, note.pk)
    assert Note.objects.of(note.user).get().body == "Kept"


@pytest.mark.django_db
def test_a_deleted_note_can_be_restored_for_30_days_and_then_goes_for_good():
    user = make_user()
    first, other = make_note(user=user), make_note()
    writing.edit_note(user, first.pk, 1, kind="note", body="Second")
    with time_machine.travel("2024-03-01T12:00:00Z", tick=False):
        writing.delete_note(user, first.pk)
        writing.delete_note(other.user, other.pk)
    with time_machine.travel("2024-03-31T11:59:59Z", tick=False):
        assert Note.objects.deleted_of(user).get() == first
        assert [note.pk for note in Note.objects.kept_of(user)] == [first.pk]
    with time_machine.travel("2024-03-31T12:00:00Z", tick=False):
        assert not Note.objects.deleted_of(user).exists()
        assert not Note.objects.kept_of(user).exists()
        with pytest.raises(Note.DoesNotExist):
            writing.restore_note(user, first.pk)
        writing.delete_note(user, make_note(user=user).pk)

    assert not Note.objects.filter(pk=first.pk).exists()
    assert not NoteVersion.objects.exists()
    assert Note.objects.filter(pk=other.pk).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("write", [writing.delete_note, writing.restore_note])
def test_another_readers_note_is_not_there_to_write(write):
    note = make_note()

    with pytest.raises(Note.DoesNotExist):
        write(make_user(), note.pk)


@pytest.mark.django_db
def test_a_new_note_has_the_readers_own_date():
    user = make_user(time_zone="Pacific/Kiritimati")

    note = writing.create_note(user, make_issue().pk, kind="quote", quote="Said", body="")

    assert note.created_on == user.local_date(note.created_at)
