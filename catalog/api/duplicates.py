"""Tags that are likely one: proposed to curators, who merge them or say that they are two."""

from typing import Any

from django.db.models import Count, Max
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.curating import DeskEndpoint, example, invalid, refuse
from catalog.api.inputs import IdOrSlug, named
from catalog.curation.rules import retired_fault
from catalog.curation.tags import dismiss_pair, restore_pair
from catalog.models import DismissedPair, Tag
from catalog.rest.fields import Serializer, given
from catalog.slugs import ID_OR_SLUG
from catalog.tags.usage import likely_pairs

LOOK, CHANGE = ("catalog.view_tag",), ("catalog.change_tag",)
PAIRS_SHOWN = 100


class UsedTag(Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    count = serializers.IntegerField(help_text="How many listed issues have it.")


class LikelyPair(Serializer):
    into = UsedTag(help_text="The more used one, which would stay.")
    away = UsedTag()
    reasons = serializers.ListField(child=serializers.CharField())
    score = serializers.FloatField(help_text="From 0 to 1; it orders, rather than measures.")
    together = serializers.IntegerField(help_text="How many issues have both.")


class LikelyPairs(Serializer):
    results = LikelyPair(many=True)
    count = serializers.IntegerField(help_text="How many pairs there are; the likeliest are shown.")


class TagPair(Serializer):
    one = IdOrSlug(help_text=f"The {ID_OR_SLUG} of a tag.")
    other = IdOrSlug(help_text=f"The {ID_OR_SLUG} of another one.")


class PairOutcome(Serializer):
    one = serializers.IntegerField()
    other = serializers.IntegerField()
    is_dismissed = serializers.BooleanField()


class DuplicateList(DeskEndpoint):
    """The likeliest pairs, at most a hundred; those that are settled make room for others."""

    needs = {"GET": LOOK}

    def parts(self, request: Request) -> tuple[Any, ...]:
        # Dismissing a pair is not logged.
        apart = DismissedPair.objects.aggregate(Count("pk"), Max("pk"))
        return (*super().parts(request), *apart.values())

    @extend_schema(operation_id="duplicates_list", responses=LikelyPairs)
    def get(self, request: Request) -> Response:
        found, together = likely_pairs()
        shown = [
            {
                "into": UsedTag.render(pair.into),
                "away": UsedTag.render(pair.away),
                "reasons": list(pair.reasons),
                "score": pair.score,
                "together": together.get((pair.away.id, pair.into.id), 0),
            }
            for pair in found[:PAIRS_SHOWN]
        ]
        return Response({"results": shown, "count": len(found)})


class PairAct(DeskEndpoint):
    needs = {"POST": CHANGE}
    errors = (409,)

    def pair(self, request: Request) -> tuple[Tag, Tag]:
        asked = given(TagPair, request)
        tags = Tag.objects.prefetch_related("stands_for")
        one, other = (named(tags, asked[name], "tag", name) for name in ("one", "other"))
        refuse(one=retired_fault(one), other=retired_fault(other))
        if one == other:
            raise invalid(other="This is the same tag.")
        return one, other


class DuplicateDismiss(PairAct):
    """Saying that two tags are two."""

    @extend_schema(
        operation_id="duplicate_dismiss",
        description="Dismiss a duplicate suggestion: the pair is not proposed again.",
        request=TagPair,
        examples=example("Two that are two", one="reward-model", other="reward-modelling"),
        responses=PairOutcome,
    )
    def post(self, request: Request) -> Response:
        one, other = self.pair(request)
        dismiss_pair(one, other)
        return Response({"one": one.pk, "other": other.pk, "is_dismissed": True})


class DuplicateRestore(PairAct):
    """Taking that back."""

    @extend_schema(
        operation_id="duplicate_restore",
        description="Take back that two tags are two.",
        request=TagPair,
        examples=example("Two that may be one", one="reward-model", other="reward-modelling"),
        responses=PairOutcome,
    )
    def post(self, request: Request) -> Response:
        one, other = self.pair(request)
        restore_pair(one, other)
        return Response({"one": one.pk, "other": other.pk, "is_dismissed": False})
