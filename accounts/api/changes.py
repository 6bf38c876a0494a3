"""Changes in the publications that you have begun, since you last marked them as seen."""

from django import forms
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.fields import reader
from accounts.api.parameters import cleaned
from accounts.home import whats_new
from catalog.api.shapes import PublicationRef
from catalog.models import Issue
from catalog.rest.fields import LARGEST_ID, Serializer, Whole, given
from catalog.rest.views import Endpoint


class NewsLine(Serializer):
    """The change of an issue or a cluster, from its first value to its last."""

    what = serializers.CharField(help_text="issue or cluster")
    id = serializers.IntegerField(source="thing.pk")
    title = serializers.CharField(source="thing.title")
    words = serializers.CharField(help_text="As they follow its title: `is new, a landmark`.")
    url = serializers.URLField(
        allow_null=True, help_text="Its page; null for what has been withdrawn."
    )

    @staticmethod
    def render_what(line: whats_new.NewsLine, request: Request) -> str:
        return "issue" if isinstance(line.thing, Issue) else "cluster"

    @staticmethod
    def render_url(line: whats_new.NewsLine, request: Request) -> str | None:
        return request.build_absolute_uri(line.url) if line.url else None


class PublicationNews(Serializer):
    publication = PublicationRef()
    changes = NewsLine(many=True)


class NewsShape(Serializer):
    """At most twenty changes, by publication."""

    batch = serializers.IntegerField(help_text="The last batch told: PUT it to changes/seen.")
    first_at = serializers.DateTimeField(allow_null=True, help_text="When the first of them was.")
    publications = PublicationNews(many=True)
    more = serializers.IntegerField(help_text="How many more there are.")
    is_partial = serializers.BooleanField(help_text="Whether there are still more than that.")


class NewsSeen(Serializer):
    batch = serializers.IntegerField(help_text="The last batch that is put aside as seen.")


class NewsSeenInput(Serializer):
    batch = Whole(help_text="The last batch of changes that you have seen.")


class ChangesForm(forms.Form):
    since = forms.IntegerField(required=False, min_value=0, max_value=LARGEST_ID)


class ChangeList(Endpoint):
    """The changes."""

    parameters = frozenset(ChangesForm.base_fields)

    @extend_schema(
        operation_id="changes",
        parameters=[
            OpenApiParameter("since", int, description="A batch, in place of the last one seen.")
        ],
        responses=NewsShape,
    )
    def get(self, request: Request) -> Response:
        """List the changes after the last change set marked as seen, or after another."""
        form = cleaned(request, ChangesForm(request.query_params))
        news = whats_new.news(reader(request), form.cleaned_data["since"])
        return Response({
            "batch": news.batch,
            "first_at": news.since and news.since.isoformat(),
            "publications": [
                {
                    "publication": PublicationRef.render(publication),
                    "changes": [NewsLine.render(line, request) for line in lines],
                }
                for publication, lines in news.groups
            ],
            "more": news.more,
            "is_partial": news.is_partial,
        })  # fmt: skip


class ChangesSeen(Endpoint):
    """The changes marked as seen."""

    @extend_schema(
        operation_id="changes_seen",
        request=NewsSeenInput,
        responses=NewsSeen,
        examples=[OpenApiExample("All up to a batch", {"batch": 12}, request_only=True)],
    )
    def put(self, request: Request) -> Response:
        """Mark changes as seen up to a change set; it never moves backwards."""
        seen = whats_new.put_aside(reader(request), given(NewsSeenInput, request)["batch"])
        return Response({"batch": seen})
