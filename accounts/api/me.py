"""Your account, and the export of your data."""

from inspect import getdoc
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.fields import FormText, reader
from accounts.exports import everything
from accounts.profile import TimeZoneForm, set_time_zone
from catalog.rest.access import NOTES, has_scope
from catalog.rest.fields import Serializer, given
from catalog.rest.views import Endpoint


class Me(Serializer):
    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField(help_text="First and last name; may be empty.")
    time_zone = serializers.CharField(help_text="Where your days begin and end.")
    today = serializers.DateField(help_text="Your own date.")
    version = serializers.IntegerField(help_text="Counts your writes.")
    is_curator = serializers.BooleanField(help_text="Whether you may change issues.")
    permissions = serializers.ListField(child=serializers.CharField())
    scopes = serializers.ListField(
        child=serializers.CharField(), allow_null=True,
        help_text="Those of the token that asks; null for a browser.",
    )  # fmt: skip


class MeInput(Serializer):
    time_zone = FormText(required=False, help_text="An IANA time zone, such as Europe/Paris.")


class MeDetail(Endpoint):
    """You."""

    def parts(self, request: Request) -> tuple[Any, ...]:
        # Permissions may change without a write by the reader.
        return (_me(request),)

    @extend_schema(operation_id="me", responses=Me)
    def get(self, request: Request) -> Response:
        return Response(_me(request))

    @extend_schema(
        operation_id="me_change",
        request=MeInput,
        responses=Me,
        examples=[OpenApiExample("Paris", {"time_zone": "Europe/Paris"}, request_only=True)],
    )
    def patch(self, request: Request) -> Response:
        """Choose where your days begin and end; dates that are recorded already stay."""
        asked = given(MeInput, request)
        if "time_zone" in asked:
            form = TimeZoneForm(asked)
            if not form.is_valid():
                messages = list(map(str, form.errors["time_zone"]))
                raise serializers.ValidationError({"time_zone": messages})
            set_time_zone(reader(request), form.cleaned_data["time_zone"])
        return Response(_me(request))


class Export(Endpoint):
    """Everything that is yours."""

    def parts(self, request: Request) -> tuple[Any, ...]:
        user = reader(request)
        names = user.username, user.first_name, user.last_name, user.email
        return (*super().parts(request), *names)

    @extend_schema(
        operation_id="export",
        description=f"Everything that is yours. Takes `{NOTES}` too.\n\n{getdoc(everything)}",
        responses={200: OpenApiTypes.OBJECT},
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        if not has_scope(request, NOTES):
            raise PermissionDenied(f"Notes are part of it: this token lacks the scope “{NOTES}”.")
        headers = {"Content-Disposition": 'attachment; filename="reading-room.json"'}
        return StreamingHttpResponse(
            everything(reader(request)), content_type="application/json", headers=headers
        )


def _me(request: Request) -> dict[str, Any]:
    user = reader(request)
    return {
        "id": user.pk,
        "username": user.username,
        "name": user.get_full_name(),
        "time_zone": user.time_zone,
        "today": user.local_date().isoformat(),
        "version": user.version,
        "is_curator": user.has_perm("catalog.change_issue"),
        "permissions": sorted(user.get_all_permissions()),
        "scopes": getattr(request.auth, "scopes", None),
    }
