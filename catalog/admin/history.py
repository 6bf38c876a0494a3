"""The log of changes, whole, and taking a batch back."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from catalog.admin.base import ReadOnlyAdmin, offer_undo
from catalog.admin.pages import CURATE, curators_page, render_page
from catalog.models import Change, ChangeBatch
from catalog.reverting import revert, steps


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


@require_safe
@curators_page("catalog.view_changebatch")
def batch_detail(request: HttpRequest, batch: int) -> HttpResponse:
    shown = get_object_or_404(ChangeBatch.objects.select_related("user", "reverts"), pk=batch)
    context = {"batch": shown, "steps": steps(shown)}
    return render_page(request, "admin/catalog/batch_detail.html", str(shown), context)


@require_POST
@curators_page(*CURATE)
def batch_revert(request: HttpRequest, batch: int) -> HttpResponse:
    """Take a batch back, or one object's part of it: `kind` and `object` name that."""
    shown = get_object_or_404(ChangeBatch, pk=batch)
    of = None
    if (
        request.POST.get("kind") in Change.Kind.values
        and request.POST.get("object", "").isdecimal()
    ):
        of = (request.POST["kind"], int(request.POST["object"]))
    outcome = revert(
        shown, user=request.user, source="admin", reason=request.POST.get("reason", ""), of=of
    )
    if outcome.left:
        messages.warning(
            request,
            f"{len(outcome.left)} changes stay as they are, for they have been changed again since "
            f"or cannot be taken back.",
        )
    if outcome.batch:
        offer_undo(request, f"{len(outcome.done)} changes taken back.", outcome.batch)
    elif not outcome.left:
        messages.info(request, "There was nothing to take back.")
    return redirect(_back(request, batch))


def _back(request: HttpRequest, batch: int) -> str:
    """Return the page that the button stood on, as far as it is one of ours."""
    came_from = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(
        came_from, {request.get_host()}, require_https=request.is_secure()
    ):
        return came_from
    return reverse("desk:batch_detail", args=[batch])
