"""The catalog page: the issues of a filter beside its facets, for each reader."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.browsing.filters import ReaderIssueFilter, issue_filter
from accounts.models import User
from catalog.access import catalog_page
from catalog.browsing import facets
from catalog.browsing.facets import FacetBlock, count_unmeasured, facet_block
from catalog.browsing.filters import SIGN_IN, IssueFilter
from catalog.browsing.highlights import chips, mark_hits
from catalog.browsing.listing import MOST_RANKED, MOST_SORTED, Listing, list_issues
from catalog.search.engine import TooBroad, bounded
from catalog.search.marks import excerpt
from catalog.search.suggest import suggestion

TOO_BROAD_TEXT = (
    "That asks for more than can be looked through at once. Add a word or a choice, or take "
    "one away."
)


@require_safe
@catalog_page
def issue_list(request: HttpRequest) -> HttpResponse:
    issues = filter_of(request)
    context = _list_context(request, issues) if issues.form.is_valid() else {}
    status = 200 if issues.form.is_valid() else 422
    return render(
        request,
        "catalog/browsing/issue_list.html",
        _frame(request, issues) | context,
        status=status,
    )


@require_safe
@catalog_page
def issue_filters(request: HttpRequest) -> HttpResponse:
    """Show the filters alone, for a screen too small for both."""
    issues = filter_of(request)
    is_valid = issues.form.is_valid()
    context = _frame(request, issues)
    if is_valid:
        context["counted"] = _facet_context(issues, is_alone=True)
    return render(
        request, "catalog/browsing/issue_filters.html", context, status=200 if is_valid else 422
    )


def filter_of(request: HttpRequest) -> IssueFilter:
    return issue_filter(request.GET, request.user if isinstance(request.user, User) else None)


def _complaints(request: HttpRequest, issues: IssueFilter) -> list[str]:
    """Return messages about the query; a filter by personal data needs a sign-in."""
    complaints = issues.complaints
    own = ReaderIssueFilter.base_filters.keys() - issues.filters.keys()
    if any(request.GET.get(name) for name in own) and SIGN_IN not in complaints:
        complaints.append(SIGN_IN)
    return complaints


def _frame(request: HttpRequest, issues: IssueFilter) -> dict[str, Any]:
    """Return the parts of the page that do not depend on the result."""
    asked = request.GET.copy()
    asked.pop("after", None)
    shown = chips(issues, asked) if issues.form.is_valid() else []
    is_anything = any(value for name in asked for value in asked.getlist(name) if name != "sort")
    own = isinstance(request.user, User)
    return {
        "filter": issues,
        "text": request.GET.get("q", ""),
        "listing": None,
        "counted": None,
        "chips": shown,
        "clear_url": reverse("issue_list"),
        "sorts": issues.sorts,
        "hidden": [(name, value) for name in asked for value in asked.getlist(name) if value],
        "is_anything": is_anything,
        "save_url": f"{reverse('accounts:view_create')}?{asked.urlencode()}" if own else "",
    }


def _list_context(request: HttpRequest, issues: IssueFilter) -> dict[str, Any]:
    try:
        with bounded():
            listing = list_issues(issues.compiled, request.GET.get("after"))
    except TooBroad:
        return {"notices": [TOO_BROAD_TEXT], "complaints": issues.query.complaints}
    _mark(issues, listing)
    counted = _facet_context(issues)
    found: dict[str, Any] = {
        "listing": listing,
        "counted": counted,
        "complaints": _complaints(request, issues),
        "notices": [*_notices(listing, counted), *_unmeasured(issues)],
    }
    if issues.query.has_text and not listing.page.issues and not listing.after:
        found["suggestion"] = suggestion(issues.query, request.GET)
    return found


def _facet_context(issues: IssueFilter, *, is_alone: bool = False) -> FacetBlock | None:
    own = issues.own_facets if isinstance(issues, ReaderIssueFilter) else None
    try:
        with bounded(facets.COUNT_BUDGET_MS):
            return facet_block(issues.compiled, own, is_alone=is_alone)
    except TooBroad:
        return None


def _mark(issues: IssueFilter, listing: Listing) -> None:
    """Highlight the hits on a page, and show the matching note of each issue."""
    leaves = issues.query.words
    mark_hits(listing.page.issues, leaves)
    if isinstance(issues, ReaderIssueFilter):
        notes = issues.noted.texts
        issue: Any
        for issue in listing.page.issues:
            if note := notes.get(issue.pk):
                issue.note_excerpt = excerpt(note, leaves)


def _unmeasured(issues: IssueFilter) -> list[str]:
    """Return how many issues a filter by length leaves out for their unknown length."""
    try:
        with bounded(facets.COUNT_BUDGET_MS):
            count = count_unmeasured(issues.compiled)
    except TooBroad:
        return ["Issues whose length is not known are left out."]
    if not count or not count.number:
        return []
    verb = (
        "issue whose length is not known is"
        if count.number == 1
        else ("issues whose length is not known are")
    )
    return [f"{count} {verb} left out."]


def _notices(listing: Listing, counted: FacetBlock | None) -> list[str]:
    if listing.sort == "relevance" and listing.is_windowed:
        return [f"The newest {MOST_RANKED:,} matches are ranked; sort by date to see all."]
    if listing.is_windowed and counted and counted.total.is_capped:
        return [f"The newest {MOST_SORTED:,} matches are sorted; sort by date to see all."]
    return []
