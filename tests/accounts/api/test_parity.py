"""Everything a reader can do on a page, a program can do: each named write has its address."""

import importlib
import inspect

import pytest

from accounts import profile
from accounts.browsing import saved_views
from accounts.home import whats_new
from accounts.notes import writing
from accounts.reading import marking
from tests.accounts.api import test_access
from tests.accounts.api.test_access import ROUTES

pytestmark = pytest.mark.django_db
world = test_access.world

# Each named write of a reader with the operations that do it.
WRITES = {
    "accounts.reading.marking.mark": ["issue_reading_set", "issue_reading_clear"],
    "accounts.reading.marking.mark_each": ["readings_bulk"],
    "accounts.reading.marking.queue_cluster": ["queue_cluster"],
    "accounts.reading.marking.add": ["issue_readings_add"],
    "accounts.reading.marking.correct_dates": ["reading_change"],
    "accounts.reading.marking.drop": ["reading_drop"],
    "accounts.reading.marking.move": ["queue_move"],
    "accounts.reading.marking.arrange": ["queue_arrange"],
    "accounts.reading.marking.undo": ["history_undo"],
    "accounts.notes.writing.create_note": ["note_create"],
    "accounts.notes.writing.edit_note": ["note_change"],
    "accounts.notes.writing.revert_note": ["note_restore"],
    "accounts.notes.writing.delete_note": ["note_delete"],
    "accounts.notes.writing.restore_note": ["note_restore"],
    "accounts.browsing.saved_views.save_view": ["view_create"],
    "accounts.browsing.saved_views.change_view": ["view_change"],
    "accounts.browsing.saved_views.delete_view": ["view_delete"],
    "accounts.home.whats_new.put_aside": ["changes_seen"],
    "accounts.profile.set_time_zone": ["me_change"],
}
IMPORTED = {"accounts.profile.set_time_zone": "accounts.api.me.set_time_zone"}
# Only forms need these, because they may be sent twice; requests of programs never are.
OF_FORMS = {
    "accounts.notes.writing.create_note_once",
    "accounts.reading.marking.repeated",
    "accounts.browsing.saved_views.save_view_once",
    "accounts.reading.marking.drop_once",
}
# Functions of these modules that take a reader and write nothing.
READS = {"accounts.browsing.saved_views.query_of", "accounts.browsing.saved_views.filter_of",
         "accounts.browsing.saved_views.counted", "accounts.browsing.saved_views.next_issue",
         "accounts.home.whats_new.news"}  # fmt: skip


def test_every_named_write_is_here():
    found = {
        f"{module.__name__}.{name}"
        for module in (marking, writing, saved_views, whats_new, profile)
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
