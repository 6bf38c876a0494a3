"""Issues as lists and pages show them, with what the reader did with each."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django_filters import DateFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.filters import ReaderIssueFilter, issue_filter
from accounts.models import Reading, State, User
from catalog.api.shapes import IssueShape, issue_shapes
from catalog.facets import count_issues
from catalog.filters import IssueFilter, KeysFilter, NumberFilter
from catalog.listing import list_issues
from catalog.models import Issue
from catalog.rest import paging
from catalog.rest.problems import Problem
from catalog.rest.views import Endpoint
from catalog.search.engine import TooBroad, bounded

STATES = [state.value for state in State]


class ListedIssue(IssueShape):
    """An issue as lists show it, with the reader's state; null for strangers."""

    state = serializers.ChoiceField(STATES, allow_null=True)


def with_states(issues: list[Issue], request: Request) -> list[dict[str, Any]]:
    """Return issues as lists show them, with the state that each has for who asks."""
    shapes = issue_shapes(issues, request)
    states: dict[int, str] = {}
    if isinstance(request.user, User):
        mine: QuerySet[Reading] = Reading.objects.of(request.user).current()
        ids = [issue.pk for issue in issues]
        states = dict(mine.filter(issue__in=ids).values_list("issue", "state"))
    is_known = isinstance(request.user, User)
    for shape in shapes:
        shape["state"] = states.get(shape["id"], "unread") if is_known else None
    return shapes


def valid_filter(request: Request) -> IssueFilter:
    """Return the filter that the parameters ask for; raises Problem naming what is wrong."""
    user = request.user if isinstance(request.user, User) else None
    asked = issue_filter(request.query_params, user)
    if asked.form.is_valid():
        return asked
    errors = [
        {"parameter": name, "detail": str(message)}
        for name, messages in asked.form.errors.items()
        for message in messages
    ]
    raise Problem(422, "Some parameters are not valid.", errors=errors)


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
                many=isinstance(each, KeysFilter),
            )
        )
    return described


PAGE_PARAMETERS = [
    OpenApiParameter("after", str, description="Where the page goes on: take it from “next”."),
    OpenApiParameter("count", str, enum=["exact"], description="Count all that there are."),
]


class IssueList(Endpoint):
    """The issues that a filter leaves, in any order: the same as on the catalog's page."""

    is_catalog = True
    errors = (503,)

    def known_parameters(self) -> frozenset[str]:
        return frozenset(ReaderIssueFilter.base_filters) | paging.PARAMETERS

    @extend_schema(
        operation_id="issues_list",
        parameters=[*filter_parameters(), *PAGE_PARAMETERS],
        responses=paging.page_serializer("Issue", ListedIssue(many=True)),
    )
    def get(self, request: Request) -> Response:
        asked = valid_filter(request)
        try:
            with bounded():
                listing = list_issues(asked, request.query_params.get("after"))
                page = paging.page_of(
                    request, with_states(listing.page.issues, request), listing.page.next,
                    lambda: count_issues(asked).number,
                )  # fmt: skip
        except Http404 as error:
            errors = [{"parameter": "after", "detail": str(error)}]
            raise Problem(422, "Some parameters are not valid.", errors=errors) from error
        except TooBroad as error:
            raise Problem(503, "That asks for more than can be looked through at once.") from error
        if asked.complaints:
            page["notes"] = asked.complaints
        return Response(page)
