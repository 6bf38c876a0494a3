"""The lists and forms of publications and their categories."""

from django.contrib import admin

from catalog.admin.base import LoggedAdmin
from catalog.models import Category, Publication
from catalog.validation import RESERVED_SLUGS


@admin.register(Category)
class CategoryAdmin(LoggedAdmin):
    fields = ("name",)
    list_display = ("name", "slug")


@admin.register(Publication)
class PublicationAdmin(LoggedAdmin):
    reserved_slugs = RESERVED_SLUGS
    fields = (
        "name", "category", "author", "site", "section", "homepage", "feed", "description",
        "issue_count",
    )  # fmt: skip
    list_display = ("name", "author", "category", "slug")
    list_filter = ("category",)
    list_select_related = ("category",)
    search_fields = ("name", "author")
