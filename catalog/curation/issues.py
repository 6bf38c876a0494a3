"""Changes of one issue on the desk."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from catalog.curation.changeset import Curation
from catalog.curation.clusters import place_locked_issues
from catalog.models import ChangeBatch, Cluster, Issue

SOURCE = "desk"


class IssueEdit(NamedTuple):
    """A saved edit: its change set (None if nothing changed), the values before and after."""

    batch: int | None
    before: dict[str, Any]
    after: dict[str, Any]


def save_issue(pk: int, values: Mapping[str, Any], user: Any) -> IssueEdit:
    """Edit an issue as one change set of a user; an issue that changes clusters goes to the end.

    Raise `ValueError` for a cluster that the issue cannot be in.
    """
    with Curation(ChangeBatch.Kind.EDIT, source=SOURCE, user=user) as curation:
        rows = Issue.objects.select_for_update(of=("self",)).select_related("cluster")
        issue = rows.get(pk=pk)
        before = desk_values(issue)
        curation.change(issue, {name: values[name] for name in values if name != "cluster"})
        if "cluster" in values and values["cluster"] != issue.cluster:
            cluster = values["cluster"]
            home = Cluster.objects.select_for_update().get(pk=cluster.pk) if cluster else None
            place_locked_issues([issue], home, curation)
        after = desk_values(issue)
    return IssueEdit(curation.batch.pk, before, after)


def desk_values(issue: Issue) -> dict[str, Any]:
    """Return the fields that the desk can edit."""
    return {
        "tier": issue.tier, "cluster": issue.cluster,
        "tags": [name for name, _ in issue.tag_list], "summary": issue.summary,
        "reviewed_at": issue.reviewed_at,
    }  # fmt: skip
