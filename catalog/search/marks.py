"""Highlights the hits of a query in texts, and cuts excerpts from long ones."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from catalog.search.tree import Leaf, Phrase, Prefix, WordTerm
from catalog.search.words import fold, places

# Characters between two hits that are marked as one: nothing, a space or a hyphen.
_JOINS = ("", " ", "\u00a0", "-", "\u2010", "\u2011")

type TextSpan = tuple[int, int]


def mark(text: str, leaves: Sequence[Leaf]) -> SafeString:
    """Return a text as HTML, with `<mark>` around each word that a leaf matches.

    Words are compared folded and marked in the original text. Leaves that do not concern text mark
    nothing.
    """
    return _render_marks(text, _hits(text, leaves), 0, len(text))


def excerpt(text: str, leaves: Sequence[Leaf], length: int = 160) -> SafeString:
    """Return at most `length` characters around the first hit of a text as HTML, marked.

    A side that is cut ends in “…” and is cut between words, or anywhere if there is no space, as in
    Chinese. A text without a hit is cut from its beginning.
    """
    text = text.strip()
    hits = _hits(text, leaves)
    start, end = hits[0] if hits else (0, 1)
    # A third of the excerpt precedes the hit, or more if the text ends sooner.
    first = max(0, min(start - length // 3, len(text) - length))
    last = min(first + length, len(text))
    if first > 0:
        first = next((at for at in range(first, start + 1) if text[at - 1].isspace()), first)
    if last < len(text):
        last = next((at for at in range(last, end - 1, -1) if text[at].isspace()), last)
    before, after = "…" if first > 0 else "", "…" if last < len(text) else ""
    return mark_safe(before + _render_marks(text, hits, first, last) + after)


def _render_marks(text: str, spans: Sequence[TextSpan], first: int, last: int) -> SafeString:
    """Return text[first:last] as HTML, with the parts within the spans marked."""
    pieces = []
    done = first
    for start, end in spans:
        start, end = max(start, first), min(end, last)
        if start < end:
            pieces += [escape(text[done:start]), "<mark>", escape(text[start:end]), "</mark>"]
            done = end
    return mark_safe("".join([*pieces, escape(text[done:last])]))


def _hits(text: str, leaves: Sequence[Leaf]) -> list[TextSpan]:
    """Return the spans to mark, in order and without overlaps."""
    hits: list[TextSpan] = []
    # Most texts of a page have no hit; a folded comparison shows that at a tenth of the cost.
    if not _may_hold(f" {fold(text)} ", leaves):
        return hits
    for start, end in _matches(text, leaves):
        # Overlapping matches have nothing between them either.
        if hits and text[hits[-1][1] : start] in _JOINS:
            hits[-1] = hits[-1][0], max(hits[-1][1], end)
        else:
            hits.append((start, end))
    return hits


def _may_hold(folded: str, leaves: Sequence[Leaf]) -> bool:
    return any(
        f" {leaf.words[0] if isinstance(leaf, Phrase) else leaf.text}" in folded
        for leaf in leaves
        if isinstance(leaf, WordTerm | Prefix | Phrase)
    )


def _phrases_by_first_word(leaves: Sequence[Leaf]) -> dict[str, list[tuple[str, ...]]]:
    """Index words and phrases, so that a text is scanned once; a word is a phrase of length one."""
    phrases: defaultdict[str, list[tuple[str, ...]]] = defaultdict(list)
    for leaf in leaves:
        if isinstance(leaf, WordTerm):
            phrases[leaf.text].append((leaf.text,))
        elif isinstance(leaf, Phrase):
            phrases[leaf.words[0]].append(leaf.words)
    return phrases


def _matches(text: str, leaves: Sequence[Leaf]) -> Iterator[TextSpan]:
    """Yield each match of each leaf, by where it starts; they may overlap."""
    prefixes = tuple(leaf.text for leaf in leaves if isinstance(leaf, Prefix))
    phrases = _phrases_by_first_word(leaves)
    if not prefixes and not phrases:
        return
    found = places(text)
    sequence = tuple(word for word, _, _ in found)
    for index, (word, start, end) in enumerate(found):
        if word.startswith(prefixes):
            yield start, end
        for phrase in phrases.get(word, ()):
            if sequence[index : index + len(phrase)] == phrase:
                yield start, found[index + len(phrase) - 1][2]
