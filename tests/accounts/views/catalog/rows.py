"""Rows and requests of the tests of the catalog page."""

import datetime
import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import State
from accounts.notes import writing
from accounts.partial_dates import PartialDate
from accounts.reading import marking
from catalog.curation.changeset import Curation
from catalog.models import Category, ChangeBatch
from tests.factories import make_cluster, make_issue, make_publication, make_user

# An id that no other row has, so that tests can look for it in SQL.
READER_ID = 7_654_321

LIST = reverse("issue_list")
DAY = datetime.date(2024, 5, 1)


def ask(client, **parameters):
    return client.get(LIST, parameters)


def shown(response):
    """Return the titles of the issues on a page, in its order."""
    assert response.status_code == 200, response.context["filter"].form.errors
    return [issue.title for issue in response.context["listing"].page.issues]


def titles(client, **parameters):
    return shown(ask(client, **parameters))


def words(response):
    """Return what a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", response.content.decode())).split())


def counts(response, facet):
    """Return {value: count} of a facet, nothing where it is not shown."""
    return {
        row.choice.value: row.count
        for each in response.context["counted"].facets
        if each.name == facet
        for row in each.rows
    }


def total(response):
    return str(response.context["counted"].total)


def edit(row, **values):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(row, values)


def tagged(*tags, **fields):
    issue = make_issue(**fields)
    edit(issue, tags=list(tags))
    return issue


def on(number):
    return DAY + datetime.timedelta(days=number)


def make_shelf():
    """Issues that differ in all that can be asked for, the newest first in the alphabet."""
    science, art = make_publication(slug="shoreline"), make_publication(
        slug="gallery", category=Category.objects.create(name="Art", slug="art")
    )  # fmt: skip
    sea = make_cluster(publication=science, slug="the-sea", title="The sea")
    tides = tagged(
        "moon", "Sea", title="A tides", publication=science, cluster=sea, tier=5, words=460,
        date=datetime.date(2024, 5, 1), url="https://example.org/tides",
    )  # fmt: skip
    tagged(
        "Moon", title="B moons", publication=science, tier=4, words=2300,
        date=datetime.date(2024, 1, 1), url="",
    )  # fmt: skip
    painting = tagged(
        "sea", title="C painting", publication=art, tier=None, words=None,
        date=datetime.date(2023, 6, 30),
    )  # fmt: skip
    edit(painting, cites=[tides.url])
    gone = tagged("moon", title="D archived", publication=science, tier=5)
    edit(gone, archived_at=timezone.now())


def query_of(url):
    assert url.startswith("?")
    return parse_qs(urlsplit(url).query)


def make_desk(reader):
    """One issue in each state, noted from the second on; another reader has them the other way."""
    made = {
        state: make_issue(title=f"{state} issue", date=on(number))
        for number, state in enumerate(State)
    }
    other = make_user(id=1_234_567)
    marking.add(reader, made[State.READING].pk, PartialDate.parse("2020-03"))
    for state, issue in made.items():
        marking.mark(reader, [issue.pk], state)
        marking.mark(other, [issue.pk], State.READ)
    writing.create_note(reader, made[State.READ].pk, kind="note", body="Remember the lighthouse.")
    writing.create_note(other, made[State.UNREAD].pk, kind="note", body="A secret lighthouse.")
    return made


def watched():
    return CaptureQueriesContext(connection)


FILTERS = [
    ({}, "ABC"),
    ({"q": "tides"}, "A"),
    ({"q": "tag:moon"}, "AB"),
    ({"publication": "shoreline"}, "AB"),
    ({"publication": ["shoreline", "gallery"]}, "ABC"),
    ({"category": "art"}, "C"),
    ({"cluster": "shoreline/the-sea"}, "A"),
    ({"cluster": "none"}, "BC"),
    ({"tier": "5"}, "A"),
    ({"tier": ["4", "none"]}, "BC"),
    ({"tier_min": "4"}, "AB"),
    ({"tag": "moon"}, "AB"),
    ({"tag": ["moon", "sea"]}, "ABC"),
    ({"tag_all": ["moon", "sea"]}, "A"),
    ({"tag_not": "moon"}, "C"),
    ({"year": "2024"}, "AB"),
    ({"date_from": "2024-01-01"}, "AB"),
    ({"date_to": "2024-01-01"}, "BC"),
    ({"date_from": "2023-06-30", "date_to": "2024-01-01"}, "BC"),
    ({"date_to": "9999-12-31"}, "ABC"),
    ({"minutes_max": "2"}, "A"),
    ({"minutes_max": "0"}, ""),
    ({"words_max": "2300"}, "AB"),
    ({"words_max": "0"}, ""),
    ({"cited_min": "1"}, "A"),
    ({"link": "yes"}, "AC"),
    ({"link": "no"}, "B"),
    ({"tag": "moon", "tier_min": "5"}, "A"),
    ({"tag": "sea", "year": "2023", "category": "science"}, ""),
    ({"q": "moons", "tag": "moon"}, "B"),
    ({"q": "minutes:0"}, ""),
    ({"q": "before:0001"}, ""),
    ({"q": "after:9999"}, ""),
    ({"q": "before:2024 minutes:<5"}, ""),
]

SORTS = {
    "newest": "ABC",
    "oldest": "CBA",
    "tier": "ABC",
    "cited": "ABC",
    "shortest": "ABC",
    "title": "ABC",
    "relevance": "ABC",
}

CHOSEN = {
    "q": ["moon tides"],
    "publication": ["shoreline", "gallery"],
    "category": ["science"],
    "cluster": ["shoreline/the-sea", "none"],
    "tier": ["5", "none"],
    "tier_min": ["1"],
    "tag": ["moon", "sea"],
    "tag_all": ["moon"],
    "tag_not": ["wind"],
    "year": ["2024"],
    "date_from": ["2020-01-01"],
    "date_to": ["2025-01-01"],
    "minutes_max": ["0"],
    "words_max": ["5000"],
    "cited_min": ["1"],
    "link": ["yes"],
    "state": ["unread", "read"],
    "queue": ["yes"],
    "notes": ["yes"],
    "read_from": ["2020-01-01"],
    "read_to": ["2025-01-01"],
    "sort": ["title"],
}
