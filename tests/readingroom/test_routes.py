"""Every route, for everyone: anonymous visitors, the reader, another reader, and a curator."""

from typing import NamedTuple

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.access import tokens
from accounts.models import NoteVersion, Reading, SavedView, State
from accounts.notes import writing
from accounts.reading import marking
from catalog.models import Tag
from tests.factories import make_cluster, make_issue, make_note, make_user

pytestmark = pytest.mark.django_db

# To whom a page answers how. Anonymous visitors are led to sign in (302) unless it says otherwise.
OPEN = {"anonymous": 200, "reader": 200, "other": 200, "curator": 200}
CATALOG = OPEN | {"anonymous": 302}
PERSONAL = CATALOG
OWN = PERSONAL | {"other": 404, "curator": 404}
ACT = {"anonymous": 302, "reader": 302, "other": 302, "curator": 302}
OWN_ACT = ACT | {"other": 404, "curator": 404}
MADE = ACT | {"reader": 201, "other": 201, "curator": 201}
SIGN_IN = ACT | {"anonymous": 200}
# A text that is sent after the session has ended is answered with that text, and a sign-in.
KEPT = {"anonymous": 403}
NOTE = {"kind": "note", "body": "x", "version": "2"}


class Route(NamedTuple):
    """The expected responses of a route; `arguments` name objects of the reader's world."""

    method: str
    answers: dict[str, int]
    arguments: tuple[str, ...] = ()
    data: dict[str, str] = {}


ROUTES = {
    "library": Route("get", CATALOG),
    "issue_list": Route("get", CATALOG),
    "issue_filters": Route("get", CATALOG),
    "robots.txt": Route("get", OPEN),
    "favicon.ico": Route("get", ACT),
    "change_password": Route("get", ACT),
    "admin_sign_in": Route("get", ACT | {"reader": 403, "other": 403}),
    "accounts:sign_in": Route("get", SIGN_IN),
    "accounts:sign_out": Route("post", ACT),
    "accounts:account_detail": Route("get", PERSONAL),
    "accounts:password_change": Route("get", PERSONAL),
    "accounts:theme_update": Route("post", ACT, (), {"theme": "dark"}),
    "accounts:token_list": Route("get", PERSONAL),
    "accounts:token_create": Route("post", MADE, (), {"name": "x", "allowed": "read"}),
    "accounts:feed_token_create": Route("post", MADE, (), {"name": "x"}),
    "accounts:token_revoke": Route("post", OWN_ACT, ("token",)),
    "accounts:keepers_atom": Route("get", CATALOG, ("publication_slug",)),
    "accounts:keepers_json": Route("get", CATALOG, ("publication_slug",)),
    "accounts:tier_atom": Route("get", CATALOG, ("tier",)),
    "accounts:tier_json": Route("get", CATALOG, ("tier",)),
    "accounts:publication_tier_atom": Route("get", CATALOG, ("publication_slug", "tier")),
    "accounts:publication_tier_json": Route("get", CATALOG, ("publication_slug", "tier")),
    "accounts:cluster_atom": Route("get", CATALOG, ("publication_slug", "cluster_slug")),
    "accounts:cluster_json": Route("get", CATALOG, ("publication_slug", "cluster_slug")),
    "accounts:tag_atom": Route("get", CATALOG, ("tag_slug",)),
    "accounts:tag_json": Route("get", CATALOG, ("tag_slug",)),
    "accounts:publications_opml": Route("get", CATALOG),
    "accounts:changes_atom": Route("get", CATALOG, ("publication_slug",)),
    "accounts:changes_json": Route("get", CATALOG, ("publication_slug",)),
    "accounts:changes_seen": Route("post", ACT, (), {"batch": "0"}),
    "accounts:reading_mark": Route("post", ACT, (), {"mark": "{issue}:queued:unread"}),
    "accounts:reading_bulk": Route("post", ACT, (), {"issue": "{issue}", "state": "read"}),
    "accounts:reading_list": Route("get", PERSONAL, ("issue",)),
    "accounts:reading_add": Route("post", ACT, ("issue",), {"read": "2019"}),
    "accounts:reading_update": Route("post", OWN_ACT, ("reading",), {"read": "2020"}),
    "accounts:reading_drop": Route("post", OWN_ACT, ("reading",)),
    "accounts:act_list": Route("get", PERSONAL),
    "accounts:act_undo": Route("post", OWN_ACT, ("act",)),
    "accounts:queue": Route("get", PERSONAL),
    "accounts:queue_move": Route("post", ACT, (), {"move": "{issue}:up"}),
    "accounts:queue_arrange": Route("post", ACT, (), {"issue": "{issue}"}),
    "accounts:cluster_queue": Route("post", ACT, (), {"cluster": "{cluster}:all"}),
    "accounts:note_list": Route("get", PERSONAL),
    "accounts:note_export": Route("get", PERSONAL),
    "accounts:note_preview": Route("post", PERSONAL, (), {"body": "x"}),
    "accounts:note_create": Route("post", ACT | KEPT, ("issue",), NOTE),
    "accounts:note_update": Route("post", OWN_ACT | KEPT, ("note",), NOTE),
    "accounts:note_detail": Route("get", OWN, ("note",)),
    "accounts:note_history": Route("get", OWN, ("note",)),
    "accounts:note_revert": Route("post", OWN_ACT, ("note", "version")),
    "accounts:note_delete": Route("post", OWN_ACT, ("note",)),
    "accounts:note_deleted_list": Route("get", PERSONAL),
    "accounts:note_restore": Route("post", OWN_ACT, ("note",)),
    "accounts:booklet_detail": Route("get", PERSONAL, ("publication_slug", "cluster_slug")),
    "accounts:booklet_export": Route("get", PERSONAL, ("publication_slug", "cluster_slug")),
    "accounts:quick_search": Route("get", CATALOG),
    "accounts:view_list": Route("get", PERSONAL),
    "accounts:view_create": Route("post", ACT, (), {"name": "Landmarks"}),
    "accounts:view_update": Route("post", OWN_ACT, ("view",), {"name": "Other"}),
    "accounts:view_delete": Route("post", OWN_ACT, ("view",)),
    "accounts:view_next": Route("get", OWN_ACT, ("view",)),
    "accounts:progress": Route("get", PERSONAL),
    "accounts:progress_parts": Route("get", PERSONAL),
    "accounts:coverage": Route("get", PERSONAL),
    "accounts:year": Route("get", PERSONAL, ("year",)),
    "catalog:publication_detail": Route("get", CATALOG, ("publication_slug",)),
    "catalog:publication_issues": Route("get", CATALOG, ("publication_slug",)),
    "catalog:publication_changes": Route("get", CATALOG, ("publication_slug",)),
    "catalog:cluster_detail": Route("get", CATALOG, ("publication_slug", "cluster_slug")),
    "catalog:issue_detail": Route("get", CATALOG, ("publication_slug", "issue_slug")),
    "catalog:tag_detail": Route("get", CATALOG, ("tag_slug",)),
    "catalog:category_detail": Route("get", CATALOG, ("category_slug",)),
}  # fmt: skip
# Curators may look after the catalog, and may not see who reads what.
CURATED = ("category", "publication", "cluster", "issue", "tag")
SECRET = "What the reader alone may see"


def walk(patterns, namespace=""):
    """Yield (name, pattern) of every route but the admin's, which is a site of its own."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            # The admin site and the API have tests of their own.
            if pattern.namespace not in ("admin", "desk", "api"):
                inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from walk(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern) and pattern.name not in ("no_endpoint", "no_page"):
            yield f"{namespace}{pattern.name or pattern.pattern}", pattern


def names():
    return {name for name, _ in walk(get_resolver().url_patterns)}


def make_world():
    """Return a reader's rows by name, and everyone who may request them."""
    reader, other, curator = make_user(), make_user(), make_user(is_staff=True)
    curator.groups.add(Group.objects.get(name="Curators"))
    cluster = make_cluster()
    issue = make_issue(cluster=cluster)
    read = make_issue(cluster=cluster)
    act = marking.mark(reader, [read.pk], State.READ).act
    note = make_note(user=reader, issue=issue, body="First")
    writing.edit_note(reader, note.pk, 1, kind="note", body=SECRET)
    return {
        "people": {"anonymous": None, "reader": reader, "other": other, "curator": curator},
        "issue": issue.pk,
        "cluster": cluster.pk,
        "reading": Reading.objects.get().pk,
        "act": act.pk,
        "note": note.pk,
        "version": NoteVersion.objects.get().version,
        "view": SavedView.objects.create(user=reader, name=SECRET, query="tier=5").pk,
        "token": tokens.make_token(reader, SECRET, ["read"])[0].pk,
        "year": 2024,
        "tier": 5,
        "tag_slug": Tag.objects.create(name="stone", slug="stone", key="stone").slug,
        "publication_slug": cluster.publication.slug,
        "category_slug": cluster.publication.category.slug,
        "cluster_slug": cluster.slug,
        "issue_slug": issue.slug,
    }


@pytest.fixture(scope="module")
def world(module_rows):
    with module_rows():
        return make_world()


def ask(world, who, name, method=""):
    route = ROUTES[name]
    client = Client()
    if user := world["people"][who]:
        client.force_login(user)
    known = name if name in ("robots.txt", "favicon.ico") else ""
    address = (
        f"/{known}" if known else reverse(name, args=[world[each] for each in route.arguments])
    )
    data = {key: value.format(**world) for key, value in route.data.items()}
    return getattr(client, method or route.method)(address, data)


def test_every_route_is_known_and_none_is_told_that_there_is_not():
    assert names() == set(ROUTES)


@pytest.mark.parametrize("who", ["anonymous", "reader", "other", "curator"])
@pytest.mark.parametrize("name", ROUTES)
def test_a_route_answers_each_as_it_should(world, name, who):
    response = ask(world, who, name)

    assert response.status_code == ROUTES[name].answers[who]
    if who == "anonymous" and response.status_code == 302 and name not in (
        "favicon.ico", "change_password", "accounts:sign_out", "accounts:theme_update",
    ):  # fmt: skip
        assert response["Location"].startswith(reverse("accounts:sign_in"))
    if who != "reader":
        assert SECRET not in response.content.decode()


@pytest.mark.parametrize("name", ROUTES)
def test_a_route_refuses_a_method_that_is_not_its_own(world, name):
    response = ask(world, "reader", name, "delete")

    # A library's view for signing in takes what it is sent, once it has led a reader away.
    assert response.status_code in ({302} if name == "accounts:sign_in" else {405})


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if route.method == "post"])
def test_what_writes_cannot_be_asked_for(world, name):
    allowed = {
        "accounts:note_create", "accounts:note_update", "accounts:view_create",
        "accounts:view_update", "accounts:token_create", "accounts:feed_token_create",
        "accounts:token_revoke",
    }  # fmt: skip

    assert ask(world, "reader", name, "get").status_code == (200 if name in allowed else 405)


@pytest.mark.parametrize("name", ROUTES)
def test_a_public_catalog_opens_the_catalog_alone(world, settings, name):
    settings.IS_PUBLIC = True
    is_feed = name.endswith(("_atom", "_json", "_opml"))
    is_catalog = name.startswith("catalog:") or is_feed or name in {
        "library", "issue_list", "issue_filters", "accounts:quick_search",
    }  # fmt: skip
    expected = 200 if is_catalog else ROUTES[name].answers["anonymous"]

    assert ask(world, "anonymous", name).status_code == expected


def test_the_admin_is_for_curators_and_shows_them_no_reader(world):
    people = {}
    for who, user in world["people"].items():
        people[who] = Client()
        if user:
            people[who].force_login(user)
    registered = {model._meta.model_name for model in admin.site._registry}
    assert not registered & {"reading", "act", "event", "note", "noteversion"}
    for name in CURATED:
        address = reverse(f"admin:catalog_{name}_changelist")
        assert [people[who].get(address).status_code for who in people] == [302, 302, 302, 200]
    for address in ("admin:accounts_user_changelist", "admin:auth_group_changelist"):
        assert people["curator"].get(reverse(address)).status_code == 403
