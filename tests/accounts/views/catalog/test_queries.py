"""The number of database queries of the catalog page."""

import re
from functools import partial

import pytest
from django.core.cache import cache

from accounts.models import State, User
from accounts.notes import writing
from accounts.reading import marking
from accounts.views import catalog as page
from catalog.search.engine import TooBroad
from tests.accounts.views.catalog.rows import LIST, READER_ID, shown, tagged, watched
from tests.factories import make_cluster, make_publication, make_user

pytestmark = pytest.mark.django_db


KINDS = {
    "plain": {},
    "filtered": {"tag": ["moon"], "tier_min": ["4"], "state": ["unread"]},
    "of one state": {"state": ["read"]},
    "searched": {"q": ["issue"], "sort": ["newest"]},
    "ranked": {"q": ["issue"]},
    "sorted": {"q": ["issue"], "tag": ["moon"], "sort": ["title"]},
    "asked in words": {"q": ["issue tag:moon in:shoreline cluster:sea iss*"]},
}


def add_issues(reader, publication, number):
    """Add twice as many issues, half of them in a publication, all with tags, notes and states."""
    cluster = make_cluster(publication=publication, title=f"The sea {number}")
    for each in range(number):
        issue = tagged("moon", "sea", publication=publication, cluster=cluster, summary="An issue.")
        marking.mark(reader, [issue.pk], list(State)[each % 4])
        writing.create_note(reader, issue.pk, kind="note", body="On this issue.")
        other = tagged("moon", f"tag {each}", summary="Another issue.", cluster=make_cluster())
        writing.create_note(reader, other.pk, kind="note", body="On another issue.")


@pytest.fixture(scope="module")
def eight_issues(module_rows):
    with module_rows():
        publication = make_publication(slug="shoreline")
        add_issues(make_user(id=READER_ID), publication, 4)
        return publication


@pytest.fixture
def reader(client, eight_issues):
    user = User.objects.get(pk=READER_ID)
    client.force_login(user)
    return user


@pytest.fixture
def many(reader, eight_issues):
    """Return a function that adds issues to the eight."""
    return partial(add_issues, reader, eight_issues)


def asked_of(client, asked, *, is_new=True):
    """Return what a page asks the database, but for who is signed in; `is_new` is nothing kept."""
    if is_new:
        cache.clear()
    with watched() as queries:
        response = client.get(LIST, asked)
    assert len(shown(response)) > 0
    return [
        query["sql"]
        for query in queries
        if not re.search(r'FROM "(django_session|accounts_user)"', query["sql"])
    ]


@pytest.mark.parametrize("asked", KINDS.values(), ids=KINDS.keys())
def test_a_page_asks_as_much_for_twice_as_many_issues(client, many, asked):
    before = asked_of(client, asked)

    many(4)

    after = asked_of(client, asked)
    assert len(after) == len(before), "\n\n".join(after)


ONE_QUERY_A_NAME = "asked in words"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != ONE_QUERY_A_NAME])
def test_a_list_asks_little_and_its_facets_little_more(client, many, monkeypatch, kind):
    asked = KINDS[kind]
    whole = asked_of(client, asked)
    again = asked_of(client, asked, is_new=False)

    def too_broad(*args, **options):
        raise TooBroad

    monkeypatch.setattr(page, "facet_block", too_broad)
    alone = asked_of(client, asked)

    assert len(alone) <= 6, "\n\n".join(alone)
    assert len(whole) <= 6 + 4, "\n\n".join(whole)
    # Counts and a reader's standings are kept until something is written.
    assert len(again) <= len(alone) + 4, "\n\n".join(again)
