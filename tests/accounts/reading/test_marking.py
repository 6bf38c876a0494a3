import datetime
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.db import IntegrityError, transaction
from django.db.migrations.exceptions import IrreversibleError

from accounts.models import Act, Event, Reading, State, User
from accounts.partial_dates import UNKNOWN, PartialDate
from accounts.reading import marking
from tests.factories import make_issue, make_reading, make_user
from tests.nonempty import some

pytestmark = pytest.mark.django_db
UNREAD, QUEUED, READING, READ = State.UNREAD, State.QUEUED, State.READING, State.READ


@pytest.fixture
def user():
    return make_user(time_zone="Europe/Paris")


def states(user, issue):
    return [row.state for row in Reading.objects.of(user).filter(issue=issue)]


def everything(user):
    return {
        issue: [row.as_json() for row in rows]
        for issue in Reading.objects.of(user).values_list("issue", flat=True).distinct()
        for rows in [Reading.objects.of(user).filter(issue=issue)]
    }


def queue(user):
    return list(Reading.objects.of(user).queued().values_list("issue", flat=True))


@pytest.mark.parametrize("first", State)
@pytest.mark.parametrize("second", State)
def test_any_state_follows_any_other(user, first, second):
    issue = make_issue()
    marking.mark(user, [issue.pk], first)

    marking.mark(user, [issue.pk], second)

    rows = list(Reading.objects.of(user))
    assert marking.state_of(rows) == second


def test_each_step_has_the_readers_own_date(user):
    issue = make_issue()
    with time_machine.travel("2024-03-04T23:30:00Z", tick=False):
        marking.mark(user, [issue.pk], QUEUED)
    with time_machine.travel("2024-03-06T12:00:00Z", tick=False):
        marking.mark(user, [issue.pk], READING)
    marking.mark(user, [issue.pk], READ, on=PartialDate.parse("2024-04"))

    row = Reading.objects.get()
    assert [str(row.date_of(state)) for state in (QUEUED, READING, READ)] == [
        "2024-03-05",
        "2024-03-06",
        "2024-04",
    ]


def test_a_step_back_forgets_the_steps_after_it(user):
    issue = make_issue()
    for state in (QUEUED, READING, QUEUED):
        marking.mark(user, [issue.pk], state)

    row = Reading.objects.get()
    assert (row.state, row.started_on) == (QUEUED, None)
    assert row.place is not None


def test_reading_again_is_a_second_reading_and_the_first_stays(user):
    issue = make_issue()
    marking.mark(user, [issue.pk], READ, on=PartialDate.parse("2023"))

    marking.mark(user, [issue.pk], READING)
    assert states(user, issue) == [READ, READING]
    marking.mark(user, [issue.pk], READ)

    first, second = Reading.objects.of(user)
    assert str(first.date_of(READ)) == "2023"
    assert second.read_on == user.local_date()


def test_marking_what_is_so_already_changes_nothing(user):
    issue = make_issue()
    marking.mark(user, [issue.pk], READ)
    before, version = everything(user), User.objects.get(pk=user.pk).version

    outcome = marking.mark(user, [issue.pk], READ)

    assert outcome == marking.Outcome()
    assert (everything(user), Act.objects.count()) == (before, 1)
    assert User.objects.get(pk=user.pk).version == version


def test_marking_what_is_so_already_with_a_date_corrects_the_date(user):
    issue = make_issue()
    marking.mark(user, [issue.pk], READ)

    marking.mark(user, [issue.pk], READ, on=PartialDate.parse("2024-02-29"))

    assert Reading.objects.get().read_on == datetime.date(2024, 2, 29)


def test_an_issue_that_has_moved_on_since_it_was_seen_is_left_alone(user):
    issue = make_issue()
    marking.mark(user, [issue.pk], READ)

    outcome = marking.mark(user, [issue.pk], QUEUED, seen=UNREAD)

    assert (outcome.act, outcome.stale) == (None, [issue.pk])
    assert states(user, issue) == [READ]


@pytest.mark.parametrize("on", ["2019-05", None])
def test_an_earlier_reading_is_added_once_beside_what_is_read(user, on):
    issue = make_issue()
    date = PartialDate.parse(on) if on else UNKNOWN
    marking.mark(user, [issue.pk], READ)

    marking.add(user, issue.pk, date)
    outcome = marking.add(user, issue.pk, date)

    first, second = Reading.objects.of(user)
    assert outcome.act is None
    assert (first.read_on, first.state) == (user.local_date(), READ)
    assert (second.state, str(second.date_of(READ))) == (READ, str(on))


@pytest.mark.parametrize("on", ["2024-11-24", "2024-11", "2024", None])
@pytest.mark.parametrize("state", [QUEUED, READING])
def test_a_finished_reading_of_what_is_open_finishes_it_in_one_act(user, state, on):
    issue, others = make_issue(), [make_issue().pk, make_issue().pk]
    marking.mark(user, [others[0], issue.pk, others[1]], QUEUED, on=PartialDate.parse("2024-11-01"))
    if state == READING:
        marking.mark(user, [issue.pk], READING, on=PartialDate.parse("2024-11-20"))
    before, number = everything(user), Act.objects.count()

    done = marking.add(user, issue.pk, PartialDate.parse(on) if on else UNKNOWN)

    row = Reading.objects.get(issue=issue)
    assert (row.state, row.place, str(row.date_of(READ))) == (READ, None, str(on))
    assert str(row.date_of(QUEUED)) == "2024-11-01"
    assert str(row.date_of(READING)) == ("2024-11-20" if state == READING else "None")
    assert done.finished == [issue.pk]
    assert (queue(user), Act.objects.count()) == (others, number + 1)
    marking.undo(user, done.act)
    assert everything(user) == before


def test_what_was_read_before_it_was_queued_did_not_come_from_the_queue(user):
    issue = make_issue()
    marking.mark(user, [issue.pk], QUEUED)

    marking.add(user, issue.pk, PartialDate.parse("2019"))

    assert Reading.objects.get().date_of(QUEUED) is None


@pytest.mark.parametrize(
    ("began", "ended", "message"),
    [
        ("2024-10-20", "2024-10-01", "on 20 October 2024, so it cannot be finished on 1 October"),
        ("2024-10-20", "2024-09", "on 20 October 2024, so it cannot be finished in September 2024"),
        ("2024-10-20", "2023", "on 20 October 2024, so it cannot be finished in 2023"),
        ("2024-10", "2024-09-30", "in October 2024, so it cannot be finished on 30 September"),
        ("2024", "2023-12-31", "in 2024, so it cannot be finished on 31 December 2023"),
        ("2024-10-20", "2024-10-20", None),
        ("2024-10-20", "2024-10", None),
        ("2024-10-20", "2024", None),
        ("2024-10", "2024-10-01", None),
        ("2024", "2024-01-01", None),
        ("2024", "2024-02", None),
    ],
)
@pytest.mark.parametrize(
    "finish",
    [
        lambda user, row, on: marking.add(user, row.issue_id, on),
        lambda user, row, on: marking.mark(user, [row.issue_id], READ, on=on),
        lambda user, row, on: marking.mark_each(user, [marking.Mark(row.issue_id, READ, on)]),
        lambda user, row, on: (
            marking.mark(user, [row.issue_id], READ),
            marking.mark(user, [row.issue_id], READ, on=on),
        ),
        lambda user, row, on: (
            marking.mark(user, [row.issue_id], READ),
            marking.correct_dates(user, row, {READ: on}),
        ),
    ],
    ids=["add", "mark", "bulk", "mark again", "correct"],
)
def test_what_was_surely_begun_later_cannot_be_finished_then(user, finish, began, ended, message):
    marking.mark(user, [make_issue().pk], READING, on=PartialDate.parse(began))
    row, on = Reading.objects.get(), PartialDate.parse(ended)

    if message is None:
        finish(user, row, on)
        assert Reading.objects.get().date_of(READ) == on
    else:
        with pytest.raises(marking.OutOfOrder, match=f"You began it {message}"):
            finish(user, row, on)
        assert Reading.objects.get().date_of(READ) in (None, PartialDate(user.local_date()))


@pytest.mark.parametrize(
    ("dates", "given", "message"),
    [
        ({READING: "2021"}, READING, "You began it in 2021, so it cannot be finished in 2020."),
        (
            {QUEUED: "2018", READING: "2017"},
            READING,
            "You queued it in 2018, so it cannot be begun in 2017.",
        ),
        ({QUEUED: "2021"}, QUEUED, "You queued it in 2021, so it cannot be finished in 2020."),
    ],
)
def test_dates_are_not_corrected_into_another_order(user, dates, given, message):
    issue = make_issue()
    for state, year in ((QUEUED, "2019"), (READ, "2020")):
        marking.mark(user, [issue.pk], state, on=PartialDate.parse(year))
    before = everything(user)

    with pytest.raises(marking.OutOfOrder) as refused:
        marking.correct_dates(
            user,
            Reading.objects.get(),
            {state: PartialDate.parse(on) for state, on in dates.items()},
        )

    assert (refused.value.state, str(refused.value)) == (given, message)
    assert everything(user) == before


@pytest.mark.parametrize("given", [{}, {QUEUED: "2019"}])
def test_a_queueing_that_stands_gives_way_to_an_earlier_date(user, given):
    issue = make_issue()
    for state, year in ((QUEUED, "2019"), (READ, "2020")):
        marking.mark(user, [issue.pk], state, on=PartialDate.parse(year))
    dates = given | {READ: "2018"}

    marking.correct_dates(
        user, Reading.objects.get(), {state: PartialDate.parse(on) for state, on in dates.items()}
    )

    row = Reading.objects.get()
    assert (row.date_of(QUEUED), str(row.date_of(READ))) == (None, "2018")


def test_who_travels_west_can_still_mark_as_read_what_was_begun_tomorrow(user):
    issue = make_issue()
    user.time_zone = "Pacific/Kiritimati"
    user.save()
    with time_machine.travel("2024-03-05T11:00Z", tick=False):
        marking.mark(user, [issue.pk], READING)
        user.time_zone = "Etc/GMT+12"
        user.save()
        marking.mark(user, [issue.pk], READ)

    assert str(Reading.objects.get().date_of(READ)) == "2024-03-04"


def test_read_without_knowing_when_is_read_and_can_be_dated_later(user):
    issue = make_issue()

    marking.mark(user, [issue.pk], READ, on=UNKNOWN)

    row = Reading.objects.get()
    assert (row.state, row.date_of(READ), row.read_precision) == (READ, None, None)
    assert marking.mark(user, [issue.pk], READ).act is None
    act = marking.mark(user, [issue.pk], READ, on=PartialDate.parse("2019")).act
    assert str(Reading.objects.get().date_of(READ)) == "2019"
    marking.undo(user, act)
    assert Reading.objects.get().date_of(READ) is None


def test_a_date_that_was_wrong_can_be_made_unknown(user):
    issue = make_issue()
    marking.mark(user, [issue.pk], READ)
    before = everything(user)

    act = marking.correct_dates(user, Reading.objects.get(), {READ: None}).act

    assert (Reading.objects.get().state, Reading.objects.get().read_on) == (READ, None)
    marking.undo(user, act)
    assert everything(user) == before


@pytest.mark.parametrize("state", [QUEUED, READING])
def test_the_database_refuses_a_date_of_reading_where_it_is_not_read(user, state):
    reading = make_reading(user=user, state=state)

    with pytest.raises(IntegrityError), transaction.atomic():
        Reading.objects.filter(pk=reading.pk).update(read_on="2024-01-01", read_precision="day")


def test_unread_takes_every_reading_of_an_issue_back(user):
    issue = make_issue()
    for state in (READ, QUEUED, UNREAD):
        marking.mark(user, [issue.pk], state)

    assert states(user, issue) == []
    assert Event.objects.count() == 3


def test_a_date_ahead_is_refused_in_the_readers_own_time_zone():
    west, east = make_user(time_zone="Etc/GMT+12"), make_user(time_zone="Pacific/Kiritimati")
    issue = make_issue()
    with time_machine.travel("2024-03-05T11:00:00Z", tick=False):
        marking.mark(east, [issue.pk], READ, on=PartialDate.parse("2024-03-06"))
        with pytest.raises(marking.FutureDate, match="5 March 2024 lies ahead"):
            marking.mark(west, [issue.pk], READ, on=PartialDate.parse("2024-03-05"))

    assert states(west, issue) == []


def test_a_month_or_year_that_has_begun_is_not_ahead(user):
    issue = make_issue()
    today = user.local_date()

    marking.mark(user, [issue.pk], READ, on=PartialDate.parse(f"{today.year}"))
    marking.mark(user, [issue.pk], READ, on=PartialDate.parse(f"{today:%Y-%m}"))

    assert Reading.objects.get().read_precision == "month"


def test_each_change_can_be_undone_exactly_and_done_again(user):
    issues = [make_issue() for _ in range(4)]
    ids = [issue.pk for issue in issues]
    marking.mark(user, ids, QUEUED)
    marking.mark(user, ids[:1], READ)
    acts = [
        lambda: marking.mark(user, [ids[0]], READING),
        lambda: marking.mark(user, ids, READ),
        lambda: marking.mark(user, ids[1:3], UNREAD),
        lambda: marking.mark(user, [ids[2]], QUEUED, on=PartialDate.parse("2021-06")),
        lambda: marking.move(user, ids[3], "top"),
        lambda: marking.move(user, ids[1], "down"),
        lambda: marking.arrange(user, reversed(ids)),
        lambda: marking.drop(user, Reading.objects.get(issue=ids[0])),
        lambda: marking.correct_dates(
            user, Reading.objects.get(issue=ids[0]), {READ: PartialDate.parse("2020")}
        ),
    ]
    for do in some(acts):
        before = everything(user)
        done = do().act
        after = everything(user)
        assert before != after

        undone = marking.undo(user, done).act
        assert everything(user) == before

        redone = marking.undo(user, undone).act
        assert everything(user) == after
        marking.undo(user, redone)


def test_undoing_twice_is_undoing_once(user):
    issue = make_issue()
    act = marking.mark(user, [issue.pk], READ).act
    marking.undo(user, act)

    assert marking.undo(user, act) == marking.Outcome()
    assert (states(user, issue), Act.objects.count()) == ([], 2)


def test_an_undo_whose_issue_has_moved_on_is_refused_whole(user):
    issues = [make_issue(), make_issue()]
    act = marking.mark(user, [issue.pk for issue in issues], READ).act
    marking.mark(user, [issues[1].pk], UNREAD)
    before = everything(user)

    with pytest.raises(marking.MovedOn):
        marking.undo(user, act)

    assert everything(user) == before


def test_an_undo_brings_back_the_place_in_the_queue(user):
    ids = [make_issue().pk for _ in range(3)]
    marking.mark(user, ids, QUEUED)
    act = marking.mark(user, [ids[1]], READ).act
    marking.mark(user, [make_issue(pk=9999).pk], QUEUED)

    marking.undo(user, act)

    assert queue(user) == [*ids, 9999]


@pytest.mark.parametrize(
    ("issue", "to", "order"),
    [
        (0, "up", "012"), (2, "up", "021"), (0, "down", "102"), (2, "down", "012"),
        (2, "top", "201"), (0, "top", "012"), (0, "bottom", "120"), (2, "bottom", "012"),
    ],
)  # fmt: skip
def test_the_queue_has_the_readers_own_order(user, issue, to, order):
    ids = [make_issue().pk for _ in range(3)]
    marking.mark(user, ids, QUEUED)

    marking.move(user, ids[issue], to)

    assert queue(user) == [ids[int(number)] for number in order]


def test_arranging_part_of_the_queue_leaves_the_rest_where_it_is(user):
    ids = [make_issue().pk for _ in range(5)]
    marking.mark(user, ids, QUEUED)

    marking.arrange(user, [ids[4], ids[2], 123_456, ids[0]])

    assert queue(user) == [ids[4], ids[1], ids[2], ids[3], ids[0]]


def test_a_way_to_move_that_there_is_not_is_refused(user):
    with pytest.raises(ValueError, match="'sideways' is no way to move"):
        marking.move(user, 1, "sideways")


def test_another_readers_reading_can_be_neither_corrected_nor_dropped(user):
    other = make_user()
    marking.mark(other, [make_issue().pk], READ)
    reading = Reading.objects.get()

    with pytest.raises(Reading.DoesNotExist):
        marking.drop(user, reading)
    with pytest.raises(Reading.DoesNotExist):
        marking.correct_dates(user, reading, {READ: PartialDate.parse("2020")})

    assert Reading.objects.get().read_on == reading.read_on


def test_a_step_that_was_not_taken_has_no_date_to_correct(user):
    marking.mark(user, [make_issue().pk], QUEUED)

    with pytest.raises(Reading.DoesNotExist):
        marking.correct_dates(user, Reading.objects.get(), {READ: PartialDate.parse("2020")})


def test_the_database_refuses_a_second_unfinished_reading(user):
    issue = make_issue()
    marking.mark(user, [issue.pk], READING)
    row = Reading.objects.get()
    row.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_a_bulk_takes_as_many_queries_as_one(user, django_assert_num_queries):
    few, many = ([make_issue().pk for _ in range(number)] for number in (1, 60))

    with django_assert_num_queries(9):
        marking.mark(user, few, READ)
    with django_assert_num_queries(9):
        marking.mark(user, many, READ)


def test_no_migration_back_loses_a_reading_without_a_date(user):
    migration = import_module("accounts.migrations.0009_unknown_dates")
    marking.mark(user, [make_issue().pk], READ)
    migration.refuse_undated(apps, None)
    marking.mark(user, [make_issue().pk], READ, on=UNKNOWN)

    with pytest.raises(IrreversibleError, match="1 finished readings have no date"):
        migration.refuse_undated(apps, None)
