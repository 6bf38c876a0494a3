"""Your saved views: filters of the catalog that you named."""

from typing import Any

from django.core.exceptions import BadRequest
from django.http import Http404, QueryDict
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.fields import FormText, reader
from accounts.api.issues import ListedIssue, with_states
from accounts.api.shapes import offset_time
from accounts.browsing import saved_views
from accounts.browsing.filters import ReaderIssueFilter
from accounts.browsing.forms import SavedViewForm
from accounts.browsing.saved_views import CountedView, ViewRefused
from accounts.models import SavedView, User
from catalog.api.shapes import PageShape
from catalog.rest import paging
from catalog.rest.fields import Serializer, YesNo, given
from catalog.rest.lookup import by_id
from catalog.rest.parameters import in_path
from catalog.rest.problems import Problem, wrong
from catalog.rest.views import Endpoint

VIEW = in_path("view", "The id of the view.", int)


class ViewCount(Serializer):
    number = serializers.IntegerField()
    is_capped = serializers.BooleanField(help_text="Whether there are more than were counted.")


class ViewShape(PageShape):
    """A filter of the catalog under a name of yours."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    query = serializers.CharField(help_text="The filter, as GET issues takes it.")
    is_pinned = serializers.BooleanField(help_text="Whether the home page shows it.")
    created_at = serializers.DateTimeField()
    issues = serializers.URLField(help_text="Where this API lists its issues.")
    url = serializers.URLField(help_text="Its page.")

    render_created_at = staticmethod(offset_time("created_at"))

    @staticmethod
    def render_issues(view: SavedView, request: Request) -> str:
        return request.build_absolute_uri(f"{reverse('api:issue_list')}?{view.query}")


class CountedViewShape(ViewShape):
    count = ViewCount(allow_null=True, help_text="How many issues; null where that is not known.")
    is_usable = serializers.BooleanField(
        help_text="False where it asks for what is not there any more."
    )


class ListedView(ViewShape):
    count = ViewCount(required=False, allow_null=True, help_text="With counts=yes.")
    is_usable = serializers.BooleanField(required=False, help_text="With counts=yes.")


class NextIssue(Serializer):
    issue = ListedIssue(allow_null=True, help_text="Null where nothing is left to read.")


class ViewInput(Serializer):
    name = FormText(help_text="Up to 80 characters, and not that of another view.")
    query = FormText(help_text="The filter, as GET issues takes it: `tier=5&state=unread`.")
    is_pinned = YesNo(required=False, default=False)


class ViewChangeInput(Serializer):
    """Missing fields stay unchanged."""

    name = FormText(required=False)
    query = FormText(required=False)
    is_pinned = YesNo(required=False)


class ViewList(Endpoint):
    """Your saved views, by name."""

    parameters = frozenset({"counts"})
    errors = (409,)

    @extend_schema(
        operation_id="views_list",
        parameters=[
            OpenApiParameter(
                "counts", str, enum=["yes"],
                description="Count the issues of each; that takes its time with many views.",
            )
        ],
        responses=paging.page_serializer("View", ListedView(many=True)),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """List all your views on one page; there are at most a hundred."""
        asked, user = request.query_params.get("counts"), reader(request)
        if asked not in (None, "yes"):
            raise wrong("counts", "Write counts=yes, or leave it out.")
        views = list(SavedView.objects.filter(user=user))
        if not asked:
            return Response(
                {"results": [ViewShape.render(view, request) for view in views], "next": None}
            )
        counted = saved_views.counted(user, views)
        if any(each.is_valid and each.count is None for each in counted):
            # A count that took too long may succeed next time, so the response has no ETag.
            self.etag = ""
        return Response(
            {"results": [_counted_view_shape(each, request) for each in counted], "next": None}
        )

    @extend_schema(
        operation_id="view_create",
        request=ViewInput,
        responses={201: CountedViewShape},
        examples=[
            OpenApiExample(
                "Landmarks to read", {"name": "To read", "query": "tier=5&state=unread"},
                request_only=True,
            )
        ],
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Save a filter under a name.

        A name that another view has, and a view beyond the hundred, are refused (409).
        """
        user, asked = reader(request), given(ViewInput, request)
        query, named = _query(user, asked["query"]), _clean_view(asked)
        try:
            view = saved_views.save_view(user, SavedView(query=query), **named)
        except ViewRefused as refused:
            raise _refusal(refused) from refused
        address = request.build_absolute_uri(reverse("api:view", args=[view.pk]))
        return Response(_counted_one(user, view, request), 201, headers={"Location": address})


class ViewDetail(Endpoint):
    """One of your saved views."""

    errors = (409,)

    @extend_schema(operation_id="view", parameters=[VIEW], responses=CountedViewShape)
    def get(self, request: Request, view: str) -> Response:
        shape = _counted_one(reader(request), _view_or_404(request, view), request)
        if shape["is_usable"] and shape["count"] is None:
            self.etag = ""
        return Response(shape)

    @extend_schema(
        operation_id="view_change",
        parameters=[VIEW],
        request=ViewChangeInput,
        examples=[OpenApiExample("Off the home page", {"is_pinned": False}, request_only=True)],
        responses=CountedViewShape,
    )
    def patch(self, request: Request, view: str) -> Response:
        """Rename a view, pin or unpin it, or replace its filter."""
        user, stands = reader(request), _view_or_404(request, view)
        asked = given(ViewChangeInput, request)
        changes: dict[str, Any] = {}
        if "query" in asked:
            changes["query"] = _query(user, asked["query"])
        named = _clean_view({"name": stands.name, "is_pinned": stands.is_pinned} | asked)
        changes |= {name: value for name, value in named.items() if name in asked}
        try:
            changed = saved_views.change_view(user, stands.pk, **changes)
        except ViewRefused as refused:
            raise _refusal(refused) from refused
        except SavedView.DoesNotExist as error:
            raise Http404("This view has just been deleted.") from error
        return Response(_counted_one(user, changed, request))

    @extend_schema(operation_id="view_delete", parameters=[VIEW], responses={204: None})
    def delete(self, request: Request, view: str) -> Response:
        """Delete a view; its issues are not affected."""
        saved_views.delete_view(reader(request), _view_or_404(request, view))
        return Response(status=204)


class ViewNext(Endpoint):
    """The next issue of a view."""

    errors = (409, 503)

    @extend_schema(operation_id="view_next", parameters=[VIEW], responses=NextIssue)
    def get(self, request: Request, view: str) -> Response:
        """Return the first unread issue of a view, in its order.

        A view that filters by state is taken literally.
        """
        try:
            issue = saved_views.next_issue(reader(request), _view_or_404(request, view))
        except BadRequest as error:
            raise Problem(409, str(error)) from error
        return Response({"issue": with_states([issue.pk], request)[0] if issue else None})


def _counted_view_shape(each: CountedView, request: Request) -> dict[str, Any]:
    count = each.count and ViewCount.render(each.count)
    return ViewShape.render(each.view, request) | {"count": count, "is_usable": each.is_valid}


def _counted_one(user: User, view: SavedView, request: Request) -> dict[str, Any]:
    return _counted_view_shape(saved_views.counted(user, [view])[0], request)


def _view_or_404(request: Request, key: str) -> SavedView:
    return by_id(SavedView.objects.filter(user=reader(request)), key, "view")


def _clean_view(asked: dict[str, Any]) -> dict[str, Any]:
    """Return name and pin as the page of a view cleans them; raises ValidationError."""
    form = SavedViewForm(asked)
    if not form.is_valid():
        raise serializers.ValidationError(
            {name: list(map(str, messages)) for name, messages in form.errors.items()}
        )
    return form.cleaned_data


def _query(user: User, text: str) -> str:
    """Return a filter in the form that views store; raise ValidationError for an invalid one."""
    try:
        asked = QueryDict(text)
    except ValueError as error:
        raise serializers.ValidationError({"query": [f"{error}."]}) from error
    wrong = [
        f"There is no parameter “{name[:80]}”."
        for name in asked
        if name not in ReaderIssueFilter.base_filters and name not in saved_views.PASSING
    ]
    if not wrong:
        form = saved_views.filter_of(user, saved_views.normalized(asked)).form
        wrong = [f"{name}: {message}" for name, said in form.errors.items() for message in said]
    if wrong:
        raise serializers.ValidationError({"query": wrong})
    try:
        return saved_views.query_of(user, asked)
    except ViewRefused as refused:
        raise serializers.ValidationError({"query": [str(refused)]}) from refused


def _refusal(refused: ViewRefused) -> Problem:
    error = {"detail": str(refused)} | ({"field": refused.field} if refused.field else {})
    return Problem(409, str(refused), errors=[error])
