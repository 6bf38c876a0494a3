"""Results, counts and errors of filters, over a few issues that differ in all of it."""

from urllib.parse import urlencode, urlsplit

import pytest
from django.urls import reverse

from accounts.views import catalog as page
from catalog.models import Issue
from catalog.search.engine import TooBroad
from tests.accounts.views.catalog.rows import (
    CHOSEN,
    FILTERS,
    LIST,
    SORTS,
    ask,
    counts,
    edit,
    make_shelf,
    query_of,
    shown,
    tagged,
    titles,
    total,
    words,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shelf_rows(module_rows):
    with module_rows():
        make_shelf()


@pytest.fixture(autouse=True)
def shelf(shelf_rows):
    """The issues of `make_shelf`."""


@pytest.mark.parametrize(("asked", "left"), FILTERS, ids=[urlencode(f[0], True) for f in FILTERS])
def test_a_filter_leaves_what_it_asks_for_and_counts_it(client, reader, shelf, asked, left):
    response = ask(client, **asked)

    assert sorted(title[0] for title in shown(response)) == list(left)
    assert total(response) == str(len(left))


@pytest.mark.parametrize("where", [{}, {"category": ["art", "science"]}], ids=["all", "some"])
@pytest.mark.parametrize(("sort", "order"), SORTS.items())
def test_issues_stand_in_the_order_that_is_asked_for(client, reader, shelf, sort, order, where):
    assert [title[0] for title in titles(client, sort=sort, **where)] == list(order)
    assert [title[0] for title in titles(client, q=f"sort:{sort}", **where)] == list(order)


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


def test_the_address_holds_everything(client, reader, shelf):
    response = ask(client, **CHOSEN)

    bound = response.context["filter"].form.data
    assert {name: bound.getlist(name) for name in bound} == CHOSEN
    assert response.context["text"] == "moon tides"
    assert query_of("?" + urlsplit(response.context["save_url"]).query) == CHOSEN
    assert dict(response.context["hidden"])["sort"] == "title"
    assert client.get(LIST).context["filter"].form.data == {}


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


def test_an_edit_is_counted_at_once(client, reader, shelf):
    ask(client)

    edit(Issue.objects.get(title="A tides"), tier=4)

    assert counts(ask(client), "tier") == {"4": 2, "none": 1}


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


def test_the_head_of_the_page_can_be_asked_for_and_nothing_can_be_sent(client, reader, shelf):
    for address in (LIST, reverse("issue_filters")):
        head = client.head(address, {"tag": "moon"})
        assert (head.status_code, head.content) == (200, b"")
        assert client.head(address, {"tag": "nowhere"}).status_code == 422
        for method in (client.post, client.put, client.patch, client.delete):
            assert method(address).status_code == 405
