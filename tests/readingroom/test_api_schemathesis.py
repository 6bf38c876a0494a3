"""The API against its own description: requests drawn from it, right and wrong ones.

A few for each operation by default, 500 in all on CI, and 20,000 where it is asked for:

    uv run pytest -m slow tests/readingroom/test_api_schemathesis.py -n0
"""

import json
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import Group
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import (
    ensure_resource_availability,
    positive_data_acceptance,
    use_after_free,
)

from accounts.models import User
from catalog.rest.views import Endpoint
from readingroom.wsgi import application
from tests import machine
from tests.api import undone
from tests.readingroom import api_world

pytestmark = pytest.mark.django_db
FEW, MANY = 5, 20_000
ON_CI = 500
# Values that the schema cannot restrict, such as existing tags, may be refused. Each request is
# rolled back, so deleted objects exist again for the next one.
EXCLUDED = [positive_data_acceptance, ensure_resource_availability, use_after_free]


@cache
def schema() -> Any:
    document = SchemaGenerator().get_schema(request=None, public=True)
    made = schemathesis.openapi.from_dict(json.loads(json.dumps(document)))
    made.app = application
    made.config.update(base_url="http://localhost")
    # Who may ask is the matrix's to try.
    made.config.generation.with_security_parameters = False
    # A write over a version needs to say which.
    made.config.checks.missing_required_header.expected_statuses = ["401", "406", "428"]
    return made


@cache
def operations() -> dict[str, Any]:
    found = [each.ok() for each in schema().get_all_operations()]
    return {f"{each.method.upper()} {each.path}": each for each in found}


def real(value: Any, things: dict[str, Any], name: str = "") -> Any:
    """Return a body with the ids of a reader's world in the places of some others."""
    if isinstance(value, dict):
        return {key: real(each, things, key) for key, each in value.items()}
    if isinstance(value, list):
        return [real(each, things, name.removesuffix("s")) for each in value]
    if isinstance(value, int) and not isinstance(value, bool) and name in things:
        return things[name]
    return value


def run(operation: Any, world: api_world.World, number: int) -> None:
    """Send what is drawn for one operation, each to the same room, and judge the answers."""
    things = world.things
    # A client that is called in process unzips nothing.
    headers = world.headers["reader"] | {"Accept-Encoding": "identity"}
    cases = operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(
        GenerationMode.NEGATIVE
    )

    repeated = {
        each["name"]
        for each in operation.definition.raw.get("parameters", ())
        if each["schema"].get("type") == "array"
    }
    often = st.sampled_from([True, True, True, False])
    load_all_checks()

    @settings(
        max_examples=number, deadline=None, database=None, derandomize=number <= ON_CI,
        suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip
    @given(cases, often, often)
    def ask(case: Any, has_real_path: bool, has_real_rest: bool) -> None:
        # An empty parameter is none, as browsers send the fields of a form.
        for name, value in list((case.query or {}).items()):
            if isinstance(value, dict) or value in ("", [], [""]):
                del case.query[name]
        if has_real_path:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = things[name]
        if has_real_rest:
            for name in set(case.query or ()) & set(things):
                case.query[name] = [things[name]] if name in repeated else things[name]
            if isinstance(case.body, dict | list):
                case.body = real(case.body, things)
        with undone():
            case.call_and_validate(headers=headers, excluded_checks=EXCLUDED)

    with api_world.served():
        ask()


@pytest.fixture
def room(monkeypatch):
    """A reader's world, where the reader curates too."""
    monkeypatch.setattr(Endpoint, "throttle_classes", ())
    world = api_world.make_world()
    User.objects.get(username="reader").groups.add(Group.objects.get(name="Curators"))
    return world


def ask_for(resource: str, room: api_world.World, all_in_all: int) -> None:
    number = max(FEW, all_in_all // len(operations()))
    for where, operation in operations().items():
        if resource_of(where) == resource:
            run(operation, room, number)


def resource_of(where: str) -> str:
    """Return the first word behind the version: `issues`."""
    return where.split("/")[3]


RESOURCES = sorted({resource_of(where) for where in operations()})


@pytest.mark.full
@pytest.mark.parametrize("resource", RESOURCES)
def test_what_is_asked_is_answered_as_described(room, resource):
    ask_for(resource, room, ON_CI if machine.IS_CI else FEW)


@pytest.mark.slow
@pytest.mark.parametrize("resource", RESOURCES)
def test_twenty_thousand_requests_are_answered_as_described(room, resource):
    ask_for(resource, room, MANY)
