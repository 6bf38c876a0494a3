"""The review of one year of your reading, from the same functions as the page."""

from typing import Any

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.fields import reader
from accounts.api.progress import DayReadings
from accounts.api.shapes import refs_by_id
from accounts.progress.figures import Progress
from accounts.progress.review import Review, review
from catalog.api.shapes import ClusterRef, IssueRef, PublicationRef
from catalog.rest.fields import Serializer
from catalog.rest.views import Endpoint
from catalog.slugs import is_id


class MonthReadings(Serializer):
    month = serializers.IntegerField(help_text="1 to 12")
    readings = serializers.IntegerField()


class PublicationReadings(Serializer):
    publication = PublicationRef()
    readings = serializers.IntegerField()


class ClusterReadings(Serializer):
    cluster = ClusterRef()
    publication = PublicationRef()
    readings = serializers.IntegerField()


class YearReview(Serializer):
    """The readings you finished in one year of your calendar."""

    year = serializers.IntegerField()
    is_over = serializers.BooleanField()
    readings = serializers.IntegerField()
    issues = serializers.IntegerField()
    keepers = serializers.IntegerField()
    notes = serializers.IntegerField(help_text="Notes and quotes kept in it.")
    streak = serializers.IntegerField(help_text="The longest, in days.")
    months = MonthReadings(many=True, help_text="All twelve.")
    undated = serializers.IntegerField(help_text="Readings of which the year alone is known.")
    busiest = DayReadings(allow_null=True)
    first = IssueRef(allow_null=True)
    last = IssueRef(allow_null=True)
    landmarks = IssueRef(many=True, help_text="At most ten.")
    landmark_count = serializers.IntegerField(help_text="How many landmarks were read in it.")
    publications = PublicationReadings(many=True, help_text="At most ten, the most first.")
    clusters = ClusterReadings(many=True, help_text="At most ten, the most first.")
    years = serializers.ListField(
        child=serializers.IntegerField(), help_text="All years with readings."
    )


class YearDetail(Endpoint):
    """One year of reading."""

    @extend_schema(
        operation_id="progress_year",
        parameters=[
            OpenApiParameter("year", int, OpenApiParameter.PATH, description="Four digits.")
        ],
        responses=YearReview,
    )
    def get(self, request: Request, year: str) -> Response:
        if not (is_id(year) and len(year) <= 4 and int(year)):
            raise Http404("That is no year.")
        user = reader(request)
        progress = Progress.of(user)
        found = review(user, progress, int(year))
        return Response(_review_shape(found, progress, request))


def _review_shape(found: Review, progress: Progress, request: Request) -> dict[str, Any]:
    named = [issue for issue in (found.first, found.last, *found.landmarks) if issue]
    about = refs_by_id(named, request)
    return {
        "year": found.year,
        "is_over": found.year < progress.today.year,
        "readings": len(found.finishes),
        "issues": found.issues,
        "keepers": found.keepers,
        "notes": found.notes,
        "streak": found.streak,
        "months": [
            {"month": month, "readings": number}
            for month, (_, number) in enumerate(found.months, start=1)
        ],
        "undated": found.undated,
        "busiest": _busiest_shape(found),
        "first": found.first and about[found.first.pk],
        "last": found.last and about[found.last.pk],
        "landmarks": [about[issue.pk] for issue in found.landmarks],
        "landmark_count": found.landmark_count,
        **_part_shapes(found),
        "years": sorted({finish.on.year for finish in progress.finishes}),
    }  # fmt: skip


def _busiest_shape(found: Review) -> dict[str, Any] | None:
    if found.busiest is None:
        return None
    day, number = found.busiest
    return {"on": day.isoformat(), "readings": number}


def _part_shapes(found: Review) -> dict[str, Any]:
    """Return the publications and clusters that were read most."""
    return {
        "publications": [
            {"publication": PublicationRef.render(each), "readings": number}
            for each, number in found.publications
        ],
        "clusters": [
            {
                "cluster": ClusterRef.render(each),
                "publication": PublicationRef.render(each.publication),
                "readings": number,
            }
            for each, number in found.clusters
        ],
    }
