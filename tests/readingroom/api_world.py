"""The rows and clients for tests of the whole API."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from django.contrib.auth.models import Group
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.access import tokens
from accounts.models import FEEDS, Act, Reading, SavedView, State
from accounts.notes import writing
from accounts.reading import marking
from catalog.curation.changeset import Curation
from catalog.interchange import formats
from catalog.interchange.dumping import dump
from catalog.loading.conflicts import reopening
from catalog.models import Change, ChangeBatch, Conflict, Issue, Tag
from catalog.rest.access import SCOPES
from readingroom import api
from readingroom.wsgi import application
from tests.factories import make_cluster, make_issue, make_note, make_user

SECRET = "What the reader alone may see"
NEW_FILE = (
    '{"format": "readingroom.catalog/1", "publications": [{"name": "Skyline", '
    '"category": "Science", "author": "A. Cloud", "issues": '
    '[{"title": "Cirrus", "date": "2024-01-01"}]}]}'
)
METHODS = ("get", "put", "post", "patch", "delete")
ALL = frozenset(SCOPES)


class World(NamedTuple):
    """Things by the name that a path or a body gives them, and headers by who asks."""

    things: dict[str, Any]
    headers: dict[str, dict[str, str]]


def make_world() -> World:
    reader, other = make_user(username="reader"), make_user(username="other")
    curator = make_user(username="curator", is_staff=True)
    curator.groups.add(Group.objects.get(name="Curators"))
    cluster = make_cluster(slug="tides", title="Tides", blurb="On the sea.")
    empty = make_cluster(publication=cluster.publication, slug="empty")
    issue, read, queued = (make_issue(cluster=cluster, tier=tier) for tier in (5, 4, 3))
    with Curation(ChangeBatch.Kind.EDIT, source="test", user=curator) as curation:
        for each in (issue, read):
            curation.change(Issue.objects.get(pk=each.pk), {"tags": ["stone", "moon rock"]})
    make_issue(publication=cluster.publication, tier=None)
    marking.mark(reader, [queued.pk], State.QUEUED)
    marking.mark(reader, [read.pk], State.READ)
    with Curation(ChangeBatch.Kind.EDIT, source="test", user=curator) as later:
        later.change(
            Issue.objects.get(pk=read.pk), {"tier": 5, "cites": [issue.url, "https://x.org"]}
        )
        later.change(cluster, {"title": "Ebb and flood"})
    deleted = make_note(user=reader, issue=read, kind="quote", quote="Light is slow.")
    writing.delete_note(reader, deleted.pk, deleted.version)
    note = make_note(user=reader, issue=issue, body="First")
    writing.edit_note(reader, note.pk, 1, kind="note", body=SECRET)
    view = SavedView.objects.create(user=reader, name=SECRET, query="tier=5")
    stone, rock = Tag.objects.order_by("pk")[:2]
    retired = Tag.objects.create(
        name="Pebble", slug="pebble", key="pebble", retired_at=timezone.now()
    )
    retired.stands_for.add(stone)
    conflict = Conflict.objects.create(
        batch=curation.batch, publication=cluster.publication, kind=Change.Kind.ISSUE,
        object_id=issue.pk, field="tier", theirs=3,
    )  # fmt: skip
    things = {
        "issue": issue.pk,
        "issue_version": Issue.objects.get(pk=issue.pk).version,
        "read_issue": read.pk,
        "queued_issue": queued.pk,
        "reading": Reading.objects.of(reader).finished().get().pk,
        "act": Act.objects.latest("pk").pk,
        "note": note.pk,
        "view": view.pk,
        "year": 2026,
        "publication": cluster.publication_id,
        "publication_slug": cluster.publication.slug,
        "category": cluster.publication.category_id,
        "cluster": cluster.pk,
        "empty_cluster": empty.pk,
        "tag": stone.pk,
        "other_tag": rock.pk,
        "retired_tag": retired.pk,
        "file": formats.write(dump(cluster.publication.slug), "json")[0],
        "new_file": NEW_FILE,
        "batch": curation.batch.pk,
        "conflict": conflict.pk,
        "settled": reopening([conflict], curator.pk),
        "walk": "unrated",
        "change": Change.objects.latest("pk").pk,
    }  # fmt: skip
    return World(things, _headers(reader, other, curator))


def _headers(reader: Any, other: Any, curator: Any) -> dict[str, dict[str, str]]:
    def bearer(user: Any, scopes: Any, *, expires_at: Any = None) -> dict[str, str]:
        _, secret = tokens.make_token(user, "x", scopes, expires_at)
        return {"Authorization": f"Bearer {secret}"}

    found = {
        "anonymous": {},
        "reader": bearer(reader, ALL),
        "other reader": bearer(other, ALL),
        "read-only token": bearer(reader, {"read"}),
        "expired token": bearer(reader, ALL, expires_at=timezone.now()),
        "feed token": bearer(reader, {FEEDS}),
        "curator": bearer(curator, ALL),
        "curator without scope": bearer(curator, ALL - {"curate"}),
    }
    for scope in sorted(ALL):
        found[f"all but {scope}"] = bearer(reader, ALL - {scope})
        found[f"only {scope}"] = bearer(reader, {scope})
    found["curator, only curate"] = bearer(curator, {"curate"})
    return found


def endpoints() -> dict[str, Any]:
    """Return the classes of all endpoints by name; what is no class is a page."""
    return {
        str(pattern.name): pattern.callback.cls
        for pattern in api.urlpatterns
        if hasattr(pattern.callback, "cls")
    }


def methods(view: Any) -> list[str]:
    return [method for method in METHODS if hasattr(view, method)]


def address(name: str, things: dict[str, Any]) -> str:
    """Return where an endpoint is, of these things; its path names those that it takes."""
    (pattern,) = (each for each in api.urlpatterns if each.name == name)
    wanted = pattern.pattern.converters
    return reverse(f"api:{name}", kwargs={each: things[each] for each in wanted})


def send(method: str, path: str, body: Any = None, **headers: str) -> Any:
    client = Client()
    if body is None:
        return getattr(client, method)(path, headers=headers)
    return getattr(client, method)(path, body, "application/json", headers=headers)


@contextmanager
def served() -> Iterator[Any]:
    """Yield the WSGI application, on the connection of the test, which no request closes."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield application
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)
