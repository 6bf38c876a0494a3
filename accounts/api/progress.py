"""Your progress, from the same functions as the pages."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.fields import reader
from accounts.progress.figures import WHOLE_CATALOG, Progress, note_counts
from accounts.progress.shares import Share, shares
from catalog.api.shapes import (
    CategoryShape,
    ClusterRef,
    PublicationRef,
)
from catalog.rest.fields import Serializer
from catalog.rest.views import Endpoint


class ReadCount(Serializer):
    """How many of some issues you have read, and begun (queued or reading) but not read."""

    read = serializers.IntegerField()
    begun = serializers.IntegerField()
    total = serializers.IntegerField()


class TierShare(ReadCount):
    tier = serializers.IntegerField(allow_null=True, help_text="Null: the unrated.")


class KeeperShare(ReadCount):
    """Keepers counted, and how much of the canon is read, in per cent."""

    canon = serializers.IntegerField()


class CategoryShare(KeeperShare):
    category = CategoryShape()


class PublicationShare(KeeperShare):
    publication = PublicationRef()


class ClusterShare(KeeperShare):
    cluster = ClusterRef()
    publication = PublicationRef()


class YearShare(KeeperShare):
    year = serializers.IntegerField(help_text="In which the issues were published.")


class TierWeight(Serializer):
    tier = serializers.IntegerField()
    weight = serializers.IntegerField()


class DayReadings(Serializer):
    on = serializers.DateField()
    readings = serializers.IntegerField()


class DaysShape(Serializer):
    """Days and weeks of reading, without readings dated to a month or a year."""

    streak = serializers.IntegerField(help_text="Days, to today or yesterday.")
    best_streak = serializers.IntegerField()
    this_week = serializers.IntegerField(help_text="Readings since Monday.")
    last_week = serializers.IntegerField()
    past_year_readings = serializers.IntegerField(help_text="In 53 weeks, this one the last.")
    past_year_days = serializers.IntegerField(help_text="On how many days.")
    past_year = DayReadings(many=True, help_text="The days with any, in order.")
    words = serializers.CharField(help_text="What stands out in it; may be empty.")


class PaceShape(Serializer):
    """The rate of first readings whose day is known."""

    days = serializers.IntegerField(
        source="window",
        help_text="The days it is measured over: 56, or those since your first reading if fewer.",
    )
    recent = serializers.IntegerField(help_text="What was read in these days.")
    a_week = serializers.FloatField()
    left = serializers.IntegerField(help_text="What is still to be read.")
    finish_on = serializers.DateField(
        source="finish",
        allow_null=True,
        help_text="When this pace has all read; null under four readings or four days.",
    )


class TimeLeft(Serializer):
    """The reading time left in keepers of known length."""

    minutes = serializers.IntegerField()
    issues = serializers.IntegerField()
    unknown = serializers.IntegerField(help_text="Keepers left whose length is not known.")


class NoteCount(Serializer):
    count = serializers.IntegerField()
    issues = serializers.IntegerField(help_text="On how many issues.")


class ProgressShape(Serializer):
    """Your progress in total and in every part of the canon."""

    today = serializers.DateField(help_text="Your own date.")
    canon = serializers.IntegerField(help_text="How much of it is read, in per cent.")
    weights = TierWeight(many=True, help_text="What counts in the canon, and how much.")
    issues = ReadCount()
    keepers = ReadCount()
    landmarks = ReadCount()
    notable = ReadCount()
    rest = ReadCount()
    tiers = TierShare(many=True)
    days = DaysShape()
    pace = PaceShape(help_text="Of the landmarks, counted.")
    canon_pace = PaceShape(help_text="Of the canon, by weight.")
    time_left = TimeLeft()
    notes = NoteCount()
    categories = CategoryShare(many=True)
    publications = PublicationShare(many=True)
    years = YearShare(many=True)
    clusters = ClusterShare(many=True, help_text="At most 500, those with the most read.")


class ProgressDetail(Endpoint):
    """Your progress."""

    @extend_schema(operation_id="progress", responses=ProgressShape)
    def get(self, request: Request) -> Response:
        user = reader(request)
        progress = Progress.of(user)
        number, issues = note_counts(user)
        found = _figures(progress) | {"notes": {"count": number, "issues": issues}}
        parts = shares(progress)
        return Response(found | {
            "categories": [
                {"category": CategoryShape.render(each.part, request), **_share_shape(each)}
                for each in parts["categories"]
            ],
            "publications": [
                {"publication": PublicationRef.render(each.part), **_share_shape(each)}
                for each in parts["publications"]
            ],
            "years": [{"year": each.part, **_share_shape(each)} for each in parts["years"]],
            "clusters": [
                {
                    "cluster": ClusterRef.render(each.part),
                    "publication": PublicationRef.render(each.part.publication),
                    **_share_shape(each),
                }
                for each in parts["clusters"]
            ],
        })  # fmt: skip


def _figures(progress: Progress) -> dict[str, Any]:
    """Return the figures of a reader's whole progress."""
    total, read, begun = (
        progress.total(),
        progress.read[WHOLE_CATALOG],
        progress.open[WHOLE_CATALOG],
    )
    days = progress.days
    kinds = ("issues", "keepers", "landmarks", "notable", "rest")
    tiers = (5, 4, 3, 2, 1, None)
    return {
        "today": progress.today.isoformat(),
        "canon": progress.canon(),
        "weights": [
            {"tier": tier, "weight": weight}
            for tier, weight in sorted(settings.CANON_WEIGHTS.items(), reverse=True)
        ],
        **{
            kind: _counts_shape(*(getattr(tally, kind) for tally in (read, begun, total)))
            for kind in kinds
        },
        "tiers": [
            {
                "tier": tier,
                **_counts_shape(*(tally.tiers.get(tier, 0) for tally in (read, begun, total))),
            }
            for tier in tiers
        ],
        "days": {
            "streak": days.streak,
            "best_streak": days.best,
            "this_week": days.this_week,
            "last_week": days.last_week,
            "past_year_readings": days.year.total(),
            "past_year_days": len(days.year),
            "past_year": [
                {"on": day.isoformat(), "readings": number}
                for day, number in sorted(days.year.items())
            ],
            "words": days.sentence,
        },
        "pace": PaceShape.render(progress.pace),
        "canon_pace": PaceShape.render(progress.canon_pace),
        "time_left": {
            "minutes": progress.minutes_left,
            "issues": progress.worded_left,
            "unknown": progress.unworded_left(),
        },
    }


def _counts_shape(read: int, begun: int, total: int) -> dict[str, int]:
    return {"read": read, "begun": begun, "total": total}


def _share_shape(share: Share[Any]) -> dict[str, int]:
    meter = share.meter
    return {"canon": share.canon or 0, **_counts_shape(meter.read, meter.open, meter.total)}
