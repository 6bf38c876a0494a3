"""Progress through the API: the very figures of the pages."""

import datetime

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import State
from accounts.partial_dates import PartialDate
from accounts.reading import marking
from tests.api import is_problem
from tests.factories import make_cluster, make_issue, make_note, make_publication

pytestmark = pytest.mark.django_db
TODAY = "2024-06-15T12:00:00Z"


@pytest.fixture
def pages(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def library(user):
    """Two publications, of which the reader has read some on known days, and some in a year."""
    clusters = [make_cluster() for _ in range(3)]
    made = [
        make_issue(cluster=cluster, tier=tier, words=2200, date=datetime.date(year, 5, 1))
        for cluster in clusters
        for tier, year in ((5, 2020), (5, 2021), (4, 2021), (3, 2022), (None, 2022))
    ]
    make_issue(publication=clusters[0].publication, tier=5, date=datetime.date(2020, 1, 1))
    with time_machine.travel(TODAY, tick=False):
        for issue, on in zip(
            made, ["2024-06-15", "2024-06-14", "2024-06-10", "2024-05", "2023", "2024-06-03",
                   "2024-06-15", "2024-01-05"], strict=False,
        ):  # fmt: skip
            marking.mark(user, [issue.pk], State.READ, on=PartialDate.parse(on))
        marking.mark(user, [made[10].pk, made[11].pk], State.QUEUED)
        make_note(user=user, issue=made[0])
        make_note(user=user, issue=made[0], kind="quote", quote="x")
    return clusters


@time_machine.travel(TODAY, tick=False)
def test_its_figures_are_those_of_the_page(api, pages, library):
    found = api.get("progress").json()
    page = pages.get("/progress/").context
    progress, total, read, days = (page[name] for name in ("progress", "total", "read", "days"))

    assert found["canon"] == page["canon"]
    assert found["canon"] > 0
    assert found["today"] == progress.today.isoformat() == "2024-06-15"
    for kind in ("issues", "keepers", "landmarks", "notable", "rest"):
        assert found[kind]["read"] == getattr(read, kind)
        assert found[kind]["total"] == getattr(total, kind)
    assert found["landmarks"]["begun"] == 2
    assert {each["tier"]: each["total"] for each in found["tiers"] if each["total"]} == total.tiers
    assert [(ring.read, ring.total) for ring in page["rings"]] == [
        (found[kind]["read"], found[kind]["total"]) for kind in ("landmarks", "notable", "rest")
    ]
    told = found["days"]
    assert (told["streak"], told["best_streak"]) == (days.streak, days.best) == (2, 2)
    assert (told["this_week"], told["last_week"]) == (days.this_week, days.last_week)
    assert (told["past_year_readings"], told["past_year_days"]) == (
        page["year_total"], page["year_days"],
    )  # fmt: skip
    assert sum(day["readings"] for day in told["past_year"]) == page["year_total"] > 0
    assert told["words"] == days.sentence
    for name, pace in (("pace", page["pace"]), ("canon_pace", page["progress"].canon_pace)):
        assert found[name] == {
            "days": pace.window, "recent": pace.recent, "a_week": pace.a_week, "left": pace.left,
            "finish_on": pace.finish and pace.finish.isoformat(),
        }  # fmt: skip
    assert (found["canon_pace"]["days"], found["canon_pace"]["recent"]) == (56, 22)
    assert found["time_left"] == {
        "minutes": progress.minutes_left, "issues": progress.worded_left, "unknown": 1,
    }  # fmt: skip
    assert tuple(found["notes"].values()) == page["notes"] == (2, 1)


@time_machine.travel(TODAY, tick=False)
def test_its_parts_are_those_of_the_page(api, pages, library):
    found = api.get("progress").json()
    page = pages.get("/progress/parts/").context

    for kind, name in (
        ("categories", "category"), ("publications", "publication"), ("clusters", "cluster"),
    ):  # fmt: skip
        assert page[kind]
        assert [
            (each[name]["id"], each["canon"], each["read"], each["begun"], each["total"])
            for each in found[kind]
        ] == [
            (part.pk, canon, meter.read, meter.open, meter.total)
            for part, canon, meter in page[kind]
        ]
    assert [
        (each["year"], each["canon"], each["read"], each["total"]) for each in found["years"]
    ] == [(year, canon, meter.read, meter.total) for year, canon, meter in page["years"]]


@time_machine.travel(TODAY, tick=False)
@pytest.mark.parametrize("year", [2023, 2024, 2019])
def test_a_year_is_that_of_the_page(api, pages, library, year):
    found = api.get(f"progress/{year}").json()
    page = pages.get(f"/progress/{year}/").context
    review = page["review"]

    for name in ("year", "issues", "keepers", "notes", "streak", "undated"):
        assert found[name] == getattr(review, name)
    assert found["readings"] == len(review.finishes)
    assert [month["readings"] for month in found["months"]] == [n for _, n in review.months]
    assert (found["is_over"], found["years"]) == (page["is_over"], page["years"])
    assert [each["id"] for each in found["landmarks"]] == [each.pk for each in review.landmarks]
    for kind, name in (("publications", "publication"), ("clusters", "cluster")):
        assert [(each[name]["id"], each["readings"]) for each in found[kind]] == [
            (part.pk, number) for part, number in getattr(review, kind)
        ]
    for end in ("first", "last"):
        issue = getattr(review, end)
        assert found[end] == (issue and found[end] | {"id": issue.pk, "title": issue.title})
    busiest = found["busiest"] and tuple(found["busiest"].values())
    assert busiest == (review.busiest and (review.busiest[0].isoformat(), review.busiest[1]))


@pytest.mark.parametrize("year", ["0", "0000", "10000", "-1", "x", "²"])
def test_a_year_that_there_is_not_is_not_found(api, year):
    assert is_problem(api.get(f"progress/{year}"), 404)


@time_machine.travel(TODAY, tick=False)
def test_the_coverage_is_that_of_the_page(api, pages, library):
    publication = library[0].publication
    found = api.get(f"progress/coverage?publication={publication.slug}").json()
    page = pages.get(f"/progress/coverage/?publication={publication.slug}").context["coverage"]

    assert found == api.get(f"progress/coverage?publication={publication.pk}").json()
    assert found["years"] == page.years
    for row, (cluster, cells) in zip(found["rows"], page.rows, strict=True):
        assert (row["cluster"] and row["cluster"]["id"]) == (cluster and cluster.pk)
        assert [(each["read"], each["total"]) for each in row["cells"]] == [
            (cell.read, cell.total) for cell in cells
        ]
    assert [(spot["cluster"] and spot["cluster"]["id"], spot["year"])
            for spot in found["blind_spots"]] == [
        (cluster and cluster.pk, year) for cluster, year in page.blind
    ]  # fmt: skip
    assert found["rows"][-1]["cluster"] is None


def test_an_empty_room_has_no_progress_and_no_error(api):
    found = api.get("progress").json()

    assert (found["canon"], found["issues"]) == (0, {"read": 0, "begun": 0, "total": 0})
    empty = make_publication()
    assert api.get(f"progress/coverage?publication={empty.pk}").json()["rows"] == []


def test_a_library_twice_as_large_takes_as_many_queries(api, user):
    counted = []
    api.get("me")
    for number in (3, 30):
        for _ in range(number):
            issue = make_issue(cluster=make_cluster())
            marking.mark(user, [issue.pk], State.READ)
        with CaptureQueriesContext(connection) as queries:
            assert api.get("progress").status_code == 200
        counted.append(len(queries))

    assert counted[0] == counted[1] <= 12
