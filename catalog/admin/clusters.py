"""The list and the form of clusters."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from catalog.admin.base import CuratedForm, LoggedAdmin
from catalog.curation.clusters import with_counts
from catalog.curation.rules import LONGEST_TEXT, title_fault
from catalog.models import Cluster


def state_of(cluster: Cluster) -> str:
    """Return the state of a merged or archived cluster, in words."""
    if cluster.merged_into:
        return f"Merged into “{cluster.merged_into}”"
    return "Taken back" if cluster.archived_at else "Listed"


class ClusterForm(CuratedForm):
    blurb = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"class": "vLargeTextField"}),
        help_text="One paragraph, which readers see above the issues.",
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        publication = cleaned.get("publication") or getattr(self.instance, "publication", None)
        title = cleaned.get("title")
        if publication and title and "title" in self.changed_data:
            fault = title_fault(publication, title, self.instance.pk)
            if fault:
                self.add_error("title", fault)
        return cleaned


class StateFilter(admin.SimpleListFilter):
    """A filter by state; by default only clusters that readers see are listed."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("merged", "Merged into another"), ("withdrawn", "Taken back"), ("all", "All")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "Listed"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "all":
                return queryset
            case "merged":
                return queryset.filter(merged_into__isnull=False)
            case "withdrawn":
                return queryset.filter(archived_at__isnull=False, merged_into=None)
        return queryset.filter(archived_at=None)


@admin.register(Cluster)
class ClusterAdmin(LoggedAdmin):
    form = ClusterForm
    fields = ("publication", "title", "blurb")
    list_display = ("title", "in_publication", "listed", "keepers", "landmarks", "has_blurb")
    list_filter = (StateFilter, "publication")
    list_select_related = ("publication", "merged_into")
    search_fields = ("title",)
    ordering = ("publication", "position", "id")
    show_facets = admin.ShowFacets.NEVER

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        clusters = super().get_queryset(request).defer("loaded")
        match = request.resolver_match
        is_list = match and match.url_name == "catalog_cluster_changelist"
        return with_counts(clusters) if is_list else clusters

    def get_list_display(self, request: HttpRequest) -> Any:
        is_asked_for = StateFilter.parameter_name in request.GET
        return (*self.list_display, "state") if is_asked_for else self.list_display

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_fields(request, obj)
        if self.has_change_permission(request, obj):
            return fields
        return [*(name for name in fields if name != "seen"), "state"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # Its issues are of the publication that it was made in.
        return ("publication", "state") if obj else ("state",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A merged cluster's name belongs to its successor until the merge is reverted.
        return super().has_change_permission(request, obj) and not (obj and obj.archived_at)

    @admin.display(description="Publication, in order", ordering="publication")
    def in_publication(self, obj: Any) -> str:
        address = reverse("desk:cluster_order", args=[obj.publication_id])
        return format_html('<a href="{}#cluster-{}">{}</a>', address, obj.pk, obj.publication)

    @admin.display(description="Issues", ordering="listed")
    def listed(self, obj: Any) -> int:
        return obj.listed

    @admin.display(description="Keepers", ordering="keepers")
    def keepers(self, obj: Any) -> int:
        return obj.keepers

    @admin.display(description="Tier 5", ordering="landmarks")
    def landmarks(self, obj: Any) -> int:
        return obj.landmarks

    @admin.display(description="Blurb", boolean=True)
    def has_blurb(self, obj: Any) -> bool:
        return bool(obj.blurb)

    @admin.display(description="State")
    def state(self, obj: Any) -> str:
        return state_of(obj)
