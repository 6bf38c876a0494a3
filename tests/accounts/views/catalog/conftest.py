"""Fixtures of the tests of the catalog page."""

import pytest

from catalog.browsing import facets
from catalog.search import engine
from tests.accounts.views.catalog.rows import READER_ID
from tests.factories import make_user


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch):
    # The time limit of queries is not under test here, and a busy machine may exceed it.
    monkeypatch.setattr(engine, "SEARCH_BUDGET_MS", 60_000)
    monkeypatch.setattr(facets, "COUNT_BUDGET_MS", 60_000)


@pytest.fixture
def reader(client):
    user = make_user(id=READER_ID)
    client.force_login(user)
    return user


@pytest.fixture
def public(settings):
    settings.IS_PUBLIC = True
