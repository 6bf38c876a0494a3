"""Changes of one issue on the desk."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from catalog.curation.changeset import Curation
from catalog.curation.clusters import place_issues
from catalog.models import (
    ChangeBatch,
    Issue,
)

SOURCE = "desk"


class Done(NamedTuple):
    """An act at the desk: its batch, None where it changed nothing, and the issue around it."""

    batch: int | None
    before: dict[str, Any]
    after: dict[str, Any]


def save(pk: int, values: Mapping[str, Any], user: Any) -> Done:
    """Change an issue as one act of a user; what changes clusters goes to the end of its new one.

    Raises `ValueError` for a cluster that it cannot be in.
    """
    with Curation(ChangeBatch.Kind.EDIT, source=SOURCE, user=user) as curation:
        rows = Issue.objects.select_for_update(of=("self",)).select_related("cluster")
        issue = rows.get(pk=pk)
        before = facts(issue)
        curation.change(issue, {name: values[name] for name in values if name != "cluster"})
        if "cluster" in values and values["cluster"] != issue.cluster:
            place_issues([issue], values["cluster"], curation)
        after = facts(rows.get(pk=pk))
    return Done(curation.batch.pk, before, after)


def facts(issue: Issue) -> dict[str, Any]:
    """Return what is changed at the desk."""
    return {
        "tier": issue.tier, "cluster": issue.cluster,
        "tags": [name for name, _ in issue.tag_list], "summary": issue.summary,
        "reviewed_at": issue.reviewed_at,
    }  # fmt: skip
