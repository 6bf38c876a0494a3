"""Pages of the log: all change sets, one change set, the history of an object, and reverting."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import BadRequest
from django.db.models import IntegerField, Model, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import Truncator
from django.views.decorators.http import require_POST, require_safe

from catalog.admin.base import ReadOnlyAdmin, offer_undo
from catalog.admin.log_words import instant_in_words, value_in_words
from catalog.admin.pages import CURATE, curators_page, render_page
from catalog.curation.log_values import MODELS, current
from catalog.curation.reverting import (
    MOST_REVERTED,
    MOST_STEPS_SHOWN,
    Step,
    revert,
    steps,
)
from catalog.models import Change, ChangeBatch, Cluster, Issue
from catalog.slugs import id_of
from catalog.text import plural

VIEW_CHANGES = "catalog.view_changebatch"
# A list counts an act's changes to here, and calls it more beyond.
MOST_CHANGES_COUNTED = 1_000
OBJECT_PAGE = 100
VALUE_LENGTH = 300
FIELD_NAMES = {
    "": "made", "archived_at": "archived", "retired_at": "retired", "reviewed_at": "reviewed",
    "is_named": "named by a curator",
}  # fmt: skip


class _BoundedCount(Subquery):
    """The number of rows of a subquery, up to the limit of its slice."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) _changes)"
    output_field = IntegerField()


@admin.register(ChangeBatch)
class ChangeBatchAdmin(ReadOnlyAdmin):
    list_display = ("when", "kind", "who_or_what", "reason", "number", "taken_back")
    list_display_links = None
    list_filter = ("kind", "at")
    list_select_related = ("user", "reverts")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("source", "reason", "user__username")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ChangeBatch]:
        changes = Change.objects.filter(batch=OuterRef("pk")).order_by().values("pk")
        shown = (
            super()
            .get_queryset(request)
            .annotate(number=_BoundedCount(changes[: MOST_CHANGES_COUNTED + 1]))
        )
        return shown.prefetch_related("reverted_by")

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kw: Any) -> Any:
        if (pk := id_of(object_id)) is not None:
            return redirect("desk:batch_detail", pk)
        return super().change_view(request, object_id, *args, **kw)

    @admin.display(description="When", ordering="-pk")
    def when(self, batch: ChangeBatch) -> str:
        address = reverse("desk:batch_detail", args=[batch.pk])
        return format_html('<a href="{}">{}</a>', address, instant_in_words(batch.at))

    @admin.display(description="Who, or which file")
    def who_or_what(self, batch: ChangeBatch) -> str:
        return _who(batch)

    @admin.display(description="Changes")
    def number(self, batch: Any) -> str:
        if batch.number > MOST_CHANGES_COUNTED:
            return f"more than {MOST_CHANGES_COUNTED:,}"
        return f"{batch.number:,}"

    @admin.display(description="Taken back")
    def taken_back(self, batch: ChangeBatch) -> str:
        return "in whole or part" if batch.reverted_by.all() else ""


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ("id", "kind", "thing", "what", "was", "became", "publication", "act")
    list_filter = ("kind",)
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        # Joined to their acts, SQLite would sort the whole log.
        return super().get_queryset(request).prefetch_related("batch", "publication")

    @admin.display(description="Object")
    def thing(self, change: Change) -> str:
        address = reverse("desk:object_history", args=[change.kind, change.object_id])
        return format_html('<a href="{}">{}</a>', address, change.object_id)

    @admin.display(description="Field")
    def what(self, change: Change) -> str:
        return field_name(change.field)

    @admin.display(description="Before")
    def was(self, change: Change) -> str:
        return readable(change.field, change.before)

    @admin.display(description="After")
    def became(self, change: Change) -> str:
        return readable(change.field, change.after)

    @admin.display(description="Act")
    def act(self, change: Change) -> str:
        address = reverse("desk:batch_detail", args=[change.batch_id])
        return format_html('<a href="{}">{}</a>', address, instant_in_words(change.batch.at))


# Parts of the pages.


def field_name(name: str) -> str:
    return FIELD_NAMES.get(name, name.replace("_", " "))


def readable(name: str, value: Any, clusters: dict[str, str] | None = None) -> str:
    """Return a logged value in words, shortened if it is long; "" for nothing.

    `clusters` maps slugs to titles.
    """
    if not value and name in ("cluster", "merged_into"):
        return ""
    words = value_in_words(name, value, clusters, nothing="")
    return Truncator(words).chars(VALUE_LENGTH)


def _before_and_after(
    name: str, before: Any, after: Any, clusters: dict[str, str]
) -> tuple[str, str]:
    if not name:
        return "not there", "there"
    return readable(name, before, clusters), readable(name, after, clusters)


@dataclass(slots=True)
class ShownStep:
    """A change in words, and whether it is still current."""

    name: str
    before: str
    after: str
    state: str
    is_possible: bool


@dataclass(slots=True)
class ShownObject:
    """An object within a change set, with its changes."""

    kind: str
    row: Any
    url: str
    steps: list[ShownStep] = field(default_factory=list)

    @property
    def is_possible(self) -> bool:
        return any(step.is_possible for step in self.steps)


def _shown_objects(found: Iterable[Step]) -> list[ShownObject]:
    listed = list(found)
    titles = _cluster_titles((step.publication, step.field, step.before, step.after, step.now)
                             for step in listed)  # fmt: skip
    objects: dict[tuple[str, int], ShownObject] = {}
    for step in listed:
        kind, pk = step.key
        shown = objects.setdefault(
            step.key, ShownObject(kind, step.row, reverse("desk:object_history", args=[kind, pk]))
        )
        clusters = titles[step.publication]
        shown.steps.append(
            ShownStep(
                field_name(step.field),
                *_before_and_after(step.field, step.before, step.after, clusters),
                _later_state(step, clusters),
                step.is_possible,
            )
        )
    return list(objects.values())


def _later_state(step: Step, clusters: dict[str, str]) -> str:
    """Return what has happened since to the value that a change set wrote."""
    if not step.field:
        if not isinstance(step.row, Issue | Cluster):
            return "stays: it cannot be taken back"
        return "stands" if step.is_possible else f"archived, {readable('archived_at', step.now)}"
    if step.is_possible:
        return "as it was left"
    if step.now == step.before:
        return "as it was before"
    if step.now == step.after:
        return "bound to what has changed again since"
    now = readable(step.field, step.now, clusters) or "nothing"
    return f"changed again since: {now}"


def _cluster_titles(values: Iterable[tuple[Any, ...]]) -> dict[int | None, dict[str, str]]:
    """Return the titles of the clusters that logged values name: by publication, then slug."""
    slugs: set[str] = set()
    homes: set[int] = set()
    for home, name, *logged in values:
        if name in {"cluster", "merged_into"} and home:
            homes.add(home)
            slugs.update(slug for slug in logged if slug)
    titles: dict[int | None, dict[str, str]] = defaultdict(dict)
    if slugs:
        found = Cluster.objects.filter(publication__in=homes, slug__in=slugs)
        for home, slug, title in found.values_list("publication", "slug", "title"):
            titles[home][slug] = title
    return titles


def _who(batch: ChangeBatch) -> str:
    """Say who did something, and which file a load was of."""
    if batch.kind == ChangeBatch.Kind.LOAD:
        return f"{batch.source}, loaded by {batch.user}" if batch.user else batch.source
    return str(batch.user) if batch.user else batch.source


# The pages.


@require_safe
@curators_page(VIEW_CHANGES)
def batch_detail(request: HttpRequest, batch: int) -> HttpResponse:
    """Show a change set by object; of a large one, the first two hundred changes."""
    shown = get_object_or_404(ChangeBatch.objects.select_related("user", "reverts"), pk=batch)
    number = shown.changes.count()
    is_cut = number > MOST_STEPS_SHOWN
    found = steps(shown, most=MOST_STEPS_SHOWN if is_cut else None)[:MOST_STEPS_SHOWN]
    context = {
        "batch": shown,
        "who": _who(shown),
        "objects": _shown_objects(found),
        "number": number,
        "more": number - MOST_STEPS_SHOWN if is_cut else 0,
        "reverted_by": shown.reverted_by.select_related("user").order_by("pk")[:MOST_STEPS_SHOWN],
        "may_revert": request.user.has_perms(CURATE),
        "most_reverted": MOST_REVERTED,
        "is_possible": number <= MOST_REVERTED and any(step.is_possible for step in found),
        "is_too_great": number > MOST_REVERTED,
    }
    title = f"{shown.get_kind_display()} of {instant_in_words(shown.at)}"
    return render_page(request, "catalog/admin/history/batch_detail.html", title, context)


@require_safe
@curators_page(VIEW_CHANGES)
def object_history(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """Show all changes of one object, newest first, a hundred a page."""
    if kind not in Change.Kind.values:
        raise Http404(f"{kind!r} is no kind of object")
    model = MODELS[Change.Kind(kind)]
    objects = model._default_manager.all()
    for name in ("publication", "category", "cluster"):
        if hasattr(model, name):
            objects = objects.select_related(name)
    row = get_object_or_404(objects, pk=pk)
    log = Change.objects.filter(kind=kind, object_id=pk).order_by("-pk")
    if before := request.GET.get("before"):
        if (place := id_of(before)) is None:
            raise Http404(f"{before!r} is not a place in the log of changes")
        log = log.filter(pk__lt=place)
    rows = list(log.select_related("batch__user", "batch__reverts")[: OBJECT_PAGE + 1])
    context = {
        "kind": kind,
        "row": row,
        "acts": _acts_of(row, rows[:OBJECT_PAGE]),
        "older": rows[OBJECT_PAGE - 1].pk if len(rows) > OBJECT_PAGE else None,
        "is_newest": not before,
        "may_revert": request.user.has_perms(CURATE),
        "is_shown": getattr(row, "archived_at", None) is None and not getattr(row, "retired_at", 0),
    }
    return render_page(
        request, "catalog/admin/history/object_history.html", f"History of “{row}”", context
    )


@require_POST
@curators_page(*CURATE)
def batch_revert(request: HttpRequest, batch: int) -> HttpResponse:
    """Take a batch back, or one object's part of it: `kind` and `object` name that."""
    shown = get_object_or_404(ChangeBatch, pk=batch)
    of = _requested_object(request)
    log = shown.changes.filter(kind=of[0], object_id=of[1]) if of else shown.changes
    if log.count() > MOST_REVERTED:
        messages.error(
            request,
            f"Nothing is taken back: this change set has more than {MOST_REVERTED:,} changes, too "
            f"many for one go here. Each object can be taken back by itself.",
        )
        return redirect(_return_url(request, batch))
    reason = re.sub("[\x00-\x1f\x7f]", " ", request.POST.get("reason", "")).strip()
    outcome = revert(shown, user=request.user, source="admin", reason=reason, of=of)
    if outcome.left:
        messages.warning(request, _unreverted_words(outcome.left))
    if outcome.batch:
        offer_undo(request, f"{plural(len(outcome.done), 'change')} taken back.", outcome.batch)
    elif not outcome.left:
        messages.info(request, "There was nothing to take back.")
    return redirect(_return_url(request, batch))


def _acts_of(row: Model, rows: list[Change]) -> list[dict[str, Any]]:
    """Group an object's changes by change set, each with its current state."""
    now: dict[str, Any] = {}
    for change in rows:
        if change.field and change.field not in now:
            now[change.field] = current(row, change.field)
    titles = _cluster_titles(
        (each.publication_id, each.field, each.before, each.after, now.get(each.field))
        for each in rows
    )
    acts: dict[int, dict[str, Any]] = {}
    seen: set[tuple[int, str]] = set()
    for change in rows:
        act = acts.setdefault(
            change.batch_id, {"batch": change.batch, "who": _who(change.batch), "steps": []}
        )
        # If a change set changes a field twice, the later change has its result.
        is_last = (change.batch_id, change.field) not in seen
        seen.add((change.batch_id, change.field))
        if change.field:
            is_possible = is_last and now[change.field] == change.after
        else:
            is_possible = isinstance(row, Issue | Cluster) and row.archived_at is None
        clusters = titles[change.publication_id]
        act["steps"].append(
            ShownStep(
                field_name(change.field),
                *_before_and_after(change.field, change.before, change.after, clusters),
                "stands" if is_possible else "",
                is_possible,
            )
        )
    for act in acts.values():
        act["is_possible"] = any(step.is_possible for step in act["steps"])
    return list(acts.values())


def _requested_object(request: HttpRequest) -> tuple[str, int] | None:
    """Return the object to revert, or None for the whole change set."""
    kind, named = request.POST.get("kind"), request.POST.get("object")
    if kind is None and named is None:
        return None
    pk = id_of(named or "")
    if kind not in Change.Kind.values or pk is None:
        raise BadRequest("An object is named by its kind and its id.")
    return kind, pk


def _unreverted_words(left: list[Step]) -> str:
    """Return a sentence about changes that were not reverted, naming the first ones."""
    named = [f"{field_name(step.field)} of “{step.row}”" for step in left[:3]]
    more = f" and {len(left) - 3:,} more" if len(left) > 3 else ""
    stays = "stays as it is" if len(left) == 1 else "stay as they are"
    changes = plural(len(left), "change")
    return (
        f"{changes} {stays}, changed again since or not to be taken back: {', '.join(named)}{more}."
    )


def _return_url(request: HttpRequest, batch: int) -> str:
    """Return the page that the button was on, if it is one of ours."""
    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(
        came_from, {request.get_host()}, require_https=request.is_secure()
    ):
        return came_from
    return reverse("desk:batch_detail", args=[batch])
