"""The log of changes for curators: its acts, what they did, and taking them back."""

import pytest

from catalog.api.batches import (
    BatchShape,
    ChangeShape,
    HistoryShape,
    RevertOutcome,
    WholeBatch,
)
from catalog.api.conflicts import ConflictShape
from catalog.curation.reverting import MOST_REVERTED
from catalog.loading.loader import load
from catalog.models import Change, ChangeBatch, Conflict
from tests.api import Api, described, is_problem, queries
from tests.catalog.api.conftest import (
    CURATE,
    cluster,
    edit,
    holds,
    issue,
    make_curator,
    refused,
    shoreline,
)
from tests.factories import make_issue

pytestmark = pytest.mark.django_db


class TestActs:
    def test_they_are_listed_the_latest_first(self, desk, curator, room):
        batch = desk.post("tags/moon/rename", {"name": "Luna", "reason": "Finer"}).json()["batch"]

        page = desk.get("batches?count=exact").json()

        last, first = page["results"]
        assert (last["id"], last["kind"], last["user"]) == (batch, "edit", curator.username)
        assert (last["source"], last["reason"]) == ("api", "Finer")
        assert (first["kind"], first["user"], first["source"]) == ("load", None, "shoreline.json")
        assert page["count"] == 2
        assert described(BatchShape, last)

    def test_a_page_leads_to_the_next(self, desk, room):
        ChangeBatch.objects.bulk_create(
            ChangeBatch(kind=ChangeBatch.Kind.EDIT, source="test") for _ in range(50)
        )

        first = desk.get("batches").json()
        second = desk.client.get(first["next"], headers=desk.headers).json()

        assert (len(first["results"]), len(second["results"]), second["next"]) == (50, 1, None)

    def test_one_is_told_step_by_step_with_what_stands(self, desk, room):
        batch = edit(issue("Ebb"), tier=4, title="Low")
        edit(issue("Low"), title="Lower")

        found = desk.get(f"batches/{batch.pk}").json()

        steps = {step["field"]: step for step in found["steps"]}
        assert (steps["tier"]["before"], steps["tier"]["after"], steps["tier"]["now"]) == (5, 4, 4)
        assert steps["tier"]["is_possible"] is True
        assert (steps["title"]["now"], steps["title"]["is_possible"]) == ("Lower", False)
        assert (found["changes"], found["is_partial"]) == (2, False)
        assert described(WholeBatch, found)

    def test_a_great_one_is_told_in_part_and_listed_whole(self, desk, room):
        batch = edit(issue("Ebb"), tier=4)
        ids = [make_issue(publication=room).pk for _ in range(3)]
        Change.objects.bulk_create(
            Change(batch=batch, publication=room, kind="issue", object_id=ids[n % 3],
                   field="summary", before=f"{n}", after=f"{n + 1}")
            for n in range(250)
        )  # fmt: skip

        found = desk.get(f"batches/{batch.pk}").json()
        lines = desk.get(f"batches/{batch.pk}/changes?count=exact").json()

        assert (found["changes"], found["is_partial"]) == (251, True)
        assert (lines["count"], len(lines["results"])) == (251, 50)
        assert [row["before"] for row in lines["results"][:3]] == [5, "0", "1"]
        assert described(ChangeShape, lines["results"][0])

    def test_an_issue_has_a_history(self, desk, room):
        edit(issue("Ebb"), tier=4)
        desk.patch(f"issues/{issue('Ebb').pk}", {"summary": "New."}, If_Match="*")

        page = desk.get(f"issues/{issue('Ebb').pk}/history?count=exact").json()

        assert [(row["field"], row["after"]) for row in page["results"]] == [
            ("summary", "New."), ("tier", 4), ("", None),
        ]  # fmt: skip
        assert page["results"][0]["batch"]["source"] == "api"
        assert page["count"] == 3
        assert described(HistoryShape, page["results"][0])

    @pytest.mark.parametrize(
        "address", ["batches", "batches/{}", "batches/{}/changes", "issues/{}/history"]
    )
    def test_twice_the_rows_take_as_many_queries(self, desk, room, address):
        batch = edit(issue("Ebb"), tier=4)
        of = issue("Ebb").pk if address.startswith("issues") else batch.pk
        few = queries(desk, address.format(of))
        for tier in (1, 2, 3):
            made = edit(issue("Ebb"), tier=tier, summary=f"{tier}")
            made.changes.update(batch=batch)
            desk.post(f"batches/{edit(issue('Flood'), tier=tier).pk}/revert")

        assert queries(desk, address.format(of)) == few


class TestTakingBack:
    def test_an_act_is_taken_back_as_an_act_of_its_own(self, desk, curator, room):
        batch = edit(issue("Ebb"), tier=4, title="Low")

        response = desk.post(f"batches/{batch.pk}/revert", {"reason": "A slip"})

        found = response.json()
        assert (found["done"], found["left"], found["left_count"]) == (2, [], 0)
        assert (issue("Ebb").tier, issue("Ebb").version) == (5, 3)
        made = ChangeBatch.objects.get(pk=found["batch"])
        assert (made.kind, made.source, made.user, made.reason, made.reverts) == (
            "revert", "api", curator, "A slip", batch,
        )  # fmt: skip
        assert holds(made)
        assert desk.get(f"batches/{batch.pk}").json()["reverted_by"] == [made.pk]

    def test_what_has_been_changed_since_is_left_and_told(self, desk, room):
        batch = edit(issue("Ebb"), tier=4, title="Low")
        edit(issue("Low"), title="Lower")

        found = desk.post(f"batches/{batch.pk}/revert").json()

        assert (found["done"], found["left_count"]) == (1, 1)
        left = found["left"][0]
        assert (left["field"], left["before"], left["now"]) == ("title", "Ebb", "Lower")
        assert (issue("Lower").tier, issue("Lower").title) == (5, "Lower")
        assert described(RevertOutcome, found)

    def test_one_object_of_it_can_be_taken_back(self, desk, room):
        ids = [issue(title).pk for title in ("Ebb", "Flood")]
        batch = desk.post("issues/bulk", {"issues": ids, "tier": 1}).json()["batch"]

        desk.post(f"batches/{batch}/revert", {"kind": "issue", "object": ids[0]})

        assert (issue("Ebb").tier, issue("Flood").tier) == (5, 1)

    def test_a_second_time_there_is_nothing_to_take_back(self, desk, room):
        batch = edit(issue("Ebb"), tier=4)
        desk.post(f"batches/{batch.pk}/revert")

        found = desk.post(f"batches/{batch.pk}/revert").json()

        assert (found["done"], found["batch"], found["left_count"]) == (0, None, 1)

    def test_taking_back_can_be_taken_back(self, desk, room):
        batch = edit(issue("Ebb"), tier=4)
        back = desk.post(f"batches/{batch.pk}/revert").json()["batch"]

        desk.post(f"batches/{back}/revert")

        assert issue("Ebb").tier == 4

    def test_an_object_is_named_by_kind_and_id(self, desk, room):
        batch = edit(issue("Ebb"), tier=4)
        for body, field in [
            ({"kind": "issue"}, "object"),
            ({"object": 1}, "object"),
            ({"kind": "reader", "object": 1}, "kind"),
            ({"kind": "issue", "object": "1"}, "object"),
            ({"kind": ["issue"], "object": 1}, "kind"),
        ]:
            assert refused(desk.post(f"batches/{batch.pk}/revert", body), field), body
        assert issue("Ebb").tier == 4

    @pytest.mark.full
    def test_a_great_act_is_not_taken_back_in_one_go(self, desk, room):
        batch = edit(issue("Ebb"), tier=4)
        Change.objects.bulk_create(
            Change(batch=batch, publication=room, kind="issue", object_id=issue("Flood").pk,
                   field="words", before=n, after=n + 1)
            for n in range(MOST_REVERTED)
        )  # fmt: skip

        response = desk.post(f"batches/{batch.pk}/revert")

        assert is_problem(response, 422)
        one = desk.post(f"batches/{batch.pk}/revert", {"kind": "issue", "object": issue("Ebb").pk})
        assert one.json()["done"] == 1


class TestConflicts:
    @pytest.fixture
    def clash(self, room):
        """A curator and a file have both changed two issues and a cluster."""
        edit(issue("Gale"), tier=2)
        edit(issue("Ebb"), title="Low")
        edit(cluster("Tides"), blurb="Ours.")
        changed = shoreline(Gale={"tier": 1}, Ebb={"title": "Outgoing"})
        changed.publications[0].clusters[0].blurb = "Theirs."
        load(changed, source="b.json")
        return {each.field: each for each in Conflict.objects.all()}

    def test_they_are_listed_with_both_sides(self, desk, clash):
        page = desk.get("conflicts?count=exact").json()

        rows = {row["field"]: row for row in page["results"]}
        tier = rows["tier"]
        assert (tier["title"], tier["ours"], tier["theirs"]) == ("Gale", 2, 1)
        assert tier["publication"]["slug"] == "shoreline"
        assert (rows["blurb"]["kind"], rows["blurb"]["ours"]) == ("cluster", "Ours.")
        assert page["count"] == len(clash) == 3
        assert described(ConflictShape, tier)
        assert desk.get("conflicts?publication=shoreline").json()["results"] == page["results"]

    def test_the_files_values_are_written_as_one_act(self, desk, clash):
        ids = [clash["tier"].pk, clash["blurb"].pk]

        response = desk.post(
            "conflicts/settle", {"conflicts": ids, "take": "theirs", "reason": "They know"}
        )

        found = response.json()
        assert (found["settled"], found["left"]) == (2, [])
        assert (issue("Gale").tier, cluster("Tides").blurb) == (1, "Theirs.")
        assert list(Conflict.objects.all()) == [clash["title"]]
        assert holds(found["batch"])
        assert ChangeBatch.objects.get(pk=found["batch"]).reason == "They know"

    def test_the_curators_values_stand_and_nothing_is_written(self, desk, clash):
        etag = desk.get("conflicts")["ETag"]
        newest = ChangeBatch.objects.latest("id")

        found = desk.post("conflicts/settle", {"publication": "shoreline", "take": "ours"}).json()

        assert (found["settled"], found["batch"]) == (3, None)
        assert ChangeBatch.objects.latest("id") == newest
        assert issue("Gale").tier == 2
        assert desk.get("conflicts", If_None_Match=etag).json()["results"] == []

    def test_what_was_let_stand_is_listed_again_by_who_did_it(self, desk, clash):
        kept = desk.post("conflicts/settle", {"publication": "shoreline", "take": "ours"}).json()
        edit(issue("Gale"), tier=clash["tier"].theirs)

        for token in ("", "x", kept["reopen"][:-1], kept["reopen"] + "x", 3, None):
            assert refused(desk.post("conflicts/reopen", {"reopen": token}), "reopen"), token
        other = Api(make_curator(), CURATE)
        assert refused(other.post("conflicts/reopen", {"reopen": kept["reopen"]}), "reopen")
        assert not Conflict.objects.exists()

        # A conflict is obsolete once the current value equals the file's.
        again = desk.post("conflicts/reopen", {"reopen": kept["reopen"]})
        assert again.json() == {"listed": 2}
        assert {each.field for each in Conflict.objects.all()} == {"title", "blurb"}
        twice = desk.post("conflicts/reopen", {"reopen": kept["reopen"]})
        assert twice.status_code == 200
        assert Conflict.objects.count() == 2

    def test_what_was_written_is_taken_back_by_its_act_alone(self, desk, clash):
        found = desk.post("conflicts/settle", {"publication": "shoreline", "take": "theirs"}).json()

        assert found["reopen"] is None

    def test_what_cannot_be_written_any_more_is_left_and_told(self, desk, room):
        edit(issue("Gale"), url="https://example.org/storm")
        load(shoreline(Gale={"url": "https://example.org/wind"}), source="b.json")
        edit(issue("Sand"), url="https://example.org/wind")

        found = desk.post("conflicts/settle", {"publication": room.pk, "take": "theirs"}).json()

        assert (found["settled"], found["left_count"]) == (0, 1)
        assert found["left"][0]["theirs"] == "https://example.org/wind"

    def test_one_that_is_settled_already_is_named_by_its_place(self, desk, clash):
        ids = [clash["tier"].pk, 999]

        response = desk.post("conflicts/settle", {"conflicts": ids, "take": "theirs"})

        assert refused(response, "conflicts.1")
        assert issue("Gale").tier == 2

    def test_what_is_to_be_settled_is_named_in_one_way(self, desk, clash):
        ids = [clash["tier"].pk]
        for body, field in [
            ({"take": "ours"}, "conflicts"),
            ({"take": "ours", "conflicts": ids, "publication": "shoreline"}, "conflicts"),
            ({"take": "both", "conflicts": ids}, "take"),
            ({"conflicts": ids}, "take"),
            ({"take": "ours", "publication": "nowhere"}, "publication"),
        ]:
            assert refused(desk.post("conflicts/settle", body), field), body

    def test_twice_the_rows_take_as_many_queries(self, desk, clash):
        few = queries(desk, "conflicts")
        edit(issue("Flood"), tier=2, title="High")
        load(shoreline(Flood={"tier": 1, "title": "Flood tide"}), source="c.json")

        assert queries(desk, "conflicts") == few
