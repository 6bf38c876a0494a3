"""A room that an earlier version filled is brought up to date by `migrate`, and loses nothing."""

import sqlite3
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import Note
from catalog.browsing.filters import search
from catalog.models import Issue, IssueText
from catalog.search.indexing import check, install_search
from tests import machine
from tests.factories import make_issue, make_note

# Groups begin first: no worker ends with this while the other has nothing left to do.

# In one process, for each takes a second to start.
OLDER = """
from django.core.management import call_command
for words in (("accounts", "0003"), ("catalog", "0002"), ("auth",), ("contenttypes",)):
    call_command("migrate", *words)
"""
ROWS = """
INSERT INTO catalog_publication (id, category_id, name, slug, author, site, section, homepage, feed,
    description, version, loaded, created_at)
VALUES (1, 1, 'Tides', 'tides', 'The Editors', '', '', '', '', '', 1, '{}', '2024-01-01');
INSERT INTO catalog_cluster (id, publication_id, title, slug, blurb, position, loaded)
VALUES (1, 1, 'Moons', 'moons', '', 0, '{}');
INSERT INTO catalog_issue (id, publication_id, cluster_id, position, title, slug, date, tier,
    summary, tag_list, tags_guessed, url, version, loaded, created_at)
VALUES (7, 1, 1, 0, 'Spring tide', 'spring-tide', '2024-03-05', 5, 'Why it is high.', '[]', 0, '',
    1, '{}', '2024-01-01');
INSERT INTO catalog_issue (id, publication_id, cluster_id, position, title, slug, date, tier,
    summary, tag_list, tags_guessed, url, version, loaded, created_at)
VALUES (8, 1, 1, 1, 'Neap tide', 'neap-tide', '2024-03-12', 4, '', '[]', 0, '',
    1, '{}', '2024-01-02');
INSERT INTO catalog_changebatch (id, kind, source, reason, at)
VALUES (1, 'edit', '', '', '2025-06-07 00:00:00');
INSERT INTO catalog_change (batch_id, publication_id, kind, object_id, field, before, after)
VALUES (1, 1, 'issue', 7, 'tier', '4', '5');
INSERT INTO accounts_reading (id, user_id, issue_id, state, read_on, read_precision, place,
    marked_at)
VALUES (1, 1, 7, 'read', '2024-04-01', 'day', NULL, '2024-04-01');
INSERT INTO accounts_reading (id, user_id, issue_id, state, place, marked_at)
VALUES (2, 1, 7, 'queued', 5, '2024-05-01');
INSERT INTO accounts_note (id, user_id, issue_id, kind, quote, body, version, created_at,
    created_on, updated_at)
VALUES (1, 1, 7, 'note', '', 'Café by the sea', 1, '2024-04-01', '2024-04-01', '2024-04-01');
"""


@pytest.mark.full
def test_upgrade_from_before_search_indexes_issues_and_separates_readings(tmp_path):
    assert machine.manage("shell", "--no-imports", "-c", OLDER, data=tmp_path).returncode == 0
    path = tmp_path / "readingroom.sqlite3"
    with sqlite3.connect(path) as database:
        database.execute(
            "INSERT INTO accounts_user (id, username, password, is_superuser, first_name,"
            " last_name, email, is_staff, is_active, date_joined, time_zone, version,"
            " caught_up_batch)"
            " VALUES (1, 'reader', '', 0, '', '', '', 0, 1, '2024-01-01', 'UTC', 0, 0),"
            " (2, 'Reader', '', 0, '', '', '', 0, 1, '2024-01-01', 'UTC', 0, 0)"
        )
        database.execute("INSERT INTO catalog_category VALUES (1, 'Science', 'science')")
        database.executescript(ROWS)
    database.close()

    site = {"READINGROOM_URL": "https://reading.example.org"}
    upgraded = machine.manage("migrate", data=tmp_path, **site)

    assert upgraded.returncode == 0, upgraded.stderr
    checked = machine.manage("check_search", data=tmp_path)
    assert checked.stdout == "All in step.\n"
    with sqlite3.connect(path) as database:
        readings = database.execute("SELECT id, is_current, issue_date FROM accounts_reading")
        assert readings.fetchall() == [(1, 0, "2024-03-05"), (2, 1, "2024-03-05")]
        assert database.execute("SELECT folded FROM accounts_note").fetchone()[0].split() == [
            "cafe", "by", "the", "sea",
        ]  # fmt: skip
        found = (
            "SELECT rowid & 1099511627775 FROM catalog_textmatch WHERE catalog_textmatch MATCH ?"
        )
        assert database.execute(found, ['tide AND "tier=5"']).fetchall() == [(7,)]
        # Feeds go on from when an issue got its tier, as far as the log tells.
        rated = database.execute("SELECT id, substr(rated_at, 1, 10) FROM catalog_issue")
        assert rated.fetchall() == [(7, "2025-06-07"), (8, "2024-01-02")]
        names = database.execute("SELECT username, folded_name FROM accounts_user")
        assert names.fetchall() == [("reader", "reader"), ("Reader", None)]
        identity = "SELECT authority FROM catalog_installation"
        assert database.execute(identity).fetchall() == [("reading.example.org",)]
    database.close()


@pytest.mark.django_db
def test_texts_that_an_earlier_version_folded_are_folded_again():
    issue = make_issue(title="OpenAI’s Łódź")
    note = make_note(issue=issue, body="Łukasz’s")
    Issue.objects.update(sort_title="openais łodz")
    IssueText.objects.update(title="openais łodz")
    Note.objects.update(folded="  \n łukaszs ")
    assert check()

    editor = connection.schema_editor()
    import_module("catalog.migrations.0007_fold_again").empty(apps, editor)
    import_module("accounts.migrations.0011_fold_again").fold_notes(apps, editor)
    install_search()

    assert check() == []
    assert search(Issue.objects.all(), "openai lodz").get() == issue
    assert Issue.objects.get().sort_title == "openai lodz"
    note.refresh_from_db()
    assert note.folded == "  \n lukasz "
