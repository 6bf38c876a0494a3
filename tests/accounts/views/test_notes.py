from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Note
from accounts.notes import writing
from tests.factories import make_issue, make_note, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough secret"


@pytest.fixture
def user():
    return make_user()


@pytest.fixture
def mine(client, user):
    client.force_login(user)
    return make_note(user=user, body="What I thought")


def to(name, *args):
    return reverse(f"accounts:{name}", args=args)


OF_A_NOTE = {
    "note_detail": "get", "note_update": "get", "note_history": "get",
    "note_delete": "post", "note_restore": "post",
}  # fmt: skip


@pytest.mark.parametrize(("name", "method"), OF_A_NOTE.items())
def test_another_readers_note_is_not_found(client, mine, name, method):
    other = make_note(body="Private")

    assert getattr(client, method)(to(name, other.pk)).status_code == 404
    assert getattr(client, method)(to(name, 999_999)).status_code == 404
    assert Note.objects.get(pk=other.pk).deleted_at is None


@pytest.mark.parametrize(("name", "method"), OF_A_NOTE.items())
def test_whoever_is_not_signed_in_is_sent_to_sign_in(client, name, method):
    response = getattr(client, method)(to(name, make_note().pk))

    assert response.status_code == 302
    assert response.url.startswith(to("sign_in"))


@pytest.mark.parametrize("name", ["note_delete", "note_restore"])
def test_a_get_deletes_and_restores_nothing(client, mine, name):
    assert client.get(to(name, mine.pk)).status_code == 405
    assert Note.objects.get(pk=mine.pk).deleted_at is None


def test_a_note_is_saved_and_the_issue_shows_it(client, user):
    client.force_login(user)
    issue = make_issue()

    response = client.post(to("note_create", issue.pk), {"kind": "note", "body": "a\r\nb"})

    note = Note.objects.of(user).get()
    assert note.body == "a\nb"
    assert response.url == f"{issue.get_absolute_url()}#note-{note.pk}"
    assert f'id="note-{note.pk}"' in client.get(response.url).content.decode()


@pytest.mark.parametrize("body", ["", " \n", "x" * 20_001, "a\x00b", "a\x07b"])
def test_what_cannot_be_saved_is_refused_and_nothing_is_written(client, user, body):
    client.force_login(user)

    response = client.post(to("note_create", make_issue().pk), {"kind": "note", "body": body})

    assert response.status_code == 422
    assert not Note.objects.exists()


def test_a_preview_saves_nothing(client, user):
    client.force_login(user)
    texts = {"kind": "note", "body": "*so*", "preview": "1"}

    response = client.post(to("note_create", make_issue().pk), texts)

    assert "<em>so</em>" in response.content.decode()
    assert not Note.objects.exists()


def test_a_save_over_a_newer_text_shows_both(client, mine):
    client.post(to("note_update", mine.pk), {"kind": "note", "body": "Newer", "version": 1})

    response = client.post(
        to("note_update", mine.pk), {"kind": "note", "body": "Mine too", "version": 1}
    )

    page = response.content.decode()
    assert response.status_code == 409
    assert "Newer" in page
    assert "Mine too" in page
    assert Note.objects.get().body == "Newer"


def test_a_save_without_a_session_keeps_the_text_and_saves_it_on_signing_in(client, user):
    at = to("note_create", make_issue().pk)
    texts = {"kind": "note", "body": "Long in the writing"}

    refused = client.post(at, texts)
    wrong = client.post(at, texts | {"username": user.username, "password": "no"})
    assert [refused.status_code, wrong.status_code] == [403, 403]
    assert all("Long in the writing" in each.content.decode() for each in (refused, wrong))
    assert not Note.objects.exists()

    client.post(at, texts | {"username": user.username, "password": PASSWORD})
    assert Note.objects.of(user).get().body == "Long in the writing"


def test_a_wrong_filter_is_named_and_shows_no_notes(client, mine):
    response = client.get(to("note_list"), {"kind": "poem"})

    assert response.status_code == 422
    assert "What I thought" not in response.content.decode()


def test_twice_the_notes_take_the_same_number_of_queries(client, user, mine):
    counts = []
    for _ in range(2):
        for _ in range(5):
            make_note(user=user)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(to("note_list")).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_each_note_is_on_exactly_one_page(client, user, mine):
    at = mine.created_at
    made = {make_note(user=user, at=at).pk for _ in range(60)} | {mine.pk}

    first = client.get(to("note_list")).context["page"]
    second = client.get(to("note_list"), {"after": first.next}).context["page"]

    pks = [note.pk for page in (first, second) for note in page.notes]
    assert len(first.notes) == 50
    assert second.next is None
    assert sorted(pks) == sorted(made)


def test_deleted_notes_are_listed_and_restored_from_there(client, user, mine):
    client.post(to("note_delete", mine.pk))
    make_note(user=user, body="Still here")
    make_note(body="Of another", deleted_at=timezone.now())
    make_note(user=user, body="Long gone", deleted_at=timezone.now() - timedelta(days=30))
    assert to("note_deleted_list") in client.get(to("note_list")).content.decode()

    page = client.get(to("note_deleted_list")).content.decode()

    assert "What I thought" in page
    assert f'action="{to("note_restore", mine.pk)}"' in page
    assert not any(text in page for text in ("Still here", "Of another", "Long gone"))
    client.post(to("note_restore", mine.pk))
    assert "No deleted notes" in client.get(to("note_deleted_list")).content.decode()
    assert "What I thought" in client.get(to("note_list")).content.decode()


def test_deleted_notes_are_shown_by_pages_the_last_deleted_first(client, user):
    client.force_login(user)
    now, issue = timezone.now(), make_issue()
    made = [
        make_note(user=user, issue=issue, deleted_at=now - timedelta(hours=number))
        for number in range(60)
    ]

    with CaptureQueriesContext(connection) as queries:
        first = client.get(to("note_deleted_list")).context["page"]
    second = client.get(to("note_deleted_list"), {"page": 2}).context["page"]

    assert [note.pk for note in [*first, *second]] == [note.pk for note in made]
    assert len(queries) <= 5


def test_a_note_deleted_30_days_ago_is_not_restored(client, user):
    client.force_login(user)
    note = make_note(user=user, deleted_at=timezone.now() - timedelta(days=30))

    assert client.post(to("note_restore", note.pk)).status_code == 404
    assert Note.objects.get().deleted_at


def test_a_deletion_that_is_sent_twice_is_answered_with_the_undo_both_times(client, user, mine):
    for _ in range(2):
        response = client.post(to("note_delete", mine.pk))

        assert response.url == f"{mine.issue.get_absolute_url()}#notes"
        (message,) = client.get(to("note_list")).context["messages"]
        assert message.extra_tags == to("note_restore", mine.pk)
    assert Note.objects.get().deleted_at


@pytest.mark.parametrize("name", ["edit_note", "revert_note"])
def test_a_note_that_is_deleted_meanwhile_is_not_there(client, user, mine, monkeypatch, name):
    writing.edit_note(user, mine.pk, 1, kind="note", body="Second")
    write = getattr(writing, name)

    def write_later(*arguments, **texts):
        writing.delete_note(user, mine.pk)
        return write(*arguments, **texts)

    monkeypatch.setattr(writing, name, write_later)
    addresses = {
        "edit_note": to("note_update", mine.pk), "revert_note": to("note_revert", mine.pk, 1),
    }  # fmt: skip

    data = {"kind": "note", "body": "Third", "version": 2}
    assert client.post(addresses[name], data).status_code == 404


def test_the_list_of_deleted_notes_is_only_looked_at(client, user):
    assert client.get(to("note_deleted_list")).url.startswith(to("sign_in"))
    client.force_login(user)
    assert client.post(to("note_deleted_list")).status_code == 405


def test_a_note_that_is_sent_twice_is_one_note(client, user):
    client.force_login(user)
    issue = make_issue()
    at, other = to("note_create", issue.pk), to("note_create", make_issue().pk)
    texts = {"kind": "note", "body": "Once."}

    first, second = (client.post(at, texts) for _ in range(2))
    client.post(other, texts)
    client.post(at, texts | {"kind": "quote", "quote": "Once."})

    assert first["Location"] == second["Location"]
    assert Note.objects.filter(issue=issue).count() == 2
    assert Note.objects.count() == 3
    client.post(to("note_delete", Note.objects.filter(issue=issue).first().pk))
    Note.objects.update(created_at=timezone.now() - writing.REPEATED)
    client.post(at, texts)
    assert Note.objects.count() == 4
