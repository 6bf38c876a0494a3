"""The catalog page: what a filter leaves, what is said of it, and what is the reader's own."""

import datetime
import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import State
from accounts.notes import writing
from accounts.partial_dates import UNKNOWN, PartialDate
from accounts.reading import marking
from accounts.views import catalog as page
from catalog.browsing import facets, listing, pagination
from catalog.curation.changeset import Curation
from catalog.models import Category, ChangeBatch, Issue
from catalog.search import engine
from catalog.search.engine import TooBroad
from tests.factories import make_cluster, make_issue, make_note, make_publication, make_user
from tests.nonempty import some

pytestmark = pytest.mark.django_db
LIST = reverse("issue_list")
DAY = datetime.date(2024, 5, 1)


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch):
    # The time limit of queries is not under test here, and a busy machine may exceed it.
    monkeypatch.setattr(engine, "SEARCH_BUDGET_MS", 60_000)
    monkeypatch.setattr(facets, "COUNT_BUDGET_MS", 60_000)


@pytest.fixture
def reader(client):
    # An id that no other row has, so that it is known when it is seen.
    user = make_user(id=7_654_321)
    client.force_login(user)
    return user


@pytest.fixture
def public(settings):
    settings.IS_PUBLIC = True


def ask(client, **parameters):
    return client.get(LIST, parameters)


def shown(response):
    """Return the titles of the issues on a page, in its order."""
    assert response.status_code == 200, response.context["filter"].form.errors
    return [issue.title for issue in response.context["listing"].page.issues]


def titles(client, **parameters):
    return shown(ask(client, **parameters))


def words(response):
    """Return what a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def counts(response, facet):
    """Return {value: count} of a facet, nothing where it is not shown."""
    return {
        row.choice.value: row.count
        for each in response.context["counted"].facets
        if each.name == facet
        for row in each.rows
    }


def total(response):
    return str(response.context["counted"].total)


def edit(row, **values):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(row, values)


def tagged(*tags, **fields):
    issue = make_issue(**fields)
    edit(issue, tags=list(tags))
    return issue


def on(number):
    return DAY + datetime.timedelta(days=number)


# Results of filters


@pytest.fixture
def shelf():
    """Issues that differ in all that can be asked for, the newest first in the alphabet."""
    science, art = make_publication(slug="shoreline"), make_publication(
        slug="gallery", category=Category.objects.create(name="Art", slug="art")
    )  # fmt: skip
    sea = make_cluster(publication=science, slug="the-sea", title="The sea")
    tides = tagged(
        "moon", "Sea", title="A tides", publication=science, cluster=sea, tier=5, words=460,
        date=datetime.date(2024, 5, 1), url="https://example.org/tides",
    )  # fmt: skip
    tagged(
        "Moon", title="B moons", publication=science, tier=4, words=2300,
        date=datetime.date(2024, 1, 1), url="",
    )  # fmt: skip
    painting = tagged(
        "sea", title="C painting", publication=art, tier=None, words=None,
        date=datetime.date(2023, 6, 30),
    )  # fmt: skip
    edit(painting, cites=[tides.url])
    gone = tagged("moon", title="D archived", publication=science, tier=5)
    edit(gone, archived_at=timezone.now())


FILTERS = [
    ({}, "ABC"),
    ({"q": "tides"}, "A"),
    ({"q": "tag:moon"}, "AB"),
    ({"publication": "shoreline"}, "AB"),
    ({"publication": ["shoreline", "gallery"]}, "ABC"),
    ({"category": "art"}, "C"),
    ({"cluster": "shoreline/the-sea"}, "A"),
    ({"cluster": "none"}, "BC"),
    ({"tier": "5"}, "A"),
    ({"tier": ["4", "none"]}, "BC"),
    ({"tier_min": "4"}, "AB"),
    ({"tag": "moon"}, "AB"),
    ({"tag": ["moon", "sea"]}, "ABC"),
    ({"tag_all": ["moon", "sea"]}, "A"),
    ({"tag_not": "moon"}, "C"),
    ({"year": "2024"}, "AB"),
    ({"date_from": "2024-01-01"}, "AB"),
    ({"date_to": "2024-01-01"}, "BC"),
    ({"date_from": "2023-06-30", "date_to": "2024-01-01"}, "BC"),
    ({"date_to": "9999-12-31"}, "ABC"),
    ({"minutes_max": "2"}, "A"),
    ({"minutes_max": "0"}, ""),
    ({"words_max": "2300"}, "AB"),
    ({"words_max": "0"}, ""),
    ({"cited_min": "1"}, "A"),
    ({"link": "yes"}, "AC"),
    ({"link": "no"}, "B"),
    ({"tag": "moon", "tier_min": "5"}, "A"),
    ({"tag": "sea", "year": "2023", "category": "science"}, ""),
    ({"q": "moons", "tag": "moon"}, "B"),
    ({"q": "minutes:0"}, ""),
    ({"q": "before:0001"}, ""),
    ({"q": "after:9999"}, ""),
    ({"q": "before:2024 minutes:<5"}, ""),
]


@pytest.mark.parametrize(("asked", "left"), FILTERS, ids=[urlencode(f[0], True) for f in FILTERS])
def test_a_filter_leaves_what_it_asks_for_and_counts_it(client, reader, shelf, asked, left):
    response = ask(client, **asked)

    assert sorted(title[0] for title in shown(response)) == list(left)
    assert total(response) == str(len(left))


SORTS = {
    "newest": "ABC",
    "oldest": "CBA",
    "tier": "ABC",
    "cited": "ABC",
    "shortest": "ABC",
    "title": "ABC",
    "relevance": "ABC",
}


@pytest.mark.parametrize("where", [{}, {"category": ["art", "science"]}], ids=["all", "some"])
@pytest.mark.parametrize(("sort", "order"), SORTS.items())
def test_issues_stand_in_the_order_that_is_asked_for(client, reader, shelf, sort, order, where):
    assert [title[0] for title in titles(client, sort=sort, **where)] == list(order)
    assert [title[0] for title in titles(client, q=f"sort:{sort}", **where)] == list(order)


def test_a_search_shows_the_best_first_and_can_be_sorted_by_date(client, reader):
    make_issue(title="On the moon", date=on(0))
    make_issue(title="Elsewhere", summary="The moon, once.", date=on(9))

    assert titles(client, q="moon") == ["On the moon", "Elsewhere"]
    assert titles(client, q="moon", sort="newest") == ["Elsewhere", "On the moon"]


def test_hits_are_marked_and_what_was_typed_is_not_taken_for_markup(client, reader):
    make_issue(title="<i>Moon</i> & tide", summary="A moon.")

    html = ask(client, q="moon").content.decode()
    assert "&lt;i&gt;<mark>Moon</mark>&lt;/i&gt; &amp; tide" in html
    assert "A <mark>moon</mark>." in html

    html = ask(client, q='"><i>moon', tag="<i>moon").content.decode()
    assert "&lt;i&gt;moon" in html
    assert "<i>moon" not in html


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("🎉", "There is no word to look for in this search, so it finds nothing."),
        ("https://x.org/a", "There is no issue at the address “https://x.org/a” here."),
    ],
)
def test_a_search_that_can_find_nothing_says_why(client, reader, shelf, text, complaint):
    response = ask(client, q=text)

    assert response.context["complaints"] == [complaint]
    assert complaint in words(response)
    assert not response.context.get("suggestion")
    assert titles(client, q=text) == []


def test_what_has_left_the_catalog_is_not_shown(client, reader):
    issue = make_issue(title="Tides")
    edit(issue, archived_at=timezone.now())

    response = ask(client)

    assert shown(response) == []
    assert total(response) == "0"


# Invalid filters

WRONG = {
    "q": "x" * 10_001,
    "publication": "nowhere",
    "category": "nowhere",
    "cluster": "shoreline/nowhere",
    "tier": "6",
    "tier_min": "0",
    "tag": "nowhere",
    "tag_all": "nowhere",
    "tag_not": "nowhere",
    "year": "now",
    "date_from": "yesterday",
    "date_to": "2024-02-30",
    "minutes_max": "-1",
    "words_max": "many",
    "cited_min": "1.5",
    "link": "maybe",
    "sort": "backwards",
    "state": "skimmed",
    "queue": "no",
    "notes": "no",
    "read_from": "once",
    "read_to": "0000-01-01",
}


def test_each_parameter_has_a_bad_value_here(client, reader):
    assert set(WRONG) == set(ask(client).context["filter"].filters)


@pytest.mark.parametrize("name", WRONG)
def test_a_bad_value_is_told_beside_its_field_and_is_never_everything(client, reader, shelf, name):
    response = ask(client, **{name: WRONG[name]})

    assert response.status_code == 422
    assert response.context["listing"] is None
    errors = response.context["filter"].form.errors
    assert set(errors) == {name}
    assert errors[name][0] in words(response)
    assert "A tides" not in response.content.decode()


def test_one_bad_value_is_not_made_good_by_others(client, reader, shelf):
    good = {"tag": "moon", "tier": "5"}

    for name, value in WRONG.items():
        assert ask(client, **(good | {name: value})).status_code == 422


def test_the_page_of_filters_tells_what_is_wrong_as_well(client, reader, shelf):
    for name, value in WRONG.items():
        response = client.get(reverse("issue_filters"), {name: value})

        assert response.status_code == 422
        if name not in ("q", "sort"):
            assert response.context["filter"].form.errors[name][0] in words(response)


@pytest.mark.parametrize(
    ("asked", "field", "told"),
    [
        ({"date_from": "2024-02-01", "date_to": "2024-01-01"}, "date_to", "lies before"),
        ({"read_from": "2024-02-01", "read_to": "2024-01-01"}, "read_to", "lies before"),
        ({"tag": [f"tag-{number}" for number in range(21)]}, "tag", "up to 20"),
        ({"q": "a\0b"}, "q", "Null"),
        ({"tag": "a\0b"}, "tag", "There is no tag"),
        ({"minutes_max": "99999"}, "minutes_max", "up to 10000"),
        ({"words_max": "9" * 30}, "words_max", "up to"),
    ],
)
def test_what_makes_no_sense_together_or_is_too_much_is_told(client, reader, asked, field, told):
    response = ask(client, **asked)

    assert response.status_code == 422
    assert told in response.context["filter"].form.errors[field][0]


@pytest.mark.parametrize("name", ["publication", "tag", "tier", "state", "q", "sort", "date_from"])
def test_an_empty_value_asks_for_nothing(client, reader, shelf, name):
    response = ask(client, **{name: ""})

    assert len(shown(response)) == 3
    assert not response.context["is_anything"]


# Chips

CHOSEN = {
    "q": ["moon tides"],
    "publication": ["shoreline", "gallery"],
    "category": ["science"],
    "cluster": ["shoreline/the-sea", "none"],
    "tier": ["5", "none"],
    "tier_min": ["1"],
    "tag": ["moon", "sea"],
    "tag_all": ["moon"],
    "tag_not": ["wind"],
    "year": ["2024"],
    "date_from": ["2020-01-01"],
    "date_to": ["2025-01-01"],
    "minutes_max": ["0"],
    "words_max": ["5000"],
    "cited_min": ["1"],
    "link": ["yes"],
    "state": ["unread", "read"],
    "queue": ["yes"],
    "notes": ["yes"],
    "read_from": ["2020-01-01"],
    "read_to": ["2025-01-01"],
    "sort": ["title"],
}


def query_of(url):
    assert url.startswith("?")
    return parse_qs(urlsplit(url).query)


@pytest.mark.full
def test_each_choice_is_a_chip_and_each_chip_takes_back_just_that_choice(client, reader, shelf):
    tagged("wind")
    response = ask(client, **CHOSEN, after="a title.1")
    chips = response.context["chips"]
    choices = [
        (name, value) for name in CHOSEN if name not in ("q", "sort") for value in CHOSEN[name]
    ]
    assert len(chips) == len(choices)

    taken = []
    for chip in chips:
        left = query_of(chip.url)
        gone = [
            (name, value)
            for name, values in CHOSEN.items()
            for value in values
            if value not in left.get(name, [])
        ]
        assert len(gone) == 1
        taken += gone
        assert "after" not in left
        assert client.get(LIST + chip.url).status_code == 200
    assert sorted(taken) == sorted(choices)


def test_chips_taken_back_one_after_the_other_lead_to_the_whole_catalog(client, reader, shelf):
    response = ask(client, tag=["moon", "sea"], tier=["5"], state=["unread"], year=["2024"])

    for left in (4, 3, 2, 1, 0):
        chips = response.context["chips"]
        assert len(chips) == left + 1
        response = client.get(LIST + chips[0].url)

    assert response.context["chips"] == []
    assert len(shown(response)) == 3


def test_chips_are_named_as_readers_name_things(client, reader, shelf):
    response = ask(
        client, cluster="shoreline/the-sea", tier="5", state="read", link="no", tag="sea", q="x"
    )  # fmt: skip

    assert {chip.label for chip in response.context["chips"]} == {
        "The sea", "Landmark", "Read", "Without", response.context["filter"].chosen("tag")[0].label,
    }  # fmt: skip
    for chip in response.context["chips"]:
        assert chip.label in words(response)


def test_the_same_choice_twice_is_one_chip(client, reader, shelf):
    response = ask(client, tag=["moon", "moon"])

    (chip,) = response.context["chips"]
    assert "tag" not in query_of(f"{chip.url}&x=1")


# The address


def test_the_address_holds_everything(client, reader, shelf):
    response = ask(client, **CHOSEN)

    bound = response.context["filter"].form.data
    assert {name: bound.getlist(name) for name in bound} == CHOSEN
    assert response.context["text"] == "moon tides"
    assert query_of("?" + urlsplit(response.context["save_url"]).query) == CHOSEN
    assert dict(response.context["hidden"])["sort"] == "title"
    assert client.get(LIST).context["filter"].form.data == {}


def test_the_place_in_a_list_is_no_part_of_what_is_saved(client, reader):
    make_issue()

    response = ask(client, sort="oldest", after="2020-01-01.1")

    assert query_of("?" + urlsplit(response.context["save_url"]).query) == {"sort": ["oldest"]}


# Pages


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(pagination, "PAGE_SIZE", 3)


def chain(client, **asked) -> Iterator[list[str]]:
    """Follow a list to its end, page by page."""
    response = ask(client, **asked)
    yield shown(response)
    while place := response.context["listing"].page.next:
        response = ask(client, **asked, after=str(place))
        yield shown(response)


@pytest.mark.parametrize("where", [{}, {"tag": ["moon"]}, {"q": "issue"}, {"state": ["unread"]}])
@pytest.mark.parametrize("sort", ["", *SORTS])
def test_pages_chain_without_a_gap_or_an_issue_twice(client, reader, small_pages, sort, where):
    for number in range(8):
        # Each value but the id comes twice: what is equal is told apart all the same.
        tagged(
            "moon", title=f"Issue {number // 2}", date=on(number // 2), tier=4 + number // 4,
            words=[None, 100][number % 2], summary="",
        )  # fmt: skip

    pages = list(chain(client, sort=sort, **where))

    assert [len(page) for page in pages] == [3, 3, 2]
    whole = [title for page in pages for title in page]
    assert sorted(whole) == sorted(f"Issue {number // 2}" for number in range(8))
    if sort == "oldest":
        assert whole == sorted(whole)
    if sort == "newest":
        assert whole == sorted(whole, reverse=True)


@pytest.mark.parametrize("sort", ["recent", "newest"])
@pytest.mark.parametrize("state", ["read", "queued"])
def test_pages_of_what_the_reader_has_marked_chain_too(client, reader, small_pages, sort, state):
    if (sort, state) == ("recent", "queued"):
        pytest.skip("what is queued was not read")
    for number in range(8):
        issue = make_issue(title=f"Issue {number}", date=on(9 - number))
        at = PartialDate.parse(f"2024-06-0{1 + number // 2}")
        marking.mark(reader, [issue.pk], State(state), on=at)

    pages = list(chain(client, state=state, sort=sort))

    order = [f"Issue {number}" for number in range(8)]
    assert [title for page in pages for title in page] == (
        order[::-1] if sort == "recent" else order
    )


def test_what_is_read_last_comes_first_and_a_second_reading_moves_it(client, reader):
    for title, day in (("First", "2024-01-01"), ("Second", "2024-02-01")):
        marking.mark(reader, [make_issue(title=title).pk], State.READ, on=PartialDate.parse(day))
    make_issue(title="Unread")
    assert titles(client, sort="recent") == ["Second", "First"]

    again = Issue.objects.get(title="First")
    marking.add(reader, again.pk, PartialDate.parse("2024-03-01"))

    assert titles(client, sort="recent") == ["First", "Second"]
    assert titles(client, sort="recent", q="issue OR first OR second") == ["First", "Second"]


def test_what_was_read_on_no_known_day_comes_last_of_what_is_read(client, reader, small_pages):
    known = [None, "2024-01-01", None, "2019", "2024-02-01", None]
    for number, date in enumerate(known):
        issue = make_issue(title=f"Issue {number}")
        at = PartialDate.parse(date) if date else UNKNOWN
        marking.mark(reader, [issue.pk], State.READ, on=at)

    found = [title for page in chain(client, sort="recent") for title in page]

    assert found == [f"Issue {number}" for number in (4, 1, 3, 5, 2, 0)]
    assert titles(client, read_from="2000-01-01", sort="title") == ["Issue 1", "Issue 3", "Issue 4"]
    assert titles(client, read_to="2020-01-01") == ["Issue 3"]


@pytest.mark.parametrize(
    "after", ["", "x", "1", "2024-01-01", "2024-13-01.5", "2024-01-01.x", "2024-01-01.5.6",
              "2024-01-01.-5", "2024-01-01.9999999999999999999", "a.2024-01-01.5"],
)  # fmt: skip
@pytest.mark.parametrize("where", [{}, {"tag": "moon"}])
def test_no_place_in_the_list_is_a_404(client, reader, shelf, after, where):
    assert ask(client, after=after, **where).status_code == 404


@pytest.mark.parametrize("sort", ["relevance", "tier", "cited", "shortest", "title", "recent"])
@pytest.mark.parametrize("after", ["x", "2024-01-01.5", "5.5.5.5", "x.2024-01-01.5"])
def test_a_place_in_another_order_is_a_404(client, reader, shelf, sort, after):
    if sort == "title" and len(after.split(".")) == 2:
        pytest.skip("a title may be anything")
    if sort == "recent" and after == "2024-01-01.5":
        pytest.skip("a day and an id are a place in this order")

    assert ask(client, after=after, sort=sort, q="moon").status_code == 404


@pytest.mark.parametrize(
    ("sort", "after"),
    [
        ("newest", "0001-01-01.1"), ("newest", "9999-12-31.999999999999999999"),
        ("tier", "999999999999999999.2024-01-01.1"), ("cited", "999999999999999999.2024-01-01.1"),
        ("shortest", "999999999999999999.999999999999999999"), ("title", "zz\u00e9.1"),
        ("title", ".1"), ("relevance", "999999999999999999.2024-01-01.1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("where", [{}, {"q": "moons"}])
def test_a_place_beyond_all_places_is_a_place(client, reader, shelf, sort, after, where):
    asked = {"sort": sort} | where
    if sort == "relevance" and not where:
        asked["sort"], after = "newest", "0001-01-01.1"

    assert ask(client, after=after, **asked).status_code == 200


# Complaints, notices, suggestions


def test_what_of_a_search_could_not_be_taken_is_told(client, reader, shelf):
    response = ask(client, q="tides tier:9 tag:nowhere (")

    assert len(response.context["complaints"]) >= 3
    for complaint in response.context["complaints"]:
        assert complaint in words(response)


def test_a_misspelt_word_has_a_suggestion_that_keeps_the_filters(client, reader, shelf):
    response = ask(client, q="tidse", tag="moon")

    assert shown(response) == []
    suggestion = response.context["suggestion"]
    assert suggestion.text == "tides"
    assert query_of(suggestion.url) == {"q": ["tides"], "tag": ["moon"]}
    assert "tides" in words(response)
    assert titles(client, **query_of(suggestion.url)) == ["A tides"]


def test_where_something_is_found_nothing_is_suggested(client, reader, shelf):
    assert "suggestion" not in ask(client, q="tides").context
    assert "suggestion" not in ask(client, tag="sea", year="2019").context


def test_of_many_matches_the_newest_are_ranked_and_that_is_told(client, reader, monkeypatch):
    monkeypatch.setattr(listing, "MOST_RANKED", 2)
    monkeypatch.setattr(page, "MOST_RANKED", 2)
    for number in range(3):
        make_issue(title=f"Moon {number}", date=on(number))

    response = ask(client, q="moon")

    assert set(shown(response)) == {"Moon 1", "Moon 2"}
    (notice,) = response.context["notices"]
    assert "newest 2 matches are ranked" in notice
    assert notice in words(response)
    assert ask(client, q="moon", sort="newest").context["notices"] == []


def test_of_too_many_matches_the_newest_are_sorted_and_counted_and_that_is_told(
    client, reader, monkeypatch
):
    monkeypatch.setattr(listing, "MOST_SORTED", 2)
    monkeypatch.setattr(page, "MOST_SORTED", 2)
    monkeypatch.setattr(facets, "MOST_COUNTED", 2)
    for number in range(3):
        tagged("moon", title=f"Moon {number}", date=on(number))

    response = ask(client, q="moon", sort="title")

    assert shown(response) == ["Moon 1", "Moon 2"]
    (notice,) = response.context["notices"]
    assert "newest 2 matches are sorted" in notice
    assert total(response) == "2+"
    assert response.context["counted"].is_partial
    # The count of a single value is stored and known anyway.
    assert total(ask(client, tag="moon")) == "3"


def test_what_cannot_be_looked_through_in_time_is_told_and_the_filter_stays(
    client, reader, shelf, monkeypatch
):
    def too_broad(*args, **options):
        raise TooBroad

    monkeypatch.setattr(page, "list_issues", too_broad)

    response = ask(client, q="moon tag:nowhere", tag="moon")

    assert response.status_code == 200
    assert response.context["listing"] is None
    assert response.context["notices"][0] in words(response)
    assert response.context["complaints"]
    assert len(response.context["chips"]) == 1


def test_facets_that_cannot_be_counted_in_time_leave_the_list_alone(
    client, reader, shelf, monkeypatch
):
    def too_broad(*args, **options):
        raise TooBroad

    monkeypatch.setattr(page, "facet_block", too_broad)

    response = ask(client, tag="moon")

    assert shown(response) == ["A tides", "B moons"]
    assert response.context["counted"] is None


# Facets


def test_each_facet_counts_what_its_choices_would_leave_under_the_others(client, reader, shelf):
    response = ask(client, tag="moon", tier="5")

    assert total(response) == "1"
    assert counts(response, "tag") == {"moon": 1, "sea": 1}
    assert counts(response, "tier") == {"5": 1, "4": 1}
    assert counts(response, "publication") == {"shoreline": 1}


def test_facets_of_everything_are_counted_and_named(client, reader, shelf):
    response = ask(client)

    assert counts(response, "tier") == {"5": 1, "4": 1, "none": 1}
    assert counts(response, "publication") == {"shoreline": 2, "gallery": 1}
    assert counts(response, "category") == {"science": 2, "art": 1}
    assert counts(response, "cluster") == {"shoreline/the-sea": 1, "none": 2}
    assert counts(response, "tag") == {"moon": 2, "sea": 2}
    assert counts(response, "year") == {"2024": 2, "2023": 1}
    assert counts(response, "state") == {"unread": 3}


@pytest.mark.parametrize("asked", [{}, {"tier_min": "1"}])
def test_a_category_renamed_is_renamed_beside_the_list(client, reader, asked):
    issue = make_issue()
    ask(client, **asked)

    edit(issue.publication.category, name="Natural philosophy")

    block = ask(client, **asked).context["counted"]
    assert [
        row.choice.label for each in block.facets if each.name == "category" for row in each.rows
    ] == ["Natural philosophy"]


def test_an_edit_is_counted_at_once(client, reader, shelf):
    ask(client)

    edit(Issue.objects.get(title="A tides"), tier=4)

    assert counts(ask(client), "tier") == {"4": 2, "none": 1}


def counted(client, asked):
    block = ask(client, **asked).context["counted"]
    rows = [
        (facet.name, row.choice.value, row.count, row.is_chosen)
        for facet in block.facets
        for row in facet.rows
    ]
    return str(block.total), rows


@pytest.mark.full
def test_what_was_counted_for_one_filter_is_shown_for_no_other(client, desk, shelf, monkeypatch):
    monkeypatch.setattr(facets, "CHEAP", -1)
    tagged("wind", title="E wind")
    asked = [
        *(asked for asked, _ in FILTERS),
        *({name: values} for name, values in CHOSEN.items()),
        *({"state": state} for state in State),
        {"sort": "recent"},
        {"q": "sort:recent"},
        {"tag": "moon", "sort": "recent"},
        {"state": ["unread", "read"], "sort": "recent"},
        {"q": "lighthouse", "sort": "recent"},
        {"words_max": "0", "tag": "moon"},
        {"tag": "moon"},
        {"q": "lighthouse"},
        {"tag_all": "sea"},
        {"tag_not": "sea"},
        {"words_max": "460", "minutes_max": "0"},
        {"words_max": "460", "cited_min": "0"},
    ]
    fresh = []
    for each in asked:
        cache.clear()
        fresh.append(counted(client, each))

    cache.clear()
    assert [counted(client, each) for each in asked] == fresh
    assert [counted(client, each) for each in asked[::-1]] == fresh[::-1]
    assert [counted(client, each) for each in asked[::-1]] == fresh[::-1]


def test_what_was_counted_for_one_reader_is_shown_to_no_other(client, desk, monkeypatch):
    monkeypatch.setattr(facets, "CHEAP", -1)
    asked = [{}, {"state": "read"}, {"q": "lighthouse"}, {"notes": "yes"}, {"sort": "recent"}]
    before = [counted(client, each) for each in asked]
    other = make_user()
    writing.create_note(other, desk["queued"].pk, kind="note", body="On a lighthouse.")
    client.force_login(other)

    found = [counted(client, each) for each in asked]

    assert [total for total, _ in found] == ["4", "0", "1", "1", "0"]
    assert [total for total, _ in before] == ["4", "1", "1", "1", "1"]


def test_a_note_written_since_is_counted_under_the_same_search(client, desk, reader, monkeypatch):
    monkeypatch.setattr(facets, "CHEAP", -1)
    assert total(ask(client, q="lighthouse")) == "1"

    writing.create_note(reader, desk["queued"].pk, kind="note", body="Another lighthouse.")

    assert total(ask(client, q="lighthouse")) == "2"


# The reader's own


@pytest.fixture
def desk(reader):
    """One issue in each state, noted from the second on; another reader has them the other way."""
    made = {
        state: make_issue(title=f"{state} issue", date=on(number))
        for number, state in enumerate(State)
    }
    other = make_user(id=1_234_567)
    marking.add(reader, made[State.READING].pk, PartialDate.parse("2020-03"))
    for state, issue in made.items():
        marking.mark(reader, [issue.pk], state)
        marking.mark(other, [issue.pk], State.READ)
    writing.create_note(reader, made[State.READ].pk, kind="note", body="Remember the lighthouse.")
    writing.create_note(other, made[State.UNREAD].pk, kind="note", body="A secret lighthouse.")
    return made


@pytest.mark.parametrize("state", State)
def test_a_state_is_the_readers_own(client, desk, state):
    assert titles(client, state=state) == [f"{state} issue"]
    assert titles(client, q=f"state:{state}") == [f"{state} issue"]
    assert titles(client, state=state, sort="title") == [f"{state} issue"]
    assert titles(client, state=state, q="issue") == [f"{state} issue"]


@pytest.mark.parametrize(
    ("asked", "left"),
    [
        ({"state": ["unread", "read"]}, {"unread", "read"}),
        ({"state": ["queued", "reading"]}, {"queued", "reading"}),
        ({"state": list(State)}, set(State)),
        ({"q": "-state:read"}, {"unread", "queued", "reading"}),
        ({"q": "state:read state:unread"}, set()),
        ({"q": "state:read", "state": "unread"}, set()),
        ({"queue": "yes"}, {"queued"}),
        ({"queue": "yes", "state": "read"}, set()),
        ({"notes": "yes"}, {"read"}),
        ({"q": "has:note"}, {"read"}),
        ({"q": "-has:note"}, {"unread", "queued", "reading"}),
        ({"read_from": "2020-01-01"}, {"reading", "read"}),
        ({"read_to": "2020-12-31"}, {"reading"}),
        ({"read_from": "2021-01-01"}, {"read"}),
        ({"read_from": "2019-01-01", "read_to": "2019-12-31"}, set()),
        ({"sort": "recent"}, {"read"}),
        ({"q": "sort:recent"}, {"read"}),
        ({"sort": "recent", "state": "queued"}, set()),
    ],
)
def test_what_the_reader_did_is_asked_for_and_counted(client, desk, asked, left):
    response = ask(client, **asked)

    assert set(shown(response)) == {f"{state} issue" for state in left}
    assert total(response) == str(len(left))


def test_the_readers_own_facets_are_counted_under_the_others(client, desk):
    everything = ask(client)
    assert counts(everything, "state") == dict.fromkeys(State, 1)
    assert counts(everything, "queue") == {"yes": 1}
    assert counts(everything, "notes") == {"yes": 1}

    chosen = ask(client, state="read", notes="yes")
    assert counts(chosen, "state") == {"read": 1}
    assert counts(chosen, "notes") == {"yes": 1}
    assert counts(chosen, "queue") == {}

    searched = ask(client, q="queued", state="read")
    assert counts(searched, "state") == {"queued": 1, "read": 0}


def test_a_mark_and_a_note_are_counted_at_once(client, reader):
    issue = make_issue()
    ask(client)

    marking.mark(reader, [issue.pk], State.QUEUED)
    writing.create_note(reader, issue.pk, kind="note", body="x")

    response = ask(client)
    assert counts(response, "state") == {"queued": 1}
    assert counts(response, "queue") == counts(response, "notes") == {"yes": 1}


def test_an_issue_is_found_by_what_the_reader_noted_and_the_note_is_shown(client, desk):
    response = ask(client, q="lighthouse")

    assert shown(response) == ["read issue"]
    (issue,) = response.context["listing"].page.issues
    assert issue.note_excerpt == "Remember the <mark>lighthouse</mark>."
    assert "Remember the <mark>lighthouse</mark>." in response.content.decode()
    assert total(response) == "1"
    assert counts(response, "state") == {"read": 1}


def test_an_issue_is_found_by_what_it_and_its_note_say_together(client, desk):
    assert titles(client, q="read lighthouse") == ["read issue"]
    assert titles(client, q="queued lighthouse") == []
    assert titles(client, q='"remember the lighthouse"') == ["read issue"]
    assert titles(client, q="lighthouse", tier="5") == []


def test_a_note_is_found_by_the_beginning_of_a_word_that_only_it_has(client, desk):
    assert titles(client, q="lighth*") == ["read issue"]


def test_a_note_that_says_what_is_not_wanted_loses_the_issue(client, desk):
    assert set(titles(client, q="issue -lighthouse")) == {
        "unread issue", "queued issue", "reading issue",
    }  # fmt: skip


def test_a_deleted_note_finds_nothing_and_a_long_one_is_cut(client, reader):
    kept, dropped = make_issue(title="Kept"), make_issue(title="Dropped")
    writing.create_note(reader, kept.pk, kind="note", body=f"{'word ' * 99}lighthouse & <b>")
    note = writing.create_note(reader, dropped.pk, kind="note", body="lighthouse")
    writing.delete_note(reader, note.pk)

    response = ask(client, q="lighthouse")

    assert shown(response) == ["Kept"]
    (issue,) = response.context["listing"].page.issues
    assert issue.note_excerpt.startswith("…")
    assert issue.note_excerpt.endswith("<mark>lighthouse</mark> &amp; &lt;b&gt;")
    assert len(issue.note_excerpt) < 250


def test_a_quote_is_found_as_a_note_is(client, reader):
    issue = make_issue(title="Quoted")
    writing.create_note(reader, issue.pk, kind="quote", quote="The lighthouse stood.", body="Why?")

    assert titles(client, q="lighthouse") == ["Quoted"]
    assert titles(client, q="lighthouse why") == ["Quoted"]


# Data of other readers


def watched():
    return CaptureQueriesContext(connection)


ABOUT_NOTES = [
    {}, {"q": "lighthouse"}, {"q": "secret"}, {"q": "secr*"}, {"q": '"a secret lighthouse"'},
    {"q": "issue -secret"}, {"q": "has:note"}, {"q": "-has:note"}, {"notes": "yes"},
    {"notes": "yes", "q": "secret OR issue"}, {"q": "lighthouse", "sort": "title"},
    {"q": "secret", "state": "unread"}, {"state": "read"}, {"sort": "recent"},
    {"q": "sekret"},
]  # fmt: skip


@pytest.mark.parametrize("asked", ABOUT_NOTES, ids=[urlencode(each) for each in ABOUT_NOTES])
@pytest.mark.parametrize("address", [LIST, reverse("issue_filters")], ids=["list", "filters"])
def test_no_note_and_no_state_of_another_reader_is_ever_read(client, desk, reader, address, asked):
    with watched() as queries:
        response = client.get(address, asked)

    assert response.status_code == 200
    personal = [
        query["sql"]
        for query in queries
        if re.search("accounts_(note|reading|noteversion)", query["sql"])
    ]
    for sql in personal:
        tables = len(re.findall(r'(?:FROM|JOIN) "accounts_(?:note|reading|noteversion)"', sql))
        assert tables
        assert len(re.findall(r'"user_id" = 7654321\b', sql)) >= tables
        assert "1234567" not in sql
    assert "A secret lighthouse." not in words(response)


def test_what_another_noted_changes_no_result_no_count_and_no_suggestion(client, desk, reader):
    asked = [{}, *ABOUT_NOTES]

    def answers():
        cache.clear()
        found = []
        for each in asked:
            response = ask(client, **each)
            block = response.context["counted"]
            found.append((
                shown(response), response.context.get("suggestion"),
                [(row.choice.value, row.count) for each in block.facets for row in each.rows],
                str(block.total), words(response),
            ))  # fmt: skip
        return found

    before = answers()
    for issue in desk.values():
        make_note(user=make_user(), issue=issue, body="A secret lighthouse, sekret and unread.")

    assert answers() == before


# Who may come


def test_whoever_has_not_signed_in_is_led_to(client, shelf):
    response = ask(client, q="tides")

    assert response.status_code == 302
    assert "sign-in" in response["Location"]


def test_a_public_catalog_shows_anyone_issues_and_nobodys_states(client, public, shelf):
    response = ask(client)

    assert len(shown(response)) == 3
    assert counts(response, "tier") == {"5": 1, "4": 1, "none": 1}
    names = {facet.name for facet in response.context["counted"].facets}
    assert not names & {"state", "queue", "notes"}
    assert not set(response.context["filter"].filters) & {
        "state", "queue", "notes", "read_from", "read_to",
    }  # fmt: skip
    assert ("recent", "Recently read") not in response.context["sorts"]
    assert response.context["save_url"] == ""


@pytest.mark.parametrize(
    "q", ["state:read", "-state:unread tides", "has:note", "-has:note", "sort:recent"]
)
@pytest.mark.parametrize("address", [LIST, reverse("issue_filters")])
def test_a_public_search_for_what_is_personal_is_told_to_sign_in(client, public, shelf, q, address):
    response = client.get(address, {"q": q})

    assert response.status_code == 200
    complaints = response.context["filter"].complaints
    assert any("Sign in" in complaint for complaint in complaints)
    if address == LIST:
        assert response.context["complaints"] == complaints
        for complaint in complaints:
            assert complaint in words(response)


@pytest.mark.parametrize(
    "asked", [{"state": "read"}, {"queue": "yes"}, {"notes": "yes"}, {"read_from": "2024-01-01"}]
)
def test_a_readers_address_is_not_everything_to_a_stranger_without_a_word(
    client, public, shelf, asked
):
    response = ask(client, **asked)

    assert response.status_code == 422 or response.context["complaints"]


def test_an_order_that_only_readers_have_is_refused_to_others(client, public, shelf):
    assert ask(client, sort="recent").status_code == 422


def test_a_public_catalog_never_asks_for_anybodys_readings_or_notes(client, public, desk):
    client.logout()
    for asked in ABOUT_NOTES:
        if asked.get("sort") == "recent":
            continue
        with watched() as queries:
            response = ask(client, **asked)
        assert not [query for query in queries if "accounts_" in query["sql"]]
        assert "lighthouse" not in words(response) or "lighthouse" in asked.get("q", "")


def test_the_head_of_the_page_can_be_asked_for_and_nothing_can_be_sent(client, reader, shelf):
    for address in (LIST, reverse("issue_filters")):
        head = client.head(address, {"tag": "moon"})
        assert (head.status_code, head.content) == (200, b"")
        assert client.head(address, {"tag": "nowhere"}).status_code == 422
        for method in (client.post, client.put, client.patch, client.delete):
            assert method(address).status_code == 405


def test_to_look_writes_nothing(client, desk):
    for asked in ABOUT_NOTES:
        with watched() as queries:
            ask(client, **asked)
        assert not [
            query["sql"]
            for query in some(queries)
            if re.match("(INSERT|UPDATE|DELETE|REPLACE)", query["sql"])
        ]


# Queries

KINDS = {
    "plain": {},
    "filtered": {"tag": ["moon"], "tier_min": ["4"], "state": ["unread"]},
    "of one state": {"state": ["read"]},
    "searched": {"q": ["issue"], "sort": ["newest"]},
    "ranked": {"q": ["issue"]},
    "sorted": {"q": ["issue"], "tag": ["moon"], "sort": ["title"]},
    "asked in words": {"q": ["issue tag:moon in:shoreline cluster:sea iss*"]},
}


@pytest.fixture
def many(reader):
    def add(number):
        cluster = make_cluster(publication=home, title=f"The sea {number}")
        for each in range(number):
            issue = tagged("moon", "sea", publication=home, cluster=cluster, summary="An issue.")
            marking.mark(reader, [issue.pk], list(State)[each % 4])
            writing.create_note(reader, issue.pk, kind="note", body="On this issue.")
            other = tagged("moon", f"tag {each}", summary="Another issue.", cluster=make_cluster())
            writing.create_note(reader, other.pk, kind="note", body="On another issue.")

    home = make_publication(slug="shoreline")
    add(4)
    return add


def asked_of(client, asked, *, is_new=True):
    """Return what a page asks the database, but for who is signed in; `is_new` is nothing kept."""
    if is_new:
        cache.clear()
    with watched() as queries:
        response = client.get(LIST, asked)
    assert len(shown(response)) > 0
    return [
        query["sql"]
        for query in queries
        if not re.search(r'FROM "(django_session|accounts_user)"', query["sql"])
    ]


@pytest.mark.parametrize("asked", KINDS.values(), ids=KINDS.keys())
def test_a_page_asks_as_much_for_twice_as_many_issues(client, many, asked):
    before = asked_of(client, asked)

    many(4)

    after = asked_of(client, asked)
    assert len(after) == len(before), "\n\n".join(after)


ONE_QUERY_A_NAME = "asked in words"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != ONE_QUERY_A_NAME])
def test_a_list_asks_little_and_its_facets_little_more(client, many, monkeypatch, kind):
    asked = KINDS[kind]
    whole = asked_of(client, asked)
    again = asked_of(client, asked, is_new=False)

    def too_broad(*args, **options):
        raise TooBroad

    monkeypatch.setattr(page, "facet_block", too_broad)
    alone = asked_of(client, asked)

    assert len(alone) <= 6, "\n\n".join(alone)
    assert len(whole) <= 6 + 4, "\n\n".join(whole)
    # Counts and a reader's standings are kept until something is written.
    assert len(again) <= len(alone) + 4, "\n\n".join(again)


@pytest.mark.parametrize(
    "asked",
    [{"minutes_max": 9}, {"words_max": 2000}, {"q": "minutes:<10"}, {"q": "tide minutes:<10"},
     {"q": "tide", "minutes_max": 9}, {"minutes_max": 9, "sort": "shortest"}],
)  # fmt: skip
def test_the_issues_that_a_length_leaves_out_for_want_of_one_are_counted(client, reader, asked):
    make_issue(title="Short tide", words=230)
    make_issue(title="Long tide", words=230 * 50)
    make_issue(title="Tide of some length", words=None)
    found = ask(client, **asked)
    assert shown(found) == ["Short tide"]
    assert "1 issue whose length is not known is left out." in found.content.decode()

    make_issue(title="Another tide of some length", words=None)
    make_issue(title="An archived tide", words=None, archived_at=timezone.now())
    cache.clear()
    assert ask(client, **asked).context["notices"] == [
        "2 issues whose length is not known are left out."
    ]


def test_those_left_out_meet_all_that_is_asked_besides(client, reader):
    sea, moor = make_publication(slug="sea"), make_publication(slug="moor")
    for publication, tier, words in ((sea, 5, None), (sea, 4, None), (moor, 5, None), (sea, 5, 9)):
        make_issue(publication=publication, tier=tier, words=words)

    asked = ask(client, publication="sea", tier="5", minutes_max=5)
    assert asked.context["notices"] == ["1 issue whose length is not known is left out."]
    assert ask(client, publication="sea", tier="5").context["notices"] == []
    marking.mark(reader, [Issue.objects.get(tier=5, publication=sea, words=None).pk], State.READ)
    assert (
        ask(client, publication="sea", tier="5", minutes_max=5, state="unread").context["notices"]
        == []
    )


def test_where_they_cannot_be_counted_in_time_they_are_still_told_of(client, reader, monkeypatch):
    def too_broad(issues):
        raise TooBroad

    monkeypatch.setattr(page, "count_unmeasured", too_broad)

    assert ask(client, minutes_max=5).context["notices"] == [
        "Issues whose length is not known are left out."
    ]
