"""Text as words: the one form in which texts are indexed, and in which a query looks for them.

Both search engines are given folded text and have nothing left to decide, so they find the same.
"""

import re
from functools import lru_cache
from unicodedata import category, normalize

# The most characters of a word that count; longer ones are addresses, keys and noise.
LONGEST = 100
# The last is a letter to Unicode, and an apostrophe to whoever types it.
_APOSTROPHES = "'’ʼ"
# Scripts that put no space between words: each character is a word, a word of two a phrase.
_UNSPACED = re.compile(
    r"[\u3005-\u3007\u303B\u3040-\u30FF\u31F0-\u31FF\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAFF"
    r"\U0001AFF0-\U0001AFFF\U0001B000-\U0001B16F\U00020000-\U0003FFFF]"
)


_ASCII_WORD = re.compile("[A-Za-z0-9]+(?:'+[A-Za-z0-9]+)*")


class _Letters(dict[int, str | None]):
    """What a character is in an index, for `str.translate`: itself, a space or nothing.

    Nothing is None, which Python translates ten times faster than "".
    """

    def __missing__(self, code: int) -> str | None:
        letter = self._letter(chr(code))
        # Rare characters are not kept: a text that had all of them would cost 100 MB for good.
        if code <= 0xFFFF:
            self[code] = letter
        return letter

    @staticmethod
    def _letter(char: str) -> str | None:
        kind = category(char)[0]
        if kind == "M" or char in _APOSTROPHES:
            return None
        if kind not in "LN":
            return " "
        return f" {char} " if _UNSPACED.match(char) else char


_LETTERS = _Letters()


def fold(text: str) -> str:
    """Return the words of a text with single spaces between them, as both engines index it.

    Case, width, accents and apostrophes are folded away: “Café” is `cafe`, “ＲＬＨＦ” `rlhf`, and
    “don’t” `dont`. Whatever is no letter or digit parts words. A Chinese character or a kana is a
    word; a Korean word stays whole. Words are cut at `LONGEST`. Folding twice changes nothing.
    """
    return " ".join(words(text))


def words(text: str) -> list[str]:
    """Return the folded words of a text in order."""
    return [word[:LONGEST] for word in normalize("NFC", _loosen(text)).split()]


def places(text: str) -> list[tuple[str, int, int]]:
    """Return `words(text)`, each with where in the text it starts and ends.

    A character that folds to several words (“½”, “㍿”) is the place of each.
    """
    if text.isascii():
        # Most texts are; a word of theirs is what it was, but for its case and apostrophes.
        return [
            (match[0].replace("'", "").lower()[:LONGEST], match.start(), match.end())
            for match in _ASCII_WORD.finditer(text)
        ]
    pieces = [_loosen_one(char) for char in text]
    origins = [index for index, piece in enumerate(pieces) for _ in piece]
    found = []
    for match in re.finditer(r"\S+", "".join(pieces)):
        end = origins[match.end() - 1] + 1
        # Accents that stand by themselves belong to the letter before them.
        while end < len(text) and category(text[end])[0] == "M":
            end += 1
        word = normalize("NFC", match.group())[:LONGEST]
        found.append((word, origins[match.start()], end))
    return found


def _loosen(text: str) -> str:
    """Fold character by character, which leaves stray spaces, and Korean in its parts.

    ASCII needs no path of its own: each of the three steps has one.
    """
    return normalize("NFKD", text).translate(_LETTERS).casefold()


_loosen_one = lru_cache(maxsize=4096)(_loosen)
