from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.access import catalog_page
from catalog.models import Issue, Publication
from catalog.stats import library


@require_safe
@catalog_page
def library_detail(request: HttpRequest) -> HttpResponse:
    lead, *more = Issue.objects.for_list().landmarks().newest_first()[:7] or [None]
    zone = ZoneInfo(request.user.time_zone) if request.user.is_authenticated else None
    context = {
        "library": library(Publication.objects.for_list()),
        "lead": lead,
        "more": more,
        "today": timezone.localdate(timezone=zone),
    }
    return render(request, "accounts/library.html", context)
