"""Readings and their history."""

import datetime
from typing import Any, Self

from django.db import models
from django.db.models import F, Q

from accounts.models.users import User
from accounts.partial_dates import PartialDate, Precision
from catalog.models import Issue


class State(models.TextChoices):
    """How far a reader is with an issue. Unread is having no reading of it: it is never stored."""

    UNREAD = "unread"
    QUEUED = "queued"
    READING = "reading"
    READ = "read"


def last_read(column: str) -> models.Func:
    """Return a sort key by the date of finishing; unknown dates sort before all others.

    The date is inlined, because an expression with a parameter does not match the index.
    """
    template = "COALESCE(%(expressions)s, '0001-01-01')"
    return models.Func(column, template=template, output_field=models.DateField())


class ReadingQuerySet(models.QuerySet["Reading"]):
    def of(self, user: User) -> Self:
        return self.filter(user=user)

    def queued(self) -> Self:
        """Return queued readings, in the reader's order."""
        return self.filter(state=State.QUEUED).order_by("place", "id")

    def in_progress(self) -> Self:
        """Return unfinished readings, the latest first."""
        return self.filter(state=State.READING).order_by("-marked_at", "-id")

    def finished(self) -> Self:
        return self.filter(state=State.READ)

    def current(self) -> Self:
        """Return the reading of each issue that determines its state."""
        return self.filter(is_current=True)

    def with_issues(self) -> Self:
        """Return readings as a list page shows them, the issues with their publications."""
        return self.select_related("issue__publication", "issue__cluster").defer(
            "issue__loaded", "issue__publication__loaded", "issue__cluster__loaded"
        )


class Reading(models.Model):
    """One pass of a reader through an issue: queued, reading, then read.

    An issue read twice has two readings, of which at most one is unfinished. Each completed step
    has the reader's local date, to a day, a month or a year, or null if the reader does not know
    it; such a reading counts as read, but not in calendars. `place` orders the queue, lowest first,
    and `marked_at` is the instant of the last step. Only `accounts.reading` writes here; the rows
    are a projection of the events.

    One reading of each issue `is_current` and determines its state: the unfinished one, or else the
    last. `issue_date` is a copy of the issue's date, so that lists by state can be read from one
    index; a trigger maintains it (`accounts.db.triggers`).
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="readings", db_index=False)
    issue = models.ForeignKey(Issue, models.PROTECT, related_name="readings")
    state = models.CharField(
        max_length=7, choices=[(state.value, state.label) for state in State if state != "unread"]
    )
    queued_on = models.DateField(null=True)
    queued_precision = models.CharField(max_length=5, choices=Precision, null=True)  # noqa: DJ001
    started_on = models.DateField(null=True)
    started_precision = models.CharField(max_length=5, choices=Precision, null=True)  # noqa: DJ001
    read_on = models.DateField(null=True)
    read_precision = models.CharField(max_length=5, choices=Precision, null=True)  # noqa: DJ001
    place = models.BigIntegerField(null=True)
    marked_at = models.DateTimeField()
    is_current = models.BooleanField(default=True)
    issue_date = models.DateField()

    objects = ReadingQuerySet.as_manager()

    STEPS = {State.QUEUED: "queued", State.READING: "started", State.READ: "read"}

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                name="reading_one_unfinished",
                fields=["user", "issue"],
                condition=~Q(state=State.READ),
            ),
            models.UniqueConstraint(
                name="reading_one_current",
                fields=["user", "issue"],
                condition=Q(is_current=True),
            ),
            models.CheckConstraint(
                name="reading_state", condition=Q(state__in=["queued", "reading", "read"])
            ),
            models.CheckConstraint(
                name="reading_place_in_queue",
                condition=Q(state=State.QUEUED, place__isnull=False)
                | (~Q(state=State.QUEUED) & Q(place=None)),
            ),
            models.CheckConstraint(
                name="reading_read_date_of_read",
                condition=Q(state=State.READ) | Q(read_on=None),
            ),
            *(
                models.CheckConstraint(
                    name=f"reading_{step}_precision",
                    condition=Q(
                        **{f"{step}_on__isnull": False, f"{step}_precision__in": list(Precision)}
                    )
                    | Q(**{f"{step}_on": None, f"{step}_precision": None}),
                )
                for step in ("queued", "started", "read")
            ),
        ]
        indexes = [
            models.Index(name="reading_of_issue", fields=["user", "issue"]),
            models.Index(name="reading_by_state", fields=["user", "state", "place"]),
            models.Index(
                "user", last_read("read_on").desc(), F("id").desc(), name="reading_by_date"
            ),
            models.Index(
                name="reading_by_issue_date",
                fields=["user", "state", "-issue_date", "-issue"],
                condition=Q(is_current=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.issue_id} {self.state}"

    def date_of(self, state: State | str) -> PartialDate | None:
        """Return the date of the step to a state, or None."""
        step = self.STEPS[State(state)]
        first = getattr(self, f"{step}_on")
        precision = getattr(self, f"{step}_precision")
        return PartialDate(first, Precision(precision)) if first else None

    @property
    def started(self) -> PartialDate | None:
        return self.date_of(State.READING)

    def set_date(self, state: State | str, date: PartialDate | None) -> None:
        step = self.STEPS[State(state)]
        setattr(self, f"{step}_on", date and date.first)
        setattr(self, f"{step}_precision", date and date.precision.value)

    def as_json(self) -> dict[str, Any]:
        """Return the row in the form that the history stores."""
        dates = {step: date and str(date) for state, step in self.STEPS.items()
                 for date in [self.date_of(state)]}  # fmt: skip
        return {
            "id": self.pk, "state": str(self.state), **dates, "place": self.place,
            "marked_at": self.marked_at.isoformat(),
        }  # fmt: skip

    @classmethod
    def from_json(cls, user: User, issue_id: int, kept: dict[str, Any]) -> Self:
        """Return the row that `as_json` described, not yet saved."""
        marked_at = datetime.datetime.fromisoformat(kept["marked_at"])
        row = cls(
            pk=kept["id"], user=user, issue_id=issue_id, state=kept["state"], place=kept["place"],
            marked_at=marked_at,
        )  # fmt: skip
        for state, step in cls.STEPS.items():
            row.set_date(state, PartialDate.parse(kept[step]) if kept[step] else None)
        return row


class ActQuerySet(models.QuerySet["Act"]):
    def of(self, user: User) -> Self:
        return self.filter(user=user)

    def before(self, pk: int) -> Self:
        return self.filter(pk__lt=pk)

    def for_list(self) -> Self:
        """Return reading actions for a list page, the latest first, each with a few of its events.

        `shown` are the first five events and `event_count` is their number. `is_undoable` means
        that the action has not been undone and that none of its issues has changed since.
        """
        events = Event.objects.select_related("issue__publication").defer(
            "issue__loaded", "issue__publication__loaded"
        )
        # Counted act by act: joined and grouped, the whole history would be, before it is cut.
        own = Event.objects.filter(act=models.OuterRef("pk")).order_by().values("act")
        counted = own.annotate(n=models.Count("id")).values("n")
        # The state of an issue is that after its last event, whatever actions and undos came
        # before.
        since = Event.objects.filter(
            act__user=models.OuterRef("act__user"), issue=models.OuterRef("issue")
        )
        last = models.Subquery(since.order_by("-id").values("after")[:1])
        moved_on = Event.objects.filter(act=models.OuterRef("pk")).exclude(after=last)
        return (
            self.select_related("undone_by")
            .annotate(
                event_count=models.Subquery(counted),
                is_undoable=Q(undone_by=None) & ~models.Exists(moved_on),
            )
            .prefetch_related(models.Prefetch("events", events.order_by("id")[:5], to_attr="shown"))
            .order_by("-id")
        )


class Act(models.Model):
    """A reading action: a reader's change of the state of one or more issues; append-only.

    `on` is the reader's local date at that time, so a later change of time zone has no effect on
    it. An undo is an action of its own, and nothing is undone twice.
    """

    class Kind(models.TextChoices):
        MARK = "mark", "Marked"
        DATE = "date", "Dates corrected"
        DROP = "drop", "A reading taken back"
        MOVE = "move", "Queue arranged"
        UNDO = "undo", "Undone"

    user = models.ForeignKey(User, models.CASCADE, related_name="acts", db_index=False)
    kind = models.CharField(max_length=4, choices=Kind)
    at = models.DateTimeField()
    on = models.DateField()
    undoes = models.OneToOneField(
        "self", models.CASCADE, null=True, blank=True, related_name="undone_by"
    )

    objects = ActQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="act_undoes_one",
                condition=Q(kind="undo", undoes__isnull=False) | (~Q(kind="undo") & Q(undoes=None)),
            )
        ]
        indexes = [models.Index(name="act_of_user", fields=["user", "-id"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class Event(models.Model):
    """The effect of a reading action on one issue: its readings before and after; append-only."""

    act = models.ForeignKey(Act, models.CASCADE, related_name="events", db_index=False)
    issue = models.ForeignKey(Issue, models.PROTECT, related_name="+")
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(name="event_once_an_act", fields=["act", "issue"])]

    def __str__(self) -> str:
        return f"{self.issue_id} in act {self.act_id}"

    @property
    def states(self) -> tuple[str, str]:
        """The issue's state before and after."""
        return _kept_state(self.before), _kept_state(self.after)

    @property
    def words(self) -> str:
        """The change of state, `unread → queued`; empty if the state is the same."""
        before, after = self.states
        return "" if before == after else f"{before} → {after}"


def _kept_state(kept: list[dict[str, Any]]) -> str:
    states = [each["state"] for each in kept]
    return next(
        (state for state in states if state != State.READ), states[-1] if states else "unread"
    )
