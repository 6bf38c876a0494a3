"""Reader-specific fragments that are filled into cached catalog HTML.

A card is rendered once per version of a publication and cached for all readers. It contains slots:
comments such as `<!--my card 12--><!--/my-->` around the content for anonymous readers. `fill`
replaces them with the content for one reader, with one query for all readings and notes of a page.
`figures` renders the same fragments again for updates in place.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db.models import Count, Value
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.models import Note, Reading, State, User
from accounts.progress.meters import Meter
from catalog.models import KEEPER_TIERS, Issue, Publication
from catalog.pages.periods import MONTHS_IN_PERIOD, Period
from catalog.text import plural

SLOT = re.compile(r"<!--my ([a-z]+) ([^<>]*?)-->(.*?)<!--/my-->", re.DOTALL)
# These slots concern one issue and need no other.
OF_ISSUES = frozenset(["card", "notes", "tick"])


@dataclass(slots=True)
class ReaderStates:
    """A reader's states of the issues of a page; issues that are in no mapping are unread.

    `finished` are the ids of issues with a finished reading. `states` and `notes` are keyed by
    issue id. `read` and `open` count the issues of a publication, read at least once or else begun,
    by group: `cluster 7` (its keepers), `tier 5`, `tier rest`, `tier unrated`, `all`, and `month
    2024-3`.
    """

    states: dict[int, State] = field(default_factory=dict)
    finished: set[int] = field(default_factory=set)
    notes: Counter[int] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    open: Counter[str] = field(default_factory=Counter)

    def add(self, issue_id: int, what: str) -> None:
        """Count a reading, by its state, or a `note`.

        If an issue has several readings, the unfinished one determines its state.
        """
        if what == "note":
            self.notes[issue_id] += 1
            return
        if what == State.READ:
            self.finished.add(issue_id)
        if what != State.READ or issue_id not in self.states:
            self.states[issue_id] = State(what)

    def meter(self, key: str, total: int) -> Meter:
        return Meter(self.read[key], self.open[key], total)

    def read_in(self, period: Period) -> int:
        first, months = period.first, MONTHS_IN_PERIOD[period.kind]
        return sum(
            self.read[f"month {first.year}-{month}"]
            for month in range(first.month, first.month + months)
        )


def standing_of_issues(user: User, issue_ids: Iterable[int]) -> ReaderStates:
    """Return a reader's states of these issues, in one query."""
    found = ReaderStates()
    for pk, what in _reader_rows(user, {"issue__in": list(issue_ids)}):
        found.add(pk, what)
    return found


def standing_in_publication(user: User, publication: Publication) -> ReaderStates:
    """Return a reader's states of a whole publication, in one query."""
    mine = {"issue__publication": publication, "issue__archived_at": None}
    facts = ("issue__cluster", "issue__tier", "issue__date")
    found = ReaderStates()
    read: dict[int, bool] = {}
    keys: dict[int, list[str]] = {}
    for pk, what, cluster, tier, date in _reader_rows(user, mine, *facts):
        found.add(pk, what)
        if what == "note":
            continue
        # An issue that was read once stays read, even if it was begun again.
        read[pk] = read.get(pk, False) or what == State.READ
        keys[pk] = ["all", f"tier {tier_group(tier)}", f"month {date.year}-{date.month}"]
        if tier in KEEPER_TIERS:
            keys[pk].append(f"cluster {cluster}")
    for pk, is_read in read.items():
        (found.read if is_read else found.open).update(keys[pk])
    return found


def _reader_rows(user: User, issues: dict[str, Any], *facts: str) -> Iterable[Any]:
    """Return rows of (issue id, the state of a reading or `note`, *facts), in one query."""
    readings = Reading.objects.of(user).filter(**issues).values_list("issue", "state", *facts)
    notes = Note.objects.of(user).filter(**issues).values_list("issue", Value("note"), *facts)
    # Without an explicit order, a union uses the model's, whose columns it lacks.
    return readings.order_by().union(notes.order_by(), all=True).order_by()


def tier_group(tier: int | None) -> str:
    return "unrated" if tier is None else str(tier) if tier in KEEPER_TIERS else "rest"


def fill(html: str, user: User, publication: Publication | None = None) -> SafeString:
    """Fill the slots of a page, which is safe HTML, with a reader's fragments.

    `publication` is needed if the page shows figures of the whole publication.
    """
    if publication:
        found = standing_in_publication(user, publication)
    else:
        slots = SLOT.finditer(html)
        found = standing_of_issues(
            user, {int(slot[2].split()[0]) for slot in slots if slot[1] in OF_ISSUES}
        )
    # Every fragment is HTML from our own templates.
    return mark_safe(SLOT.sub(lambda slot: _PIECES[slot[1]](found, *slot[2].split()), html))


def figures(
    user: User, publication: Publication, issue_ids: Iterable[int]
) -> tuple[ReaderStates, list[str]]:
    """Render again the figures of a publication's page that these issues affect."""
    found = standing_in_publication(user, publication)
    listed = Issue.objects.listed().filter(publication=publication).order_by()
    changed = Issue.objects.filter(pk__in=list(issue_ids))
    keepers = listed.keepers().filter(cluster__in=changed.values("cluster"))
    clusters = dict(keepers.values_list("cluster").annotate(Count("id")))
    tiers: Counter[str] = Counter()
    for tier, total in listed.values_list("tier").annotate(Count("id")):
        tiers[tier_group(tier)] += total
    pieces = [_PIECES["all"](found)]
    for tier, total in tiers.items():
        pieces.append(_PIECES["tier"](found, tier, str(total)))
    for cluster, total in clusters.items():
        for kind in ("cluster", "index", "narrow"):
            pieces.append(_PIECES[kind](found, str(cluster), str(total)))
    return found, pieces


CONTROL_STATES = [(State.UNREAD, "Unread"), (State.QUEUED, "Queued"),
                  (State.READING, "Reading"), (State.READ, "Read")]  # fmt: skip


@cache
def _control(variant: str, state: State, finished: bool) -> str:
    """Render the control in a state; it differs from issue to issue by the id alone."""
    context = {
        "variant": variant,
        "state": state,
        "states": CONTROL_STATES,
        "id": "ISSUE",
        "finished": finished,
    }
    return render_to_string("accounts/reading/_control.html", context).strip()


def control(variant: str, issue_id: int, found: ReaderStates) -> SafeString:
    """Render the state control of an issue, as `card` or, issue page on phones, as `full`."""
    state = found.states.get(issue_id, State.UNREAD)
    html = _control(variant, state, issue_id in found.finished)
    return mark_safe(html.replace("ISSUE", str(issue_id)))


def _card(found: ReaderStates, pk: str) -> SafeString:
    return control("card", int(pk), found)


def _full(found: ReaderStates, pk: str) -> SafeString:
    return control("full", int(pk), found)


@cache
def _piece(name: str) -> str:
    return render_to_string(f"accounts/reading/{name}.html", {"id": "CLUSTER"}).strip()


def _tools(found: ReaderStates, pk: str) -> SafeString:
    return mark_safe(_piece("_cluster_tools").replace("CLUSTER", pk))


def _notes_slot(found: ReaderStates, pk: str, url: str) -> SafeString | str:
    if not (number := found.notes[int(pk)]):
        return ""
    return format_html('<a class="card-notes" href="{}#notes">{}</a>', url, plural(number, "note"))


def _tick_slot(found: ReaderStates, pk: str) -> SafeString:
    return format_html(
        '<label class="tick"><input type="checkbox" form="bulk" name="issue" value="{}" '
        'aria-labelledby="tick-words issue-{}"></label>',
        pk,
        pk,
    )


def _cluster_slot(found: ReaderStates, pk: str, total: str) -> str:
    meter = found.meter(f"cluster {pk}", int(total))
    return _meter(f"my-cluster-{pk}", meter, f"{meter.read} of {total} read")


def _index_slot(kind: str) -> Callable[..., str]:
    def render(found: ReaderStates, pk: str, total: str) -> str:
        meter = found.meter(f"cluster {pk}", int(total))
        return _meter(f"my-{kind}-{pk}", meter, f"{meter.read}/{total}")

    return render


def _tier_slot(found: ReaderStates, tier: str, total: str) -> str:
    meter = found.meter(f"tier {tier}", int(total))
    return _meter(f"my-tier-{tier}", meter, f"{meter.read} of {total}")


def _meter(html_id: str, meter: Meter, words: str) -> str:
    context = {"id": html_id, "meter": meter, "words": words}
    return render_to_string("accounts/reading/_figure.html", context).strip()


def _all(found: ReaderStates) -> SafeString:
    return format_html(
        '<span class="stats-read" id="my-all"><b>{}</b> read</span>', found.read["all"]
    )


def _bar(
    found: ReaderStates,
    kind: str,
    index: str,
    issues: str,
    x: str,
    width: str,
    base: str,
    height: str,
) -> SafeString | str:
    """Draw the read part of a bar of the timeline, from the base up."""
    if not (read := found.read_in(Period(kind, int(index)))):  # type: ignore[arg-type]
        return ""
    high = float(height) * read / int(issues)
    return format_html(
        '<rect class="timeline-read" x="{}%" y="{}" width="{}%" height="{}"/>',
        x, f"{float(base) - high:.1f}", width, f"{high:.1f}",
    )  # fmt: skip


_PIECES: dict[str, Callable[..., Any]] = {
    "card": _card,
    "full": _full,
    "hide": lambda found: _piece("_hide"),
    "tools": _tools,
    "notes": _notes_slot,
    "tick": _tick_slot,
    "cluster": _cluster_slot,
    "index": _index_slot("index"),
    "narrow": _index_slot("narrow"),
    "tier": _tier_slot,
    "all": _all,
    "bar": _bar,
}
