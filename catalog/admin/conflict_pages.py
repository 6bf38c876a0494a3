"""The page where curators settle conflicts between their edits and loads."""

import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import groupby
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_POST, require_safe

from catalog.admin.base import offer_undo
from catalog.admin.log_words import value_in_words
from catalog.admin.pages import curators_page, render_page
from catalog.curation.changeset import Curation
from catalog.loading.conflicts import Clash, clashes, reopen, reopening, settle
from catalog.loading.merging import Side
from catalog.models import ChangeBatch, Cluster, Conflict, Publication
from catalog.slugs import ID_PATTERN, id_of
from catalog.templatetags.catalog import short_date
from catalog.text import plural

VIEW_CONFLICTS = "catalog.view_conflict"
SETTLE_PERMISSIONS = (
    "catalog.change_publication",
    "catalog.change_cluster",
    "catalog.change_issue",
)
ON_A_PAGE = 100
WHICH = re.compile(f"(conflict|publication):({ID_PATTERN})")
# Longer texts are shown without marked differences, because diffing is quadratic in words.
MOST_MARKED = 600
CONFLICT_FIELDS = {
    "archived_at": "state",
    "cites": "citations",
    "issue_count": "declared issues",
    "position": "place",
    "tags_guessed": "tags are guessed",
    "url": "URL",
}


class ConflictRow(NamedTuple):
    """A conflict as the page shows it; both sides have their differences marked."""

    conflict: Conflict
    title: str
    url: str
    state: str
    field: str
    ours: SafeString
    theirs: SafeString


def field_words(field: str) -> str:
    return CONFLICT_FIELDS.get(field, field)


def in_words(field: str, value: Any, clusters: Mapping[str, str]) -> str:
    """Return a logged value in words; `clusters` maps slugs to titles."""
    if field == "archived_at":
        return "archived" if value else "listed"
    if field == "cites" and value:
        return "\n".join(value)
    if field == "position" and value is not None:
        return str(value + 1)
    return value_in_words(field, value, clusters)


def marked(before: str, after: str) -> tuple[SafeString, SafeString]:
    """Return two texts as HTML, with the words marked that the other one has not."""
    words = re.split(r"(\s+)", before), re.split(r"(\s+)", after)
    if max(map(len, words)) > 2 * MOST_MARKED or min(map(len, words)) < 4:
        return conditional_escape(before), conditional_escape(after)
    blocks = SequenceMatcher(None, *words, autojunk=False).get_opcodes()
    return (
        _joined((tag, words[0][start:end]) for tag, start, end, _, _ in blocks),
        _joined((tag, words[1][start:end]) for tag, _, _, start, end in blocks),
    )


def _joined(runs: Iterable[tuple[str, Sequence[str]]]) -> SafeString:
    pieces = [("{}" if tag == "equal" else "<mark>{}</mark>", "".join(run)) for tag, run in runs]
    return mark_safe("".join(format_html(shape, text) for shape, text in pieces if text))


def cluster_titles(publications: Iterable[int]) -> dict[int, dict[str, str]]:
    """Return the titles of all clusters of publications by the publication's id and slug."""
    titles: dict[int, dict[str, str]] = {pk: {} for pk in publications}
    rows = Cluster.objects.filter(publication__in=titles).order_by()
    for home, slug, title in rows.values_list("publication", "slug", "title"):
        titles[home][slug] = title
    return titles


@require_safe
@curators_page(VIEW_CONFLICTS)
def conflict_list(request: HttpRequest) -> HttpResponse:
    listed = Conflict.objects.select_related("publication", "batch").defer("publication__loaded")
    page = Paginator(listed, ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "pages": page.paginator.get_elided_page_range(page.number),
        "groups": _conflict_groups(page.object_list),
        # A load may find more while this page is looked at: these are not settled with it.
        "newest": _newest_conflict(),
        "may_settle": request.user.has_perms(SETTLE_PERMISSIONS),
    }
    return render_page(request, "catalog/admin/conflicts/conflict_list.html", "Conflicts", context)


def _conflict_groups(
    conflicts: Iterable[Conflict],
) -> list[tuple[Publication, int, list[ConflictRow]]]:
    """Return conflicts by publication, each with the number of all that it has."""
    found = clashes(conflicts)
    homes = {each.conflict.publication_id for each in found}
    counts = Conflict.objects.filter(publication__in=homes).order_by().values_list("publication")
    of = dict(counts.annotate(n=Count("pk")))
    titles = cluster_titles(homes)
    return [
        (home, of[home.pk], [_conflict_row(each, titles[home.pk]) for each in group])
        for home, group in groupby(found, key=lambda each: each.conflict.publication)
    ]


def _newest_conflict() -> int:
    return Conflict.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def _conflict_row(clash: Clash, clusters: Mapping[str, str]) -> ConflictRow:
    conflict, row, ours = clash
    ours, theirs = marked(
        in_words(conflict.field, ours, clusters) if row else "—",
        in_words(conflict.field, conflict.theirs, clusters),
    )
    url = reverse(f"admin:catalog_{conflict.kind}_change", args=[row.pk]) if row else ""
    state = "" if row else "no longer there"
    if archived := getattr(row, "archived_at", None):
        into = getattr(row, "merged_into", None)
        state = f"merged into “{into}”" if into else f"archived on {short_date(archived)}"
    title = str(row) if row else f"{conflict.kind} {conflict.object_id}"
    return ConflictRow(conflict, title, url, state, field_words(conflict.field), ours, theirs)


@require_POST
@curators_page(VIEW_CONFLICTS, *SETTLE_PERMISSIONS)
def conflict_settle(request: HttpRequest) -> HttpResponse:
    """Settle one conflict, or a publication's: `ours` or `theirs` names it."""
    take = Side.THEIRS if "theirs" in request.POST else Side.OURS
    chosen = _chosen(request, request.POST.get(take, ""))
    kind = ChangeBatch.Kind.EDIT
    with Curation(kind, source="admin", user=request.user) as curation:
        conflicts = list(chosen.select_for_update(of=("self",)).order_by("pk"))
        number = settle(conflicts, take, curation)
    if not conflicts:
        messages.info(request, "That has been settled already.")
    elif take == Side.THEIRS:
        _say_taken(request, number, len(conflicts) - number, curation.batch.pk)
    else:
        _say_kept(request, conflicts)
    return redirect(_conflicts_url(request))


def _chosen(request: HttpRequest, which: str) -> QuerySet[Conflict]:
    found = WHICH.fullmatch(which)
    if not found:
        raise BadRequest("Nothing names a conflict or a publication.")
    if found[1] == "conflict":
        return Conflict.objects.filter(pk=int(found[2]))
    newest = id_of(request.POST.get("newest", ""))
    if newest is None:
        raise BadRequest("Nothing says which conflicts were shown.")
    publication = get_object_or_404(Publication, pk=int(found[2]))
    return publication.conflicts.filter(pk__lte=newest)


def _say_taken(request: HttpRequest, number: int, left: int, batch: int | None) -> None:
    words = f"{plural(number, 'conflict')} settled: what the file gives stands now."
    if batch:
        again = "Undoing that puts back what stood, and does not list the conflict again:"
        offer_undo(request, f"{words} {again}", batch)
    elif number:
        messages.success(request, words)
    if left:
        messages.warning(
            request,
            f"{plural(left, 'conflict')} left as before: another issue has the address that the "
            f"file gives, or the cluster that it names is no more.",
        )


def _say_kept(request: HttpRequest, conflicts: list[Conflict]) -> None:
    """Say that the current values were kept; the undo button lists them, as the log does not."""
    context = {
        "words": f"{plural(len(conflicts), 'conflict')} settled: what curators made of it stands.",
        "token": reopening(conflicts, request.user.pk),
        "csrf_token": get_token(request),
    }
    html = render_to_string("catalog/admin/conflicts/_undo.html", context)
    messages.success(request, mark_safe(html))


@require_POST
@curators_page(VIEW_CONFLICTS, *SETTLE_PERMISSIONS)
def conflict_reopen(request: HttpRequest) -> HttpResponse:
    """Reopen conflicts that were settled by keeping the current values."""
    try:
        number = reopen(request.POST.get("token", ""), request.user.pk)
    except ValueError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{plural(number, 'conflict')} listed again.")
    return redirect("desk:conflicts")


def _conflicts_url(request: HttpRequest) -> str:
    page = request.POST.get("page", "")
    query = f"?page={page}" if re.fullmatch("[0-9]{1,9}", page) else ""
    return reverse("desk:conflicts") + query
