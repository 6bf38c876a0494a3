"""A catalog of any size, the same for the same seed."""

import datetime
import random

from catalog.document import Cluster, Document, Issue, Publication

WORDS = tuple(
    "tide moon harbour ledger signal weather garden engine paper market river theory letter "
    "winter copper island method archive border canal reader season crossing lantern meadow".split()
)
CLUSTERS = 12


def generate(issues: int, publications: int, tags: int = 5, seed: int = 1) -> Document:
    """Return `publications` with `issues` in all, in 12 clusters each, `tags` an issue."""
    rng = random.Random(seed)
    names = [f"{a} {b}" for a in WORDS for b in WORDS]

    def sentence(length: int) -> str:
        return " ".join(rng.choices(WORDS, k=length)).capitalize() + "."

    def issue(number: int) -> Issue:
        return Issue(
            title=f"{sentence(6)[:-1]} {number}",
            date=datetime.date(2005, 1, 1) + datetime.timedelta(days=rng.randrange(7000)),
            tier=rng.choice((5, 4, 4, 4, 3, 2, None)),
            summary=f"{sentence(18)} {sentence(22)}",
            tags=rng.sample(names, tags),
            url=f"https://example.org/{number}",
            words=rng.randrange(300, 9000),
        )

    each = issues // publications
    return Document(
        publications=[
            Publication(
                name=f"Publication {number}",
                category=f"Category {number % 8}",
                author="The Editors",
                clusters=[
                    Cluster(
                        title=f"Cluster {place}",
                        blurb=sentence(40),
                        issues=[
                            issue(number * each + each * place // CLUSTERS + k)
                            for k in range(
                                each * (place + 1) // CLUSTERS - each * place // CLUSTERS
                            )
                        ],
                    )
                    for place in range(CLUSTERS)
                ],
            )
            for number in range(publications)
        ]
    )
