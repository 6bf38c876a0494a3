"""The list and the form of issues."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from catalog.admin.base import CuratedForm, LoggedAdmin, offer_undo
from catalog.document import TAG_LENGTH, tag_key, text_fault, url_key
from catalog.models import Issue
from catalog.validation import RESERVED_ISSUE_SLUGS


class IssueForm(CuratedForm):
    tags = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="One a line, in the order in which they are shown.",
    )

    class Meta:
        model = Issue
        fields = (
            "publication", "cluster", "position", "title", "date", "tier", "summary", "tags",
            "tags_guessed", "url", "words",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["tags"] = "\n".join(spelling for spelling, _ in self.instance.tag_list)

    def clean_tags(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["tags"].splitlines()]
        names = [line for line in lines if line]
        for name in names:
            if fault := text_fault(name):
                raise ValidationError(fault)
            if len(name) > TAG_LENGTH:
                raise ValidationError(f"{name} is longer than {TAG_LENGTH} characters.")
            if not tag_key(name):
                raise ValidationError(
                    f"{name} has no letter or digit that a tag could be found by."
                )
        return names

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        publication, cluster, url = (cleaned.get(k) for k in ("publication", "cluster", "url"))
        if cluster and publication and cluster.publication_id != publication.pk:
            self.add_error("cluster", f"{cluster} is a cluster of another publication.")
        if url and publication:
            others = publication.issues.exclude(pk=self.instance.pk)
            if other := others.filter(url_key=url_key(url)).first():
                self.add_error("url", f"“{other}” has this URL already.")
        return cleaned


@admin.register(Issue)
class IssueAdmin(LoggedAdmin):
    form = IssueForm
    reserved_slugs = RESERVED_ISSUE_SLUGS
    list_display = ("title", "publication", "cluster", "tier", "date", "tags_guessed")
    list_filter = (
        "publication",
        "tier",
        "tags_guessed",
        ("archived_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("publication", "cluster")
    list_per_page = 100
    search_fields = ("title", "summary")
    autocomplete_fields = ("cluster",)
    actions = ("archive", "restore")
    actions_selection_counter = True

    @admin.action(description="Archive: keep, but show to no reader", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Issue]) -> None:
        self._set_archived(request, queryset, timezone.now())

    @admin.action(description="Restore from the archive", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: QuerySet[Issue]) -> None:
        self._set_archived(request, queryset, None)

    def _set_archived(self, request: HttpRequest, queryset: QuerySet[Issue], at: Any) -> None:
        with self.curation(request) as curation:
            for issue in queryset.select_for_update(of=("self",)):
                if bool(issue.archived_at) != bool(at):
                    curation.change(issue, {"archived_at": at})
        if batch := curation.batch.pk:
            offer_undo(request, "Archived." if at else "Restored.", batch)
