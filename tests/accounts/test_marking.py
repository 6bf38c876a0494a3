import datetime

import pytest
import time_machine
from django.db import IntegrityError, transaction

from accounts import marking
from accounts.models import Act, Event, Reading, State, User
from accounts.partial_dates import PartialDate
from tests.factories import make_issue, make_user
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


def test_an_earlier_reading_is_added_once_beside_what_stands(user):
    issue = make_issue()
    marking.mark(user, [issue.pk], QUEUED)

    marking.add(user, issue.pk, PartialDate.parse("2019-05"))
    outcome = marking.add(user, issue.pk, PartialDate.parse("2019-05"))

    rows = list(Reading.objects.of(user))
    assert (outcome.act, [row.state for row in rows]) == (None, [QUEUED, READ])
    assert marking.state_of(rows) == QUEUED


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
