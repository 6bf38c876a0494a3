"""Taking changes back: of a whole batch, or of one object in it.

What has been changed again since is left as it is, and told.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.core.exceptions import ObjectDoesNotExist
from django.utils import timezone

from catalog.curation import Curated, Curation
from catalog.logged import MODELS, current, restored
from catalog.models import Change, ChangeBatch, Cluster, Issue

# Names first, so that what the issues are given back means what it did; issues before the
# clusters that were made for them.
_ORDER = (
    Change.Kind.TAG, Change.Kind.CATEGORY, Change.Kind.PUBLICATION, Change.Kind.CLUSTER,
    Change.Kind.ISSUE,
)  # fmt: skip


class Step(NamedTuple):
    """One field of one object, from its first value in a batch to its last, as the log has them.

    An empty `field` is the object's making. `is_possible` tells whether it can be taken back: it
    stands as the batch left it.
    """

    row: Curated
    publication: int | None
    field: str
    before: Any
    after: Any
    is_possible: bool


class Reverted(NamedTuple):
    """What was taken back, what was not for it has changed since, and the new batch's id."""

    done: list[Step]
    left: list[Step]
    batch: int | None


def steps(batch: ChangeBatch, of: tuple[str, int] | None = None) -> list[Step]:
    """Return what taking back a batch comes to, or of it one object's part, (kind, id)."""
    log = batch.changes.order_by("id")
    if of:
        log = log.filter(kind=of[0], object_id=of[1])
    net: dict[tuple[str, int, str], tuple[Any, Any, Any]] = {}
    for kind, pk, field, home, before, after in log.values_list(
        "kind", "object_id", "field", "publication", "before", "after"
    ):
        first = net.get((kind, pk, field))
        net[kind, pk, field] = (home, first[1] if first else before, after)
    rows = _rows(net)
    found = []
    for (kind, pk, field), (place, before, after) in net.items():
        row = rows.get((kind, pk))
        if row is None or (field and before == after):
            continue
        if field:
            is_possible = current(row, field) == after
        else:
            is_possible = isinstance(row, Issue | Cluster) and row.archived_at is None
        found.append(Step(row, place, field, before, after, is_possible))
    return sorted(found, key=_place)


def revert(
    batch: ChangeBatch,
    *,
    user: Any,
    source: str,
    reason: str = "",
    of: tuple[str, int] | None = None,
) -> Reverted:
    """Take a batch back as an act of its own, or of it one object's part, (kind, id)."""
    done: list[Step] = []
    left: list[Step] = []
    with Curation(
        ChangeBatch.Kind.REVERT, source=source, user=user, reason=reason, reverts=batch
    ) as curation:
        for step in steps(batch, of):
            is_done = step.is_possible and _take_back(step, curation)
            (done if is_done else left).append(step)
    return Reverted(done, left, curation.batch.pk)


def _take_back(step: Step, curation: Curation) -> bool:
    model = MODELS[Change.Kind(_kind(step))]
    row: Any = model._default_manager.select_for_update().get(pk=step.row.pk)
    if step.field:
        try:
            value = restored(step.publication, step.field, step.before)
        except ObjectDoesNotExist:
            return False
        curation.change(row, {step.field: value})
        return True
    if isinstance(row, Cluster) and row.issues.exists():
        return False
    curation.change(row, {"archived_at": timezone.now()})
    return True


def _kind(step: Step) -> str:
    return step.row._meta.model_name or ""


def _place(step: Step) -> tuple[bool, int]:
    is_made_cluster = isinstance(step.row, Cluster) and not step.field
    return is_made_cluster, _ORDER.index(Change.Kind(_kind(step)))


def _rows(keys: Iterable[tuple[str, int, str]]) -> dict[tuple[str, int], Any]:
    ids: dict[str, set[int]] = {}
    for kind, pk, _ in keys:
        ids.setdefault(kind, set()).add(pk)
    rows: dict[tuple[str, int], Any] = {}
    for kind, pks in ids.items():
        queryset = MODELS[Change.Kind(kind)]._default_manager.all()
        if kind == Change.Kind.ISSUE:
            queryset = queryset.select_related("cluster", "publication")
        if kind == Change.Kind.PUBLICATION:
            queryset = queryset.select_related("category")
        rows |= {(kind, pk): row for pk, row in queryset.in_bulk(list(pks)).items()}
    return rows
