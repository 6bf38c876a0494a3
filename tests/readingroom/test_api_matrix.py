"""Every route of the API: each rule is asserted once for every route that it applies to."""

import copy
from contextlib import nullcontext

import jsonschema
import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from accounts.models import User
from catalog.models import Change, ChangeBatch
from catalog.rest.access import CURATE
from catalog.rest.views import Endpoint
from catalog.search import indexing
from readingroom import api
from tests.api import filled, is_problem, undone
from tests.catalog.api.conftest import holds
from tests.nonempty import some
from tests.readingroom import api_world
from tests.readingroom.api_routes import (
    BODY_ROUTES,
    CATALOG,
    CURATED,
    LOGGED_ROUTES,
    OK,
    READ_ROUTES,
    ROUTES,
    STRANGERS,
    WRITE_ROUTES,
    address_of_route,
    ask,
)
from tests.readingroom.api_world import SECRET

pytestmark = pytest.mark.django_db

# URLs that respond with a page, which has its own tests.
PAGES = {"docs"}
# Routes without a JSON response that the schema describes.
FILES = {"get schema", "get export", "get dump_csv", "get dump_page"}
IDS = ["0", "x", "9223372036854775808", "%00"]
MORE_IDS = [
    "-1", "1.5", "９", "99999999999999999999", "%ED%A0%80", "9" * 30, "1e3", "%31%00", "%ff", "a'b",
    "%F0%9F%8C%8A", "x" * 3_000,
]  # fmt: skip
VALUES = [
    None, True, 2**63, -1, 1.5, 1e300, "", "x", "\0", "\u202e", "0000", "0000-01-01", "9999-99-99",
    "2024-13", "20240229", [], [None], [2**63], {}, {"a": 1}, "x" * 21_000,
]  # fmt: skip
UNREADABLE = [
    "", "{", "[]", "1", '"x"', "null", "NaN", '{"a": NaN}', "[" * 5000, '{"a":' * 5000,
    '{"state": "\\ud800"}', '{"reason": "\\ud800"}', '{"\\ud800": 1}', '{"a": 1, "a": 1}',
    '{"a": ' + "9" * 400 + "}",
]  # fmt: skip


@pytest.fixture(scope="module")
def world(module_rows):
    with module_rows():
        return api_world.make_world()


@pytest.fixture(scope="module")
def rows(world, module_rows):
    """All rows of the database before any request."""
    with module_rows():
        return everything()


@pytest.fixture(autouse=True)
def _no_throttle(monkeypatch):
    monkeypatch.setattr(Endpoint, "throttle_classes", ())


@pytest.fixture(scope="module")
def schemas():
    """The schema of each operation; objects allow no undescribed members."""
    found = copy.deepcopy(SchemaGenerator().get_schema(request=None, public=True))
    for schema in found["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return found


def operation(schemas, where):
    """Return the description of a route."""
    method, name = where.split()
    (pattern,) = (each for each in api.urlpatterns if each.name == name)
    path = "/api/v1/" + str(pattern.pattern).replace("<str:", "{").replace(">", "}")
    return schemas["paths"][path][method]


def test_every_route_is_in_the_table():
    views = api_world.endpoints()
    there = {
        f"{method} {name}" for name, view in views.items() for method in api_world.methods(view)
    }

    assert there == set(ROUTES)
    assert {pattern.name for pattern in api.urlpatterns} == set(views) | PAGES


@pytest.mark.parametrize("where", ROUTES)
def test_each_client_gets_its_status_and_refusals_write_nothing(world, rows, where):
    route = ROUTES[where]
    for who, answer in some(sorted(route.answers.items(), key=lambda each: each[1] == OK)):
        expected = route.status if answer == OK else answer

        with undone() if answer == OK else nullcontext():
            response = ask(world, who, where)
            content = content_of(response)
        assert response.status_code == expected, (who, content[:500])
        if expected >= 400:
            is_problem(response, expected)
        if expected == 401:
            assert response["WWW-Authenticate"].startswith("Bearer")
        if who not in ("reader", "read-only token"):
            assert SECRET not in content.decode(), who
        assert not response.cookies
    assert everything() == rows


@pytest.mark.parametrize("where", ROUTES)
def test_token_needs_the_scope_of_the_route_alone(world, where):
    route = ROUTES[where]
    if route.scope == CURATE:
        without, alone = "curator without scope", "curator, only curate"
    else:
        without, alone = f"all but {route.scope}", f"only {route.scope}"

    refused = ask(world, without, where)

    assert f"“{route.scope}”" in is_problem(refused, 403)["detail"]
    # The export includes the notes, so it needs both scopes.
    assert ask(world, alone, where).status_code == (403 if "export" in where else route.status)


def test_scope_refusals_write_nothing(world, rows):
    for where in WRITE_ROUTES:
        scope = ROUTES[where].scope
        ask(world, "curator without scope" if scope == CURATE else f"all but {scope}", where)

    assert everything() == rows


@pytest.mark.full
def test_undefined_methods_are_405(world):
    for name, view in some(api_world.endpoints().items()):
        path, own = api_world.address(name, world.things), set(api_world.methods(view))
        for method in some(set(api_world.METHODS) - own):
            for who in ("reader", "curator"):
                # The rest of the request does not matter then.
                response = api_world.send(method, f"{path}?x=1", {}, **world.headers[who])
                if response.status_code == 403:
                    # Only those who may curate learn which methods there are.
                    assert who == "reader"
                    continue
                is_problem(response, 405)
                assert own <= {each.strip().lower() for each in response["Allow"].split(",")}


@pytest.mark.full
def test_head_is_get_without_a_body(world):
    for where in READ_ROUTES:
        for who in ("anonymous", "reader", "other reader"):
            got, head = ask(world, who, where), ask(world, who, where, method="head")

            assert head.status_code == got.status_code, (where, who)
            for name in ("Content-Type", "ETag"):
                assert head.get(name) == got.get(name), (where, who)
            assert not content_of(head), (where, who)


def test_unchanged_resource_is_304_and_reading_writes_nothing(world, rows):
    for where in READ_ROUTES:
        who = ROUTES[where].client
        first = ask(world, who, where)
        assert content_of(first)
        assert first["Cache-Control"] == "private, no-cache", where
        again = ask(world, who, where, headers={"If-None-Match": first["ETag"]})

        assert (again.status_code, again.content) == (304, b""), where
        assert again["ETag"] == first["ETag"]
    assert everything() == rows


@pytest.mark.parametrize("where", [where for where in READ_ROUTES if where != "get schema"])
def test_changed_resource_has_a_new_etag(world, where):
    who = ROUTES[where].client
    first = ask(world, who, where)["ETag"]
    if where == "get note":
        write = "patch note"
    elif any(ROUTES[where].answers is each for each in (CATALOG, CURATED)):
        write = "patch category_detail"
    else:
        write = "put issue_reading"
    assert ask(world, ROUTES[write].client, write).status_code == 200

    again = ask(world, who, where, headers={"If-None-Match": first})

    assert again.status_code == 200
    assert again["ETag"] != first


def test_etag_of_one_reader_is_not_that_of_another(world):
    for where in READ_ROUTES:
        if ROUTES[where].answers.get("other reader") == OK and where != "get schema":
            etag = ask(world, "reader", where)["ETag"]
            headers = {"If-None-Match": etag}
            assert ask(world, "other reader", where, headers=headers).status_code == 200, where


def test_public_catalog_opens_the_catalog_alone(world, settings):
    settings.IS_PUBLIC = True
    for where, route in ROUTES.items():
        is_open = route.answers is CATALOG and where in READ_ROUTES
        assert ask(world, "anonymous", where).status_code == (200 if is_open else 401), where


@pytest.mark.full
def test_options_need_a_reader(world):
    for name in some(api_world.endpoints()):
        path = api_world.address(name, world.things)
        for who in STRANGERS:
            is_problem(api_world.send("options", path, **world.headers[who]), 401)
        assert api_world.send("options", path, **world.headers["curator"]).status_code == 200


@pytest.mark.parametrize("where", ROUTES)
def test_session_equals_a_token_and_needs_its_csrf_token_to_write(world, where):
    route = ROUTES[where]
    user = User.objects.get(username=route.client)
    body = filled(route.body, world.things)
    content = {} if body is None else {"data": body, "content_type": "application/json"}
    for is_checked in (True, False):
        client = Client(enforce_csrf_checks=is_checked)
        client.force_login(user)
        send = getattr(client, where.split()[0])
        response = send(address_of_route(world, where), **content, headers=route.headers)
        is_refused = is_checked and where in WRITE_ROUTES
        assert response.status_code == (403 if is_refused else route.status)


UNKNOWN_PARAMETERS = ("nope=1", "count=exact")


@pytest.mark.parametrize("where", ROUTES)
def test_unknown_parameter_is_422_by_name(world, where):
    # Lists take `count`; a write takes no parameter at all.
    for query in some(UNKNOWN_PARAMETERS if where in WRITE_ROUTES else UNKNOWN_PARAMETERS[:1]):
        path = address_of_route(world, where)
        sent = world.headers[ROUTES[where].client] | ROUTES[where].headers
        response = api_world.send(
            where.split()[0], f"{path}{'&' if '?' in path else '?'}{query}",
            filled(ROUTES[where].body, world.things), **sent,
        )  # fmt: skip

        errors = is_problem(response, 422)["errors"]
        assert [error["parameter"] for error in errors] == [query.partition("=")[0]]


def test_unknown_field_is_422_by_name(world, rows):
    for where in BODY_ROUTES:
        body = filled(ROUTES[where].body, world.things) | {"nope": 1}

        response = ask(world, ROUTES[where].client, where, body=body)

        errors = is_problem(response, 422)["errors"]
        assert [error["field"] for error in errors] == ["nope"], where
    assert everything() == rows


@pytest.mark.full
@pytest.mark.parametrize("where", BODY_ROUTES)
def test_unreadable_body_is_refused(world, where):
    for text in UNREADABLE:
        with undone():
            response = ask(world, ROUTES[where].client, where, body=text)
        assert response.status_code in (400, 422) or (
            text == "" and response.status_code in (200, 201)
        ), text


@pytest.mark.full
@pytest.mark.parametrize("where", [where for where in BODY_ROUTES if ROUTES[where].body])
def test_hostile_value_of_a_field_is_accepted_or_refused(world, where):
    body = filled(ROUTES[where].body, world.things)
    for field in some(body):
        for value in VALUES:
            with undone():
                response = ask(world, ROUTES[where].client, where, body=body | {field: value})
            assert response.status_code < 500, (field, value)


@pytest.mark.parametrize("ids", [
    pytest.param(IDS, id="few"), pytest.param(MORE_IDS, id="more", marks=pytest.mark.full),
])  # fmt: skip
def test_unknown_id_is_404(world, rows, ids):
    for where in some(routes_with_ids()):
        route = ROUTES[where]
        for key in ids:
            response = api_world.send(
                where.split()[0], address_with_ids(where, key) + filled(route.query, world.things),
                filled(route.body, world.things), **world.headers[route.client] | route.headers,
            )  # fmt: skip
            assert is_problem(response, 404), (where, key)
    assert everything() == rows


@pytest.mark.parametrize(
    "query",
    ["readings?state=unread", "readings?publication=nowhere", "readings?issue=x",
     "readings?read_from=2024", "readings?read_from=0000-01-01", "readings?read_to=9999-99-99",
     "readings?read_from=2024-02-01&read_to=2024-01-01", "readings?issue=9223372036854775808",
     "readings?after=x", "readings?after=-1", "readings?count=all", "readings?publication=%00",
     "readings?issue=1&issue=2", "readings?read_from=01/02/2024",
     "history?after=9223372036854775808",
     "queue?after=1", "queue?after=1.99999999999999999999", "queue?after=-9223372036854775809.1",
     "notes?kind=poem", "notes?publication=nowhere", "notes?tag=nothing", "notes?cluster=x",
     "notes?cluster=99999999999999999999", "notes?issue=x", "notes?q=%00", "notes?after=x",
     "views?counts=1", "changes?since=-1", "changes?since=x", "changes?since=9223372036854775808",
     "progress/coverage", "progress/coverage?publication=nowhere", "notes?q=" + "x" * 201,
     "categories?after=x", "categories?count=all", "publications?after=-1",
     "publications/{publication}/clusters?after=1", "publications/{publication}/clusters?after=x.y",
     "publications/{publication}/clusters?after=1.99999999999999999999",
     "publications/{publication}/changes?after=x", "publications/{publication}/changes?after=%00",
     "tags?after=%00", "tags?count=1", "facets?tier=9", "facets?publication=nowhere",
     "facets?year=x", "batches?after=9223372036854775808", "conflicts?after=1.5",
     "dump?format=xml", "dump?format=%00"],
)  # fmt: skip
def test_invalid_parameter_is_422_by_name(world, query):
    path = "/api/v1/" + query.format(**world.things)

    response = api_world.send("get", path, **world.headers["curator"])

    named = {error["parameter"] for error in is_problem(response, 422)["errors"]}
    pairs = query.partition("?")[2].split("&")
    assert named <= {pair.partition("=")[0] for pair in pairs if pair} or (
        query == "progress/coverage" and named == {"publication"}
    )
    assert named


@pytest.mark.parametrize(
    "query",
    ["publications?category=x", "conflicts?publication=%00",
     "dump?publication=99999999999999999999"],
)  # fmt: skip
def test_unknown_object_in_a_parameter_is_404(world, query):
    is_problem(api_world.send("get", f"/api/v1/{query}", **world.headers["curator"]), 404)


@pytest.mark.parametrize("where", [where for where in ROUTES if where != "get schema"])
def test_response_and_body_match_the_schema(world, schemas, where):
    route = ROUTES[where]
    described = operation(schemas, where)
    components = {"components": schemas["components"]}
    if described.get("requestBody"):
        shape = described["requestBody"]["content"]["application/json"]["schema"]
        jsonschema.validate(filled(route.body, world.things), shape | components)
    if route.status == 204 or where in FILES:
        return
    shape = described["responses"][str(route.status)]["content"]["application/json"]["schema"]

    response = ask(world, route.client, where)

    assert response.status_code == route.status
    jsonschema.validate(response.json(), shape | components)


def test_undescribed_member_does_not_match_the_schema(world, schemas):
    schema = {"$ref": "#/components/schemas/Me", "components": schemas["components"]}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(ask(world, "reader", "get me").json() | {"nope": 1}, schema)


@pytest.mark.parametrize(
    ("where", "member"),
    [("get reading_list", "results"), ("get act_list", "results"), ("get queue", "results"),
     ("get note_list", "results"), ("get note_deleted_list", "results"),
     ("get note_history", "results"), ("get view_list", "results"), ("get progress", "clusters"),
     ("get progress", "tiers"), ("get progress_year", "landmarks"),
     ("get progress_year", "clusters"), ("get changes", "publications"),
     ("get publication_changes", "results"), ("get cluster_list", "results"),
     ("get batch_list", "results"), ("get batch_changes", "results"), ("get batch_detail", "steps"),
     ("get conflict_list", "results"), ("get issue_history", "results"),
     ("get tag_list", "results"), ("get walk", "results")],
)  # fmt: skip
def test_lists_of_the_world_have_elements(world, where, member):
    assert ask(world, ROUTES[where].client, where).json()[member]


def test_every_operation_describes_its_scope_and_errors(schemas):
    for where, route in ROUTES.items():
        if where == "get schema":
            continue
        described = operation(schemas, where)
        responses = set(described["responses"])
        assert described["x-scope"] == route.scope, where
        assert described["description"], where
        assert {"401", "403", "404", "405", "422", "429", str(route.status)} <= responses, where
        if "If-Match" in route.headers and where != "post note_restore":
            assert {"412", "428"} <= responses, where
        if where.startswith("patch ") and route.scope == CURATE:
            assert "409" in responses, where
        if where in READ_ROUTES:
            assert "304" in responses, where


@pytest.mark.parametrize("where", LOGGED_ROUTES)
def test_curators_write_is_one_change_set_that_can_be_reverted(world, where):
    newest = ChangeBatch.objects.latest("id").pk

    response = ask(world, "curator", where)

    if response.status_code == 201:
        made = api_world.send("get", response["Location"], **world.headers["curator"])
        assert made.status_code == 200
    batch = ChangeBatch.objects.get(pk__gt=newest)
    assert response.json()["batch"] == batch.pk
    assert (batch.user.username, batch.reason, batch.source) == ("curator", "why", "api")
    assert holds(batch)
    assert indexing.check() == []

    path = api_world.address("batch_revert", {"batch": batch.pk})
    reverted = api_world.send("post", path, {}, **world.headers["curator"])

    assert reverted.status_code == 200
    # Created categories and publications stay; other created objects are archived.
    left = {(step["kind"], step["field"]) for step in reverted.json()["left"]}
    assert left <= {("category", ""), ("publication", "")}
    assert indexing.check() == []


@pytest.mark.parametrize("where", [
    where for where in WRITE_ROUTES
    if ROUTES[where].scope == CURATE and where not in LOGGED_ROUTES
])  # fmt: skip
def test_write_without_log_makes_no_change_set(world, where):
    before = Change.objects.count(), ChangeBatch.objects.count()

    assert ask(world, "curator", where).status_code == ROUTES[where].status

    assert (Change.objects.count(), ChangeBatch.objects.count()) == before


def routes_with_ids():
    """Return the routes whose path names an object."""
    patterns = {each.name: each.pattern.converters for each in api.urlpatterns}
    return [where for where in ROUTES if patterns[where.split()[1]]]


def address_with_ids(where, key):
    """Return the URL of a route with one key, which is URL-encoded, for all its objects."""
    (pattern,) = (each for each in api.urlpatterns if each.name == where.split()[1])
    path = str(pattern.pattern)
    for name in pattern.pattern.converters.items():
        path = path.replace(f"<str:{name}>", key)
    return f"/api/v1/{path}"


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
