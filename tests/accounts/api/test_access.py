"""Every address of the reader's half, by what it is given; who may ask is the matrix's to tell."""

from typing import Any, NamedTuple

import pytest
from django.urls import get_resolver

from accounts.models import Reading, SavedView, State
from accounts.notes import writing
from accounts.reading import marking
from tests.api import Api, ask_route, filled, is_problem
from tests.factories import make_cluster, make_issue, make_note, make_user
from tests.nonempty import some

pytestmark = pytest.mark.django_db

HOSTILE_IDS = [
    "0", "-1", "1.5", "x", "９", "99999999999999999999", "9223372036854775808", "%00", "%ED%A0%80",
]  # fmt: skip
HOSTILE_VALUES = [
    None, True, 2**63, -1, 1.5, 1e300, "", "x", "\0", "0000", "0000-01-01", "9999-99-99", "2024-13",
    [], [None], {}, {"a": 1}, "x" * 5000,
]  # fmt: skip
UNREADABLE = [
    "", "{", "[]", "1", '"x"', "null", "NaN", '{"a": NaN}', "[" * 5000, '{"a":' * 5000,
    '{"state": "\\ud800"}', '{"\\ud800": 1}', '{"a": 1, "a": 1}', '{"a": ' + "9" * 400 + "}",
]  # fmt: skip


class Route(NamedTuple):
    """The expected responses of one endpoint to its reader."""

    method: str
    address: str
    body: Any = None
    status: int = 200
    scope: str = ""

    @property
    def needs(self):
        return self.scope or ("read" if self.method == "GET" else "write")


MARKS = {"marks": [{"issue": "{issue}", "state": "read", "on": "2024"}]}
ROUTES = {
    "issue_reading": Route("GET", "issues/{issue}/reading"),
    "issue_reading_set": Route("PUT", "issues/{issue}/reading", {"state": "read", "on": "2024-03"}),
    "issue_reading_clear": Route("DELETE", "issues/{issue}/reading"),
    "issue_readings_list": Route("GET", "issues/{issue}/readings"),
    "issue_readings_add": Route("POST", "issues/{issue}/readings", {"on": "2019"}, 201),
    "readings_list": Route("GET", "readings"),
    "readings_bulk": Route("POST", "readings/bulk", MARKS),
    "reading": Route("GET", "readings/{reading}"),
    "reading_change": Route("PATCH", "readings/{reading}", {"read_on": "2020"}),
    "reading_drop": Route("DELETE", "readings/{reading}"),
    "history_list": Route("GET", "history"),
    "history_act": Route("GET", "history/{act}"),
    "history_undo": Route("POST", "history/{act}/undo"),
    "queue_list": Route("GET", "queue"),
    "queue_arrange": Route("PUT", "queue", {"issues": ["{issue}"]}),
    "queue_move": Route("POST", "queue/move", {"issue": "{issue}", "to": "top"}),
    "queue_cluster": Route("POST", "queue/cluster", {"cluster": "{cluster}", "keepers_only": True}),
    "notes_list": Route("GET", "notes", scope="notes"),
    "note_create": Route("POST", "notes", {"issue": "{issue}", "kind": "note", "body": "x",
                                           "quote": ""}, 201, "notes"),
    "notes_deleted_list": Route("GET", "notes/deleted", scope="notes"),
    "note": Route("GET", "notes/{note}", scope="notes"),
    "note_change": Route("PATCH", "notes/{note}", {"body": "y"}, scope="notes"),
    "note_delete": Route("DELETE", "notes/{note}", None, 204, "notes"),
    "note_history": Route("GET", "notes/{note}/history", scope="notes"),
    "note_restore": Route("POST", "notes/{note}/restore", {"version": 1}, scope="notes"),
    "views_list": Route("GET", "views"),
    "view_create": Route("POST", "views", {"name": "New", "query": "tier=5", "is_pinned": True},
                         201),
    "view": Route("GET", "views/{view}"),
    "view_change": Route("PATCH", "views/{view}", {"name": "Renamed"}),
    "view_delete": Route("DELETE", "views/{view}", None, 204),
    "view_next": Route("GET", "views/{view}/next"),
    "progress": Route("GET", "progress"),
    "progress_coverage": Route("GET", "progress/coverage?publication={publication}"),
    "progress_year": Route("GET", "progress/2024"),
    "changes": Route("GET", "changes"),
    "changes_seen": Route("PUT", "changes/seen", {"batch": 0}),
    "me": Route("GET", "me"),
    "me_change": Route("PATCH", "me", {"time_zone": "Asia/Tokyo"}),
    "export": Route("GET", "export"),
}  # fmt: skip
MODULES = ["readings", "history", "queue", "notes", "saved_views", "progress", "changes", "me"]
TAKING = [name for name, route in ROUTES.items() if route.body is not None]


@pytest.fixture
def world(user):
    cluster = make_cluster()
    issue, read = make_issue(cluster=cluster), make_issue(cluster=cluster)
    act = marking.mark(user, [read.pk], State.READ).act
    note = make_note(user=user, issue=issue, body="First")
    writing.edit_note(user, note.pk, 1, kind="note", body="Second")
    return {
        "issue": issue.pk,
        "cluster": cluster.pk,
        "publication": cluster.publication.slug,
        "reading": Reading.objects.get().pk,
        "act": act.pk,
        "note": note.pk,
        "view": SavedView.objects.create(user=user, name="Landmarks", query="tier=5").pk,
    }


def ask(api, name, world, body=None, **headers):
    return ask_route(api, ROUTES[name], world, body, **headers)


def test_every_operation_of_this_half_is_here():
    """Endpoints of the catalog and of curators have their own tests."""
    ours = {
        pattern.lookup_str: set(pattern.callback.view_class.http_method_names)
        & {name for name in vars(pattern.callback.view_class) if name.islower()}
        for resolver in get_resolver().url_patterns
        if getattr(resolver, "namespace", "") == "api"
        for pattern in resolver.url_patterns
        if pattern.lookup_str.split(".")[:3] in [["accounts", "api", name] for name in MODULES]
    }

    assert sum(map(len, ours.values())) == len(ROUTES)


@pytest.mark.parametrize("name", ROUTES)
def test_a_session_of_a_browser_may_read_and_needs_its_token_to_write(user, world, name):
    api = Api()
    api.client.force_login(user)
    api.client.handler.enforce_csrf_checks = True

    response = ask(api, name, world)

    expected = ROUTES[name].status if ROUTES[name].method == "GET" else 403
    assert response.status_code == expected


@pytest.mark.parametrize("name", ROUTES)
def test_a_parameter_that_there_is_not_is_refused_by_name(api, world, name):
    route = ROUTES[name]
    address = route.address.format(**world)
    sign = "&" if "?" in address else "?"

    response = api.ask(
        route.method, f"{address}{sign}nope=1", filled(route.body, world), If_Match="*"
    )

    assert is_problem(response, 422)
    assert [error["parameter"] for error in response.json()["errors"]] == ["nope"]


@pytest.mark.parametrize("name", TAKING)
def test_a_field_that_there_is_not_is_refused_by_name(api, world, name):
    before = Reading.objects.count()

    response = ask(api, name, world, filled(ROUTES[name].body, world) | {"nope": 1})

    assert is_problem(response, 422)
    assert "nope" in [error["field"] for error in response.json()["errors"]]
    assert Reading.objects.count() == before


@pytest.mark.parametrize("name", TAKING)
def test_a_body_that_cannot_be_read_is_no_error_of_the_room(api, world, name):
    for text in UNREADABLE:
        response = ask(api, name, world, text)
        assert response.status_code in (400, 422) or (text == "" and response.status_code == 200)


@pytest.mark.parametrize("name", TAKING)
def test_whatever_a_field_is_given_is_taken_or_refused(api, world, name):
    for field in some(ROUTES[name].body):
        for value in HOSTILE_VALUES:
            body = filled(ROUTES[name].body, world) | {field: value}
            assert ask(api, name, world, body).status_code < 500


@pytest.mark.parametrize(
    "address",
    ["issues/{}/reading", "issues/{}/readings", "readings/{}", "history/{}", "notes/{}",
     "notes/{}/history", "views/{}", "views/{}/next", "progress/{}"],
)  # fmt: skip
def test_an_id_that_there_is_not_is_not_found(api, address):
    for key in HOSTILE_IDS:
        assert is_problem(api.get(address.format(key)), 404)


@pytest.mark.parametrize(
    "query",
    ["readings?state=unread", "readings?publication=nowhere", "readings?issue=x",
     "readings?read_from=2024", "readings?read_from=0000-01-01", "readings?read_to=9999-99-99",
     "readings?read_from=2024-02-01&read_to=2024-01-01", "readings?issue=9223372036854775808",
     "readings?after=x", "readings?after=-1", "readings?count=all", "readings?publication=%00",
     "readings?issue=1&issue=2", "readings?read_from=01/02/2024",
     "history?after=9223372036854775808",
     "queue?after=1", "queue?after=1.99999999999999999999", "queue?after=-9223372036854775809.1",
     "notes?kind=poem", "notes?publication=nowhere", "notes?tag=nothing", "notes?cluster=x",
     "notes?cluster=99999999999999999999", "notes?issue=x", "notes?q=%00", "notes?after=x",
     "views?counts=1", "changes?since=-1", "changes?since=x", "changes?since=9223372036854775808",
     "progress/coverage", "progress/coverage?publication=nowhere", "notes?q=" + "x" * 201],
)  # fmt: skip
def test_a_parameter_that_cannot_be_is_refused_by_name(api, query):
    response = api.get(query)

    assert is_problem(response, 422)
    named = {error["parameter"] for error in response.json()["errors"]}
    assert named <= {pair.partition("=")[0] for pair in query.partition("?")[2].split("&")} | {
        "publication"
    }


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.method == "GET"])
def test_what_still_stands_is_not_sent_again(api, user, world, name):
    first = ask(api, name, world)
    assert first["ETag"]
    assert first["Cache-Control"] == "private, no-cache"

    again = ask(api, name, world, If_None_Match=first["ETag"])

    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]


@pytest.mark.parametrize(
    "name",
    [name for name, route in ROUTES.items()
     if route.method == "GET" and not route.address.startswith("notes/")],
)  # fmt: skip
def test_what_has_moved_on_is_sent_anew(api, user, world, name):
    first = ask(api, name, world)
    marking.mark(user, [make_issue().pk], State.QUEUED)

    again = ask(api, name, world, If_None_Match=first["ETag"])

    # Who one is does not go by what is marked, but for the number of writes.
    assert again.status_code == 200
    assert again["ETag"] != first["ETag"]


def test_one_readers_etag_says_nothing_to_another(api, world):
    other = Api(make_user())
    etag = api.get("progress")["ETag"]

    assert other.get("progress", If_None_Match=etag).status_code == 200
