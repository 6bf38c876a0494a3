"""The queue through the API."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Act, Reading, State
from accounts.reading import marking
from tests.api import is_problem
from tests.factories import make_cluster, make_issue, make_reading

pytestmark = pytest.mark.django_db


@pytest.fixture
def ids(user):
    made = [make_issue().pk for _ in range(5)]
    marking.mark(user, made, State.QUEUED)
    return made


def queue(api):
    return [each["issue"]["id"] for each in api.get("queue").json()["results"]]


def test_it_stands_in_the_readers_own_order_with_its_issues(api, user, ids):
    marking.move(user, ids[4], "top")

    found = api.get("queue?count=exact").json()

    assert [each["issue"]["id"] for each in found["results"]] == [ids[4], *ids[:4]]
    first = found["results"][0]
    assert first["reading"] == Reading.objects.get(issue=ids[4]).pk
    assert first["queued_on"] == user.local_date().isoformat()
    assert first["issue"]["summary"]
    assert found["count"] == 5


def test_all_of_it_is_put_in_an_order(api, ids):
    found = api.put("queue", {"issues": ids[::-1]}).json()

    assert queue(api) == ids[::-1]
    assert (found["act"], found["passed_over"]) == (Act.objects.first().pk, [])


def test_the_same_order_again_changes_nothing(api, user, ids):
    api.put("queue", {"issues": ids[::-1]})
    acts = Act.objects.count()

    found = api.put("queue", {"issues": ids[::-1]}).json()

    assert found == {"act": None, "changed": [], "passed_over": []}
    assert (queue(api), Act.objects.count()) == (ids[::-1], acts)


def test_those_named_share_their_places_and_what_is_not_named_keeps_its_own(api, ids):
    api.put("queue", {"issues": [ids[4], ids[2], ids[0]]})

    assert queue(api) == [ids[4], ids[1], ids[2], ids[3], ids[0]]


def test_what_is_not_in_the_queue_is_passed_over_and_told(api, user, ids):
    read = make_reading(user=user).issue_id

    found = api.put("queue", {"issues": [ids[1], read, 999_999, ids[0]]}).json()

    assert found["passed_over"] == [read, 999_999]
    assert queue(api) == [ids[1], ids[0], *ids[2:]]


@pytest.mark.parametrize(
    ("issues", "field"),
    [("x", "issues"), ([True], "issues.0"), (["1"], "issues.0"), ([1.0], "issues.0"),
     ([-1], "issues.0"), ([1, 2**63], "issues.1"), ([7, 8, 7], "issues.2"),
     ([1] * 5001, "issues"), (None, "issues")],
)  # fmt: skip
def test_an_order_that_cannot_be_is_refused(api, ids, issues, field):
    response = api.put("queue", {"issues": issues})

    assert is_problem(response, 422)
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert queue(api) == ids


def test_an_order_can_be_undone(api, ids):
    act = api.put("queue", {"issues": ids[::-1]}).json()["act"]

    api.post(f"history/{act}/undo")

    assert queue(api) == ids


@pytest.mark.parametrize(
    ("to", "order"), [("up", "02134"), ("down", "01324"), ("top", "20134"), ("bottom", "01342")]
)
def test_one_is_moved(api, ids, to, order):
    found = api.post("queue/move", {"issue": ids[2], "to": to}).json()

    assert found["act"]
    assert queue(api) == [ids[int(number)] for number in order]


@pytest.mark.parametrize(
    ("issue", "place", "order"),
    [(4, 1, "40123"), (4, 2, "04123"), (3, 2, "03124"), (0, 4, "12304"), (0, 5, "12340"),
     (1, 900, "02341"), (2, 2, "02134"), (2, 4, "01324")],
)  # fmt: skip
def test_one_is_moved_to_a_place(api, ids, issue, place, order):
    found = api.post("queue/move", {"issue": ids[issue], "place": place}).json()

    assert queue(api) == [ids[int(number)] for number in order]
    api.post(f"history/{found['act']}/undo")
    assert queue(api) == ids


def test_moved_to_where_it_is_nothing_changes(api, ids):
    asked = {"issue": ids[2], "place": 3}

    assert api.post("queue/move", asked).json() == {"act": None, "changed": []}


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"place": 0}, "place"), ({"place": -1}, "place"), ({"place": "2"}, "place"),
     ({"place": 1, "to": "top"}, "to"), ({}, "to")],
)  # fmt: skip
def test_a_move_that_cannot_be_is_refused(api, ids, asked, field):
    response = api.post("queue/move", {"issue": ids[2]} | asked)

    assert is_problem(response, 422)
    assert [error["field"] for error in response.json()["errors"]] == [field]
    assert queue(api) == ids


def test_what_is_not_in_the_queue_does_not_move(api, ids):
    asked = {"issue": make_issue().pk, "to": "top"}

    assert api.post("queue/move", asked).json() == {"act": None, "changed": []}
    assert is_problem(api.post("queue/move", {"issue": ids[0], "to": "sideways"}), 422)


def test_what_is_unread_of_a_cluster_is_queued_in_the_curators_order(api, user):
    cluster = make_cluster()
    last, first = (make_issue(cluster=cluster, position=at, tier=5) for at in (2, 1))
    rest = make_issue(cluster=cluster, position=3, tier=1)
    make_reading(user=user, issue=make_issue(cluster=cluster, position=0))

    api.post("queue/cluster", {"cluster": cluster.pk, "keepers_only": True})
    assert queue(api) == [first.pk, last.pk]

    found = api.post("queue/cluster", {"cluster": cluster.pk}).json()
    assert (found["changed"], queue(api)) == ([rest.pk], [first.pk, last.pk, rest.pk])
    again = api.post("queue/cluster", {"cluster": cluster.pk}).json()
    assert again == {"act": None, "changed": []}


def test_a_cluster_that_there_is_not_is_refused(api):
    assert is_problem(api.post("queue/cluster", {"cluster": 999_999}), 422)


def test_a_long_queue_goes_on_where_it_ended_even_before_the_first_place(api, user):
    home = make_cluster()
    ids = [make_issue(cluster=home).pk for _ in range(60)]
    marking.mark(user, ids, State.QUEUED)
    # Each goes before all others, to a place below nought.
    for pk in ids[:53]:
        marking.move(user, pk, "top")

    first = api.get("queue").json()
    last = api.get(first["next"].partition("/api/v1/")[2]).json()

    shown = [each["issue"]["id"] for each in first["results"] + last["results"]]
    assert shown == [*ids[:53][::-1], *ids[53:]]
    assert last["next"] is None


def test_a_queue_of_fifty_takes_as_many_queries_as_one_of_five(api, user):
    counted = []
    api.get("queue")
    for number in (5, 45):
        made = [make_issue(cluster=make_cluster()).pk for _ in range(number)]
        marking.mark(user, made, State.QUEUED)
        with CaptureQueriesContext(connection) as queries:
            assert api.get("queue").status_code == 200
        counted.append(len(queries))

    assert counted[0] == counted[1] <= 10
