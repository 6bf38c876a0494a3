"""The queue page and its forms."""

import re

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Reading
from accounts.reading import marking
from accounts.reading.marking import Outcome
from accounts.requests import ReaderRequest
from accounts.views.answers import answer
from accounts.views.readings import reading_mark
from catalog.models import Cluster
from catalog.slugs import ID_PATTERN, ids_of
from catalog.text import plural

# An issue, where to, and the index at which the page showed it, so that one step sent twice is one.
QUEUE_MOVE = re.compile(rf"({ID_PATTERN}):(up|down|top|bottom|place)(?::([0-9]{{1,9}}))?")


@require_safe
def queue_detail(request: ReaderRequest) -> HttpResponse:
    """Show the queue; `?place=7` asks for the new place of that issue."""
    queue = list(Reading.objects.of(request.user).queued().with_issues())
    context = {"queue": queue, "moving": request.GET.get("place", "")}
    return render(request, "accounts/reading/queue_detail.html", context)


@require_POST
def queue_move(request: ReaderRequest) -> HttpResponse:
    """Move an issue of the queue, or mark it where a browser sends all buttons with one form."""
    if "mark" in request.POST:
        return reading_mark(request)
    if not (match := QUEUE_MOVE.fullmatch(request.POST.get("move", ""))):
        raise BadRequest("A move names an issue, and up, down, top, bottom or place.")
    to: str | int = match[2]
    if to == "place":
        text = request.POST.get("place", "").strip()
        if not re.fullmatch("[0-9]{1,9}", text) or not int(text):
            return answer(request, Outcome(), "", "Not moved: a place is a number from 1 on.")
        to = int(text)
    seen_at = int(match[3]) if match[3] else None
    outcome = marking.move(request.user, int(match[1]), to, seen_at=seen_at)
    stayed = "Nothing has moved: it is there already, or no longer in your queue."
    return answer(request, outcome, "Moved.", "" if outcome.stale else stayed)


@require_POST
def queue_arrange(request: ReaderRequest) -> HttpResponse:
    ids = ids_of(request.POST.getlist("issue"))
    return answer(request, marking.arrange(request.user, ids), "Moved.")


@require_POST
def cluster_queue(request: ReaderRequest) -> HttpResponse:
    """Queue the unread issues of a cluster, in the curator's order."""
    match = re.fullmatch(f"({ID_PATTERN}):(keepers|all)", request.POST.get("cluster", ""))
    if not match:
        raise BadRequest("Name a cluster, and keepers or all.")
    shown = get_object_or_404(Cluster, pk=int(match[1]))
    queued = marking.queue_cluster(request.user, shown, keepers_only=match[2] == "keepers")
    outcome = marking.repeated(request.user, queued)
    if not outcome.act:
        return answer(request, outcome, "", f"Nothing of “{shown.title}” is left to queue.")
    number = plural(len(outcome.issue_ids), "issue")
    return answer(request, outcome, f"{number} of “{shown.title}” queued.")
