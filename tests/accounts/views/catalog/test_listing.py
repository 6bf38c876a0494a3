"""The catalog page: hits, messages, counts and what is cached."""

from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.utils import timezone

from accounts.models import State
from accounts.notes import writing
from accounts.reading import marking
from accounts.views import catalog as page
from catalog.browsing import facets, listing
from catalog.models import Issue
from catalog.search.engine import TooBroad
from tests.accounts.views.catalog.rows import (
    CHOSEN,
    FILTERS,
    ask,
    counts,
    edit,
    make_desk,
    make_shelf,
    on,
    query_of,
    shown,
    tagged,
    titles,
    total,
    words,
)
from tests.factories import make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf():
    make_shelf()


@pytest.fixture
def desk(reader):
    return make_desk(reader)


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


def test_what_has_left_the_catalog_is_not_shown(client, reader):
    issue = make_issue(title="Tides")
    edit(issue, archived_at=timezone.now())

    response = ask(client)

    assert shown(response) == []
    assert total(response) == "0"


def test_the_place_in_a_list_is_no_part_of_what_is_saved(client, reader):
    make_issue()

    response = ask(client, sort="oldest", after="2020-01-01.1")

    assert query_of("?" + urlsplit(response.context["save_url"]).query) == {"sort": ["oldest"]}


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


@pytest.mark.parametrize("asked", [{}, {"tier_min": "1"}])
def test_a_category_renamed_is_renamed_beside_the_list(client, reader, asked):
    issue = make_issue()
    ask(client, **asked)

    edit(issue.publication.category, name="Natural philosophy")

    block = ask(client, **asked).context["counted"]
    assert [
        row.choice.label for each in block.facets if each.name == "category" for row in each.rows
    ] == ["Natural philosophy"]


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


def test_a_mark_and_a_note_are_counted_at_once(client, reader):
    issue = make_issue()
    ask(client)

    marking.mark(reader, [issue.pk], State.QUEUED)
    writing.create_note(reader, issue.pk, kind="note", body="x")

    response = ask(client)
    assert counts(response, "state") == {"queued": 1}
    assert counts(response, "queue") == counts(response, "notes") == {"yes": 1}


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
    for publication, tier, length in ((sea, 5, None), (sea, 4, None), (moor, 5, None), (sea, 5, 9)):
        make_issue(publication=publication, tier=tier, words=length)

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
