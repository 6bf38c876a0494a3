"""Pages about the reader's progress."""

from typing import Any

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
    progress, mine = Progress.of(request.user), Reading.objects.of(request.user)
    landmarks = mine.queued().filter(issue__tier=Tier.LANDMARK).with_issues()
    context = {
        "progress": progress,
        "canon": progress.canon(),
        "pace": progress.pace,
        "days": progress.days,
        "year_total": progress.days.year.total(),
        "year_days": len(progress.days.year),
        "clusters": cluster_shares(progress, SHOWN_CLUSTERS),
        "notes": note_counts(request.user),
        "recent_notes": Note.objects.of(request.user).with_issues().newest_first()[:3],
        "queued_landmarks": landmarks[: QUEUED_SHOWN + 1],
        **_sentences(progress),
        **_charts(progress),
    }
    return render(request, "accounts/progress/progress_detail.html", context)


def _sentences(progress: Progress) -> dict[str, Any]:
    return {
        "sentence": wording.canon_sentence(progress),
        "note": wording.canon_note(progress),
        "dial_label": wording.dial_label(progress),
        "pace_label": wording.pace_label(progress),
    }


def _charts(progress: Progress) -> dict[str, Any]:
    """Return the charts of the whole catalog, with the figures that they show."""
    total, read = progress.total(), progress.read[WHOLE_CATALOG]
    begun = progress.open[WHOLE_CATALOG]
    return {
        "total": total,
        "read": read,
        "dial": charts.Dial.of(read.landmarks, begun.landmarks, total.landmarks),
        "maps": charts.heat_maps(progress.days),
        "weeks": charts.weeks_table(progress.days),
        "rings": charts.rings(read, total),
        "pace_charts": charts.pace_charts(progress.pace, read.landmarks),
    }


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
