"""Creating and changing categories, publications and clusters through the API."""

import pytest

from catalog.models import Category, ChangeBatch, Cluster, Publication
from tests.api import is_problem
from tests.catalog.api.conftest import cluster, edit, holds, issue, log_of, refused, titles_in
from tests.factories import make_cluster, make_issue, make_publication

pytestmark = pytest.mark.django_db


def order():
    return list(Cluster.objects.listed().order_by("position").values_list("title", flat=True))


class TestCategories:
    def test_one_is_made(self, desk, room):
        response = desk.post("categories", {"name": "Letters"})

        assert response.status_code == 201
        made = Category.objects.get(name="Letters")
        assert (made.slug, response.json()["id"]) == ("letters", made.pk)
        assert list(log_of(response.json()["batch"])) == [("category", made.pk, "")]

    def test_one_is_renamed_over_the_version_that_was_seen(self, desk, room):
        version = desk.get("categories/science").json()["version"]

        response = desk.patch("categories/science", {"name": "Sea"}, If_Match=f'"{version}"')

        assert (response.json()["name"], response.json()["slug"]) == ("Sea", "science")
        assert holds(response.json()["batch"])
        again = desk.patch("categories/science", {"name": "Air"}, If_Match=f'"{version}"')
        assert is_problem(again, 412)
        assert again.json()["current"]["name"] == "Sea"
        now = desk.patch("categories/science", {"name": "Air"}, If_Match=response["ETag"])
        assert now.status_code == 200

    def test_a_name_that_another_has_is_refused(self, desk, room):
        desk.post("categories", {"name": "Letters"})

        assert refused(desk.post("categories", {"name": " Letters "}), "name")
        assert refused(desk.patch("categories/letters", {"name": "Science"}, If_Match="*"), "name")
        same = desk.patch("categories/letters", {"name": "Letters"}, If_Match="*")
        assert (same.status_code, same.json()["batch"]) == (200, None)

    def test_a_new_name_is_found_by_those_who_ask_again(self, desk, room):
        etag = desk.get("publications")["ETag"]

        desk.patch("categories/science", {"name": "Sea"}, If_Match="*")

        again = desk.get("publications", If_None_Match=etag)
        assert again.json()["results"][0]["category"]["name"] == "Sea"


class TestPublications:
    def test_one_is_made(self, desk, room):
        body = {"name": "Skyline", "category": "science", "author": "A. Cloud", "issue_count": 3}

        response = desk.post("publications", body)

        assert response.status_code == 201
        found = response.json()
        assert (found["slug"], found["issue_count"], found["issues"]) == ("skyline", 3, 3)
        assert list(log_of(found["batch"])) == [("publication", found["id"], "")]

    def test_a_slug_that_is_a_page_of_ours_is_not_taken(self, desk, room):
        body = {"name": "Search", "category": "science", "author": "A. Cloud"}

        assert desk.post("publications", body).json()["slug"] == "search-2"

    def test_each_field_is_written_and_logged(self, desk, room):
        desk.post("categories", {"name": "Letters"})
        body = {
            "name": "Coast", "category": "letters", "author": "B. Wave", "site": "coast.example",
            "section": "Notes", "homepage": "https://coast.example",
            "feed": "https://coast.example/f", "description": "Waves.", "issue_count": 9,
        }  # fmt: skip

        response = desk.patch("publications/shoreline", body, If_Match="*")

        assert response.status_code == 200
        batch = response.json()["batch"]
        assert {field: after for (_, _, field), (_, after) in log_of(batch).items()} == body | {
            "category": "Letters"
        }
        assert holds(batch)

    def test_its_issues_may_change_without_its_own_version(self, desk, room):
        version = desk.get("publications/shoreline").json()["version"]
        edit(issue("Ebb"), tier=1)

        response = desk.patch("publications/shoreline", {"site": "x"}, If_Match=f'"{version}"')

        assert response.status_code == 200

    def test_what_has_moved_on_is_refused(self, desk, room):
        version = desk.get("publications/shoreline").json()["version"]
        edit(room, author="Somebody")

        response = desk.patch("publications/shoreline", {"site": "x"}, If_Match=f'"{version}"')

        assert is_problem(response, 412)
        assert response.json()["current"]["author"] == "Somebody"
        assert is_problem(desk.patch("publications/shoreline", {"site": "x"}), 428)
        assert Publication.objects.get().site == ""

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"name": ""}, "name"),
            ({"name": "x" * 201}, "name"),
            ({"category": "nowhere"}, "category"),
            ({"category": None}, "category"),
            ({"homepage": "example.org"}, "homepage"),
            ({"feed": "javascript:1"}, "feed"),
            ({"issue_count": -1}, "issue_count"),
            ({"issue_count": 10_000_001}, "issue_count"),
            ({"description": "a\x00b"}, "description"),
        ],
    )
    def test_what_cannot_be_is_refused_by_name(self, desk, room, body, field):
        assert refused(desk.patch("publications/shoreline", body, If_Match="*"), field)

    def test_a_name_that_another_has_is_refused(self, desk, room):
        make_publication(name="Skyline", slug="skyline")

        assert refused(desk.patch("publications/skyline", {"name": "Shoreline"}, If_Match="*"),
                       "name")  # fmt: skip


class TestClusters:
    def test_one_is_made_behind_the_others(self, desk, room):
        response = desk.post("publications/shoreline/clusters", {"title": "Storms", "blurb": "!"})

        assert response.status_code == 201
        found = response.json()
        assert (found["slug"], found["blurb"], found["size"]) == ("storms", "!", 0)
        assert order() == ["Tides", "Winds", "Storms"]
        assert list(log_of(found["batch"])) == [("cluster", found["id"], "")]

    def test_one_is_changed_over_the_version_that_was_seen(self, desk, room):
        pk = cluster("Tides").pk
        version = desk.get(f"clusters/{pk}").json()["version"]

        response = desk.patch(f"clusters/{pk}", {"title": "Currents"}, If_Match=f'"{version}"')

        assert (response.json()["title"], response.json()["slug"]) == ("Currents", "tides")
        assert holds(response.json()["batch"])
        again = desk.patch(f"clusters/{pk}", {"blurb": "x"}, If_Match=f'"{version}"')
        assert is_problem(again, 412)
        assert again.json()["current"]["title"] == "Currents"
        assert is_problem(desk.patch(f"clusters/{pk}", {"blurb": "x"}), 428)

    def test_a_title_that_names_another_is_refused(self, desk, room):
        desk.post(f"clusters/{cluster('Winds').pk}/merge", {"into": "tides"})
        make_cluster(publication=room, title="Storms", slug="storms")
        storms = cluster("Storms").pk

        for title in ("Tides", " Tides", "Winds"):
            body = {"title": title}
            assert refused(desk.patch(f"clusters/{storms}", body, If_Match="*"), "title")
            assert refused(desk.post("publications/shoreline/clusters", body), "title")

    def test_a_merged_one_is_not_changed(self, desk, room):
        winds = cluster("Winds").pk
        desk.post(f"clusters/{winds}/merge", {"into": "tides"})

        response = desk.patch(f"clusters/{winds}", {"blurb": "x"}, If_Match="*")

        assert is_problem(response, 409)
        assert "merged into “Tides”" in response.json()["detail"]


class TestMerging:
    def test_all_issues_go_to_the_end_of_the_other(self, desk, room):
        response = desk.post(
            f"clusters/{cluster('Tides').pk}/merge", {"into": "winds", "reason": "One theme"}
        )

        found = response.json()
        assert (found["title"], found["moved"], found["size"]) == ("Winds", 3, 4)
        assert titles_in("Winds") == ["Gale", "Ebb", "Flood", "Neap"]
        assert cluster("Tides").merged_into == cluster("Winds")
        assert holds(found["batch"])
        assert ChangeBatch.objects.get(pk=found["batch"]).reason == "One theme"

    def test_it_can_be_taken_back(self, desk, room):
        batch = desk.post(f"clusters/{cluster('Tides').pk}/merge", {"into": "winds"}).json()[
            "batch"
        ]

        assert desk.post(f"batches/{batch}/revert").json()["left"] == []
        assert titles_in("Tides") == ["Ebb", "Flood", "Neap"]

    def test_into_what_it_cannot_be_merged_is_refused(self, desk, room):
        tides, other = cluster("Tides"), make_cluster()
        for into in (tides.pk, "tides", "nowhere", other.pk, other.slug, None, 0):
            assert refused(desk.post(f"clusters/{tides.pk}/merge", {"into": into}), "into")
        assert order()[0] == "Tides"

    def test_a_second_time_it_is_none_any_more(self, desk, room):
        tides = cluster("Tides").pk
        desk.post(f"clusters/{tides}/merge", {"into": "winds"})

        assert is_problem(desk.post(f"clusters/{tides}/merge", {"into": "winds"}), 409)


class TestSplitting:
    def test_some_issues_become_a_cluster_next_to_it(self, desk, room):
        ids = [issue(title).pk for title in ("Neap", "Ebb")]

        response = desk.post(
            f"clusters/{cluster('Tides').pk}/split", {"title": "Moons", "issues": ids}
        )

        assert response.status_code == 201
        assert titles_in("Moons") == ["Ebb", "Neap"]
        assert order() == ["Tides", "Moons", "Winds"]
        assert holds(response.json()["batch"])

    def test_what_is_not_in_it_is_named_by_its_place(self, desk, room):
        ids = [issue("Ebb").pk, issue("Gale").pk, 999]

        response = desk.post(
            f"clusters/{cluster('Tides').pk}/split", {"title": "Moons", "issues": ids}
        )

        assert refused(response, "issues.1", "issues.2")
        assert order() == ["Tides", "Winds"]

    def test_one_issue_stays(self, desk, room):
        ids = [issue(title).pk for title in ("Ebb", "Flood", "Neap")]

        response = desk.post(
            f"clusters/{cluster('Tides').pk}/split", {"title": "Moons", "issues": ids}
        )

        assert refused(response, "issues")

    def test_its_title_is_its_own(self, desk, room):
        body = {"title": "Winds", "issues": [issue("Ebb").pk]}

        assert refused(desk.post(f"clusters/{cluster('Tides').pk}/split", body), "title")


class TestTheOrder:
    def test_it_is_as_it_is_told(self, desk, room):
        response = desk.put("publications/shoreline/clusters/order", {"clusters": ["winds"]})

        found = response.json()
        assert [row["title"] for row in found["clusters"]] == order() == ["Winds", "Tides"]
        assert holds(found["batch"])

    def test_to_tell_it_again_changes_nothing(self, desk, room):
        body = {"clusters": [cluster("Winds").pk, "tides"]}
        desk.put("publications/shoreline/clusters/order", body)

        again = desk.put("publications/shoreline/clusters/order", body)

        assert (again.status_code, again.json()["batch"]) == (200, None)

    def test_a_cluster_that_there_is_not_is_named_by_its_place(self, desk, room):
        other = make_issue(cluster=make_cluster()).cluster
        body = {"clusters": ["winds", "nowhere", other.pk]}

        response = desk.put("publications/shoreline/clusters/order", body)

        assert refused(response, "clusters.1", "clusters.2")
        assert order()[:2] == ["Tides", "Winds"]
