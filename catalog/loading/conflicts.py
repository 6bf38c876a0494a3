"""Settling what both a curator and a file had changed."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from django.core import signing
from django.core.exceptions import ObjectDoesNotExist

from catalog.curation.baseline import stands
from catalog.curation.changeset import Curation
from catalog.curation.log_values import MODELS, restored
from catalog.loading.merging import Side
from catalog.models import Category, Change, Cluster, Conflict, Issue, Publication
from catalog.slugs import SlugMaker
from catalog.text import title_key, url_key

# What of an object's row its fields are read from.
RELATED_ROWS: Mapping[Any, tuple[str, ...]] = {
    Change.Kind.PUBLICATION: ("category",),
    Change.Kind.CLUSTER: ("merged_into",),
    Change.Kind.ISSUE: ("cluster", "publication"),
}
# What a conflict is made of again.
FACTS = ("batch_id", "publication_id", "kind", "object_id", "field", "theirs")
REOPENED_WITHIN = datetime.timedelta(days=1)

type Rows = dict[tuple[str, int], Any]


class Clash(NamedTuple):
    """A conflict with the object that it is about, and what stands there now, as logged.

    Without a `row` the object is no more.
    """

    conflict: Conflict
    row: Any
    ours: Any


def settle(conflicts: Iterable[Conflict], take: Side, curation: Curation) -> int:
    """Write the file's values, or let the curators' stand; return how many were settled.

    A value that cannot be written any more, for another issue has its address or its cluster is no
    more, stays a conflict. One about what is no more is settled either way.
    """
    listed = list(conflicts)
    rows = _conflict_rows(listed, is_locked=True)
    gone = [each.pk for each in listed if (each.kind, each.object_id) not in rows]
    Conflict.objects.filter(pk__in=gone).delete()
    left = [each for each in listed if (each.kind, each.object_id) in rows]
    values: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
    if take == Side.THEIRS:
        blocked = _clear_addresses(left, rows)
        for each in left:
            if each.pk not in blocked:
                row = rows[each.kind, each.object_id]
                values[each.kind, each.object_id] |= _value(each, row, curation)
        left = [each for each in left if each.field in values[each.kind, each.object_id]]
    for key, fields in values.items():
        curation.change(rows[key], fields)
    for each in left:
        curation.settle(rows[each.kind, each.object_id], each.field)
    return len(gone) + len(left)


def reopening(conflicts: Iterable[Conflict], user_id: int | None) -> str:
    """Return a token by which this user can list conflicts again, which they have settled.

    Where what stands was kept, the log has nothing of it.
    """
    facts = [[getattr(each, name) for name in FACTS] for each in conflicts]
    return signing.dumps(facts, salt=_reopen_salt(user_id), compress=True)


def reopen(token: str, user_id: int | None) -> int:
    """List conflicts again that were settled by keeping what stands; return how many.

    Raises ValueError for what is no token of this user, or one of more than a day ago.
    """
    try:
        facts = signing.loads(token, salt=_reopen_salt(user_id), max_age=REOPENED_WITHIN)
    except signing.BadSignature as error:
        raise ValueError("That cannot be undone any more.") from error
    conflicts = [Conflict(**dict(zip(FACTS, fact, strict=True))) for fact in facts]
    # What has come to the file's value by now is none.
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
        ours = stands(row, (each.field,))[each.field] if row else None
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
    """Return what a file gives of a field as `Curation.change` takes it; nothing if it cannot."""
    home, field = _publication_of(row), conflict.field
    theirs: Any = conflict.theirs
    if field == "category":
        return {field: _category(theirs, curation)}
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


def _category(name: str, curation: Curation) -> Category:
    """Return the category of this name; a load that left it in conflict has not made it."""
    for category in Category.objects.all():
        if title_key(category.name) == title_key(name):
            return category
    taken = Category.objects.values_list("slug", flat=True)
    category = Category.objects.create(name=name, slug=SlugMaker(taken).make(name, "category"))
    curation.made(Change.Kind.CATEGORY, None, category.pk)
    return category


def _clear_addresses(conflicts: list[Conflict], rows: Rows) -> set[int]:
    """Free the addresses that issues give up for others; return which conflicts have to wait.

    Issues may have swapped theirs: neither may hold on to what the other takes. Those wait whose
    new address stays another issue's.
    """
    wanted: dict[int, tuple[Conflict, tuple[int, str] | None]] = {}
    first: dict[tuple[int, str], int] = {}
    for each in conflicts:
        if each.kind == Change.Kind.ISSUE and each.field == "url":
            home = _publication_of(rows[each.kind, each.object_id])
            key = (home, url_key(each.theirs)) if each.theirs else None
            wanted[each.object_id] = each, key
            if key:
                first.setdefault(key, each.object_id)
    keys = {key for _, key in first}
    held = {
        (home, key): pk
        for home, key, pk in Issue.objects.filter(
            publication__in={home for home, _ in first}, url_key__in=keys
        ).values_list("publication_id", "url_key", "pk")
    }
    moving = {pk: key for pk, (_, key) in wanted.items() if not key or first[key] == pk}
    while stuck := [pk for pk, key in moving.items() if key and held.get(key, pk) not in moving]:
        for pk in stuck:
            del moving[pk]
    changing = [
        pk for pk in moving if rows[Change.Kind.ISSUE, pk].url != (wanted[pk][0].theirs or "")
    ]
    Issue.objects.filter(pk__in=changing).update(url="", url_key=None)
    return {each.pk for pk, (each, _) in wanted.items() if pk not in moving}
