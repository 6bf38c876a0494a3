"""The cost of the progress page in a large catalog, compared with a small one.

    uv run python -m tests.benchmarks.progress [--rounds 5]

Two databases: 50 readings among 1,000 issues, and 5,000 among 100,000. The page is asked for in
process, through all of the middleware, in turn: as it is asked for again, as it is after the reader
has marked an issue, and from cold, with the totals of the catalog to be counted.
"""

import argparse
import datetime
import os
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.generate import generate

SIZES = {"small": (1_000, 10, 50), "large": (100_000, 100, 5_000)}
REQUESTS = 15


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up_django(Path(folder))
        for name, size in SIZES.items():
            open_database(Path(folder) / f"{name}.sqlite3")
            fill(*size)
        report(measure(Path(folder), options.rounds))


def set_up_django(folder: Path) -> None:
    os.environ.update(READINGROOM_DATA=str(folder), DJANGO_SETTINGS_MODULE="readingroom.settings")
    os.environ.pop("DATABASE_URL", None)
    import django
    from django.conf import settings

    django.setup()
    settings.ALLOWED_HOSTS.append("testserver")
    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }


def open_database(path: Path) -> None:
    from django.core.cache import cache
    from django.core.management import call_command
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = str(path)
    cache.clear()
    call_command("migrate", verbosity=0)


def fill(issues: int, publications: int, readings: int) -> None:
    from django.utils import timezone

    from accounts.models import Note, Reading, User
    from accounts.progress.figures import Progress
    from catalog.loading.loader import load
    from catalog.models import Issue

    load(generate(issues, publications), source="benchmark")
    user = User.objects.create_user("reader")
    rng, now = random.Random(2), timezone.now()
    ids = rng.sample(list(Issue.objects.values_list("pk", flat=True)), readings)
    Reading.objects.bulk_create(
        Reading(
            user=user, issue_id=pk, state="read", marked_at=now, read_precision="day",
            read_on=now.date() - datetime.timedelta(days=rng.randrange(700)),
        )
        for pk in ids
    )  # fmt: skip
    Note.objects.bulk_create(
        Note(user=user, issue_id=pk, body="A note", created_at=now, created_on=now.date(),
             updated_at=now)
        for pk in ids[: readings // 10]
    )  # fmt: skip
    assert Progress.of(user).issues_read == readings


def measure(folder: Path, rounds: int) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        name: {"again": [], "marked": [], "cold": []} for name in SIZES
    }
    for _ in range(rounds):
        for name in SIZES:
            open_database(folder / f"{name}.sqlite3")
            measure_one(found[name])
    return found


def measure_one(kept: dict[str, Any]) -> None:
    from django.core.cache import cache
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from accounts.models import State, User
    from accounts.reading import marking
    from catalog.models import Issue

    user, url = User.objects.get(), reverse("accounts:progress")
    client = Client()
    client.force_login(user)
    pk = Issue.objects.values_list("pk", flat=True)[0]
    client.get(url)
    for number in range(REQUESTS):
        marking.mark(user, [pk], State.QUEUED if number % 2 else State.READING)
        for key in ("marked", "again"):
            start = time.perf_counter()
            assert client.get(url).status_code == 200
            kept[key].append(1000 * (time.perf_counter() - start))
    cache.clear()
    start = time.perf_counter()
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    kept["cold"].append(1000 * (time.perf_counter() - start))
    kept["cold queries"] = len(queries)
    with CaptureQueriesContext(connection) as queries:
        client.get(url)
    kept["queries"] = len(queries)


def report(found: dict[str, dict[str, Any]]) -> None:
    print("| progress page | again | p95 | after a mark | from cold | queries |")
    print("|---|--:|--:|--:|--:|--:|")
    keys = ("again", "marked", "cold")
    for name, (issues, _, readings) in SIZES.items():
        again, marked, cold = (statistics.median(found[name][key]) for key in keys)
        p95 = statistics.quantiles(found[name]["again"], n=20)[-1]
        queries = f"{found[name]['queries']} to {found[name]['cold queries']}"
        print(
            f"| {readings:,} readings among {issues:,} issues | {again:.1f} ms | {p95:.1f} ms "
            f"| {marked:.1f} ms | {cold:.1f} ms | {queries} |"
        )
    again, marked, cold = (
        statistics.median(found["large"][key]) / statistics.median(found["small"][key])
        for key in keys
    )
    print(f"| ratio | {again:.1f} | | {marked:.1f} | {cold:.1f} | |")


if __name__ == "__main__":
    main()
