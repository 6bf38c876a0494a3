"""Names of tags, read: their words, with and without the small ones, and their numbers."""

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.tags.word_forms import split_words

# Function words; around those of the first kind, the parts of a name may be swapped.
EITHER_WAY = frozenset(["an", "and", "or", "the", "versus", "vs"])
SMALL_WORDS = EITHER_WAY | {
    "as", "at", "by", "for", "from", "in", "into", "of", "on", "through", "to", "via", "with",
}  # fmt: skip
# "inference-time scaling" is "inference scaling"; "real-time systems" are not real systems.
_PHASES = frozenset(
    ["build", "compile", "decode", "design", "inference", "run", "test", "train", "training"]
)


@dataclass(frozen=True, slots=True, eq=False)
class ParsedName:
    """A parsed name: `place` is its rank by use, `uses` its number of issues."""

    text: str
    uses: int
    place: int
    words: tuple[str, ...]
    core: tuple[str, ...]  # without small words
    turned: tuple[str, ...]  # the same, but "laws of scaling" as "scaling laws"
    small: tuple[str, ...]  # the accents that were removed
    glued: str
    numbers: tuple[str, ...]  # the words with digits, which distinguish versions and sizes


def read_name(text: str, uses: int, place: int) -> ParsedName:
    words = split_words(text)
    numbers = tuple(sorted(word for word in words if has_digit(word)))
    return ParsedName(text, uses, place, words, *_cores(words), _glue(words), numbers)


def has_digit(word: str) -> bool:
    return any(char.isdigit() for char in word)


def _glue(words: Iterable[str]) -> str:
    """Join words, but not their digits: 3.1 is not 31."""
    glued = ""
    for word in words:
        apart = "." if glued[-1:].isdigit() and word[0].isdigit() else ""
        glued += apart + word
    return glued


def _is_function_word(words: tuple[str, ...], place: int) -> bool:
    word, last = words[place], len(words) - 1
    if not 0 < place < last:
        return word == "the" and place == 0 < last
    before = words[place - 1]
    return (
        word in SMALL_WORDS
        or (word == "a" and before in SMALL_WORDS)
        or (word == "time" and before in _PHASES)
    )


def _cores(words: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return a name's words without function words, the same swapped at "of", and those words.

    They stay at either end, except for a leading "the". "a" may be a letter, but not in "as a".
    """
    kept: list[str] = []
    small: list[str] = []
    turn = 0
    for place, word in enumerate(words):
        if _is_function_word(words, place):
            small.append(word)
            if word == "of" and not turn:
                turn = len(kept)
        else:
            kept.append(word)
    return tuple(kept), (*kept[turn:], *kept[:turn]), tuple(small)
