"""Every address of the catalog and its curators, and what the log has of each.

Who may ask is told by tests/readingroom/test_api_matrix.py.
"""

import pytest
from django.contrib.auth.models import Permission
from django.urls import get_resolver

from catalog.models import ChangeBatch
from catalog.search import indexing
from tests.api import Api, is_problem
from tests.catalog.api.conftest import CURATE, edit, holds, make_curator, tag
from tests.catalog.api.routes import OWN_SOURCE, READS, ROUTES, WRITES, ask, each
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def operations():
    """Return (address, method) of all that is asked here, and who answers it."""
    return {
        (pattern.lookup_str, name)
        for resolver in get_resolver().url_patterns
        if getattr(resolver, "namespace", "") == "api"
        for pattern in resolver.url_patterns
        if pattern.lookup_str.startswith(("catalog.", "accounts.api.issues", "accounts.api.search"))
        for name in ("get", "put", "post", "patch", "delete")
        if hasattr(pattern.callback.view_class, name)
    }


def test_every_operation_of_this_half_is_here():
    """Endpoints of readers have their own tests."""
    assert len(operations()) == len(ROUTES)


def test_it_answers_a_curator_and_writes_what_the_log_says(desk, curator, world):
    for name in each(ROUTES):
        route = ROUTES[name]
        newest = ChangeBatch.objects.latest("id").pk

        response = ask(desk, name, world)

        assert response.status_code == route.status, response.content
        if route.status == 201:
            made = desk.client.get(response["Location"], headers=desk.headers)
            assert made.status_code == 200
        batches = list(ChangeBatch.objects.filter(pk__gt=newest))
        assert len(batches) == (route.writes and route.has_batch)
        for batch in batches:
            assert response.json()["batch"] == batch.pk
            assert (batch.user, batch.reason) == (curator, "why")
            assert batch.source == OWN_SOURCE.get(name, "api")
            assert holds(batch)
        assert indexing.check() == []


def test_what_is_written_can_be_taken_back(desk, world):
    for name in each([name for name in WRITES if ROUTES[name].has_batch]):
        batch = ask(desk, name, world).json()["batch"]

        response = desk.post(f"batches/{batch}/revert")

        assert response.status_code == 200
        # That a category or a publication was made stays; what else was made is archived.
        left = {(step["kind"], step["field"]) for step in response.json()["left"]}
        assert left <= {("category", ""), ("publication", "")}
        assert indexing.check() == []


def test_a_session_is_as_good_as_a_token(curator, world):
    api = Api()
    api.client.force_login(curator)
    for name in each(ROUTES):
        assert ask(api, name, world).status_code == ROUTES[name].status


def test_a_page_of_another_site_cannot_write_by_a_session(curator, world):
    api = Api()
    api.client.force_login(curator)
    api.client.handler.enforce_csrf_checks = True
    for name in each(WRITES):
        assert ask(api, name, world).status_code == 403


def test_what_still_stands_is_not_sent_again(desk, world):
    for name in each(READS):
        first = ask(desk, name, world)
        assert first["Cache-Control"] == "private, no-cache"

        again = ask(desk, name, world, If_None_Match=first["ETag"])

        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]


def test_what_has_moved_on_is_sent_anew(desk, world):
    first = {name: ask(desk, name, world)["ETag"] for name in READS}
    edit(tag("wind"), name="Wind", is_named=True)
    for name in each(READS):
        again = ask(desk, name, world, If_None_Match=first[name])

        assert again.status_code == 200
        assert again["ETag"] != first[name]


def test_one_who_may_only_look_at_tags_changes_none(world):
    onlooker = make_user()
    onlooker.user_permissions.add(Permission.objects.get(codename="view_tag"))
    api = Api(onlooker, CURATE)

    assert api.get("duplicates").status_code == 200
    assert is_problem(ask(api, "duplicate_dismiss", world), 403)
    assert is_problem(ask(api, "tag_delete", world), 403)
    assert is_problem(api.get("conflicts"), 403)


def test_a_curator_who_may_not_sign_in_any_more_changes_nothing(world):
    gone = make_curator()
    api = Api(gone, CURATE)
    gone.is_active = False
    gone.save()

    assert is_problem(ask(api, "tag_delete", world), 401)
