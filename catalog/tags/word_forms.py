"""Forms of words: plural, inflected, British spelling, shortened, a country's adjective.

English only, by rules and short lists. `root` is rough and finds candidates; `kinship` is exact and
describes the relation of two words.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

_ACCENTS = re.compile(r"(?<=[a-z])[\u0300-\u036f]+")  # on Latin letters; in й it is not an accent
_BRACKETS = re.compile(r"(.+?)\s*\(([^()]+)\)\s*")
_ASCII_WORDS = re.compile(r"[a-z0-9]+[+#*]*")  # C++, C#, A*

# The plural of an irregular word; words that look like the plural of another but are not.
_PLURALS = {
    "person": "people", "child": "children", "man": "men", "woman": "women", "mouse": "mice",
    "life": "lives", "leaf": "leaves", "shelf": "shelves", "half": "halves", "wolf": "wolves",
    "index": "indices", "matrix": "matrices", "vertex": "vertices", "appendix": "appendices",
    "criterion": "criteria", "phenomenon": "phenomena", "corpus": "corpora", "datum": "data",
    "stimulus": "stimuli", "formula": "formulae", "optimum": "optima", "maximum": "maxima",
    "minimum": "minima", "schema": "schemata", "automaton": "automata",
}  # fmt: skip
_NO_PLURALS = frozenset(
    [
        *("arms", "aws", "bus", "canvas", "corps", "customs", "does", "dos", "express", "gas"),
        *("glasses", "goods", "has", "his", "https", "ios", "its", "lass", "lens", "less"),
        *("mars", "mass", "means", "news", "pandas", "pass", "physics", "plus", "redis"),
        *("series", "this", "thus", "was", "windows"),
    ]
)
# Gerunds that have become nouns.
_NO_GERUNDS = frozenset(
    [
        *("accounting", "banking", "being", "building", "clothing", "during", "engineering"),
        *("evening", "housing", "king", "marketing", "meeting", "morning", "shipping"),
        *("spring", "string", "thing", "wedding", "wing"),
    ]
)
_AMERICAN = [
    (re.compile(r"(?<=\w{3})is(?=(?:e[ds]?|ers?|ing|ations?|able)$)"), "iz"),
    (re.compile(r"(?<=\w{3})ys(?=(?:e[dr]|ing|ers)$)"), "yz"),
    (re.compile(r"(?<=\w{3})our(?=(?:s|al|ed|ful|ing|ite|ites|able|less)?$)"), "or"),
    (re.compile(r"(?<=\w{2}[aeiou])ll(?=(?:ed|ing|ers?)$)"), "l"),
    (re.compile(r"(?<=\w{3})ogue(?=s?$)"), "og"),
    (re.compile(r"(?<=^lic|^def|^off|tet)ence(?=[sd]?$)"), "ense"),
    (re.compile(r"^(cent|theat|fib|lit|met)re(?=s?$)"), r"\1er"),
    (re.compile(r"^artefact"), "artifact"),
    (re.compile(r"^programme(?=s?$)"), "program"),
    (re.compile(r"^grey"), "gray"),
    (re.compile(r"^judgement"), "judgment"),
]  # fmt: skip
_SHORTENED_FORMS = {
    "admin": "administration", "algo": "algorithm", "app": "application", "bio": "biology",
    "config": "configuration", "db": "database", "demo": "demonstration", "dev": "development",
    "doc": "document", "docs": "documentation", "env": "environment", "eval": "evaluation",
    "gov": "government", "govt": "government", "info": "information", "intro": "introduction",
    "lab": "laboratory", "math": "mathematics", "maths": "mathematics", "org": "organization",
    "param": "parameter", "perf": "performance", "repo": "repository", "spec": "specification",
    "stats": "statistics", "sim": "simulation", "tech": "technology", "univ": "university",
}  # fmt: skip
_COUNTRIES = {
    "african": "africa", "american": "america", "asian": "asia", "australian": "australia",
    "brazilian": "brazil", "british": "britain", "canadian": "canada", "chinese": "china",
    "dutch": "netherlands", "european": "europe", "french": "france", "german": "germany",
    "indian": "india", "iranian": "iran", "israeli": "israel", "italian": "italy",
    "japanese": "japan", "korean": "korea", "mexican": "mexico", "russian": "russia",
    "spanish": "spain", "swedish": "sweden", "swiss": "switzerland", "taiwanese": "taiwan",
    "turkish": "turkey", "ukrainian": "ukraine",
}  # fmt: skip
_ENDINGS = (
    "ations", "ation", "ating", "ated", "ates", "ate", "ions", "ion", "ings", "ing",
    "ies", "ied", "ie", "ed", "es", "is", "e", "i", "y", "s",
)  # fmt: skip
_SHORTEST_ROOT = 3

PLURAL = "differs in a plural"
INFLECTION_REASON = "another form of the word"
COUNTRY = "a country and its adjective"


class Kinship(NamedTuple):
    """The relation of two words: the reasons, and the probability that they mean the same."""

    reasons: tuple[str, ...] = ()
    likely: float = 1.0


def split_words(name: str) -> tuple[str, ...]:
    """Return a name's words: casefolded, without accents and punctuation.

    If a name includes its own acronym in brackets, the longer one is returned: `reward model (RM)`.
    """
    if name.endswith(")") and (match := _BRACKETS.fullmatch(name)):
        long, short = sorted((split_words(match[1]), split_words(match[2])), key=len, reverse=True)
        if short == ("".join(word[0] for word in long),):
            return long
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    text = folded.replace("&", " and ").replace("'", "").replace("’", "")
    if not text.isascii():
        bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
        text = unicodedata.normalize("NFC", bare)
    return tuple(_ASCII_WORDS.findall(text)) if text.isascii() else _words_of_any_script(text)


def _words_of_any_script(text: str) -> tuple[str, ...]:
    # Marks belong to their letters: without its vowel signs a Hindi word is another one.
    kept = (
        char if char.isalnum() or char in "+#*" or unicodedata.category(char)[0] == "M" else " "
        for char in text
    )
    words = (word.lstrip("+#*") for word in "".join(kept).split())
    return tuple(word for word in words if word)


@lru_cache(maxsize=100_000)
def american(word: str) -> str:
    """Return a word in American spelling; words with only one spelling may come out wrong."""
    for pattern, instead in _AMERICAN:
        word = pattern.sub(instead, word)
    return word


def full(word: str) -> str:
    """Return the word that this one is cut short from, or itself."""
    if word in _SHORTENED_FORMS:
        return _SHORTENED_FORMS[word]
    return (
        _SHORTENED_FORMS[word[:-1]] + "s"
        if word[-1:] == "s" and word[:-1] in _SHORTENED_FORMS
        else word
    )


@lru_cache(maxsize=100_000)
def singular(word: str) -> str:
    """Return the singular of a plural; possible singulars (`loss`, `corpus`, `v3s`) stay."""
    if (
        len(word) < 4
        or not word.isalpha()
        or word in _NO_PLURALS
        or word.endswith(("ss", "us", "is"))
    ):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word.removesuffix("s")


@lru_cache(maxsize=200_000)
def root(word: str) -> str:
    """Return a rough stem that all forms of a word share; unrelated words may share it too."""
    word = american(full(_COUNTRIES.get(word, word)))
    word = _SINGULARS.get(word, word)
    while len(word) > _SHORTEST_ROOT:
        for ending in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_ROOT:
                word = word.removesuffix(ending)
                break
        else:
            if word[-1] != word[-2]:
                break
            word = word[:-1]
    return word


def kinship(one: str, other: str) -> Kinship | None:
    """Return the relation of two words in either direction, or None.

    Words with digits are versions and sizes and are related to themselves only.
    """
    if one == other:
        return Kinship()
    if not (one.isalpha() and other.isalpha()):
        return None
    if _COUNTRIES.get(one) == other or _COUNTRIES.get(other) == one:
        return Kinship((COUNTRY,), 0.85)
    for reasons, likely, change in _CHANGES:
        first, second = change(one), change(other)
        if first == second:
            return Kinship(reasons, likely)
        if is_plural(first, second) or is_plural(second, first):
            return Kinship((*reasons, PLURAL), likely * 0.95)
        if _inflected(first, second):
            return Kinship((*reasons, INFLECTION_REASON), likely * 0.75)
    return None


def is_plural(many: str, one: str) -> bool:
    """Say whether the first is the plural of the second."""
    if _PLURALS.get(one) == many:
        return True
    if len(one) < 2 or many in _NO_PLURALS or many.endswith("ss") or not many.endswith("s"):
        return False
    return many in _regular_plurals(one)


def other_numbers(word: str) -> Iterator[str]:
    """Yield the singular of a plural, or the possible plurals of any other word."""
    one = singular(word)
    if one != word:
        yield one
    else:
        yield from _regular_plurals(word)


def _regular_plurals(one: str) -> Iterator[str]:
    """Yield the possible plurals of a word by the rules of English spelling."""
    yield one + "s"
    if one.endswith(("s", "x", "z", "ch", "sh", "o")):
        yield one + "es"
    if one.endswith("y") and one[-2] not in "aeiou":
        yield one[:-1] + "ies"
    if len(one) > 4 and one.endswith("is"):
        yield one[:-2] + "es"


def _inflected(one: str, other: str) -> bool:
    """Say whether two words are forms of one verb, as licenses and licensing, both not as nouns."""
    others = _verbs(other)
    for verb, kinds in _verbs(one).items():
        both = kinds | others.get(verb, kinds)
        # evaluate, evaluation; but a document is not documentation
        if len(both) > 1 and (both != {"", "ion"} or verb.endswith(("ate", "ize", "ute"))):
            return True
    return False


@lru_cache(maxsize=100_000)
def _verbs(word: str) -> dict[str, frozenset[str]]:
    """Map the verbs that a word may be a form of to its ending: "", ing, ed, ion."""
    verbs: dict[str, set[str]] = {}
    for form in {word, word.removesuffix("s"), singular(word)}:
        verbs.setdefault(form, set()).add("")
        for ending, kind, shortest in (
            ("ing", "ing", 3), ("ed", "ed", 3), ("ion", "ion", 5), ("ation", "ion", 4),
        ):  # fmt: skip
            stem = form.removesuffix(ending)
            if stem == form or len(stem) < shortest or form in _NO_GERUNDS:
                continue
            doubled = stem[-1] == stem[-2]
            for verb in (stem, stem[:-1] if doubled else stem + "e"):
                verbs.setdefault(verb, set()).add(kind)
    return {verb: frozenset(kinds) for verb, kinds in verbs.items()}


_SINGULARS = {many: one for one, many in _PLURALS.items()}
# Normalisations applied to both words before comparing, the more likely first.
_CHANGES: list[tuple[tuple[str, ...], float, Callable[[str], str]]] = [
    ((), 1.0, str),
    (("British and American spelling",), 0.97, american),
    (("a word cut short",), 0.88, full),
    (("a word cut short",), 0.88, lambda word: american(full(word))),
]
