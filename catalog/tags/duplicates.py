"""Likely duplicates among tags, for a curator to merge or to dismiss."""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

from catalog.tags.names import ParsedName, read_name
from catalog.tags.similar_names import SLIP, Verdict, alike

# Factor for the score of tags that occur on the same issue.
_USED_TOGETHER = 0.7


class TagUse(NamedTuple):
    """A tag and the number of issues that have it."""

    id: int
    name: str
    count: int  # type: ignore[assignment]  # it hides the tuple's method, which nobody calls


@dataclass(frozen=True, slots=True)
class Likely:
    """Two tags that may be duplicates; the more used one is kept, or else the shorter.

    The reasons are short phrases for curators and refer to `away` if they concern one tag. The
    score from 0 to 1 is for sorting only.
    """

    into: TagUse
    away: TagUse
    reasons: tuple[str, ...]
    score: float


def likely_duplicates(
    tags: Iterable[TagUse],
    *,
    dismissed: Collection[frozenset[int]] = (),
    limit: int | None = None,
    issues: Mapping[int, AbstractSet[int]] | None = None,
) -> list[Likely]:
    """Return pairs of tags that are likely duplicates, most likely first.

    The order of the input does not matter. `dismissed` holds pairs of ids to leave out. `issues`
    maps ids of some or all tags to the ids of their issues: two tags on the same issue are rarely
    duplicates. If several tags are similar, each is paired with a more used one, not with every
    one.
    """
    by_id: dict[int, TagUse] = {}
    for tag in sorted(tags, key=_rank):
        by_id.setdefault(tag.id, tag)
    ranked = list(by_id.values())
    names = [read_name(tag.name, tag.count, place) for place, tag in enumerate(ranked)]
    refused = frozenset(dismissed)

    def is_dismissed(one: ParsedName, other: ParsedName) -> bool:
        return frozenset((ranked[one.place].id, ranked[other.place].id)) in refused

    found: dict[tuple[int, int], Verdict] = {}
    for one, other, verdict in alike([name for name in names if name.words], is_dismissed):
        pair = min(one.place, other.place), max(one.place, other.place)
        found[pair] = max(verdict, found.get(pair, verdict))
    likely = []
    for (first, second), (score, reasons) in found.items():
        into, away = ranked[first], ranked[second]
        if issues and issues.get(into.id, set()) & issues.get(away.id, set()):
            if reasons == (SLIP,):
                continue  # A misspelling rarely occurs next to the correct name.
            score *= _USED_TOGETHER
        likely.append(Likely(into, away, reasons, round(score, 3)))
    likely.sort(key=lambda pair: (-pair.score, _rank(pair.into), _rank(pair.away)))
    return likely[:limit]


def _rank(tag: TagUse) -> tuple[int, int, str, int]:
    return (-tag.count, len(tag.name), tag.name, tag.id)
