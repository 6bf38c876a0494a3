"""Marking through the API: the state of an issue, its readings, and many issues at once."""

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Act, Event, Reading, State, User
from accounts.partial_dates import PartialDate
from accounts.reading import marking
from tests.api import is_problem
from tests.factories import make_cluster, make_issue, make_reading, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def issue():
    return make_issue()


def written(user):
    """Everything that a write would change."""
    version = User.objects.values_list("version", flat=True).get(pk=user.pk)
    rows = [row.as_json() for row in Reading.objects.of(user)]
    return version, Act.objects.count(), rows


class TestTheStateOfAnIssue:
    def test_an_issue_that_was_never_touched_is_unread(self, api, issue):
        assert api.get(f"issues/{issue.pk}/reading").json() == {
            "issue": issue.pk, "state": "unread", "on": None, "times_read": 0, "reading": None,
        }  # fmt: skip

    def test_an_issue_is_marked_and_tells_what_can_be_undone(self, api, user, issue):
        with time_machine.travel("2024-03-04T23:30:00Z", tick=False):
            found = api.put(f"issues/{issue.pk}/reading", {"state": "reading"}).json()

        reading = Reading.objects.of(user).get()
        assert (found["state"], found["on"]) == ("reading", "2024-03-05")
        assert found["reading"]["id"] == reading.pk
        assert found["act"] == Act.objects.get().pk
        shown = api.get(f"issues/{issue.pk}/reading").json()
        assert shown == {name: found[name] for name in shown}

    @pytest.mark.parametrize("on", ["2024", "2024-03", "2024-03-05"])
    def test_a_date_is_a_day_a_month_or_a_year_as_on_the_pages(self, api, issue, on):
        api.put(f"issues/{issue.pk}/reading", {"state": "read", "on": on})

        assert api.get(f"issues/{issue.pk}/reading").json()["on"] == on

    @pytest.mark.parametrize("state", list(State))
    def test_the_same_again_changes_nothing(self, api, user, issue, state):
        make_reading(user=user, issue=issue, on="2020")
        asked = {"state": state} | ({"on": "2024-03"} if state != "unread" else {})
        first = api.put(f"issues/{issue.pk}/reading", asked).json()
        before = written(user)

        again = api.put(f"issues/{issue.pk}/reading", asked).json()

        assert again == first | {"act": None, "finished_clusters": []}
        assert written(user) == before

    def test_a_date_for_the_state_that_it_has_corrects_the_date(self, api, user, issue):
        make_reading(user=user, issue=issue, on="2024-05-05")

        api.put(f"issues/{issue.pk}/reading", {"state": "read", "on": "2019"})

        assert str(Reading.objects.get().date_of(State.READ)) == "2019"

    def test_reading_again_keeps_the_first_reading(self, api, user, issue):
        make_reading(user=user, issue=issue, on="2019")

        found = api.put(f"issues/{issue.pk}/reading", {"state": "reading"}).json()

        assert (found["state"], found["times_read"], Reading.objects.count()) == ("reading", 1, 2)

    def test_what_has_moved_on_since_it_was_seen_is_refused_and_shown(self, api, user, issue):
        make_reading(user=user, issue=issue, on="2019")
        before = written(user)

        response = api.put(
            f"issues/{issue.pk}/reading", {"state": "queued", "seen": "unread"}
        )  # fmt: skip

        assert is_problem(response, 409)
        assert response.json()["current"]["state"] == "read"
        assert written(user) == before

    def test_what_is_already_where_it_should_go_has_not_moved_on(self, api, issue):
        asked = {"state": "queued", "seen": "unread"}

        assert api.put(f"issues/{issue.pk}/reading", asked).status_code == 200
        assert api.put(f"issues/{issue.pk}/reading", asked).status_code == 200

    def test_unread_takes_every_reading_back_and_so_does_delete(self, api, user, issue):
        for take_back in (
            lambda: api.put(f"issues/{issue.pk}/reading", {"state": "unread"}),
            lambda: api.delete(f"issues/{issue.pk}/reading"),
        ):
            make_reading(user=user, issue=issue, on="2019")
            make_reading(user=user, issue=issue, state=State.QUEUED)

            found = take_back().json()

            assert (found["state"], Reading.objects.count()) == ("unread", 0)
            assert found["act"]
        assert api.delete(f"issues/{issue.pk}/reading").json()["act"] is None

    def test_the_last_keeper_of_a_cluster_says_that_it_was_the_last(self, api):
        cluster = make_cluster()
        issue = make_issue(cluster=cluster, tier=5)

        found = api.put(f"issues/{issue.pk}/reading", {"state": "read"}).json()

        assert [each["id"] for each in found["finished_clusters"]] == [cluster.pk]

    def test_an_archived_issue_can_still_be_marked(self, api):
        issue = make_issue(archived_at="2024-01-01T00:00:00Z")

        assert api.put(f"issues/{issue.pk}/reading", {"state": "read"}).status_code == 200

    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({}, "state"),
            ({"state": "begun"}, "state"),
            ({"state": ["read"]}, "state"),
            ({"state": "read", "on": "0000"}, "on"),
            ({"state": "read", "on": "9999-99-99"}, "on"),
            ({"state": "read", "on": "9999"}, "on"),
            ({"state": "read", "on": 2024}, "on"),
            ({"state": "unread", "on": None}, "on"),
            ({"state": "read", "on": "2024-02-30"}, "on"),
            ({"state": "read", "on": "２０２４"}, "on"),
            ({"state": "unread", "on": "2024"}, "on"),
            ({"state": "read", "seen": "begun"}, "seen"),
        ],
    )
    def test_what_cannot_be_is_refused_by_field(self, api, user, issue, asked, field):
        response = api.put(f"issues/{issue.pk}/reading", asked)

        assert is_problem(response, 422)
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert written(user) == (0, 0, [])

    def test_a_date_ahead_is_refused_in_the_readers_own_time_zone(self, api, user, issue):
        with time_machine.travel("2024-03-04T22:30:00Z", tick=False):
            response = api.put(f"issues/{issue.pk}/reading", {"state": "read", "on": "2024-03-05"})
            assert is_problem(response, 422)
            assert "5 March 2024 lies ahead" in response.json()["errors"][0]["detail"]
        with time_machine.travel("2024-03-04T23:30:00Z", tick=False):
            response = api.put(f"issues/{issue.pk}/reading", {"state": "read", "on": "2024-03-05"})
            assert response.status_code == 200

    def test_one_readers_state_is_not_anothers(self, api, other, issue):
        api.put(f"issues/{issue.pk}/reading", {"state": "read"})

        assert other.get(f"issues/{issue.pk}/reading").json()["state"] == "unread"


class TestReadingsOfAnIssue:
    def test_one_more_finished_reading_is_recorded_beside_what_stands(self, api, user, issue):
        make_reading(user=user, issue=issue)

        response = api.post(f"issues/{issue.pk}/readings", {"on": "2019-05"})

        assert (response.status_code, response.json()["read_on"]) == (201, "2019-05")
        assert api.get(response["Location"].partition("/api/v1/")[2]).json()["read_on"] == "2019-05"
        assert Reading.objects.count() == 2

    @pytest.mark.parametrize("on", ["2019-05", None])
    @pytest.mark.parametrize("state", [State.QUEUED, State.READING])
    def test_what_is_queued_or_begun_is_finished(self, api, user, issue, state, on):
        row = make_reading(user=user, issue=issue, state=state, on="2019-05-01")

        response = api.post(f"issues/{issue.pk}/readings", {"on": on})

        found = response.json()
        assert (response.status_code, found["id"], found["read_on"]) == (200, row.pk, on)
        assert found["act"] == Act.objects.get().pk
        assert api.get(f"issues/{issue.pk}/reading").json()["state"] == "read"
        api.post(f"history/{found['act']}/undo")
        assert api.get(f"issues/{issue.pk}/reading").json()["state"] == state

    def test_it_is_not_finished_before_it_was_begun(self, api, user, issue):
        make_reading(user=user, issue=issue, state=State.READING, on="2024-10-20")
        before = written(user)
        words = "You began it on 20 October 2024, so it cannot be finished on 1 October 2024."

        for response in (
            api.post(f"issues/{issue.pk}/readings", {"on": "2024-10-01"}),
            api.put(f"issues/{issue.pk}/reading", {"state": "read", "on": "2024-10-01"}),
        ):
            assert is_problem(response, 422)
            errors = response.json()["errors"]
            assert [(error["field"], error["detail"]) for error in errors] == [("on", words)]
        assert written(user) == before

    def test_read_not_known_when_is_read_and_has_no_date(self, api, issue):
        put = api.put(f"issues/{issue.pk}/reading", {"state": "read", "on": None}).json()

        assert (put["state"], put["on"], put["times_read"]) == ("read", None, 1)
        assert put["reading"]["read_on"] is None
        again = api.post(f"issues/{issue.pk}/readings", {"on": None})
        assert (again.status_code, again.json()["id"]) == (200, put["reading"]["id"])
        assert api.get("progress").json()["issues"]["read"] == 1
        assert api.get("readings?read_to=2999-01-01").json()["results"] == []
        assert len(api.get("readings?state=read").json()["results"]) == 1

    def test_that_which_is_recorded_already_is_not_recorded_twice(self, api, user, issue):
        first = api.post(f"issues/{issue.pk}/readings", {"on": "2019-05"}).json()
        before = written(user)

        again = api.post(f"issues/{issue.pk}/readings", {"on": "2019-05"})

        assert (again.status_code, again.json()) == (200, first | {"act": None})
        assert written(user) == before

    def test_a_month_is_not_its_first_day(self, api, issue):
        api.post(f"issues/{issue.pk}/readings", {"on": "2019-05"})
        day = api.post(f"issues/{issue.pk}/readings", {"on": "2019-05-01"}).json()

        assert day["read_on"] == "2019-05-01"
        assert Reading.objects.count() == 2

    def test_all_readings_of_an_issue_are_listed(self, api, user, other, issue):
        api.post(f"issues/{issue.pk}/readings", {"on": "2019"})
        api.post(f"issues/{issue.pk}/readings", {"on": "2021"})
        other.post(f"issues/{issue.pk}/readings", {"on": "2020"})

        found = api.get(f"issues/{issue.pk}/readings?count=exact").json()

        assert [each["read_on"] for each in found["results"]] == ["2019", "2021"]
        assert (found["next"], found["count"]) == (None, 2)

    def test_a_date_is_needed(self, api, issue):
        assert is_problem(api.post(f"issues/{issue.pk}/readings", {}), 422)


class TestOneReading:
    def test_dates_are_corrected_and_what_is_left_out_stays(self, api, user, issue):
        for state in (State.QUEUED, State.READING, State.READ):
            marking.mark(user, [issue.pk], state, on=PartialDate.parse("2024-03-05"))
        reading = Reading.objects.get()

        found = api.patch(
            f"readings/{reading.pk}", {"queued_on": None, "read_on": "2024-04"}
        ).json()  # fmt: skip

        dates = [found[name] for name in ("queued_on", "started_on", "read_on")]
        assert dates == [None, "2024-03-05", "2024-04"]
        assert found["act"] == Act.objects.first().pk

    def test_the_same_correction_again_changes_nothing(self, api, user, issue):
        reading = make_reading(user=user, issue=issue)
        api.patch(f"readings/{reading.pk}", {"read_on": "2019"})
        before = written(user)

        assert api.patch(f"readings/{reading.pk}", {"read_on": "2019"}).json()["act"] is None
        assert api.patch(f"readings/{reading.pk}", {}).status_code == 200
        assert written(user) == before

    @pytest.mark.parametrize(
        ("state", "asked", "field"),
        [
            (State.QUEUED, {"read_on": "2020"}, "read_on"),
            (State.QUEUED, {"queued_on": "2020", "started_on": "2020"}, "started_on"),
            (State.READ, {"read_on": "2999"}, "read_on"),
            (State.READ, {"started_on": "2020"}, "started_on"),
            (State.READ, {"started_on": "2020", "read_on": "2018"}, "read_on"),
        ],
    )
    def test_a_date_that_cannot_be_is_refused_by_its_field(self, api, user, state, asked, field):
        reading = make_reading(user=user, state=state, on="2019")
        before = written(user)

        response = api.patch(f"readings/{reading.pk}", asked)

        assert is_problem(response, 422)
        assert [error["field"] for error in response.json()["errors"]] == [field]
        assert written(user) == before

    def test_one_reading_is_dropped_and_the_others_stay(self, api, user, issue):
        first = make_reading(user=user, issue=issue, on="2019")
        second = make_reading(user=user, issue=issue, on="2021")

        found = api.delete(f"readings/{second.pk}").json()

        assert found == {"act": Act.objects.get().pk, "changed": [issue.pk]}
        assert [row.pk for row in Reading.objects.all()] == [first.pk]
        assert is_problem(api.delete(f"readings/{second.pk}"), 404)


class TestMyReadings:
    def listed(self, api, query=""):
        return [each["id"] for each in api.get(f"readings{query}").json()["results"]]

    def test_they_are_filtered_by_state_publication_issue_and_days(self, api, user):
        old = make_reading(user=user, on="2019-06")
        new = make_reading(user=user, on="2024-03-05")
        queued = make_reading(user=user, state=State.QUEUED)
        make_reading()
        home = new.issue.publication

        assert self.listed(api) == [queued.pk, new.pk, old.pk]
        assert self.listed(api, "?state=read") == [new.pk, old.pk]
        assert self.listed(api, "?state=read&state=queued") == [queued.pk, new.pk, old.pk]
        assert self.listed(api, f"?publication={home.slug}") == [new.pk]
        assert self.listed(api, f"?publication={home.pk}") == [new.pk]
        assert self.listed(api, f"?issue={old.issue_id}") == [old.pk]
        assert self.listed(api, "?read_from=2020-01-01") == [new.pk]
        assert self.listed(api, "?read_to=2020-01-01&state=read") == [old.pk]

    def test_each_says_what_it_is_about(self, api, user):
        reading = make_reading(user=user)

        found = api.get("readings").json()["results"][0]["about"]

        assert (found["id"], found["title"]) == (reading.issue_id, reading.issue.title)
        assert found["url"] == f"http://testserver{reading.issue.get_absolute_url()}"

    def test_a_long_list_goes_on_where_it_ended(self, api, user):
        home = make_cluster()
        made = [make_reading(user=user, issue=make_issue(cluster=home)).pk for _ in range(51)]

        first = api.get("readings?count=exact&state=read").json()
        last = api.get(first["next"].partition("/api/v1/")[2]).json()

        assert first["count"] == 51
        assert [each["id"] for each in first["results"] + last["results"]] == made[::-1]
        assert last["next"] is None

    def test_a_list_of_fifty_takes_as_many_queries_as_one_of_five(self, api, user):
        counted = []
        api.get("readings")
        for number in (5, 45):
            for _ in range(number):
                make_reading(user=user, issue=make_issue(cluster=make_cluster()))
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert api.get("readings").status_code == 200
            counted.append(len(queries))

        assert counted[0] == counted[1] <= 10


class TestManyAtOnce:
    def test_each_issue_gets_a_state_and_a_date_of_its_own_in_one_act(self, api, user):
        read, queued, again, back = (make_issue() for _ in range(4))
        make_reading(user=user, issue=again, on="2019")
        make_reading(user=user, issue=back, on="2019")

        found = api.post(
            "readings/bulk",
            {
                "marks": [
                    {"issue": read.pk, "state": "read", "on": "2024-03"},
                    {"issue": queued.pk, "state": "queued"},
                    {"issue": again.pk, "state": "reading"},
                    {"issue": back.pk, "state": "unread"},
                ]
            },
        ).json()

        states = dict(Reading.objects.of(user).current().values_list("issue", "state"))
        assert states == {read.pk: "read", queued.pk: "queued", again.pk: "reading"}
        assert str(Reading.objects.get(issue=read).date_of(State.READ)) == "2024-03"
        assert found["act"] == Act.objects.get().pk
        assert found["changed"] == [read.pk, queued.pk, again.pk, back.pk]

    def test_the_act_is_undone_whole(self, api, user):
        issues = [make_issue() for _ in range(3)]
        make_reading(user=user, issue=issues[0], on="2019")
        before = written(user)[2]
        marks = [{"issue": each.pk, "state": "queued"} for each in issues]
        act = api.post("readings/bulk", {"marks": marks}).json()["act"]

        assert api.post(f"history/{act}/undo").status_code == 200

        assert written(user)[2] == before

    def test_the_same_again_changes_nothing(self, api, user):
        marks = [{"issue": make_issue().pk, "state": "read", "on": f"20{n}"} for n in (10, 20)]
        api.post("readings/bulk", {"marks": marks})
        before = written(user)

        assert api.post("readings/bulk", {"marks": marks}).json() == {"act": None, "changed": []}
        assert api.post("readings/bulk", {"marks": []}).json() == {"act": None, "changed": []}
        assert written(user) == before

    def test_what_is_queued_stands_in_the_order_given(self, api, user):
        ids = [make_issue().pk for _ in range(4)][::-1]

        api.post("readings/bulk", {"marks": [{"issue": pk, "state": "queued"} for pk in ids]})

        assert list(Reading.objects.of(user).queued().values_list("issue", flat=True)) == ids

    def test_one_that_is_wrong_stops_all_and_each_is_told_by_its_index(self, api, user):
        issue = make_issue()
        marks = [
            {"issue": issue.pk, "state": "read"},
            {"issue": issue.pk + 1, "state": "begun"},
            {"issue": "x", "state": "read"},
            {"issue": issue.pk + 2, "state": "read", "on": "2999"},
            "x",
        ]

        response = api.post("readings/bulk", {"marks": marks})

        assert is_problem(response, 422)
        told = [(error["index"], error["field"]) for error in response.json()["errors"]]
        assert told == [
            (1, "marks.1.state"), (2, "marks.2.issue"), (3, "marks.3.on"), (4, "marks.4"),
        ]  # fmt: skip
        assert written(user) == (0, 0, [])

    def test_one_that_ends_before_its_beginning_stops_all(self, api, user):
        begun = make_reading(user=user, state=State.READING, on="2024-10-20").issue
        before = written(user)
        marks = [
            {"issue": make_issue().pk, "state": "read", "on": None},
            {"issue": begun.pk, "state": "read", "on": "2024-09"},
        ]

        response = api.post("readings/bulk", {"marks": marks})

        assert is_problem(response, 422)
        told = [(error["index"], error["field"]) for error in response.json()["errors"]]
        assert told == [(1, "marks.1.on")]
        assert written(user) == before

    def test_an_issue_that_there_is_not_stops_all(self, api, user):
        issue = make_issue()
        marks = [{"issue": pk, "state": "read"} for pk in (issue.pk, 999_999, 2**63 - 1)]

        response = api.post("readings/bulk", {"marks": marks})

        assert is_problem(response, 422)
        assert [error["index"] for error in response.json()["errors"]] == [1, 2]
        assert written(user) == (0, 0, [])

    def test_an_issue_is_named_once(self, api, user):
        issue = make_issue()
        marks = [{"issue": issue.pk, "state": state} for state in ("queued", "read")]

        response = api.post("readings/bulk", {"marks": marks})

        assert is_problem(response, 422)
        assert [error["index"] for error in response.json()["errors"]] == [1]
        assert written(user) == (0, 0, [])

    def test_more_than_five_hundred_are_refused_unread(self, api):
        response = api.post("readings/bulk", {"marks": [None] * 501})

        assert is_problem(response, 422)
        assert "up to 500" in response.json()["errors"][0]["detail"]

    @pytest.mark.parametrize("marks", [None, "x", 1, {"a": 1}])
    def test_what_is_no_list_is_refused(self, api, marks):
        assert is_problem(api.post("readings/bulk", {"marks": marks}), 422)

    @pytest.mark.full
    def test_five_hundred_take_as_many_queries_as_a_few(self, api, user):
        """Of every kind at once: begun, finished, corrected, read again and taken back."""
        home = make_cluster()
        kinds = [
            (None, {"state": "read", "on": "2024-03"}),
            (None, {"state": "queued"}),
            (State.QUEUED, {"state": "reading"}),
            (State.READ, {"state": "read", "on": "2019"}),
            (State.READ, {"state": "reading"}),
            (State.READING, {"state": "unread"}),
        ]

        def bulk(number):
            marks = []
            for index in range(number):
                stood, wanted = kinds[index % len(kinds)]
                issue = make_issue(cluster=home)
                if stood:
                    make_reading(user=user, issue=issue, state=stood, on="2018")
                marks.append({"issue": issue.pk} | wanted)
            with CaptureQueriesContext(connection) as queries:
                response = api.post("readings/bulk", {"marks": marks})
            assert response.status_code == 200, response.content
            assert len(response.json()["changed"]) == number
            return len(queries)

        api.get("me")
        few, many = bulk(6), bulk(500)
        assert few == many <= 12
        assert Event.objects.count() == 506


def test_marks_of_many_are_one_readers_alone(api, user):
    stranger = make_user()
    issue = make_reading(user=stranger, on="2019").issue

    api.post("readings/bulk", {"marks": [{"issue": issue.pk, "state": "queued"}]})

    assert [row.state for row in Reading.objects.of(stranger)] == ["read"]
