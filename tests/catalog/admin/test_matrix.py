"""Every address of the admin site, for everyone: who may enter, and that nobody gains by posting.

The addresses are those that there are; one that no table knows fails.
"""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from catalog.curation.changeset import Curation
from catalog.interchange import formats
from catalog.interchange.dumping import dump
from catalog.models import Change, ChangeBatch, Citation, Issue, IssueTag, Tag
from tests.factories import make_cluster, make_issue, make_user

pytestmark = pytest.mark.django_db

CURATED = ("category", "publication", "cluster", "issue", "tag")
LOOKED_AT = ("changebatch", "change", "conflict", "dismissedpair")
# Pages that belong neither to a model nor to the curators' own pages.
FRAME = {
    "admin:index", "admin:password_change", "admin:password_change_done", "admin:autocomplete",
    "admin:jsi18n", "admin:view_on_site", "admin:login", "admin:logout",
}  # fmt: skip
OPEN_TO_ALL = {"admin:login", "admin:logout"}
# Status codes of the curators' pages for view-only curators; 405 for pages that take POST only.
DESK = {
    "desk": 200, "tags": 200, "undo": 405, "issue_tier": 405, "issue_cluster": 405,
    "issue_tags": 405, "issue_summary": 405, "issue_review": 405, "issue_accept": 405,
    "batch_detail": 200, "batch_revert": 405, "object_history": 200,
    "tag_merge": 302, "tag_rename": 200, "tag_split": 200, "tag_delete": 200, "tag_restore": 405,
    "duplicates": 200, "pair_merge": 405, "pair_dismiss": 405, "pair_restore": 405,
    "cluster_order": 200, "cluster_preview": 405, "cluster_merge": 200, "cluster_split": 200,
    "load_new": 200, "load_apply": 405,
    "conflicts": 200, "conflict_settle": 405, "conflict_reopen": 405,
}  # fmt: skip
# Whatever these are called somewhere, they are to have no effect.
GREEDY = {
    "is_superuser": "1", "is_staff": "1", "is_active": "1", "groups": "1", "user_permissions": "1",
    "user": "1", "username": "taken", "password": "x", "permissions": "1", "content_type": "1",
    "version": "99", "loaded": "{}", "is_curated": "1", "archived_at": "2020-01-01", "id": "1",
    "batch": "1", "slug": "taken", "_save": "Save", "action": "delete_selected",
    "_selected_action": "1", "post": "yes", "next": "https://example.org/",
}  # fmt: skip


def walk(patterns, namespace=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = pattern.namespace or namespace
            yield from walk(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern) and namespace in ("admin", "desk"):
            yield f"{namespace}:{pattern.name or pattern.pattern}", pattern


ROUTES = {
    (name, tuple(pattern.pattern.converters)): pattern
    for name, pattern in walk(get_resolver().url_patterns)
    # Patterns without a name are redirects, and the index of an app equals the index.
    if not set("<(") & set(name) and name != "admin:app_list"
}


def make_world():
    cluster = make_cluster()
    issue = make_issue(cluster=cluster, tier=4)
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(issue, {
            "tier": 5, "tags": ["moon", "moons"], "cites": ["https://example.org/sea"],
        })  # fmt: skip
    first, second = Tag.objects.order_by("id")
    people = {
        "anonymous": None,
        "reader": make_user(),
        "staff": make_user(is_staff=True),
        "curator": make_user(is_staff=True),
        "superuser": make_user(is_superuser=True),
    }
    curators = Group.objects.get(name="Curators")
    people["curator"].groups.add(curators)
    return {
        "people": people, "batch": ChangeBatch.objects.get().pk, "cluster": cluster.pk,
        "publication": cluster.publication_id, "tag": first.pk, "away": second.pk,
        "into": first.pk, "issue": issue.pk, "kind": "issue", "pk": issue.pk,
        "content_type_id": 1, "url": "x", "id": people["superuser"].pk,
        "category": cluster.publication.category_id,
        "change": Change.objects.first().pk, "citation": Citation.objects.get().pk,
        "user": people["reader"].pk, "group": curators.pk,
        "issuetag": IssueTag.objects.first().pk, "changebatch": ChangeBatch.objects.get().pk,
    }  # fmt: skip


@pytest.fixture(scope="module")
def world(module_rows):
    with module_rows():
        return make_world()


def address(world, name, arguments):
    values = dict(world)
    model = name.removeprefix("admin:").split("_")[1] if "object_id" in arguments else ""
    values["object_id"] = world.get(model, 1)
    return reverse(name, kwargs={each: values[each] for each in arguments})


def client_of(world, who):
    client = Client()
    if user := world["people"][who]:
        client.force_login(user)
    return client


def curators_answer(name):
    """Return the expected status for a view-only curator, or None for Django's own default."""
    space, _, rest = name.partition(":")
    if space == "desk":
        return DESK[rest]
    if name in FRAME:
        return None
    app, model, act = rest.split("_", 2)
    if app == "catalog" and model in CURATED and act in ("changelist", "change", "history"):
        return 200
    if app == "catalog" and model in CURATED and act == "add" and model != "tag":
        return 200
    if app == "catalog" and model in LOOKED_AT and act in ("changelist", "change", "history"):
        return 200
    return 403


def test_every_address_is_classified():
    unknown = set()
    for name, _ in ROUTES:
        try:
            curators_answer(name)
        except (KeyError, ValueError):
            unknown.add(name)
    assert not unknown
    assert {f"desk:{name}" for name in DESK} <= {name for name, _ in ROUTES}


@pytest.mark.parametrize(("name", "arguments"), ROUTES)
def test_a_page_opens_to_those_who_may_and_to_no_one_else(world, name, arguments):
    where = address(world, name, arguments)
    for who in ("anonymous", "reader"):
        response = client_of(world, who).get(where)
        if name not in OPEN_TO_ALL:
            assert response.status_code in (302, 405), who
            assert (
                response.status_code == 405
                or "sign-in" in response["Location"]
                or ("login" in response["Location"])
            ), (who, response["Location"])
    wanted = curators_answer(name)
    if wanted is None:
        return
    # The history of an object, and an act, stand on pages of ours.
    leads_on = name.endswith("_history") or name == "admin:catalog_changebatch_change"
    allowed = client_of(world, "curator").get(where, follow=leads_on).status_code
    assert allowed == wanted
    refused = client_of(world, "staff").get(where, follow=leads_on).status_code
    assert refused in (403, 405)
    superuser = client_of(world, "superuser").get(where).status_code
    assert superuser in (200, 302, 405) or "_delete" in name or "_add" in name


def rights():
    users = list(User.objects.order_by("pk").values(
        "pk", "username", "is_staff", "is_superuser", "is_active", "password"
    ))  # fmt: skip
    through = [list(relation.objects.order_by("pk").values()) for relation in (
        User.groups.through, User.user_permissions.through, Group.permissions.through
    )]  # fmt: skip
    return users, through, Group.objects.count(), Permission.objects.count()


@pytest.mark.parametrize("who", ["anonymous", "reader", "staff", "curator"])
def test_no_privilege_is_gained_by_whatever_is_posted(world, who):
    before = rights()
    text, _ = formats.write(dump(), "json")
    kept = set(Issue.objects.values_list("pk", flat=True))
    client = client_of(world, who)
    client.raise_request_exception = True
    for name, arguments in ROUTES:
        if name in ("admin:logout", "admin:password_change"):
            continue
        response = client.post(address(world, name, arguments), GREEDY)
        assert response.status_code < 500, name
        assert "example.org" not in response.headers.get("Location", ""), name
        if name.startswith("admin:accounts") or name.startswith("admin:auth"):
            assert response.status_code in (302, 403), name

    assert rights() == before
    assert kept <= set(Issue.objects.values_list("pk", flat=True))
    if who != "curator":
        assert formats.write(dump(), "json")[0] == text
        assert ChangeBatch.objects.count() == 1


def test_the_admin_of_each_model_is_for_looking_or_for_curating():
    models = {model._meta.model_name for model in admin.site._registry
              if model._meta.app_label == "catalog"}  # fmt: skip
    assert models <= {*CURATED, *LOOKED_AT, "issuetag", "citation"}
