"""Every endpoint of the API, for everyone who may ask."""

from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.db import connection

from catalog.rest.access import CURATE, NOTES, READ, WRITE
from readingroom import api
from tests.api import filled, is_problem, undone
from tests.nonempty import some
from tests.readingroom import api_world
from tests.readingroom.api_world import SECRET

pytestmark = pytest.mark.django_db
OK = "ok"
STRANGERS = {"anonymous": 401, "expired token": 401, "feed token": 401}
READERS = {
    "reader": OK, "other reader": OK, "read-only token": OK, "curator": OK,
    "curator without scope": OK,
}  # fmt: skip
# To whom an endpoint answers how. A token without the endpoint's scope is a 403 in each.
CATALOG = STRANGERS | READERS
PERSONAL = STRANGERS | READERS
OWN = PERSONAL | {"other reader": 404, "curator": 404, "curator without scope": 404}
ACT = PERSONAL | {"read-only token": 403}
OWN_ACT = OWN | {"read-only token": 403}
CURATED = STRANGERS | dict.fromkeys(READERS, 403) | {"curator": OK}


class Asked(NamedTuple):
    """A method of an endpoint: its body, its clients, and its success status."""

    answers: dict[str, Any]
    scope: str = READ
    body: Any = None
    status: int = 200
    query: str = ""
    headers: dict[str, str] = {}
    # Other things than those of the path's own names.
    path: dict[str, str] = {}


MARK = {"state": "reading"}
AT = {"If-Match": "*"}
ENDPOINTS = {
    "get schema": Asked(CATALOG),
    "get issue_list": Asked(CATALOG),
    "get issue_reading": Asked(PERSONAL),
    "put issue_reading": Asked(ACT, WRITE, MARK),
    "delete issue_reading": Asked(ACT, WRITE),
    "get issue_readings": Asked(PERSONAL),
    "post issue_readings": Asked(ACT, WRITE, {"on": "2019"}, 201),
    "get reading_list": Asked(PERSONAL),
    "post reading_bulk": Asked(ACT, WRITE, {"marks": [{"issue": "{issue}"} | MARK]}),
    "get reading": Asked(OWN),
    "patch reading": Asked(OWN_ACT, WRITE, {"read_on": "2019"}),
    "delete reading": Asked(OWN_ACT, WRITE),
    "get act_list": Asked(PERSONAL),
    "get act": Asked(OWN),
    "post act_undo": Asked(OWN_ACT, WRITE, {}),
    "get queue": Asked(PERSONAL),
    "put queue": Asked(ACT, WRITE, {"issues": ["{queued_issue}"]}),
    "post queue_move": Asked(ACT, WRITE, {"issue": "{queued_issue}", "to": "top"}),
    "post queue_cluster": Asked(ACT, WRITE, {"cluster": "{cluster}"}),
    "get note_list": Asked(ACT, NOTES),
    "post note_list": Asked(ACT, NOTES, {"issue": "{issue}", "body": "x"}, 201),
    "get note_deleted_list": Asked(ACT, NOTES),
    "get note": Asked(OWN_ACT, NOTES),
    "patch note": Asked(OWN_ACT, NOTES, {"body": "x"}, headers=AT),
    "delete note": Asked(OWN_ACT, NOTES, None, 204, headers=AT),
    "get note_history": Asked(OWN_ACT, NOTES),
    "post note_restore": Asked(OWN_ACT, NOTES, {"version": 1}, headers=AT),
    "get view_list": Asked(PERSONAL),
    "post view_list": Asked(ACT, WRITE, {"name": "x", "query": "tier=5"}, 201),
    "get view": Asked(OWN),
    "patch view": Asked(OWN_ACT, WRITE, {"name": "x"}),
    "delete view": Asked(OWN_ACT, WRITE, None, 204),
    "get view_next": Asked(OWN),
    "get progress": Asked(PERSONAL),
    "get progress_coverage": Asked(PERSONAL, query="?publication={publication}"),
    "get progress_year": Asked(PERSONAL),
    "get changes": Asked(PERSONAL),
    "put changes_seen": Asked(ACT, WRITE, {"batch": "{batch}"}),
    "get me": Asked(PERSONAL),
    "patch me": Asked(ACT, WRITE, {"time_zone": "Europe/Paris"}),
    # It has the notes too, and takes both scopes.
    "get export": Asked(ACT),
    "get facet_list": Asked(CATALOG),
    "get search": Asked(CATALOG, query="?q=moon"),
    "get category_list": Asked(CATALOG),
    "get category_detail": Asked(CATALOG),
    "get publication_list": Asked(CATALOG),
    "get publication_detail": Asked(CATALOG),
    "get publication_changes": Asked(CATALOG),
    "get publication_issue": Asked(CATALOG),
    "get cluster_list": Asked(CATALOG),
    "get cluster_detail": Asked(CATALOG),
    "get issue_detail": Asked(CATALOG),
    "get tag_list": Asked(CATALOG),
    "get tag_detail": Asked(CATALOG),
    "post category_list": Asked(CURATED, CURATE, {"name": "Letters"}, 201),
    "patch category_detail": Asked(CURATED, CURATE, {"name": "Letters"}, headers=AT),
    "post publication_list": Asked(
        CURATED, CURATE, {"name": "Shore", "category": "{category}", "author": "x"}, 201
    ),
    "patch publication_detail": Asked(CURATED, CURATE, {"name": "Shore"}, headers=AT),
    "post cluster_list": Asked(CURATED, CURATE, {"title": "Winds"}, 201),
    "put cluster_order": Asked(CURATED, CURATE, {"clusters": ["{empty_cluster}"]}),
    "patch cluster_detail": Asked(CURATED, CURATE, {"title": "Winds"}, headers=AT),
    "post cluster_merge": Asked(CURATED, CURATE, {"into": "{empty_cluster}"}),
    "post cluster_split": Asked(CURATED, CURATE, {"title": "Winds", "issues": ["{issue}"]}, 201),
    "post issue_list": Asked(
        CURATED, CURATE, {"publication": "{publication}", "title": "x", "date": "2024-05-01"}, 201
    ),
    "patch issue_detail": Asked(CURATED, CURATE, {"tier": 1}, headers=AT),
    "post issue_bulk": Asked(CURATED, CURATE, {"issues": ["{issue}"], "tier": 1}),
    "get issue_history": Asked(CURATED, CURATE),
    "post tag_rename": Asked(CURATED, CURATE, {"name": "Rock"}),
    "post tag_merge": Asked(CURATED, CURATE, {"into": "{other_tag}"}),
    "post tag_split": Asked(CURATED, CURATE, {"names": ["Rock", "Lava"]}),
    "post tag_restore": Asked(CURATED, CURATE, {}, path={"tag": "retired_tag"}),
    "delete tag_detail": Asked(CURATED, CURATE),
    "get batch_list": Asked(CURATED, CURATE),
    "get batch_detail": Asked(CURATED, CURATE),
    "get batch_changes": Asked(CURATED, CURATE),
    "post batch_revert": Asked(CURATED, CURATE, {}),
    "get conflict_list": Asked(CURATED, CURATE),
    "post conflict_settle": Asked(
        CURATED, CURATE, {"conflicts": ["{conflict}"], "take": "theirs"}
    ),
    "post conflict_reopen": Asked(CURATED, CURATE, {"reopen": "{settled}"}),
    "get walk": Asked(CURATED, CURATE),
    "get issue_proposals": Asked(CURATED, CURATE),
    "get duplicate_list": Asked(CURATED, CURATE),
    "post duplicate_dismiss": Asked(CURATED, CURATE, {"one": "{tag}", "other": "{other_tag}"}),
    "post duplicate_restore": Asked(CURATED, CURATE, {"one": "{tag}", "other": "{other_tag}"}),
    "post load_list": Asked(CURATED, CURATE, {"text": "{file}", "dry_run": False}),
    "get dump": Asked(CURATED, CURATE),
    "get dump_csv": Asked(CURATED, CURATE),
    "get dump_page": Asked(CURATED, CURATE),
}  # fmt: skip
READ_ENDPOINTS = [where for where in ENDPOINTS if where.startswith("get ")]
# Addresses that show a page, which has tests of its own.
PAGES = {"docs"}


@pytest.fixture(scope="module")
def world(module_rows):
    with module_rows():
        return api_world.make_world()


def ask(world, who, where, method="", asked=None):
    """Ask an endpoint as the table has it, with a token of who asks."""
    own, name = where.split()
    asked = asked or ENDPOINTS[where]
    named = world.things | {key: world.things[each] for key, each in asked.path.items()}
    path = api_world.address(name, named) + filled(asked.query, world.things)
    body = filled(asked.body, world.things)
    headers = world.headers[who] | asked.headers
    return api_world.send(method or own, path, body, **headers)


def test_every_endpoint_is_known_and_none_is_told_that_there_is_not():
    views = api_world.endpoints()
    there = {
        f"{method} {name}" for name, view in views.items() for method in api_world.methods(view)
    }

    assert there == set(ENDPOINTS)
    assert {pattern.name for pattern in api.urlpatterns} == set(views) | PAGES


@pytest.mark.parametrize("where", ENDPOINTS)
def test_an_endpoint_answers_each_as_it_should_and_does_nothing_for_whom_it_refuses(world, where):
    asked, before = ENDPOINTS[where], everything()
    for who, answer in some(sorted(asked.answers.items(), key=lambda each: each[1] == OK)):
        expected = asked.status if answer == OK else answer

        with undone():
            response = ask(world, who, where)
            content = content_of(response)
            assert response.status_code == expected, (who, content[:500])
            if expected >= 400:
                is_problem(response, expected)
                assert everything() == before, who
            if expected == 401:
                assert response["WWW-Authenticate"].startswith("Bearer")
            if who not in ("reader", "read-only token"):
                assert SECRET not in content.decode(), who
            assert not response.cookies


@pytest.mark.parametrize("where", ENDPOINTS)
def test_a_token_needs_the_scope_of_what_it_does_and_no_other(world, where):
    asked, before = ENDPOINTS[where], everything()
    if asked.scope == CURATE:
        without, alone = "curator without scope", "curator, only curate"
    else:
        without, alone = f"all but {asked.scope}", f"only {asked.scope}"

    refused = ask(world, without, where)

    assert f"“{asked.scope}”" in is_problem(refused, 403)["detail"]
    assert everything() == before
    # The export has the notes too, and takes both.
    assert ask(world, alone, where).status_code == (403 if "export" in where else asked.status)


@pytest.mark.full
def test_endpoints_refuse_methods_that_are_not_their_own(world):
    for name, view in some(api_world.endpoints().items()):
        path, own = api_world.address(name, world.things), set(api_world.methods(view))
        for method in some(set(api_world.METHODS) - own):
            for who in ("reader", "curator"):
                # The rest of the request does not matter then.
                response = api_world.send(method, f"{path}?x=1", {}, **world.headers[who])
                if response.status_code == 403:
                    # Only those who may curate are told what there is.
                    assert who == "reader"
                    continue
                is_problem(response, 405)
                assert own <= {each.strip().lower() for each in response["Allow"].split(",")}


@pytest.mark.full
def test_head_is_get_without_a_body(world):
    for where in READ_ENDPOINTS:
        for who in ("anonymous", "reader", "other reader"):
            got, head = ask(world, who, where), ask(world, who, where, "head")

            assert head.status_code == got.status_code, (where, who)
            for name in ("Content-Type", "ETag"):
                assert head.get(name) == got.get(name), (where, who)
            assert not content_of(head), (where, who)


def test_reading_writes_nothing_and_what_stands_is_not_sent_again(world):
    before = everything()
    for where in READ_ENDPOINTS:
        asked = ENDPOINTS[where]
        who = "curator" if asked.answers is CURATED else "reader"
        first = ask(world, who, where)
        assert content_of(first)
        headers = {"If-None-Match": first["ETag"]}
        again = ask(world, who, where, asked=asked._replace(headers=headers))

        assert (again.status_code, again.content) == (304, b""), where
        assert again["ETag"] == first["ETag"]
    assert everything() == before


def test_a_public_catalog_opens_the_catalog_alone(world, settings):
    settings.IS_PUBLIC = True
    for where, asked in ENDPOINTS.items():
        is_open = asked.answers is CATALOG and where in READ_ENDPOINTS
        assert ask(world, "anonymous", where).status_code == (200 if is_open else 401), where


@pytest.mark.full
def test_options_tell_of_an_endpoint_to_those_who_may_read(world):
    for name in some(api_world.endpoints()):
        path = api_world.address(name, world.things)
        for who in STRANGERS:
            is_problem(api_world.send("options", path, **world.headers[who]), 401)
        assert api_world.send("options", path, **world.headers["curator"]).status_code == 200


def content_of(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def everything():
    """Return all rows of the database, but for when tokens were last used."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            meta = model._meta
            if meta.managed and meta.app_label in ("accounts", "catalog"):
                columns = {field.column for field in meta.concrete_fields} - {"last_used_at"}
                named = ", ".join(map(connection.ops.quote_name, sorted(columns)))
                table = connection.ops.quote_name(meta.db_table)
                cursor.execute(f"SELECT {named} FROM {table} ORDER BY 1, 2")
                found[meta.label] = cursor.fetchall()
    return found
