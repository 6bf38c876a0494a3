"""Every write of readers and curators on pages has a route of the API that calls it."""

import importlib
import inspect

import pytest
from django.contrib import admin

from accounts import profile
from accounts.browsing import saved_views
from accounts.home import whats_new
from accounts.notes import writing
from accounts.reading import marking
from catalog.admin import urls
from catalog.curation import changeset, clusters, reverting, rules, tags
from catalog.loading import conflicts, loader
from catalog.models import Issue, Tag
from tests.api import undone
from tests.readingroom import api_world
from tests.readingroom.api_routes import ROUTES, ask

pytestmark = pytest.mark.django_db

# The routes that call each write of readers.
READERS_WRITES = {
    "accounts.reading.marking.mark": ["put issue_reading", "delete issue_reading"],
    "accounts.reading.marking.mark_each": ["post reading_bulk"],
    "accounts.reading.marking.queue_cluster": ["post queue_cluster"],
    "accounts.reading.marking.add": ["post issue_readings"],
    "accounts.reading.marking.correct_dates": ["patch reading"],
    "accounts.reading.marking.drop": ["delete reading"],
    "accounts.reading.marking.move": ["post queue_move"],
    "accounts.reading.marking.arrange": ["put queue"],
    "accounts.reading.marking.undo": ["post act_undo"],
    "accounts.notes.writing.create_note": ["post note_list"],
    "accounts.notes.writing.edit_note": ["patch note"],
    "accounts.notes.writing.revert_note": ["post note_restore"],
    "accounts.notes.writing.delete_note": ["delete note"],
    "accounts.notes.writing.restore_note": ["post note_restore"],
    "accounts.browsing.saved_views.save_view": ["post view_list"],
    "accounts.browsing.saved_views.change_view": ["patch view"],
    "accounts.browsing.saved_views.delete_view": ["delete view"],
    "accounts.home.whats_new.put_aside": ["put changes_seen"],
    "accounts.profile.set_time_zone": ["patch me"],
}
IMPORTED = {"accounts.profile.set_time_zone": "accounts.api.me.set_time_zone"}
# Forms alone need these, because they may be sent twice.
OF_FORMS = {
    "accounts.notes.writing.create_note_once",
    "accounts.reading.marking.repeated",
    "accounts.browsing.saved_views.save_view_once",
    "accounts.reading.marking.drop_once",
}
# Functions of these modules that take a reader and write nothing.
READERS_READS = {
    "accounts.browsing.saved_views.query_of",
    "accounts.browsing.saved_views.filter_of",
    "accounts.browsing.saved_views.counted",
    "accounts.browsing.saved_views.next_issue",
    "accounts.home.whats_new.news",
}

# The routes that call each write of curators, with the module of the API that imports it.
CURATORS_WRITES = {
    "catalog.curation.clusters.merge_clusters": {"post cluster_merge": "cluster_operations"},
    "catalog.curation.clusters.order_clusters": {"put cluster_order": "cluster_operations"},
    "catalog.curation.clusters.place_issues": {
        "patch issue_detail": "issues",
        "post issue_bulk": "bulk",
    },
    "catalog.curation.clusters.split_cluster": {"post cluster_split": "cluster_operations"},
    "catalog.loading.conflicts.reopen": {"post conflict_reopen": "conflicts"},
    "catalog.loading.conflicts.settle": {"post conflict_settle": "conflicts"},
    "catalog.curation.rules.make": {
        "post category_list": "categories",
        "post publication_list": "publications",
        "post cluster_list": "clusters",
        "post issue_list": "issues",
    },
    "catalog.loading.loader.load": {"post load_list": "loads"},
    "catalog.curation.tags.delete_tag": {"delete tag_detail": "tags"},
    "catalog.curation.tags.dismiss_pair": {"post duplicate_dismiss": "duplicates"},
    "catalog.curation.tags.merge_tags": {"post tag_merge": "tag_operations"},
    "catalog.curation.tags.rename_tag": {"post tag_rename": "tag_operations"},
    "catalog.curation.tags.restore_pair": {"post duplicate_restore": "duplicates"},
    "catalog.curation.tags.restore_tag": {"post tag_restore": "tag_operations"},
    "catalog.curation.tags.retag": {"post issue_bulk": "bulk"},
    "catalog.curation.tags.split_tag": {"post tag_split": "tag_operations"},
    "catalog.curation.reverting.revert": {"post batch_revert": "batches"},
}
# Parts of the writes above; `order_clusters` does the work of several moves.
CONTAINED = {
    "catalog.curation.clusters.move_cluster",
    "catalog.curation.clusters.place_locked_issues",
    "catalog.curation.rules.category_named",
}
# Functions of these modules that write nothing.
CURATORS_READS = {
    "catalog.curation.clusters.with_counts",
    "catalog.loading.conflicts.clashes",
    "catalog.loading.conflicts.reopening",
    "catalog.curation.changeset.citation_rows",
    "catalog.curation.rules.archived_reason",
    "catalog.curation.rules.cluster_fault",
    "catalog.curation.rules.end_position",
    "catalog.curation.rules.review_values",
    "catalog.curation.rules.index_at",
    "catalog.curation.rules.name_fault",
    "catalog.curation.rules.retired_fault",
    "catalog.curation.rules.tag_fault",
    "catalog.curation.rules.title_fault",
    "catalog.curation.rules.url_fault_of",
    "catalog.curation.rules.row_version",
    "catalog.curation.tags.reach",
    "catalog.curation.reverting.steps",
}

# The route for each of the curators' own pages.
PAGES = {
    "batch_detail": "get batch_detail",
    "batch_revert": "post batch_revert",
    "cluster_merge": "post cluster_merge",
    "cluster_order": "put cluster_order",
    "cluster_split": "post cluster_split",
    "conflict_reopen": "post conflict_reopen",
    "conflict_settle": "post conflict_settle",
    "conflicts": "get conflict_list",
    "desk": "get walk",
    "duplicates": "get duplicate_list",
    "issue_accept": "patch issue_detail",
    "issue_cluster": "patch issue_detail",
    "issue_review": "patch issue_detail",
    "issue_summary": "patch issue_detail",
    "issue_tags": "patch issue_detail",
    "issue_tier": "patch issue_detail",
    "load_apply": "post load_list",
    "load_new": "post load_list",
    "object_history": "get issue_history",
    "pair_dismiss": "post duplicate_dismiss",
    "pair_merge": "post tag_merge",
    "pair_restore": "post duplicate_restore",
    "tag_delete": "delete tag_detail",
    "tag_merge": "post tag_merge",
    "tag_rename": "post tag_rename",
    "tag_restore": "post tag_restore",
    "tag_split": "post tag_split",
    "tags": "get tag_list",
    "undo": "post batch_revert",
}
# A preview of the readers' page.
SHOWN_ALONE = {"cluster_preview"}
ACTIONS = {
    "set_tier": "post issue_bulk",
    "move": "post issue_bulk",
    "change_tags": "post issue_bulk",
    "review": "post issue_bulk",
    "export": "get dump",
    "archive": "post issue_bulk",
    "restore": "post issue_bulk",
    "merge": "post tag_merge",
}


@pytest.fixture(scope="module")
def world(module_rows):
    with module_rows():
        return api_world.make_world()


def functions(*modules):
    """Yield the public functions that the modules define, with their dotted names."""
    for module in modules:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{module.__name__}.{name}", function


def test_every_write_of_readers_is_listed():
    found = {
        name
        for name, function in functions(marking, writing, saved_views, whats_new, profile)
        if next(iter(inspect.signature(function).parameters), "") == "user"
    }

    assert found - READERS_READS - OF_FORMS == set(READERS_WRITES)
    assert found > OF_FORMS


def test_every_write_of_curators_is_listed():
    modules = clusters, conflicts, changeset, rules, loader, tags, reverting
    found = {name for name, _ in functions(*modules)}

    assert found == set(CURATORS_WRITES) | CURATORS_READS | CONTAINED


def test_every_page_and_action_of_curators_has_a_route():
    assert {pattern.name for pattern in urls.urlpatterns} == set(PAGES) | SHOWN_ALONE
    actions = {
        getattr(action, "__name__", action)
        for model in (Issue, Tag)
        for action in admin.site.get_model_admin(model).actions
    }
    assert actions == set(ACTIONS)
    assert {*PAGES.values(), *ACTIONS.values()} <= set(ROUTES)


@pytest.mark.parametrize(
    ("write", "where"),
    [(write, where) for write, routes in READERS_WRITES.items() for where in routes],
)
def test_route_calls_the_write_of_readers(world, monkeypatch, write, where):
    called = []
    home, _, name = IMPORTED.get(write, write).rpartition(".")
    function = getattr(importlib.import_module(home), name)

    def spy(*arguments, **named):
        called.append(arguments[0].username)
        return function(*arguments, **named)

    monkeypatch.setattr(f"{home}.{name}", spy)
    body = {} if write.endswith("restore_note") else None

    response = ask(world, "reader", where, body=body)

    assert response.status_code == ROUTES[where].status
    assert called == ["reader"]


@pytest.mark.parametrize("write", CURATORS_WRITES)
def test_routes_call_the_write_of_curators(world, monkeypatch, write):
    home, _, name = write.rpartition(".")
    function = getattr(importlib.import_module(home), name)
    called = []

    def spy(*arguments, **named):
        called.append(write)
        return function(*arguments, **named)

    for where, module in CURATORS_WRITES[write].items():
        monkeypatch.setattr(f"catalog.api.{module}.{name}", spy)
        called.clear()
        with undone():
            response = ask(world, "curator", where)
        assert response.status_code == ROUTES[where].status, response.content
        assert called == [write], where
