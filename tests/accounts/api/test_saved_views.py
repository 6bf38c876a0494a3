"""Saved views through the API."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.browsing import saved_views
from accounts.models import SavedView, State
from catalog.search.engine import TooBroad
from tests.api import is_problem
from tests.factories import make_issue, make_reading, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def view(user):
    return SavedView.objects.create(user=user, name="Landmarks", query="tier=5")


def test_a_view_is_saved_counted_and_listed(api, user):
    make_issue(tier=5)

    response = api.post("views", {"name": " To  read ", "query": "tier=5&sort=&state=unread"})

    view = SavedView.objects.get(user=user)
    found = response.json()
    assert (response.status_code, found["name"], found["query"]) == (
        201, "To read", "state=unread&tier=5",
    )  # fmt: skip
    assert response["Location"] == f"http://testserver/api/v1/views/{view.pk}"
    assert (found["count"], found["is_usable"]) == ({"number": 1, "is_capped": False}, True)
    assert api.get(f"views/{view.pk}").json() == found
    assert [each["id"] for each in api.get("views").json()["results"]] == [view.pk]
    assert api.client.get(found["issues"], headers=api.headers).json()["results"]


def test_counts_come_with_the_list_when_they_are_asked_for(api, view):
    make_issue(tier=5)

    assert "count" not in api.get("views").json()["results"][0]
    counted = api.get("views?counts=yes").json()["results"][0]
    assert counted["count"] == {"number": 1, "is_capped": False}


def test_a_view_that_cannot_be_counted_in_time_says_so_and_is_asked_again(api, view, monkeypatch):
    def too_broad(*_):
        raise TooBroad

    monkeypatch.setattr(saved_views, "count_issues", too_broad)

    for address in (f"views/{view.pk}", "views?counts=yes"):
        response = api.get(address)
        assert '"count":null' in response.content.decode()
        assert "ETag" not in response


def test_of_a_view_what_is_given_is_changed_and_the_rest_stays(api, view):
    found = api.patch(f"views/{view.pk}", {"is_pinned": True}).json()
    assert (found["name"], found["query"], found["is_pinned"]) == ("Landmarks", "tier=5", True)

    found = api.patch(f"views/{view.pk}", {"name": "Keepers", "query": "tier_min=4"}).json()
    assert (found["name"], found["query"], found["is_pinned"]) == ("Keepers", "tier_min=4", True)


def test_the_same_change_again_changes_nothing(api, user, view):
    api.patch(f"views/{view.pk}", {"name": "Keepers"})
    user.refresh_from_db()
    version = user.version

    assert api.patch(f"views/{view.pk}", {"name": "Keepers"}).status_code == 200
    user.refresh_from_db()
    assert user.version == version


def test_a_view_is_deleted_once(api, view):
    assert api.delete(f"views/{view.pk}").status_code == 204
    assert is_problem(api.delete(f"views/{view.pk}"), 404)
    assert SavedView.objects.count() == 0


def test_what_is_saved_renamed_or_deleted_is_sent_anew(api, view):
    """Views are part of what a reader writes, and so of every ETag."""
    for write in (
        lambda: api.post("views", {"name": "More", "query": "tier=4"}),
        lambda: api.patch(f"views/{view.pk}", {"name": "Keepers"}),
        lambda: api.delete(f"views/{view.pk}"),
    ):
        etag = api.get("views")["ETag"]
        write()
        assert api.get("views", If_None_Match=etag).status_code == 200


def test_a_name_that_is_taken_is_refused(api, user, view):
    other = SavedView.objects.create(user=user, name="Other", query="")

    for response in (
        api.post("views", {"name": "Landmarks", "query": ""}),
        api.patch(f"views/{other.pk}", {"name": "Landmarks"}),
    ):
        assert is_problem(response, 409)
        assert response.json()["errors"][0]["field"] == "name"
    assert SavedView.objects.filter(name="Landmarks").count() == 1


def test_another_reader_may_have_the_same_name(api, user):
    SavedView.objects.create(user=make_user(), name="Landmarks", query="")

    assert api.post("views", {"name": "Landmarks", "query": ""}).status_code == 201


@pytest.mark.parametrize("limit", ["MOST_VIEWS", "MOST_PINNED"])
def test_one_too_many_is_refused(api, view, monkeypatch, limit):
    monkeypatch.setattr(saved_views, limit, 1)
    SavedView.objects.update(is_pinned=True)

    response = api.post("views", {"name": "More", "query": "", "is_pinned": True})

    assert is_problem(response, 409)
    assert SavedView.objects.count() == 1


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "a\x07b"}, "name"),
        ({"name": 5}, "name"),
        ({"is_pinned": "yes"}, "is_pinned"),
        ({"query": "tier=9"}, "query"),
        ({"query": "nope=1"}, "query"),
        ({"query": "q=%00"}, "query"),
        ({"query": "publication=nowhere"}, "query"),
        ({"query": "q=" + "x" * 2001}, "query"),
        ({"query": 5}, "query"),
        ({"query": None}, "query"),
    ],
)
def test_what_cannot_be_a_view_is_refused_by_field(api, view, asked, field):
    created = api.post("views", {"name": "New", "query": "tier=5"} | asked)
    changed = api.patch(f"views/{view.pk}", asked)

    for response in (created, changed):
        assert is_problem(response, 422)
        assert {error["field"] for error in response.json()["errors"]} == {field}
    view.refresh_from_db()
    assert (SavedView.objects.count(), view.name, view.query) == (1, "Landmarks", "tier=5")


def test_a_filter_of_a_thousand_fields_is_no_error_of_the_room(api):
    query = "&".join(f"tag=t{number}" for number in range(2000))

    assert api.post("views", {"name": "New", "query": query}).status_code in (413, 422)


def test_the_next_to_read_is_the_first_that_has_not_been_read(api, user, view):
    older, newer = make_issue(tier=5, date="2020-01-01"), make_issue(tier=5, date="2021-01-01")

    found = api.get(f"views/{view.pk}/next").json()["issue"]
    assert (found["id"], found["state"]) == (newer.pk, "unread")

    make_reading(user=user, issue=newer)
    # The reader's version moves on with a write; a row of a test does not move it.
    user.version += 1
    user.save()
    assert api.get(f"views/{view.pk}/next").json()["issue"]["id"] == older.pk
    make_reading(user=user, issue=older, state=State.READ)
    assert api.get(f"views/{view.pk}/next").json() == {"issue": None}


def test_a_view_that_asks_for_what_is_gone_says_so(api, user):
    view = SavedView.objects.create(user=user, name="Gone", query="publication=nowhere")

    assert is_problem(api.get(f"views/{view.pk}/next"), 409)
    assert api.get(f"views/{view.pk}").json()["is_usable"] is False


def test_what_takes_too_long_says_so(api, view, monkeypatch):
    def too_broad(*_):
        raise TooBroad

    monkeypatch.setattr(saved_views, "list_issues", too_broad)

    assert is_problem(api.get(f"views/{view.pk}/next"), 503)


def test_a_list_twice_as_long_takes_as_many_queries(api, user):
    counted = []
    api.get("views")
    for number in (3, 30):
        for index in range(number):
            SavedView.objects.create(user=user, name=f"View {number}.{index}", query="tier=5")
        with CaptureQueriesContext(connection) as queries:
            assert api.get("views").status_code == 200
        counted.append(len(queries))

    assert counted[0] == counted[1] <= 5
