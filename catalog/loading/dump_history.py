"""Which state of this room a file was edited from, where it is a dump of this room.

What a page or a stranger's file gives is held against what the last one gave. A dump, edited, is
held against the room as it was when it was dumped: then only what was edited differs, and is
applied. A dump names its room, in a line that never changes, and the room notes in its log when it
was dumped; of these moments the one is taken that the file is closest to.
"""

from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.crypto import salted_hmac
from msgspec import UNSET

from catalog.interchange import document
from catalog.models import Change, ChangeBatch, Installation, Issue, Publication

# So far back a dump is known again, in dumps and in changes.
MOST_DUMPS = 50
MOST_CHANGES = 50_000

# What rows of (kind, id) held of fields that have been changed since, as `loaded` keeps values.
type Rewound = dict[tuple[str, int], dict[str, Any]]


def installation() -> Installation:
    """Return the identity of this installation.

    An empty database has no row yet: then it is what the migration would store.
    """
    found = Installation.objects.first()
    return found or Installation(**new_identity())


def new_identity() -> dict[str, str]:
    """Return the fields of a new `Installation`.

    The key is derived from the secret key, as dumps named the room before it was stored.
    """
    key = salted_hmac("catalog.lineage", "room", algorithm="sha256").hexdigest()[:16]
    host = urlsplit(settings.SITE_URL).hostname
    return {"key": key, "authority": host or f"room-{key}.invalid"}


def room_id() -> str:
    """Return what a dump calls this room."""
    return installation().key


def note_dump() -> None:
    """Note that the room has been dumped as it stands."""
    if newest := ChangeBatch.objects.order_by("-id").first():
        ChangeBatch.objects.filter(pk=newest.pk, is_dumped=False).update(is_dumped=True)


def rewound(publication: Publication, given: document.PublicationEntry) -> Rewound:
    """Return what has been changed since the dump that a file comes from, as it was then."""
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
    # Each field's last change says what stands now.
    for _, kind, pk, field, _, after in {row[1:4]: row for row in log}.values():
        wrong += _is_other(theirs, kind, pk, field, after)
    states: list[tuple[int, Rewound]] = []
    state: Rewound = defaultdict(dict)
    for dump in dumps:
        while log and log[-1][0] > dump:
            _, kind, pk, field, before, after = log.pop()
            wrong += _is_other(theirs, kind, pk, field, before)
            wrong -= _is_other(theirs, kind, pk, field, after)
            state[kind, pk][field] = before
        states.append((wrong, {key: dict(fields) for key, fields in state.items()}))
    # Of moments that are equally close, the latest.
    return min(states, key=lambda each: each[0])[1]


def _is_other(theirs: Rewound, kind: str, pk: int, field: str, value: Any) -> bool:
    given = theirs.get((kind, pk), {})
    return field in given and given[field] != value


def _given_values(
    publication: Publication, given: document.PublicationEntry, ids: set[int]
) -> Rewound:
    """Return what a file gives of these issues, which it names by slug."""
    slugs = dict(Issue.objects.filter(publication=publication).values_list("slug", "pk"))
    values: Rewound = {}
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
