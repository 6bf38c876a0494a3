"""BM25 ranking over the fields of a text, computed for the hits only.

The databases rank differently from each other, and rank a frequent word by visiting all its issues.
This ranking is the same on both, and its cost depends on the number of hits only.
"""

import math
from collections.abc import Sequence

from catalog.search.tree import TextLeaf, needle

# Field weights: the title says most about an issue, the publication's name nothing.
WEIGHTS = (8.0, 4.0, 2.0, 0.5)
_K, _B = 1.2, 0.6


def scores(texts: Sequence[Sequence[str]], leaves: Sequence[TextLeaf]) -> list[int]:
    """Score texts, each as folded (title, tags, summary, home); in millionths, more is better."""
    if not texts:
        return []
    needles = [needle(leaf) for leaf in dict.fromkeys(leaves)]
    lengths = [sum(map(len, text[:3])) or 1 for text in texts]
    average = sum(lengths) / len(lengths)
    totals = [0.0] * len(texts)
    for wanted in needles:
        weighed = [_occurrences(text, wanted) for text in texts]
        having = len(weighed) - weighed.count(0)
        rarity = math.log(1 + (len(texts) - having + 0.5) / (having + 0.5))
        for index, each in enumerate(weighed):
            if each:
                damped = each + _K * (1 - _B + _B * lengths[index] / average)
                totals[index] += rarity * each * (_K + 1) / damped
    return [round(1_000_000 * total) for total in totals]


def _occurrences(text: Sequence[str], wanted: str) -> float:
    """Return how often a text contains a word, each occurrence by the weight of its field."""
    return sum(
        weight * f" {field} ".count(wanted) for weight, field in zip(WEIGHTS, text, strict=True)
    )
