"""Every write to a reader's state, and the append-only history that goes with it.

A `Writing` is one action of one reader, in one transaction: it locks the reader's row, so the
writes of one reader run one after another, changes readings, logs the readings of each issue before
and after, and increments the reader's version. The functions are the possible actions. Each returns
an `Outcome`; an action that changes nothing is not stored.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import Act, Event, Reading, State, User
from accounts.partial_dates import UNKNOWN, PartialDate, Unknown, When
from accounts.requests import REPEATED
from catalog.models import Cluster, Issue

# A place in the queue is `version * STRIDE + index`. Versions are never reused, so no two readings
# share a place, even if an undo restores an old one, and the queue is never renumbered.
STRIDE = 1_000_000

READING_COLUMNS = [
    field.attname for field in Reading._meta.concrete_fields if not field.primary_key
]
STEPS = list(Reading.STEPS)
MOVES = ("up", "down", "top", "bottom")
STARTS = {State.QUEUED: "queued", State.READING: "began"}
ENDS = {State.READING: "begun", State.READ: "finished"}


class FutureDate(ValueError):
    """A date in the future of the reader's time zone."""


class OutOfOrder(ValueError):
    """A step dated before an earlier one; `state` is the step whose date was given."""

    def __init__(self, state: State, message: str, issue: int) -> None:
        super().__init__(message)
        self.state = state
        self.issue = issue


class MovedOn(Exception):
    """The state that an undo would restore has been changed since."""


class StepNotTaken(Reading.DoesNotExist):
    """A date for a step that a reading has not reached; `state` is that step."""

    def __init__(self, state: State, message: str) -> None:
        super().__init__(message)
        self.state = state


class UnknownIssues(LookupError):
    """Some of the issues that were named are not there; `ids` are which."""

    def __init__(self, ids: set[int]) -> None:
        super().__init__(f"there is no issue {', '.join(map(str, sorted(ids)))}")
        self.ids = ids


class Mark(NamedTuple):
    """An issue, its new state, and the date, by default today."""

    issue: int
    state: State
    on: When = None


@dataclass(slots=True)
class Outcome:
    """The result: the action (None if nothing changed) and the ids of the changed issues.

    `finished` are the issues that are now read for the first time. `stale` are those that were left
    alone because they were not in the state that the reader saw. `kind`, `undoes` and `asked`, the
    ids in the request, describe the request whether it changed anything or not.
    """

    act: Act | None = None
    issue_ids: list[int] = field(default_factory=list)
    finished: list[int] = field(default_factory=list)
    stale: list[int] = field(default_factory=list)
    kind: Act.Kind = field(default=Act.Kind.MARK, compare=False)
    undoes: Act | None = field(default=None, compare=False)
    asked: set[int] = field(default_factory=set, compare=False)


class Writing:
    """One act of a reader whose row is held; `outcome` is ready once it is finished."""

    def __init__(self, user: User, kind: Act.Kind, undoes: Act | None) -> None:
        self.outcome = Outcome(kind=kind, undoes=undoes)
        self.now = timezone.now()
        self.today = user.local_date(self.now)
        self._user = user
        self._kind = kind
        self._undoes = undoes
        self._rows: dict[int, list[Reading]] = {}
        self._before: dict[int, list[dict[str, Any]]] = {}
        self._touched: dict[int, None] = {}
        self._dates: dict[int, datetime.date] = {}

    def dates(self, issue_ids: Iterable[int]) -> dict[int, datetime.date]:
        """Return the dates of existing issues, in one query."""
        if new := [pk for pk in issue_ids if pk not in self._dates]:
            self._dates |= dict(Issue.objects.filter(pk__in=new).values_list("pk", "date"))
        return self._dates

    def fetch(self, issue_ids: Iterable[int]) -> None:
        """Fetch the readings of these issues, in one query; only fetched issues can be changed."""
        new = [pk for pk in dict.fromkeys(issue_ids) if pk not in self._rows]
        self.outcome.asked.update(new)
        self._rows |= {pk: [] for pk in new}
        for row in Reading.objects.of(self._user).filter(issue__in=new).order_by("id"):
            self._rows[row.issue_id].append(row)
        self._before |= {pk: [row.as_json() for row in self._rows[pk]] for pk in new}

    def rows(self, issue_id: int) -> list[Reading]:
        return self._rows[issue_id]

    def kept(self, issue_id: int) -> list[dict[str, Any]]:
        """Return the fetched readings of an issue, in the form that the history stores."""
        return self._before[issue_id]

    def replace(self, issue_id: int, rows: list[Reading]) -> None:
        self._rows[issue_id] = rows
        self._touched[issue_id] = None

    def step(self, issue_id: int, state: State, on: When) -> None:
        """Take an issue to a state on a date, by default today; raise OutOfOrder."""
        if state == State.UNREAD:
            self.replace(issue_id, [])
            return
        row = unfinished(self._rows[issue_id])
        rows = self._rows[issue_id]
        if row is None:
            # A finished reading stays; later steps begin a second reading.
            row = Reading(user=self._user, issue_id=issue_id)
            rows = [*rows, row]
        row.state = state
        _date(row, state, on or PartialDate(self.today), is_given=on is not None)
        for later in STEPS[STEPS.index(state) + 1 :]:
            row.set_date(later, None)
        row.place = self.new_place() if state == State.QUEUED else None
        row.marked_at = self.now
        self.replace(issue_id, rows)

    def new_place(self, top: bool = False) -> int:
        """Return a place behind the whole queue, or before it."""
        place = (self._user.version + 1) * STRIDE + len(self._touched)
        return -place if top else place

    def queue(self) -> list[Reading]:
        """Return the reader's whole queue in order, as rows that may be changed."""
        queued = list(Reading.objects.of(self._user).queued().values_list("issue_id", flat=True))
        self.fetch(queued)
        return [row for pk in queued if (row := unfinished(self._rows[pk]))]

    def finish(self) -> None:
        """Write all differences with their history; nothing if there are none."""
        changed = [pk for pk in self._touched if self._after(pk) != self._before[pk]]
        if not changed:
            return
        self._settle(changed)
        self._save_readings(changed)
        act = Act.objects.create(
            user=self._user, kind=self._kind, at=self.now, on=self.today, undoes=self._undoes
        )
        Event.objects.bulk_create(
            Event(act=act, issue_id=pk, before=self._before[pk], after=self._after(pk))
            for pk in changed
        )
        User.objects.filter(pk=self._user.pk).update(version=F("version") + 1)
        self.outcome.act, self.outcome.issue_ids = act, changed
        self.outcome.finished = [
            pk for pk in changed if _is_read(self._after(pk)) and not _is_read(self._before[pk])
        ]

    def _save_readings(self, issue_ids: list[int]) -> None:
        """Delete, update and insert the readings of changed issues, in three queries."""
        rows = [row for pk in issue_ids for row in self._rows[pk]]
        stored = [row for row in rows if row.pk is not None]
        before = {each["id"] for pk in issue_ids for each in self._before[pk]}
        if gone := before - {row.pk for row in stored}:
            Reading.objects.of(self._user).filter(pk__in=gone).delete()
        # The formerly current reading is updated first: there are never two at a time.
        Reading.objects.bulk_create(
            sorted(stored, key=lambda row: row.is_current),
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=READING_COLUMNS,
        )
        Reading.objects.bulk_create([row for row in rows if row.pk is None])

    def _settle(self, issue_ids: list[int]) -> None:
        """Say which reading of each issue is the current one, and when the issue is from."""
        dates = self.dates(issue_ids)
        for pk in issue_ids:
            rows = self._rows[pk]
            current = unfinished(rows) or (rows[-1] if rows else None)
            for row in rows:
                row.is_current = row is current
                row.issue_date = dates[pk]

    def _after(self, issue_id: int) -> list[dict[str, Any]]:
        return [row.as_json() for row in self._rows[issue_id]]


@contextmanager
def _writing(user: User, kind: Act.Kind, undoes: Act | None = None) -> Iterator[Writing]:
    """Hold the reader's row, let an act be made, and write it, all in one transaction."""
    with transaction.atomic():
        writing = Writing(User.objects.select_for_update().get(pk=user.pk), kind, undoes)
        yield writing
        writing.finish()


def _is_read(kept: list[dict[str, Any]]) -> bool:
    return any(each["state"] == State.READ for each in kept)


def unfinished(rows: Sequence[Reading]) -> Reading | None:
    return next((row for row in rows if row.state != State.READ), None)


def state_of(rows: Sequence[Reading]) -> State:
    """Return the state of an issue from its readings: that of the unfinished one, if any."""
    row = unfinished(rows) or (rows[-1] if rows else None)
    return State(row.state) if row else State.UNREAD


def mark(
    user: User,
    issue_ids: Iterable[int],
    state: State,
    *,
    on: When = None,
    seen: State | None = None,
) -> Outcome:
    """Take issues to a state, in the order given.

    `on` is the date, by default today; for an issue that is already in that state it corrects the
    date. With `seen`, only issues in that state are changed; others are reported as stale, unless
    they are already in the new state. Raise FutureDate, and OutOfOrder if an issue was begun after
    `on`.
    """
    with _writing(user, Act.Kind.MARK) as writing:
        refuse_ahead(on, writing.today)
        ids = list(dict.fromkeys(issue_ids))
        writing.fetch(ids)
        for pk in ids:
            _take(writing, Mark(pk, state, on), seen)
    return writing.outcome


def mark_each(user: User, marks: Iterable[Mark]) -> Outcome:
    """Take each issue to its own state, in the order given, as one action.

    It works like `mark` and changes all or none. Raise FutureDate, OutOfOrder and UnknownIssues. If
    an issue occurs twice, the last mark counts.
    """
    by_issue = {each.issue: each for each in marks}
    with _writing(user, Act.Kind.MARK) as writing:
        for each in by_issue.values():
            refuse_ahead(each.on, writing.today)
        if unknown := by_issue.keys() - writing.dates(by_issue).keys():
            raise UnknownIssues(set(unknown))
        writing.fetch(by_issue)
        for each in by_issue.values():
            _take(writing, each)
    return writing.outcome


def queue_cluster(user: User, cluster: Cluster, *, keepers_only: bool) -> Outcome:
    """Queue the unread issues of a cluster, in the curator's order; leave the others alone."""
    issues = Issue.objects.listed().filter(cluster=cluster).in_cluster_order()
    if keepers_only:
        issues = issues.keepers()
    outcome = mark(user, issues.values_list("pk", flat=True), State.QUEUED, seen=State.UNREAD)
    outcome.stale = []
    return outcome


def add(user: User, issue_id: int, on: PartialDate | Unknown) -> Outcome:
    """Record that an issue was finished: its open reading, or else an additional one.

    Without an open reading, a reading finished on the same date is not recorded again. Raise
    FutureDate, and OutOfOrder if the open reading was begun after that date.
    """
    with _writing(user, Act.Kind.MARK) as writing:
        refuse_ahead(on, writing.today)
        writing.fetch([issue_id])
        rows = writing.rows(issue_id)
        known = None if on is UNKNOWN else on
        if unfinished(rows) or all(row.date_of(State.READ) != known for row in rows):
            writing.step(issue_id, State.READ, on)
    return writing.outcome


def correct_dates(
    user: User, reading: Reading, dates: Mapping[State, PartialDate | None]
) -> Outcome:
    """Set the dates of steps of a reading; None means unknown.

    The date of queueing is dropped if another step is dated before it. Raise FutureDate,
    OutOfOrder, StepNotTaken if the reading has not reached one of the steps, and
    Reading.DoesNotExist.
    """
    with _writing(user, Act.Kind.DATE) as writing:
        row = _stored_row(writing, reading)
        queued = row.date_of(State.QUEUED)
        for state, on in dates.items():
            refuse_ahead(on, writing.today)
            if STEPS.index(state) > STEPS.index(State(row.state)):
                raise StepNotTaken(state, f"This reading is {row.state}: it has no such date yet.")
            row.set_date(state, on)
        for earlier, later in combinations(STEPS, 2):
            if not {earlier, later} & dates.keys():
                continue
            if earlier == State.QUEUED and row.date_of(earlier) == queued:
                _yield_queueing(row, later)
            else:
                _refuse_out_of_order(row, earlier, later, later if later in dates else earlier)
        writing.replace(row.issue_id, writing.rows(row.issue_id))
    return writing.outcome


def drop(user: User, reading: Reading) -> Outcome:
    """Take one reading of an issue back, the others stay; raises Reading.DoesNotExist."""
    with _writing(user, Act.Kind.DROP) as writing:
        row = _stored_row(writing, reading)
        rest = [each for each in writing.rows(row.issue_id) if each.pk != row.pk]
        writing.replace(row.issue_id, rest)
    return writing.outcome


def drop_once(user: User, reading_id: int) -> Outcome:
    """Remove a reading like `drop`, or return the reader's last action if it has just done that.

    Raise Reading.DoesNotExist if there is no such reading and the last action is another one.
    """
    with transaction.atomic():
        reader = User.objects.select_for_update().get(pk=user.pk)
        if row := Reading.objects.of(reader).filter(pk=reading_id).first():
            return drop(reader, row)
        last = _last_act(reader)
        events = list(last.events.all()) if last and last.kind == Act.Kind.DROP else []
        if not any(kept["id"] == reading_id for event in events for kept in event.before):
            raise Reading.DoesNotExist
        return Outcome(last, [event.issue_id for event in events], kind=Act.Kind.DROP)


def move(user: User, issue_id: int, to: str | int, *, seen_at: int | None = None) -> Outcome:
    """Move an issue in the queue: `up`, `down`, to the `top` or `bottom`, or to a place.

    Places count from 1; a place beyond the end is the end. An issue that is not in the queue, or
    already there, stays. `seen_at` is the index at which the reader saw it; if it has moved since,
    it stays and is reported as stale.
    """
    if isinstance(to, str) and to not in MOVES:
        raise ValueError(f"{to!r} is no way to move; expected one of {', '.join(MOVES)}.")
    with _writing(user, Act.Kind.MOVE) as writing:
        queue = writing.queue()
        writing.outcome.asked = {issue_id}
        index = next((index for index, row in enumerate(queue) if row.issue_id == issue_id), None)
        if index is None:
            return writing.outcome
        if seen_at is not None and seen_at != index:
            # If the issue is already at the target index, the move has been made before.
            if index != _target(to, seen_at, len(queue)):
                writing.outcome.stale.append(issue_id)
        elif (place := _target(to, index, len(queue))) != index:
            _move_row(writing, queue, index, place)
    return writing.outcome


def _target(to: str | int, start: int, length: int) -> int:
    """Return the index that a move leads to in a queue of a length."""
    last = length - 1
    places = {"up": start - 1, "down": start + 1, "top": 0, "bottom": last}
    return min(max(places[to] if isinstance(to, str) else to - 1, 0), last)


def _move_row(writing: Writing, queue: list[Reading], index: int, place: int) -> None:
    row = queue[index]
    # The history lists the moved issue first, then those that made room for it.
    writing.replace(row.issue_id, writing.rows(row.issue_id))
    if abs(place - index) > 1 and place in (0, len(queue) - 1):
        # The ends are free: no other issue has to move.
        row.place = writing.new_place(top=place == 0)
    else:
        order = queue[:index] + queue[index + 1 :]
        order.insert(place, row)
        _permute(writing, queue, order)


def arrange(user: User, issue_ids: Iterable[int]) -> Outcome:
    """Put queued issues in this order, using the places that they occupy together.

    Issues that are not in the queue are ignored, and issues that are not named keep their places.
    """
    wanted = {pk: number for number, pk in enumerate(dict.fromkeys(issue_ids))}
    with _writing(user, Act.Kind.MOVE) as writing:
        named = [row for row in writing.queue() if row.issue_id in wanted]
        writing.outcome.asked = set(wanted)
        _permute(writing, named, sorted(named, key=lambda row: wanted[row.issue_id]))
    return writing.outcome


def undo(user: User, act: Act) -> Outcome:
    """Restore the state before an action, as an action of its own, which can be undone in turn.

    Undoing twice changes nothing. Raise MovedOn if any of it has changed since; then nothing is
    restored.
    """
    with _writing(user, Act.Kind.UNDO, undoes=act) as writing:
        if Act.objects.filter(undoes=act).exists():
            return writing.outcome
        events = list(act.events.order_by("id"))
        writing.fetch(event.issue_id for event in events)
        for event in events:
            if writing.kept(event.issue_id) != event.after:
                raise MovedOn
            rows = [Reading.from_json(user, event.issue_id, kept) for kept in event.before]
            writing.replace(event.issue_id, rows)
    return writing.outcome


def repeated(user: User, outcome: Outcome) -> Outcome:
    """Return the reader's last act instead, if a request is that act sent a second time.

    A double click and a retry on a slow network send a request twice, and the browser shows only
    the second answer. Any other outcome is returned as it is.
    """
    if outcome.act or outcome.stale:
        return outcome
    last = _last_act(user)
    if not last or (last.kind, last.undoes) != (outcome.kind, outcome.undoes):
        return outcome
    changed = list(last.events.order_by("id").values_list("issue_id", flat=True))
    is_same = outcome.asked.issuperset(changed)
    if last.kind == Act.Kind.MOVE and len(outcome.asked) == 1:
        # The others of a move only made way.
        is_same = outcome.asked == set(changed[:1])
    if last.kind != Act.Kind.UNDO and not is_same:
        return outcome
    return Outcome(last, changed, kind=outcome.kind)


def refuse_ahead(on: When, today: datetime.date) -> None:
    """Raise FutureDate, with a message for the reader, for a date that has not begun."""
    if isinstance(on, PartialDate) and on.first > today:
        raise FutureDate(f"{on.spoken} lies ahead; choose today or a date before it.")


def _last_act(user: User) -> Act | None:
    """Return the reader's last act, if it is recent enough for a request to repeat it."""
    last = Act.objects.of(user).order_by("-id").first()
    return last if last and last.at >= timezone.now() - REPEATED else None


def _take(writing: Writing, to: Mark, seen: State | None = None) -> None:
    """Take an issue whose readings are fetched to a state, or report it as stale."""
    rows = writing.rows(to.issue)
    current = state_of(rows)
    if current == to.state:
        if to.on and to.state != State.UNREAD:
            _date(unfinished(rows) or rows[-1], to.state, to.on, is_given=True)
            writing.replace(to.issue, rows)
    elif seen is not None and current != seen:
        writing.outcome.stale.append(to.issue)
    else:
        writing.step(to.issue, to.state, to.on)


def _date(row: Reading, state: State, on: PartialDate | Unknown, *, is_given: bool) -> None:
    """Set the date of a step; raise OutOfOrder if a given date is before the start of the reading.

    Without a given date it is today, even if the reader has crossed time zones.
    """
    row.set_date(state, on if isinstance(on, PartialDate) else None)
    if is_given:
        _yield_queueing(row, state)
        if state == State.READ:
            _refuse_out_of_order(row, State.READING, state, state)


def _is_before(row: Reading, later: State, earlier: State) -> bool:
    """Whether a step is certainly dated before an earlier one; a month may contain both."""
    first, then = row.date_of(earlier), row.date_of(later)
    return bool(first and then and first.first > then.last)


def _yield_queueing(row: Reading, state: State) -> None:
    """Remove the date of queueing if a step is dated before it.

    That date is set automatically: an issue read earlier did not come from the queue.
    """
    if _is_before(row, state, State.QUEUED):
        row.set_date(State.QUEUED, None)


def _refuse_out_of_order(row: Reading, earlier: State, later: State, given: State) -> None:
    """Raise OutOfOrder, with words for a reader, where a step is dated before an earlier one."""
    if _is_before(row, later, earlier):
        first, then = row.date_of(earlier), row.date_of(later)
        assert first
        assert then
        began, ended = f"{STARTS[earlier]} it {first.when}", f"{ENDS[later]} {then.when}"
        raise OutOfOrder(given, f"You {began}, so it cannot be {ended}.", row.issue_id)


def _stored_row(writing: Writing, reading: Reading) -> Reading:
    writing.fetch([reading.issue_id])
    rows = [row for row in writing.rows(reading.issue_id) if row.pk == reading.pk]
    if not rows:
        raise Reading.DoesNotExist
    return rows[0]


def _permute(writing: Writing, rows: Sequence[Reading], order: Sequence[Reading]) -> None:
    """Assign the places of some rows, in order, to the same rows in another order."""
    places = [row.place for row in rows]
    for row, place in zip(order, places, strict=True):
        if row.place != place:
            row.place = place
            writing.replace(row.issue_id, writing.rows(row.issue_id))
