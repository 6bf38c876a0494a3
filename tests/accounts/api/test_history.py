"""The history of reading actions, and undo."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Act, Reading, State
from accounts.reading import marking
from tests.api import is_problem
from tests.factories import make_cluster, make_issue, make_user

pytestmark = pytest.mark.django_db


def test_what_was_done_is_listed_with_the_latest_first(api, user):
    issue = make_issue()
    first = marking.mark(user, [issue.pk], State.QUEUED).act
    last = marking.mark(user, [issue.pk], State.READ).act

    found = api.get("history?count=exact").json()

    assert [each["id"] for each in found["results"]] == [last.pk, first.pk]
    assert found["count"] == 2
    told = found["results"][0]["events"]
    assert [(each["before"], each["after"]) for each in told] == [("queued", "read")]
    assert told[0]["about"]["title"] == issue.title


def test_of_many_issues_a_list_shows_five_and_the_act_all(api, user):
    act = marking.mark(user, [make_issue().pk for _ in range(7)], State.READ).act

    listed = api.get("history").json()["results"][0]
    whole = api.get(f"history/{act.pk}").json()

    assert (len(listed["events"]), listed["event_count"]) == (5, 7)
    assert len(whole["events"]) == 7


def test_an_undo_brings_back_what_stood_and_can_be_undone(api, user):
    issue = make_issue()
    act = marking.mark(user, [issue.pk], State.READ).act

    undone = api.post(f"history/{act.pk}/undo").json()
    assert (undone["changed"], Reading.objects.count()) == ([issue.pk], 0)

    api.post(f"history/{undone['act']}/undo")
    assert Reading.objects.get().state == State.READ
    shown = {each["id"]: each for each in api.get("history").json()["results"]}
    assert shown[act.pk]["undone_by"] == undone["act"]
    assert shown[undone["act"]]["undoes"] == act.pk


def test_an_undo_twice_is_one(api, user):
    act = marking.mark(user, [make_issue().pk], State.READ).act
    api.post(f"history/{act.pk}/undo")

    again = api.post(f"history/{act.pk}/undo")

    assert (again.status_code, again.json()) == (200, {"act": None, "changed": []})
    assert Act.objects.count() == 2


def test_what_has_moved_on_is_not_undone(api, user):
    issue = make_issue()
    act = marking.mark(user, [issue.pk], State.QUEUED).act
    marking.mark(user, [issue.pk], State.READ)

    response = api.post(f"history/{act.pk}/undo")

    assert is_problem(response, 409)
    assert Reading.objects.get().state == State.READ


def test_what_can_be_undone_is_told_and_is_what_an_undo_does(api, user):
    first, second = make_issue(), make_issue()
    both = [first.pk, second.pk]
    queued = marking.mark(user, both, State.QUEUED).act
    begun = marking.mark(user, [first.pk], State.READING).act
    read = marking.mark(user, [first.pk], State.READ).act
    marking.mark(make_user(), both, State.READ)

    def told():
        acts = api.get("history").json()["results"]
        assert [each["undoable"] for each in acts] == [
            api.get(f"history/{each['id']}").json()["undoable"] for each in acts
        ]
        return {each["id"] for each in acts if each["undoable"]}

    assert told() == {read.pk}
    again = marking.undo(user, read).act
    # After an undo, the action before it can be undone again.
    assert told() == {again.pk, begun.pk}
    marking.undo(user, begun)
    assert queued.pk in told()
    for act in Act.objects.of(user):
        is_told = act.pk in told()
        status = api.post(f"history/{act.pk}/undo").status_code
        changed = status == 200 and Act.objects.filter(undoes=act).exists()
        if is_told:
            assert changed
            marking.undo(user, Act.objects.get(undoes=act))
        else:
            assert status == 409 or not api.post(f"history/{act.pk}/undo").json()["changed"]


def test_a_long_history_goes_on_where_it_ended(api, user):
    issue = make_issue()
    states = [State.QUEUED, State.READING] * 26
    acts = [marking.mark(user, [issue.pk], state).act.pk for state in states]

    first = api.get("history").json()
    last = api.get(first["next"].partition("/api/v1/")[2]).json()

    assert [each["id"] for each in first["results"] + last["results"]] == acts[::-1]


def test_a_history_twice_as_long_takes_as_many_queries(api, user):
    counted = []
    api.get("history")
    for number in (3, 20):
        for _ in range(number):
            marking.mark(user, [make_issue(cluster=make_cluster()).pk] * 3, State.READ)
        with CaptureQueriesContext(connection) as queries:
            assert api.get("history").status_code == 200
        counted.append(len(queries))

    assert counted[0] == counted[1] <= 10
