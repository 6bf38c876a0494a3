"""Likely duplicates among tags, for a curator to merge or to dismiss."""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

from catalog.tags.names import ParsedName, read_name
from catalog.tags.similar_names import SLIP, Verdict, alike

# What is left of a score if an issue has both tags.
_USED_TOGETHER = 0.7


class TagUse(NamedTuple):
    """A tag and the number of issues that have it."""

    id: int
    name: str
    count: int  # type: ignore[assignment]  # it hides the tuple's method, which nobody calls


@dataclass(frozen=True, slots=True)
class Likely:
    """Two tags that may be one: the more used is kept, of the equally used the shorter.

    The reasons are short words for a person, said of `away` where they are of one; the score runs
    from 0 to 1, and orders rather than measures.
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
    """Return pairs of tags that are likely one, the likeliest first, whatever the input's order.

    `dismissed` holds pairs of ids that are not to be proposed. `issues` maps ids of tags, all or
    some, to the ids of their issues: who gives one issue two tags rarely means the same by both.
    Of several tags that are alike, each comes with a more used one, not with every one.
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
                continue  # nobody mistypes a name beside the name
            score *= _USED_TOGETHER
        likely.append(Likely(into, away, reasons, round(score, 3)))
    likely.sort(key=lambda pair: (-pair.score, _rank(pair.into), _rank(pair.away)))
    return likely[:limit]


def _rank(tag: TagUse) -> tuple[int, int, str, int]:
    return (-tag.count, len(tag.name), tag.name, tag.id)
