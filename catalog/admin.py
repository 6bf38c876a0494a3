"""The stock admin over the catalog. Each save goes through `Curation`, so that it is logged."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from catalog.curation import Curated, Curation
from catalog.document import TAG_LENGTH, SlugMaker, tag_key, text_fault, url_fault, url_key
from catalog.models import (
    Category,
    Change,
    ChangeBatch,
    Citation,
    Cluster,
    Issue,
    IssueTag,
    Publication,
    Tag,
)
from catalog.upkeep import sort_title
from catalog.validation import RESERVED_ISSUE_SLUGS, RESERVED_SLUGS

URL_FIELDS = ("url", "homepage", "feed")


class CuratedForm(forms.ModelForm):
    """Holds an editor's input to the rules that a file's input is held to."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, value in list(cleaned.items()):
            if isinstance(value, str):
                # A browser sends its own line ends; a text of the catalog is one paragraph.
                cleaned[name] = value = " ".join(value.split("\r\n")).strip()
                if fault := text_fault(value):
                    self.add_error(name, fault)
                elif name in URL_FIELDS and value and (fault := url_fault(value)):
                    self.add_error(name, f"{value} {fault}.")
        return cleaned


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


class LoggedAdmin(admin.ModelAdmin):
    """Writes what the form changed through `Curation`; nothing of the catalog is deleted here."""

    form = CuratedForm
    reserved_slugs: frozenset[str] = frozenset()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        user = request.user if request.user.is_authenticated else None
        with Curation(ChangeBatch.Kind.EDIT, source="admin", user=user) as curation:
            values = {name: form.cleaned_data[name] for name in form.changed_data}
            if change:
                row = self.model._default_manager.select_for_update().get(pk=obj.pk)
            else:
                row = self.make(curation, obj)
            curation.change(row, values)
        obj.refresh_from_db()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Tags are written with the rest, by `save_model`."""

    def make(self, curation: Curation, obj: Any) -> Curated:
        """Insert a new row with a slug of its own, and log it."""
        siblings = self.model._default_manager.all()
        if hasattr(obj, "publication_id"):
            siblings = siblings.filter(publication=obj.publication)
        taken = self.reserved_slugs.union(siblings.values_list("slug", flat=True))
        kind = Change.Kind(self.opts.model_name or "")
        obj.slug = SlugMaker(taken).make(str(obj), kind.value)
        if isinstance(obj, Issue):
            obj.url_key = url_key(obj.url) if obj.url else None
            obj.sort_title = sort_title(obj.title)
        obj.save()
        is_publication = isinstance(obj, Publication)
        home = obj.pk if is_publication else getattr(obj, "publication_id", None)
        curation.made(kind, home, obj.pk)
        return obj

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(admin.ModelAdmin):
    """For rows that only the code writes."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


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


@admin.register(Cluster)
class ClusterAdmin(LoggedAdmin):
    fields = ("publication", "title", "blurb", "position")
    list_display = ("title", "publication", "position")
    list_filter = ("publication",)
    list_select_related = ("publication",)
    search_fields = ("title",)
    ordering = ("publication", "position", "id")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        # Its issues are of the publication that it was made in.
        return ("publication",) if obj else ()


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
        user = request.user if request.user.is_authenticated else None
        with Curation(ChangeBatch.Kind.EDIT, source="admin", user=user) as curation:
            for issue in queryset.select_for_update(of=("self",)):
                if bool(issue.archived_at) != bool(at):
                    curation.change(issue, {"archived_at": at})


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


@admin.register(ChangeBatch)
class ChangeBatchAdmin(ReadOnlyAdmin):
    list_display = ("at", "kind", "source", "user", "reason")
    list_filter = ("kind",)
    list_select_related = ("user",)


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "object_id", "field", "before", "after", "publication")
    list_filter = ("kind", "field")
    list_select_related = ("publication",)
