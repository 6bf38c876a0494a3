"""The OpenAPI document: valid, complete, the one that is kept, and the page that shows it."""

import json
import re
from io import StringIO

import jsonschema
import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from accounts.access.tokens import make_token
from catalog.rest.access import SCOPES
from catalog.rest.problems import problem
from readingroom import api
from tests.factories import make_user
from tests.nonempty import some
from tests.readingroom import api_digest, api_world

METHODS = {"get", "put", "post", "patch", "delete"}
ALWAYS = {"401", "403", "404", "405", "406", "422", "429"}
WITH_BODY = {"400", "413", "415"}
SCHEMA, DOCS = "/api/v1/schema", "/api/v1/docs"


@pytest.fixture(scope="module")
def document():
    return json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))


def operations(document):
    for path, found in document["paths"].items():
        assert set(found) <= METHODS
        for method, operation in found.items():
            yield f"{method} {path}", operation


def test_it_is_valid_and_made_without_a_warning(capsys):
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())

    assert not capsys.readouterr().err


def test_every_operation_says_what_it_is_and_what_can_go_wrong(document):
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(set(names)) == len(names)
    lacking = []
    for where, operation in operations(document):
        words = operation["description"].split("\n\n")
        if not words[0] or words[0].startswith("Scope:"):
            lacking.append(f"{where}: a description")
        if not 2 < len(operation["summary"]) < 100 or operation["summary"].startswith("-"):
            lacking.append(f"{where}: a summary")
        if operation["x-scope"] not in SCOPES or f"Scope: `{operation['x-scope']}`." not in words:
            lacking.append(f"{where}: its scope")
        if {"token": []} not in operation["security"]:
            lacking.append(f"{where}: that it takes tokens")
        needed = ALWAYS | (WITH_BODY if "requestBody" in operation else set())
        for status in needed - set(operation["responses"]):
            lacking.append(f"{where}: the error {status}")
        if not any(status.startswith("2") for status in operation["responses"]):
            lacking.append(f"{where}: what it answers")
        for parameter in operation.get("parameters", ()):
            # An enumeration of words speaks for itself.
            if not parameter.get("description") and "enum" not in parameter["schema"]:
                lacking.append(f"{where}: what {parameter['name']} is")
    assert not lacking


def test_every_body_has_an_example_that_it_would_take(document):
    lacking = []
    for where, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if not content.get("examples"):
                lacking.append(where)
            for example in content.get("examples", {}).values():
                schema = content["schema"] | {"components": document["components"]}
                jsonschema.validate(example["value"], schema, cls=jsonschema.Draft202012Validator)
    assert not lacking


def test_every_error_is_the_one_shape_of_all_errors(document):
    for where, operation in some(operations(document)):
        for status, answer in some(operation["responses"].items()):
            if status[0] in "45":
                assert answer["content"] == {
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                }, (where, status)
    shape = document["components"]["schemas"]["Problem"]
    jsonschema.validate(problem(422, "x", errors=[{"detail": "x", "field": "y"}]), shape)


# Parameters that are taken for older clients and not described.
UNDESCRIBED = {"dump": {"format"}}


def query_parameters(document):
    """Yield each operation's endpoint, method and query parameters with whether they are arrays."""
    views = api_world.endpoints()
    for pattern in api.urlpatterns:
        path = "/api/v1/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(pattern.pattern))
        for method, operation in document["paths"].get(path, {}).items():
            yield (
                pattern.name,
                views[pattern.name],
                method,
                {
                    each["name"]: each["schema"]["type"] == "array"
                    for each in operation.get("parameters", ())
                    if each["in"] == "query"
                },
            )


def test_query_parameters_are_described_as_they_are_taken(document):
    found = list(query_parameters(document))
    assert len(found) == len(list(operations(document)))
    for name, view, method, described in found:
        taken = (
            view.parameters
            if method == "get"
            else view.write_parameters.get(method.upper(), frozenset())
        )
        assert set(described) == taken - UNDESCRIBED.get(name, set()), (name, method)
        arrays = {each for each, is_array in described.items() if is_array}
        assert arrays == view.several & taken, (name, method)


@pytest.mark.django_db
def test_second_value_is_taken_by_arrays_alone(document):
    """A value of no parameter is dropped: a second one is an alternative, or refused by name."""
    world = api_world.make_world()
    tried = 0
    for name, _, method, described in query_parameters(document):
        address = api_world.address(name, world.things)
        for parameter, is_array in described.items():
            twice = f"{address}?{parameter}=1&{parameter}=2"
            response = api_world.send(method, twice, **world.headers["curator"])
            said = "given twice" in response.content.decode()
            assert said != is_array, (name, parameter, response.status_code, response.content)
            tried += 1
    assert tried > 60


def test_what_anyone_may_read_says_so(document):
    open_to_all = {
        where for where, operation in operations(document) if {} in operation["security"]
    }

    assert "get /api/v1/issues" in open_to_all
    assert not {where for where in open_to_all if not where.startswith("get ")}
    assert "get /api/v1/notes" not in open_to_all


def test_nothing_has_changed_without_being_said(document):
    """The API is a promise: every change of it is recorded in `openapi.txt` and in CHANGELOG.md."""
    now, kept = api_digest.digest(document).splitlines(), api_digest.KEPT.read_text().splitlines()

    assert now == kept, (
        "The API is not as it was. Add a line to CHANGELOG.md, and write it anew: "
        "uv run python -m tests.readingroom.api_digest"
    )


@pytest.mark.django_db
def test_the_document_is_for_those_who_may_read_the_catalog(client, settings, document):
    stranger = client.get(SCHEMA)
    assert stranger.status_code == 401
    assert stranger["Content-Type"] == "application/problem+json"
    _, secret = make_token(make_user(), "x", ["read"])
    by_token = client.get(SCHEMA, headers={"Authorization": f"Bearer {secret}"})
    # It is the one for all, but for the server: a generated client asks where it was made from.
    here = document | {"servers": [{"url": "http://testserver"}]}
    assert by_token.json() == here
    assert by_token["Content-Type"] == "application/json"
    settings.IS_PUBLIC = True
    assert client.get(SCHEMA).json() == here
    elsewhere = client.get(SCHEMA, headers={"Host": "localhost:8106"})
    assert elsewhere.json()["servers"] == [{"url": "http://localhost:8106"}]
    assert elsewhere["ETag"] != by_token["ETag"]


@pytest.mark.django_db
def test_the_document_is_not_sent_again(client, settings, django_assert_num_queries):
    settings.IS_PUBLIC = True
    etag = client.get(SCHEMA)["ETag"]

    with django_assert_num_queries(0):
        again = client.get(SCHEMA, headers={"If-None-Match": etag})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.django_db
def test_the_page_is_for_those_who_may_read_the_catalog(client, settings):
    assert client.get(DOCS).url == f"/sign-in/?next={DOCS}"
    client.force_login(make_user())
    page = client.get(DOCS)
    assert page.status_code == 200
    assert f'data-schema="{SCHEMA}"' in page.text
    assert "https://" not in page.text
    assert "<style" not in page.text
    assert page["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self';")
    assert client.post(DOCS).status_code == 405
    client.logout()
    settings.IS_PUBLIC = True
    assert client.get(DOCS).status_code == 200
