"""Responses have exactly the members and types that the schema describes."""

import copy

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator

from catalog.curation.changeset import Curation
from catalog.models import ChangeBatch, Issue
from tests.catalog.api.conftest import edit, issue, tag
from tests.catalog.api.routes import ROUTES, ask, each

pytestmark = pytest.mark.django_db

# Operations that answer with a file in another format than JSON.
FILES = {"dump_csv", "dump_page"}


@pytest.fixture(scope="module")
def document():
    """The description of the API, in which no object has members that it does not tell."""
    found = copy.deepcopy(SchemaGenerator().get_schema(request=None, public=True))
    for schema in found["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return found


def operations(document):
    return {
        operation["operationId"]: (method.upper(), operation)
        for methods in document["paths"].values()
        for method, operation in methods.items()
    }


@pytest.fixture
def full(world):
    """A world in which every list has something."""
    cites = ["https://example.org/x", issue("Gale").url]
    edit(issue("Ebb"), tier=3, tags=["moon", "moons", "sea"], cites=cites)
    edit(issue("Ebb"), tier=5)
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(tag("wind"), {"name": "Wind", "is_named": True})
    return world


def test_an_answer_is_of_the_shape_that_is_described(desk, full, document):
    described = operations(document)
    assert Issue.objects.exists()
    for name in each(sorted(ROUTES.keys() - FILES)):
        method, operation = described[name]
        status = ROUTES[name].status
        schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]

        response = ask(desk, name, full)

        assert (method, response.status_code) == (ROUTES[name].method, status)
        jsonschema.validate(response.json(), schema | {"components": document["components"]})


def test_every_operation_says_what_else_it_may_answer(document):
    described = operations(document)
    for name, route in ROUTES.items():
        _, operation = described[name]
        assert operation["description"], name
        if route.method == "PATCH":
            assert {"409", "412", "428"} <= operation["responses"].keys(), name
        if route.method == "GET":
            assert "304" in operation["responses"], name
        if route.body is not None:
            content = operation["requestBody"]["content"]["application/json"]
            assert content["examples"], name
