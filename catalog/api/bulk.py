"""Bulk changes of issues: all or nothing."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.curating import BATCH_HELP, CatalogEndpoint, change_response, change_set, invalid
from catalog.api.inputs import (
    MOST_TAGS_OF_ISSUE,
    IdOrSlug,
    Reason,
    TagNameField,
    chosen,
    ids,
    refuse_at,
)
from catalog.api.issues import (
    CHANGE,
    CLUSTER_HELP,
    MOST_PLACES,
    CuratedIssue,
    cluster_named,
    curated_issues,
)
from catalog.curation.changeset import Curation
from catalog.curation.clusters import place_issues
from catalog.curation.rules import cluster_fault, index_at, review_values
from catalog.curation.tags import retag
from catalog.models import Change, Cluster, Issue
from catalog.rest.fields import Many, Serializer, Whole, YesNo, given

DEEDS = ("tier", "cluster", "tags", "add_tags", "remove_tags", "reviewed", "archived")
AT_HELP = "The place of the first of them in the cluster, from 1; else they go to its end."


def _tags_field(told: str) -> Many:
    return Many(child=TagNameField(), most=MOST_TAGS_OF_ISSUE, required=False, help_text=told)


class BulkChange(Serializer):
    """The changes, which apply to each of the issues."""

    issues = ids(help_text="Ids, in the order in which they are to stand in the cluster.")
    tier = Whole(min_value=1, max_value=5, allow_null=True, required=False)
    cluster = IdOrSlug(allow_null=True, required=False, help_text=CLUSTER_HELP)
    at = Whole(min_value=1, max_value=MOST_PLACES, required=False, help_text=AT_HELP)
    tags = _tags_field("Instead of all that they have.")
    add_tags = _tags_field("Besides what they have.")
    remove_tags = _tags_field("To be taken off; a name that stands for others means these.")
    reviewed = YesNo(required=False, help_text="true: found right as they are, now.")
    archived = YesNo(required=False, help_text="true: kept, and shown to no reader.")
    reason = Reason()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.keys() & set(DEEDS):
            raise invalid(issues=f"Say what is to be done: {', '.join(DEEDS)}.")
        if "tags" in attrs and attrs.keys() & {"add_tags", "remove_tags"}:
            raise invalid(tags="Replace the tags, or add and remove some: not both.")
        if "at" in attrs and attrs.get("cluster") is None:
            raise invalid(at="Say in which cluster.")
        return attrs


class BulkOutcome(Serializer):
    changed = serializers.IntegerField(help_text="How many of them were not so already.")
    issues = CuratedIssue(many=True)
    batch = serializers.IntegerField(allow_null=True, help_text=BATCH_HELP)


class IssueBulk(CatalogEndpoint):
    """Many issues."""

    needs = {"POST": CHANGE}
    errors = (409,)

    @extend_schema(
        operation_id="issues_bulk",
        description="Do the same to up to 500 issues as one change set, which is reverted as one.",
        request=BulkChange,
        responses=BulkOutcome,
        examples=[
            OpenApiExample(
                "Two landmarks at the top of a cluster",
                {"issues": [12, 7], "tier": 5, "cluster": "reward-models", "at": 1},
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        asked = given(BulkChange, request)
        with change_set(request, asked["reason"]) as curation:
            rows = Issue.objects.select_related("publication", "cluster").order_by("pk")
            rows = rows.select_for_update(of=("self",))
            issues: list[Issue] = chosen("issues", asked["issues"], rows, "issue")
            cluster = _target_cluster(asked, issues)
            _apply_changes(issues, asked, curation)
            if "cluster" in asked:
                pks = [issue.pk for issue in issues]
                index = index_at(cluster, asked["at"], pks) if cluster and "at" in asked else None
                place_issues(issues, cluster, curation, index)
        return change_response(_outcome(issues, curation, request), curation)


def _target_cluster(asked: dict[str, Any], issues: list[Issue]) -> Cluster | None:
    if asked.get("cluster") is None:
        return None
    cluster = cluster_named(issues[0].publication, asked["cluster"])
    homes = {issue.pk: issue.publication_id for issue in issues}
    refuse_at("issues", asked["issues"], lambda pk: cluster_fault(cluster, homes[pk]))
    return cluster


def _apply_changes(issues: list[Issue], asked: dict[str, Any], curation: Curation) -> None:
    """Apply the changes other than moves."""
    now = timezone.now()
    values: dict[str, Any] = {}
    if "tier" in asked:
        values["tier"] = asked["tier"]
    if (reviewed := asked.get("reviewed")) is not None:
        values |= review_values() if reviewed else {"reviewed_at": None}
    for issue in issues:
        own = dict(values)
        if (archived := asked.get("archived")) is not None:
            own["archived_at"] = (issue.archived_at or now) if archived else None
        curation.change(issue, own)
    if asked.keys() & {"tags", "add_tags", "remove_tags"}:
        add, remove = asked.get("add_tags", ()), asked.get("remove_tags", ())
        retag(issues, curation, add=add, remove=remove, replace=asked.get("tags"))


def _outcome(issues: list[Issue], curation: Curation, request: Request) -> dict[str, Any]:
    pks = [issue.pk for issue in issues]
    log = Change.objects.filter(batch=curation.batch.pk, kind=Change.Kind.ISSUE, object_id__in=pks)
    stored = Issue.objects.in_bulk(pks)
    return {
        "changed": log.values("object_id").distinct().count() if curation.batch.pk else 0,
        "issues": curated_issues([stored[pk] for pk in pks], request),
    }
