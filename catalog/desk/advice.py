"""Proposals for one issue, as the pages of the desk and the API show them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.desk.fits import fits
from catalog.desk.proposals import Guess, Neighbour, Proposal
from catalog.desk.similar_issues import Given
from catalog.models import (
    Citation,
    Issue,
    IssueTag,
)
from catalog.tags.assignment import ChosenNames
from catalog.text import tag_key

# Proposals of at least this probability are accepted with one key.
LIKELY = 0.75


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposed tier, cluster or tag, with its probability in percent and the reasons.

    `is_own` means that the issue already has it, `is_taken` that accepting all includes it.
    """

    value: Any
    name: str
    percent: int
    reasons: Sequence[str]
    is_own: bool
    is_taken: bool


@dataclass(frozen=True, slots=True)
class SimilarIssue:
    """A similar issue in its current state, with the words and tags that both share."""

    issue: Issue
    shared: Sequence[str]
    is_linked: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """The proposals for an issue, and the issues that they are based on.

    `judged` issues were compared; `filed` of them are in a cluster and `tagged` have tags.
    """

    tier: Offer | None
    clusters: list[Offer]
    tags: list[Offer]
    nearest: list[SimilarIssue]
    cited_by_keepers: int
    judged: int
    filed: int
    tagged: int

    @property
    def taken_cluster(self) -> Offer | None:
        return next((offer for offer in self.clusters if offer.is_taken), None)

    @property
    def taken_tags(self) -> list[Offer]:
        return [offer for offer in self.tags if offer.is_taken]

    @property
    def taken(self) -> list[str]:
        """Return a description of the proposals that are accepted together."""
        tier = [self.tier.name] if self.tier and self.tier.is_taken else []
        cluster = [f"“{self.taken_cluster.name}”"] if self.taken_cluster else []
        return [*tier, *cluster, *(offer.name for offer in self.taken_tags)]


def advise(issue: Issue, clusters: Mapping[int, str], *, disputes: bool = False) -> Advice:
    """Return proposals for an issue's current state, in five queries if the model is fitted.

    `clusters` maps the ids of the publication's clusters to their titles. Accepting all includes
    likely values that are missing; with `disputes`, also likely values that differ from the
    issue's.
    """
    proposal = fits.proposer(issue.publication).propose(given_of(issue))
    return Advice(
        _offer_tier(issue, proposal, disputes),
        list(_offer_clusters(issue, proposal, clusters, disputes)),
        list(_offer_tags(issue, proposal)),
        list(_near(proposal.neighbours)),
        proposal.cited_by_keepers,
        proposal.judged,
        proposal.filed,
        proposal.tagged,
    )


def given_of(issue: Issue) -> Given:
    """Return an issue as it is compared, in two queries."""
    tags = IssueTag.objects.filter(issue=issue).order_by("position")
    cites = Citation.objects.filter(issue=issue).order_by("position")
    return Given(
        issue.pk, issue.title, issue.summary,
        tuple(tags.values_list("tag__name", flat=True)), issue.tier, issue.cluster_id,
        issue.url_key, tuple(cites.values_list("url_key", flat=True)),
    )  # fmt: skip


def _offer(
    guess: Guess[Any], name: str, *, is_own: bool, is_missing: bool, value: Any = None
) -> Offer:
    is_taken = guess.confidence >= LIKELY and is_missing and not is_own
    # A probability is never shown as 100 %.
    percent = min(99, round(100 * guess.confidence))
    return Offer(value or guess.value, name, percent, guess.reasons, is_own, is_taken)


def _offer_tier(issue: Issue, proposal: Proposal, disputes: bool) -> Offer | None:
    guess = proposal.tier
    if guess is None:
        return None
    is_missing = disputes or issue.tier is None
    name = f"tier {guess.value}"
    return _offer(guess, name, is_own=guess.value == issue.tier, is_missing=is_missing)


def _offer_clusters(
    issue: Issue, proposal: Proposal, clusters: Mapping[int, str], disputes: bool
) -> Iterator[Offer]:
    is_missing = disputes or issue.cluster_id is None
    for guess in proposal.clusters:
        # It may have been merged since the others were read.
        if guess.value in clusters:
            is_own = guess.value == issue.cluster_id
            yield _offer(guess, clusters[guess.value], is_own=is_own, is_missing=is_missing)


def _offer_tags(issue: Issue, proposal: Proposal) -> Iterator[Offer]:
    """Offer tags under the names that curators have chosen for them by now, each once."""
    own = {tag_key(name) for name, _ in issue.tag_list}
    chosen = ChosenNames.of(guess.value for guess in proposal.tags)
    offered = set()
    for guess in proposal.tags:
        for name in chosen.instead_of([guess.value]):
            key = tag_key(name)
            if key not in offered:
                offered.add(key)
                yield _offer(guess, name, value=name, is_own=key in own, is_missing=True)


def _near(neighbours: Sequence[Neighbour]) -> Iterator[SimilarIssue]:
    found = Issue.objects.for_list().in_bulk([each.issue_id for each in neighbours])
    for each in neighbours:
        if each.issue_id in found:
            yield SimilarIssue(found[each.issue_id], each.shared, each.is_linked)


# Completion
