"""The changes of a publication, by change set, in words for readers.

They are read from the log of changes. Within a change set, each field is described once, from its
first value to its last, so changes that cancel out are left out.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple, Self

from django.core.cache import cache
from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone

from catalog.changes.wording import (
    ChangeLine,
    Fields,
    Named,
    TextPart,
    TextRun,
    joined,
    net,
    said_of_clusters,
    said_of_issues,
)
from catalog.models import Change, ChangeBatch, Publication
from catalog.text import plural

ACTS_A_PAGE = 20
# Larger change sets are summarised by numbers instead of being read.
MOST_CHANGES_READ = 200
MOST_LINES = 20
# Lines with up to this many objects name all of them; longer lines name the first three.
MOST_NAMED = 5
FEW_NAMED = 3

# The fields that readers see, by kind of object; the empty field is the object's creation.
PUBLIC_FIELDS = {
    Change.Kind.PUBLICATION: (
        "", "name", "category", "author", "site", "section", "homepage", "feed", "description",
        "issue_count",
    ),
    Change.Kind.CLUSTER: ("", "archived_at", "merged_into", "title", "blurb"),
    Change.Kind.ISSUE: (
        "", "archived_at", "publication", "tier", "cluster", "title", "date", "tags", "summary",
    ),
}  # fmt: skip
_MADE = (Change.Kind.ISSUE, "")
_COUNTED = ("tags", "summary")
_IS_TOLD = Q()
for _kind, _fields in PUBLIC_FIELDS.items():
    _IS_TOLD |= Q(kind=_kind, field__in=_fields)
# Descriptions of fields in summaries of large change sets.
_BY_NUMBER = {
    (Change.Kind.CLUSTER, "archived_at"): ("cluster", "merged, withdrawn or brought back"),
    (Change.Kind.CLUSTER, "title"): ("cluster", "given another title"),
    (Change.Kind.CLUSTER, "blurb"): ("cluster", "given a new introduction"),
    (Change.Kind.ISSUE, "archived_at"): ("issue", "withdrawn or brought back"),
    (Change.Kind.ISSUE, "tier"): ("issue", "rated anew"),
    (Change.Kind.ISSUE, "cluster"): ("issue", "moved to another cluster"),
    (Change.Kind.ISSUE, "title"): ("issue", "given another title"),
    (Change.Kind.ISSUE, "date"): ("issue", "dated anew"),
}
_FIELD_NAMES = {"feed": "feed address", "issue_count": "number of issues"}


@dataclass(slots=True)
class PublicationChange:
    """The changes of one change set in a publication; `more` counts the omitted ones.

    `first` and `last` are the ids of its first and last logged change of the publication.
    """

    batch: ChangeBatch
    first: int
    last: int
    lines: list[ChangeLine] = field(default_factory=list)
    more: int = 0

    @property
    def by(self) -> str:
        """Description of the author, without a name."""
        if self.batch.kind == ChangeBatch.Kind.LOAD:
            return "A load"
        if self.batch.kind == ChangeBatch.Kind.REVERT:
            return "The curators took something back"
        return "The curators"


@dataclass(slots=True)
class ActPage:
    """A page of change sets, newest first; `older` and `newer` lead to its neighbours."""

    acts: list[PublicationChange]
    older: int | None = None
    newer: int | None = None

    @classmethod
    def of(
        cls,
        publication: Publication,
        *,
        before: int | None = None,
        after: int | None = None,
        most: int = ACTS_A_PAGE,
    ) -> Self:
        """Read the acts before a change, or after one, or the newest.

        Read at most `MOST_CHANGES_READ` changes of each change set; larger ones are counted once.
        """
        is_newer = after is not None and before is None
        found = _walk(publication, after if is_newer else before, most, is_newer)
        shown = dict(list(found.items())[:most])
        acts = _changes_of(publication, dict(sorted(shown.items(), reverse=True)))
        page = cls([act for act in acts if act.lines])
        if acts:
            is_more = len(found) > most
            page.older = acts[-1].first if is_newer or is_more else None
            page.newer = acts[0].last if before is not None or (is_newer and is_more) else None
        return page

    def by_day(self) -> list[tuple[datetime.date, list[PublicationChange]]]:
        days = groupby(self.acts, key=lambda act: timezone.localdate(act.batch.at))
        return [(day, list(acts)) for day, acts in days]


class _Great(NamedTuple):
    """A change set that is too large to read: counts by field, and the ids at its ends.

    `numbers` holds (changes, lowest object id) by kind and field.
    """

    first: int
    last: int
    numbers: dict[tuple[str, str], tuple[int, int]]


def _told_log(publication: Publication) -> QuerySet[Change]:
    """Return the logged changes that readers may see.

    They are read along the index by publication and id. The changes of one change set are
    contiguous there, because each is written while the publication's row is locked.
    """
    return Change.objects.filter(_IS_TOLD, publication=publication)


def _walk(
    publication: Publication, place: int | None, most: int, is_newer: bool
) -> dict[int, list[int] | _Great]:
    """Return the next acts from a place on, one more than `most`: the ids of each one's changes."""
    log = _told_log(publication).order_by("id" if is_newer else "-id").values_list("id", "batch")
    chunk = (most + 1) * (MOST_CHANGES_READ + 1)
    found: dict[int, Any] = {}
    while len(found) <= most:
        ahead = log
        if place is not None:
            ahead = log.filter(id__gt=place) if is_newer else log.filter(id__lt=place)
        rows = list(ahead[:chunk])
        for pk, batch in rows:
            found.setdefault(batch, []).append(pk)
        for batch, ids in found.items():
            if isinstance(ids, list) and len(ids) > MOST_CHANGES_READ:
                found[batch] = _count_changes(publication, batch)
        if len(rows) < chunk:
            break
        last = found[rows[-1][1]]
        if isinstance(last, _Great):
            place = last.last if is_newer else last.first
        else:
            # It may have been cut: begin with it.
            place = last[0] - 1 if is_newer else last[0] + 1
            del found[rows[-1][1]]
    return found


def _count_changes(publication: Publication, batch: int) -> _Great:
    """Count the changes of a large change set; the log never changes, so the counts are cached."""
    key = f"act:{publication.pk}:{batch}"
    if (kept := cache.get(key)) is not None:
        return kept
    ends = Change.objects.filter(batch=batch).aggregate(Min("id"), Max("id"))
    log = _told_log(publication).filter(id__range=ends.values(), batch=batch).order_by()
    rows = log.values_list("kind", "field").annotate(
        Count("id"), Min("object_id"), Min("id"), Max("id")
    )
    first, last, numbers = [], [], {}
    for kind, name, number, pk, lowest, highest in rows:
        numbers[kind, name] = number, pk
        first.append(lowest)
        last.append(highest)
    great = _Great(min(first), max(last), numbers)
    cache.set(key, great, timeout=None)
    return great


def _changes_of(
    publication: Publication, found: Mapping[int, list[int] | _Great]
) -> list[PublicationChange]:
    """Return the changes of these change sets in a publication, in at most five queries."""
    batches = ChangeBatch.objects.in_bulk(list(found))
    read = _net_changes([pk for ids in found.values() if not isinstance(ids, _Great) for pk in ids])
    great = {batch: each for batch, each in found.items() if isinstance(each, _Great)}
    firsts = _first_made(great)
    acts, drafts = [], []
    for batch, each in found.items():
        if isinstance(each, _Great):
            acts.append(PublicationChange(batches[batch], each.first, each.last))
            drafts.append(_great_draft(each, firsts[batch]))
        else:
            acts.append(PublicationChange(batches[batch], min(each), max(each)))
            drafts.append(_draft(read[batch]))
    named = _names_of(publication, drafts)
    for act, (groups, rest) in zip(acts, drafts, strict=True):
        act.lines = [_group_line(group, named) for group in groups[:MOST_LINES]] + rest
        act.more = sum(group.number for group in groups[MOST_LINES:])
    return acts


class _ObjectGroup(NamedTuple):
    """Objects of one kind with the same description; `ids` may hold only the first ones."""

    kind: str
    fields: Fields
    ids: list[int]
    number: int


type _Draft = tuple[list[_ObjectGroup], list[ChangeLine]]


def _net_changes(ids: list[int]) -> dict[int, dict[tuple[str, int], dict[str, tuple[Any, Any]]]]:
    """Return the net changes of these change sets by object."""
    found: dict[int, Any] = defaultdict(lambda: defaultdict(dict))
    if ids:
        rows = Change.objects.filter(pk__in=ids).order_by("id")
        for batch, kind, pk, name, before, after in rows.values_list(
            "batch", "kind", "object_id", "field", "before", "after"
        ):
            fields = found[batch][kind, pk]
            fields[name] = fields.get(name, (before, None))[0], after
    return found


def _first_made(great: Mapping[int, _Great]) -> dict[int, list[int]]:
    """Return a few of the issues that each great act made: a load numbers them in a row."""
    found: dict[int, list[int]] = defaultdict(list)
    made = [each.numbers[_MADE][1] for each in great.values() if _MADE in each.numbers]
    if made:
        ids = [first + step for first in made for step in range(FEW_NAMED)]
        log = Change.objects.filter(kind=_MADE[0], field="", object_id__in=ids, batch__in=great)
        for batch, pk in log.order_by("object_id").values_list("batch", "object_id"):
            found[batch].append(pk)
    return found


def _draft(changes: Mapping[tuple[str, int], Fields]) -> _Draft:
    """Group the changes of a change set into lines."""
    alike: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    counts: Counter[str] = Counter()
    for (kind, pk), changed in changes.items():
        fields = net(changed)
        if "" in fields:
            alike[kind, ("", None, None)].append(pk)
            continue
        counts.update(name for name in _COUNTED if kind == Change.Kind.ISSUE and name in fields)
        if alone := _signature(kind, fields):
            alike[kind, *alone].append(pk)
    groups = [
        _ObjectGroup(
            kind, {name: (before, after) for name, before, after in signature}, ids, len(ids)
        )
        for (kind, *signature), ids in alike.items()
    ]
    order = list(PUBLIC_FIELDS)
    groups.sort(key=lambda group: (order.index(Change.Kind(group.kind)), "" not in group.fields))
    return groups, _tail(counts)


def _signature(kind: str, fields: Fields) -> list[tuple[str, Any, Any]]:
    """Return the description key of an object; objects with equal keys share a line."""
    found = []
    for name in PUBLIC_FIELDS[Change.Kind(kind)]:
        if name == "merged_into" and "archived_at" not in fields:
            # A merged cluster is covered by the line of the cluster that it was merged into.
            continue
        if name in fields and name not in _COUNTED:
            before, after = fields[name]
            if name == "archived_at":
                before, after = bool(before), bool(after)
            elif name == "blurb":
                before, after = False, True
            found.append((name, before, after))
    return found


def _great_draft(great: _Great, first_made: list[int]) -> _Draft:
    """Tell of a great act by its numbers, with the first of the issues that it made."""
    groups: list[_ObjectGroup] = []
    lines: list[ChangeLine] = []
    counts: Counter[str] = Counter()
    for (kind, name), (number, _) in great.numbers.items():
        if not name:
            ids = first_made if kind == Change.Kind.ISSUE else []
            groups.append(_ObjectGroup(kind, {"": (None, None)}, ids, number))
        elif kind == Change.Kind.ISSUE and name in _COUNTED:
            counts[name] = number
        elif words := _BY_NUMBER.get((Change.Kind(kind), name)):
            noun, what = words
            were = "was" if number == 1 else "were"
            lines.append(ChangeLine([TextPart(f"{_plural(number, noun)} {were} {what}")]))
    order = list(PUBLIC_FIELDS)
    groups.sort(key=lambda group: order.index(Change.Kind(group.kind)))
    return groups, lines + _tail(counts)


def _tail(counts: Mapping[str, int]) -> list[ChangeLine]:
    """Return a summary line: `The tags of 12 issues and the summary of 1 issue changed`."""
    nouns = {"tags": "tags", "summary": "summary"}
    said = []
    for name in _COUNTED:
        if number := counts.get(name):
            noun = "summaries" if name == "summary" and number > 1 else nouns[name]
            said.append(f"the {noun} of {_plural(number, 'issue')}")
    words = " and ".join(said)
    return [ChangeLine([TextPart(f"{words[0].upper()}{words[1:]} changed")])] if words else []


def _names_of(publication: Publication, drafts: Iterable[_Draft]) -> Named:
    """Fetch the names that the lines of these drafts need."""
    issues: set[int] = set()
    clusters: set[int | str] = set()
    for groups, _ in drafts:
        for group in groups[:MOST_LINES]:
            if group.kind == Change.Kind.ISSUE:
                issues.update(group.ids[:MOST_NAMED])
            elif group.kind == Change.Kind.CLUSTER:
                clusters.update(group.ids[:MOST_NAMED])
            for name in ("cluster", "merged_into"):
                clusters.update(slug for slug in group.fields.get(name, ()) if slug)
    return Named(publication, issues, clusters)


def _group_line(group: _ObjectGroup, named: Named) -> ChangeLine:
    if group.kind == Change.Kind.PUBLICATION:
        return _told_of_publication(group.fields)
    is_issue = group.kind == Change.Kind.ISSUE
    names = named.issues if is_issue else named.clusters
    shown = [names[pk] for pk in group.ids[:MOST_NAMED] if pk in names]
    said: list[TextRun]
    if "" in group.fields:
        said = [(TextPart("was added" if group.number == 1 else "were added"),)]
    else:
        say = said_of_issues if is_issue else said_of_clusters
        said = say(group.fields, named.by_slug, group.number)
    noun = "issue" if is_issue else "cluster"
    if group.number == 1:
        if not shown:
            return ChangeLine([TextPart(f"One {noun} "), *joined(said)])
        head = TextPart("“" if is_issue else "The cluster “")
        return ChangeLine([head, shown[0], TextPart("” "), *joined(said)])
    several = TextPart(f"{_plural(group.number, noun)} ")
    return ChangeLine([several, *joined(said), *_name_parts(shown, group.number)])


def _told_of_publication(fields: Fields) -> ChangeLine:
    if "" in fields:
        return ChangeLine([TextPart("The publication was added")])
    names = [_FIELD_NAMES.get(name, name) for name in fields if name != "name"]
    said: list[TextRun] = []
    if "name" in fields:
        said.append((TextPart(f"was called “{fields['name'][0]}”"),))
    if names:
        new = f"{', '.join(names[:-1])} and {names[-1]}" if names[1:] else names[0]
        said.append((TextPart(f"has a new {new}"),))
    return ChangeLine([TextPart("The publication "), *joined(said)])


def _name_parts(shown: list[TextPart], number: int) -> list[TextPart]:
    """Return the names of several after a colon; of more than five the first three."""
    if not shown:
        return []
    if number > MOST_NAMED:
        shown = shown[:FEW_NAMED]
    parts: list[TextPart] = []
    for place, each in enumerate(shown, start=1):
        is_last = place == len(shown) == number
        parts += [TextPart(": “" if place == 1 else "” and “" if is_last else "”, “"), each]
    more = f" and {number - len(shown):,} more" if number > len(shown) else ""
    return [*parts, TextPart(f"”{more}")]


def _plural(number: int, noun: str) -> str:
    return plural(number, noun) if number < 1000 else f"{number:,} {noun}s"
