"""Two readers mark, date, queue, arrange, undo and note, against a plain model of dicts."""

import copy
import datetime
import itertools

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from accounts.models import Act, Event, Note, Reading, State, User
from accounts.notes import writing
from accounts.partial_dates import UNKNOWN, PartialDate
from accounts.reading import marking
from tests.factories import make_issue, make_user
from tests.machine import IS_CI

STEPS = ["queued", "reading", "read"]
ISSUES, READERS = 5, 2

readers = st.integers(0, READERS - 1)
issues = st.integers(0, ISSUES - 1)
some_issues = st.lists(issues, min_size=1, max_size=ISSUES, unique=True)
states = st.sampled_from(["unread", *STEPS])
texts = st.sampled_from(["One", "Two", "*Three*"])
# None is left out, "" is not known.
dates = st.sampled_from([None, "", "2019", "2020-02", "2020-02-29", "2024-12-31"])


class Refused(Exception):
    """A step is dated before an earlier one."""


def when(text):
    return text if text is None else PartialDate.parse(text) if text else UNKNOWN


def is_before(row, later, earlier):
    """Whether the last day of a step lies before the first of an earlier one, as texts."""
    then, first = row["dates"].get(later), row["dates"].get(earlier)
    return bool(
        then and first and (then + "-12-31"[len(then) - 4 :])[:10] < (first + "-01-01")[:10]
    )


def set_date(row, state, on):
    row["dates"].pop(state, None)
    if on:
        row["dates"][state] = on


def forget_queueing(row, state):
    if is_before(row, state, "queued"):
        row["dates"].pop("queued")


class Shelf:
    """The data of one reader: readings by issue, as dicts of state, dates and rank in the queue."""

    def __init__(self):
        self.readings = {}
        self.acts = []
        self.undone = set()
        self.clock = 0
        self.notes = []
        self.note_writes = 0

    def state(self, issue):
        rows = self.readings.get(issue, [])
        open_rows = [row for row in rows if row["state"] != "read"]
        return open_rows[0]["state"] if open_rows else "read" if rows else "unread"

    def queue(self):
        ranked = [
            (row["rank"], issue)
            for issue, rows in self.readings.items()
            for row in rows
            if row["state"] == "queued"
        ]
        return [issue for _, issue in sorted(ranked)]

    def open_row(self, issue):
        return next((r for r in self.readings.get(issue, []) if r["state"] != "read"), None)

    def act(self, change):
        """Apply a change to a copy; remember what it did to each issue, or nothing if nothing."""
        after = copy.deepcopy(self)
        change(after)
        touched = {
            issue: (self.readings.get(issue, []), after.readings.get(issue, []))
            for issue in self.readings.keys() | after.readings.keys()
            if self.readings.get(issue, []) != after.readings.get(issue, [])
        }
        if touched:
            self.readings, self.clock = after.readings, self.clock + 1
            self.acts.append(touched)
        return bool(touched)

    def mark(self, issue, state, on, today, index):
        rows = self.readings.setdefault(issue, [])
        if self.state(issue) == state:
            if on is not None and rows:
                self.date(self.open_row(issue) or rows[-1], state, on)
            return
        if state == "unread":
            rows.clear()
            return
        row = self.open_row(issue)
        if row is None:
            # A new thing each time: two readings are never the same one.
            row = {"dates": {}, "made": (self.clock, index)}
            rows.append(row)
        row["state"] = state
        row["marked"] = self.clock
        if on is None:
            row["dates"][state] = today
        else:
            self.date(row, state, on)
        for later in STEPS[STEPS.index(state) + 1 :]:
            row["dates"].pop(later, None)
        row["rank"] = (self.clock, index) if state == "queued" else None

    def date(self, row, state, on):
        set_date(row, state, on)
        forget_queueing(row, state)
        if state == "read" and is_before(row, "read", "reading"):
            raise Refused


class ReadingMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.users = [make_user() for _ in range(READERS)]
        self.issues = [make_issue() for _ in range(ISSUES)]
        self.shelves = [Shelf() for _ in range(READERS)]
        self.today = self.users[0].local_date().isoformat()

    def teardown(self):
        Event.objects.all().delete()
        Act.objects.all().delete()
        Reading.objects.all().delete()
        Note.objects.all().delete()

    def ids(self, numbers):
        return [self.issues[number].pk for number in numbers]

    def did(self, reader, outcome, changed):
        assert (outcome.act is not None) == changed
        self.check(reader)

    def write(self, reader, write, change):
        """Do the same to the room and to the shelf: both refuse it, or both change alike."""
        shelf = self.shelves[reader]
        try:
            changed = shelf.act(change)
        except Refused:
            with pytest.raises(marking.OutOfOrder):
                write()
            self.check(reader)
        else:
            self.did(reader, write(), changed)

    @rule(reader=readers, chosen=some_issues, state=states, on=dates)
    def mark(self, reader, chosen, state, on):
        def change(copied):
            for index, issue in enumerate(chosen):
                copied.mark(issue, state, on, self.today, index)

        def write():
            user, ids = self.users[reader], self.ids(chosen)
            return marking.mark(user, ids, State(state), on=when(on))

        self.write(reader, write, change)

    @rule(reader=readers, issue=issues, state=states, seen=states)
    def mark_from_a_page(self, reader, issue, state, seen):
        shelf = self.shelves[reader]
        stands = shelf.state(issue)
        outcome = marking.mark(
            self.users[reader], self.ids([issue]), State(state), seen=State(seen)
        )
        if stands not in (seen, state):
            assert outcome.stale == self.ids([issue])
            self.did(reader, outcome, False)
        else:
            changed = shelf.act(lambda copied: copied.mark(issue, state, None, self.today, 0))
            self.did(reader, outcome, changed)

    @rule(reader=readers, issue=issues, on=dates.filter(lambda on: on is not None))
    def add(self, reader, issue, on):
        def change(copied):
            rows = copied.readings.setdefault(issue, [])
            if copied.open_row(issue):
                copied.mark(issue, "read", on, self.today, 0)
            elif all(row["dates"].get("read", "") != on for row in rows):
                new = {"state": "read", "dates": {}, "rank": None}
                set_date(new, "read", on)
                rows.append(new | {"made": (copied.clock, 0), "marked": copied.clock})

        def write():
            return marking.add(self.users[reader], self.issues[issue].pk, when(on))

        self.write(reader, write, change)

    @rule(reader=readers, issue=issues, number=st.integers(0, 3))
    def drop(self, reader, issue, number):
        rows = Reading.objects.of(self.users[reader]).filter(issue=self.issues[issue])
        if number < len(rows):
            outcome = marking.drop(self.users[reader], rows[number])
            changed = self.shelves[reader].act(lambda copied: copied.readings[issue].pop(number))
            self.did(reader, outcome, changed)

    @rule(
        reader=readers,
        issue=issues,
        number=st.integers(0, 3),
        state=st.sampled_from(STEPS),
        on=dates,
    )
    def correct(self, reader, issue, number, state, on):
        rows = Reading.objects.of(self.users[reader]).filter(issue=self.issues[issue])
        if number >= len(rows):
            return
        new = {State(state): PartialDate.parse(on) if on else None}
        kept = self.shelves[reader].readings[issue][number]
        if STEPS.index(state) > STEPS.index(kept["state"]):
            with pytest.raises(Reading.DoesNotExist):
                marking.correct_dates(self.users[reader], rows[number], new)
            return

        def change(copied):
            row = copied.readings[issue][number]
            queued = row["dates"].get("queued")
            set_date(row, state, on)
            for earlier, later in itertools.combinations(STEPS, 2):
                if state in (earlier, later) and is_before(row, later, earlier):
                    if earlier != "queued" or row["dates"]["queued"] != queued:
                        raise Refused
                    forget_queueing(row, later)

        def write():
            return marking.correct_dates(self.users[reader], rows[number], new)

        self.write(reader, write, change)

    @rule(
        reader=readers,
        issue=issues,
        to=st.sampled_from(["up", "down", "top", "bottom"]) | st.integers(1, ISSUES + 1),
    )
    def move(self, reader, issue, to):
        def change(copied):
            queue = copied.queue()
            if issue not in queue:
                return
            index, end = queue.index(issue), len(queue) - 1
            places = {"up": index - 1, "down": index + 1, "top": 0, "bottom": end}
            place = max(0, min(end, places[to] if to in places else to - 1))
            if place in (0, end) and abs(place - index) > 1:
                copied.open_row(issue)["rank"] = (copied.clock if place else -copied.clock, 0)
                return
            ranks = [copied.open_row(each)["rank"] for each in queue]
            queue.insert(place, queue.pop(index))
            for each, rank in zip(queue, ranks, strict=True):
                copied.open_row(each)["rank"] = rank

        outcome = marking.move(self.users[reader], self.issues[issue].pk, to)
        self.did(reader, outcome, self.shelves[reader].act(change))

    @rule(reader=readers, order=some_issues)
    def arrange(self, reader, order):
        def change(copied):
            rows = [copied.open_row(issue) for issue in order if issue in copied.queue()]
            ranks = sorted(row["rank"] for row in rows)
            for row, rank in zip(rows, ranks, strict=True):
                row["rank"] = rank

        outcome = marking.arrange(self.users[reader], self.ids(order))
        self.did(reader, outcome, self.shelves[reader].act(change))

    @rule(reader=readers, back=st.integers(0, 4))
    def undo(self, reader, back):
        shelf, user = self.shelves[reader], self.users[reader]
        number = len(shelf.acts) - 1 - back
        if number < 0:
            return
        act = Act.objects.of(user).order_by("id")[number]
        touched = shelf.acts[number]
        if number in shelf.undone:
            self.did(reader, marking.undo(user, act), False)
        elif any(shelf.readings.get(issue, []) != after for issue, (_, after) in touched.items()):
            with pytest.raises(marking.MovedOn):
                marking.undo(user, act)
            self.check(reader)
        else:

            def change(copied):
                for issue, (before, _) in touched.items():
                    copied.readings[issue] = copy.deepcopy(before)

            shelf.undone.add(number)
            self.did(reader, marking.undo(user, act), shelf.act(change))

    @rule(reader=readers, issue=issues, text=texts)
    def note(self, reader, issue, text):
        shelf, issue_id = self.shelves[reader], self.issues[issue].pk
        note = writing.create_note(self.users[reader], issue_id, kind="note", body=text)
        shelf.notes.append({"id": note.pk, "texts": [text], "deleted": False})
        shelf.note_writes += 1
        self.check(reader)

    @rule(reader=readers, number=st.integers(0, 3), text=texts, behind=st.integers(0, 1))
    def edit_note(self, reader, number, text, behind):
        shelf, user = self.shelves[reader], self.users[reader]
        if number >= len(shelf.notes):
            return
        kept = shelf.notes[number]
        version = len(kept["texts"]) - behind
        if kept["deleted"]:
            with pytest.raises(Note.DoesNotExist):
                writing.edit_note(user, kept["id"], version, kind="note", body=text)
        elif behind and text != kept["texts"][-1]:
            with pytest.raises(writing.NoteMovedOn):
                writing.edit_note(user, kept["id"], version, kind="note", body=text)
        else:
            writing.edit_note(user, kept["id"], version, kind="note", body=text)
            shelf.note_writes += 1
            if text != kept["texts"][-1]:
                kept["texts"].append(text)
        self.check(reader)

    @rule(reader=readers, number=st.integers(0, 3), deleted=st.booleans())
    def delete_or_restore_note(self, reader, number, deleted):
        shelf = self.shelves[reader]
        if number < len(shelf.notes):
            write = writing.delete_note if deleted else writing.restore_note
            write(self.users[reader], shelf.notes[number]["id"])
            shelf.notes[number]["deleted"] = deleted
            shelf.note_writes += 1
            self.check(reader)

    def check(self, reader):
        """Compare both readers with their shelves: nobody's act touches what is another's."""
        for user, shelf in zip(self.users, self.shelves, strict=True):
            found = {}
            for row in Reading.objects.of(user).order_by("id"):
                steps = {step: row.date_of(step) for step in STEPS}
                found.setdefault(row.issue_id, []).append(
                    (row.state, {step: str(date) for step, date in steps.items() if date})
                )
            expected = {
                self.issues[issue].pk: [(row["state"], row["dates"]) for row in rows]
                for issue, rows in shelf.readings.items()
                if rows
            }
            assert found == expected
            queue = Reading.objects.of(user).queued().values_list("issue", flat=True)
            assert list(queue) == self.ids(shelf.queue())
            undoable = [
                number not in shelf.undone
                and all(shelf.readings.get(issue, []) == after for issue, (_, after) in act.items())
                for number, act in enumerate(shelf.acts)
            ]
            acts = Act.objects.of(user).for_list().order_by("id")
            assert [act.is_undoable for act in acts] == undoable
            standing = [note["texts"] for note in shelf.notes if not note["deleted"]]
            found_notes = Note.objects.of(user).order_by("id")
            assert [
                [*(each.body for each in note.versions.order_by("version")), note.body]
                for note in found_notes
            ] == standing
            writes = len(shelf.acts) + shelf.note_writes
            assert User.objects.get(pk=user.pk).version == writes


def run(examples):
    run_state_machine_as_test(
        ReadingMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=50,
            deadline=datetime.timedelta(seconds=30),
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


@pytest.mark.full
@pytest.mark.django_db
def test_readings_equal_a_plain_model():
    run(20 if IS_CI else 5)


@pytest.mark.slow
@pytest.mark.django_db
def test_readings_equal_a_plain_model_over_500_runs():
    run(500)
