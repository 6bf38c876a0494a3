"""The walks of the desk and its proposals, through the API."""

import datetime

import pytest

from catalog.curation.changeset import Curation
from catalog.curation.rules import review_values
from catalog.desk.fits import fits
from catalog.models import ChangeBatch, Issue
from tests.api import is_problem, queries
from tests.catalog.api.conftest import edit, issue, refused
from tests.factories import make_cluster, make_issue, make_publication

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fitted_anew():
    fits.clear()
    yield
    fits.clear()


@pytest.fixture
def alike(db):
    """A publication with two clusters whose issues are alike, and a keeper in the wrong one."""
    publication = make_publication(slug="alike")
    winds, tides = (
        make_cluster(publication=publication, title=title) for title in ("Winds", "Tides")
    )
    words = {winds: ("gale storm breeze", "wind"), tides: ("ebb flood moon", "sea")}
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        for cluster, (text, tag) in words.items():
            for number in range(6):
                made = make_issue(
                    cluster=cluster, title=f"{text} {number}", summary=text * 3, tier=4
                )
                curation.change(Issue.objects.get(pk=made.pk), {"tags": [tag]})
    lost = Issue.objects.filter(cluster=tides).first()
    edit(lost, cluster=winds, tier=None)
    return publication


def walked(desk, address):
    """Return the titles of a walk, page by page."""
    pages, after = [], address
    while after:
        page = desk.client.get(after, headers=desk.headers).json()
        pages.append([each["title"] for each in page["results"]])
        after = page["next"]
    return pages


class TestWalks:
    def test_each_is_gone_through_as_the_desk_does(self, desk, room):
        edit(issue("Gale"), tags_guessed=True)
        edit(issue("Foam"), tier=5)

        assert walked(desk, "/api/v1/walks/unrated") == [["Sand"]]
        assert walked(desk, "/api/v1/walks/guessed") == [["Gale"]]
        assert walked(desk, "/api/v1/walks/unfiled") == [["Foam"]]
        edit(issue("Gale"), **review_values())
        assert walked(desk, "/api/v1/walks/guessed") == [[]]

    def test_pages_go_on_where_the_last_ended_whatever_was_rated_meanwhile(self, desk, room):
        first = datetime.date(2020, 1, 1)
        for day in range(60):
            make_issue(
                publication=room, tier=None, title=f"Day {day}",
                date=first + datetime.timedelta(days=day),
            )  # fmt: skip
        page = desk.get("walks/unrated?count=exact").json()
        assert page["results"][0]["title"] == "Sand"
        assert (len(page["results"]), page["count"]) == (50, 61)
        edit(issue("Day 11"), tier=3)

        following = desk.client.get(page["next"], headers=desk.headers).json()

        assert [each["title"] for each in following["results"]] == [
            f"Day {day}" for day in range(10, -1, -1)
        ]
        assert following["next"] is None

    def test_one_publication_alone(self, desk, room):
        make_issue(tier=None, publication=make_publication(slug="other"))

        assert walked(desk, "/api/v1/walks/unrated?publication=shoreline") == [["Sand"]]

    def test_disagreements_are_those_of_a_publication(self, desk, alike):
        lost = Issue.objects.get(tier=None)
        found = desk.get("walks/disagreements?publication=alike").json()["results"]

        assert found[0]["id"] == lost.pk
        edit(lost, tier=4, cluster=alike.clusters.get(title="Tides"))
        again = desk.get("walks/disagreements?publication=alike").json()["results"]
        assert lost.pk not in [each["id"] for each in again]

    def test_what_is_not_there_is_told(self, desk, room):
        assert is_problem(desk.get("walks/others"), 404)
        assert is_problem(desk.get("walks/unrated?publication=nowhere"), 404)
        assert refused(desk.get("walks/disagreements"), "publication")
        for after in ("x", "", "2024-01-01", "2024-13-01.1", "1.2.3", "9" * 40):
            assert refused(desk.get(f"walks/unrated?after={after}"), "after"), after

    def test_twice_the_rows_take_as_many_queries(self, desk, room):
        few = queries(desk, "walks/unrated")
        for _ in range(5):
            make_issue(publication=room, tier=None)
        assert queries(desk, "walks/unrated") == few


class TestProposals:
    def test_the_others_are_asked_with_their_reasons_and_nothing_is_written(self, desk, alike):
        lost = Issue.objects.get(tier=None)
        before = ChangeBatch.objects.count()

        found = desk.get(f"issues/{lost.pk}/proposals").json()

        tides = alike.clusters.get(title="Tides")
        assert found["tier"]["value"] == 4
        assert found["clusters"][0]["value"] == tides.pk
        assert found["clusters"][0]["name"] == "Tides"
        assert found["clusters"][0]["reasons"]
        assert [each["value"] for each in found["tags"] if each["is_own"]] == ["sea"]
        near = found["nearest"][0]
        assert Issue.objects.get(pk=near["issue"]["id"]).cluster == tides
        assert near["shared"]
        assert found["cited_by_keepers"] == 0
        assert ChangeBatch.objects.count() == before

    def test_what_is_accepted_of_them_is_taken_as_it_is_given(self, desk, alike):
        lost = Issue.objects.get(tier=None)
        offered = desk.get(f"issues/{lost.pk}/proposals").json()

        response = desk.patch(
            f"issues/{lost.pk}",
            {"tier": offered["tier"]["value"], "cluster": offered["clusters"][0]["value"]},
            If_Match=f'"{lost.version}"',
        )

        assert response.status_code == 200
        assert response.json()["cluster"]["title"] == "Tides"

    def test_of_what_is_not_there_there_are_none(self, desk, room):
        edit(issue("Sand"), archived_at=issue("Ebb").created_at)
        for key in ("999", "ebb", issue("Sand").pk):
            assert is_problem(desk.get(f"issues/{key}/proposals"), 404)
