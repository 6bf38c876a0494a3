import contextlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.machine import manage
from tests.servers import WELCOME, free_port, serving, wait_for

# One worker runs them, so that what they share is made once; and it begins early, as groups do.
pytestmark = pytest.mark.xdist_group("processes")


def quickstart(data: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return manage("quickstart", *words, data=data, **environment)


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


def is_refused(done: subprocess.CompletedProcess[str], *words: str) -> bool:
    """Tell whether a command ended with one clear line that has these words, and nothing else."""
    lines = done.stderr.splitlines()
    assert (done.returncode, len(lines), done.stdout) == (2, 1, ""), done
    return all(word in lines[0] for word in words)


@pytest.fixture(scope="module")
def set_up(tmp_path_factory):
    """The output of a first run, and the folder that it filled, for copying."""
    # Migrations, the catalog and compressed files take seconds: most tests are about what follows.
    data = tmp_path_factory.mktemp("quickstart")
    return quickstart(data, "--no-serve"), data


@pytest.fixture
def unclaimed(set_up, tmp_path):
    """The folder of a room that has all but its first account, which the next run makes."""
    data = shutil.copytree(set_up[1], tmp_path / "unclaimed")
    with contextlib.closing(sqlite3.connect(data / "readingroom.sqlite3")) as database, database:
        database.execute("DELETE FROM accounts_user")
    return data


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


# Serving


def test_it_serves_the_account_that_was_asked_for_with_the_printed_password(served):
    data, (url, name, password) = served
    assert name == "ada"
    browser = build_opener(HTTPCookieProcessor(cookies := CookieJar()))
    form = browser.open(f"{url}/sign-in/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
    sent = {"csrfmiddlewaretoken": token, "username": name, "password": password}
    home = browser.open(f"{url}/sign-in/", urlencode(sent).encode())

    assert home.url == f"{url}/"
    page = home.read().decode()
    assert "Interconnects" in page
    [session] = [cookie for cookie in cookies if cookie.name == "sessionid"]
    assert session.has_nonstandard_attr("HttpOnly")
    assert session.get_nonstandard_attr("SameSite") == "Lax"
    assert not session.secure
    # Static files have the hash of their content for a name, and come compressed.
    stylesheet = re.search(r'href="(/static/css/[^"]+\.[0-9a-f]{12}\.css)"', page)[1]
    answer = urlopen(Request(f"{url}{stylesheet}", headers={"Accept-Encoding": "gzip"}))
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert not any(
        password.encode() in path.read_bytes() for path in data.rglob("*") if path.is_file()
    )


@pytest.mark.full
@pytest.mark.parametrize("ends_by", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_at_any_moment(unclaimed, ends_by):
    with serving(unclaimed, ends_by=ends_by):
        pass


@pytest.mark.full
def test_it_answers_to_the_name_it_is_served_at_and_to_no_other(served):
    _, (url, *_) = served
    assert urlsplit(url).hostname == "127.0.0.2"
    with urlopen(f"{url}/sign-in/") as answer:
        assert answer.status == 200
    with pytest.raises(URLError, match="400"):
        urlopen(Request(f"{url}/sign-in/", headers={"Host": "evil.example.org"}))


@pytest.mark.full
def test_a_second_one_does_not_take_the_port_of_the_first(served):
    data, (url, *_) = served

    second = quickstart(data, "--host", "127.0.0.2", "--port", str(urlsplit(url).port))

    assert is_refused(second, "in use")


@pytest.mark.full
def test_workers_do_not_outlive_a_server_that_was_killed(unclaimed):
    server = manage(
        "quickstart", "--port", str(port := free_port()), data=unclaimed, runs=subprocess.Popen
    )
    server.stdout.readline()
    wait_for(f"http://127.0.0.1:{port}/sign-in/")
    os.kill(server.pid, signal.SIGKILL)
    # The workers hold on to the pipes: both end when the last worker does.
    server.communicate(timeout=20)

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)
