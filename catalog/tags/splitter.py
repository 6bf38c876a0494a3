"""Splits a line of tags that were joined without separators.

`reward modelsRLHFopen data` becomes `reward models`, `RLHF`, `open data`. Words with a space, a
hyphen or a slash between them belong to the same tag; where words touch, one tag ends and the next
begins. Splitting a line therefore means finding its words: each reading is a path through a lattice
of words, known phrases and cuts. Costs are like negative log-probabilities in nats, and the
cheapest path wins. The cost of the second-cheapest path shows how certain the result is.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, chain, pairwise, starmap
from operator import itemgetter

from catalog.tags.english_words import COMMONEST, INFLECTED, list_costs
from catalog.tags.word_forms import other_numbers

TAG_COST = 5.0  # except for a whole tag from the database, the most likely word of all
PAGE_COST = 8.0  # a word that occurs once on the page ...
REPEAT = 0.5  # ... less this for each doubling of its count
LISTED_ONLY = (
    2.0  # added for a listed word that is not on the page: tags usually occur in its texts
)
NUMBER_COST = 9.0  # numbers are in no lexicon but not unusual
UNKNOWN_COST = 14.0  # a word in no lexicon costs more than any in one ...
UNKNOWN_SMALL = 2.4  # ... and the more the longer it is, or it would swallow its neighbours
UNKNOWN_CAPITAL = 1.5  # less in capitals: acronyms are often new
COMPOUND = 5.5  # added for two words read as one: "workflows", "OpenMined"
COMPOUND_SEEN = 2.7  # added if the page has both: they would do as tags by themselves
SHORT_WORD = (5.0, 2.0, 0.5)  # added for words of 1, 2, 3 small letters: mostly debris

# Costs of a word's capitalisation, unless the page has the word in exactly that form.
CAMEL = 7.5  # a capital after a small letter nearly always begins a tag
CAPS_THEN_SMALL = 5.0  # "RLHFreward" is nearly always an acronym and a word
DIGIT_CHANGE = 3.0  # letters next to digits: "o1", "4k"
SCRIPT_CHANGE = 6.0  # two scripts in one word
CAPITAL = 1.5  # a known word with a capital, in a line whose tags do not all have one
SMALL_START = 6.0  # a tag without a capital, in a line whose tags seem all to have one

# Costs of a cut by the characters on its sides; zero if case, digits or script change.
CUT_INSIDE = 1.3  # like on both sides, as in any word
CUT_AFTER_STOP = 4.0  # "U.S." may end a tag, but "Node.js" continues

# Costs of the number of tags: curators usually give about five.
USUAL_TAGS = 5
COUNT_COSTS = (0.0, 3.2, 5.0)  # for 0, 1, 2 tags more or fewer ...
COUNT_STEP = 1.5  # ... and for each beyond
MOST_COUNTED_TAGS = 12  # the costs of more are alike, which bounds the work on a line of any length

GUESS_MARGIN = 3.0  # a second-best path this near is a real rival
BEAM = 30.0  # words only on paths this much dearer than the cheapest are dropped
LONGEST_WORD = 28  # in characters, as is the next
LONGEST_TAG = 60
SHORT_PART = 5  # the longest second half of a compound: "peat|land", "work|flows"

JOINERS = re.compile(r"[\s\-‐‑‒–—/&_:;,·|=]")  # no cut next to one
OPENING = frozenset("([{“„«@$£€¿¡")  # no cut right after one
CLOSING = frozenset(")]}”»+%!?.®™°")  # no cut right before one
NEVER_BESIDE = frozenset("'’\u200d")
TRIMMED = ".,:;!?'\"‘’“”„«»()[]{}…*"  # around a word of prose
MARKS = frozenset({"Mn", "Mc", "Me", "Cf", "Sk", "Lm"})  # they belong to the character before

type _Edges = list[
    list[tuple[int, float]]
]  # from each index: the ends of words that start there, with their costs
type _Cuts = tuple[int, _Cuts] | None  # the places of a path's cuts, the latest first
type _Paths = list[tuple[float, _Cuts]]  # at most two, the cheapest first, with unlike cuts


@dataclass(frozen=True, slots=True)
class Split:
    """The tags of one line, in order; joined without separator they are the line, stripped.

    `guessed` says that another reading came near, so a curator should look.
    """

    tags: tuple[str, ...]
    guessed: bool


class TagSplitter:
    """Splits the tag lines of one page.

    `texts` are the page's titles, summaries and blurbs, `tags` the spellings in the database. Both
    are read once, by the constructor; lines do not influence each other.
    """

    def __init__(self, texts: Iterable[str], tags: Iterable[str] = ()) -> None:
        known = [tag for tag in map(str.strip, tags) if tag]
        self._looks: set[str] = set()
        counts: Counter[str] = Counter()
        for stretch in chain(texts, known):
            words = list(_words_of_text(stretch))
            self._looks.update(words)
            counts.update(map(_fold, words))
        self._seen = {
            word: max(COMMONEST, PAGE_COST - REPEAT * math.log2(count))
            for word, count in counts.items()
        }
        self._add_inflections(counts)
        self._seen |= {_key(_fold(tag)): TAG_COST for tag in known}
        self._known = list_costs().copy()
        for word, cost in self._seen.items():
            self._known[word] = min(cost, self._known.get(word, cost))

    def _add_inflections(self, words: Iterable[str]) -> None:
        """Add plurals and singulars of abbreviations, and other forms of words."""
        for look in [look for look in self._looks if look[:-1].isupper()]:
            other = look[:-1] if look[-1] == "s" else look + "s"
            self._looks.add(other)
            self._seen.setdefault(_fold(other), self._seen[_fold(look)] + INFLECTED)
        for word in words:
            if len(word) > 3 and word.isalpha():
                for other in other_numbers(word):
                    self._seen.setdefault(other, self._seen[word] + INFLECTED)

    def split(self, line: str) -> Split:
        """Return the tags of one line; none for an empty line."""
        glued = _Line(line.strip())
        if glued.first == glued.size:  # empty, or only joiners
            return Split((glued.text,) if glued.text else (), guessed=False)
        best, *rivals = _best_two(_pruned(self._lattice(glued), glued.first), glued)
        places = [glued.size]
        cuts = best[1]
        while cuts:
            place, cuts = cuts
            places.append(place)
        places.append(0)
        tags = tuple(glued.text[start:end] for start, end in pairwise(reversed(places)))
        return Split(tags, guessed=any(cost < best[0] + GUESS_MARGIN for cost, _ in rivals))

    def _lattice(self, line: "_Line") -> _Edges:
        """The words that may begin at each place, each leading to where the next word begins.

        An edge's cost includes that of the cut, if one follows.
        """
        edges: _Edges = [[] for _ in line.text]
        parts: _Edges = [[] for _ in line.text]  # possible second halves of compounds
        run = line.size  # where the characters without a joiner around `start` end
        for start in reversed(range(line.first, line.size)):
            if line.folded[start] == " ":
                run = start
                continue
            apart = start == line.first or line.folded[start - 1] == " "
            if not apart and line.cuts[start] == math.inf:
                continue
            found = self._words_at(line, start, run, parts) | self._tags_at(line, start, run)
            more = SMALL_START if line.titled and not apart and line.text[start].islower() else 0.0
            edges[start] = [
                (line.after[end], cost + more + line.cuts[end]) for end, cost in found.items()
            ]
        return edges

    def _tags_at(self, line: "_Line", start: int, run: int) -> dict[int, float]:
        """Return the ends beyond `run` of known tags of several words, with their costs."""
        found: dict[int, float] = {}
        for end in range(run + 2, min(line.size, start + LONGEST_TAG) + 1):
            if line.cuts[end] < math.inf and line.folded[end - 1] != " ":
                tag = self._seen.get(_key(line.folded[start:end]))
                if tag is not None:
                    found[end] = tag
        return found

    def _words_at(self, line: "_Line", start: int, run: int, parts: _Edges) -> dict[int, float]:
        """Return the ends of words from `start` to at most `run`, with their costs.

        Add those that may be half of a compound to `parts`.
        """
        found: dict[int, float] = {}
        kinds = line.kinds
        for end in range(start + 1, min(run, start + LONGEST_WORD) + 1):
            if line.cuts[end] == math.inf:
                continue
            known = self._known.get(line.folded[start:end])
            if known is None and end < run and not parts[end] and kinds[end - 1] == kinds[end]:
                continue  # there is no evidence that an unknown word ends here
            word = line.text[start:end]
            cost = 0.0 if word in self._looks else line.look_cost(start, end)
            if known is None:
                cost += _unknown_cost(word)
            else:
                cost += known
                if word.isalpha() and not word.isupper():
                    parts[start].append((end, cost))
                    if end < run:
                        self._add_compounds(line, start, end, cost, parts[end], found)
                cost += self._rareness(line, line.folded[start:end], word)
            cost += _shortness(word)
            found[end] = min(cost, found.get(end, math.inf))
        if run not in found:
            found[run] = _unknown_cost(line.text[start:run])
        return found

    def _add_compounds(
        self,
        line: "_Line",
        start: int,
        end: int,
        cost: float,
        halves: list[tuple[int, float]],
        found: dict[int, float],
    ) -> None:
        """Add the ends of compounds whose first half lies from `start` to `end`."""
        is_seen = line.folded[start:end] in self._seen
        for far, rest in halves:
            if line.may_compound(start, end, far):
                whole = cost + rest + COMPOUND
                if is_seen and line.folded[end:far] in self._seen:
                    whole += COMPOUND_SEEN
                found[far] = min(whole, found.get(far, math.inf))

    def _rareness(self, line: "_Line", key: str, word: str) -> float:
        """Return the additional cost of a listed word that the page does not show as it is."""
        cost = 0.0 if key in self._seen else LISTED_ONLY
        if word.istitle() and word not in self._looks and not line.titled:
            cost += CAPITAL
        return cost


def _shortness(word: str) -> float:
    """Return the additional cost of a short word that is no abbreviation."""
    if len(word) < 4 and word.isalpha() and (len(word) == 1 or not word.isupper()):
        return SHORT_WORD[len(word) - 1]
    return 0.0


class _Line:
    """One line, with the costs of words and cuts that its characters imply.

    `cuts[place]` is the cost of ending a word there: infinite if impossible, zero before a joiner
    and at the end, where no cut is needed. `after[place]` is the next index that is not a joiner.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.size = len(text)
        self.folded = _fold(text)
        self.kinds = "".join(map(_character_kind, text))
        self.after = [self.size] * (self.size + 1)
        for place in reversed(range(self.size)):
            self.after[place] = self.after[place + 1] if self.folded[place] == " " else place
        self.first = self.after[0]
        self.cuts = [math.inf, *map(self._cut_cost, range(1, self.size)), 0.0]
        self.changes = [0.0, 0.0, *accumulate(starmap(_change_cost, pairwise(self.kinds)))]
        begins = [char for before, char in pairwise(" " + text) if JOINERS.match(before)]
        capitals = sum(char.isupper() for char in begins[1:])
        self.titled = capitals > 1 and not any(char.islower() for char in begins)

    def look_cost(self, start: int, end: int) -> float:
        falls = self.kinds.count("AAa", start, end) + self.kinds.count("BBb", start, end)
        return self.changes[end] - self.changes[start + 1] + CAPS_THEN_SMALL * falls

    def _cut_cost(self, place: int) -> float:
        before, after = self.text[place - 1], self.text[place]
        kinds = self.kinds[place - 1 : place + 1]
        if self.folded[place] == " ":
            return 0.0
        if kinds[1] == "m" or after in CLOSING or before in OPENING:
            return math.inf
        if not NEVER_BESIDE.isdisjoint((before, after)):
            return math.inf
        if before == ".":
            return CUT_AFTER_STOP if kinds[1] != "0" else math.inf
        return CUT_INSIDE if kinds[0] == kinds[1] else 0.0

    def may_compound(self, start: int, middle: int, end: int) -> bool:
        """Whether the words on both sides of `middle` look as if they could be one word."""
        capital = self.text[middle].isupper()
        joined = self.folded[start - 1 : start] == " "
        if self.folded[end : end + 1] == " " and (joined or not capital):
            return False  # "apps|complete checklists" is far likelier than a new word in front
        if min(middle - start, end - middle) > SHORT_PART:
            return False
        if end - middle < (3 if capital else 4) or self.text[middle:end].isupper():
            return False
        if capital:
            return self.text[start].isupper() and not self.titled
        return self.text[middle - 1].islower()


def _words_of_text(stretch: str) -> Iterator[str]:
    for piece in JOINERS.split(stretch):
        if word := piece.strip(TRIMMED):
            yield word
            if word.endswith(("'s", "’s")):
                yield word[:-2]
            if "." in word and piece.rstrip(TRIMMED) + "." in piece:
                yield word + "."  # "U.S." as well as "U.S"


def _fold(text: str) -> str:
    """The text in small letters, its joiners as spaces, no longer or shorter than before."""
    lowered = "".join(small if len(small := char.lower()) == 1 else char for char in text)
    return JOINERS.sub(" ", lowered).replace("’", "'")


def _key(folded: str) -> str:
    return " ".join(folded.split())


def _unknown_cost(word: str) -> float:
    if word.replace(".", "").isdecimal():
        return NUMBER_COST
    if word.isupper():
        return UNKNOWN_COST + UNKNOWN_CAPITAL * len(word)
    return UNKNOWN_COST + UNKNOWN_SMALL * len(word)


@lru_cache(maxsize=4096)
def _character_kind(char: str) -> str:
    """Return a letter for a character's kind.

    A and a are Latin letters, B and b other letters with case, c letters without case, 0 digits, m
    marks that belong to the preceding character, . anything else.
    """
    category = unicodedata.category(char)
    if category in MARKS:
        return "m"
    if category[0] in "LN":
        if category[0] == "N":
            return "0"
        letter = "a" if "LATIN" in unicodedata.name(char, "") else "b"
        return letter.upper() if char.isupper() else letter if char.islower() else "c"
    return "."


@lru_cache(maxsize=256)
def _change_cost(before: str, after: str) -> float:
    """Return the cost of two adjacent characters of these kinds in one word."""
    if before == after or "m" in (before, after):
        return 0.0
    if "0" in (before, after):
        return DIGIT_CHANGE
    if before.islower() and after.isupper():
        return CAMEL
    both_letters = before.isalpha() and after.isalpha()
    return SCRIPT_CHANGE if both_letters and before.lower() != after.lower() else 0.0


def _pruned(edges: _Edges, first: int) -> _Edges:
    """Return the edges on paths within BEAM of the cheapest, ignoring the number of tags."""
    size = len(edges)
    there = [math.inf] * (size + 1)  # the least cost from `first` to each place
    there[first] = 0.0
    for place, words in enumerate(edges):
        for end, cost in words:
            there[end] = min(there[end], there[place] + cost)
    onward = [math.inf] * size + [0.0]  # the least cost from each place to the end
    for place in reversed(range(size)):
        onward[place] = min((cost + onward[end] for end, cost in edges[place]), default=math.inf)
    limit = there[size] + BEAM
    return [
        [(end, cost) for end, cost in words if there[place] + cost + onward[end] <= limit]
        for place, words in enumerate(edges)
    ]


def _best_two(edges: _Edges, line: _Line) -> _Paths:
    """Return the cheapest path through the lattice, and the cheapest one with other cuts."""
    states: list[dict[int, _Paths]] = [{} for _ in range(line.size + 1)]  # paths by number of tags
    states[line.first] = {1: [(0.0, None)]}
    for place, words in enumerate(edges):
        here, states[place] = states[place], {}
        if words and place > line.first and line.folded[place - 1] != " ":
            here = _cut_at(place, here)
        for end, more in words:
            for count, paths in here.items():
                kept = states[end].setdefault(count, [])
                for cost, cuts in paths:
                    _keep(kept, cost + more, cuts)
    best: _Paths = []
    for count, paths in states[line.size].items():
        for cost, cuts in paths:
            _keep(best, cost + _count_cost(count), cuts)
    return best


def _cut_at(place: int, here: dict[int, _Paths]) -> dict[int, _Paths]:
    cut: dict[int, _Paths] = {}
    for count, paths in here.items():
        kept = cut.setdefault(min(count + 1, MOST_COUNTED_TAGS), [])
        for cost, cuts in paths:
            _keep(kept, cost, (place, cuts))
    return cut


def _keep(paths: _Paths, cost: float, cuts: _Cuts) -> None:
    """Adds a path if it is among the two cheapest.

    Cuts are made once for each path that is cut, so paths with the same cuts, which differ only
    in how they read the words since, have the very same object.
    """
    for place, (other, same) in enumerate(paths):
        if same is cuts:
            paths[place] = (min(cost, other), cuts)
            break
    else:
        paths.append((cost, cuts))
    paths.sort(key=itemgetter(0))
    del paths[2:]


def _count_cost(count: int) -> float:
    away = abs(count - USUAL_TAGS)
    beyond = max(0, away - len(COUNT_COSTS) + 1)
    return COUNT_COSTS[away - beyond] + COUNT_STEP * beyond
