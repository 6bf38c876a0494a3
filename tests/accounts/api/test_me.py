"""Who asks, and everything that is theirs."""

import json

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import exports
from accounts.models import Act, Note, Reading, SavedView, State, User
from accounts.notes import writing
from accounts.partial_dates import PartialDate
from accounts.reading import marking
from tests.api import Api, is_problem
from tests.factories import make_issue, make_note, make_reading, make_user

pytestmark = pytest.mark.django_db


def export(api):
    response = api.get("export")
    assert response.status_code == 200
    return json.loads(response.getvalue())


class TestMe:
    def test_it_says_who_asks_and_what_they_may(self, user):
        api = Api(user, ["read"])

        found = api.get("me").json()

        assert (found["id"], found["username"]) == (user.pk, user.username)
        assert (found["time_zone"], found["scopes"]) == ("Europe/Paris", ["read"])
        assert (found["is_curator"], found["permissions"]) == (False, [])

    def test_whoever_becomes_a_curator_is_told_at_once(self, api, user):
        etag = api.get("me")["ETag"]
        user.groups.add(Group.objects.get(name="Curators"))

        response = api.get("me", If_None_Match=etag)

        assert response.status_code == 200
        assert response.json()["is_curator"]
        assert "catalog.change_issue" in response.json()["permissions"]

    def test_the_time_zone_is_chosen_and_recorded_dates_stay(self, api, user):
        reading = make_reading(user=user)

        found = api.patch("me", {"time_zone": "Asia/Tokyo"}).json()

        stored = User.objects.get(pk=user.pk)
        assert found["time_zone"] == stored.time_zone == "Asia/Tokyo"
        assert found["version"] == stored.version == 1
        assert found["today"] == stored.local_date().isoformat()
        assert Reading.objects.get().read_on == reading.read_on

    def test_the_same_zone_again_changes_nothing(self, api, user):
        api.patch("me", {"time_zone": "Asia/Tokyo"})

        assert api.patch("me", {"time_zone": "Asia/Tokyo"}).json()["version"] == 1
        assert api.patch("me", {}).json()["version"] == 1

    @pytest.mark.parametrize("zone", ["Mars/Base", "", "europe/paris", "../etc", "a\0b", 5, None])
    def test_what_is_no_time_zone_is_refused(self, api, user, zone):
        response = api.patch("me", {"time_zone": zone})

        assert is_problem(response, 422)
        assert {error["field"] for error in response.json()["errors"]} == {"time_zone"}
        assert User.objects.get(pk=user.pk).time_zone == "Europe/Paris"

    def test_nothing_else_of_oneself_is_changed_here(self, api, user):
        assert is_problem(api.patch("me", {"username": "root", "is_superuser": True}), 422)


class TestExport:
    def test_it_is_all_of_mine_and_nobody_elses(self, api, user):
        issue, queued = make_issue(), make_issue()
        marking.mark(user, [issue.pk], State.READ, on=PartialDate.parse("2024-03"))
        marking.mark(user, [queued.pk], State.QUEUED)
        note = writing.create_note(user, issue.pk, kind="note", body="First")
        writing.edit_note(user, note.pk, 1, kind="note", body="Second “text”\n2")
        deleted = make_note(user=user, issue=make_issue())
        writing.delete_note(user, deleted.pk)
        view = SavedView.objects.create(user=user, name="Landmarks", query="tier=5")
        for theirs in (make_note(), make_reading()):
            marking.mark(theirs.user, [make_issue().pk], State.READ)

        found = export(api)

        assert (found["format"], found["format_version"]) == ("reading-room/reader", 1)
        assert found["reader"]["username"] == user.username
        assert found["settings"] == {"time_zone": "Europe/Paris", "caught_up_batch": 0}
        assert {each["id"] for each in found["issues"]} == {
            issue.pk, queued.pk, deleted.issue_id,
        }  # fmt: skip
        assert found["issues"][0]["publication"] == issue.publication.slug
        assert found["queue"] == [queued.pk]
        assert [each["id"] for each in found["views"]] == [view.pk]
        assert [(each["issue"], each["state"], each["read"]) for each in found["readings"]] == [
            (issue.pk, "read", "2024-03"), (queued.pk, "queued", None),
        ]  # fmt: skip
        first, second = found["notes"]
        assert (first["body"], first["version"]) == ("Second “text”\n2", 2)
        assert [kept["body"] for kept in first["versions"]] == ["First"]
        assert second["deleted_at"]
        assert [each["id"] for each in found["history"]] == sorted(
            Act.objects.filter(user=user).values_list("pk", flat=True)
        )
        assert found["history"][0]["events"][0]["after"][0]["read"] == "2024-03"
        assert found["version"] == found["version_at_end"] == User.objects.get(pk=user.pk).version

    def test_what_it_says_of_a_reading_is_what_stands(self, api, user):
        reading = make_reading(user=user, on="2019")

        kept = export(api)["readings"][0]

        assert kept.pop("is_current")
        assert Reading.from_json(user, kept.pop("issue"), kept).as_json() == reading.as_json()

    def test_whoever_has_nothing_gets_a_whole_document(self, api):
        found = export(api)

        for name in ("issues", "queue", "views", "readings", "notes", "history"):
            assert found[name] == []

    def test_much_is_read_in_turn(self, api, user, monkeypatch):
        monkeypatch.setattr(exports, "ROWS_AT_ONCE", 3)
        monkeypatch.setattr(exports, "ACTS_AT_ONCE", 2)
        for _ in range(7):
            make_note(user=user, issue=make_reading(user=user).issue)
        issue = make_issue()
        for state in [State.QUEUED, State.READING] * 3:
            marking.mark(user, [issue.pk], state)

        found = export(api)

        assert [each["id"] for each in found["notes"]] == sorted(
            Note.objects.values_list("pk", flat=True)
        )
        assert (len(found["readings"]), len(found["history"]), len(found["issues"])) == (8, 6, 8)

    def test_it_needs_the_scope_of_notes_too(self, user):
        assert is_problem(Api(user, ["read", "write"]).get("export"), 403)
        assert is_problem(Api(user, ["notes"]).get("export"), 403)

    def test_it_holds_no_secret(self, api, user):
        text = api.get("export").getvalue().decode()

        assert user.password not in text
        assert "rr_" not in text

    def test_it_says_its_format_in_the_description_of_the_api(self):
        for member in ("format_version", "version_at_end", "caught_up_batch", "versions"):
            assert member in (exports.everything.__doc__ or "")

    def test_a_reader_with_twice_as_much_costs_as_many_queries(self, api, user):
        counted = []
        export(api)
        for number in (5, 45):
            for _ in range(number):
                issue = make_issue()
                marking.mark(user, [issue.pk], State.READ)
                writing.create_note(user, issue.pk, kind="note", body="x")
            with CaptureQueriesContext(connection) as queries:
                export(api)
            counted.append(len(queries))
        # Of acts fifty are read at once: the last of them are looked for in vain.
        assert counted[1] - counted[0] <= 2

    def test_it_is_sent_zipped_to_whoever_can_unzip(self, api, user):
        make_note(user=user, body="x" * 5000)

        response = api.get("export", Accept_Encoding="gzip")

        assert response["Content-Encoding"] == "gzip"
        assert len(response.getvalue()) < 5000


def test_a_stranger_is_not_anyone(db):
    make_user()

    assert is_problem(Api().get("me"), 401)
