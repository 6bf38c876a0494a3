"""The lists and forms of publications and their categories."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from catalog.admin.base import CuratedForm, LoggedAdmin
from catalog.curation.rules import LONGEST_TEXT
from catalog.models import Category, Conflict, Publication


@admin.register(Category)
class CategoryAdmin(LoggedAdmin):
    fields = ("name",)
    list_display = ("name", "slug")


class PublicationForm(CuratedForm):
    description = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"class": "vLargeTextField"}),
    )


@admin.register(Publication)
class PublicationAdmin(LoggedAdmin):
    form = PublicationForm
    fields = (
        "name", "category", "author", "site", "section", "homepage", "feed", "description",
        "issue_count",
    )  # fmt: skip
    list_display = ("name", "author", "category", "slug")
    list_filter = ("category",)
    list_select_related = ("category",)
    search_fields = ("name", "author")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        told = {"conflicts": Conflict.objects.count()}
        return super().changelist_view(request, told | (extra_context or {}))
