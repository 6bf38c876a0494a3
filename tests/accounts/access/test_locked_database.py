"""Tokens are read while another connection writes."""

import datetime
import sqlite3

import pytest
from django.db import connection

from accounts.access.tokens import make_token
from tests.factories import make_user


def ask(client, secret):
    return client.get("/api/v1/issues", headers={"Authorization": f"Bearer {secret}"})


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_reading_does_not_wait_for_someone_who_writes(client):
    token, secret = make_token(make_user(), "x", ["read"])
    other = sqlite3.connect(connection.settings_dict["NAME"], autocommit=True)
    other.execute("BEGIN IMMEDIATE")
    try:
        start = datetime.datetime.now(datetime.UTC)
        assert ask(client, secret).status_code == 200
        assert datetime.datetime.now(datetime.UTC) - start < datetime.timedelta(seconds=5)
    finally:
        other.execute("ROLLBACK")
        other.close()
    token.refresh_from_db()
    assert token.last_used_at is None
    assert ask(client, secret).status_code == 200
    token.refresh_from_db()
    assert token.last_used_at is not None
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA busy_timeout").fetchone()[0] > 0
