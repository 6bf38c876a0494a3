"""Fields as the last load left them, and how a row differs from them."""

from collections.abc import Mapping, Sequence
from typing import Any

from catalog.models import Cluster, Issue, Publication

# The fields of an issue that curators can change; citations come from files only.
OWN_FIELDS = (
    "title", "date", "tier", "summary", "tags_guessed", "url", "words", "tags", "cluster",
    "position",
)  # fmt: skip

# Noted in `loaded` of an issue that a load archived, for its file lacked it.
PRUNED = "pruned"


def stored_values(row: Publication | Cluster | Issue, names: Sequence[str]) -> dict[str, Any]:
    """Return the current values of these fields, in the form that `loaded` stores.

    An issue's `cluster` must already be fetched.
    """
    return {name: _as_loaded(row, name) for name in names}


def differs_from_file(issue: Issue) -> bool:
    """Whether a curator has made an issue another than the last file gave, in any field."""
    given: Mapping[str, Any] = issue.loaded
    return any(name in given and given[name] != _as_loaded(issue, name) for name in OWN_FIELDS)


def _as_loaded(row: Publication | Cluster | Issue, name: str) -> Any:
    if isinstance(row, Issue):
        if name == "tags":
            return [spelling for spelling, _ in row.tag_list]
        if name == "cluster":
            return row.cluster.slug if row.cluster else None
        if name == "date":
            return row.date.isoformat()
    if isinstance(row, Publication) and name == "category":
        return row.category.name
    return getattr(row, name)
