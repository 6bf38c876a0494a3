"""How often one may ask. That it holds over real workers is shown in `test_server.py`."""

import sqlite3
import threading

import pytest
import time_machine
from django.conf import settings as django_settings

from catalog.rest import throttles
from catalog.rest.throttles import HitCounter
from tests.api import Api
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def counter(tmp_path):
    return HitCounter(tmp_path / "hits.sqlite3")


@pytest.fixture
def rates(monkeypatch):
    rates = {
        "anon": "2/min",
        "read": "3/min",
        "write": "1/min",
        "notes": "1/min",
        "curate": "1/min",
    }
    monkeypatch.setattr(throttles.ScopeThrottle, "THROTTLE_RATES", rates)


def test_hits_of_the_last_seconds_are_counted(counter):
    with time_machine.travel("2026-01-01T00:00:00Z", tick=False) as clock:
        assert counter.hit("one", 2, 60) is None
        clock.shift(20)
        assert counter.hit("one", 2, 60) is None
        assert counter.hit("one", 2, 60) == pytest.approx(40)
        assert counter.hit("another", 2, 60) is None
        clock.shift(41)
        # A hit that was refused has not been counted.
        assert counter.hit("one", 2, 60) is None
        assert counter.hit("one", 2, 60) == pytest.approx(19)


def test_clock_that_was_set_back_refuses_for_no_longer_than_the_period(counter):
    with time_machine.travel("2026-01-02T12:00:00Z", tick=False):
        counter.hit("one", 1, 60)
    with time_machine.travel("2026-01-02T11:00:00Z", tick=False):
        assert counter.hit("one", 1, 60) == 60
    with time_machine.travel("2026-01-01T00:00:00Z", tick=False):
        assert counter.hit("one", 1, 60) is None


def test_parallel_hits_are_counted_exactly(tmp_path):
    # A counter each, as each worker has, and several threads of each.
    counters = [HitCounter(tmp_path / "hits.sqlite3") for _ in range(2)]
    taken = []

    def ask(counter):
        for _ in range(20):
            taken.append(counter.hit("one", 60, 60) is None)

    threads = [threading.Thread(target=ask, args=(each,)) for each in counters * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (taken.count(True), taken.count(False)) == (60, 100)


def test_reader_who_asks_too_often_is_told_when_to_go_on(rates):
    reader, other = Api(make_user()), Api(make_user())

    statuses = [reader.get("categories").status_code for _ in range(4)]
    refused = reader.get("categories")

    assert statuses == [200, 200, 200, 429]
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert refused["Content-Type"] == "application/problem+json"
    # Scopes and readers are counted each by itself.
    assert reader.patch("me", {}).status_code == 200
    assert reader.patch("me", {}).status_code == 429
    assert other.get("categories").status_code == 200


def test_stranger_is_counted_by_address_whatever_he_says(client, rates, settings):
    settings.IS_PUBLIC = True
    statuses = [
        client.get("/api/v1/categories", headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code
        for n in range(3)
    ]

    assert statuses == [200, 200, 429]


def test_requests_are_answered_where_they_cannot_be_counted(rates, monkeypatch, caplog, tmp_path):
    monkeypatch.setattr(throttles, "hits", HitCounter(tmp_path / "no folder" / "hits.sqlite3"))
    reader = Api(make_user())

    assert [reader.get("categories").status_code for _ in range(4)] == [200] * 4
    assert "Requests are not counted" in caplog.text


def test_documented_limits_match_the_settings():
    rates = django_settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
    docs = " ".join((django_settings.BASE_DIR / "docs/api.md").read_text().split())

    for scope in ("read", "write", "notes", "curate", "anon"):
        number = rates[scope].removesuffix("/min")
        assert f" {number} " in docs, scope


def test_file_of_counts_can_be_lost(counter):
    counter.hit("one", 1, 60)
    counter.path.unlink()

    fresh = HitCounter(counter.path)
    assert fresh.hit("one", 1, 60) is None
    with sqlite3.connect(counter.path) as database:
        assert database.execute("SELECT count(*) FROM hit").fetchone() == (1,)
