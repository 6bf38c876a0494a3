"""“Did you mean”: the nearest words of the catalog for those that it does not have."""

from collections.abc import Iterator
from typing import NamedTuple

from django.db.models import Q
from django.http import QueryDict
from rapidfuzz.distance import OSA

from catalog.models import Word
from catalog.search.query import WEB_ADDRESS, Query
from catalog.search.tree import Phrase
from catalog.search.tree import WordTerm as WordLeaf
from catalog.search.words import places

# Words that begin alike are compared as well, so many of the commonest.
_MOST_ALIKE = 200
_ALIKE = 3
_EDIT_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
# Words of one or two letters have everything for a neighbour.
_SHORTEST = 3
_LONGEST_WORD = 30


class Suggestion(NamedTuple):
    text: str
    url: str


def suggestion(query: Query, asked: QueryDict) -> Suggestion | None:
    """Return the query with unknown words replaced, or None, in two queries.

    Words of a URL are not replaced.
    """
    if WEB_ADDRESS.search(query.text):
        return None
    typed = _typed_words(query)
    known = set(Word.objects.filter(text__in=typed).values_list("text", flat=True))
    unknown = [
        word for word in typed if word not in known and _SHORTEST <= len(word) <= _LONGEST_WORD
    ]
    better = nearest(unknown) if unknown else {}
    if not better:
        return None
    text = query.text
    for word, start, end in reversed(places(text)):
        if word in better:
            text = text[:start] + better[word] + text[end:]
    address = asked.copy()
    address["q"] = text
    address.pop("after", None)
    return Suggestion(text, f"?{address.urlencode()}")


def _typed_words(query: Query) -> list[str]:
    """Return the whole words of a query, each once; prefixes are not looked up."""
    words: dict[str, None] = {}
    for leaf in query.words:
        if isinstance(leaf, WordLeaf):
            words[leaf.text] = None
        elif isinstance(leaf, Phrase):
            words |= dict.fromkeys(leaf.words)
    return list(words)


def nearest(words: list[str]) -> dict[str, str]:
    """Map words to the nearest of the catalog, the commonest of the equally near, in one query."""
    near = {word: set(_one_edit(word)) for word in words}
    wanted = Q(text__in=set().union(*near.values()))
    for word in words:
        alike = Word.objects.beginning(word[:_ALIKE]).commonest_first()
        wanted |= Q(pk__in=alike.values("pk")[:_MOST_ALIKE])
    rows = list(Word.objects.filter(wanted).values_list("text", "uses"))
    better = {}
    for word in words:
        most = 1 + len(word) // 4
        ranked = sorted(
            (distance, -uses, text)
            for text, uses in rows
            if (distance := OSA.distance(word, text, score_cutoff=most)) <= most
        )
        if ranked:
            better[word] = ranked[0][2]
    return better


def _one_edit(word: str) -> Iterator[str]:
    """Yield the words that differ in one letter: dropped, swapped, replaced or put in."""
    letters = {*_EDIT_LETTERS, *word}
    for at in range(len(word) + 1):
        before, behind = word[:at], word[at:]
        if behind:
            yield before + behind[1:]
            yield from (before + letter + behind[1:] for letter in letters)
        if len(behind) > 1:
            yield before + behind[1] + behind[0] + behind[2:]
        yield from (before + letter + behind for letter in letters)
