"""Serializers of the catalog's objects that several endpoints share.

Issues in lists are rendered from rows of the database by `issue_shapes`, without model objects,
which would be a third of the cost of a list.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from catalog.models import Issue, minutes_of
from catalog.rest.fields import Serializer


@extend_schema_field(
    {"type": ["string", "integer", "boolean", "array"], "items": {"type": "string"}}
)
class Logged(serializers.JSONField):
    """A value from the log of changes, or null."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**({"help_text": "As the log keeps it."} | options), allow_null=True)


class PageShape(Serializer):
    @staticmethod
    def render_url(row: Any, request: Request) -> str:
        return address_of(row, request)


class CategoryShape(PageShape):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()
    url = serializers.URLField(help_text="Its page.")


class NamedRef(Serializer):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    name = serializers.CharField()


class CategoryRef(NamedRef): ...


class PublicationRef(NamedRef): ...


class ClusterRef(Serializer):
    id = serializers.IntegerField()
    slug = serializers.CharField()
    title = serializers.CharField()


class TagRef(Serializer):
    slug = serializers.CharField()
    name = serializers.CharField(help_text="As this issue spells it.")


class IssueRef(Serializer):
    """An issue as others name it."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    title = serializers.CharField()
    date = serializers.DateField()
    tier = serializers.IntegerField(allow_null=True)
    publication = PublicationRef()
    url = serializers.URLField(help_text="Its page.")


class IssueShape(Serializer):
    """An issue as lists show it."""

    id = serializers.IntegerField()
    slug = serializers.CharField()
    title = serializers.CharField()
    date = serializers.DateField()
    tier = serializers.IntegerField(allow_null=True, help_text="1 to 5; 4 and 5 are keepers.")
    summary = serializers.CharField(allow_blank=True)
    tags = TagRef(many=True)
    publication = PublicationRef()
    cluster = ClusterRef(allow_null=True)
    minutes = serializers.IntegerField(allow_null=True, help_text="To read it, about.")
    cited_count = serializers.IntegerField(help_text="How many other issues cite it.")
    original = serializers.CharField(
        allow_blank=True, help_text="Where it was published, or an empty text."
    )
    version = serializers.IntegerField(help_text="Counts curated changes; the ETag for a change.")
    url = serializers.URLField(help_text="Its page.")


def address_of(row: Any, request: Request) -> str:
    """Return the address of a row's page."""
    return request.build_absolute_uri(row.get_absolute_url())


def issue_addresses(request: Request) -> Callable[[str, str], str]:
    """Return a function from the slugs of publication and issue to the URL of the issue's page.

    Reversing each URL would take half of the time of a list.
    """
    pattern = request.build_absolute_uri(reverse("catalog:issue_detail", args=["--", "-"]))
    before, _, after = pattern.rpartition("--/-")
    return lambda publication, issue: before + quote(f"{publication}/{issue}") + after


def issue_refs(issues: Iterable[Issue], request: Request) -> list[dict[str, Any]]:
    """Return issues, fetched with their publications, as others name them."""
    address = issue_addresses(request)
    return [
        {
            "id": issue.pk,
            "slug": issue.slug,
            "title": issue.title,
            "date": issue.date.isoformat(),
            "tier": issue.tier,
            "publication": PublicationRef.render(issue.publication),
            "url": address(issue.publication.slug, issue.slug),
        }
        for issue in issues
    ]


def issue_shapes(ids: Sequence[int], request: Request) -> list[dict[str, Any]]:
    """Return the issues of these ids in their order, as lists show them, in one query."""
    address = issue_addresses(request)
    rows = Issue.objects.filter(pk__in=ids).order_by()
    shapes = {
        pk: {
            "id": pk,
            "slug": slug,
            "title": title,
            "date": date.isoformat(),
            "tier": tier,
            "summary": summary,
            "tags": [{"slug": tag, "name": spelling} for spelling, tag in tags],
            "publication": {"id": home, "slug": home_slug, "name": home_name},
            "cluster": {"id": cluster, "slug": cluster_slug, "title": cluster_title}
            if cluster
            else None,
            "minutes": minutes_of(words),
            "cited_count": cited_count,
            "original": url,
            "version": version,
            "url": address(home_slug, slug),
        }
        for (
            pk, slug, title, date, tier, summary, tags, words, cited_count, url, version,
            home, home_slug, home_name, cluster, cluster_slug, cluster_title,
        ) in rows.values_list(
            "pk", "slug", "title", "date", "tier", "summary", "tag_list", "words", "cited_count",
            "url", "version", "publication", "publication__slug", "publication__name",
            "cluster", "cluster__slug", "cluster__title",
        )
    }  # fmt: skip
    return [shapes[pk] for pk in ids if pk in shapes]
