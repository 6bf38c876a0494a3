"""Pages about the reader's progress."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import Note, Reading
from accounts.progress import charts, wording
from accounts.progress.coverage import coverage
from accounts.progress.figures import (
    WHOLE_CATALOG,
    Progress,
    note_counts,
)
from accounts.progress.review import review
from accounts.progress.shares import cluster_shares, shares
from accounts.requests import ReaderRequest
from catalog.models import Publication, Tier

SHOWN_CLUSTERS = 10
QUEUED_SHOWN = 3


@require_safe
def progress_detail(request: ReaderRequest) -> HttpResponse:
    progress = Progress.of(request.user)
    total, read, begun = (
        progress.total(),
        progress.read[WHOLE_CATALOG],
        progress.open[WHOLE_CATALOG],
    )
    pace = progress.pace
    year = progress.days.year
    context = {
        "progress": progress,
        "sentence": wording.canon_sentence(progress),
        "note": wording.canon_note(progress),
        "dial_label": wording.dial_label(progress),
        "pace_label": wording.pace_label(progress),
        "year_total": year.total(),
        "year_days": len(year),
        "total": total,
        "read": read,
        "canon": progress.canon(),
        "pace": pace,
        "days": progress.days,
        "dial": charts.Dial.of(read.landmarks, begun.landmarks, total.landmarks),
        "maps": charts.heat_maps(progress.days),
        "weeks": charts.weeks_table(progress.days),
        "rings": charts.rings(read, total),
        "pace_charts": charts.pace_charts(pace, read.landmarks),
        "clusters": cluster_shares(progress, SHOWN_CLUSTERS),
        "notes": note_counts(request.user),
        "recent_notes": Note.objects.of(request.user).with_issues().newest_first()[:3],
        "queued_landmarks": Reading.objects.of(request.user)
        .queued()
        .filter(issue__tier=Tier.LANDMARK)
        .with_issues()[: QUEUED_SHOWN + 1],
    }
    return render(request, "accounts/progress/progress_detail.html", context)


@require_safe
def progress_parts(request: ReaderRequest) -> HttpResponse:
    """Show the canon of every category, publication, year and cluster."""
    return render(
        request, "accounts/progress/progress_parts.html", shares(Progress.of(request.user))
    )


@require_safe
def coverage_detail(request: ReaderRequest) -> HttpResponse:
    publications = Publication.objects.for_page().by_name()
    slug = request.GET.get("publication", "")
    if slug:
        shown = next((each for each in publications if each.slug == slug), None)
        if shown is None:
            raise Http404("There is no such publication.")
    else:
        shown = publications[0] if publications else None
    context = {
        "publications": publications,
        "publication": shown,
        "coverage": coverage(request.user, shown) if shown else None,
    }
    return render(request, "accounts/progress/coverage_detail.html", context)


@require_safe
def year_detail(request: ReaderRequest, year: int) -> HttpResponse:
    if not 1 <= year <= 9999:
        raise Http404("That is no year.")
    progress = Progress.of(request.user)
    years = sorted({finish.on.year for finish in progress.finishes})
    context = {
        "review": review(request.user, progress, year),
        "years": years,
        "is_over": year < progress.today.year,
        "previous": year - 1 if year > 1 else None,
        "next": year + 1 if year < min(progress.today.year, 9999) else None,
    }
    return render(request, "accounts/progress/year_detail.html", context)
