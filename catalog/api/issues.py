"""Creating and changing issues, for curators."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from catalog.api.curating import change_set, invalid, refuse
from catalog.api.inputs import (
    MOST_TAGS_OF_ISSUE,
    Day,
    IdOrSlug,
    ParagraphField,
    Reason,
    TagNameField,
    UrlField,
    named,
)
from catalog.api.shapes import IssueShape, issue_shapes
from catalog.curation.changeset import Curation
from catalog.curation.clusters import place_issues
from catalog.curation.rules import (
    LONGEST_ISSUE,
    LONGEST_TEXT,
    cluster_fault,
    end_position,
    index_at,
    make,
    review_values,
    url_fault_of,
)
from catalog.models import Cluster, Issue, Publication
from catalog.rest.access import CURATE, has_scope
from catalog.rest.fields import Many, Serializer, Whole, YesNo, given
from catalog.rest.lookup import by_id
from catalog.rest.versions import refuse_stale
from catalog.slugs import ID_OR_SLUG, is_id

ADD, CHANGE = ("catalog.add_issue",), ("catalog.change_issue",)
MOST_PLACES = 1_000_000
PLACE_HELP = "Its place in the cluster, from 1, as readers count; else it goes to the end."
CLUSTER_HELP = f"The {ID_OR_SLUG} of a cluster of its publication; null takes it out of its own."


class CuratedIssue(IssueShape):
    """An issue with all that curators write of it."""

    words = serializers.IntegerField(allow_null=True)
    position = serializers.IntegerField(help_text="Orders the cluster, the lower first.")
    tags_guessed = serializers.BooleanField(help_text="Split out of a line in which they ran on.")
    is_curated = serializers.BooleanField(help_text="It differs from what the last file gave.")
    reviewed_at = serializers.DateTimeField(allow_null=True)
    archived_at = serializers.DateTimeField(
        allow_null=True, help_text="Since when readers are not shown it."
    )


# The fields that it has besides those of lists; each is an attribute of the model.
CURATED_FIELDS = tuple(
    name for name in CuratedIssue._declared_fields if name not in IssueShape._declared_fields
)


class IssueFields(Serializer):
    tier = Whole(min_value=1, max_value=5, allow_null=True, required=False)
    summary = ParagraphField(max_length=LONGEST_TEXT, allow_blank=True, required=False)
    url = UrlField(allow_blank=True, required=False, help_text="Where the original is read.")
    words = Whole(min_value=0, max_value=LONGEST_ISSUE, allow_null=True, required=False)
    tags = Many(
        child=TagNameField(),
        most=MOST_TAGS_OF_ISSUE,
        required=False,
        help_text="All of them, in order.",
    )
    tags_guessed = YesNo(required=False)
    cluster = IdOrSlug(allow_null=True, required=False, help_text=CLUSTER_HELP)
    at = Whole(min_value=1, max_value=MOST_PLACES, required=False, help_text=PLACE_HELP)
    position = Whole(min_value=0, max_value=MOST_PLACES, required=False)
    reason = Reason()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "at" in attrs and "position" in attrs:
            raise invalid(at="Give a place or a position, not both.")
        return attrs


class IssueChange(IssueFields):
    title = ParagraphField(max_length=500, required=False)
    date = Day(required=False)
    reviewed = YesNo(required=False, help_text="true: found right as it is, now.")
    archived = YesNo(required=False, help_text="true: kept, and shown to no reader.")


class NewIssue(IssueFields):
    publication = IdOrSlug(help_text=f"The {ID_OR_SLUG} of its publication.")
    title = ParagraphField(max_length=500)
    date = Day()


def curated_issue(issue: Issue, request: Request) -> dict[str, Any]:
    (shape,) = curated_issues([issue], request)
    return shape


def curated_issues(issues: Sequence[Issue], request: Request) -> list[dict[str, Any]]:
    """Return issues with all that curators write of them, in one query."""
    shapes = issue_shapes([issue.pk for issue in issues], request)
    return [
        shape | {name: getattr(issue, name) for name in CURATED_FIELDS}
        for shape, issue in zip(shapes, issues, strict=True)
    ]


def issue_of(key: str, request: Request) -> Issue:
    """Return the issue with an id, an archived one for curators only; raise Http404."""
    shown = Issue.objects.select_related("publication", "cluster").defer(
        "loaded", "publication__loaded", "cluster__loaded"
    )
    found: Issue = by_id(shown, key, "issue")
    if found.archived_at and not is_curator(request):
        raise Http404(f"There is no issue “{key[:80]}” here; it is named by its id.")
    return found


def is_curator(request: Request) -> bool:
    """Return whether the client may change issues, with its token if there is one."""
    return has_scope(request, CURATE) and request.user.has_perms(CHANGE)


def change_issue(request: Request, key: str) -> Curation:
    """Apply the body's changes to an issue as one change set; return the change set."""
    asked = given(IssueChange, request)
    with change_set(request, asked.pop("reason")) as curation:
        rows = Issue.objects.select_related("publication", "cluster")
        issue: Issue = by_id(rows.select_for_update(of=("self",)), key, "issue")
        refuse_stale(request, issue.version, lambda: curated_issue(issue, request))
        at = asked.pop("at", None)
        values = _issue_values(issue.publication, asked, issue)
        cluster = values.get("cluster", issue.cluster)
        is_placed = at is not None or (cluster != issue.cluster and "position" not in values)
        if is_placed:
            values.pop("cluster", None)
        index = _insert_index(cluster, at, issue)
        curation.change(issue, values)
        if is_placed:
            place_issues([issue], cluster, curation, index)
    return curation


def make_issue(request: Request) -> tuple[Issue, Curation]:
    """Create the issue in the body, as one change set."""
    asked = given(NewIssue, request)
    with change_set(request, asked.pop("reason")) as curation:
        homes = Publication.objects.select_for_update()
        home = named(homes, asked.pop("publication"), "publication", "publication")
        at, tags = asked.pop("at", None), asked.pop("tags", [])
        values = _issue_values(home, asked)
        cluster = values.get("cluster")
        if cluster:
            values.setdefault("position", end_position(cluster.issues.all()))
        index = _insert_index(cluster, at)
        issue = make(Issue(publication=home, **values), curation)
        if tags:
            curation.change(issue, {"tags": tags})
        if index is not None:
            place_issues([issue], cluster, curation, index)
    return issue, curation


def cluster_named(home: Publication, key: str) -> Cluster:
    """Return the cluster that a field names, which is one of a publication; refuses any other."""
    clusters = Cluster.objects.select_related("publication", "merged_into")
    # An id may belong to another publication, which the error then names.
    rows = clusters if is_id(key) else home.clusters.all()
    found: Cluster = named(rows, key, "cluster", "cluster")
    refuse(cluster=cluster_fault(found, home.pk))
    return found


def _issue_values(
    home: Publication, asked: dict[str, Any], issue: Issue | None = None
) -> dict[str, Any]:
    """Return the values to write; raise ValidationError for invalid ones."""
    values = dict(asked)
    if values.get("cluster") is not None:
        values["cluster"] = cluster_named(home, values["cluster"])
    if "url" in values:
        refuse(url=url_fault_of(home, values["url"], issue.pk if issue else None))
    if (reviewed := values.pop("reviewed", None)) is not None:
        values = (review_values() if reviewed else {"reviewed_at": None}) | values
    if (archived := values.pop("archived", None)) is not None:
        since = issue.archived_at if issue else None
        values["archived_at"] = (since or timezone.now()) if archived else None
    return values


def _insert_index(
    cluster: Cluster | None, at: int | None, issue: Issue | None = None
) -> int | None:
    if at is None:
        return None
    if cluster is None:
        raise invalid(at="It is in no cluster, in which it could have a place.")
    return index_at(cluster, at, [issue.pk] if issue else [])
