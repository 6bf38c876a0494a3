"""Operations on tags and on likely duplicates through the API."""

import pytest

from catalog.api.duplicates import LikelyPairs
from catalog.models import ChangeBatch, DismissedPair, Tag
from tests.api import is_problem, queries
from tests.catalog.api.conftest import edit, holds, issue, refused, tag, tags_of

pytestmark = pytest.mark.django_db


class TestMerging:
    def test_a_tag_becomes_a_name_of_another(self, desk, room):
        response = desk.post("tags/brine/merge", {"into": "sea", "reason": "The same water"})

        found = response.json()
        assert (found["name"], found["count"], found["changed"]) == ("sea", 3, 1)
        assert [alias["name"] for alias in found["aliases"]] == ["brine"]
        assert tags_of("Neap") == ["Moon", "sea"]
        assert holds(found["batch"])
        assert ChangeBatch.objects.get(pk=found["batch"]).reason == "The same water"

    def test_into_what_it_cannot_be_merged_is_refused(self, desk, room):
        desk.post("tags/wind/merge", {"into": "sea"})

        for into in ("brine", tag("brine").pk, "nothing", "wind", None, [], 2**63):
            assert refused(desk.post("tags/brine/merge", {"into": into}), "into"), into
        assert tags_of("Neap") == ["Moon", "brine"]

    def test_what_is_a_name_by_now_is_not_merged(self, desk, room):
        desk.post("tags/brine/merge", {"into": "sea"})

        response = desk.post("tags/brine/merge", {"into": "moon"})

        assert is_problem(response, 409)
        assert "a name for “sea”" in response.json()["detail"]


class TestRenaming:
    def test_each_use_is_spelt_so(self, desk, room):
        response = desk.post("tags/moon/rename", {"name": "MOON"})

        assert (response.json()["name"], response.json()["is_named"]) == ("MOON", True)
        assert (tags_of("Ebb"), tags_of("Neap")) == (["MOON", "sea"], ["MOON", "brine"])
        assert holds(response.json()["batch"])

    def test_another_name_keeps_the_old_one_as_its_own(self, desk, room):
        found = desk.post("tags/moon/rename", {"name": "Luna"}).json()

        assert (found["slug"], [alias["name"] for alias in found["aliases"]]) == ("luna", ["moon"])
        assert tags_of("Ebb") == ["Luna", "sea"]

    def test_the_name_of_another_is_a_merge(self, desk, room):
        found = desk.post("tags/brine/rename", {"name": "Sea"}).json()

        assert (found["id"], found["count"]) == (tag("sea").pk, 3)
        assert tags_of("Ebb") == ["moon", "Sea"]

    def test_what_can_be_no_tag_is_refused(self, desk, room):
        for name in ("", " ", "-", "x" * 101, "\ufdfa" * 60, "a\nb", None, 5):
            assert refused(desk.post("tags/moon/rename", {"name": name}), "name"), name


class TestSplitting:
    def test_one_becomes_several(self, desk, room):
        response = desk.post("tags/moon/split", {"names": ["new moon", "full moon"]})

        found = response.json()
        assert [each["name"] for each in found["tags"]] == ["new moon", "full moon"]
        assert found["changed"] == 3
        assert tags_of("Ebb") == ["new moon", "full moon", "sea"]
        assert holds(found["batch"])

    def test_its_own_name_may_be_one_of_them(self, desk, room):
        found = desk.post("tags/moon/split", {"names": ["moon", "night"]}).json()

        assert [(each["name"], each["count"]) for each in found["tags"]] == [
            ("moon", 3), ("night", 3),
        ]  # fmt: skip

    def test_two_spellings_are_one(self, desk, room):
        for names in (["night", "Night"], ["night"], [], "night", ["night", ""]):
            response = desk.post("tags/moon/split", {"names": names})
            assert response.status_code == 422


class TestDeletingAndRestoring:
    def test_it_is_taken_off_all_issues(self, desk, room):
        response = desk.delete("tags/moon?reason=Too%20wide")

        assert response.json()["changed"] == 3
        assert tags_of("Ebb") == ["sea"]
        assert ChangeBatch.objects.get(pk=response.json()["batch"]).reason == "Too wide"
        assert holds(response.json()["batch"])

    def test_a_second_time_it_is_none_any_more(self, desk, room):
        desk.delete("tags/moon")

        assert is_problem(desk.delete("tags/moon"), 409)

    def test_a_reason_that_cannot_be_kept_is_refused(self, desk, room):
        for reason in ("x" * 201, "%00", "a%0Ab"):
            assert refused(desk.delete(f"tags/moon?reason={reason}"), "reason")
        assert not tag("moon").retired_at

    def test_a_name_becomes_a_tag_again(self, desk, room):
        desk.post("tags/brine/merge", {"into": "sea"})

        found = desk.post("tags/brine/restore").json()

        assert (found["is_retired"], found["stands_for"], found["count"]) == (False, [], 0)
        assert holds(found["batch"])


class TestDuplicates:
    @pytest.fixture
    def alike(self, room):
        edit(issue("Foam"), tags=["scaling law"])
        edit(issue("Sand"), tags=["scaling laws"])
        edit(issue("Ebb"), tags=["scaling laws"])
        return tag("scaling laws"), tag("scaling law")

    def test_they_are_proposed_the_more_used_to_stay(self, desk, alike):
        found = desk.get("duplicates").json()

        pair = found["results"][0]
        assert (pair["into"], pair["away"]["name"]) == (
            {"id": alike[0].pk, "name": "scaling laws", "count": 2}, "scaling law",
        )  # fmt: skip
        assert (pair["together"], found["count"]) == (0, len(found["results"]))
        assert pair["reasons"]
        assert LikelyPairs(data=found).is_valid()

    def test_what_is_dismissed_is_not_proposed_again(self, desk, alike):
        etag = desk.get("duplicates")["ETag"]
        before = desk.get("duplicates").json()["count"]

        response = desk.post("duplicates/dismiss", {"one": alike[0].pk, "other": alike[1].slug})

        assert response.json()["is_dismissed"] is True
        assert DismissedPair.objects.count() == 1
        again = desk.get("duplicates", If_None_Match=etag)
        assert (again.status_code, again.json()["count"]) == (200, before - 1)

    def test_it_is_when_that_is_taken_back(self, desk, alike):
        body = {"one": alike[0].pk, "other": alike[1].pk}
        before = desk.get("duplicates").json()
        desk.post("duplicates/dismiss", body)
        desk.post("duplicates/dismiss", body)

        assert desk.post("duplicates/restore", body).json()["is_dismissed"] is False

        assert desk.get("duplicates").json() == before

    def test_a_pair_is_two_tags(self, desk, alike):
        one, other = alike
        assert refused(desk.post("duplicates/dismiss", {"one": one.pk, "other": one.pk}), "other")
        assert refused(desk.post("duplicates/dismiss", {"one": "x", "other": one.pk}), "one")
        desk.delete(f"tags/{other.pk}")
        body = {"one": one.pk, "other": other.pk}
        assert refused(desk.post("duplicates/dismiss", body), "other")

    def test_twice_the_pairs_take_as_many_queries(self, desk, alike):
        few = queries(desk, "duplicates")
        edit(issue("Flood"), tags=["wave length", "wavelengths", "reward model", "reward models"])

        assert Tag.objects.count() > 4
        assert queries(desk, "duplicates") == few
