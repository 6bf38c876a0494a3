import contextlib
import re
import shutil
import socket
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.machine import manage
from tests.servers import WELCOME, is_refused, quickstart


def dump(data: Path) -> dict[str, Any]:
    """Return all that a data folder holds: the rows, and the other files with their times."""
    with contextlib.closing(sqlite3.connect(data / "readingroom.sqlite3")) as database:
        rows = list(database.iterdump())
    files = {
        str(path): path.stat().st_mtime_ns
        for path in data.rglob("*")
        if path.is_file() and ".sqlite3" not in path.name and path.suffix != ".lock"
    }
    return {"rows": rows, "files": files}


# Setting up


@pytest.mark.full
def test_it_sets_up_once_and_then_changes_nothing(set_up, tmp_path):
    first, folder = set_up
    data = shutil.copytree(folder, tmp_path / "data")
    made = dump(data)
    second = quickstart(data, "--no-serve", "--username", "another")

    assert first.returncode == 0, first.stderr
    assert re.fullmatch(WELCOME, first.stdout)
    assert second.returncode == 0
    assert "Name: reader\n" in second.stdout
    assert "uv run manage.py changepassword reader" in second.stdout
    assert "Password:" not in second.stdout
    assert first.stderr == second.stderr == ""
    assert dump(data) == made


def start_at_once(count: int, data: Path, **environment: str) -> list[tuple[int, str, str]]:
    """Run quickstart in so many processes, and return what each exited with and told."""
    running = [
        manage("quickstart", "--no-serve", data=data, runs=subprocess.Popen, **environment)
        for _ in range(count)
    ]
    told = [process.communicate(timeout=120) for process in running]
    return [
        (process.returncode, out, err) for process, (out, err) in zip(running, told, strict=True)
    ]


@pytest.mark.full
def test_several_at_once_make_one_account_and_one_catalog(tmp_path):
    ends = start_at_once(4, tmp_path)

    assert [(code, err) for code, _, err in ends] == [(0, "")] * 4
    assert sum("Password: " in out for _, out, _ in ends) == 1, ends
    with contextlib.closing(sqlite3.connect(tmp_path / "readingroom.sqlite3")) as database:
        counts = [
            database.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("accounts_user", "catalog_publication", "catalog_changebatch")
        ]
    assert counts == [1, 1, 1]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_several_at_once_make_one_account_on_postgresql(tmp_path, worker_id):
    name = f"quickstart_{worker_id}"
    given = connection.get_connection_params()
    url = f"postgres://{given['user']}@{given['host']}:{given['port']}/{name}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        # Each with a data folder of its own, so that only the database holds them apart.
        environment = {"DATABASE_URL": url, "READINGROOM_SECRET_KEY": "k" * 40}
        running = [
            manage(
                "quickstart", "--no-serve",
                data=tmp_path / str(number), runs=subprocess.Popen, **environment,
            )
            for number in range(3)
        ]  # fmt: skip
        told = [process.communicate(timeout=120) for process in running]

        assert [process.returncode for process in running] == [0, 0, 0], told
        assert sum("Password: " in out for out, _ in told) == 1, told
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


# Refusals


def test_a_port_in_use_is_refused_before_anything_is_made(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = quickstart(tmp_path, "--port", port)

    assert is_refused(done, port, "in use", "--port")
    assert not (tmp_path / "readingroom.sqlite3").exists()


def refusal(*words: str) -> CommandError:
    """Return what refuses a command in this process: one of its own takes a second to start.

    How a process tells it, in one line and by its exit code, the first of each kind shows.
    """
    with pytest.raises(CommandError) as refused:
        call_command("quickstart", *words)
    assert len(str(refused.value).splitlines()) == 1
    return refused.value


def test_a_port_that_is_none_is_refused(tmp_path):
    done = quickstart(tmp_path, "--port", "http")

    assert done.returncode == 2
    assert "expected" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("port", ["0", "65536", "-1", "²"])
def test_any_other_port_that_is_none_is_refused_too(port):
    assert "expected" in str(refusal(f"--port={port}"))


def test_a_host_that_is_not_this_machine_is_refused(tmp_path):
    assert is_refused(quickstart(tmp_path, "--host", "192.0.2.1"), "--host")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "", "a..b"])
def test_any_other_host_that_is_not_this_machine_is_refused_too(host):
    refused = refusal(f"--host={host}")

    assert (refused.returncode, "--host" in str(refused)) == (2, True)


def test_a_name_that_cannot_sign_in_is_refused(tmp_path):
    assert is_refused(
        quickstart(tmp_path, "--no-serve", "--username", "two words"), "no name for an account"
    )


@pytest.mark.parametrize("name", ["", "semi;colon", "x" * 151])
def test_any_other_name_that_cannot_sign_in_is_refused_too(name):
    refused = refusal("--no-serve", f"--username={name}")

    assert (refused.returncode, "no name for an account" in str(refused)) == (2, True)


def test_a_data_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()

    done = quickstart(tmp_path / "file/data", "--no-serve", READINGROOM_SECRET_KEY="k" * 40)

    assert is_refused(done, f"{tmp_path}/file/data", "READINGROOM_DATA")


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "readingroom.sqlite3").write_bytes(b"not a database at all" * 100)

    assert is_refused(quickstart(tmp_path, "--no-serve"), "not a database", "readingroom.sqlite3")


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("postgres://room:hidden@127.0.0.1:1/room", "refused"),
        ("sqlite:////no/such/folder/room.sqlite3", "/no/such/folder"),
    ],
)
def test_a_database_out_of_reach_is_refused(tmp_path, url, word):
    done = quickstart(tmp_path, "--no-serve", DATABASE_URL=url)

    assert is_refused(done, word)
    assert "hidden" not in done.stderr


@pytest.mark.parametrize(
    ("lack", "word"),
    [
        ("sqlite3.sqlite_version_info = (3, 30, 0)", "newer is needed"),
        (
            "class Bare(sqlite3.Connection):\n"
            "    def execute(self, sql, *rest):\n"
            "        if 'fts5' in sql: raise sqlite3.OperationalError('no such module: fts5')\n"
            "        return super().execute(sql, *rest)\n"
            "connect = sqlite3.connect\n"
            "sqlite3.connect = lambda *a, **k: connect(*a, **{'factory': Bare} | k)\n",
            "FTS5",
        ),
    ],
)
def test_a_sqlite_that_cannot_do_is_refused(tmp_path, lack, word):
    site = tmp_path / "site"
    site.mkdir()
    # Python runs this file as it starts.
    (site / "sitecustomize.py").write_text(f"import sqlite3\n{lack}")

    done = quickstart(tmp_path / "data", "--no-serve", PYTHONPATH=str(site))

    assert is_refused(done, word)


@pytest.mark.full
def test_others_within_reach_are_warned_of_unless_there_is_tls(unclaimed):
    plain = quickstart(unclaimed, "--no-serve", "--host", "0.0.0.0")
    tls = quickstart(
        unclaimed, "--no-serve", "--host", "0.0.0.0", READINGROOM_URL="https://reading.example.org"
    )

    assert "READINGROOM_URL=https://" in plain.stderr
    assert "password" not in plain.stderr.lower()
    assert re.fullmatch(WELCOME, plain.stdout)[1] == "http://127.0.0.1:8000"
    assert tls.stderr == ""
    assert "https://reading.example.org\n" in tls.stdout
