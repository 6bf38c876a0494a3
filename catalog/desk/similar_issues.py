"""Similarity of issues: by the rare terms that they share.

An issue is a bag of terms. Words of its title and summary have weight 1. Its tags and their words,
its URL and its citations have weight `EMPHASIS`, because somebody chose them. The rarer the shared
terms, the more similar two issues are.

An issue's own values are excluded when it is scored: see `Others`. Nothing here reads the database.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property, lru_cache
from typing import NamedTuple

from catalog.models import KEEPER_TIERS
from catalog.search.words import words
from catalog.tags.word_forms import singular

EMPHASIS = 3
# How many uses of the rarest terms are followed to find neighbours, however large the catalog.
MOST_USES_FOLLOWED = 2_000
# Similarities to groups are raised to this power before they are normalised, so that the
# probabilities are calibrated.
SHARPNESS = 3
# How rare a word must be to be shown: of 10,000 issues 630 may have it.
TELLING = 0.3
# Tells a tag and an address from a word, which is of letters and digits.
TAG, ADDRESS = "#", "@"


class Given(NamedTuple):
    """An issue as input. Within a publication, a tag has a single spelling, its name."""

    id: int
    title: str
    summary: str = ""
    tags: tuple[str, ...] = ()
    tier: int | None = None
    cluster_id: int | None = None
    url_key: str | None = None
    cites: tuple[str, ...] = ()

    @property
    def is_keeper(self) -> bool:
        return self.tier in KEEPER_TIERS

    @property
    def is_judged(self) -> bool:
        """Whether the issue has a tier, a cluster or tags."""
        return self.tier is not None or self.cluster_id is not None or bool(self.tags)

    @property
    def cites_others(self) -> set[str]:
        return set(self.cites) - {self.url_key or ""}

    def is_linked(self, other: "Given") -> bool:
        """Return whether one of the two cites the other."""
        return other.url_key in self.cites_others or self.url_key in other.cites_others


def stems(text: str) -> tuple[str, ...]:
    """Return the folded words of a text, plurals as their singular."""
    return tuple(map(singular, words(text)))


# The same tags occur many times.
tag_stems = lru_cache(maxsize=20_000)(stems)


def terms_of(issue: Given, *, tags: bool = True) -> dict[str, int]:
    """Map an issue's terms to their weights, 1 or `EMPHASIS`, with or without its tags."""
    terms = dict.fromkeys((*stems(issue.title), *stems(issue.summary)), 1)
    for tag in issue.tags if tags else ():
        terms[TAG + tag] = EMPHASIS
        for word in tag_stems(tag):
            terms[word] = EMPHASIS
    for address in (issue.url_key, *issue.cites):
        if address:
            terms[ADDRESS + address] = EMPHASIS
    return terms


def ranked[K: (int, str)](scores: Mapping[K, float]) -> list[K]:
    """Return keys sorted by score, highest first; ties keep their order."""
    return sorted(scores, key=lambda key: (-scores[key], key))


class Index:
    """An inverted index of the judged issues among those given."""

    def __init__(self, issues: Iterable[Given]) -> None:
        self.issues = [issue for issue in issues if issue.is_judged]
        self.places = {issue.id: place for place, issue in enumerate(self.issues)}
        self.clusters = Groups(lambda issue: issue.cluster_id)
        self.tiers = Groups(lambda issue: issue.tier)
        self.lengths: list[float] = []
        # The places of the issues that have a term, by its weight with them.
        self.uses: dict[int, dict[str, list[int]]] = {1: {}, EMPHASIS: {}}
        for place, issue in enumerate(self.issues):
            terms = terms_of(issue)
            self.lengths.append(math.hypot(*terms.values()))
            self.clusters.add(issue, terms)
            self.tiers.add(issue, terms)
            for term, weight in terms.items():
                self.uses[weight].setdefault(term, []).append(place)
        self.counts: dict[str, int] = defaultdict(int)
        for uses in self.uses.values():
            for term, places in uses.items():
                self.counts[term] += len(places)


class Others:
    """Leave-one-out view of an index: scores an issue against all others.

    `own` is the indexed version of the issue, if any; `issue` is the version to score, which may
    have changed since.
    """

    def __init__(self, index: Index, issue: Given) -> None:
        self.issue = issue
        self._index = index
        self._place = index.places.get(issue.id)
        self.own = None if self._place is None else index.issues[self._place]
        self.total = len(index.issues) - (self.own is not None)

    @cached_property
    def terms(self) -> dict[str, int]:
        return terms_of(self.issue)

    @cached_property
    def own_terms(self) -> dict[str, int]:
        if self.own is None:
            return {}
        return self.terms if self.own == self.issue else terms_of(self.own)

    @cached_property
    def asked(self) -> dict[str, float]:
        """Map the issue's terms that any other has to how much each counts, the rarest first."""
        return self._ask(self.terms)

    def nearest(self, number: int) -> list[tuple[Given, float]]:
        """Return the issues most like it, with their likeness from 0 to 1.

        That is the cosine of the two issues' weights, but for the rarity in it.
        """
        return self._nearest(self.asked, number)

    def nearest_by_text(self, number: int) -> list[tuple[Given, float]]:
        """Return those that were the nearest if the issue had no tags."""
        return self._nearest(self._ask(terms_of(self.issue, tags=False)), number)

    def linked(self) -> list[Given]:
        """Return those that the issue cites, or that cite it."""
        addresses = sorted(self.issue.cites_others | {self.issue.url_key or ""})
        found = {
            other.id: other for address in addresses for other in self.having(ADDRESS + address)
        }
        return [other for other in found.values() if self.issue.is_linked(other)]

    def count(self, term: str) -> int:
        """Return how many of the others have a term."""
        return self._index.counts.get(term, 0) - (term in self.own_terms)

    def having(self, term: str) -> list[Given]:
        """Return those that have a term."""
        places = [place for uses in self._index.uses.values() for place in uses.get(term, ())]
        return [self._index.issues[place] for place in places if place != self._place]

    @cached_property
    def spelt(self) -> dict[str, str]:
        """Map the issue's words and tags that are rare enough to be shown to their spelling."""
        spelt = {TAG + tag: tag for tag in self.issue.tags}
        for word in words("\n".join((self.issue.title, self.issue.summary, *self.issue.tags))):
            spelt.setdefault(singular(word), word)
        return {term: text for term, text in spelt.items() if self._rarity(term) >= TELLING}

    def strongest(self, parts: Mapping[str, float]) -> list[str]:
        """Return the displayable terms by their contribution to a similarity, highest first."""
        shown = {term: part for term, part in parts.items() if term in self.spelt}
        # The words of a tag say no more than the tag.
        for term in [term for term in shown if term.startswith(TAG)]:
            for word in tag_stems(self.spelt[term]):
                shown.pop(word, None)
        return ranked(shown)

    def shared(self, other: Given) -> list[str]:
        """Return the words and tags that another shares, as the issue spells them."""
        terms = terms_of(other)
        parts = {term: part * terms[term] for term, part in self.asked.items() if term in terms}
        return [self.spelt[term] for term in self.strongest(parts)]

    def _rarity(self, term: str) -> float:
        """Return 1 for a term that one of the others has, near 0 for one that all have."""
        count = self.count(term)
        return 1 - math.log(count) / math.log(self.total + 1) if count else 0.0

    def _ask(self, terms: Mapping[str, int]) -> dict[str, float]:
        """Weigh terms: all weights brought to the length of 1, each by the square of its rarity."""
        length = math.hypot(*terms.values())
        known = sorted((count, term) for term in terms if (count := self.count(term)))
        return {term: self._rarity(term) ** 2 * terms[term] / length for _, term in known}

    def _nearest(self, asked: Mapping[str, float], number: int) -> list[tuple[Given, float]]:
        scores: dict[int, float] = defaultdict(float)
        followed = 0
        for term, factor in asked.items():
            followed += self.count(term)
            if scores and followed > MOST_USES_FOLLOWED:
                break
            for weight, uses in self._index.uses.items():
                part = factor * weight
                for place in uses.get(term, ()):
                    scores[place] += part
        if self._place is not None:
            scores.pop(self._place, None)
        issues, lengths = self._index.issues, self._index.lengths
        found = (
            (-score / lengths[place], issues[place].id, place) for place, score in scores.items()
        )
        return [(issues[place], -score) for score, _, place in heapq.nsmallest(number, found)]


class Groups:
    """Issues grouped by cluster or by tier, with the terms of each group."""

    def __init__(self, group_of: Callable[[Given], int | None]) -> None:
        self._group_of = group_of
        self._sizes: dict[int, int] = defaultdict(int)
        # Integers, so that subtracting removes a contribution exactly.
        self._weights: dict[str, dict[int, int]] = defaultdict(dict)

    def add(self, issue: Given, terms: Mapping[str, int]) -> None:
        if (group := self._group_of(issue)) is None:
            return
        self._sizes[group] += 1
        for term, weight in terms.items():
            weights = self._weights[term]
            weights[group] = weights.get(group, 0) + weight

    def sizes(self, others: Others) -> dict[int, int]:
        """Map the groups that any of the others is in to how many of them are."""
        own = self._own(others)
        sizes = {group: size - (group == own) for group, size in self._sizes.items()}
        return {group: size for group, size in sizes.items() if size}

    def shares(self, others: Others) -> dict[int, float]:
        """Map the groups that share any term to how likely each is; together they are 1.

        The likeness to a group is that to its issues, added up and divided by the root of their
        number: undivided, great groups would always win, divided by the number, small ones.
        """
        likeness: dict[int, float] = defaultdict(float)
        for term, factor in others.asked.items():
            for group, weight in self._weights.get(term, {}).items():
                likeness[group] += factor * weight
        if (own := self._own(others)) is not None:
            likeness[own] = 0.0
            for part in self.parts(own, others).values():
                likeness[own] += part
        powers = {
            group: (likeness[group] / math.sqrt(size)) ** SHARPNESS
            for group, size in self.sizes(others).items()
        }
        whole = math.fsum(powers.values())
        return {group: power / whole for group, power in powers.items() if power}

    def parts(self, group: int, others: Others) -> dict[str, float]:
        """Map terms to their contributions to the similarity with the group."""
        taken = others.own_terms if group == self._own(others) else {}
        parts = {}
        for term, factor in others.asked.items():
            weight = self._weights.get(term, {}).get(group, 0) - taken.get(term, 0)
            if weight:
                parts[term] = factor * weight
        return parts

    def members(self, group: int, issues: Iterable[Given]) -> int:
        """Return how many of these issues are in a group."""
        return sum(self._group_of(issue) == group for issue in issues)

    def _own(self, others: Others) -> int | None:
        return self._group_of(others.own) if others.own else None
