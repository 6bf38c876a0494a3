"""The list and the form of issues."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME, ActionForm
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.admin import actions
from catalog.admin.base import CuratedForm, LoggedAdmin, offer_undo
from catalog.admin.fields import (
    NO_CLUSTER,
    ClusterField,
    TierField,
    tag_lines,
    tier_words,
    titles_of,
)
from catalog.admin.issue_list import IssueChangeList, Narrowing, RowForm, RowFormSet, flag_words
from catalog.browsing.facets import Count
from catalog.curation.baseline import OWN_FIELDS, stored_values
from catalog.curation.rules import LONGEST_TEXT, end_position
from catalog.models import Issue, Publication
from catalog.slugs import id_of, is_id
from catalog.text import plural, url_key


class IssueForm(CuratedForm):
    cluster = ClusterField(required=False)
    tier = TierField()
    # The limits of the file formats, so that every dump can be loaded again.
    summary = forms.CharField(
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"}),
        help_text="One paragraph.",
    )
    words = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=10_000_000,
        help_text="How many the original has; reading times are made of it.",
    )
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
        labels = {"url": "URL", "tags_guessed": "Tags are guessed"}
        help_texts = {
            "position": "Orders the cluster: the lower comes first, and of equals the earlier. "
            "An issue that is moved to another cluster goes to its end.",
            "url": "Where the original is read.",
            "tags_guessed": "They were split out of a line in which they ran together.",
        }
        widgets = {"date": forms.DateInput({"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["tags"] = "\n".join(spelling for spelling, _ in self.instance.tag_list)
        publication = self.instance.publication_id or self._publication_chosen()
        cluster: Any = self.fields["cluster"]
        own = titles_of([publication])[publication] if publication else []
        cluster.offer({"": own}, none=[("", NO_CLUSTER)])
        if not publication:
            cluster.help_text = "Once the publication is saved, its clusters are to be chosen from."

    def _publication_chosen(self) -> int | None:
        return id_of(str(self["publication"].value() or ""))

    def clean_tags(self) -> list[str]:
        return tag_lines(self.cleaned_data["tags"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        publication = cleaned.get("publication") or getattr(self.instance, "publication", None)
        if publication and (url := cleaned.get("url")):
            others = publication.issues.exclude(pk=self.instance.pk)
            if other := others.filter(url_key=url_key(url)).first():
                self.add_error("url", f"“{other}” has this URL already.")
        return cleaned


class IssueActionForm(ActionForm):
    select_across = forms.BooleanField(required=False, label="All that match, on every page")


@admin.register(Issue)
class IssueAdmin(LoggedAdmin):
    form = IssueForm
    list_display = (
        "title", "publication", "cluster", "tier", "date", "tag_names", "cited", "flags",
    )  # fmt: skip
    list_editable = ("cluster", "tier")
    sortable_by = ("title", "tier", "date", "cited")
    list_filter = (Narrowing,)
    show_facets = admin.ShowFacets.NEVER
    list_max_show_all = 0
    # Enables the search box; the search itself uses the index.
    search_fields = ("title",)
    action_form = IssueActionForm
    actions = ("set_tier", "move", "change_tags", "review", "archive", "restore", "export")
    actions_selection_counter = True
    readonly_fields = ("state", "since_loaded", "cited", "version", "slug")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Issue]:
        issues = super().get_queryset(request).select_related("publication", "cluster")
        return issues.defer("loaded", "publication__loaded", "cluster__loaded")

    # The list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return IssueChangeList

    def get_changelist_form(self, request: HttpRequest, **kwargs: Any) -> Any:
        return RowForm

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        return super().get_changelist_formset(request, formset=RowFormSet, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        narrowing = getattr(request, "narrowing", None) or Narrowing(request, {}, Issue, self)
        if not search_term.strip():
            return queryset, False
        issues, complaints = narrowing.search(queryset, search_term)
        if request.method == "GET":
            for complaint in complaints:
                messages.warning(request, complaint)
        return issues, False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        if request.method == "POST":
            _tick_what_is_chosen(request)
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        if (cl := context.get("cl")) and cl.formset and cl.formset.is_bound:
            # Rows that were refused are shown as they were sent, in that order.
            cl.result_list = [form.instance for form in cl.formset.forms]
            cl.result_count = len(cl.result_list)
            cl.counted = Count(cl.result_count)
        return response

    def action_checkbox(self, obj: Issue) -> SafeString:
        """As Django draws it, without a template for each row."""
        return format_html(
            '<input type="checkbox" name="{}" value="{}" class="action-select" '
            'aria-label="Select “{}”">',
            ACTION_CHECKBOX_NAME, obj.pk, obj,
        )  # fmt: skip

    @admin.display(description="Tags")
    def tag_names(self, issue: Issue) -> str:
        return ", ".join(name for name, _ in issue.tag_list)

    @admin.display(description="Cited by", ordering="cited_count")
    def cited(self, issue: Issue) -> int:
        return issue.cited_count

    @admin.display(description="Flags")
    def flags(self, issue: Issue) -> str:
        return format_html_join(
            " ", '<span class="flag">{}</span>', ((word,) for word in flag_words(issue))
        )

    # Bulk actions.

    @admin.action(description="Set the tier…", permissions=["change"])
    def set_tier(self, request: HttpRequest, queryset: Any) -> Any:
        return actions.run("set_tier", request, queryset)

    @admin.action(description="Move to a cluster…", permissions=["change"])
    def move(self, request: HttpRequest, queryset: Any) -> Any:
        return actions.run("move", request, queryset)

    @admin.action(description="Add, remove or replace tags…", permissions=["change"])
    def change_tags(self, request: HttpRequest, queryset: Any) -> Any:
        return actions.run("change_tags", request, queryset)

    @admin.action(description="Mark as reviewed…", permissions=["change"])
    def review(self, request: HttpRequest, queryset: Any) -> Any:
        return actions.run("review", request, queryset)

    @admin.action(description="Export…", permissions=["view"])
    def export(self, request: HttpRequest, queryset: Any) -> Any:
        return actions.run("export", request, queryset)

    @admin.action(description="Archive: keep, but show to no reader", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: Any) -> None:
        self._set_archived(request, queryset, timezone.now())

    @admin.action(description="Restore from the archive", permissions=["change"])
    def restore(self, request: HttpRequest, queryset: Any) -> None:
        self._set_archived(request, queryset, None)

    def _set_archived(self, request: HttpRequest, queryset: Any, at: Any) -> None:
        ids = actions.chosen_ids(request, queryset, actions.MOST)
        issues = Issue.objects.filter(pk__in=ids).select_related("cluster").order_by("pk")
        number = 0
        with self.curation(request) as curation:
            for issue in issues.select_for_update(of=("self",)):
                if bool(issue.archived_at) != bool(at):
                    number += curation.change(issue, {"archived_at": at})
        if batch := curation.batch.pk:
            done = "archived" if at else "restored"
            offer_undo(request, f"{plural(number, 'issue')} {done}.", batch)
        elif ids:
            messages.info(request, actions.NOTHING_TO_CHANGE)

    # The form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        may_save = self.has_change_permission(request, obj) if obj else True
        seen = ("seen",) if may_save else ()
        fieldsets: list[Any] = [
            (None, {"fields": ("publication", "title", "date", "url", "words", *seen)}),
            ("Its place", {"fields": ("tier", "cluster", "position")}),
            ("What it is about", {"fields": ("summary", "tags", "tags_guessed")}),
        ]
        if obj:
            fieldsets.append(("What is known of it", {"fields": self.readonly_fields}))
        return fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # The labels of log entries and page links belong to the publication.
        return ("publication", *self.readonly_fields) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Let a new issue be of the publication whose list it is added to."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        before = QueryDict(request.GET.get("_changelist_filters", ""))
        home = Publication.objects.filter(slug=before.get("publication", "")).first()
        return initial | ({"publication": home.pk} if home else {})

    def view_on_site(self, obj: Issue) -> str | None:
        return None if obj.archived_at else obj.get_absolute_url()

    def implied(self, row: Any, values: dict[str, Any]) -> dict[str, Any]:
        """Place issues that move to another cluster at its end, unless a position is given."""
        cluster = values.get("cluster")
        if cluster is None or "position" in values:
            return {}
        return {"position": end_position(cluster.issues.exclude(pk=row.pk))}

    @admin.display(description="State")
    def state(self, issue: Issue) -> str:
        words = flag_words(issue)
        return ", ".join(words if issue.reviewed_at else [*words, "Not reviewed"])

    @admin.display(description="Changed since loaded")
    def since_loaded(self, issue: Issue) -> str:
        """Return the values of the last file for all fields that a curator has changed."""
        given = issue.loaded
        if not given:
            return "It came from no file."
        now = stored_values(issue, OWN_FIELDS)
        rows = [
            (
                name.replace("_", " ").capitalize(),
                _loaded_words(name, given[name]),
                _loaded_words(name, now[name]),
            )
            for name in OWN_FIELDS
            if name in given and given[name] != now[name]
        ]
        if not rows:
            return "Nothing: it is as the last file gave it."
        return format_html(
            '<table class="since-loaded"><thead><tr><th scope="col">Field</th><th scope="col">The '
            'file gave</th><th scope="col">Current value</th></tr></thead>'
            "<tbody>{}</tbody></table>",
            format_html_join("", '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>', rows),
        )


def _loaded_words(name: str, value: Any) -> str:
    """Return a value of `loaded` in words."""
    if name == "tier":
        return tier_words(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        value = ", ".join(value)
    return str(value) if value not in (None, "") else "nothing"


def _tick_what_is_chosen(request: HttpRequest) -> None:
    """Allow selecting a whole list without ticking rows; drop invalid numbers."""
    posted: Any = request.POST.copy()
    ticked = [value for value in posted.getlist(ACTION_CHECKBOX_NAME) if is_id(value)]
    if not ticked and "select_across" in posted:
        ticked = ["0"]
    posted.setlist(ACTION_CHECKBOX_NAME, ticked)
    if not ticked:
        del posted[ACTION_CHECKBOX_NAME]
    request.POST = posted
