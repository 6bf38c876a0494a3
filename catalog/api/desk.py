"""The walks of the desk and its proposals, for programs."""

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api.curating import ISSUE, DeskEndpoint
from catalog.api.issues import CHANGE, CuratedIssue, curated_issues
from catalog.api.shapes import IssueRef, issue_refs
from catalog.desk.advice import advise
from catalog.desk.walks import WALKS, Route, route_of
from catalog.models import Cluster, Issue, Publication
from catalog.rest import paging
from catalog.rest.fields import Serializer
from catalog.rest.lookup import by_id, by_key
from catalog.rest.parameters import PAGED, in_path
from catalog.rest.problems import Problem, wrong
from catalog.search.engine import bounded
from catalog.slugs import ID_OR_SLUG

WALK_PARAMETER = in_path("walk", f"One of {', '.join(WALKS)}.")
# How long to wait for the disagreements of a publication, in seconds.
SEARCH_SECONDS = 5


class OfferShape(Serializer):
    """A tier, a cluster or a tag that is proposed."""

    value = serializers.JSONField(help_text="A tier, the id of a cluster, or the name of a tag.")
    name = serializers.CharField()
    percent = serializers.IntegerField(help_text="How sure it is.")
    reasons = serializers.ListField(child=serializers.CharField())
    is_own = serializers.BooleanField(help_text="The issue has it already.")
    is_likely = serializers.BooleanField(
        source="is_taken", help_text="Missing, and three times in four right."
    )


class NearShape(Serializer):
    """An issue that is similar to the requested one."""

    issue = IssueRef()
    shared = serializers.ListField(child=serializers.CharField())
    is_linked = serializers.BooleanField(help_text="One of the two cites the other.")


class Proposals(Serializer):
    """Proposals by similar issues of the publication, most likely first."""

    tier = OfferShape(allow_null=True)
    clusters = OfferShape(many=True)
    tags = OfferShape(many=True)
    nearest = NearShape(many=True)
    cited_by_keepers = serializers.IntegerField()


class IssueProposals(DeskEndpoint):
    """The proposals for an issue; nothing is written."""

    needs = {"GET": CHANGE}

    @extend_schema(operation_id="issue_proposals", parameters=[ISSUE], responses=Proposals)
    def get(self, request: Request, issue: str) -> Response:
        shown = by_id(Issue.objects.for_list(), issue, "issue")
        clusters = Cluster.objects.listed().filter(publication=shown.publication_id)
        titles = dict(clusters.values_list("pk", "title"))
        advice = advise(shown, titles)
        refs = issue_refs((near.issue for near in advice.nearest), request)
        return Response(
            {
                "tier": OfferShape.render(advice.tier) if advice.tier else None,
                "clusters": [OfferShape.render(offer) for offer in advice.clusters],
                "tags": [OfferShape.render(offer) for offer in advice.tags],
                "nearest": [
                    {"issue": ref, "shared": list(near.shared), "is_linked": near.is_linked}
                    for ref, near in zip(refs, advice.nearest, strict=True)
                ],
                "cited_by_keepers": advice.cited_by_keepers,
            }
        )


class WalkDetail(DeskEndpoint):
    """The issues of a walk, in the order of the desk."""

    parameters = paging.PARAMETERS | {"publication"}
    needs = {"GET": CHANGE}
    errors = (503,)

    @extend_schema(
        operation_id="walk",
        description="\n".join(
            ["The issues that want curating.", *(f"- `{w.key}`: {w.about}" for w in WALKS.values())]
        ),
        parameters=[
            WALK_PARAMETER,
            OpenApiParameter(
                "publication", str,
                description=f"Those of one, by {ID_OR_SLUG}; `disagreements` are always of one.",
            ),
            *PAGED,
        ],
        responses=paging.page_serializer("Walk", CuratedIssue(many=True)),
    )  # fmt: skip
    def get(self, request: Request, walk: str) -> Response:
        after = request.query_params.get("after")
        route = _requested_route(request, walk, is_begun=after is None)
        try:
            place = route.parse(after) if after is not None else None
        except ValueError as error:
            raise wrong("after", paging.NO_PLACE) from error
        with bounded():
            ahead = route.ahead(place, paging.PAGE_SIZE + 1)
        pks = [pk for *_, pk in ahead[: paging.PAGE_SIZE]]
        found = Issue.objects.defer("loaded").in_bulk(pks)
        shown = curated_issues([found[pk] for pk in pks if pk in found], request)
        following = str(ahead[paging.PAGE_SIZE - 1]) if len(ahead) > len(pks) else None
        with bounded():
            page = paging.page_of(request, shown, following, lambda: route.left().number)
        return Response(page)


def _requested_route(request: Request, walk: str, *, is_begun: bool) -> Route:
    """Return the route of a walk; raise Http404, and Problem if it is not known yet."""
    if walk not in WALKS:
        raise Http404(f"There is no walk “{walk[:80]}”; {', '.join(WALKS)} are.")
    home = None
    if (key := request.query_params.get("publication")) is not None:
        home = by_key(Publication.objects.all(), key, "publication")
    elif not WALKS[walk].parts:
        raise wrong("publication", "Say of which publication: only its issues are compared.")
    route = route_of(WALKS[walk], home, is_begun=is_begun, wait=SEARCH_SECONDS)
    if route is None:
        raise Problem(503, "They are still being compared; ask again in a moment.", wait=2)
    return route
