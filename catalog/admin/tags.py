"""The list of tags, and the rows behind them."""

from django.contrib import admin

from catalog.admin.base import ReadOnlyAdmin
from catalog.models import Citation, IssueTag, Tag


@admin.register(Tag)
class TagAdmin(ReadOnlyAdmin):
    list_display = ("name", "slug", "key")
    search_fields = ("name", "key")


@admin.register(IssueTag)
class IssueTagAdmin(ReadOnlyAdmin):
    list_display = ("spelling", "issue", "position", "date")
    list_select_related = ("issue",)


@admin.register(Citation)
class CitationAdmin(ReadOnlyAdmin):
    list_display = ("url", "issue", "position")
    list_select_related = ("issue",)
