"""Notes through the API: written over a version, found, and brought back."""

import json
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import exports
from accounts.models import NOTE_LENGTH, Note, NoteVersion
from accounts.notes import writing
from catalog.models import IssueTag, Tag
from tests.api import is_problem
from tests.factories import make_cluster, make_issue, make_note

pytestmark = pytest.mark.django_db


@pytest.fixture
def note(user):
    return make_note(user=user, body="First")


class TestWriting:
    def test_a_note_is_written_and_says_where_it_is(self, api, user):
        issue = make_issue()

        response = api.post("notes", {"issue": issue.pk, "body": "Worth reading twice."})

        note = Note.objects.of(user).get()
        assert (response.status_code, response["ETag"]) == (201, '"1"')
        assert response["Location"] == f"http://testserver/api/v1/notes/{note.pk}"
        found = response.json()
        assert (found["issue"], found["kind"], found["body"]) == (issue.pk, "note", note.body)
        assert api.get(f"notes/{note.pk}").json() == found

    def test_a_quote_has_a_remark_if_any(self, api):
        asked = {"issue": make_issue().pk, "kind": "quote", "quote": "Light is slow."}

        assert api.post("notes", asked).json()["quote"] == "Light is slow."

    def test_texts_are_cleaned_as_on_the_pages(self, api):
        asked = {"issue": make_issue().pk, "quote": "a\r\nb", "body": "\n\nAnd on.  "}

        assert api.post("notes", asked).json()["body"] == "> a\n> b\n\nAnd on."

    @pytest.mark.parametrize(
        ("asked", "field"),
        [
            ({"body": ""}, "body"),
            ({"body": " \n "}, "body"),
            ({"kind": "quote", "body": "x"}, "quote"),
            ({"kind": "poem", "body": "x"}, "kind"),
            ({"body": "x" * (NOTE_LENGTH + 1)}, "body"),
            ({"body": "a\0b"}, "body"),
            ({"body": "a\x07b"}, "body"),
            ({"body": 5}, "body"),
            ({"body": "x", "issue": 999_999}, "issue"),
            ({"body": "x", "issue": "1"}, "issue"),
            ({"body": "x", "issue": 2**63}, "issue"),
        ],
    )
    def test_what_cannot_be_kept_is_refused_by_field(self, api, asked, field):
        response = api.post("notes", {"issue": make_issue().pk} | asked)

        assert is_problem(response, 422)
        assert {error["field"] for error in response.json()["errors"]} == {field}
        assert Note.objects.count() == 0


class TestChanging:
    def test_a_note_is_saved_over_the_version_that_is_named(self, api, note):
        etag = api.get(f"notes/{note.pk}")["ETag"]

        response = api.patch(f"notes/{note.pk}", {"body": "Second"}, If_Match=etag)

        assert (response.status_code, response["ETag"]) == (200, '"2"')
        assert response.json()["body"] == "Second"
        assert [kept.body for kept in NoteVersion.objects.all()] == ["First"]

    def test_without_a_version_it_is_not_saved(self, api, note):
        assert is_problem(api.patch(f"notes/{note.pk}", {"body": "Second"}), 428)
        assert is_problem(api.delete(f"notes/{note.pk}"), 428)
        assert Note.objects.get().body == "First"

    @pytest.mark.parametrize("named", ["1", "", "x", '"1'])
    def test_what_is_no_etag_names_none(self, api, note, named):
        assert is_problem(api.patch(f"notes/{note.pk}", {"body": "x"}, If_Match=named), 428)
        assert Note.objects.get().body == "First"

    @pytest.mark.parametrize("named", ['"1"', '"7"', '"1", "7"', '"x"', '"' + "9" * 30 + '"'])
    def test_what_has_moved_on_is_refused_and_shown(self, api, user, note, named):
        writing.edit_note(user, note.pk, 1, kind="note", body="Second")

        response = api.patch(f"notes/{note.pk}", {"body": "Third"}, If_Match=named)

        assert is_problem(response, 412)
        current = response.json()["current"]
        assert (current["version"], current["body"]) == (2, "Second")
        assert is_problem(api.delete(f"notes/{note.pk}", If_Match=named), 412)
        assert Note.objects.of(user).get().body == "Second"

    @pytest.mark.parametrize("named", ["*", 'W/"1"', '"7", "1"'])
    def test_any_version_one_of_several_and_one_that_came_zipped_will_do(self, api, note, named):
        response = api.patch(f"notes/{note.pk}", {"body": "Second"}, If_Match=named)

        assert response.status_code == 200

    def test_the_same_text_again_saves_nothing(self, api, note):
        api.patch(f"notes/{note.pk}", {"body": "Second"}, If_Match='"1"')

        again = api.patch(f"notes/{note.pk}", {"body": "Second"}, If_Match='"1"')

        assert (again.status_code, again["ETag"]) == (200, '"2"')
        assert NoteVersion.objects.count() == 1

    def test_what_is_left_out_stays(self, api, user):
        note = make_note(user=user, kind="quote", quote="Light is slow.", body="Is it?")

        found = api.patch(f"notes/{note.pk}", {"body": "It is."}, If_Match="*").json()

        assert (found["kind"], found["quote"], found["body"]) == (
            "quote", "Light is slow.", "It is.",
        )  # fmt: skip

    def test_a_quote_that_becomes_a_note_keeps_what_was_quoted(self, api, user):
        note = make_note(user=user, kind="quote", quote="Light is slow.", body="Is it?")

        found = api.patch(f"notes/{note.pk}", {"kind": "note"}, If_Match="*").json()

        assert (found["quote"], found["body"]) == ("", "> Light is slow.\n\nIs it?")

    def test_a_note_that_came_zipped_need_not_come_again(self, api, user):
        note = make_note(user=user, body="A long note. " * 200)
        first = api.get(f"notes/{note.pk}", Accept_Encoding="gzip")
        assert first["ETag"] == 'W/"1"'

        again = api.get(f"notes/{note.pk}", Accept_Encoding="gzip", If_None_Match=first["ETag"])

        assert again.status_code == 304

    def test_what_is_written_elsewhere_does_not_change_a_notes_etag(self, api, user, note):
        make_issue()
        writing.create_note(user, note.issue_id, kind="note", body="Another")

        assert api.get(f"notes/{note.pk}", If_None_Match='"1"').status_code == 304


class TestDeletingAndBringingBack:
    def test_a_deleted_note_is_gone_and_comes_back(self, api, user, note):
        assert api.delete(f"notes/{note.pk}", If_Match='"1"').status_code == 204
        assert is_problem(api.get(f"notes/{note.pk}"), 404)
        assert api.get("notes").json()["results"] == []
        assert is_problem(api.patch(f"notes/{note.pk}", {"body": "x"}, If_Match="*"), 404)

        for _ in range(2):
            assert api.post(f"notes/{note.pk}/restore").json()["body"] == "First"
        assert api.get(f"notes/{note.pk}").status_code == 200

    def test_what_stood_before_each_save_is_listed(self, api, user, note):
        for version, text in ((1, "Second"), (2, "Third")):
            writing.edit_note(user, note.pk, version, kind="note", body=text)

        found = api.get(f"notes/{note.pk}/history?count=exact").json()

        assert [(each["version"], each["body"]) for each in found["results"]] == [
            (2, "Second"),
            (1, "First"),
        ]
        assert found["count"] == 2

    def test_an_earlier_text_comes_back_as_a_version_of_its_own(self, api, user, note):
        writing.edit_note(user, note.pk, 1, kind="note", body="Second")

        found = api.post(f"notes/{note.pk}/restore", {"version": 1}, If_Match='"2"').json()

        assert (found["version"], found["body"]) == (3, "First")
        assert NoteVersion.objects.count() == 2

    def test_an_earlier_text_needs_the_version_that_it_replaces(self, api, user, note):
        writing.edit_note(user, note.pk, 1, kind="note", body="Second")

        assert is_problem(api.post(f"notes/{note.pk}/restore", {"version": 1}), 428)
        moved = api.post(f"notes/{note.pk}/restore", {"version": 1}, If_Match='"1"')
        assert is_problem(moved, 412)
        none = api.post(f"notes/{note.pk}/restore", {"version": 9}, If_Match='"2"')
        assert is_problem(none, 422)
        assert Note.objects.get().body == "Second"

    def test_another_readers_deleted_note_does_not_come_back(self, api):
        theirs = make_note()
        writing.delete_note(theirs.user, theirs.pk)

        assert is_problem(api.post(f"notes/{theirs.pk}/restore"), 404)
        theirs.refresh_from_db()
        assert theirs.deleted_at


class TestFinding:
    def found(self, api, query=""):
        return {each["id"] for each in api.get(f"notes{query}").json()["results"]}

    def test_notes_are_found_by_all_that_the_page_asks_and_by_issue(self, api, user):
        cluster, tag = make_cluster(), Tag.objects.create(name="Stone", slug="stone", key="stone")
        issue = make_issue(cluster=cluster, title="On stones")
        IssueTag.objects.create(
            issue=issue, tag=tag, spelling="stone", position=1, date=issue.date
        )  # fmt: skip
        one = make_note(user=user, issue=issue, body="Grey")
        two = make_note(user=user, kind="quote", quote="Red", body="")
        make_note(issue=issue, body="Of someone else")

        assert self.found(api) == {one.pk, two.pk}
        assert self.found(api, "?kind=quote") == {two.pk}
        assert self.found(api, "?q=stones") == {one.pk}
        assert self.found(api, f"?issue={issue.pk}") == {one.pk}
        assert self.found(api, f"?publication={issue.publication.slug}") == {one.pk}
        assert self.found(api, f"?publication={issue.publication_id}") == {one.pk}
        assert self.found(api, f"?cluster={cluster.pk}") == {one.pk}
        assert self.found(api, "?tag=stone") == {one.pk}
        assert self.found(api, f"?tag={tag.pk}&kind=quote") == set()

    def test_each_says_what_it_is_about(self, api, note):
        found = api.get("notes").json()["results"][0]

        assert (found["id"], found["about"]["title"]) == (note.pk, note.issue.title)

    def test_a_long_list_goes_on_where_it_ended(self, api, user):
        issue = make_issue()
        made = [make_note(user=user, issue=issue).pk for _ in range(51)]

        first = api.get("notes?count=exact").json()
        last = api.get(first["next"].partition("/api/v1/")[2]).json()

        assert first["count"] == 51
        assert [each["id"] for each in first["results"] + last["results"]] == made[::-1]

    def test_a_list_of_fifty_takes_as_many_queries_as_one_of_five(self, api, user):
        counted = []
        api.get("notes")
        for number in (5, 45):
            for _ in range(number):
                make_note(user=user, issue=make_issue(cluster=make_cluster()))
            with CaptureQueriesContext(connection) as queries:
                assert api.get("notes").status_code == 200
            counted.append(len(queries))

        assert counted[0] == counted[1] <= 10


class TestDeleted:
    def test_deleted_notes_are_listed_and_restored(self, api, user, note):
        make_note(user=user)
        make_note(deleted_at=timezone.now())
        make_note(user=user, deleted_at=timezone.now() - timedelta(days=30))
        api.delete(f"notes/{note.pk}", If_Match='"1"')

        found = api.get("notes/deleted?count=exact").json()

        assert found["count"] == 1
        (told,) = found["results"]
        assert (told["id"], told["body"], told["about"]["id"]) == (note.pk, "First", note.issue_id)
        deleted_at, kept_until = map(
            datetime.fromisoformat, (told["deleted_at"], told["kept_until"])
        )
        assert kept_until - deleted_at == timedelta(days=30)
        assert api.post(f"notes/{note.pk}/restore", {}).json()["id"] == note.pk
        assert api.get("notes/deleted").json()["results"] == []

    def test_after_30_days_it_is_neither_restored_nor_exported(self, api, user):
        note = make_note(user=user, deleted_at=timezone.now() - timedelta(days=30))

        assert is_problem(api.post(f"notes/{note.pk}/restore", {}), 404)
        assert json.loads("".join(exports.everything(user)))["notes"] == []
