"""Issues for lists and pages with the reader's state; and creating issues."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django_filters import DateFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.api.parameters import faults_of
from accounts.browsing.filters import ReaderIssueFilter, StatesFilter, issue_filter
from accounts.models import Note, Reading, State, User
from catalog.api.curating import (
    BATCH_HELP,
    ISSUE,
    OVER_A_VERSION,
    PUBLICATION,
    CatalogEndpoint,
    change_response,
    example,
)
from catalog.api.issues import (
    ADD,
    CHANGE,
    CuratedIssue,
    IssueChange,
    NewIssue,
    change_issue,
    curated_issue,
    issue_of,
    make_issue,
)
from catalog.api.shapes import IssueRef, IssueShape, issue_refs, issue_shapes
from catalog.browsing import facets
from catalog.browsing.facets import count_issues
from catalog.browsing.filters import IssueFilter, KeysFilter, NumberFilter
from catalog.browsing.listing import list_issues
from catalog.changes.wording import ratings
from catalog.models import Issue, Publication
from catalog.pages.related import Place, cited_by, place_in_cluster, references, related
from catalog.rest import paging
from catalog.rest.access import NOTES, has_scope
from catalog.rest.fields import Serializer
from catalog.rest.lookup import by_key
from catalog.rest.parameters import IF_MATCH, PAGED, in_path
from catalog.rest.problems import Problem, wrong
from catalog.search.engine import bounded
from catalog.search.suggest import suggestion
from catalog.slugs import ID_OR_SLUG

ISSUE_STATES = [state.value for state in State]
FILTERS = frozenset(ReaderIssueFilter.base_filters)
# Several values of these are alternatives.
SEVERAL = frozenset(
    name
    for name, each in ReaderIssueFilter.base_filters.items()
    if isinstance(each, KeysFilter | StatesFilter)
)
ISSUE_KEY = in_path("issue", f"The {ID_OR_SLUG} of an issue of it.")


# Additional members of a list, depending on the query.
LIST_MEMBERS = {
    "notes": serializers.ListField(
        child=serializers.CharField(), required=False,
        help_text="What could not be taken as it was asked.",
    ),
    "did_you_mean": serializers.CharField(
        required=False, allow_null=True, help_text="Other words, where these find nothing."
    ),
}  # fmt: skip


class ListedIssue(IssueShape):
    """An issue as lists show it, with the reader's state; null for strangers."""

    state = serializers.ChoiceField(ISSUE_STATES, allow_null=True)


class NearIssue(IssueRef):
    """A neighbouring issue with the reader's state."""

    state = serializers.ChoiceField(ISSUE_STATES, allow_null=True)


class PlaceShape(Serializer):
    """The position of an issue in its cluster, counted from 1."""

    number = serializers.IntegerField()
    total = serializers.IntegerField()
    keepers = serializers.IntegerField()
    previous = NearIssue(allow_null=True)
    next = NearIssue(allow_null=True)


class CiteShape(Serializer):
    address = serializers.CharField(help_text="What is cited.")
    issue = NearIssue(allow_null=True, help_text="The issue that it is, where it is listed here.")


class RatingShape(Serializer):
    """When the tier or the cluster was changed, in words."""

    at = serializers.DateTimeField()
    text = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)

    @staticmethod
    def render_text(rating: Any, request: Request) -> str:
        return str(rating.line)


class WholeIssue(CuratedIssue):
    """An issue in full, as on its page."""

    state = serializers.ChoiceField(ISSUE_STATES, allow_null=True)
    note_count = serializers.IntegerField(
        allow_null=True, help_text="How many notes the reader has on it; null for strangers."
    )
    place = PlaceShape(allow_null=True, help_text="null where it is in no cluster, or archived.")
    cites = CiteShape(many=True)
    cited_by = NearIssue(many=True, help_text="The newest that cite it, at most fifty.")
    related = NearIssue(many=True)
    ratings = RatingShape(many=True, help_text="How tier and cluster changed, the latest first.")


class ChangedIssue(WholeIssue):
    batch = serializers.IntegerField(allow_null=True, help_text=BATCH_HELP)


class OwnCatalog(CatalogEndpoint):
    """A resource that depends on the reader; with permission for notes, also on their notes."""

    def parts(self, request: Request) -> tuple[Any, ...]:
        return (*super().parts(request), has_scope(request, NOTES))


def states_of(ids: Sequence[int], request: Request) -> Callable[[int], str | None]:
    """Return a function from issues to the reader's states, with one query for all."""
    if not isinstance(request.user, User):
        return lambda pk: None
    mine: QuerySet[Reading] = Reading.objects.of(request.user).current()
    states = dict(mine.filter(issue__in=ids).values_list("issue", "state"))
    return lambda pk: states.get(pk, "unread")


def with_states(ids: Sequence[int], request: Request) -> list[dict[str, Any]]:
    """Return issues for lists, with the reader's state of each."""
    shapes = issue_shapes(ids, request)
    state_of = states_of(ids, request)
    for shape in shapes:
        shape["state"] = state_of(shape["id"])
    return shapes


def whole_issue(issue: Issue, request: Request) -> dict[str, Any]:
    """Return an issue in full; publication and cluster must be fetched."""
    cites, citing = references(issue), cited_by(issue)
    linked = [*citing, *(each.issue for each in cites if each.issue)]
    alike = related(issue, linked)
    place = None if issue.archived_at else place_in_cluster(issue)
    sides = (place.previous, place.next) if place else ()
    near_by = [each for each in (*linked, *alike, *sides) if each]
    state_of = states_of([issue.pk, *(each.pk for each in near_by)], request)
    near = _near_issues(near_by, state_of, request)
    return curated_issue(issue, request) | {
        "state": state_of(issue.pk),
        "note_count": _note_count(issue, request),
        "place": _place_shape(place, near),
        "cites": [{"address": each.url, "issue": near(each.issue)} for each in cites],
        "cited_by": list(map(near, citing)),
        "related": list(map(near, alike)),
        "ratings": [RatingShape.render(each) for each in ratings(issue)],
    }


def _near_issues(
    issues: Sequence[Issue], state_of: Callable[[int], str | None], request: Request
) -> Callable[[Issue | None], dict[str, Any] | None]:
    """Return a function from one of the issues, or None, to it as a neighbour."""
    refs = {ref["id"]: ref for ref in issue_refs(issues, request)}

    def near(issue: Issue | None) -> dict[str, Any] | None:
        return refs[issue.pk] | {"state": state_of(issue.pk)} if issue else None

    return near


def _note_count(issue: Issue, request: Request) -> int | None:
    if not isinstance(request.user, User):
        return None
    return Note.objects.of(request.user).on_issues([issue.pk]).count()


def _place_shape(
    place: Place | None, near: Callable[[Issue | None], dict[str, Any] | None]
) -> dict[str, Any] | None:
    if place is None:
        return None
    return {
        "number": place.number,
        "total": place.total,
        "keepers": place.keepers,
        "previous": near(place.previous),
        "next": near(place.next),
    }


def valid_filter(request: Request) -> IssueFilter:
    """Return the filter in the parameters; raise Problem naming the invalid ones."""
    user = request.user if isinstance(request.user, User) else None
    asked = issue_filter(request.query_params, user, looks_into_notes=has_scope(request, NOTES))
    if asked.form.is_valid():
        return asked
    raise Problem(422, "Some parameters are not valid.", errors=faults_of(asked.form))


def filter_parameters() -> list[OpenApiParameter]:
    """Describe the filter's parameters, from the filter itself."""
    described = []
    for name, each in ReaderIssueFilter.base_filters.items():
        choices = [value for value, _ in each.extra.get("choices", ())] or None
        kind: Any = str
        if isinstance(each, NumberFilter):
            kind = int
        elif isinstance(each, DateFilter):
            kind = OpenApiTypes.DATE
        described.append(
            OpenApiParameter(
                name,
                kind,
                description=str(each.label),
                enum=choices,
                many=name in SEVERAL,
            )
        )
    return described


class IssueList(OwnCatalog):
    """The issues that a filter leaves, in any order: the same as on the catalog's page."""

    parameters = FILTERS | paging.PARAMETERS
    several = SEVERAL
    needs = {"POST": ADD}
    errors = (409, 503)

    @extend_schema(
        operation_id="issues_list",
        parameters=[*filter_parameters(), *PAGED],
        responses=paging.page_serializer("Issue", ListedIssue(many=True), **LIST_MEMBERS),
    )
    def get(self, request: Request) -> Response:
        asked = valid_filter(request)
        try:
            with bounded():
                listing = list_issues(asked.compiled, request.query_params.get("after"))
            issues = with_states(listing.page.ids, request)
            with bounded(facets.COUNT_BUDGET_MS):
                page = paging.page_of(
                    request, issues, listing.page.next, lambda: count_issues(asked.compiled).number
                )
        except Http404 as error:
            raise wrong("after", str(error)) from error
        if asked.complaints:
            page["notes"] = asked.complaints
        if asked.query.has_text and not issues and not listing.after:
            better = suggestion(asked.query, request.query_params)
            page["did_you_mean"] = better.text if better else None
        return Response(page)

    @extend_schema(
        operation_id="issue_create",
        description="Make an issue, behind the others of its cluster unless it is told where.",
        request=NewIssue,
        examples=example(
            "An issue", publication="shoreline", title="Ebb", date="2024-05-01", tags=["moon"]
        ),
        responses={201: ChangedIssue},
    )
    def post(self, request: Request) -> Response:
        made, curation = make_issue(request)
        created = reverse("api:issue_detail", args=[made.pk], request=request)
        return change_response(
            whole_issue(issue_of(str(made.pk), request), request), curation, created
        )


class IssueDetail(CatalogEndpoint):
    """One issue; archived ones are visible to curators only.

    A change refers to the `version` of the issue; the ETag covers the whole response.
    """

    needs = {"PATCH": CHANGE}
    errors = OVER_A_VERSION

    @extend_schema(operation_id="issue", parameters=[ISSUE], responses=WholeIssue)
    def get(self, request: Request, issue: str) -> Response:
        return Response(whole_issue(issue_of(issue, request), request))

    @extend_schema(
        operation_id="issue_change",
        description="Change what is given, as one change set; its slug and its publication stay.",
        parameters=[ISSUE, IF_MATCH],
        request=IssueChange,
        responses=ChangedIssue,
        examples=[
            OpenApiExample(
                "A landmark, at the top of a cluster",
                {"tier": 5, "cluster": "reward-models", "at": 1, "reason": "Cited everywhere"},
                request_only=True,
            )
        ],
    )
    def patch(self, request: Request, issue: str) -> Response:
        curation = change_issue(request, issue)
        return change_response(whole_issue(issue_of(issue, request), request), curation)


class IssueOfPublication(CatalogEndpoint):
    """One issue, by its slug in its publication."""

    @extend_schema(
        operation_id="publication_issue", parameters=[PUBLICATION, ISSUE_KEY], responses=WholeIssue
    )
    def get(self, request: Request, publication: str, issue: str) -> Response:
        home = by_key(Publication.objects.all(), publication, "publication")
        pk = by_key(home.issues.only("pk"), issue, "issue").pk
        return Response(whole_issue(issue_of(str(pk), request), request))
