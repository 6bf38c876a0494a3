"""Search, filters, orders and counts on random catalogs, against a plain model.

The model keeps issues, readings and notes as plain objects and goes through all of them for every
question. Of the room's own code it takes only how text is folded, how a query is read, and how a
tree is held against a text; each of these has its own tests.
"""

import datetime
import random
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property

import pytest
from django.http import QueryDict
from django.utils import timezone
from django.utils.text import slugify

from accounts.browsing.filters import ReaderIssueFilter
from accounts.models import State, User
from accounts.notes.writing import create_note, delete_note
from accounts.partial_dates import PartialDate
from accounts.reading.marking import OutOfOrder, mark
from catalog.browsing.facets import VALUES_SHOWN, count_issues, facet_block
from catalog.browsing.filters import IssueFilter, search
from catalog.browsing.listing import list_issues
from catalog.curation.changeset import Curation
from catalog.models import Category, ChangeBatch, Issue, Tag
from catalog.search.indexing import check
from catalog.search.query import parse
from catalog.search.tree import In, InCluster, Tagged, Tiers, Year, matches
from catalog.search.words import fold
from tests.factories import make_cluster, make_issue, make_publication, make_user

ISSUES = 60
PAGE = 7

WORDS = [
    "reward", "Reward", "RÉWARD", "models", "Model", "café", "Cafe\u0301", "ＲＬＨＦ", "rlhf",
    "don’t", "dont", "o1-mini", "mini", "深度学习", "学习", "naïve", "ﬁne-tuning", "tuning",
    "reward’s", "don't", "Øre", "ore", "C#", ".NET", "한국어를",
    "İstanbul", "½", "한국어", "rein", "reinforcement", "x_y", "C++", "2024", "tier=5", "title:",
]  # fmt: skip
# Words that occur in notes only.
OWN_WORDS = ["marginalia", "remember", "reprise", "rlhf2", "深山"]
TAGS = [
    ["open-models", "Open Models", "openmodels"], ["RLHF", "ＲＬＨＦ"], ["深度 学习", "深度学习"],
    ["évals", "Évals"], ["evals"], ["o1-mini"], ["A.I."], ["AI"], ["safety"], ["reward"],
    ["scaling laws", "scaling_laws"], ["policy"], ["café"],
]  # fmt: skip
# Around the borders of a minute, half of 230 words up or down.
LENGTHS = [None, 0, 1, 114, 115, 229, 230, 344, 345, 574, 575, 576, 804, 805, 1034, 1035, 2300]
DAYS = [datetime.date(2022, 12, 31), datetime.date(2023, 1, 1), datetime.date(2023, 1, 2),
        datetime.date(2024, 2, 28), datetime.date(2024, 2, 29), datetime.date(2024, 3, 1),
        datetime.date(2025, 6, 15)]  # fmt: skip
READ_ON = ["2024-03-05", "2024-03-06", "2024-03", "2024", "2023-12-31", None]
STATES = ["unread", "queued", "reading", "read"]
SORTS = ["relevance", "newest", "oldest", "tier", "cited", "shortest", "title"]


def minutes(words):
    """Return whole minutes, rounded half up, one at least."""
    return max(1, (2 * words + 230) // 460)


def tag_name(spelling):
    """Return what the spellings of one tag share."""
    folded = unicodedata.normalize("NFKC", spelling).casefold()
    return "".join(char for char in folded if char not in "-_" and not char.isspace())


@dataclass
class Home:
    slug: str
    name: str
    author: str
    category: str


@dataclass
class Shelf:
    """A cluster."""

    home: Home
    slug: str
    title: str


@dataclass(eq=False)
class Item:
    """An issue as it was made."""

    pk: int
    title: str
    summary: str
    home: Home
    shelf: Shelf | None
    date: datetime.date
    tier: int | None
    words: int | None
    url: str
    tags: list[str] = field(default_factory=list)
    cites: list[str] = field(default_factory=list)
    is_archived: bool = False

    @cached_property
    def tag_names(self):
        return set(map(tag_name, self.tags))

    @cached_property
    def text(self):
        shelf = self.shelf.title if self.shelf else ""
        home = f"{self.home.name}\n{self.home.author}\n{shelf}"
        return "\n".join(map(fold, (self.title, "\n".join(self.tags), self.summary, home)))


@dataclass
class Person:
    """A reader: readings as [state, day on which it was read, number], and notes as texts."""

    user: User
    readings: dict[int, list[list]] = field(default_factory=dict)
    notes: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    clock: int = 0

    def current(self, pk):
        rows = self.readings.get(pk, [])
        return next((row for row in rows if row[0] != "read"), rows[-1] if rows else None)

    def state(self, pk):
        row = self.current(pk)
        return row[0] if row else "unread"

    def mark(self, pk, state, on):
        try:
            mark(self.user, [pk], State(state), on=on and PartialDate.parse(on))
        except OutOfOrder:
            return
        rows = self.readings.setdefault(pk, [])
        day = PartialDate.parse(on).first if on else self.user.local_date()
        if state == self.state(pk):
            if on and state == "read":
                self.current(pk)[1] = day
        elif state == "unread":
            rows.clear()
        else:
            self.clock += 1
            if not rows or self.state(pk) == "read":
                rows.append([state, None, self.clock])
            self.current(pk)[:2] = [state, day if state == "read" else None]

    def note(self, pk, quote, body, *, is_deleted=False):
        kind = "quote" if quote else "note"
        note = create_note(self.user, pk, kind=kind, quote=quote, body=body)
        if is_deleted:
            delete_note(self.user, note.pk)
        else:
            self.notes.setdefault(pk, []).append((quote, body))

    def noted(self, pk):
        return "\n".join(fold(part) for note in self.notes.get(pk, []) for part in note)


class World:
    """A random catalog with two readers, written to the database and kept beside it."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.homes, self.shelves, self.items = [], [], []
        self._make_homes()
        self._make_issues()
        self.slugs = {
            tag_name(name): slug for name, slug in Tag.objects.values_list("name", "slug")
        }
        self.people = [Person(make_user()) for _ in range(2)]
        for person in self.people:
            self._live(person)
        self._archive_some()

    def some(self, pool, least, most):
        return self.chance.choices(pool, k=self.chance.randint(least, most))

    def _make_homes(self):
        categories = [
            Category.objects.create(name=name, slug=slug)
            for name, slug in (("Science", "science"), ("Café Life", "café-life"))
        ]
        names = [("RLHF Weekly", "rlhf-weekly"), ("Rlhf", "rlhf"), ("Été", "été")]
        self._rows = []
        for index, (name, slug) in enumerate(names[: self.chance.randint(2, 3)]):
            category = categories[index % 2]
            home = Home(slug, name, self.chance.choice(["Ada Reward", "mini"]), category.slug)
            row = make_publication(name=name, slug=slug, author=home.author, category=category)
            shelves = [None]
            # Both publications have a cluster of the same name.
            for title in ["Reward Models", self.chance.choice(["深度 学习", "O1-mini: don’t"])]:
                shelf = Shelf(home, slugify(title, allow_unicode=True), title)
                made = make_cluster(publication=row, title=title, slug=shelf.slug)
                shelves.append((shelf, made))
                self.shelves.append(shelf)
            self.homes.append(home)
            self._rows.append((home, row, shelves))

    def _make_issues(self):
        chance = self.chance
        made = []
        for number in range(ISSUES):
            home, row, shelves = chance.choice(self._rows)
            shelf, cluster = chance.choice(shelves) or (None, None)
            url = chance.choice(["", f"https://example.org/{number}"])
            values = {
                "title": " ".join(self.some(WORDS, 1, 3)),
                "summary": " ".join(self.some(WORDS, 0, 6)),
                "date": chance.choice(DAYS),
                "tier": chance.choice([None, 1, 2, 3, 4, 5, 5]),
                "words": chance.choice(LENGTHS),
                "url": url,
            }
            made.append(make_issue(publication=row, cluster=cluster, **values))
            self.items.append(Item(made[-1].pk, home=home, shelf=shelf, **values))
        urls = [item.url for item in self.items if item.url] + ["https://elsewhere.org/"]
        with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
            for item, issue in zip(self.items, made, strict=True):
                for spellings in chance.sample(TAGS, chance.choice([0, 0, 1, 2, 4])):
                    item.tags.append(chance.choice(spellings))
                item.cites = list(dict.fromkeys(self.some(urls, 0, 3)))
                curation.change(issue, {"tags": item.tags, "cites": item.cites})

    def _live(self, person):
        for _ in range(30):
            item, state = self.chance.choice(self.items), self.chance.choice(STATES)
            person.mark(item.pk, state, self.chance.choice(READ_ON))
        for _ in range(20):
            texts = [" ".join(self.some(WORDS + OWN_WORDS, 1, 3)) for _ in range(2)]
            quote = self.chance.choice(["", texts[0]])
            is_deleted = self.chance.random() < 0.2
            person.note(self.chance.choice(self.items).pk, quote, texts[1], is_deleted=is_deleted)
        person.user = User.objects.get(pk=person.user.pk)

    def _archive_some(self):
        with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
            for item in self.chance.sample(self.items, 5):
                item.is_archived = True
                curation.change(Issue.objects.get(pk=item.pk), {"archived_at": timezone.now()})

    def listed(self):
        return [item for item in self.items if not item.is_archived]

    def cited(self, item):
        return sum(item.url in other.cites for other in self.listed() if other is not item)

    def slugs_of(self, item):
        return {self.slugs[key] for key in item.tag_names}

    def values(self, facet, item, person):
        """Return the values that an issue has in a facet, as an address has them."""
        match facet:
            case "tier":
                return [str(item.tier or "none")]
            case "publication":
                return [item.home.slug]
            case "category":
                return [item.home.category]
            case "cluster":
                return [f"{item.shelf.home.slug}/{item.shelf.slug}" if item.shelf else "none"]
            case "tag":
                return list(self.slugs_of(item))
            case "year":
                return [str(item.date.year)]
            case "state":
                return [person.state(item.pk)]
            case "queue":
                return ["yes"] if person.state(item.pk) == "queued" else []
            case "notes":
                return ["yes"] if person.notes.get(item.pk) else []

    def holds(self, item):
        """Return whether an issue has what a leaf names."""

        def meant(name, named):
            """Of (anything, slug, name), those of this very name, else those that it is part of."""
            slug, low = slugify(name, allow_unicode=True), name.casefold()
            exact = [each for each, own, full in named if own == slug or full.casefold() == low]
            part = [each for each, own, full in named if slug in own or low in full.casefold()]
            return exact or part

        def is_so(leaf):
            match leaf:
                case Tagged(name):
                    return tag_name(name) in item.tag_names
                case Tiers(tiers):
                    return item.tier in tiers
                case Year(year):
                    return item.date.year == year
                case InCluster(None):
                    return item.shelf is None
                case InCluster(name):
                    named = [(id(each), each.slug, each.title) for each in self.shelves]
                    return id(item.shelf) in meant(name, named)
                case In(name):
                    named = [(each.slug, each.slug, each.name) for each in self.homes]
                    return item.home.slug in meant(name, named)

        return is_so

    def left(self, asked, person):
        """Return the issues that an address leaves, sought one by one."""
        query = parse(asked.get("q", [""])[0])
        return [item for item in self.listed() if self._is_left(item, asked, query, person)]

    def _is_left(self, item, asked, query, person):
        def one(name):
            return asked.get(name, [""])[0]

        def day(name):
            return datetime.date.fromisoformat(one(name))

        signs = {"<": int.__lt__, "<=": int.__le__, "=": int.__eq__, ">=": int.__ge__,
                 ">": int.__gt__}  # fmt: skip
        facets = ["tier", "publication", "category", "cluster", "tag", "year"]
        if person:
            facets += ["state", "queue", "notes"]
        noted = f"\n{person.noted(item.pk)}" if person else ""
        rules = [
            matches(query.node, item.text + noted, self.holds(item)),
            *(
                any(value in asked[facet] for value in self.values(facet, item, person))
                for facet in facets
                if asked.get(facet)
            ),
            set(asked.get("tag_all", [])) <= self.slugs_of(item),
            not set(asked.get("tag_not", [])) & self.slugs_of(item),
            not one("tier_min") or (item.tier or 0) >= int(one("tier_min")),
            not one("date_from") or item.date >= day("date_from"),
            not one("date_to") or item.date <= day("date_to"),
            not query.after or item.date > query.after,
            not query.before or item.date < query.before,
            not one("words_max")
            or (item.words is not None and item.words <= int(one("words_max"))),
            not one("minutes_max")
            or (item.words is not None and minutes(item.words) <= int(one("minutes_max"))),
            all(
                item.words is not None and signs[sign](minutes(item.words), number)
                for sign, number in query.minutes
            ),
            not one("cited_min") or self.cited(item) >= int(one("cited_min")),
            not one("link") or bool(item.url) == (one("link") == "yes"),
            query.has_link is None or bool(item.url) == query.has_link,
        ]
        if person:
            read = [row[1] for row in person.readings.get(item.pk, []) if row[0] == "read"]
            within = [
                on
                for on in read
                if (not one("read_from") or on >= day("read_from"))
                and (not one("read_to") or on <= day("read_to"))
            ]
            rules += [
                person.state(item.pk) in query.states,
                query.has_note is None or bool(person.notes.get(item.pk)) == query.has_note,
                within or not (one("read_from") or one("read_to")),
                (one("sort") or query.sort) != "recent" or person.state(item.pk) == "read",
            ]
        return all(rules)

    def ordered(self, items, sort, person):
        """Return the ids of issues in an order of which an address has the name."""
        keys = {
            "newest": lambda item: (item.date, item.pk),
            "oldest": lambda item: (item.date, item.pk),
            "tier": lambda item: (item.tier or 0, item.date, item.pk),
            "cited": lambda item: (self.cited(item), item.date, item.pk),
            "shortest": lambda item: (float("inf") if item.words is None else item.words, item.pk),
            "title": lambda item: (fold(item.title), item.pk),
            "recent": lambda item: person.current(item.pk)[1:],
        }
        is_descending = sort not in ("oldest", "shortest", "title")
        return [item.pk for item in sorted(items, key=keys[sort], reverse=is_descending)]

    # Random questions.

    def query(self):
        """Return a random text of the query language, of 200 characters at most."""
        chance = self.chance
        terms = [self._term(chance.randint(0, 1)) for _ in range(chance.choice([1, 1, 1, 2, 2, 3]))]
        terms += [self._beside() for _ in range(chance.choice([0, 0, 0, 1, 2]))]
        chance.shuffle(terms)
        return " ".join(terms)[:200]

    def _term(self, depth):
        chance = self.chance
        roll = chance.random()
        if roll < 0.15:
            return f"-{self._leaf()}"
        if roll < 0.3:
            return f"{self._leaf()} OR {self._leaf()}"
        if roll < 0.45 and depth:
            minus = chance.choice(["", "-"])
            return f"{minus}({self._term(0)} {chance.choice(['', 'OR '])}{self._term(0)})"
        return self._leaf()

    def _leaf(self):
        chance = self.chance
        item = chance.choice(self.items)
        word = chance.choice(WORDS + OWN_WORDS)
        if chance.random() < 0.4:
            return chance.choice([word, word.upper(), word.lower(), f"{word[: len(word) // 2]}*"])
        return chance.choice([
            lambda: f'"{item.title}"',
            lambda: f'"{item.summary[:30]}"',
            lambda: f'"{chance.choice(WORDS)} {word}"',
            lambda: f"{word[: chance.randint(1, 4)]}*",
            lambda: f'tag:"{chance.choice(chance.choice(TAGS))}"',
            lambda: f"tier:{chance.choice(['', '>=', '<', '>', '<='])}{chance.randint(2, 4)}",
            lambda: "tier:none",
            lambda: f"year:{chance.choice(DAYS).year}",
            lambda: f"in:{chance.choice(['rlhf', 'RLHF', 'weekly', 'été', 'Ét', 'nowhere'])}",
            lambda: f'cluster:"{chance.choice(self.shelves).title}"',
            lambda: f"cluster:{chance.choice(['none', 'reward', 'mini', '深度', 'nowhere'])}",
        ])()  # fmt: skip

    def _beside(self):
        chance = self.chance
        return chance.choice([
            lambda: f"after:{self._period()}",
            lambda: f"before:{self._period()}",
            lambda: f"minutes:{chance.choice(['', '<', '<=', '>', '>='])}{chance.randint(0, 5)}",
            lambda: f"{chance.choice(['', '-'])}state:{chance.choice(STATES)}",
            lambda: f"{chance.choice(['', '-'])}has:{chance.choice(['note', 'link'])}",
            lambda: f"sort:{chance.choice([*SORTS, 'recent'])}",
        ])()  # fmt: skip

    def _period(self):
        return str(self.chance.choice(DAYS))[: self.chance.choice([4, 7, 10])]

    def address(self, person):
        """Return a random address: up to four parameters, or one more in its `q`."""
        chance = self.chance
        slugs = sorted(self.slugs.values())
        days = [str(day) for day in DAYS]
        chances = {
            "q": lambda: [self.query()],
            "publication": lambda: chance.sample([home.slug for home in self.homes], 1),
            "category": lambda: [chance.choice(["science", "café-life"])],
            "cluster": lambda: chance.sample(
                ["none", *(f"{shelf.home.slug}/{shelf.slug}" for shelf in self.shelves)],
                chance.randint(1, 2),
            ),
            "tier": lambda: chance.sample(["none", "1", "2", "3", "4", "5"], chance.randint(1, 3)),
            "tier_min": lambda: [str(chance.randint(1, 5))],
            "tag": lambda: chance.sample(slugs, chance.randint(1, 3)),
            "tag_all": lambda: chance.sample(slugs, chance.randint(1, 2)),
            "tag_not": lambda: chance.sample(slugs, chance.randint(1, 2)),
            "year": lambda: chance.sample(["1999", "2022", "2023", "2024"], chance.randint(1, 2)),
            "date_from": lambda: [chance.choice(days[:4])],
            "date_to": lambda: [chance.choice(days[3:])],
            "minutes_max": lambda: [str(chance.randint(0, 5))],
            "words_max": lambda: [str(chance.choice(LENGTHS[1:]))],
            "cited_min": lambda: [str(chance.randint(0, 3))],
            "link": lambda: [chance.choice(["yes", "no"])],
            "sort": lambda: [chance.choice([*SORTS, "recent"] if person else SORTS)],
        }
        if person:
            chances |= {
                "state": lambda: chance.sample(STATES, chance.choice([1, 1, 2, 3])),
                "queue": lambda: ["yes"],
                "notes": lambda: ["yes"],
                "read_from": lambda: [chance.choice(["2023-12-31", "2024-01-01", "2024-03-05"])],
                "read_to": lambda: [chance.choice(["2024-01-01", "2024-03-05", "2024-03-06"])],
            }
        names = chance.sample(sorted(chances), chance.choice([1, 1, 2, 2, 3, 4]))
        if chance.random() < 0.5 and "q" not in names:
            names.append("q")
        asked = {name: chances[name]() for name in names}
        if asked.get("date_from", [""]) > asked.get("date_to", ["9"]):
            del asked["date_from"]
        return asked


def filter_of(asked, person):
    """Return the room's own filter of an address, which has to be a valid one."""
    data = QueryDict(mutable=True)
    for name, values in asked.items():
        data.setlist(name, values)
    issues = ReaderIssueFilter(data, user=person.user) if person else IssueFilter(data)
    assert issues.form.is_valid(), issues.form.errors
    return issues


def pages_of(asked, person):
    """Return the order and the ids of all pages of a list, each with a filter of its own."""
    ids, after = [], None
    while True:
        listing = list_issues(filter_of(asked, person).compiled, after)
        ids += [issue.pk for issue in listing.page.issues]
        if listing.page.next is None:
            return listing.sort, ids
        assert len(listing.page.issues) == PAGE
        after = str(listing.page.next)


def counts_of(asked, person):
    """Return the total of the facets, and {facet: {value: count}} of the rows that they show."""
    issues = filter_of(asked, person)
    block = facet_block(issues.compiled, issues.own_facets if person else None)
    rows = {
        facet.name: {row.choice.value: row.count for row in facet.rows} for facet in block.facets
    }
    return block.total.number, rows, {facet.name for facet in block.facets if facet.has_more}


@pytest.fixture(autouse=True)
def _small_room(monkeypatch):
    """Let sixty issues have many pages, and be so many that their counts are kept."""
    monkeypatch.setattr("catalog.browsing.facets.CHEAP", 0)
    monkeypatch.setattr("catalog.browsing.pagination.PAGE_SIZE", PAGE)


def questions(world, number):
    """Yield random addresses, each with who asks: one of the readers, or nobody known."""
    for _ in range(number):
        person = world.chance.choice([*world.people, world.people[0], None])
        yield world.address(person), person


def check_lists(seed, number):
    world = World(seed)
    assert check() == []
    for asked, person in questions(world, number):
        expected = world.left(asked, person)

        sort, ids = pages_of(asked, person)

        if sort == "relevance":
            assert parse(asked["q"][0]).has_text
            assert sorted(ids) == sorted(item.pk for item in expected), asked
        else:
            assert ids == world.ordered(expected, sort, person), asked
        wanted = asked.get("sort", [""])[0] or parse(asked.get("q", [""])[0]).sort
        # Nobody known has read anything.
        is_free = wanted in ("", "relevance") or (wanted == "recent" and person is None)
        assert sort == wanted or (is_free and sort in ("newest", "relevance")), asked


def check_counts(seed, number):
    world = World(seed)
    for asked, person in questions(world, number):
        # Twice, for what was counted may have been kept, and then in another order.
        order = world.chance.choice([*SORTS, "recent"] if person else SORTS)
        for each in (asked, asked, asked | {"sort": [order]}):
            check_counts_of(world, each, person)


def check_counts_of(world, asked, person):
    total, facets, longer = counts_of(asked, person)

    assert total == len(world.left(asked, person)), asked
    assert total == count_issues(filter_of(asked, person).compiled).number, asked
    own = ["state", "queue", "notes"] if person else []
    for facet in ["tier", "publication", "category", "cluster", "tag", "year", *own]:
        # A row tells how many issues there would be if it were its facet's only choice.
        others = {name: values for name, values in asked.items() if name != facet}
        counts = Counter(
            value
            for item in world.left(others, person)
            for value in world.values(facet, item, person)
        )
        rows, chosen = facets.get(facet, {}), set(asked.get(facet, []))
        assert rows == {value: counts[value] for value in rows}, (asked, facet)
        if facet in longer:
            least = sorted(counts.values(), reverse=True)[VALUES_SHOWN[facet] - 1]
            assert all(counts[value] >= least for value in rows.keys() - chosen), (asked, facet)
            assert len(counts) > VALUES_SHOWN[facet] <= len(rows), (asked, facet)
        else:
            assert rows.keys() == counts.keys() | chosen, (asked, facet)
    if facets:
        # By the filter itself, a choice that is clicked leaves as many as it said.
        facet = world.chance.choice(sorted(facets))
        value, count = world.chance.choice(sorted(facets[facet].items()))
        clicked = asked | {facet: [value]}
        assert count_issues(filter_of(clicked, person).compiled).number == count, (clicked, facet)


def check_privacy(seed, number):
    """Whatever one reader marks and notes, the other finds and counts what was there before."""
    world = World(seed)
    reader, other = world.people
    asked = [world.address(reader) for _ in range(number)]
    before = [(pages_of(each, reader), counts_of(each, reader)) for each in asked]

    for item in world.items:
        other.mark(item.pk, world.chance.choice(STATES), None)
        other.note(item.pk, " ".join(WORDS), " ".join(OWN_WORDS))

    assert [(pages_of(each, reader), counts_of(each, reader)) for each in asked] == before


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.django_db
def test_lists_hold_what_a_plain_model_leaves_in_its_order(seed):
    check_lists(seed, 30)


@pytest.mark.full
@pytest.mark.parametrize("seed", [2, 3])
@pytest.mark.django_db
def test_counts_are_those_of_a_plain_model(seed):
    check_counts(seed, 10)


@pytest.mark.full
@pytest.mark.django_db
def test_readings_and_notes_of_another_change_nothing():
    check_privacy(4, 15)


@pytest.mark.parametrize("seed", range(100, 200))
@pytest.mark.slow
@pytest.mark.django_db
def test_lists_hold_what_a_plain_model_leaves_in_100_catalogs(seed):
    check_lists(seed, 100)


@pytest.mark.parametrize("seed", range(200, 300))
@pytest.mark.slow
@pytest.mark.django_db
def test_counts_are_those_of_a_plain_model_in_100_catalogs(seed):
    check_counts(seed, 30)


@pytest.mark.parametrize("seed", range(300, 330))
@pytest.mark.slow
@pytest.mark.django_db
def test_readings_and_notes_of_another_change_nothing_in_30_catalogs(seed):
    check_privacy(seed, 60)


@pytest.mark.django_db
def test_a_text_alone_finds_what_the_filter_finds():
    world = World(5)
    for _ in range(40):
        text = world.query()
        found = set(search(Issue.objects.listed(), text).values_list("id", flat=True))
        assert found == {item.pk for item in world.left({"q": [text]}, None)}, text


@pytest.mark.django_db
def test_a_rare_choice_is_counted_where_many_are_commoner():
    common = [f"tag {number}" for number in range(60)]
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(make_issue(), {"tags": common})
        curation.change(make_issue(), {"tags": [*common, "rare"]})

    total, rows, _ = counts_of({"tag": ["rare"]}, None)

    assert (total, rows["tag"]["rare"]) == (1, 1)


@pytest.mark.parametrize("words", [length for length in LENGTHS if length is not None])
@pytest.mark.django_db
def test_minutes_are_sought_as_they_are_shown(words):
    issue = make_issue(words=words)

    found = search(Issue.objects.listed(), f"minutes:{issue.minutes}")

    assert issue.minutes == minutes(words)
    assert list(found) == [issue]
