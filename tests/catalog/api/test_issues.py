"""Creating and changing issues, one by one and in bulk, through the API."""

import datetime

import pytest

from catalog.curation.changeset import Curation
from catalog.curation.tags import merge_tags
from catalog.models import Change, ChangeBatch, Issue, IssueText
from tests.api import Api, is_problem
from tests.catalog.api.conftest import (
    cluster,
    edit,
    holds,
    issue,
    log_of,
    refused,
    tag,
    tags_of,
    titles_in,
)
from tests.factories import make_cluster, make_issue, make_user

pytestmark = pytest.mark.django_db

# Bodies, with the field for which each is refused.
WRONG = [
    ({"title": ""}, "title"),
    ({"title": "x" * 501}, "title"),
    ({"title": "a\nb"}, "title"),
    ({"title": "a\u202eb"}, "title"),
    ({"title": "Â·"}, "title"),
    ({"title": 5}, "title"),
    ({"date": "20240601"}, "date"),
    ({"date": "2024-W09-4"}, "date"),
    ({"date": "2024-06-01T00:00:00Z"}, "date"),
    ({"date": "2023-02-29"}, "date"),
    ({"date": None}, "date"),
    ({"tier": 0}, "tier"),
    ({"tier": 6}, "tier"),
    ({"tier": "5"}, "tier"),
    ({"tier": 5.0}, "tier"),
    ({"tier": True}, "tier"),
    ({"summary": None}, "summary"),
    ({"summary": "x" * 20_001}, "summary"),
    ({"url": "javascript:alert(1)"}, "url"),
    ({"url": "ftp://example.org/x"}, "url"),
    ({"url": "https://example.org/" + "ü" * 1_900}, "url"),
    ({"url": "https://example.org/flood/?utm_source=x"}, "url"),
    ({"words": -1}, "words"),
    ({"words": 10_000_001}, "words"),
    ({"tags": "moon"}, "tags"),
    ({"tags": ["moon", "-_-"]}, "tags.1"),
    ({"tags": ["moon", "x" * 101]}, "tags.1"),
    ({"tags": ["\ufdfa" * 60]}, "tags.0"),
    ({"tags": [f"t{n}" for n in range(1_001)]}, "tags"),
    ({"reviewed": "yes"}, "reviewed"),
    ({"archived": 1}, "archived"),
    ({"cluster": "nowhere"}, "cluster"),
    ({"cluster": 2**62}, "cluster"),
    ({"cluster": [1]}, "cluster"),
    ({"at": 0}, "at"),
    ({"at": 1, "position": 1}, "at"),
    ({"at": 1, "cluster": None}, "at"),
    ({"slug": "low"}, "slug"),
    ({"publication": "shoreline"}, "publication"),
    ({"reason": "x" * 201}, "reason"),
    ({"reason": "a\tb"}, "reason"),
]


def change(desk, title, /, seen="*", **body):
    return desk.patch(f"issues/{issue(title).pk}", body, If_Match=seen)


def changed(desk, title, /, **body):
    """Return the log of what a change did to the issue: {field: (before, after)}."""
    pk = issue(title).pk
    response = change(desk, title, **body)
    assert response.status_code == 200, response.content
    assert not response.json()["batch"] or holds(response.json()["batch"])
    log = log_of(response.json()["batch"])
    return {
        field: values for (kind, of, field), values in log.items() if (kind, of) == ("issue", pk)
    }


class TestOneIssue:
    def test_each_field_is_written_and_logged(self, desk, room):
        log = changed(
            desk, "Ebb", title="Low", date="2024-06-01", tier=3, summary="It goes out.",
            url="https://example.org/low", words=None, tags=["Sea", "low tide"], reason="Reread",
        )  # fmt: skip

        assert log == {
            "title": ("Ebb", "Low"),
            "date": ("2024-05-01", "2024-06-01"),
            "tier": (5, 3),
            "summary": ("What ebb are.", "It goes out."),
            "url": ("https://example.org/ebb", "https://example.org/low"),
            "words": (2300, None),
            "tags": (["moon", "sea"], ["Sea", "low tide"]),
        }
        row = issue("Low")
        assert (row.date, row.tier, row.words) == (datetime.date(2024, 6, 1), 3, None)
        assert tags_of("Low") == ["Sea", "low tide"]
        assert ChangeBatch.objects.latest("id").reason == "Reread"

    def test_it_answers_with_the_issue_as_it_stands_and_its_new_version(self, desk, room):
        response = change(desk, "Ebb", tier=4)

        found = response.json()
        assert (found["title"], found["tier"], found["version"]) == ("Ebb", 4, 2)
        assert response["ETag"] == '"2"'
        assert found["batch"] == ChangeBatch.objects.latest("id").pk
        assert desk.get(f"issues/{found['id']}").json() | {"batch": found["batch"]} == found

    def test_what_is_so_already_leaves_no_trace(self, desk, room):
        newest = ChangeBatch.objects.latest("id")

        response = change(
            desk,
            "Ebb",
            tier=5,
            tags=["moon", "sea"],
            cluster="tides",
            url="https://example.org/ebb",
        )

        assert (response.status_code, response.json()["batch"]) == (200, None)
        assert ChangeBatch.objects.latest("id") == newest
        assert issue("Ebb").version == 1

    def test_nothing_given_changes_nothing(self, desk, room):
        assert change(desk, "Ebb").json()["batch"] is None

    def test_it_needs_the_version_that_was_seen(self, desk, room):
        pk = issue("Ebb").pk

        response = desk.patch(f"issues/{pk}", {"tier": 1})

        assert is_problem(response, 428)
        assert issue("Ebb").tier == 5

    @pytest.mark.parametrize("seen", ["3", "x", '"', ""])
    def test_what_is_no_version_is_none(self, desk, room, seen):
        assert is_problem(change(desk, "Ebb", seen, tier=1), 428)

    @pytest.mark.parametrize("seen", ['"1"', 'W/"1"', '"0", "1"', "*"])
    def test_the_version_that_stands_is_changed(self, desk, room, seen):
        assert change(desk, "Ebb", seen, tier=1).status_code == 200

    def test_what_somebody_else_has_changed_is_not_overwritten(self, desk, room):
        edit(issue("Ebb"), summary="By somebody else.")

        response = change(desk, "Ebb", '"1"', summary="Mine.")

        assert is_problem(response, 412)
        current = response.json()["current"]
        assert (current["summary"], current["version"]) == ("By somebody else.", 2)
        assert issue("Ebb").summary == "By somebody else."
        assert change(desk, "Ebb", '"2"', summary="Mine.").status_code == 200

    def test_tags_obey_the_names_that_curators_chose(self, desk, room):
        with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
            merge_tags([tag("brine")], tag("sea"), curation)

        change(desk, "Flood", tags=["Brine", "moon", "SEA"])

        assert tags_of("Flood") == ["sea", "moon"]

    def test_what_cannot_be_is_refused_by_name_and_changes_nothing(self, desk, room):
        for body, field in WRONG:
            response = change(desk, "Ebb", **({"words": 7} | body))

            assert refused(response, field), body
        assert issue("Ebb").version == 1

    def test_a_place_of_a_list_is_told_as_a_number(self, desk, room):
        errors = change(desk, "Ebb", tags=["moon", "-"]).json()["errors"]

        assert [each["index"] for each in errors] == [1]

    def test_an_address_of_another_issue_is_named(self, desk, room):
        response = change(desk, "Ebb", url="https://EXAMPLE.org/flood#top")

        assert response.json()["errors"][0]["detail"] == "“Flood” has this URL already."

    def test_an_address_can_be_taken_away(self, desk, room):
        change(desk, "Ebb", url="")

        assert (issue("Ebb").url, issue("Ebb").url_key) == ("", None)
        assert issue("Ebb").cited_count == 0


class TestItsPlace:
    def test_another_cluster_takes_it_to_its_end(self, desk, room):
        log = changed(desk, "Ebb", cluster="winds")

        assert titles_in("Winds") == ["Gale", "Ebb"]
        assert log == {"cluster": ("tides", "winds"), "position": (0, 1)}

    def test_a_cluster_is_named_by_its_id_too(self, desk, room):
        change(desk, "Ebb", cluster=cluster("Winds").pk)

        assert titles_in("Winds") == ["Gale", "Ebb"]

    def test_it_is_put_at_a_place_as_readers_count(self, desk, room):
        edit(issue("Ebb"), archived_at=datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC))

        change(desk, "Gale", cluster="tides", at=2)

        assert titles_in("Tides") == ["Ebb", "Flood", "Gale", "Neap"]

    def test_within_its_cluster_a_place_is_enough(self, desk, room):
        change(desk, "Neap", at=1)

        assert titles_in("Tides") == ["Neap", "Ebb", "Flood"]

    def test_a_place_beyond_the_end_is_the_end(self, desk, room):
        change(desk, "Ebb", at=99)

        assert titles_in("Tides") == ["Flood", "Neap", "Ebb"]

    def test_null_takes_it_out(self, desk, room):
        assert changed(desk, "Ebb", cluster=None) == {"cluster": ("tides", None)}

    def test_what_is_in_no_cluster_has_no_place(self, desk, room):
        assert refused(change(desk, "Sand", at=1), "at")

    def test_a_position_is_what_orders(self, desk, room):
        assert changed(desk, "Ebb", position=7) == {"position": (0, 7)}
        assert titles_in("Tides") == ["Flood", "Neap", "Ebb"]

    def test_a_cluster_of_another_publication_is_refused(self, desk, room):
        other = make_cluster()

        response = change(desk, "Ebb", cluster=other.pk)

        assert refused(response, "cluster")
        assert "another publication" in response.json()["errors"][0]["detail"]

    def test_a_merged_cluster_is_refused_with_what_it_became(self, desk, room):
        desk.post(f"clusters/{cluster('Winds').pk}/merge", {"into": "tides"})

        response = change(desk, "Sand", cluster="winds")

        assert "merged into “Tides”" in response.json()["errors"][0]["detail"]


class TestReviewAndArchive:
    def test_reviewed_says_that_it_is_right_and_its_tags_no_guess(self, desk, room):
        edit(issue("Ebb"), tags_guessed=True)

        log = changed(desk, "Ebb", reviewed=True)

        assert log.keys() == {"reviewed_at", "tags_guessed"}
        assert (issue("Ebb").tags_guessed, bool(issue("Ebb").reviewed_at)) == (False, True)

    def test_that_can_be_taken_back(self, desk, room):
        change(desk, "Ebb", reviewed=True)

        assert change(desk, "Ebb", reviewed=False).json()["reviewed_at"] is None

    def test_an_archived_issue_is_there_for_curators_alone(self, desk, reader, room, curator):
        pk = issue("Ebb").pk

        found = change(desk, "Ebb", archived=True).json()

        assert (found["title"], found["place"]) == ("Ebb", None)
        assert found["archived_at"]
        assert desk.get(f"issues/{pk}").status_code == 200
        assert is_problem(reader.get(f"issues/{pk}"), 404)
        assert is_problem(Api(curator, ["read"]).get(f"issues/{pk}"), 404)
        assert is_problem(reader.get("publications/shoreline/issues/ebb"), 404)
        assert not IssueText.objects.filter(issue=pk).exists()

    def test_it_comes_back(self, desk, reader, room):
        change(desk, "Ebb", archived=True)

        assert change(desk, "Ebb", archived=False).json()["archived_at"] is None
        assert reader.get(f"issues/{issue('Ebb').pk}").status_code == 200

    def test_archiving_again_changes_nothing(self, desk, room):
        change(desk, "Ebb", archived=True)

        assert change(desk, "Ebb", archived=True).json()["batch"] is None


class TestANewIssue:
    def test_it_is_made_with_what_is_given(self, desk, room):
        response = desk.post("issues", {
            "publication": "shoreline", "title": "Swell", "date": "2024-06-01", "tier": 5,
            "summary": "Long waves.", "url": "https://example.org/swell", "words": 460,
            "tags": ["Sea", "swell"], "cluster": "tides",
        })  # fmt: skip

        assert response.status_code == 201
        found = response.json()
        assert (found["slug"], found["minutes"]) == ("swell", 2)
        assert titles_in("Tides") == ["Ebb", "Flood", "Neap", "Swell"]
        assert response["Location"].endswith(f"/api/v1/issues/{found['id']}")
        assert log_of(found["batch"]) == {
            ("issue", found["id"], ""): (None, None),
            ("issue", found["id"], "tags"): ([], ["Sea", "swell"]),
        }
        assert not issue("Swell").is_curated

    def test_title_and_date_are_enough(self, desk, room):
        body = {"publication": room.pk, "title": "Swell", "date": "2024-06-01"}

        found = desk.post("issues", body).json()

        assert (found["cluster"], found["tier"], found["original"]) == (None, None, "")

    def test_it_is_put_at_a_place(self, desk, room):
        body = {"publication": "shoreline", "title": "Swell", "date": "2024-06-01"}

        desk.post("issues", body | {"cluster": "tides", "at": 2})

        assert titles_in("Tides") == ["Ebb", "Swell", "Flood", "Neap"]

    def test_its_slug_is_its_own(self, desk, room):
        body = {"publication": "shoreline", "date": "2024-06-01"}

        slugs = [desk.post("issues", body | {"title": title}).json()["slug"]
                 for title in ("Ebb", "Ebb", "Changes", "?!")]  # fmt: skip

        assert slugs == ["ebb-2", "ebb-3", "changes-2", "issue"]

    def test_undoing_it_archives_it(self, desk, room):
        body = {"publication": "shoreline", "title": "Swell", "date": "2024-06-01"}
        batch = desk.post("issues", body).json()["batch"]

        desk.post(f"batches/{batch}/revert")

        assert issue("Swell").archived_at

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({}, ["publication", "title", "date"]),
            ({"publication": "nowhere", "title": "x", "date": "2024-06-01"}, ["publication"]),
            ({"publication": "shoreline", "title": "x", "date": "2024-06-01",
              "url": "https://example.org/ebb"}, ["url"]),
            ({"publication": "shoreline", "title": "x", "date": "2024-06-01", "at": 1}, ["at"]),
            ({"publication": "shoreline", "title": "x", "date": "2024-06-01", "archived": True},
             ["archived"]),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_refused_and_makes_nothing(self, desk, room, body, fields):
        assert refused(desk.post("issues", body), *fields)
        assert Issue.objects.count() == 6


class TestManyIssues:
    def many(self, desk, titles, **body):
        return desk.post("issues/bulk", {"issues": [issue(each).pk for each in titles]} | body)

    def test_a_tier_is_set_on_all_in_one_act(self, desk, room):
        response = self.many(desk, ["Ebb", "Sand", "Foam"], tier=5, reason="Keepers all")

        found = response.json()
        assert [row["title"] for row in found["issues"]] == ["Ebb", "Sand", "Foam"]
        assert [row["tier"] for row in found["issues"]] == [5, 5, 5]
        assert found["changed"] == 2
        assert {key[2]: len(log_of(found["batch"])) for key in log_of(found["batch"])} == {
            "tier": 2
        }
        assert ChangeBatch.objects.get(pk=found["batch"]).reason == "Keepers all"

    def test_they_move_in_the_order_in_which_they_are_named(self, desk, room):
        self.many(desk, ["Sand", "Ebb"], cluster="winds", at=1)

        assert titles_in("Winds") == ["Sand", "Ebb", "Gale"]
        assert titles_in("Tides") == ["Flood", "Neap"]

    def test_they_go_to_the_end_unless_they_are_told_where(self, desk, room):
        self.many(desk, ["Sand", "Ebb"], cluster=cluster("Winds").pk)

        assert titles_in("Winds") == ["Gale", "Sand", "Ebb"]

    def test_they_leave_their_clusters(self, desk, room):
        assert self.many(desk, ["Ebb", "Gale", "Sand"], cluster=None).json()["changed"] == 2

        assert titles_in("Winds") == []

    def test_tags_are_added_and_removed(self, desk, room):
        self.many(desk, ["Ebb", "Neap"], add_tags=["surf"], remove_tags=["MOON"])

        assert (tags_of("Ebb"), tags_of("Neap")) == (["sea", "surf"], ["brine", "surf"])

    def test_to_remove_a_name_is_to_remove_what_it_stands_for(self, desk, room):
        desk.post("tags/brine/merge", {"into": "sea"})

        self.many(desk, ["Ebb", "Neap"], remove_tags=["brine"])

        assert (tags_of("Ebb"), tags_of("Neap")) == (["moon"], ["Moon"])

    def test_tags_are_replaced(self, desk, room):
        self.many(desk, ["Ebb", "Foam"], tags=["shore"])

        assert tags_of("Ebb") == tags_of("Foam") == ["shore"]

    def test_they_are_marked_as_reviewed_and_archived(self, desk, room):
        found = self.many(desk, ["Ebb", "Foam"], reviewed=True, archived=True).json()

        assert len(found["issues"]) == 2
        assert all(row["reviewed_at"] and row["archived_at"] for row in found["issues"])

    def test_one_named_twice_is_one(self, desk, room):
        found = self.many(desk, ["Ebb", "Ebb"], tier=1).json()

        assert (len(found["issues"]), found["changed"]) == (1, 1)

    def test_one_undo_takes_all_of_it_back(self, desk, room):
        found = self.many(desk, ["Ebb", "Sand"], tier=1, cluster="winds", at=1, add_tags=["x"])

        left = desk.post(f"batches/{found.json()['batch']}/revert").json()["left"]

        assert left == []
        assert (issue("Ebb").tier, tags_of("Ebb")) == (5, ["moon", "sea"])
        assert titles_in("Tides") == ["Ebb", "Flood", "Neap"]

    def test_all_of_it_or_nothing(self, desk, room):
        ids = [issue("Ebb").pk, 999_999, issue("Sand").pk, 888_888]

        response = desk.post("issues/bulk", {"issues": ids, "tier": 1})

        assert refused(response, "issues.1", "issues.3")
        assert [each["index"] for each in response.json()["errors"]] == [1, 3]
        assert issue("Ebb").tier == 5

    def test_those_of_another_publication_are_named_by_their_place(self, desk, room):
        stranger = make_issue()

        response = desk.post(
            "issues/bulk", {"issues": [issue("Ebb").pk, stranger.pk], "cluster": "winds", "tier": 1}
        )

        assert refused(response, "issues.1")
        assert (issue("Ebb").tier, titles_in("Winds")) == (5, ["Gale"])

    @pytest.mark.parametrize(
        ("body", "fields"),
        [
            ({"issues": [1]}, ["issues"]),
            ({"issues": [], "tier": 1}, ["issues"]),
            ({"issues": list(range(501)), "tier": 1}, ["issues"]),
            ({"issues": "1", "tier": 1}, ["issues"]),
            ({"issues": ["1"], "tier": 1}, ["issues.0"]),
            ({"issues": [1], "tier": 1, "at": 1}, ["at"]),
            ({"issues": [1], "cluster": None, "at": 1}, ["at"]),
            ({"issues": [1], "tags": ["a"], "add_tags": ["b"]}, ["tags"]),
            ({"issues": [1], "add_tags": ["-"]}, ["add_tags.0"]),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_refused_by_name(self, desk, room, body, fields):
        before = Change.objects.count()

        assert refused(desk.post("issues/bulk", body), *fields)
        assert Change.objects.count() == before

    def test_five_hundred_can_be_changed(self, desk, room):
        made = [make_issue(publication=room).pk for _ in range(20)]

        assert desk.post("issues/bulk", {"issues": made * 25, "tier": 2}).json()["changed"] == 20


def test_a_reader_cannot_make_himself_a_curator(room):
    reader = Api(make_user(), ["curate"])

    assert is_problem(change(reader, "Ebb", tier=1), 403)
    assert is_problem(reader.post("issues/bulk", {"issues": [issue("Ebb").pk], "tier": 1}), 403)
    assert issue("Ebb").tier == 5
