"""How far the reader has come."""

from dataclasses import dataclass
from heapq import nlargest

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import charts
from accounts.coverage import coverage
from accounts.meters import Meter
from accounts.models import Note, Reading
from accounts.pace import Pace
from accounts.requests import ReaderRequest
from accounts.review import review
from accounts.stats import (
    EVERYTHING,
    NOTHING,
    Part,
    Progress,
    note_counts,
    spoken_minutes,
    weights_in_words,
)
from catalog.models import Cluster, Publication, Tier

SHOWN_CLUSTERS = 10
MOST_CLUSTERS = 500


@require_safe
def progress_detail(request: ReaderRequest) -> HttpResponse:
    progress = Progress.of(request.user)
    total, read, begun = progress.total(), progress.read[EVERYTHING], progress.open[EVERYTHING]
    pace = Pace(progress.landmark_days, total.landmarks - read.landmarks, progress.today)
    year = progress.days.year
    context = {
        "progress": progress,
        "weights": weights_in_words(),
        "time_left": spoken_minutes(progress.minutes_left),
        "year_total": year.total(),
        "year_days": len(year),
        "dial_is_percent": total.landmarks > charts.MOST_TICKS,
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
        "clusters": _clusters(progress, SHOWN_CLUSTERS),
        "notes": note_counts(request.user),
        "recent_notes": Note.objects.of(request.user).with_issues().newest_first()[:3],
        "queued_landmarks": Reading.objects.of(request.user)
        .queued()
        .filter(issue__tier=Tier.LANDMARK)
        .with_issues()[:3],
    }
    return render(request, "accounts/progress/detail.html", context)


@require_safe
def progress_parts(request: ReaderRequest) -> HttpResponse:
    """Show the canon of every category, publication, year and cluster."""
    progress = Progress.of(request.user)
    publications = Publication.objects.for_page().order_by("category__name", "name", "id")
    shown = [
        (publication, progress.canon(("publication", publication.pk)),
         progress.meter(("publication", publication.pk)))
        for publication in publications
    ]  # fmt: skip
    years = sorted(pk for kind, pk in progress.totals.parts if kind == "year")
    context = {
        "publications": shown,
        "categories": [
            (category, progress.canon(("category", category.pk)),
             progress.meter(("category", category.pk)))
            for category in {each.category: None for each in publications}
        ],
        "years": [(y, progress.canon(("year", y)), progress.meter(("year", y))) for y in years],
        "clusters": _clusters(progress, MOST_CLUSTERS),
    }  # fmt: skip
    return render(request, "accounts/progress/parts.html", context)


@require_safe
def coverage_detail(request: ReaderRequest) -> HttpResponse:
    publications = list(Publication.objects.for_page().order_by("name", "id"))
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
    return render(request, "accounts/progress/coverage.html", context)


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
    return render(request, "accounts/progress/year.html", context)


@dataclass(frozen=True, slots=True)
class ClusterRow:
    cluster: Cluster
    canon: int
    meter: Meter


def _clusters(progress: Progress, most: int) -> list[ClusterRow]:
    """Return the clusters with the most keepers read or begun, then the greatest, in one query."""

    def rank(part: Part) -> tuple[int, int, int, int]:
        read, begun = progress.read.get(part, NOTHING), progress.open.get(part, NOTHING)
        return read.keepers, begun.keepers, progress.total(part).keepers, -part[1]

    parts = (part for part in progress.totals.parts if part[0] == "cluster")
    best = [pk for _, pk in nlargest(most, parts, key=rank)]
    found = Cluster.objects.select_related("publication").defer("loaded", "publication__loaded")
    clusters = found.in_bulk(best)
    rows = []
    for pk in best:
        part = ("cluster", pk)
        rows.append(ClusterRow(clusters[pk], progress.canon(part), progress.meter(part)))
    return rows
