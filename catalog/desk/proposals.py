"""Proposals for an issue's tier, cluster and tags, with reasons.

An issue is compared with all rated or filed issues of its publication. Two issues are similar if
they share words, tags and links; rare ones count more, and tags and links count three times as much
as words. The proposed cluster has the highest sum of similarities, divided by the square root of
its size. The tier is proposed in the same way, combined with how often keepers cite the issue
compared with the issues of each tier. A tag is proposed if it is more likely than not, by its share
among the eight most similar texts and by how often issues that mention its name carry it. The
issue's own tags are not used for that.

Every score is computed leave-one-out, so it can be compared with the issue's own values: see
`Proposer.disagreements`. Fitting is counting; there is no model to download or train.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Self

from catalog.desk.similar_issues import Given, Index, Others, ranked, stems, tag_stems
from catalog.models import KEEPER_TIERS, Citation, Issue, IssueTag, Publication
from catalog.text import plural

NEIGHBOURS = 8
MOST_PROPOSED_CLUSTERS = 3
MOST_PROPOSED_TAGS = 8
MOST_SHARED = 8
# Number of shared words and tags in the reasons for a cluster.
MOST_TERMS = 2
# A tag is worth proposing where it is more likely than not.
WORTHWHILE = 0.5
# Minimum probability that an issue's value is wrong, for a disagreement.
CONFIDENT = 0.95


@dataclass(frozen=True, slots=True)
class Guess[V]:
    """A possible value, its probability from 0 to 1, and the reasons in short sentences."""

    value: V
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A similar issue, with the shared words and tags, strongest first.

    `score` is the similarity from 0 to 1; `is_linked` means that one of the two cites the other.
    """

    issue_id: int
    title: str
    tier: int | None
    cluster_id: int | None
    score: float
    shared: tuple[str, ...]
    is_linked: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """The proposals for an issue, most likely first.

    `clusters` are at most three, by id. `tags` are at most eight names; the issue's own tags are
    not used to find them, but may be among them. `judged`, `filed` and `tagged` count the issues in
    the comparison: all, those in a cluster, and those with tags.
    """

    tier: Guess[int] | None
    clusters: list[Guess[int]]
    tags: list[Guess[str]]
    neighbours: list[Neighbour]
    cited_by_keepers: int
    judged: int = 0
    filed: int = 0
    tagged: int = 0


type Neighbours = Sequence[tuple[Given, float]]


class Proposer:
    """Proposes tier, cluster and tags for the issues of one publication."""

    def __init__(self, issues: Iterable[Given]) -> None:
        self._given = {issue.id: issue for issue in issues}
        self._index = Index(self._given.values())
        self._cited = _Cited(self._index.issues)
        self._named = _Named(self._index.issues)
        self._tagged = sum(bool(issue.tags) for issue in self._index.issues)

    @classmethod
    def fit(cls, publication: Publication) -> Self:
        """Read a publication's listed issues, in three queries."""
        tags: dict[int, list[str]] = defaultdict(list)
        uses = IssueTag.objects.filter(issue__publication=publication).order_by(
            "issue_id", "position"
        )
        for pk, tag in uses.values_list("issue_id", "tag__name").iterator():
            tags[pk].append(tag)
        cites: dict[int, list[str]] = defaultdict(list)
        links = Citation.objects.filter(issue__publication=publication).order_by(
            "issue_id", "position"
        )
        for pk, address in links.values_list("issue_id", "url_key").iterator():
            cites[pk].append(address)
        issues = Issue.objects.listed().filter(publication=publication).order_by("id")
        rows = issues.values_list("id", "title", "summary", "tier", "cluster_id", "url_key")
        return cls(
            Given(pk, title, summary, tuple(tags[pk]), tier, cluster, address, tuple(cites[pk]))
            for pk, title, summary, tier, cluster, address in rows.iterator()
        )

    def propose(self, issue: int | Given, *, neighbours: int = NEIGHBOURS) -> Proposal:
        """Return leave-one-out proposals for an issue; raise KeyError for an unknown id."""
        given = self._given[issue] if isinstance(issue, int) else issue
        others = Others(self._index, given)
        near = others.nearest(neighbours)
        near_text = others.nearest_by_text(neighbours) if given.tags else near
        return Proposal(
            self._tier(others, near),
            self._clusters(others, near),
            self._named.guesses(others, near_text),
            [_neighbour(others, other, score) for other, score in near],
            self._cited.by_keepers(others),
            others.total,
            sum(self._index.clusters.sizes(others).values()),
            self._tagged - bool(others.own and others.own.tags),
        )

    def disagreements(self) -> list[int]:
        """Return the issues whose values are probably wrong, the most certain first.

        A value is wrong if another cluster is likelier, a tier that differs by two or more, or a
        tier on the other side of the line between keepers and others. Issues without a cluster or
        tier cannot disagree.
        """
        doubts = {issue.id: self._doubt(issue) for issue in self._index.issues}
        return [pk for pk in ranked(doubts) if doubts[pk] >= CONFIDENT]

    def _doubt(self, issue: Given) -> float:
        """Return the probability, 0 to 1, that an issue's cluster or tier is wrong.

        It exceeds the probability of any single alternative, because several may be likely.
        """
        others, index = Others(self._index, issue), self._index
        doubt = 0.0
        # There is no evidence about a cluster or tier that no other issue has.
        if issue.cluster_id in index.clusters.sizes(others):
            shares = index.clusters.shares(others)
            doubt = fsum(shares[cluster] for cluster in shares if cluster != issue.cluster_id)
        tier = issue.tier
        if tier and not all(_is_far(other, tier) for other in index.tiers.sizes(others)):
            tiers = self._tiers(others)
            doubt = max(doubt, fsum(tiers[other] for other in tiers if _is_far(other, tier)))
        return doubt

    def _tiers(self, others: Others) -> dict[int, float]:
        """Map tiers to their probabilities, by similar issues and by citing issues."""
        sizes = self._index.tiers.sizes(others)
        shares: Mapping[int, float] = self._index.tiers.shares(others) or sizes
        chances = self._cited.chances(others, sizes)
        products = {tier: share * chances[tier] for tier, share in shares.items()}
        whole = fsum(products.values())
        return {tier: product / whole for tier, product in products.items()}

    def _tier(self, others: Others, near: Neighbours) -> Guess[int] | None:
        shares = self._tiers(others)
        if not shares:
            return None
        tier = ranked(shares)[0]
        count = self._index.tiers.members(tier, (other for other, _ in near))
        reasons = [*_of_the_nearest(count, near, f"of tier {tier}")]
        return Guess(tier, shares[tier], (*reasons, *self._cited.reasons(others, tier)))

    def _clusters(self, others: Others, near: Neighbours) -> list[Guess[int]]:
        shares = self._index.clusters.shares(others)
        return [
            Guess(cluster, shares[cluster], tuple(self._reasons(others, near, cluster)))
            for cluster in ranked(shares)[:MOST_PROPOSED_CLUSTERS]
        ]

    def _reasons(self, others: Others, near: Neighbours, cluster: int) -> Iterator[str]:
        clusters = self._index.clusters
        count = clusters.members(cluster, (other for other, _ in near))
        yield from _of_the_nearest(count, near, "in it")
        size = clusters.sizes(others)[cluster]
        for term in others.strongest(clusters.parts(cluster, others))[:MOST_TERMS]:
            count = clusters.members(cluster, others.having(term))
            yield f"{count} of its {size} {_have(count)} “{others.spelt[term]}”"
        linked = others.linked()
        if count := clusters.members(cluster, linked):
            yield f"{count} of the {len(linked)} linked by a citation {_are(count)} in it"


def _is_far(tier: int, other: int) -> bool:
    return abs(tier - other) >= 2 or (tier in KEEPER_TIERS) != (other in KEEPER_TIERS)


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _of_the_nearest(count: int, near: Neighbours, what: str) -> Iterator[str]:
    if count:
        yield f"{count} of the {len(near)} nearest {_are(count)} {what}"


def _neighbour(others: Others, other: Given, score: float) -> Neighbour:
    shared = tuple(others.shared(other)[:MOST_SHARED])
    is_linked = others.issue.is_linked(other)
    return Neighbour(other.id, other.title, other.tier, other.cluster_id, score, shared, is_linked)


def _so_many(count: int) -> str:
    """Name the issues that are cited about as often."""
    if count < 2:
        return "1 keeper cites" if count else "no keeper cites"
    most = 1 << count.bit_length()
    return f"{most // 2} to {most - 1} keepers cite"


class _Cited:
    """How many keepers cite the issues of each tier."""

    def __init__(self, issues: Sequence[Given]) -> None:
        self._keepers = Counter(
            address for issue in issues if issue.is_keeper for address in issue.cites_others
        )
        self._rated = {
            issue.url_key: issue.tier
            for issue in issues
            if issue.url_key and issue.tier is not None
        }
        # How many of each tier are cited by no keeper, by 1, by 2 or 3, by 4 to 7, and so on.
        self._levels: dict[int, Counter[int]] = defaultdict(Counter)
        for issue in issues:
            if issue.tier is not None:
                self._levels[self._count(issue.url_key).bit_length()][issue.tier] += 1

    def _count(self, address: str | None) -> int:
        return self._keepers[address] if address else 0

    def by_keepers(self, others: Others) -> int:
        """Return how many of the others are keepers that cite the issue."""
        address, own = others.issue.url_key, others.own
        return self._count(address) - bool(own and own.is_keeper and address in own.cites_others)

    def chances(self, others: Others, sizes: Mapping[int, int]) -> dict[int, float]:
        """Map tiers to the probability that an issue of that tier is cited about as often.

        Add one pseudo-observation at the overall rate, because a tier may have few issues (Laplace
        smoothing).
        """
        level = self._level(others)
        usual = (level.total() + 1) / (sum(sizes.values()) + 1)
        return {tier: (level[tier] + usual) / (size + 1) for tier, size in sizes.items()}

    def reasons(self, others: Others, tier: int) -> Iterator[str]:
        count, level = self.by_keepers(others), self._level(others)
        if count:
            yield f"cited by {plural(count, 'keeper')}"
        if level[tier]:
            alike = f"{level[tier]} of the {level.total()} that {_so_many(count)}"
            yield f"{alike} {_are(level[tier])} of tier {tier}"

    def _level(self, others: Others) -> Counter[int]:
        """Count by tier those of the others that about as many keepers cite as cite the issue."""
        sought = self.by_keepers(others).bit_length()
        level = Counter(self._levels.get(sought, {}))
        own = others.own
        if own and own.tier is not None:
            level[own.tier] -= self._count(own.url_key).bit_length() == sought
        for address in own.cites_others if own and own.is_keeper else ():
            # Leave-one-out: the issues that this one cites lose one citation.
            if tier := self._rated.get(address):
                count = self._count(address)
                level[tier] += (count - 1).bit_length() == sought
                level[tier] -= count.bit_length() == sought
        return level


class _Named:
    """Which texts name which tags, and how many issues have the tags that their texts name."""

    def __init__(self, issues: Sequence[Given]) -> None:
        self._uses = Counter(tag for issue in issues for tag in issue.tags)
        self._tags: dict[tuple[str, ...], list[str]] = defaultdict(list)
        # The lengths of the names that begin with a word.
        self._lengths: dict[str, set[int]] = defaultdict(set)
        for tag in self._uses:
            if name := tag_stems(tag):
                self._tags[name].append(tag)
                self._lengths[name[0]].add(len(name))
        self._naming: Counter[str] = Counter()
        self._keeping: Counter[str] = Counter()
        for issue in issues:
            named = self._in_issue(issue)
            self._naming.update(named)
            self._keeping.update(named.intersection(issue.tags))

    def guesses(self, others: Others, near: Neighbours) -> list[Guess[str]]:
        """Return the likely tags, by the most similar issues and by tags named in the text."""
        whole = sum(score for _, score in near)
        likely: dict[str, float] = defaultdict(float)
        for other, score in near:
            for tag in other.tags:
                likely[tag] += score / whole
        for tag in self._in_issue(others.issue):
            own_tags = others.own.tags if others.own else ()
            if self._uses[tag] > (tag in own_tags):
                naming, keeping = self._others(others, tag)
                # The tag is wrong if both estimates are. Without texts that name it, the estimate
                # is one half.
                likely[tag] = 1 - (1 - likely[tag]) * (1 - (keeping + 1) / (naming + 2))
        best = [tag for tag in ranked(likely) if likely[tag] >= WORTHWHILE][:MOST_PROPOSED_TAGS]
        return [
            # Probabilities may sum to slightly more than 1 because of rounding.
            Guess(tag, min(1.0, likely[tag]), tuple(self._reasons(others, near, tag)))
            for tag in best
        ]

    def _reasons(self, others: Others, near: Neighbours, tag: str) -> Iterator[str]:
        if count := sum(tag in other.tags for other, _ in near):
            yield f"{count} of the {len(near)} nearest by text {_have(count)} it"
        in_title = tag in self._in_text(others.issue.title)
        if in_title or tag in self._in_text(others.issue.summary):
            yield f"its {'title' if in_title else 'summary'} names it"
            naming, keeping = self._others(others, tag)
            if naming:
                yield f"{keeping} of the {naming} others that name it {_have(keeping)} it"

    def _others(self, others: Others, tag: str) -> tuple[int, int]:
        """Return how many of the others' texts name a tag, and how many of those have it."""
        own = others.own
        is_named = own is not None and tag in self._in_issue(own)
        is_kept = is_named and own is not None and tag in own.tags
        return self._naming[tag] - is_named, self._keeping[tag] - is_kept

    def _in_issue(self, issue: Given) -> set[str]:
        return self._in_text(issue.title) | self._in_text(issue.summary)

    def _in_text(self, text: str) -> set[str]:
        """Return the tags whose names occur in a text, in singular or plural."""
        found = stems(text)
        return {
            tag
            for start, word in enumerate(found)
            for length in self._lengths.get(word, ())
            for tag in self._tags.get(found[start : start + length], ())
        }
