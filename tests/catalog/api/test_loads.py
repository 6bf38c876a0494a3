"""Files that curators load, and those that they take away."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from catalog.api.loads import LoadReport
from catalog.interchange import formats
from catalog.interchange.dumping import dump, dump_issues
from catalog.models import Change, ChangeBatch, Conflict, Issue, Publication
from catalog.models.installation import room_id
from tests.api import is_problem, queries
from tests.catalog.api.conftest import edit, holds, issue, refused, shoreline
from tests.factories import make_publication

pytestmark = pytest.mark.django_db


def text_of(**changed):
    return formats.write(shoreline(**changed), "json")[0]


def load(desk, text, **options):
    return desk.post("loads", {"text": text} | options)


class TestLoads:
    def test_a_load_is_a_dry_run_unless_it_is_told(self, desk):
        response = load(desk, text_of())

        found = response.json()
        assert response.status_code == 200
        assert (found["is_dry_run"], found["batch"]) == (True, None)
        assert found["issues"] == {"created": 6, "changed": 0, "unchanged": 0, "missing": 0}
        assert found["made"] == ["Ebb", "Flood", "Neap", "Gale", "Sand", "Foam"]
        assert not Publication.objects.exists()
        assert not ChangeBatch.objects.exists()

    def test_it_is_loaded_when_it_is(self, desk, curator):
        found = load(desk, text_of(), dry_run=False, source="a.json", reason="The first").json()

        assert Issue.objects.count() == 6
        batch = ChangeBatch.objects.get(pk=found["batch"])
        assert (batch.kind, batch.user, batch.source, batch.reason) == (
            "load", curator, "a.json", "The first",
        )  # fmt: skip
        assert holds(batch)
        report = LoadReport(data=found)
        assert report.is_valid(), report.errors

    def test_without_a_name_of_its_own_it_is_of_the_api(self, desk):
        load(desk, text_of(), dry_run=False)

        assert ChangeBatch.objects.get().source == "api"

    def test_every_format_is_read_and_told_from_the_others(self, desk, room):
        for name in formats.FORMATS:
            text, _ = formats.write(dump("shoreline"), name)
            for told in ({}, {"format": name}, {"format": None}):
                found = load(desk, text, **told).json()
                tally = found["issues"]
                # A page holds the keepers of the clusters alone.
                assert tally["unchanged"] + tally["missing"] == 6, (name, found)

    def test_what_it_changes_is_told_field_by_field(self, desk, room):
        found = load(desk, text_of(Ebb={"tier": 4})).json()

        assert found["news"] == [
            {"kind": "issue", "title": "Ebb", "field": "tier", "before": 5, "after": 4,
             "is_conflict": False, "is_taken": True},
        ]  # fmt: skip

    def test_what_both_have_changed_is_listed_or_settled(self, desk, room):
        edit(issue("Ebb"), tier=3)
        text = text_of(Ebb={"tier": 4})

        listed = load(desk, text, dry_run=False).json()
        assert (listed["conflicts"], issue("Ebb").tier) == (1, 3)
        assert Conflict.objects.count() == 1
        load(desk, text, dry_run=False, take="theirs")
        assert issue("Ebb").tier == 4
        assert not Conflict.objects.exists()

    def test_what_the_file_lacks_is_archived_on_request(self, desk, room):
        less = shoreline()
        del less.publications[0].issues[0]
        text = formats.write(less, "json")[0]

        kept = load(desk, text, dry_run=False).json()
        assert (kept["missing"], kept["pruned"]) == (["Sand"], 0)
        pruned = load(desk, text, dry_run=False, prune=True).json()
        assert pruned["pruned"] == 1
        assert issue("Sand").archived_at

    def test_a_file_with_errors_changes_nothing_and_each_is_told_with_its_place(self, desk, room):
        given = json.loads(text_of())
        issues = given["publications"][0]["clusters"][0]["issues"]
        issues[0]["tier"] = 9
        issues[2]["date"] = "2024-02-30"
        given["publications"][0]["name"] = "Another"
        before = Change.objects.count()

        response = load(desk, json.dumps(given), dry_run=False)

        assert is_problem(response, 422)
        errors = [each for each in response.json()["errors"] if each["level"] == "error"]
        assert [each["where"] for each in errors] == [
            "publications[0].clusters[0].issues[0].tier",
            "publications[0].clusters[0].issues[2].date",
        ]
        assert errors[0]["title"] == "Ebb"
        assert "9 found" in errors[0]["detail"]
        assert Change.objects.count() == before

    def test_a_file_that_contradicts_what_is_stored_is_refused(self, desk, room):
        edit(issue("Sand"), url="https://example.org/dune")

        changed = {"Gale": {"url": "https://example.org/dune", "slug": "gale"}}
        response = load(desk, text_of(**changed, Sand={"slug": "sand"}), dry_run=False)

        assert is_problem(response, 422)
        assert "that of “Sand” already" in response.json()["errors"][0]["detail"]

    @pytest.mark.parametrize(
        "text", ["", " ", "\0", "%PDF-1.7", "{", "[]", "Just a line.", "a,b\n1", "{" * 100_000]
    )
    def test_what_is_no_catalog_is_refused_with_a_place(self, desk, room, text):
        response = load(desk, text, dry_run=False)

        assert is_problem(response, 422)
        assert all(each["detail"] for each in response.json()["errors"])

    @pytest.mark.parametrize(
        ("options", "field"),
        [
            ({"format": "xml"}, "format"),
            ({"format": ["json"]}, "format"),
            ({"dry_run": "no"}, "dry_run"),
            ({"dry_run": None}, "dry_run"),
            ({"take": "both"}, "take"),
            ({"prune": 1}, "prune"),
            ({"source": "a\nb"}, "source"),
            ({"source": "x" * 201}, "source"),
            ({"text": None}, "text"),
            ({"text": ["{}"]}, "text"),
        ],
    )
    def test_an_option_that_there_is_not_is_refused_by_name(self, desk, room, options, field):
        assert refused(load(desk, **({"text": text_of()} | options)), field)

    def test_a_file_may_be_larger_than_other_bodies(self, desk, room):
        given = json.loads(text_of())
        given["publications"][0]["clusters"][0]["issues"][0]["summary"] = "x" * 3_000_000
        errors = load(desk, json.dumps(given)).json()["errors"]
        assert "3,000,000 characters found" in errors[0]["detail"]

        assert is_problem(desk.post("tags/moon/rename", {"name": "x" * 3_000_000}), 413)
        response = load(desk, "x" * (20 * 2**20 + 1))
        assert refused(response, "text")
        response = load(desk, "x" * (60 * 2**20 + 1))
        assert is_problem(response, 413)
        assert "62,914,560 bytes" in response.json()["detail"]

    def test_a_text_is_needed(self, desk, room):
        assert refused(desk.post("loads", {"dry_run": True}), "text")


class TestDumps:
    def test_each_format_is_what_the_command_writes(self, desk, room):
        for name, kind in {
            "json": "application/json", "page": "text/plain; charset=utf-8",
            "csv": "text/csv; charset=utf-8",
        }.items():  # fmt: skip
            response = desk.get(f"dump?format={name}")

            assert response["Content-Type"] == kind
            assert response.content.decode() == formats.write(dump(), name)[0]
            assert response["Content-Disposition"].startswith('attachment; filename="catalog-20')

    def test_it_is_json_of_all_unless_it_is_told(self, desk, room):
        make_publication(name="Skyline")

        names = [each["name"] for each in desk.get("dump").json()["publications"]]
        assert names == ["Shoreline", "Skyline"]
        only = desk.get(f"dump?publication={room.pk}")
        assert [each["name"] for each in only.json()["publications"]] == ["Shoreline"]
        assert 'filename="shoreline-' in only["Content-Disposition"]

    @pytest.mark.parametrize("name", ["json", "csv"])
    def test_issues_are_dumped_alone(self, desk, room, name):
        pks = [issue(title).pk for title in ("Gale", "Ebb")]

        response = desk.get(f"dump?format={name}&" + "&".join(f"issue={pk}" for pk in pks))

        assert response.content.decode() == formats.write(dump_issues(pks), name)[0]
        assert 'filename="issues-' in response["Content-Disposition"]

    def test_issues_that_are_not_there_and_other_choices_are_refused(self, desk, room):
        edit(issue("Sand"), archived_at=timezone.now())
        for asked in (
            "issue=999", "issue=ebb", "issue=", "issue=" + "9" * 40, "issue=%00",
            f"issue={issue('Sand').pk}", f"issue={issue('Ebb').pk}&publication=shoreline",
            "&".join(["issue=1"] * 501),
        ):  # fmt: skip
            assert refused(desk.get(f"dump?{asked}"), "issue"), asked

    def test_it_does_not_name_this_room_and_writes_nothing(self, desk, room):
        response = desk.get("dump")

        assert room_id() not in response.content.decode()
        assert not ChangeBatch.objects.filter(is_dumped=True).exists()

    def test_it_can_be_loaded_again_and_changes_nothing(self, desk, room):
        text = desk.get("dump").content.decode()

        found = load(desk, text).json()

        assert (found["issues"]["unchanged"], found["news"]) == (6, [])

    def test_a_page_of_several_publications_is_refused(self, desk, room):
        make_publication()

        assert refused(desk.get("dump?format=page"), "format")

    def test_what_a_client_would_rather_have_makes_no_difference(self, desk, room):
        response = desk.get("dump?format=csv", Accept="text/csv")

        assert response["Content-Type"] == "text/csv; charset=utf-8"

    def test_it_is_sent_again_only_when_it_has_moved_on(self, desk, room):
        etag = desk.get("dump")["ETag"]
        assert desk.get("dump", If_None_Match=etag).status_code == 304

        edit(issue("Ebb"), tier=1)

        assert desk.get("dump", If_None_Match=etag).status_code == 200

    def test_an_error_is_a_problem_whatever_was_asked_for(self, room):
        response = Client().get("/api/v1/dump?format=csv", headers={"Accept": "text/csv"})

        assert is_problem(response, 401)

    def test_it_takes_as_many_queries_for_more_issues(self, desk, room):
        few = queries(desk, "dump")
        load(desk, text_of(Foam={"tags": ["a", "b"], "cites": ["https://example.org/x"]}),
             dry_run=False)  # fmt: skip

        assert queries(desk, "dump") == few
