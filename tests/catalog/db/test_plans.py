"""How SQLite reads each page's list: from an index, in its order, however large the catalog is.

A full scan, or a temporary B-tree to sort by, costs nothing at a hundred rows and all there is at a
million, so that the plans are asserted here.
"""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import State
from catalog.curation.changeset import Curation
from catalog.models import ChangeBatch
from tests.factories import make_cluster, make_issue, make_note, make_reading, make_user

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="the plans are SQLite's"),
]

# Tables of which a page shows all there is, and which are small beside issues and readings.
SMALL = ("catalog_category", "catalog_publication", "catalog_cluster", "catalog_keycount")
PAGES = {
    "catalog": "/catalog/",
    "catalog, oldest": "/catalog/?sort=oldest",
    "catalog, by tier": "/catalog/?sort=tier",
    "catalog, most cited": "/catalog/?sort=cited",
    "catalog, shortest": "/catalog/?sort=shortest",
    "catalog, by title": "/catalog/?sort=title",
    "catalog, deep": "/catalog/?after=2024-06-01.7",
    "catalog by tier, deep": "/catalog/?sort=tier&after=4.2024-06-01.7",
    "tier": "/catalog/?tier=5",
    "tier, deep": "/catalog/?tier=5&after=2024-06-01.7",
    "publication and tag": "/catalog/?publication={publication}&tag=stone",
    "cluster": "/catalog/?cluster={publication}/{cluster}",
    "year": "/catalog/?year=2024",
    "days": "/catalog/?date_from=2024-01-01&date_to=2024-06-30",
    "search, newest": "/catalog/?q=issue&sort=newest",
    "search, newest, deep": "/catalog/?q=issue&sort=newest&after=2024-06-01.7",
    "unread": "/catalog/?state=unread",
    "read": "/catalog/?state=read",
    "read, deep": "/catalog/?state=read&after=2024-06-01.7",
    "recently read": "/catalog/?sort=recent",
    "issues of a publication": "/{publication}/issues/",
    "issues of a publication, deep": "/{publication}/issues/?after=2024-06-01.7",
    "tag": "/tags/stone/",
    "tag, deep": "/tags/stone/?after=2024-06-01.7",
    "publication": "/{publication}/",
    "cluster page": "/{publication}/clusters/{cluster}/",
    "queue": "/queue/",
    "notes": "/notes/",
    "history": "/history/",
    "keepers' feed": "/{publication}/keepers.atom",
    "feed of a publication's tier": "/{publication}/tier-3.atom",
    "tier's feed": "/catalog/tier-5.atom",
    "tag's feed": "/tags/stone.atom",
}


@pytest.fixture
def world():
    reader = make_user()
    cluster = make_cluster()
    issues = [make_issue(cluster=cluster, tier=tier) for tier in (5, 4, 4, 3, None)]
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        for issue in issues:
            curation.change(issue, {"tags": ["Stone"]})
    make_reading(user=reader, issue=issues[0])
    make_reading(user=reader, issue=issues[1], state=State.QUEUED)
    make_note(user=reader, issue=issues[0])
    return reader, {"publication": cluster.publication.slug, "cluster": cluster.slug}


def plan(sql):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return [row[3] for row in cursor.fetchall()]


def faults(sql):
    """Return the steps of a plan that grow with the catalog without being asked for."""
    steps = plan(sql)
    found = [step for step in steps if "TEMP B-TREE" in step]
    for step in steps:
        scanned = re.match(r"SCAN (\w+)", step)
        is_bounded = scanned and (
            # An index that is read in its order ends with the page; the full-text one always is.
            "USING INDEX" in step or "USING COVERING INDEX" in step or "VIRTUAL TABLE" in step
        )
        if scanned and not is_bounded and not scanned[1].startswith(("part", *SMALL)):
            found.append(step)
    return found


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_issues_is_read_from_an_index_in_its_order(world, name):
    reader, names = world
    client = Client()
    client.force_login(reader)

    with CaptureQueriesContext(connection) as queries:
        assert client.get(PAGES[name].format(**names)).status_code == 200

    lists = [
        query["sql"]
        for query in queries
        if re.search("FROM .catalog_issue.|FROM .accounts_(reading|note|act).", query["sql"])
        and "ORDER BY" in query["sql"]
        and "LIMIT" in query["sql"]
    ]
    assert {sql: faults(sql) for sql in lists if faults(sql)} == {}


def test_a_fault_would_be_found():
    assert faults("SELECT * FROM catalog_issue ORDER BY summary LIMIT 51")
    assert faults("SELECT * FROM catalog_issue WHERE words + 1 = 5 LIMIT 51")


def test_the_pages_are_those_that_there_are(world):
    _, names = world
    assert reverse("issue_list") == "/catalog/"
    assert reverse("catalog:tag_detail", args=["stone"]) == "/tags/stone/"
    assert all(name in names for name in ("publication", "cluster"))
