"""Of an issue's readings one is current and tells its state; each has the date of its issue."""

import contextlib
import datetime
import random

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Act, Reading, State
from accounts.partial_dates import UNKNOWN, PartialDate
from accounts.reading import marking
from catalog.curation.changeset import Curation
from catalog.models import ChangeBatch, Issue
from tests.factories import make_issue, make_reading, make_user

pytestmark = pytest.mark.django_db
UNREAD, QUEUED, READING, READ = State.UNREAD, State.QUEUED, State.READING, State.READ
YEAR = PartialDate.parse("2019")


@pytest.fixture
def user():
    return make_user()


@pytest.fixture
def issue():
    return make_issue(date=datetime.date(2024, 5, 1))


def state(user, issue):
    """Return the state of an issue as its current reading tells it."""
    rows = Reading.objects.of(user).current().filter(issue=issue).values_list("state", flat=True)
    assert len(rows) <= 1
    return State(rows[0]) if rows else UNREAD


def check(user):
    """Hold what stands against what is said of it."""
    by_issue = {}
    for row in Reading.objects.of(user).select_related("issue").order_by("id"):
        by_issue.setdefault(row.issue_id, []).append(row)
        assert row.issue_date == row.issue.date
    for pk, rows in by_issue.items():
        (current,) = [row for row in rows if row.is_current]
        unfinished = [row for row in rows if row.state != READ]
        assert current == (unfinished[0] if unfinished else rows[-1])
        assert state(user, pk) == marking.state_of(rows)


def edit_date(issue, date):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(Issue.objects.get(pk=issue.pk), {"date": date})


@pytest.mark.parametrize("last", State)
@pytest.mark.parametrize("then", State)
@pytest.mark.parametrize("first", State)
def test_after_marks_the_current_reading_tells_the_last_one(user, issue, first, then, last):
    for mark in (first, then, last):
        marking.mark(user, [issue.pk], mark)

        check(user)
        assert state(user, issue) == mark


@pytest.mark.parametrize("mark", State)
def test_a_finished_reading_added_is_current(user, issue, mark):
    marking.mark(user, [issue.pk], mark, on=PartialDate.parse("2010"))

    marking.add(user, issue.pk, YEAR)

    check(user)
    assert state(user, issue) == READ
    assert Reading.objects.current().get().date_of(READ) == YEAR


def test_of_finished_readings_the_one_recorded_last_is_current(user, issue):
    for year in ("2019", "2021", "2020"):
        marking.add(user, issue.pk, PartialDate.parse(year))
        check(user)

    assert str(Reading.objects.current().get().date_of(READ)) == "2020"


def test_begun_again_the_second_reading_is_current_and_dropped_the_first_one_is(user, issue):
    marking.mark(user, [issue.pk], READ)
    first = Reading.objects.get()
    marking.mark(user, [issue.pk], READING)
    second = Reading.objects.exclude(pk=first.pk).get()
    assert Reading.objects.current().get() == second

    marking.drop(user, second)
    check(user)
    assert Reading.objects.current().get() == first

    marking.drop(user, first)
    assert state(user, issue) == UNREAD


def test_dropped_the_finished_one_leaves_the_unfinished_one_current(user, issue):
    marking.mark(user, [issue.pk], READ)
    first = Reading.objects.get()
    marking.mark(user, [issue.pk], QUEUED)

    marking.drop(user, first)

    check(user)
    assert state(user, issue) == QUEUED


def test_corrected_dates_leave_the_current_reading_current(user, issue):
    marking.mark(user, [issue.pk], READ)
    marking.mark(user, [issue.pk], READING)
    first, second = Reading.objects.order_by("id")

    marking.correct_dates(user, first, {READ: YEAR})
    marking.correct_dates(user, second, {READING: YEAR})

    check(user)
    assert Reading.objects.current().get() == second


def test_the_queue_arranged_leaves_each_current_and_dated(user):
    issues = [make_issue(), make_issue(), make_issue()]
    marking.mark(user, [issue.pk for issue in issues], QUEUED)

    marking.move(user, issues[2].pk, "top")
    marking.arrange(user, [issue.pk for issue in reversed(issues)])

    check(user)
    assert {state(user, issue) for issue in issues} == {QUEUED}


ACTS = {
    "mark": lambda user, issue, row: marking.mark(user, [issue.pk], READING),
    "take back": lambda user, issue, row: marking.mark(user, [issue.pk], UNREAD),
    "add": lambda user, issue, row: marking.add(user, issue.pk, YEAR),
    "drop": lambda user, issue, row: marking.drop(user, row),
    "date": lambda user, issue, row: marking.correct_dates(user, row, {READ: YEAR}),
}


@pytest.mark.parametrize("again", [None, QUEUED])
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS.keys())
def test_an_act_undone_and_undone_again_has_the_current_one_of_then(user, issue, act, again):
    marking.mark(user, [issue.pk], READ)
    row = Reading.objects.get()
    if again:
        marking.mark(user, [issue.pk], again)

    def stands():
        check(user)
        return list(Reading.objects.order_by("id").values("id", "state", "is_current"))

    before = stands()
    outcome = act(user, issue, row)
    after = stands()
    for number in range(4):
        outcome = marking.undo(user, outcome.act)
        assert stands() == (after if number % 2 else before)


def test_an_undo_brings_readings_back_with_the_date_that_the_issue_has_now(user, issue):
    marking.mark(user, [issue.pk], READ)
    marking.mark(user, [issue.pk], READING)
    act = marking.mark(user, [issue.pk], UNREAD).act
    edit_date(issue, datetime.date(2020, 2, 29))

    marking.undo(user, act)

    check(user)
    assert {row.issue_date for row in Reading.objects.all()} == {datetime.date(2020, 2, 29)}


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_done_and_undone_one_reading_of_each_issue_is_current(user, seed):
    chance = random.Random(seed)
    issues = [make_issue() for _ in range(3)]
    other = make_user()
    marking.mark(other, [issue.pk for issue in issues], READING)

    def a_mark():
        chosen = [issue.pk for issue in chance.sample(issues, chance.randint(1, 3))]
        marking.mark(user, chosen, chance.choice(list(State)))

    def an_add():
        year = PartialDate.parse(str(chance.randint(2010, 2020)))
        with contextlib.suppress(marking.OutOfOrder):
            marking.add(user, chance.choice(issues).pk, chance.choice([year, UNKNOWN]))

    def a_drop():
        if rows := list(Reading.objects.of(user)):
            marking.drop(user, chance.choice(rows))

    def a_date():
        if rows := list(Reading.objects.of(user)):
            row = chance.choice(rows)
            with contextlib.suppress(marking.OutOfOrder):
                marking.correct_dates(user, row, {State(row.state): YEAR})

    def a_move():
        marking.move(user, chance.choice(issues).pk, chance.choice(["up", "down", "top", "bottom"]))

    def an_undo():
        for act in Act.objects.of(user).filter(undone_by=None).order_by("-id")[:3]:
            try:
                marking.undo(user, act)
            except marking.MovedOn:
                continue
            break

    def a_correction():
        day = datetime.date(2020, 1, 1) + datetime.timedelta(days=chance.randrange(2000))
        edit_date(chance.choice(issues), day)

    for _ in range(40):
        acts = [a_mark, an_add, a_drop, a_date, a_move, an_undo, a_correction]
        chance.choices(acts, weights=[5, 2, 2, 1, 1, 4, 1])[0]()
        check(user)
    check(other)
    assert {state(other, issue) for issue in issues} == {READING}


def test_a_corrected_date_moves_all_readings_of_the_issue_and_no_other(user, issue):
    other = make_issue(date=datetime.date(2023, 1, 1))
    for reader in (user, make_user()):
        marking.mark(reader, [issue.pk, other.pk], READ)
        marking.mark(reader, [issue.pk], QUEUED)

    edit_date(issue, datetime.date(2019, 12, 31))

    dates = set(Reading.objects.values_list("issue", "issue_date"))
    assert dates == {(issue.pk, datetime.date(2019, 12, 31)), (other.pk, other.date)}
    assert Reading.objects.filter(issue=issue).count() == 4


def test_dates_corrected_all_at_once_move_the_readings_too(user, issue):
    marking.mark(user, [issue.pk], READ)

    Issue.objects.update(date=datetime.date(2018, 1, 1))

    check(user)


def test_any_other_edit_leaves_readings_alone(user, issue):
    marking.mark(user, [issue.pk], READ)
    before = Reading.objects.values().get()

    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(issue, {"title": "Another", "tier": 1, "tags": ["moon"]})

    assert Reading.objects.values().get() == before


def test_no_issue_has_two_current_readings_of_one_reader(user, issue):
    make_reading(user=user, issue=issue)
    make_reading(user=user, issue=issue)

    with pytest.raises(IntegrityError), transaction.atomic():
        Reading.objects.update(is_current=True)

    make_reading(user=make_user(), issue=issue)
    make_reading(user=user, issue=make_issue())
    assert Reading.objects.current().count() == 3


def test_an_issue_may_have_many_readings_that_are_not_current(user, issue):
    for _ in range(3):
        make_reading(user=user, issue=issue)

    check(user)
    assert Reading.objects.count() == 3
