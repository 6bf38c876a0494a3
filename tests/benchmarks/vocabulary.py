"""Invented words that can be pronounced, and the laws by which they are drawn.

Nothing here takes a logarithm or a broken power, which machines round differently, so that every
Python draws the same.
"""

import random
from collections.abc import Iterator, Sequence
from itertools import accumulate, product

# No q and no x: words that are to stand nowhere by chance have one of them.
ONSETS = "b c d f g h j k l m n p r s t v w z br ch cl dr fl gr pl sh st th tr".split()
VOWELS = "a e i o u a e i o u ai ea io ou".split()
CODAS = ("", "", "", "l", "n", "r")
SYLLABLES = tuple(map("".join, product(ONSETS, VOWELS, CODAS)))
SYLLABLES_A_WORD = (1, 2, 2, 2, 2, 3, 3, 3, 3, 4)
BATCH = 4096


def make_words(rng: random.Random, count: int, start: str = "") -> list[str]:
    """Return distinct words that begin with `start`; the first are shorter, as in a language."""
    words: dict[str, None] = {}
    while len(words) < count:
        syllables = rng.choices(SYLLABLES, k=rng.choice(SYLLABLES_A_WORD))
        words[start + "".join(syllables)] = None
    return sorted(words, key=lambda word: len(word) + 20 * rng.random())


def zipf(count: int, shift: int = 0, power: int = 1) -> list[float]:
    """Return the weights of ranks 1 to `count` by the law of Zipf and Mandelbrot.

    A greater `shift` flattens the head, a greater `power` makes the tail fall faster.
    """
    return [1 / (rank + shift) ** power for rank in range(1, count + 1)]


def make_deck(words: list[str]) -> list[str]:
    """Return each word as often as Zipf's law has it, from 1 to 5,000 times among 20,000 words.

    To draw from a deck takes a third of the time that drawing by weights does.
    """
    last = len(words) + 3
    return [word for rank, word in enumerate(words, 4) for _ in range(last // rank)]


def draws[T](
    rng: random.Random, population: Sequence[T], weights: Sequence[float] | None = None
) -> Iterator[T]:
    """Yield members of the population without end, drawn in bulk."""
    cum_weights = list(accumulate(weights)) if weights else None
    while True:
        yield from rng.choices(population, cum_weights=cum_weights, k=BATCH)
