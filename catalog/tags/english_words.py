"""The word list of the splitter, with the cost of each word."""

import gzip
import math
from functools import lru_cache
from importlib.metadata import distribution

# Costs of words. Wordninja's list alone ranges from 2.5 (its first word) to 14.2 (its last).
COMMONEST = 6.5  # no word is cheaper: "the" is common in prose, not in tags

INFLECTED = 1.0  # added for the plural or singular of a known word


@lru_cache(maxsize=1)
def list_costs() -> dict[str, float]:
    """Wordninja's English words, in its file the commonest first, with costs by Zipf's law."""
    path = distribution("wordninja").locate_file("wordninja/wordninja_words.txt.gz")
    with gzip.open(str(path), "rt", encoding="utf-8") as file:
        words = file.read().split()
    scale = math.log(len(words))
    costs = {
        word: max(COMMONEST, math.log(rank * scale)) for rank, word in enumerate(words, start=1)
    }
    plurals = {word + "s": cost + INFLECTED for word, cost in costs.items() if len(word) > 3}
    return plurals | costs
