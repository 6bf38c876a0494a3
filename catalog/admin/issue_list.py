"""The list of issues: its filters, its pages, and editing in place."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db import models
from django.db.models import F, Q, QuerySet
from django.db.models.lookups import IsNull
from django.http import HttpRequest
from django.utils import timezone

from catalog.admin.base import CuratedForm
from catalog.admin.fields import (
    NO_CLUSTER,
    TIER_CHOICES,
    UNRATED,
    ClusterField,
    LeanErrors,
    LeanHidden,
    LeanSelect,
    TierField,
    Titles,
    titles_of,
)
from catalog.browsing.facets import Count
from catalog.browsing.filters import QUERY_LENGTH, IssueFilter
from catalog.browsing.listing import MOST_RANKED
from catalog.browsing.pagination import BY_TIER, BY_TITLE, MOST_CITED, NEWEST
from catalog.models import CURATORS_QUESTIONS, Cluster, Issue, IssueQuerySet, Publication
from catalog.search.engine import TooBroad, bounded, row_field
from catalog.templatetags.catalog import short_date

# How far a list is counted: the index of words costs more to count along than the others.
MOST_ROWS_COUNTED = 1_000
MOST_COUNTED_OF_A_SEARCH = 500
MOST_PAGES = 1_000_000
TOO_BROAD = (
    "That asks for more than can be looked through at once. Choose a publication, add a word, or "
    "take a choice away."
)
WINDOWED = (
    f"Of what was found the newest {MOST_RANKED:,} are sorted so; sort by date to see all of it."
)
# Total orders by the columns of the list; each has an index.
COLUMN_ORDERS = {
    order.columns[0]: order.columns for order in (NEWEST, BY_TIER, MOST_CITED, BY_TITLE)
}
SORTED_BY = {"title": "sort_title", "tier": "rank"}
CLUSTER_COLUMNS = ["position", "date", "id"]


class LikelyNull(IsNull):
    """A test for null that SQLite's planner takes for unselective.

    By default it assumes that null is as rare as any single URL, and would sort all issues without
    one instead of reading the index in the list's order.
    """

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, params = self.as_sql(compiler, connection)
        return f"likelihood({sql}, 0.9)", params


class NarrowForm(forms.Form):
    """The filters of the list; the words are looked up in the index, as on readers' pages."""

    q = forms.CharField(required=False, label="Search", widget=forms.TextInput({"type": "search"}))
    publication = forms.ChoiceField(required=False, widget=LeanSelect)
    cluster = forms.CharField(required=False, widget=LeanSelect)
    tier = forms.ChoiceField(
        required=False, choices=[("", "Any"), *TIER_CHOICES, ("none", UNRATED)], widget=LeanSelect
    )
    cited = forms.IntegerField(
        required=False, label="Cited at least", min_value=0, max_value=1_000_000
    )
    archived = forms.ChoiceField(
        required=False, label="State", widget=LeanSelect,
        choices=[("", "Listed and archived"), ("no", "Listed"), ("yes", "Archived")],
    )  # fmt: skip
    guessed = forms.BooleanField(required=False, label="Tags guessed")
    unsummed = forms.BooleanField(required=False, label="No summary")
    unlinked = forms.BooleanField(required=False, label="No URL")
    curated = forms.BooleanField(required=False, label="Changed since loaded")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        rows = Publication.objects.only("slug", "name").by_name()
        self.publications = {row.slug: (row.pk, row.name) for row in rows}
        named = [(slug, name) for slug, (_, name) in self.publications.items()]
        publication: Any = self.fields["publication"]
        publication.choices = [("", "Any"), *named]
        home = self.publications.get(self["publication"].value() or "", (None, ""))[0]
        clusters = Cluster.objects.listed().filter(publication=home).order_by("position", "id")
        listed = list(clusters.values_list("slug", "pk", "title")) if home else []
        self.clusters = {slug: pk for slug, pk, _ in listed}
        own = [(slug, title) for slug, _, title in listed]
        cluster: Any = self.fields["cluster"]
        cluster.widget.choices = [("", "Any"), ("none", NO_CLUSTER), *own]

    def clean_cluster(self) -> str:
        """Drop the cluster of a publication that is not chosen any more."""
        slug: str = self.cleaned_data["cluster"]
        return slug if slug == "none" or slug in self.clusters else ""

    @property
    def is_active(self) -> bool:
        return any(value not in (None, "", False) for value in self.cleaned_data.values())

    @property
    def conditions(self) -> list[Any]:
        """The conditions on an issue's row, in terms of its indexes."""
        given = self.cleaned_data
        questions = CURATORS_QUESTIONS | {"unlinked": LikelyNull(F("url_key"), True)}
        conditions: list[Any] = [questions[name] for name in questions if given[name]]
        if slug := given["publication"]:
            conditions.append(Q(publication=self.publications[slug][0]))
        if slug := given["cluster"]:
            conditions.append(Q(cluster=None if slug == "none" else self.clusters[slug]))
        if tier := given["tier"]:
            conditions.append(Q(rank=0 if tier == "none" else int(tier)))
        if least := given["cited"]:
            conditions.append(Q(cited_count__gte=least))
        if given["archived"]:
            conditions.append(Q(archived_at__isnull=given["archived"] == "no"))
        return conditions

    @property
    def facets(self) -> dict[str, Any]:
        """The filters that are keys of the index, to be intersected with the words there."""
        given = self.cleaned_data
        cluster = given["cluster"]
        if cluster not in ("", "none"):
            cluster = f"{given['publication']}/{cluster}"
        facets = {"publication": given["publication"], "cluster": cluster, "tier": given["tier"]}
        return {name: [value] for name, value in facets.items() if value} | (
            {"link": "no"} if given["unlinked"] else {}
        )


class Narrowing(admin.ListFilter):
    """All filters of the list as one form, drawn by the list's own template."""

    title = "what is looked for"

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: Any, model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for name in NarrowForm.base_fields:
            params.pop(name, None)
        self.form = NarrowForm(request.GET)
        self.is_valid = self.form.is_valid()
        request.narrowing = self  # type: ignore[attr-defined]

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Any:
        return ()

    def expected_parameters(self) -> list[str | None]:
        return list(NarrowForm.base_fields)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Issue]) -> QuerySet[Issue]:
        return queryset.filter(*self.form.conditions) if self.is_valid else queryset.none()

    def search(self, queryset: IssueQuerySet, text: str) -> tuple[IssueQuerySet, Sequence[str]]:
        """Return the issues that match the words, read along the index, and messages."""
        facets = self.form.facets if self.is_valid else {}
        asked = IssueFilter({"q": text[:QUERY_LENGTH]} | facets)
        if not asked.form.is_valid():
            return queryset.none(), ()
        return asked.compiled.hits(queryset), asked.query.complaints


class IssueChangeList(ChangeList):
    """A page of the list, at a cost that does not depend on the size of the catalog.

    The ids of a page are read from an index in the list's order, and only as many rows are counted
    as the page links need. Queries that exceed the time limit are abandoned with a message.
    """

    ordered: Sequence[str]
    # Whether the search found too many issues to sort all of them in the list's order.
    is_windowed = False

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        if not self.is_popup:
            self.title = "Issues"

    @property
    def narrowing(self) -> Narrowing:
        return next(each for each in self.filter_specs if isinstance(each, Narrowing))

    def _get_default_ordering(self) -> list[str]:
        given = self.narrowing.form.cleaned_data if self.narrowing.is_valid else {}
        if given.get("cited"):
            return ["-cited_count", "-date", "-id"]
        # Clusters have their own order.
        return (
            CLUSTER_COLUMNS if given.get("cluster") not in (None, "", "none") else ["-date", "-id"]
        )

    def get_ordering_field(self, field_name: Any) -> Any:
        return SORTED_BY.get(field_name) or super().get_ordering_field(field_name)

    def get_ordering(self, request: HttpRequest, queryset: Any) -> Any:
        ordering = [str(column) for column in super().get_ordering(request, queryset)]
        first = ordering[0].lstrip("-")
        if first in COLUMN_ORDERS:
            sign = "-" if ordering[0].startswith("-") else ""
            ordering = [f"{sign}{column}" for column in COLUMN_ORDERS[first]]
        self.ordered = ordering
        return ordering

    def get_results(self, request: HttpRequest) -> None:
        ids: list[int] = []
        self.counted = Count(0)
        # While a list is being saved, only the submitted rows are shown, if there are any.
        if request.method != "POST" or "_save" not in request.POST:
            try:
                with bounded():
                    ids = self._page()
            except TooBroad:
                messages.warning(request, TOO_BROAD)
            if self.is_windowed and self.counted.number >= MOST_RANKED:
                messages.info(request, WINDOWED)
        rows: Any = self.root_queryset
        rows = rows.filter(pk__in=ids).order_by(*self.ordered)
        self.result_list = rows.fetch_mode(models.FETCH_RAISE)
        self.result_count = self.counted.number
        self.full_result_count = None
        self.show_full_result_count = self.can_show_all = False
        self.show_admin_actions = True
        self.multi_page = self.result_count > self.list_per_page
        self.paginator = Paginator(range(self.result_count), self.list_per_page)

    def _page(self) -> list[int]:
        """Return the ids of the requested page, or of the last existing one."""
        size, issues = self.list_per_page, self._in_order()
        wanted = max(1, min(self.page_num, MOST_PAGES))
        most = MOST_COUNTED_OF_A_SEARCH if self.query.strip() else MOST_ROWS_COUNTED
        # A page beyond the counted ones still has links to the next ones.
        most = MOST_RANKED if self.is_windowed else max(most, (wanted + 2) * size)
        number = issues.order_by().values("pk")[: most + 1].count()
        self.counted = Count(min(number, most), number > most)
        self.page_num = min(wanted, max(1, -(-self.counted.number // size)))
        begin = (self.page_num - 1) * size
        return list(issues.values_list("pk", flat=True)[begin : begin + size])

    def _in_order(self) -> Any:
        """Return the issues of the list, sorted; of a search along its index, or a window of it."""
        if not self.query.strip():
            return self.queryset
        row = row_field()
        if self.ordered in (["-date", "-id"], ["date", "id"]):
            return self.queryset.order_by(f"-{row}" if self.ordered[0] == "-date" else row)
        self.is_windowed = True
        window = self.queryset.order_by(f"-{row}").values("pk")[:MOST_RANKED]
        return Issue.objects.filter(pk__in=window).order_by(*self.ordered)

    @property
    def count_words(self) -> str:
        """The number of issues in the list, as far as it was counted."""
        if self.counted.is_capped:
            return f"More than {self.counted.number:,} issues"
        return f"{self.counted.number:,} issue{'' if self.counted.number == 1 else 's'}"


class RowForm(CuratedForm):
    """The editable fields of a row in the list; untouched rows are neither read nor saved.

    A row counts as touched if it differs from the values that the list showed, which are submitted
    with it.
    """

    tier = TierField(widget=LeanSelect, show_hidden_initial=True)
    cluster = ClusterField(widget=LeanSelect, required=False, show_hidden_initial=True)
    seen = forms.IntegerField(required=False, widget=LeanHidden)

    def __init__(self, *args: Any, homes: Mapping[int, Titles], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.empty_permitted = True
        cluster: Any = self.fields["cluster"]
        own = homes.get(self.instance.publication_id, [])
        cluster.offer({"": own}, none=[("", NO_CLUSTER)])
        cluster.hidden_widget = LeanHidden
        for name in ("tier", "cluster"):
            label = f"{name.capitalize()} of {self.instance}"
            self.fields[name].widget.attrs["aria-label"] = label

    @cached_property
    def changed_data(self) -> list[str]:
        return [name for name in ("tier", "cluster") if self[name]._has_changed()]  # type: ignore[attr-defined]

    def _refuse_stale(self) -> None:
        super()._refuse_stale()
        data: Any = self.data
        for name in {"tier", "cluster"}.difference(self.changed_data):
            # Changes by others are shown as they were saved.
            data[self.add_prefix(name)] = data[self.add_initial_prefix(name)] = str(
                self.initial[name] or ""
            )


class RowFormSet(forms.BaseModelFormSet):
    """The rows of a page, with the clusters of all their publications in one query."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, error_class=LeanErrors, **kwargs)

    @cached_property
    def homes(self) -> dict[int, Titles]:
        return titles_of({issue.publication_id for issue in self.get_queryset()})

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return super().get_form_kwargs(index) | {"homes": self.homes}

    def add_fields(self, form: Any, index: int | None) -> None:
        """Let the row's id be a number: as Django has it, each is looked up once more."""
        pk = None if form.instance._state.adding else form.instance.pk
        form.fields["id"] = forms.IntegerField(required=False, initial=pk, widget=LeanHidden)


def flag_words(issue: Issue) -> list[str]:
    """Return short labels for the flags of an issue."""
    facts = {
        "Archived": issue.archived_at,
        "Tags guessed": issue.tags_guessed,
        "Changed since loaded": issue.is_curated,
        "No summary": not issue.summary,
        "No URL": issue.url_key is None,
    }
    words = [word for word, holds in facts.items() if holds]
    if at := issue.reviewed_at:
        words.append(f"Reviewed {short_date(timezone.localtime(at).date())}")
    return words
