"""The reader's own data on the catalog page: states, queue and notes, and nobody else's."""

import re
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.urls import reverse

from accounts.models import State, User
from tests.accounts.views.catalog.rows import (
    LIST,
    READER_ID,
    ask,
    counts,
    make_desk,
    shown,
    titles,
    total,
    watched,
    words,
)
from tests.factories import make_note, make_user
from tests.nonempty import some

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def desk_rows(module_rows):
    with module_rows():
        return make_desk(make_user(id=READER_ID))


@pytest.fixture
def reader(client, desk_rows):
    user = User.objects.get(pk=READER_ID)
    client.force_login(user)
    return user


@pytest.fixture
def desk(reader, desk_rows):
    """One issue in each state, by `make_desk`."""
    return desk_rows


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


def test_a_public_catalog_never_asks_for_anybodys_readings_or_notes(client, public, desk):
    client.logout()
    for asked in ABOUT_NOTES:
        if asked.get("sort") == "recent":
            continue
        with watched() as queries:
            response = ask(client, **asked)
        assert not [query for query in queries if "accounts_" in query["sql"]]
        assert "lighthouse" not in words(response) or "lighthouse" in asked.get("q", "")


def test_to_look_writes_nothing(client, desk):
    for asked in ABOUT_NOTES:
        with watched() as queries:
            ask(client, **asked)
        assert not [
            query["sql"]
            for query in some(queries)
            if re.match("(INSERT|UPDATE|DELETE|REPLACE)", query["sql"])
        ]
