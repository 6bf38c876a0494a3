from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.browsing import saved_views
from accounts.home import suggestions, whats_new
from accounts.models import SavedView, User
from accounts.progress.figures import Progress
from accounts.requests import ReaderRequest
from catalog.access import catalog_page
from catalog.models import Issue, Publication
from catalog.slugs import id_of
from catalog.stats import library


@require_safe
@catalog_page
def library_detail(request: HttpRequest) -> HttpResponse:
    shelves = library(Publication.objects.for_list().by_shelf())
    if isinstance(request.user, User):
        return render(request, "accounts/home/home.html", {"library": shelves, **_mine(request)})
    landmarks: list[Issue | None] = [*Issue.objects.listed().landmarks().newest_first().cards(7)]
    lead, *more = landmarks or [None]
    today = timezone.localdate(timezone=ZoneInfo("UTC"))
    context = {"library": shelves, "lead": lead, "more": more, "today": today}
    return render(request, "accounts/home/library.html", context)


@require_POST
def changes_seen(request: ReaderRequest) -> HttpResponse:
    last = id_of(request.POST.get("batch", ""))
    if last is None:
        raise BadRequest("Name the last change that was shown.")
    whats_new.put_aside(request.user, last)
    return redirect("library")


def _mine(request: HttpRequest) -> dict[str, Any]:
    user = request.user
    assert isinstance(user, User)
    progress = Progress.of(user)
    form, minutes = suggestions.asked_minutes(request.GET)
    desk = suggestions.desk(user)
    return {
        "today": progress.today,
        "progress": progress,
        "canon": progress.canon(),
        "days": progress.days,
        "desk": desk,
        "lead": desk.lead,
        "form": form,
        "fit": suggestions.fit(user, minutes) if minutes else None,
        "left_out": suggestions.left_out(progress) if minutes else "",
        "news": whats_new.news(user),
        "views": saved_views.counted(
            user, list(SavedView.objects.filter(user=user, is_pinned=True))
        ),
    }
