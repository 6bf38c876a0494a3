"""Responses have exactly the members and types that the schema describes."""

import copy

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator

from accounts.models import NoteVersion, State
from accounts.notes import writing
from accounts.partial_dates import PartialDate
from accounts.reading import marking
from catalog.curation.changeset import Curation
from catalog.models import ChangeBatch
from tests.accounts.api import test_access
from tests.accounts.api.test_access import ROUTES
from tests.factories import make_cluster, make_issue, make_note

pytestmark = pytest.mark.django_db
world = test_access.world
# Operations whose response is not JSON with a schema.
SHAPED = [name for name, route in ROUTES.items() if route.status != 204 and name != "export"]


@pytest.fixture(scope="module")
def document():
    """The description of the API, in which no object has members that it does not tell."""
    made = SchemaGenerator().get_schema(request=None, public=True)
    found = copy.deepcopy(made)
    for schema in found["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return found


def operations(document):
    return {
        operation["operationId"]: (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


@pytest.fixture
def full(user, world):
    """A world in which every list has something."""
    cluster = make_cluster()
    landmark = make_issue(cluster=cluster, tier=5, words=900)
    marking.mark(user, [landmark.pk], State.READ, on=PartialDate.parse("2024-03-05"))
    make_issue(publication=cluster.publication, tier=5)
    marking.mark(user, [make_issue(cluster=cluster).pk], State.QUEUED)
    make_note(user=user, issue=landmark, kind="quote", quote="Light is slow.")
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(landmark, {"tier": 4})
        curation.change(cluster, {"title": "Anew"})
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(landmark, {"tier": 5})
    return world | {"publication": cluster.publication.slug}


@pytest.mark.full
@pytest.mark.parametrize("name", SHAPED)
def test_an_answer_is_of_the_shape_that_is_described(api, full, document, name):
    _, _, operation = operations(document)[name]
    status = str(ROUTES[name].status)
    schema = operation["responses"][status]["content"]["application/json"]["schema"]

    found = test_access.ask(api, name, full).json()

    jsonschema.validate(found, schema | {"components": document["components"]})


@pytest.mark.parametrize(
    ("address", "member"),
    [("readings", "results"), ("history", "results"), ("queue", "results"), ("notes", "results"),
     ("views", "results"), ("progress", "clusters"), ("progress", "tiers"),
     ("progress/2024", "landmarks"), ("progress/2024", "clusters"), ("changes", "publications")],
)  # fmt: skip
def test_the_lists_of_that_world_are_not_empty(api, full, address, member):
    assert api.get(address).json()[member]


def test_a_member_too_many_is_seen(api, full, document):
    """Break it once: what the description does not tell is no part of an answer."""
    schema = {"$ref": "#/components/schemas/Me", "components": document["components"]}

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(api.get("me").json() | {"nope": 1}, schema)


def test_every_operation_says_its_scope_and_what_it_may_answer(document):
    found = operations(document)
    for name, route in ROUTES.items():
        path, method, operation = found[name]
        assert method == route.method.lower()
        assert operation["x-scope"] == route.needs
        assert {"401", "403", "404", "405", "422", "429", str(route.status)} <= set(
            operation["responses"]
        )
        assert operation["description"]
        assert path.startswith("/api/v1/")
    assert {"412", "428"} <= set(found["note_change"][2]["responses"])


@pytest.mark.parametrize("name", test_access.TAKING)
def test_a_body_that_is_taken_is_one_that_is_described(full, document, name):
    _, _, operation = operations(document)[name]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    body = test_access.filled(ROUTES[name].body, full)

    jsonschema.validate(body, schema | {"components": document["components"]})


def test_a_note_with_a_history_has_its_shape(api, user, full, document):
    note = make_note(user=user)
    writing.edit_note(user, note.pk, 1, kind="note", body="Second")
    assert NoteVersion.objects.filter(note=note).count() == 1
    schema = {"$ref": "#/components/schemas/NoteVersionPage", "components": document["components"]}

    jsonschema.validate(api.get(f"notes/{note.pk}/history?count=exact").json(), schema)
