"""Finds the state from which a dump of this installation was edited.

Pages and foreign files are compared with the values of the previous file. An edited dump is
compared with the catalog at the time of the dump, so only the edits differ and are applied. A dump
names its installation, and the log records the times of dumps; the dump that is closest to the file
is taken.
"""

from collections import defaultdict
from typing import Any

from msgspec import UNSET

from catalog.interchange import document
from catalog.models import Change, ChangeBatch, Issue, Publication

# How many dumps and changes to search for the state that a file was exported from.
MOST_DUMPS = 50
MOST_CHANGES = 50_000

# Former values, by (kind, id), of fields that have changed since, as `loaded` stores them.
type DumpedValues = dict[tuple[str, int], dict[str, Any]]


def record_dump() -> None:
    """Record that the catalog was dumped in its current state."""
    if newest := ChangeBatch.objects.order_by("-id").first():
        ChangeBatch.objects.filter(pk=newest.pk, is_dumped=False).update(is_dumped=True)


def values_at_dump(publication: Publication, given: document.PublicationEntry) -> DumpedValues:
    """Return the fields that have changed since the dump, with their values at that time."""
    dumps = list(
        ChangeBatch.objects.filter(is_dumped=True)
        .order_by("-id")
        .values_list("id", flat=True)[:MOST_DUMPS]
    )
    if not dumps:
        return {}
    log = list(
        Change.objects.filter(publication=publication, batch__gt=dumps[-1])
        .exclude(field="")
        .order_by("-id")
        .values_list("batch", "kind", "object_id", "field", "before", "after")[:MOST_CHANGES]
    )
    theirs = _given_values(publication, given, {row[2] for row in log if row[1] == "issue"})
    wrong = 0
    log.reverse()
    # The last change of each field has the current value.
    for _, kind, pk, field, _, after in {row[1:4]: row for row in log}.values():
        wrong += _is_other(theirs, kind, pk, field, after)
    states: list[tuple[int, DumpedValues]] = []
    state: DumpedValues = defaultdict(dict)
    for dump in dumps:
        while log and log[-1][0] > dump:
            _, kind, pk, field, before, after = log.pop()
            wrong += _is_other(theirs, kind, pk, field, before)
            wrong -= _is_other(theirs, kind, pk, field, after)
            state[kind, pk][field] = before
        states.append((wrong, {key: dict(fields) for key, fields in state.items()}))
    # If several dumps are equally close, the latest one.
    return min(states, key=lambda each: each[0])[1]


def _is_other(theirs: DumpedValues, kind: str, pk: int, field: str, value: Any) -> bool:
    given = theirs.get((kind, pk), {})
    return field in given and given[field] != value


def _given_values(
    publication: Publication, given: document.PublicationEntry, ids: set[int]
) -> DumpedValues:
    """Return the file's values of these issues, which it identifies by slug."""
    slugs = dict(Issue.objects.filter(publication=publication).values_list("slug", "pk"))
    values: DumpedValues = {}
    for cluster, _, issue in given.placed_issues():
        pk = slugs.get(str(issue.slug))
        if pk in ids:
            values["issue", pk] = {
                "title": issue.title, "date": issue.date.isoformat(), "tier": issue.tier,
                "summary": issue.summary, "url": issue.url, "words": issue.words,
                "tags": issue.tags, "cluster": cluster.slug if cluster else None,
            }  # fmt: skip
    return {
        key: {name: value for name, value in fields.items() if value is not UNSET}
        for key, fields in values.items()
    }
