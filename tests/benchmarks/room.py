"""Rooms of any size for benchmarks, on SQLite or on the PostgreSQL that `DATABASE_URL` names.

A room is made once in a folder that is kept, or in a database of its own name, for a million issues
take minutes to load.
"""

import datetime
import os
import random
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.generate import COMMON, generate

READINGS = 5_000
ISSUES_A_PUBLICATION = 1_000


def set_up_django(folder: Path) -> None:
    os.environ.update(READINGROOM_DATA=str(folder), DJANGO_SETTINGS_MODULE="readingroom.settings")
    import django
    from django.conf import settings

    django.setup()
    settings.ALLOWED_HOSTS.append("testserver")
    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }


def open_room(folder: Path, issues: int) -> None:
    """Connect to the room of this size; it is made where there is none."""
    from django.core.cache import cache
    from django.db import connection

    connection.close()
    cache.clear()
    if connection.vendor == "sqlite":
        connection.settings_dict["NAME"] = str(folder / f"room-{issues}.sqlite3")
    else:
        _create_database(f"room_{issues}")
    if not _is_made():
        make_room(issues)


def _create_database(name: str) -> None:
    from django.db import connection

    connection.settings_dict["NAME"] = "postgres"
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if not cursor.fetchone():
            cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()
    connection.settings_dict["NAME"] = name


def _is_made() -> bool:
    from django.db import connection

    if "accounts_user" not in connection.introspection.table_names():
        return False
    from accounts.models import Reading

    return Reading.objects.exists()


def make_room(issues: int) -> float:
    """Fill the connected database; return the seconds that the loader took."""
    from django.core.management import call_command

    from catalog.loading.loader import load

    call_command("migrate", verbosity=0)
    document = generate(issues, issues // ISSUES_A_PUBLICATION)
    start = time.perf_counter()
    load(document, source="benchmark")
    seconds = time.perf_counter() - start
    del document
    _make_reader(issues)
    return seconds


def _make_reader(issues: int) -> None:
    """Make a reader of 5,000 readings, or of half the issues where these are fewer."""
    from django.utils import timezone

    from accounts.models import Note, Reading, User
    from accounts.notes.writing import folded
    from catalog.db import bulk
    from catalog.models import Issue

    user: Any = User.objects.create_user("reader")
    rng, now = random.Random(2), timezone.now()
    number = min(READINGS, issues // 2)
    dates = dict(Issue.objects.values_list("pk", "date"))
    ids = rng.sample(sorted(dates), number)
    states = rng.choices(["read", "queued", "reading"], [90, 8, 2], k=number)
    Reading.objects.bulk_create(
        [
            Reading(
                user=user, issue_id=pk, state=state, marked_at=now, issue_date=dates[pk],
                place=place if state == "queued" else None,
                read_on=now.date() - datetime.timedelta(days=rng.randrange(700))
                if state == "read" else None,
                read_precision="day" if state == "read" else None,
            )
            for place, (pk, state) in enumerate(zip(ids, states, strict=True))
        ]
    )  # fmt: skip
    # One note in ten has the common word, as one issue in three has.
    bodies = [
        f"A remark on {COMMON if n % 10 == 0 else 'this'} {n % 97} and what follows"
        for n in range(number // 10)
    ]
    Note.objects.bulk_create(
        [
            Note(user=user, issue_id=pk, body=body, folded=folded("", body), created_at=now,
                 created_on=now.date(), updated_at=now)
            for pk, body in zip(ids, bodies, strict=False)
        ]
    )  # fmt: skip
    bulk.analyze()
