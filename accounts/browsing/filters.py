"""The catalog's filter, extended by the reader's own data: states, queue, notes, reading dates."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import Note, Reading, State, User, last_read
from accounts.notes.searching import NotedSearch, with_notes
from accounts.reading.states import Standings, standings
from catalog.browsing.facet_values import FacetValue
from catalog.browsing.facets import Counted, Facet, FacetRow
from catalog.browsing.filters import DATE_ERRORS, SORTS, IssueFilter
from catalog.browsing.issue_query import Walk
from catalog.browsing.pagination import WALK, Order
from catalog.search.engine import EVERY_KEY
from catalog.search.query import STATE_VALUES
from catalog.search.tree import Node

# By the date of the last reading, latest first, unknown dates last.
RECENTLY_READ = Order(("read_on", "reading_id"), WALK.kinds)
READER_SORTS = [*SORTS, ("recent", "Recently read")]
STATE_WORDS = dict(State.choices)
YES = [("yes", "Yes")]


class StatesField(forms.MultipleChoiceField):
    widget = forms.MultipleHiddenInput
    default_error_messages = {
        "invalid_choice": "Unknown state “%(value)s”. Use unread, queued, reading or read."
    }

    def clean(self, value: Any) -> list[FacetValue]:
        chosen = [each for each in value or () if each]
        return [FacetValue(each, "", STATE_WORDS[each]) for each in super().clean(chosen)]


class StatesFilter(django_filters.Filter):
    field_class = StatesField


def _yes(label: str) -> django_filters.ChoiceFilter:
    return django_filters.ChoiceFilter(
        label=label, choices=YES, error_messages={"invalid_choice": "Choose yes, or leave it out."}
    )


class ReaderIssueFilter(IssueFilter):
    """The filter as one reader has it."""

    state = StatesFilter(label="My state", choices=State.choices)
    queue = _yes("In my queue")
    notes = _yes("Has my notes")
    read_from = django_filters.DateFilter(label="Read from", error_messages=DATE_ERRORS)
    read_to = django_filters.DateFilter(label="Read to", error_messages=DATE_ERRORS)
    sort = django_filters.ChoiceFilter(
        label="Sort by",
        choices=READER_SORTS,
        error_messages={"invalid_choice": "There is no such order; choose one of the list."},
    )

    sorts = READER_SORTS
    spans = (*IssueFilter.spans, ("read_from", "read_to"))
    facets = (*IssueFilter.facets, "state", "queue", "notes")

    def __init__(
        self, data: Any, *args: Any, user: User, looks_into_notes: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(data, *args, **kwargs)
        self.user = user
        # Whether the reader's notes are searched; some tokens may not read them.
        self.looks_into_notes = looks_into_notes

    @property
    def complaints(self) -> list[str]:
        complaints = list(self.query.complaints)
        if self.noted.is_partial:
            complaints.append("Many of your notes hold these words; the latest were looked at.")
        return complaints

    @cached_property
    def noted(self) -> NotedSearch:
        if not self.looks_into_notes:
            return NotedSearch(self.query.node)
        return with_notes(self.user, self.query)

    def fingerprint(self) -> str:
        is_own = self.noted.node != self.query.node or any(self.own_conditions())
        own = f":{self.user.pk}:{self.user.version}" if is_own else ""
        # An order by date of reading shows only issues that were read.
        return f"{super().fingerprint()}{own}:{self.sorting == 'recent'}"

    def text_node(self) -> Node | None:
        return self.noted.node

    def conditions(self) -> Iterator[tuple[str, Q]]:
        yield from super().conditions()
        yield from self.own_conditions()

    def own_conditions(self) -> Iterator[tuple[str, Q]]:
        """Yield (parameter, condition) of all parts that depend on the reader."""
        if self.query.states != STATE_VALUES:
            yield "", _in_states(self.user, self.query.states)
        if chosen := self._chosen_states():
            yield "state", _in_states(self.user, chosen)
        if self.value("queue"):
            yield "queue", _in_states(self.user, frozenset({State.QUEUED}))
        if self.sorting == "recent":
            yield "", _in_states(self.user, frozenset({State.READ}))
        yield from self._note_conditions()
        first, last = self.value("read_from"), self.value("read_to")
        if first or last:
            read = Reading.objects.of(self.user).finished().filter(issue=OuterRef("pk"))
            if first:
                read = read.filter(read_on__gte=first)
            if last:
                read = read.filter(read_on__lte=last)
            yield "", Q(Exists(read))

    def _note_conditions(self) -> Iterator[tuple[str, Q]]:
        noted = Exists(Note.objects.of(self.user).filter(issue=OuterRef("pk")))
        if self.query.has_note is not None:
            yield "", Q(noted) if self.query.has_note else ~Q(noted)
        if self.value("notes") and not self.query.has_note:
            yield "notes", Q(noted)

    def _chosen_states(self) -> frozenset[str]:
        """Return the states chosen by parameter; none if they leave out nothing."""
        chosen = frozenset(choice.value for choice in self.chosen("state"))
        return frozenset() if chosen >= self.query.states else chosen

    def states(self) -> frozenset[str]:
        """Return the selected states, by default all four."""
        return self.query.states & (self._chosen_states() or STATE_VALUES)

    def walks(self) -> dict[str, Walk]:
        """Return the walks along the reader's own readings, where they are the smaller set."""
        mine = Q(readings__user=self.user, readings__is_current=True)
        walks = {
            "recent": Walk(
                mine & Q(readings__state=State.READ),
                {"read_on": last_read("readings__read_on"), "reading_id": F("readings__id")},
                RECENTLY_READ,
            )
        }
        states = frozenset({State.QUEUED}) if self.value("queue") else self.states()
        if len(states) == 1 and State.UNREAD not in states:
            (state,) = states
            walks["newest"] = Walk(
                mine & Q(readings__state=state),
                {"walk_date": F("readings__issue_date"), "walk_id": F("readings__issue_id")},
                WALK,
            )
        return walks

    def own_facets(
        self, counted: Mapping[str, Counted], version: str
    ) -> tuple[list[Facet], list[Facet]]:
        """Count the reader's states before the catalog's facets, queue and notes behind them."""
        mine = standings(self.user, version)
        states = _counted_by_state(mine, counted.get("state", counted[""]))
        picked = {choice.value for choice in self.chosen("state")}
        rows = [
            FacetRow(FacetValue(value, "", word), states[value], value in picked)
            for value, word in STATE_WORDS.items()
            if states[value] or value in picked
        ]
        queued = {pk for pk, state in mine.states.items() if state == State.QUEUED}
        behind = [
            *self._yes_facet("notes", "Notes", mine.noted, counted),
            *self._yes_facet("queue", "Queue", queued, counted),
        ]
        return [Facet("state", "My state", rows)] if rows else [], behind

    def _yes_facet(
        self, name: str, title: str, ids: Collection[int], counted: Mapping[str, Counted]
    ) -> Iterator[Facet]:
        """Yield the facet with one value, if any of the counted issues is among these ids."""
        looked_at = counted.get(name, counted[""]).issue_ids
        number = len(ids) if looked_at is None else len(set(ids).intersection(looked_at))
        if number or self.value(name):
            label = self.filters[name].label
            row = FacetRow(FacetValue("yes", "", label), number, bool(self.value(name)))
            yield Facet(name, title, [row])


def _in_states(user: User, states: frozenset[str]) -> Q:
    """Ask for issues in any of these states; unread is having no reading at all."""
    mine = Reading.objects.of(user).current().filter(issue=OuterRef("pk"))
    if State.UNREAD in states:
        others = mine.exclude(state__in=states)
        return ~Q(Exists(others if len(states) > 1 else mine))
    return Q(Exists(mine.filter(state__in=states)))


def _counted_by_state(mine: Standings, counted: Counted) -> Counter[str]:
    if counted.issue_ids is None:
        states = Counter(mine.states.values())
        states[State.UNREAD] = counted.keys[EVERY_KEY] - len(mine.states)
        return states
    return Counter(mine.states.get(pk, State.UNREAD) for pk in counted.issue_ids)


def issue_filter(data: Any, user: User | None, *, looks_into_notes: bool = True) -> IssueFilter:
    """Return the filter of a URL, with the reader's own data if there is a reader."""
    if user is None:
        return IssueFilter(data)
    return ReaderIssueFilter(data, user=user, looks_into_notes=looks_into_notes)
