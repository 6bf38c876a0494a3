"""Many writers at once: what one reader does in several windows, and many readers together."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.browsing import saved_views
from accounts.models import Act, Event, Note, NoteVersion, Reading, SavedView, State, User
from accounts.notes import writing
from accounts.reading import marking
from tests.factories import make_issue, make_note, make_user

WRITERS = 16


def at_once(work, jobs):
    """Do some work for each job in a thread, and so on a connection, of its own."""

    def closing(job):
        try:
            return work(job)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(closing, jobs))


def write(users, issues, number, times):
    """Write notes and marks for one of the readers, and return how many of each were written."""
    user, chance = users[number % len(users)], random.Random(number)
    written = {"notes": 0, "acts": 0}
    for turn in range(times):
        issue = chance.choice(issues)
        if turn % 2:
            writing.create_note(user, issue, kind="note", body=f"{number}.{turn}")
            written["notes"] += 1
        else:
            outcome = marking.mark(user, [issue], chance.choice(list(State)))
            written["acts"] += outcome.act is not None
    return written


def check_that_nothing_is_lost(times):
    users = [make_user() for _ in range(4)]
    issues = [make_issue().pk for _ in range(6)]

    done = at_once(lambda number: write(users, issues, number, times), range(WRITERS))

    texts = {f"{n}.{turn}" for n in range(WRITERS) for turn in range(times) if turn % 2}
    assert set(Note.objects.values_list("body", flat=True)) == texts
    assert Note.objects.count() == sum(each["notes"] for each in done) == len(texts)
    assert Act.objects.count() == Event.objects.count() == sum(each["acts"] for each in done)
    versions = sum(User.objects.values_list("version", flat=True))
    assert versions == Note.objects.count() + Act.objects.count()
    for user in users:
        for issue in issues:
            stood = []
            for event in Event.objects.filter(act__user=user, issue=issue).order_by("id"):
                # Each write began where the one before it ended: no update was lost.
                assert event.before == stood
                stood = event.after
            rows = Reading.objects.of(user).filter(issue=issue).order_by("id")
            assert [row.as_json() for row in rows] == stood


@pytest.mark.django_db(transaction=True)
def test_sixteen_writers_lose_nothing():
    check_that_nothing_is_lost(20)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_sixteen_writers_lose_nothing_in_a_thousand_writes_each():
    check_that_nothing_is_lost(1000)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_reading():
    user, issue = make_user(), make_issue()

    at_once(lambda _: marking.mark(user, [issue.pk], State.READING, seen=State.UNREAD), range(4))

    assert (Reading.objects.count(), Act.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_of_two_undos_at_once_one_counts():
    user, issue = make_user(), make_issue()
    act = marking.mark(user, [issue.pk], State.READ).act

    at_once(lambda _: marking.undo(user, act), range(4))

    assert (Reading.objects.count(), Act.objects.count()) == (0, 2)


@pytest.mark.django_db(transaction=True)
def test_a_new_view_that_is_sent_at_once_is_one_view():
    user = make_user()

    views = at_once(
        lambda _: saved_views.save_view_once(
            user, SavedView(query="tier=5"), name="Best", is_pinned=True
        ),
        range(4),
    )

    assert {view.pk for view in views} == {SavedView.objects.get().pk}


@pytest.mark.django_db(transaction=True)
def test_a_reading_that_is_taken_back_at_once_is_one_act():
    user = make_user()
    marking.mark(user, [make_issue().pk], State.READ)
    reading = Reading.objects.get()

    outcomes = at_once(lambda _: marking.drop_once(user, reading.pk), range(4))

    assert {outcome.act for outcome in outcomes} == {Act.objects.latest("id")}


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_of_one_version_one_wins_and_the_other_is_told():
    user = make_user()
    note = make_note(user=user, body="First")

    def save(text):
        try:
            return writing.edit_note(user, note.pk, 1, kind="note", body=text).body
        except writing.NoteMovedOn as moved:
            return moved.note.body

    done = at_once(save, ["Left", "Right", "Middle"])

    note.refresh_from_db()
    assert set(done) == {note.body}
    assert note.version == 2
    assert [each.body for each in NoteVersion.objects.all()] == ["First"]
