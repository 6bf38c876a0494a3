"""A load that is killed leaves the old or the new, on either database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

ROOT = Path(__file__).parents[3]


@pytest.fixture
def place(tmp_path, request):
    """Where a process finds a room of its own: its data folder, and a database if need be."""
    variables = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    variables["READINGROOM_DATA"] = str(tmp_path)
    if connection.vendor == "postgresql":
        request.getfixturevalue("db")
        name = f"killed_{os.getpid()}"
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        base, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        yield variables | {"DATABASE_URL": f"{base}/{name}"}
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
    else:
        yield variables


def kill_loads(place, number):
    return subprocess.run(
        [sys.executable, "-m", "tests.catalog.loading.killed_loads", str(number)],
        cwd=ROOT, env=place, capture_output=True, text=True, timeout=3000,
    )  # fmt: skip


@pytest.mark.full
def test_a_few_kills_leave_the_old_or_the_new(place):
    done = kill_loads(place, 6)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 wrong" in done.stdout


@pytest.mark.slow
def test_two_hundred_kills_leave_the_old_or_the_new(place):
    done = kill_loads(place, 200)

    assert done.returncode == 0, done.stdout + done.stderr
