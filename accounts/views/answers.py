"""Responses to reading actions: a redirect with a message, or an update in place for htmx."""

import re

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from accounts.notes.booklets import finished_clusters
from accounts.reading import marking, slots
from accounts.reading.marking import Outcome
from accounts.requests import ReaderRequest
from accounts.templatetags.reading import rail
from catalog.models import Issue, Publication
from catalog.slugs import id_of

ON_CLUSTER_PAGE = re.compile('id="my-(cluster|index)-')
STALE = "This was changed elsewhere meanwhile. It shows now what stands; choose again."


def answer(request: ReaderRequest, outcome: Outcome, done: str, refusal: str = "") -> HttpResponse:
    """Show the result of an action with undo, or why it failed, and the current state.

    The form's field `show` names the part of the page that can be updated in place:
    `publication:7`, `cluster:7` for a cluster page, or `issue:12`, with their figures; or `list`
    for cards only. Any other page is reloaded at `next`.
    """
    outcome = marking.repeated(request.user, outcome)
    _add_message(request, outcome, done, refusal)
    changed = outcome.issue_ids or outcome.stale
    show = request.POST.get("show", "")
    if request.htmx and changed and (pieces := _pieces(request.user, show, changed)):
        context = {"pieces": [_out_of_band(piece) for piece in pieces]}
        return render(request, "accounts/reading/_answer.html", context)
    # The queue removes itself from the page that it is redirected to.
    if request.htmx and request.htmx.target != "queue":
        return HttpResponse(headers={"HX-Refresh": "true"})
    back = next_page(request)
    if len(changed) == 1 and show and "#" not in back:
        # Without JavaScript the page is reloaded; keep its scroll position.
        back = f"{back}#issue-{changed[0]}"
    return redirect(back)


def _offer_booklets(request: ReaderRequest, outcome: Outcome) -> None:
    """When the last keeper of a cluster has just been read, offer the booklet of its notes."""
    if not outcome.finished:
        return
    for cluster in finished_clusters(request.user, outcome.finished):
        booklet = reverse("accounts:booklet_detail", args=[cluster.publication.slug, cluster.slug])
        words = 'That was the last keeper of “{}”. <a href="{}">Open its booklet</a>'
        messages.info(request, format_html(words, cluster.title, booklet))


def next_page(request: ReaderRequest) -> str:
    """Return the page to return to, within this site; by default the library."""
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        return back
    return resolve_url("library")


def _add_message(request: ReaderRequest, outcome: Outcome, done: str, refusal: str) -> None:
    if outcome.act:
        undo = reverse("accounts:act_undo", args=[outcome.act.pk])
        messages.success(request, done, extra_tags=undo)
        _offer_booklets(request, outcome)
    elif refusal or outcome.stale:
        messages.warning(request, refusal or STALE)


def _pieces(user: User, show: str, changed: list[int]) -> list[str]:
    """Render the parts of a page that these issues changed; empty if the page is to be reloaded."""
    kind, _, key = show.partition(":")
    pk = id_of(key)
    if kind in {"publication", "cluster"} and pk is not None:
        found, pieces = slots.figures(user, get_object_or_404(Publication, pk=pk), changed)
        if kind == "cluster":
            pieces = [piece for piece in pieces if ON_CLUSTER_PAGE.search(piece)]
    elif kind == "issue":
        issue = get_object_or_404(Issue.objects.select_related("publication"), pk=changed[0])
        found, pieces = slots.figures(user, issue.publication, changed)
        pieces = [piece for piece in pieces if f'id="my-cluster-{issue.cluster_id}"' in piece]
        pieces.append(slots.control("full", issue.pk, found))
        pieces.append(render_to_string("accounts/reading/_rail.html", rail(user, issue.pk)).strip())
        return pieces
    elif kind == "list":
        found, pieces = slots.standing_of_issues(user, changed), []
    else:
        return []
    return pieces + [slots.control("card", issue_id, found) for issue_id in changed]


def _out_of_band(piece: str) -> SafeString:
    """Let htmx put a piece, whose element has an id, where the page has that id."""
    return mark_safe(piece.replace(' id="', ' hx-swap-oob="true" id="', 1))
