"""Text as words: the common form of indexed texts and of queries.

Both search engines get folded text and have no choices of their own, so they find the same.
"""

import re
from contextlib import suppress
from functools import lru_cache
from unicodedata import category, lookup, name, normalize

# The most characters of a word that count; longer ones are addresses, keys and noise.
LONGEST = 100
# Characters typed or printed as apostrophes: quotation marks, a grave accent, a prime, and letters
# of transliteration.
_APOSTROPHES = frozenset("'`´‘’‛′ʹʺʻʼʽʾʿˈˊˋˮ՚")
# Before 's these are contractions, not possessives: `its` finds “it's”, as `dont` finds “don't”.
_CONTRACTED = frozenset(
    [
        *("it", "he", "she", "that", "this", "there", "here", "what", "who", "where", "when"),
        *("why", "how", "let"),
    ]
)
# Latin letters that Unicode neither decomposes nor names after their base, with “WITH” behind it.
_BASES = {
    "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ŋ": "n", "ĸ": "q", "ı": "i", "ȷ": "j", "ə": "e",
    "ǝ": "e", "ɛ": "e", "ɔ": "o",
}  # fmt: skip
_WITH = re.compile(r"((?:LATIN|CYRILLIC) (?:SMALL|CAPITAL) LETTER .+?) WITH .+")
# Scripts that put no space between words: each character is a word, a word of two a phrase.
_UNSPACED = re.compile(
    r"[\u3005-\u3007\u303B\u3040-\u30FF\u31F0-\u31FF\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF"
    r"\U0001AFF0-\U0001AFFF\U0001B000-\U0001B16F\U00020000-\U0003FFFF]"
)
# C++ and Notepad++, C# and F#, .NET: signs that distinguish names become words.
_SIGN = re.compile(
    r"""
      [+#♯.] (?:
        (?<= \w [+] ) [+]+
      | (?<= (?<![A-Za-z0-9]) [A-Za-z] [#♯] )
      | (?<= (?<![A-Za-z0-9]) [.] ) (?= (?i:net) (?![A-Za-z0-9]) )
      )
    """,
    re.VERBOSE,
)
_SIGNS = {"+": " plusplus ", "#": " sharp ", "♯": " sharp ", ".": " dot "}
# A word of decomposed text; Korean particles after Latin letters (“GPT를”) are separate words.
_JAMO = r"\u1100-\u11FF"
_WORD = re.compile(
    rf"[{_JAMO}](?:[{_JAMO}']*[{_JAMO}])?|[^\s'{_JAMO}](?:[^\s{_JAMO}]*[^\s'{_JAMO}])?"
)
_ASCII_WORD = re.compile("[A-Za-z0-9]+(?:['`]+[A-Za-z0-9]+)*")


class _Letters(dict[int, str | None]):
    """Maps decomposed characters to their indexed form, for `str.translate`.

    An apostrophe is kept, because it marks the end of a possessive. None means that a character is
    removed; Python translates it ten times faster than "".
    """

    def __missing__(self, code: int) -> str | None:
        letter = self._letter(chr(code))
        # Rare characters are not cached: a text with all of them would take up 100 MB for good.
        if code <= 0xFFFF:
            self[code] = letter
        return letter

    @staticmethod
    def _letter(char: str) -> str | None:
        if char in _APOSTROPHES:
            return "'"
        kind = category(char)
        # Marks, and invisible characters such as soft hyphens and joiners. A zero-width space
        # separates words.
        if kind[0] == "M" or (kind == "Cf" and char != "\u200b"):
            return None
        if kind[0] not in "LN":
            return " "
        return f" {char} " if _UNSPACED.match(char) else "".join(map(_base, char.casefold()))


def _base(letter: str) -> str:
    """Return a small letter without its stroke, hook or tail: l for ł, ae for æ."""
    if match := _WITH.fullmatch(name(letter, "")):
        with suppress(KeyError):
            letter = normalize("NFKD", lookup(match[1]))[0]
    return _BASES.get(letter, letter)


_LETTERS = _Letters()


def fold(text: str) -> str:
    """Return the words of a text separated by single spaces, as both engines index them.

    Case, width and accents are folded, and the apostrophe and s of a possessive are removed: “Café”
    becomes `cafe`, “Łódź” `lodz`, “ＲＬＨＦ” `rlhf`, “don’t” `dont`, and “OpenAI’s” `openai`.
    Everything except letters and digits separates words, apart from the signs in “C++”, “C#” and
    “.NET”, which become words: `c plusplus`. A Chinese character or a kana is a word; a Korean word
    stays whole. Words are cut at `LONGEST`. Folding is idempotent.
    """
    return " ".join(words(text))


def words(text: str) -> list[str]:
    """Return the folded words of a text in order."""
    text = _decompose(text)
    if _may_have_signs(text):
        text = _SIGN.sub(_sign, text)
    loose = text.translate(_LETTERS)
    if loose.isascii() and "'" not in loose:
        return [word[:LONGEST] for word in loose.split()]
    return [_indexed_form(word) for word in _WORD.findall(loose)]


def places(text: str) -> list[tuple[str, int, int]]:
    """Return `words(text)` with the start and end of each word in the text.

    If one character folds to several words (“½”, “㍿”), each of them has its position. A possessive
    includes its ending, and a sign the character that it was written with.
    """
    if text.isascii() and not (_may_have_signs(text) and _SIGN.search(text)):
        # The common case: the word equals its folded form except for case and apostrophes.
        return [
            (_indexed_form(match[0].replace("`", "'").lower()), match.start(), match.end())
            for match in _ASCII_WORD.finditer(text)
        ]
    loosened, origins = _loosened_with_origins(text)
    found = []
    for match in _WORD.finditer(loosened):
        end = origins[match.end() - 1] + 1
        # Spacing accents belong to the preceding letter.
        while end < len(text) and category(text[end])[0] == "M":
            end += 1
        found.append((_indexed_form(match[0]), origins[match.start()], end))
    return found


def _loosened_with_origins(text: str) -> tuple[str, list[int]]:
    """Return a text in its folded form, and for each character of it the index in the text."""
    parts = [_decompose(char) for char in text]
    decomposed = "".join(parts)
    pieces = [_loosen_one(char) for char in decomposed]
    for match in _SIGN.finditer(decomposed):
        # The end of the sign, so that a mark ends there too.
        pieces[match.start() : match.end()] = [""] * (len(match[0]) - 1) + [_sign(match)]
    whole = [index for index, part in enumerate(parts) for _ in part]
    origins = [index for index, piece in zip(whole, pieces, strict=True) for _ in piece]
    return "".join(pieces), origins


def is_korean(word: str) -> bool:
    """Tell whether a folded word is written in Hangul, with particles for endings."""
    return "\uac00" <= word[-1:] <= "\ud7a3"


def _decompose(text: str) -> str:
    """Part letters from their accents; the acute accent by itself is typed as an apostrophe."""
    return normalize("NFKD", text.replace("´", "'"))


def _may_have_signs(text: str) -> bool:
    """Return whether `_SIGN` is worth trying; this costs a fraction of it and is mostly false."""
    return "++" in text or "#" in text or "♯" in text or ".n" in text or ".N" in text


def _sign(match: re.Match[str]) -> str:
    return _SIGNS[match[0][0]]


def _indexed_form(word: str) -> str:
    """Return a loosened word as it is indexed: without apostrophes, Korean put together, cut."""
    if "'" in word:
        stem = word.removesuffix("'s").replace("'", "")
        is_shortened = stem in _CONTRACTED or not word.endswith("'s")
        word = word.replace("'", "") if is_shortened else stem
    return word[:LONGEST] if word.isascii() else normalize("NFC", word)[:LONGEST]


@lru_cache(maxsize=4096)
def _loosen_one(char: str) -> str:
    return char.translate(_LETTERS)
