"""Settling what both a curator and a file had changed."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Model

from catalog.curation import Curation
from catalog.logged import MODELS, restored
from catalog.merging import Side, stands
from catalog.models import Change, Conflict, Issue, Publication


class Clash(NamedTuple):
    """A conflict with the object that it is about, and what stands there now, as logged."""

    conflict: Conflict
    row: Any
    ours: Any


def settle(conflicts: Iterable[Conflict], take: Side, curation: Curation) -> int:
    """Write the file's values, or let the curators' stand; return how many were settled."""
    number = 0
    for conflict in conflicts:
        row = _row(conflict)
        if take == Side.THEIRS:
            value = restored(conflict.publication_id, conflict.field, conflict.theirs)
            curation.change(row, {conflict.field: value})
        curation.settle(row, conflict.field)
        number += 1
    return number


def clashes(conflicts: Iterable[Conflict]) -> list[Clash]:
    """Return conflicts as a page shows them, in one query for each kind of object."""
    listed = list(conflicts)
    rows: dict[tuple[str, int], Any] = {}
    for kind, model in MODELS.items():
        ids = [each.object_id for each in listed if each.kind == kind]
        if ids:
            related = {Issue: ["cluster", "publication"], Publication: ["category"]}.get(model, [])
            found = model._default_manager.select_related(*related).in_bulk(ids)
            rows |= {(kind, pk): row for pk, row in found.items()}
    return [
        Clash(each, row, stands(row, (each.field,))[each.field])
        for each in listed
        if (row := rows.get((each.kind, each.object_id)))
    ]


def _row(conflict: Conflict) -> Any:
    model: type[Model] = MODELS[Change.Kind(conflict.kind)]
    return model._default_manager.select_for_update().get(pk=conflict.object_id)
