"""Settling fields that both a curator and a file have changed."""

import datetime
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from django.core import signing
from django.core.exceptions import ObjectDoesNotExist

from catalog.curation.baseline import stored_values
from catalog.curation.changeset import Curation
from catalog.curation.log_values import MODELS, restored
from catalog.curation.rules import category_named
from catalog.loading.merging import Side
from catalog.models import Change, Cluster, Conflict, Issue, Publication
from catalog.text import url_key

# Related rows that are needed to read the fields of each kind of object.
RELATED_ROWS: Mapping[Any, tuple[str, ...]] = {
    Change.Kind.PUBLICATION: ("category",),
    Change.Kind.CLUSTER: ("merged_into",),
    Change.Kind.ISSUE: ("cluster", "publication"),
}
# The fields of a conflict that are needed to create it again.
FACTS = ("batch_id", "publication_id", "kind", "object_id", "field", "theirs")
REOPENED_WITHIN = datetime.timedelta(days=1)

type Rows = dict[tuple[str, int], Any]


class Clash(NamedTuple):
    """A conflict with its object and the current value, as logged.

    `row` is None if the object is gone.
    """

    conflict: Conflict
    row: Any
    ours: Any


def settle(conflicts: Iterable[Conflict], take: Side, curation: Curation) -> int:
    """Write the file's values or keep the curators'; return the number of settled conflicts.

    A value that can no longer be written, because another issue has its URL or its cluster is gone,
    stays a conflict. Conflicts about objects that are gone are always settled.
    """
    listed = list(conflicts)
    rows = _conflict_rows(listed, is_locked=True)
    gone = [each.pk for each in listed if (each.kind, each.object_id) not in rows]
    Conflict.objects.filter(pk__in=gone).delete()
    left = [each for each in listed if (each.kind, each.object_id) in rows]
    if take == Side.THEIRS:
        left = _take_theirs(left, rows, curation)
    for each in left:
        curation.settle(rows[each.kind, each.object_id], each.field)
    return len(gone) + len(left)


def reopening(conflicts: Iterable[Conflict], user_id: int | None) -> str:
    """Return a token with which this user can reopen settled conflicts.

    It is needed because keeping the current value leaves no trace in the log.
    """
    facts = [[getattr(each, name) for name in FACTS] for each in conflicts]
    return signing.dumps(facts, salt=_reopen_salt(user_id), compress=True)


def reopen(token: str, user_id: int | None) -> int:
    """Reopen conflicts that were settled by keeping the current values; return their number.

    Raise ValueError for a token of another user, and for one that is older than a day.
    """
    try:
        facts = signing.loads(token, salt=_reopen_salt(user_id), max_age=REOPENED_WITHIN)
    except signing.BadSignature as error:
        raise ValueError("That cannot be undone any more.") from error
    conflicts = [Conflict(**dict(zip(FACTS, fact, strict=True))) for fact in facts]
    # A conflict is obsolete if the current value equals the file's.
    open_again = [each.conflict for each in clashes(conflicts) if each.ours != each.conflict.theirs]
    Conflict.objects.bulk_create(open_again, ignore_conflicts=True)
    return len(open_again)


def _reopen_salt(user_id: int | None) -> str:
    return f"catalog.conflicts:{user_id}"


def clashes(conflicts: Iterable[Conflict]) -> list[Clash]:
    """Return conflicts as a page shows them, in one query for each kind of object."""
    listed = list(conflicts)
    rows = _conflict_rows(listed)
    found = []
    for each in listed:
        row = rows.get((each.kind, each.object_id))
        ours = stored_values(row, (each.field,))[each.field] if row else None
        found.append(Clash(each, row, ours))
    return found


def _conflict_rows(conflicts: list[Conflict], *, is_locked: bool = False) -> Rows:
    rows: Rows = {}
    for kind, related in RELATED_ROWS.items():
        ids = sorted({each.object_id for each in conflicts if each.kind == kind})
        if not ids:
            continue
        queryset = MODELS[kind]._default_manager.select_related(*related)
        if is_locked:
            queryset = queryset.select_for_update(of=("self",))
        rows |= {(kind, pk): row for pk, row in queryset.in_bulk(ids).items()}
    return rows


def _value(conflict: Conflict, row: Any, curation: Curation) -> dict[str, Any]:
    """Return the file's value as `Curation.change` accepts it; empty if it is invalid."""
    home, field = _publication_of(row), conflict.field
    theirs: Any = conflict.theirs
    if field == "category":
        return {field: category_named(theirs, curation)}
    try:
        value = restored(home, field, theirs)
    except ObjectDoesNotExist:
        return {}
    if isinstance(value, Cluster):
        # Since the load it may have been merged into another, and that one into a third.
        while value.merged_into:
            value = value.merged_into
        if value.archived_at:
            return {}
    return {field: value}


def _publication_of(row: Any) -> int:
    return row.pk if isinstance(row, Publication) else row.publication_id


type _Address = tuple[int, str] | None


def _take_theirs(conflicts: list[Conflict], rows: Rows, curation: Curation) -> list[Conflict]:
    """Write the file's values, and return the conflicts whose value could be written."""
    values: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
    blocked = _clear_addresses(conflicts, rows)
    for each in conflicts:
        if each.pk not in blocked:
            row = rows[each.kind, each.object_id]
            values[each.kind, each.object_id] |= _value(each, row, curation)
    for key, fields in values.items():
        curation.change(rows[key], fields)
    return [each for each in conflicts if each.field in values[each.kind, each.object_id]]


def _clear_addresses(conflicts: list[Conflict], rows: Rows) -> set[int]:
    """Release the URLs that issues give up for others; return the conflicts that have to wait.

    Issues may have swapped URLs, so each must release its own first. A conflict waits if its new
    URL stays with another issue.
    """
    changes = [each for each in conflicts if each.kind == Change.Kind.ISSUE and each.field == "url"]
    wanted = {each.object_id: _wanted_address(each, rows) for each in changes}
    moving = _movable(wanted)
    free = [each for each in changes if each.object_id in moving]
    changing = [
        each.object_id
        for each in free
        if rows[each.kind, each.object_id].url != (each.theirs or "")
    ]
    Issue.objects.filter(pk__in=changing).update(url="", url_key=None)
    return {each.pk for each in changes} - {each.pk for each in free}


def _wanted_address(conflict: Conflict, rows: Rows) -> _Address:
    if not conflict.theirs:
        return None
    row = rows[conflict.kind, conflict.object_id]
    return _publication_of(row), url_key(conflict.theirs)


def _movable(wanted: Mapping[int, _Address]) -> set[int]:
    """Return the issues that can take the address that each wants.

    The first of several takes an address, and only if no other issue keeps it.
    """
    first: dict[tuple[int, str], int] = {}
    for pk, address in wanted.items():
        if address:
            first.setdefault(address, pk)
    owners = _owners(first)
    moving = set(first.values()) | {pk for pk, address in wanted.items() if address is None}
    while stuck := {
        pk
        for address, pk in first.items()
        if pk in moving and owners.get(address, pk) not in moving
    }:
        moving -= stuck
    return moving


def _owners(addresses: Collection[tuple[int, str]]) -> dict[tuple[int, str], int]:
    """Map the addresses (publication, URL key) that issues have to their ids."""
    issues = Issue.objects.filter(
        publication__in={home for home, _ in addresses}, url_key__in={key for _, key in addresses}
    )
    rows = issues.values_list("publication_id", "url_key", "pk")
    return {(home, key or ""): pk for home, key, pk in rows}
