"""A catalog of any size that looks like a real one, the same for the same seed on every Python.

Text follows Zipf's law over words that the seed invents. Search terms of the benchmarks are
planted in shares that are the same at every size: `COMMON`, `RARE`, `PHRASE` and `PREFIX`.
"""

import datetime
import random
from collections.abc import Iterable, Iterator
from itertools import accumulate, count, islice, pairwise

from catalog.interchange.document import ClusterEntry, Document, IssueEntry, PublicationEntry
from tests.benchmarks.vocabulary import draws, make_deck, make_words, zipf

COMMON = "quorim"  # in 39 % of issues
RARE = "xandrelo"  # in one of 20,000, and always in one
PHRASE = "volquen tarix"  # in 0.5 %; its words the other way round in 1.5 %
PREFIX = "quel"  # begins 30 words, of which one is in 5 %

WORDS = 20_000
FAMILY = 30
CATEGORIES = 8
CLUSTERS = 12
CLUSTERED = 0.88
TIERS = {5: 7, 4: 45, 3: 20, 2: 10, 1: 5, None: 13}
START = datetime.date(2005, 1, 1)
DAYS = 7_000
COMMONEST_TAG = 0.05
# Where a citation is found: what the publication has published, what it has cited before, and what
# anyone has. Citing what is cited makes few issues famous.
SOURCES = (0.3, 0.6, 0.1)


def generate(issues: int, publications: int, tags: int = 5, seed: int = 1) -> Document:
    """Return `publications` with `issues` in all, in 12 clusters each, `tags` an issue."""
    rng = random.Random(seed)
    writer = Writer(rng, issues, publications, tags)
    made = [make_publication(writer, number) for number in range(publications)]
    homes = [[*rng.sample(each.clusters, CLUSTERS), each] for each in made]
    sizes = zipf(CLUSTERS, shift=3)
    places = draws(rng, range(CLUSTERS + 1), [*sizes, sum(sizes) * (1 - CLUSTERED) / CLUSTERED])
    calendar = [START + datetime.timedelta(days=day) for day in range(DAYS)]
    for number, date in enumerate(sorted(rng.choices(calendar, k=issues))):
        by = number % publications
        homes[by][next(places)].issues.append(writer.issue(number, by, date))
    return Document(publications=made)


def make_publication(writer: "Writer", number: int) -> PublicationEntry:
    return PublicationEntry(
        name=f"Publication {number}",
        category=f"Category {number % CATEGORIES}",
        author="The Editors",
        clusters=[
            ClusterEntry(title=f"Cluster {place}", blurb=writer.text()[1])
            for place in range(CLUSTERS)
        ],
    )


class Writer:
    """Writes the issues of all publications, oldest first, so that each can cite earlier ones."""

    def __init__(self, rng: random.Random, issues: int, publications: int, tags: int) -> None:
        self.rng = rng
        vocabulary = make_words(rng, WORDS)
        self.words = draws(rng, make_deck(vocabulary))
        self.layouts = draws(rng, [make_layout(rng) for _ in range(2_000)])
        self.tiers = draws(rng, [*TIERS], [*TIERS.values()])
        self.tags_an_issue = tags
        names = make_tag_names(vocabulary, max(200, 40 * tags, round(issues**0.6)))
        self.tags = draws(rng, names, tag_weights(len(names), tags))
        self.planted = plant(rng, issues)
        self.published: list[list[str]] = [[] for _ in range(publications)]
        self.cited: list[list[str]] = [[] for _ in range(publications)]
        self.famous: list[str] = []

    def issue(self, number: int, by: int, date: datetime.date) -> IssueEntry:
        """Return the issue of this number, which counts all publications' from 0."""
        title, summary = self.text(self.planted.get(number, ()))
        url = f"https://example.org/publication-{by}/{number}" if self.happens(0.98) else None
        issue = IssueEntry(
            title=f"{title} {number}",
            date=date,
            tier=next(self.tiers),
            summary=summary,
            tags=take_distinct(self.tags, self.tags_an_issue),
            url=url,
            words=self.length() if self.happens(0.9) else None,
            cites=self.cites(by) if self.happens(1 / 3) else [],
        )
        if url:
            self.published[by].append(url)
        return issue

    def happens(self, share: float) -> bool:
        return self.rng.random() < share

    def text(self, planted: Iterable[str] = ()) -> tuple[str, str]:
        """Return a title, and a summary; what is planted stands somewhere in the two."""
        end, *cuts = next(self.layouts)
        words = list(islice(self.words, cuts[-1]))
        for word in planted:
            words.insert(int(self.rng.random() * len(words)), word)
        cuts[-1] = len(words)
        sentences = [" ".join(words[a:b]).capitalize() for a, b in pairwise([end, *cuts])]
        return " ".join(words[:end]).capitalize(), f"{'. '.join(sentences)}."

    def length(self) -> int:
        """Return a number of words from 300 to 12,000: most below 2,000, few very long."""
        mean = (self.rng.random() + self.rng.random() + self.rng.random()) / 3
        return int(300 + 11_700 * mean * mean * mean)

    def cites(self, by: int) -> list[str]:
        """Return the URLs of one or two earlier issues, of none where there are none yet."""
        sources = self.published[by], self.cited[by], self.famous
        if not sources[0]:
            return []
        found: dict[str, None] = {}
        for source in self.rng.choices(sources, SOURCES, k=2 if self.happens(0.5) else 1):
            found[self.rng.choice(source or sources[0])] = None
        self.cited[by] += found
        self.famous += found
        return list(found)


def make_layout(rng: random.Random) -> list[int]:
    """Return where a title and the two to four sentences after it end, counted in words."""
    title = max(rng.randint(3, 10), rng.randint(3, 10))
    words, sentences = rng.randint(53, 62), rng.randint(2, 4)
    lengths = [1 + rng.random() for _ in range(sentences)]
    ends = list(accumulate(lengths))
    return [title, *(title + round(words * end / ends[-1]) for end in ends)]


def make_tag_names(vocabulary: list[str], number: int) -> list[str]:
    """Return names of one word and of two, no two of them one tag but for their hyphens."""
    names: dict[str, str] = {}
    for place, (first, second) in enumerate(pairwise(vocabulary[200:])):
        if len(names) == number:
            break
        name = f"{first}-{second}" if place % 2 else first
        names.setdefault(name.replace("-", ""), name)
    return list(names.values())


def tag_weights(number: int, tags: int) -> list[float]:
    """Return the steepest weights with which no tag stands on more than its share of issues."""
    for shift in count():
        weights = zipf(number, shift, power=2)
        *_, total = accumulate(weights)
        if tags * weights[0] <= COMMONEST_TAG * total:
            break
    return weights


def plant(rng: random.Random, issues: int) -> dict[int, list[str]]:
    """Map the numbers of issues to what is to be found in their text."""
    first, second = PHRASE.split()
    family = make_words(rng, FAMILY, PREFIX)
    planted: dict[int, list[str]] = {}
    for share, texts in (
        (0.39, [COMMON]),
        (1 / 20_000, [RARE]),
        (0.005, [PHRASE]),
        (0.015, [f"{second} {first}"]),
        (0.05, family),
    ):
        chosen = rng.sample(range(issues), max(1, round(issues * share)))
        for number, text in zip(chosen, draws(rng, texts), strict=False):
            planted.setdefault(number, []).append(text)
    return planted


def take_distinct[T](source: Iterator[T], number: int) -> list[T]:
    found = dict.fromkeys(islice(source, number))
    while len(found) < number:
        found[next(source)] = None
    return list(found)
