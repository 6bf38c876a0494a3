"""Every address of the catalog and its curators: what cannot be is refused, by its name."""

import pytest

from catalog.models import Change
from tests.api import filled, is_problem
from tests.catalog.api.conftest import refused
from tests.catalog.api.routes import ROUTES, TAKING, WRITES, ask, each, taken_back

pytestmark = pytest.mark.django_db

HOSTILE_IDS = [
    "0", "-1", "1.5", "x", "９", "99999999999999999999", "9223372036854775808", "%00", "%ED%A0%80",
]  # fmt: skip
HOSTILE_VALUES = [
    None, True, 2**63, -1, 1.5, "", "x", "\0", "\u202e", "20240229", [], [None], [2**63], {"a": 1},
    "x" * 21_000,
]  # fmt: skip


def test_a_parameter_that_there_is_not_is_refused_by_name(desk, world):
    for name in each(ROUTES):
        route = ROUTES[name]
        address = route.address.format(**world)
        sign = "&" if "?" in address else "?"

        response = desk.ask(
            route.method, f"{address}{sign}nope=1", filled(route.body, world), If_Match="*"
        )

        assert refused(response, "nope")


def test_what_writes_takes_no_parameters_of_reading(desk, world):
    for name in each(WRITES):
        route = ROUTES[name]
        address = route.address.format(**world).partition("?")[0]

        response = desk.ask(route.method, f"{address}?count=exact", filled(route.body, world))

        assert refused(response, "count")


def test_a_field_that_there_is_not_is_refused_by_name(desk, world):
    for name in each(TAKING):
        before = Change.objects.count()

        response = ask(desk, name, world, filled(ROUTES[name].body, world) | {"nope": 1})

        assert refused(response, "nope")
        assert Change.objects.count() == before


@pytest.mark.full
@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "1", '"x"', "null", "NaN", '{"a": NaN}', "[" * 5000, '{"a":' * 5000,
     '{"reason": "\\ud800"}', '{"\\ud800": 1}', '{"a": 1, "a": 1}', "{\"a\": " + "9" * 400 + "}"],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_no_error_of_the_room(desk, world, text):
    for name in each(TAKING):
        response = ask(desk, name, world, text)

        assert response.status_code in (400, 422) or (text == "" and response.status_code == 200)


@pytest.mark.full
@pytest.mark.parametrize("name", TAKING)
def test_a_value_that_cannot_be_is_refused(desk, world, name):
    """Whatever a field is given is taken or refused, never an error of the room."""
    body = filled(ROUTES[name].body, world)
    for field in each(body):
        for value in HOSTILE_VALUES:
            with taken_back():
                response = ask(desk, name, world, body | {field: value})
                assert response.status_code < 500, value


def test_an_id_that_there_is_not_is_not_found(desk, world):
    for name in each([name for name, route in ROUTES.items() if "{" in route.address]):
        route = ROUTES[name]
        for key in HOSTILE_IDS:
            response = desk.ask(
                route.method, route.address.format(**dict.fromkeys(world, key)),
                filled(route.body, world), If_Match="*",
            )  # fmt: skip

            assert is_problem(response, 404)


def test_a_parameter_that_cannot_be_is_refused_by_name(desk, world):
    queries = [
        "categories?after=x", "categories?count=all", "publications?after=-1",
        "publications/shoreline/clusters?after=1", "publications/shoreline/clusters?after=x.y",
        "publications/shoreline/clusters?after=1.99999999999999999999",
        "publications/shoreline/changes?after=x", "publications/shoreline/changes?after=%00",
        "tags?after=%00", "tags?count=1", "facets?tier=9", "facets?publication=nowhere",
        "facets?year=x", "batches?after=9223372036854775808", "conflicts?after=1.5",
        "dump?format=xml", "dump?format=%00",
    ]  # fmt: skip
    for query in each(queries):
        assert refused(desk.get(query), query.partition("?")[2].partition("=")[0])


def test_a_place_to_look_in_that_there_is_not_is_not_found(desk, world):
    for query in each(["publications?category=x", "conflicts?publication=%00",
                       "dump?publication=99999999999999999999"]):  # fmt: skip
        assert is_problem(desk.get(query), 404)
