"""Suggestions on the home page: issues to continue, issues to start, issues that fit the time."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import Exists, F, OuterRef

from accounts.models import Reading, State, User
from accounts.progress.figures import TIER_WORDS, Progress, issues_of_tier
from catalog.models import KEEPER_TIERS, WORDS_A_MINUTE, Issue, IssueQuerySet
from catalog.text import plural

QUEUE_SHOWN = 6
SUGGESTIONS = 7
MOST_COMPARED = 500
LEAD_KICKERS = {
    State.READING: "Continue reading",
    State.QUEUED: "First in your queue",
    State.UNREAD: "Begin with a landmark",
}


class MinutesForm(forms.Form):
    minutes = forms.IntegerField(
        label="Minutes",
        min_value=1,
        max_value=600,
        error_messages={
            "invalid": "Write the minutes that you have, as a number such as 20.",
            "min_value": "Take at least one minute.",
            "max_value": "Write at most 600 minutes.",
        },
    )


def unread(issues: IssueQuerySet, user: User) -> IssueQuerySet:
    """Leave out the issues that a reader has queued, begun or read."""
    return issues.filter(~Exists(Reading.objects.of(user).filter(issue=OuterRef("pk"))))


@dataclass(slots=True)
class Desk:
    """The reader's current issues: at most three in `reading`, and the beginning of the `queue`."""

    reading: list[Reading]
    queue: list[Reading]
    queue_count: int
    suggestions: list[Issue]

    @property
    def lead(self) -> Issue | None:
        """The issue that the page opens with."""
        if first := [*self.reading, *self.queue][:1]:
            return first[0].issue
        return self.suggestions[0] if self.suggestions else None

    @property
    def lead_state(self) -> State:
        """The reader's state of the lead."""
        if self.reading:
            return State.READING
        return State.QUEUED if self.queue else State.UNREAD

    @property
    def kicker(self) -> str:
        """The line above the lead."""
        return LEAD_KICKERS[self.lead_state]


def desk(user: User) -> Desk:
    """Return the current issues, in two queries, or three if nothing is queued."""
    mine = Reading.objects.of(user)
    reading = list(mine.in_progress().with_issues()[:3])
    queue = list(mine.queued().with_issues())
    suggestions = []
    if not queue:
        landmarks = unread(Issue.objects.listed().landmarks(), user)
        suggestions = landmarks.newest_first().cards(SUGGESTIONS)
    return Desk(reading, queue[:QUEUE_SHOWN], len(queue), suggestions)


@dataclass(frozen=True, slots=True)
class Fit:
    """The best unread issue for a given time and the reason, or why there is none."""

    issue: Issue | None
    why: str


def fit(user: User, minutes: int) -> Fit:
    """Find an issue to read in this many minutes: by tier, then in the order of its cluster.

    Publications that the reader has begun come first. Issues of unknown length are left out.
    """
    new = unread(Issue.objects.listed(), user)
    known = new.filter(words__isnull=False)
    # The `minutes` of an issue are rounded, and the limit is rounded in the same way.
    fitting = known.filter(words__lt=(minutes + 0.5) * WORDS_A_MINUTE)
    # The best of a few hundred with the highest tier; sorting all would depend on the catalog's
    # size.
    highest = fitting.order_by("-rank", "-date", "-id")
    ids = list(highest.values_list("pk", flat=True)[: MOST_COMPARED + 1])
    is_next = len(ids) <= MOST_COMPARED
    begun = Reading.objects.of(user).filter(issue__publication=OuterRef("publication"))
    best = Issue.objects.filter(pk__in=ids[:MOST_COMPARED]).annotate(is_begun=Exists(begun))
    ranked = best.order_by(
        F("tier").desc(nulls_last=True), "-is_begun", "cluster__position", "position", "date", "id"
    )
    if chosen := ranked.filter(tier__isnull=False).cards(1) or best.newest_first().cards(1):
        return Fit(chosen[0], _why(chosen[0], is_next))
    if shortest := known.order_by("length", "id").first():
        needs = plural(shortest.minutes or 1, "minute")
        return Fit(
            None,
            f"Nothing unread whose length is known is that short; the shortest takes {needs}.",
        )
    if new.exists():
        return Fit(None, "The lengths of the issues that you have not begun are not known.")
    return Fit(None, "No issue is left that you have not queued, begun or read.")


def _why(issue: Issue, is_next: bool) -> str:
    """Return a description of an issue; with `is_next`, as the first of its kind that fits."""
    time = f"about {plural(issue.minutes or 1, 'minute')}"
    if issue.tier is None:
        return f"Not rated yet: {time}."
    if not issue.cluster or not is_next:
        return f"{TIER_WORDS[issue.tier].capitalize()}: {time}."
    kind = TIER_WORDS[issue.tier].split(" ", 1)[1]
    return (
        f"The next unread {kind} in “{issue.cluster.title}” that fits, of those whose length is "
        f"known: {time}."
    )


def left_out(progress: Progress) -> str:
    """Return how many unread keepers a search by time leaves out for their unknown length."""
    counts = [(tier, progress.unworded_left(tier)) for tier in KEEPER_TIERS]
    words = " and ".join(issues_of_tier(tier, count) for tier, count in counts if count)
    return (
        f"Left out, their length not being known: {words} that you have not read." if words else ""
    )


def asked_minutes(data: Any) -> tuple[MinutesForm, int | None]:
    """Return the form and the requested minutes; None if absent or not a number."""
    form = MinutesForm(data if "minutes" in data else None)
    return form, form.cleaned_data["minutes"] if form.is_bound and form.is_valid() else None
