"""The queue, in the reader's own order."""

import re

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from accounts import marking
from accounts.models import Reading
from accounts.requests import ReaderRequest
from accounts.views.answers import answer
from catalog.models import Cluster
from catalog.stats import plural


@require_safe
def queue_detail(request: ReaderRequest) -> HttpResponse:
    queue = list(Reading.objects.of(request.user).queued().with_issues())
    return render(request, "accounts/readings/queue.html", {"queue": queue})


@require_POST
def queue_move(request: ReaderRequest) -> HttpResponse:
    match = re.fullmatch(r"([0-9]{1,18}):(up|down|top|bottom)", request.POST.get("move", ""))
    if not match:
        raise BadRequest("A move names an issue, and up, down, top or bottom.")
    return answer(request, marking.move(request.user, int(match[1]), match[2]), "Moved.")


@require_POST
def queue_arrange(request: ReaderRequest) -> HttpResponse:
    ids = [int(text) for text in request.POST.getlist("issue") if re.fullmatch("[0-9]{1,18}", text)]
    return answer(request, marking.arrange(request.user, ids), "Moved.")


@require_POST
def cluster_queue(request: ReaderRequest) -> HttpResponse:
    """Queue what is unread of a cluster, in the curator's order."""
    match = re.fullmatch(r"([0-9]{1,18}):(keepers|all)", request.POST.get("cluster", ""))
    if not match:
        raise BadRequest("Name a cluster, and keepers or all.")
    shown = get_object_or_404(Cluster, pk=int(match[1]))
    outcome = marking.queue_cluster(request.user, shown, keepers_only=match[2] == "keepers")
    if not outcome.act:
        return answer(request, outcome, "", f"Nothing of “{shown.title}” is left to queue.")
    number = plural(len(outcome.issue_ids), "issue")
    return answer(request, outcome, f"{number} of “{shown.title}” queued.")
