"""Reading the catalog through the API: categories, publications, clusters, tags, changes."""

import datetime

import pytest

from catalog.api.categories import WholeCategory
from catalog.api.changes import ActShape
from catalog.api.clusters import ClusterShape, WholeCluster
from catalog.api.publications import PublicationShape, WholePublication
from catalog.api.shapes import CategoryShape
from catalog.api.tags import TagShape
from catalog.curation.changeset import Curation
from catalog.curation.tags import delete_tag, merge_tags, split_tag
from catalog.models import ChangeBatch, Publication, Tag
from tests.api import Api, described, is_problem, queries
from tests.catalog.api.conftest import cluster, edit, issue, refused, tag, titles_in
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(db):
    asking = Api(make_user(), ["read"])
    # An address that is one.
    asking.client.defaults["SERVER_NAME"] = "localhost"
    return asking


def retire(act, *arguments):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        act(*arguments, curation)


class TestCategories:
    def test_they_are_listed_the_oldest_first(self, api, room):
        make_publication()

        page = api.get("categories?count=exact").json()

        assert [row["name"] for row in page["results"]] == ["Science"]
        assert (page["next"], page["count"]) == (None, 1)
        assert described(CategoryShape, page["results"][0])

    def test_one_is_found_by_id_and_by_slug(self, api, room):
        found = api.get("categories/science").json()

        assert found == api.get(f"categories/{room.category_id}").json()
        assert (found["name"], found["publications"]) == ("Science", 1)
        assert described(WholeCategory, found)


class TestPublications:
    def test_a_list_has_their_figures(self, api, room):
        row = api.get("publications").json()["results"][0]

        assert (row["slug"], row["issues"], row["keepers"], row["landmarks"]) == (
            "shoreline", 6, 5, 1,
        )  # fmt: skip
        assert described(PublicationShape, row)

    def test_a_list_can_be_of_one_category(self, api, room):
        assert len(api.get("publications?category=science").json()["results"]) == 1
        make_publication(category=Publication.objects.get().category)
        assert len(api.get("publications?category=science").json()["results"]) == 2

    def test_a_page_leads_to_the_next(self, api, room):
        for _ in range(50):
            make_publication()

        first = api.get("publications").json()
        second = api.client.get(first["next"], headers=api.headers).json()

        assert (len(first["results"]), len(second["results"])) == (50, 1)
        assert second["next"] is None

    def test_one_comes_with_what_is_listed_of_it_and_its_clusters(self, api, room):
        found = api.get("publications/shoreline").json()

        assert found["figures"] == {
            "listed": 6, "tiers": {"5": 1, "4": 4, "none": 1},
            "first_date": "2024-05-01", "last_date": "2024-05-06",
        }  # fmt: skip
        assert [row["title"] for row in found["clusters"]["results"]] == ["Tides", "Winds"]
        assert found["clusters"]["next"] is None
        assert described(WholePublication, found)
        assert found == api.get(f"publications/{room.pk}").json()

    def test_one_without_issues_has_no_dates(self, api):
        found = api.get(f"publications/{make_publication().slug}").json()

        assert (found["figures"]["first_date"], found["issues"]) == (None, 0)
        assert described(WholePublication, found)

    def test_its_clusters_are_paged(self, api, room):
        for number in range(50):
            make_cluster(publication=room, title=f"Cluster {number}", position=7)

        first = api.get("publications/shoreline/clusters?count=exact").json()
        second = api.client.get(first["next"], headers=api.headers).json()

        shown = [row["title"] for row in first["results"] + second["results"]]
        assert shown == ["Tides", "Winds", *(f"Cluster {number}" for number in range(50))]
        assert (first["count"], second["next"]) == (52, None)
        assert described(ClusterShape, first["results"][0])
        of_its_own = api.get("publications/shoreline").json()["clusters"]
        assert [row["title"] for row in of_its_own["results"]] == shown[:50]
        assert api.client.get(of_its_own["next"], headers=api.headers).json() == second


class TestClusters:
    def test_one_comes_with_its_issues_in_order(self, api, room):
        found = api.get(f"clusters/{cluster('Tides').pk}").json()

        assert [row["title"] for row in found["issues"]["results"]] == ["Ebb", "Flood", "Neap"]
        assert (found["size"], found["keepers"], found["landmarks"]) == (3, 3, 1)
        assert found["merged_into"] is None
        assert described(WholeCluster, found)

    def test_its_issues_are_paged(self, api, room):
        tides = cluster("Tides")
        for number in range(50):
            make_issue(cluster=tides, position=9, date=datetime.date(2024, 1, 1 + number % 3))

        first = api.get(f"clusters/{tides.pk}").json()["issues"]
        second = api.client.get(first["next"], headers=api.headers).json()["issues"]

        shown = [row["title"] for row in first["results"] + second["results"]]
        assert shown == titles_in("Tides")
        assert second["next"] is None

    def test_a_merged_one_is_shown_with_what_it_became(self, api, desk, room):
        tides = cluster("Tides")
        desk.post(f"clusters/{tides.pk}/merge", {"into": "winds"})

        found = api.get(f"clusters/{tides.pk}").json()

        assert (found["merged_into"]["title"], found["size"]) == ("Winds", 0)
        assert described(WholeCluster, found)

    def test_one_that_was_taken_back_is_no_more(self, api, desk, room):
        made = desk.post("publications/shoreline/clusters", {"title": "Storms"}).json()
        desk.post(f"batches/{made['batch']}/revert")

        assert is_problem(api.get(f"clusters/{made['id']}"), 404)


class TestTags:
    def test_they_are_listed_by_their_letters_with_counts_and_names(self, api, room):
        retire(merge_tags, [tag("brine")], tag("sea"))

        page = api.get("tags?count=exact").json()

        shown = [(row["name"], row["count"], len(row["aliases"])) for row in page["results"]]
        assert shown == [("moon", 3, 0), ("sea", 3, 1), ("wind", 1, 0)]
        assert page["count"] == 3
        assert described(TagShape, page["results"][1])

    def test_a_beginning_finds_any_spelling_and_the_names_that_stand_for_it(self, api, room):
        retire(merge_tags, [tag("brine")], tag("sea"))

        def found(begin):
            return [row["name"] for row in api.get(f"tags?q={begin}").json()["results"]]

        assert found("MO") == found("m-o") == found("M_o") == ["moon"]
        assert found("bri") == ["sea"]
        assert found("oon") == found("%2D") == found("%00") == []
        assert found("") == ["moon", "sea", "wind"]

    def test_a_page_leads_to_the_next(self, api, room):
        Tag.objects.bulk_create(
            Tag(name=f"a {n:02}", key=f"a{n:02}", slug=f"a-{n:02}") for n in range(50)
        )

        first = api.get("tags").json()
        second = api.client.get(first["next"], headers=api.headers).json()

        assert [row["name"] for row in second["results"]] == ["brine", "moon", "sea", "wind"]
        assert second["next"] is None

    def test_one_is_found_by_id_and_by_slug(self, api, room):
        found = api.get("tags/moon").json()

        assert found == api.get(f"tags/{tag('moon').pk}").json()
        assert (found["count"], found["is_retired"], found["stands_for"]) == (3, False, [])

    def test_a_retired_name_is_shown_with_all_that_it_stands_for(self, api, room):
        retire(split_tag, tag("moon"), ["new moon", "full moon"])
        retire(delete_tag, tag("wind"))

        moon, wind = api.get("tags/moon").json(), api.get("tags/wind").json()

        assert [each["slug"] for each in moon["stands_for"]] == ["full-moon", "new-moon"]
        assert (moon["is_retired"], moon["count"]) == (True, 0)
        assert (wind["is_retired"], wind["stands_for"]) == (True, [])
        assert described(TagShape, moon)


class TestChanges:
    def test_they_are_told_act_by_act_the_latest_first(self, api, room):
        edit(issue("Ebb"), tier=4)

        page = api.get("publications/shoreline/changes").json()

        last, first = page["results"]
        assert last["by"] == "The curators"
        assert [line["text"] for line in last["lines"]] == ["“Ebb” went from landmark to notable"]
        assert last["lines"][0]["links"] == [
            {"text": "Ebb", "url": "http://localhost/shoreline/ebb/"}
        ]
        assert first["by"] == "A load"
        assert all(described(ActShape, act) for act in page["results"])

    def test_no_curator_and_no_file_is_named(self, api, room):
        batch = edit(issue("Ebb"), tier=4)

        text = api.get("publications/shoreline/changes").content.decode()

        assert batch.user.username not in text
        assert "shoreline.json" not in text

    def test_a_page_leads_to_the_next(self, api, room):
        for number in range(25):
            edit(room, author=f"Author {number}")

        first = api.get("publications/shoreline/changes").json()
        second = api.client.get(first["next"], headers=api.headers).json()

        ids = [act["id"] for act in first["results"] + second["results"]]
        assert ids == sorted(ids, reverse=True)
        assert (len(first["results"]), len(ids)) == (20, 26)
        assert second["next"] is None

    def test_they_are_not_counted(self, api, room):
        assert refused(api.get("publications/shoreline/changes?count=exact"), "count")


@pytest.mark.parametrize(
    "address",
    ["categories", "categories/science", "publications", "publications/shoreline",
     "publications/shoreline/clusters", "publications/shoreline/changes", "clusters/{}", "tags",
     "tags/moon"],
)  # fmt: skip
def test_twice_the_rows_take_as_many_queries(api, room, address):
    tides = cluster("Tides")
    address = address.format(tides.pk)

    def more():
        for number in range(3):
            with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
                other = make_issue(publication=room, cluster=tides)
                names = [f"{name} {Tag.objects.count()}" for name in ("moon", "a", "b")]
                curation.change(other, {"tags": names, "tier": 1 + number})
            make_cluster(publication=room)
            make_publication()
        retire(merge_tags, list(Tag.objects.listed().filter(name__startswith="a ")), tag("moon"))

    more()
    few = queries(api, address)
    more()

    assert queries(api, address) == few
