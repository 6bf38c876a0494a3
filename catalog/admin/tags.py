"""The list of tags, and the rows behind them."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from catalog.admin.base import ReadOnlyAdmin
from catalog.admin.tag_pages import MOST_MERGED, tag_detail
from catalog.models import Citation, IssueTag, Tag
from catalog.tags.usage import with_names, with_uses
from catalog.text import tag_key


class KindFilter(admin.SimpleListFilter):
    """A filter between tags and retired names; tags by default."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("named", "Tags that a curator named"),
            ("names", "Names that stand for others"),
            ("deleted", "Deleted"),
        ]

    def choices(self, changelist: Any) -> Iterator[Any]:
        everything, *others = super().choices(changelist)
        yield everything | {"display": "Tags"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Tag]) -> QuerySet[Tag]:
        if self.value() == "names":
            return queryset.filter(retired_at__isnull=False, stands_for__isnull=False).distinct()
        if self.value() == "deleted":
            return queryset.filter(retired_at__isnull=False, stands_for=None)
        if self.value() == "named":
            return queryset.filter(retired_at=None, is_named=True)
        return queryset.filter(retired_at=None)


class TagChangeList(ChangeList):
    def _get_default_ordering(self) -> tuple[str, ...]:
        # No model's field, which `TagAdmin.ordering` would have to name.
        return ("-uses", "name")


@admin.register(Tag)
class TagAdmin(ReadOnlyAdmin):
    list_display = ("name", "uses", "names", "named_by")
    list_filter = (KindFilter,)
    list_per_page = 100
    # Any page of the list at most: the address of a merge names each tag.
    list_max_show_all = 100
    show_full_result_count = False
    search_fields = ("name", "key")
    actions = ("merge",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tag]:
        return with_names(with_uses(Tag.objects.all()))

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return TagChangeList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {"title": "Tags"} | (extra_context or {}))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Tag], search_term: str
    ) -> tuple[QuerySet[Tag], bool]:
        if not search_term.strip():
            return queryset, False
        # A name without letters or digits has an empty key, which every key contains.
        key = tag_key(search_term) or search_term
        earlier = Tag.objects.retired().filter(key__contains=key).values("stands_for")
        return queryset.filter(Q(key__contains=key) | Q(pk__in=earlier)), False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        return tag_detail(request, object_id)

    @admin.display(description="Issues", ordering="uses")
    def uses(self, tag: Any) -> int:
        return tag.uses

    @admin.display(description="Names that stand for it", empty_value="")
    def names(self, tag: Tag) -> str:
        if tag.retired_at:
            return f"stands for {', '.join(each.name for each in tag.stands_for.all()) or 'none'}"
        return ", ".join(each.name for each in tag.aliases.all())

    @admin.display(description="Named by", ordering="is_named")
    def named_by(self, tag: Tag) -> str:
        return "a curator" if tag.is_named else ""

    @admin.action(description="Merge into one", permissions=["change"])
    def merge(self, request: HttpRequest, queryset: QuerySet[Tag]) -> HttpResponse | None:
        """Redirect to the preview of the merge."""
        ids = list(queryset.order_by().values_list("pk", flat=True)[: MOST_MERGED + 1])
        if not 1 < len(ids) <= MOST_MERGED:
            messages.error(request, f"Choose 2 to {MOST_MERGED} tags to merge.")
            return None
        return redirect(f"{reverse('desk:tag_merge')}?{urlencode({'tag': ids}, doseq=True)}")


@admin.register(IssueTag)
class IssueTagAdmin(ReadOnlyAdmin):
    list_display = ("spelling", "issue", "position", "date")
    list_select_related = ("issue",)


@admin.register(Citation)
class CitationAdmin(ReadOnlyAdmin):
    list_display = ("url", "issue", "position")
    list_select_related = ("issue",)
