"""Everything that curators do on their pages, a program can do: each write has its address."""

import importlib
import inspect

import pytest
from django.contrib import admin

from catalog.admin import urls
from catalog.curation import changeset, clusters, reverting, rules, tags
from catalog.loading import conflicts, loader
from catalog.models import Issue, Tag
from tests.catalog.api.routes import ROUTES, ask, taken_back

pytestmark = pytest.mark.django_db

# Each named write of the catalog with the operations that do it, and where these know it from.
WRITES = {
    "catalog.curation.clusters.merge_clusters": {"cluster_merge": "cluster_operations"},
    "catalog.curation.clusters.order_clusters": {"cluster_order": "cluster_operations"},
    "catalog.curation.clusters.place_issues": {"issue_change": "issues", "issues_bulk": "bulk"},
    "catalog.curation.clusters.split_cluster": {"cluster_split": "cluster_operations"},
    "catalog.loading.conflicts.reopen": {"conflict_reopen": "conflicts"},
    "catalog.loading.conflicts.settle": {"conflict_settle": "conflicts"},
    "catalog.curation.rules.make": {
        "category_create": "categories", "publication_create": "publications",
        "cluster_create": "clusters", "issue_create": "issues",
    },
    "catalog.loading.loader.load": {"load": "loads"},
    "catalog.curation.tags.delete_tag": {"tag_delete": "tags"},
    "catalog.curation.tags.dismiss_pair": {"duplicate_dismiss": "duplicates"},
    "catalog.curation.tags.merge_tags": {"tag_merge": "tag_operations"},
    "catalog.curation.tags.rename_tag": {"tag_rename": "tag_operations"},
    "catalog.curation.tags.restore_pair": {"duplicate_restore": "duplicates"},
    "catalog.curation.tags.restore_tag": {"tag_restore": "tag_operations"},
    "catalog.curation.tags.retag": {"issues_bulk": "bulk"},
    "catalog.curation.tags.split_tag": {"tag_split": "tag_operations"},
    "catalog.curation.reverting.revert": {"batch_revert": "batches"},
}  # fmt: skip
# Parts of the writes above; `order_clusters` does the work of several moves.
CONTAINED = {
    "catalog.curation.clusters.move_cluster",
    "catalog.curation.clusters.place_locked_issues",
    "catalog.curation.rules.category_named",
}
# Functions of these modules that write nothing.
READS = {
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

# The operation for each of the curators' own pages.
PAGES = {
    "batch_detail": "batch", "batch_revert": "batch_revert", "cluster_merge": "cluster_merge",
    "cluster_order": "cluster_order", "cluster_split": "cluster_split",
    "conflict_reopen": "conflict_reopen", "conflict_settle": "conflict_settle",
    "conflicts": "conflicts_list", "desk": "walk", "duplicates": "duplicates_list",
    "issue_accept": "issue_change", "issue_cluster": "issue_change",
    "issue_review": "issue_change", "issue_summary": "issue_change", "issue_tags": "issue_change",
    "issue_tier": "issue_change", "load_apply": "load", "load_new": "load",
    "object_history": "issue_history", "pair_dismiss": "duplicate_dismiss",
    "pair_merge": "tag_merge", "pair_restore": "duplicate_restore", "tag_delete": "tag_delete",
    "tag_merge": "tag_merge", "tag_rename": "tag_rename", "tag_restore": "tag_restore",
    "tag_split": "tag_split", "tags": "tags_list", "undo": "batch_revert",
}  # fmt: skip
# A page as readers would see it.
SHOWN_ALONE = {"cluster_preview"}
ACTIONS = {
    "set_tier": "issues_bulk", "move": "issues_bulk", "change_tags": "issues_bulk",
    "review": "issues_bulk", "export": "dump", "archive": "issues_bulk", "restore": "issues_bulk",
    "merge": "tag_merge",
}  # fmt: skip


def test_every_named_write_is_here():
    found = {
        f"{module.__name__}.{name}"
        for module in (clusters, conflicts, changeset, rules, loader, tags, reverting)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }

    assert found == set(WRITES) | READS | CONTAINED


def test_every_page_and_action_of_the_curators_has_an_operation():
    assert {pattern.name for pattern in urls.urlpatterns} == set(PAGES) | SHOWN_ALONE
    actions = {
        getattr(action, "__name__", action)
        for model in (Issue, Tag)
        for action in admin.site.get_model_admin(model).actions
    }
    assert actions == set(ACTIONS)
    assert {*PAGES.values(), *ACTIONS.values()} <= set(ROUTES)


@pytest.mark.parametrize("write", WRITES)
def test_a_named_write_is_done_by_its_addresses(desk, world, monkeypatch, write):
    home, _, name = write.rpartition(".")
    function = getattr(importlib.import_module(home), name)
    called = []

    def spy(*arguments, **named):
        called.append(write)
        return function(*arguments, **named)

    for operation, module in WRITES[write].items():
        monkeypatch.setattr(f"catalog.api.{module}.{name}", spy)
        called.clear()
        with taken_back():
            response = ask(desk, operation, world)
            assert response.status_code == ROUTES[operation].status, response.content
        assert called == [write], operation
