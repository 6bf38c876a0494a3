"""Everything a reader can do on a page, a program can do: each named write has its address."""

import importlib
import inspect

import pytest

from accounts import changes, marking, notes, saved_views, zones
from tests.accounts.api import test_access
from tests.accounts.api.test_access import ROUTES

pytestmark = pytest.mark.django_db
world = test_access.world

# Each named write of a reader with the operations that do it.
WRITES = {
    "accounts.marking.mark": ["issue_reading_set", "issue_reading_clear"],
    "accounts.marking.mark_each": ["readings_bulk"],
    "accounts.marking.queue_cluster": ["queue_cluster"],
    "accounts.marking.add": ["issue_readings_add"],
    "accounts.marking.correct_dates": ["reading_change"],
    "accounts.marking.drop": ["reading_drop"],
    "accounts.marking.move": ["queue_move"],
    "accounts.marking.arrange": ["queue_arrange"],
    "accounts.marking.undo": ["history_undo"],
    "accounts.notes.create_note": ["note_create"],
    "accounts.notes.edit_note": ["note_change"],
    "accounts.notes.revert_note": ["note_restore"],
    "accounts.notes.delete_note": ["note_delete"],
    "accounts.notes.restore_note": ["note_restore"],
    "accounts.saved_views.save_view": ["view_create"],
    "accounts.saved_views.change_view": ["view_change"],
    "accounts.saved_views.delete_view": ["view_delete"],
    "accounts.changes.put_aside": ["changes_seen"],
    "accounts.zones.set_time_zone": ["me_change"],
}
IMPORTED = {"accounts.zones.set_time_zone": "accounts.api.me.set_time_zone"}
# What forms ask for besides: a program's requests are each meant.
OF_FORMS = {"accounts.notes.create_note_once", "accounts.marking.repeated",
            "accounts.saved_views.save_view_once", "accounts.marking.drop_once"}  # fmt: skip
# Functions of these modules that take a reader and write nothing.
READS = {"accounts.saved_views.query_of", "accounts.saved_views.filter_of",
         "accounts.saved_views.counted", "accounts.saved_views.next_issue",
         "accounts.changes.news"}  # fmt: skip


def test_every_named_write_is_here():
    found = {
        f"{module.__name__}.{name}"
        for module in (marking, notes, saved_views, changes, zones)
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and not name.startswith("_")
        and next(iter(inspect.signature(function).parameters), "") == "user"
    }

    assert found - READS - OF_FORMS == set(WRITES)
    assert found > OF_FORMS


@pytest.mark.parametrize(
    ("write", "operation"), [(write, each) for write, names in WRITES.items() for each in names]
)
def test_a_named_write_is_done_by_its_address(api, user, world, monkeypatch, write, operation):
    called = []
    where, _, name = IMPORTED.get(write, write).rpartition(".")
    function = getattr(importlib.import_module(where), name)

    def spy(*arguments, **named):
        called.append(arguments[0].pk)
        return function(*arguments, **named)

    monkeypatch.setattr(f"{where}.{name}", spy)
    body = {} if write.endswith("restore_note") else None

    response = test_access.ask(api, operation, world, body)

    assert response.status_code == ROUTES[operation].status
    assert called == [user.pk]
