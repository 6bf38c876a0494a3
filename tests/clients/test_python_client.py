"""The API by a client that openapi-python-client generates from the schema."""

import importlib
import inspect
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group

from accounts.models import Note, Reading, State, User
from catalog.interchange import formats
from catalog.models import Cluster, Issue, Publication
from tests.machine import program
from tests.readingroom import api_world

pytestmark = pytest.mark.clients("openapi-python-client")
GENERATOR = "openapi-python-client"
# The generator would format what it wrote.
CONFIG = "post_hooks: []\n"
SCHEMA = "/api/v1/schema"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of the generated client, which is made once: it takes seconds."""
    return tmp_path_factory.mktemp("client")


@pytest.fixture
def generated(folder, live_server, transactional_db, settings, client):
    """The package that is generated from the schema as it is served, without a warning."""
    package = folder / "room_client"
    if not package.exists():
        settings.IS_PUBLIC = True
        (folder / "schema.json").write_bytes(client.get(SCHEMA).content)
        (folder / "config.yml").write_text(CONFIG)
        done = subprocess.run(
            [
                program(GENERATOR) or "", "generate", "--path", folder / "schema.json",
                "--output-path", package, "--meta", "none", "--config", folder / "config.yml",
                "--fail-on-warning",
            ],
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        settings.IS_PUBLIC = False
        assert done.returncode == 0, done.stdout + done.stderr
        assert "WARNING" not in done.stdout + done.stderr
        sys.path.insert(0, str(folder))
    return importlib.import_module("room_client")


@pytest.fixture
def room(generated, folder, live_server):
    """Asks operations by id, as a reader who curates, of a room with a thing of each kind."""
    # A test with its own transaction deletes the rows that migrations have created.
    Group.objects.get_or_create(name="Curators")
    world = api_world.make_world()
    User.objects.filter(username="reader").update(is_superuser=True)
    Cluster.objects.filter(pk=world.things["cluster"]).update(blurb="What the moon does.")
    token = world.headers["reader"]["Authorization"].removeprefix("Bearer ")
    client = generated.AuthenticatedClient(base_url=live_server.url, token=token)
    schema = json.loads((folder / "schema.json").read_text())
    operations = {
        operation["operationId"]: (method, path, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    }

    def call(name, /, **given):
        _, path, _ = operations[name]
        module = importlib.import_module(f"room_client.api.{path.split('/')[3]}.{name}")
        if isinstance(body := given.get("body"), dict):
            kind = inspect.get_annotations(module.sync_detailed, eval_str=True)["body"]
            given["body"] = kind.from_dict(body)
        return module.sync_detailed(client=client, **given)

    return SimpleNamespace(call=call, things=world.things, operations=operations, schema=schema)


def test_every_get_is_parsed(room):
    gets = {name: found for name, (method, _, found) in room.operations.items() if method == "get"}
    assert len(gets) > 40
    for name, operation in gets.items():
        needed = {
            each["name"]: typed(each, room.things)
            for each in operation.get("parameters", ())
            if each["in"] == "path" or each.get("required")
        }
        answered = room.call(name, **needed)
        assert answered.status_code == 200, (name, answered.content)
        assert answered.parsed is not None, name
        assert type(answered.parsed).__name__ != "Problem", name


def typed(parameter, things):
    """Return what a parameter names, of these things, as the generated client wants it."""
    value = things[parameter["name"]]
    return str(value) if parameter["schema"].get("type") == "string" else value


def test_filter_of_several_values_is_sent_as_such(room):
    models = importlib.import_module("room_client.models")
    state = models.IssuesListStateItem
    issue, queued = room.things["issue"], room.things["queued_issue"]
    room.call("issue_reading_set", issue=queued, body={"state": "queued"})

    found = room.call("issues_list", state=[state.UNREAD, state.QUEUED], tier=["5", "3"]).parsed
    assert {each.id for each in found.results} == {issue, queued}
    found = room.call("issues_list", state=[state.QUEUED], tier=["5", "3"]).parsed
    assert {each.id for each in found.results} == {queued}


def test_dump_is_had_in_every_format(room):
    publication = room.things["publication_slug"]
    whole = room.call("dump").parsed.to_dict()
    assert whole["publications"][0]["slug"] == publication
    page = room.call("dump_page", publication=publication).parsed
    assert "Ebb and flood" in page
    pk = room.things["issue"]
    table = room.call("dump_csv", issue=[pk]).parsed
    assert table.startswith("publication,category,")
    assert len(table.splitlines()) == 2
    for text, kind in ((json.dumps(whole), "json"), (page, "page"), (table, "csv")):
        document, _ = formats.read(text.encode(), kind)
        assert document.publications


def test_writes_are_made(room):
    issue = room.things["issue"]
    set_ = room.call("issue_reading_set", issue=issue, body={"state": "read", "on": "2024-03"})
    assert (set_.status_code, set_.parsed.state) == (200, "read")
    assert Reading.objects.filter(issue=issue, state=State.READ).exists()

    note = room.call("note_create", body={"issue": issue, "body": "Generated"})
    assert note.status_code == 201
    changed = room.call(
        "note_change", note=note.parsed.id, if_match='"1"', body={"body": "Changed"}
    )
    assert changed.parsed.version == 2
    assert Note.objects.get(pk=note.parsed.id).body == "Changed"
    assert room.call("note_delete", note=note.parsed.id, if_match='"2"').status_code == 204

    version = Issue.objects.get(pk=issue).version
    rated = room.call(
        "issue_change", issue=issue, if_match=f'"{version}"', body={"tier": 1, "reason": "why"}
    )
    assert (rated.status_code, rated.parsed.tier) == (200, 1)

    made = room.call(
        "publication_create",
        body={"name": "1843", "category": room.things["category"], "author": "The Editors"},
    )
    assert (made.status_code, made.parsed.slug) == (201, "publication-1843")
    assert Publication.objects.filter(pk=made.parsed.id).exists()


def test_refusal_is_parsed_as_a_problem(room):
    stale = room.call("issue_change", issue=room.things["issue"], if_match='"0"', body={"tier": 1})
    assert (stale.status_code, stale.parsed.status) == (412, 412)
    missing = room.call("issue", issue=987_654)
    assert (missing.status_code, missing.parsed.title) == (404, "Not found")


def test_schema_names_the_server_that_it_came_from(room):
    assert [each["url"] for each in room.schema["servers"]] == ["http://testserver"]
