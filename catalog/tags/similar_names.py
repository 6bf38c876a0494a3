"""Similarity of names: which names may mean the same, and why.

Names are never compared all with all. Each rule has its own keys, and only names that share a key
are compared by it. The rule alone decides, so a key may be rough.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

from rapidfuzz.distance import OSA

from catalog.tags.english_words import list_costs
from catalog.tags.names import EITHER_WAY, SMALL_WORDS, ParsedName, has_digit
from catalog.tags.word_forms import (
    COUNTRY,
    INFLECTION_REASON,
    PLURAL,
    Kinship,
    american,
    full,
    is_plural,
    kinship,
    root,
    singular,
)
from catalog.text import tag_key

# Around these words, another order has another meaning: text to image, image to text.
_ONE_WAY = (SMALL_WORDS - EITHER_WAY) | {
    "after", "against", "before", "beyond", "no", "non", "not", "over", "than", "under", "without",
}  # fmt: skip
# These are acronyms only in capitals: US, IT.
_LITTLE = SMALL_WORDS | {
    "be", "do", "go", "he", "if", "is", "it", "me", "my", "no", "ok", "so", "up", "us", "we",
}  # fmt: skip
# Number of more used names that each name is compared with in a group of equal keys.
_MOST_TRIES = 30
# More names than this that differ in one and the same letter are a series: plan A, plan B …
_MOST_SLIPS = 12
# Number of expansions proposed for an acronym, the most used first.
_MOST_READINGS = 3
_LONGEST_ACRONYM = 8  # words
_SHORT_WORD = 5  # letters: in a shorter one, one letter makes another word
_LONG_WORD = 8  # letters: in a shorter name, one letter makes another name
_COMMON_COST = 13.0  # in the word list; beyond are names, and misspellings as well
_LONGEST_SLIP = 40  # in letters; memory grows with it, because each shortened form is kept
_OFTEN = 5  # factor by which a name without common words must be more used than its misspelling
SLIP = "one letter apart"


class Verdict(NamedTuple):
    """How likely two names mean the same, 0 to 1, and why in words for a person."""

    score: float
    reasons: tuple[str, ...]


_Rule = Callable[[ParsedName, ParsedName], Verdict | None]
_ByWords = dict[str, list[ParsedName]]  # by the words, in the singular, with spaces
_Pairs = Iterator[tuple[ParsedName, ParsedName, Verdict]]
_Dismissed = Callable[[ParsedName, ParsedName], bool]


def alike(names: list[ParsedName], is_dismissed: _Dismissed) -> _Pairs:
    """Yield pairs of names that may mean the same; a pair may occur for several reasons.

    The names are sorted by rank, and each has at least one word. If several are similar by one
    rule, each is paired with the most similar earlier one that is not dismissed.
    """
    for keys, rule in ((_form_keys, _same_words), (_order_keys, _same_in_other_order)):
        yield from _in_groups(names, keys, rule, is_dismissed)
    words: _ByWords = defaultdict(list)
    for name in names:
        words[" ".join(map(singular, name.words))].append(name)
    others = (_slips(names), _makers(names, words), _acronyms(names, words, is_dismissed))
    for pairs in others:
        for one, other, verdict in pairs:
            if one is not other and not is_dismissed(one, other):
                yield one, other, verdict


def _in_groups(
    names: list[ParsedName],
    keys: Callable[[ParsedName], set[str]],
    rule: _Rule,
    is_dismissed: _Dismissed,
) -> _Pairs:
    """Pair each name with the likest of the more used ones that share a key with it."""
    groups: dict[str, list[ParsedName]] = defaultdict(list)
    for name in names:
        for key in keys(name):
            groups[key].append(name)
    for group in groups.values():
        for place, away in enumerate(group):
            likest: tuple[ParsedName, Verdict] | None = None
            for into in group[: min(place, _MOST_TRIES)]:
                verdict = rule(into, away)
                if (
                    verdict
                    and (likest is None or verdict.score > likest[1].score)
                    and not is_dismissed(into, away)
                ):
                    likest = into, verdict
            if likest:
                yield likest[0], away, likest[1]


def _form_keys(name: ParsedName) -> set[str]:
    return {root(name.glued), *("".join(map(root, words)) for words in {name.core, name.turned})}


def _may_be_left_out(into: tuple[str, ...], away: tuple[str, ...]) -> bool:
    """Return whether names may be the same though their function words differ."""
    only = set(into) ^ set(away)
    # "vs" may be "and", but "by agents" is not "for agents"
    return only <= EITHER_WAY or only <= set(into) or only <= set(away)


def _same_words(into: ParsedName, away: ParsedName) -> Verdict | None:
    """Compare two names word by word."""
    if into.glued == away.glued:
        return _same_letters(into.text, away.text)
    ways = {(into.core, away.core), (into.turned, away.core), (into.core, away.turned)}
    kins = [kin for one, other in ways if (kin := _kinship_of_words(one, other))]
    if not kins:
        return Verdict(0.9, (PLURAL, "hyphen or space")) if _is_glued_plural(into, away) else None
    likely, reasons = max((kin.likely, kin.reasons) for kin in kins)
    if into.small != away.small:
        if not _may_be_left_out(into.small, away.small):
            return None
        likely *= 0.85
        reasons = (*reasons, "a small word more or less")
    elif len(into.core) == 1 and (INFLECTION_REASON in reasons or COUNTRY in reasons):
        likely *= 0.7  # without words around them, files and filing are two subjects
    return Verdict(0.98 * likely, reasons)


def _is_glued_plural(one: ParsedName, other: ParsedName) -> bool:
    return (
        one.numbers == other.numbers
        and min(len(one.words[-1]), len(other.words[-1])) > 2
        and (is_plural(one.glued, other.glued) or is_plural(other.glued, one.glued))
    )


def _kinship_of_words(one: tuple[str, ...], other: tuple[str, ...]) -> Kinship | None:
    if len(one) != len(other):
        return None
    likely, reasons = 1.0, dict[str, None]()
    for first, second in zip(one, other, strict=True):
        kin = kinship(first, second)
        if kin is None:
            return None
        likely *= kin.likely
        reasons |= dict.fromkeys(kin.reasons)
    return Kinship(tuple(reasons), likely)


def _same_letters(into: str, away: str) -> Verdict:
    if into.casefold() == away.casefold():
        return Verdict(0.99, ("case",))
    if tag_key(into) == tag_key(away):
        return Verdict(0.98, ("hyphen or space",))
    if into.endswith(")") != away.endswith(")"):
        return Verdict(0.96, ("its acronym in brackets",))
    if into.isascii() and away.isascii():
        return Verdict(0.96, ("punctuation",))
    return Verdict(0.93, ("accent or punctuation",))


def _order_keys(name: ParsedName) -> set[str]:
    """Return the words sorted, each with its numbers; none if their order has a meaning."""
    if len(name.words) < 2 or not _ONE_WAY.isdisjoint(name.words):
        return set()
    words: list[str] = []
    for word in name.words:
        if words and has_digit(word):
            words[-1] += " " + word
        elif word not in EITHER_WAY:
            words.append(american(full(word)))
    return {" | ".join(sorted(words))} if len(words) > 1 else set()


def _same_in_other_order(into: ParsedName, away: ParsedName) -> Verdict | None:
    if into.core == away.core:
        return None  # they differ in less
    # A model's reasoning is not a reasoning model, but A vs B is B vs A.
    sure = len(into.core) > 2 or not EITHER_WAY.isdisjoint((*into.small, *away.small))
    return Verdict(0.88 if sure else 0.65, ("same words in another order",))


def _slips(names: list[ParsedName]) -> _Pairs:
    """Pair names that differ by one inserted, deleted, replaced or transposed letter.

    Such names share a form with one letter deleted, or the shorter one is such a form of the
    longer. They are processed by length, so that memory holds only one length at a time.
    """
    lengths: dict[int, list[ParsedName]] = defaultdict(list)
    for name in names:
        if _SHORT_WORD <= len(name.glued) <= _LONGEST_SLIP and name.glued.upper() != name.glued:
            lengths[len(name.glued)].append(name)
    for length, longer in lengths.items():
        for group in _by_shortened(longer, lengths.get(length - 1, ())).values():
            if 1 < len(group) <= _MOST_SLIPS:
                for one, other in combinations(group, 2):
                    if verdict := _slip(one, other):
                        yield one, other, verdict


def _by_shortened(
    names: Iterable[ParsedName], shorter: Iterable[ParsedName]
) -> dict[str, list[ParsedName]]:
    """Group names by each form with one letter deleted, and shorter names by themselves."""
    groups: dict[str, list[ParsedName]] = defaultdict(list)
    for name in shorter:
        groups[name.glued].append(name)
    for name in names:
        glued = name.glued
        for rest in {glued[:at] + glued[at + 1 :] for at in range(len(glued))}:
            groups[rest].append(name)
    return groups


def _slip(one: ParsedName, other: ParsedName) -> Verdict | None:
    """Judge two names by the parts that remain without their common first and last words."""
    first, second = list(one.words), list(other.words)
    for end in (0, -1):
        while first and second and first[end] == second[end]:
            del first[end], second[end]
    left, right = "".join(first), "".join(second)
    shorter = min(len(left), len(right))
    if shorter < _SHORT_WORD or not _is_mistyped(left, right):
        return None
    common = all(map(_is_common, first)) + all(map(_is_common, second))
    few, many = sorted((one.uses, other.uses))
    if common == 2 or (common == 0 and shorter < _LONG_WORD and many < _OFTEN * few):
        return None  # two words, as causal and casual, or two names
    return Verdict(0.3 + 0.04 * min(shorter, 12), (SLIP,))


def _is_mistyped(one: str, other: str) -> bool:
    return (
        (one + other).isalpha()
        and one[0] == other[0]  # e-learning; the first letter is seldom mistyped
        and OSA.distance(one, other) == 1
        and one.removesuffix("s") != other.removesuffix("s")  # panda and pandas
        and not kinship(one, other)
    )


def _is_common(word: str) -> bool:
    return list_costs().get(word, _COMMON_COST) < _COMMON_COST


def _makers(names: list[ParsedName], words: _ByWords) -> _Pairs:
    """Pair a model with itself under its maker's name, itself a tag: o3, OpenAI o3."""
    for long in names:
        maker, *rest = long.words
        named = rest and long.numbers and not rest[0].isdigit()
        if named and maker.isalpha() and singular(maker) in words:
            for short in words.get(" ".join(map(singular, rest)), ()):
                yield short, long, Verdict(0.75, ("with and without its maker",))


def _acronyms(names: list[ParsedName], words: _ByWords, is_dismissed: _Dismissed) -> _Pairs:
    """Pair names that are alike but for some words of one that are their initials in the other."""
    for (short, initials), longs in _acronym_readings(names, words, is_dismissed).items():
        score = {2: 0.72, 3: 0.85}.get(len(initials), 0.9) * (0.85 if len(longs) > 1 else 1)
        if len(initials) == 2 and initials.upper() not in short.text:
            score -= 0.1
        for long in longs:
            reason = "an acronym of it" if long.place < short.place else "spells out the acronym"
            yield short, long, Verdict(score, (reason,))


def _acronym_readings(
    names: list[ParsedName], words: _ByWords, is_dismissed: _Dismissed
) -> dict[tuple[ParsedName, str], list[ParsedName]]:
    """Return the possible long forms of names with an acronym, by name and acronym."""
    readings: dict[tuple[ParsedName, str], list[ParsedName]] = defaultdict(list)
    for long in names:
        for short_words, initials, run in _shortened(long):
            # Two letters within a name are an acronym if they are one by themselves.
            if len(initials) < 3 and not (initials in words and run in words):
                continue
            for short in words.get(short_words, ()):
                longs = readings[short, initials]
                if len(longs) == _MOST_READINGS or long in longs:
                    continue
                if _has_acronym(short, initials) and not is_dismissed(short, long):
                    longs.append(long)
    return readings


def _has_acronym(name: ParsedName, initials: str) -> bool:
    if initials in _LITTLE and initials.upper() not in name.text:
        return False
    return initials in name.words or initials + "s" in name.words


def _shortened(name: ParsedName) -> Iterator[tuple[str, str, str]]:
    """Yield a name's words with a run of them replaced by its initials, these, and the run."""
    words = [singular(word) for word in name.words]
    for start, end in combinations(range(len(words) + 1), 2):
        run = words[start:end]
        if _may_be_shortened(run):
            for initials in _initials(run):
                short = " ".join((*words[:start], singular(initials), *words[end:]))
                yield short, initials, " ".join(run)


def _may_be_shortened(run: list[str]) -> bool:
    return (
        2 <= len(run) <= _LONGEST_ACRONYM
        and run[0] not in SMALL_WORDS
        and run[-1] not in SMALL_WORDS
        and all(map(str.isalpha, run))
    )


def _initials(run: list[str]) -> set[str]:
    """Return the initials of words, with and without those of function words."""
    whole = "".join(word[0] for word in run)
    bare = "".join(word[0] for word in run if word not in SMALL_WORDS)
    # "AI industry" is not AI
    return {each for each in (whole, bare) if len(each) > 1 and each not in run}
