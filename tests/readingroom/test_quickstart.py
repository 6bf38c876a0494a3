import os
import re
import signal
import socket
import subprocess
import sys
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

ROOT = Path(__file__).parents[2]


def environment(data: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("READINGROOM_")}
    kept.pop("DATABASE_URL", None)
    return kept | {"READINGROOM_DATA": str(data)} | more


def quickstart(data: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "quickstart", *words],
        cwd=ROOT,
        env=environment(data, **more),
        capture_output=True,
        text=True,
        timeout=120,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_it_sets_up_once_and_then_changes_nothing(tmp_path):
    first = quickstart(tmp_path, "--no-serve")
    second = quickstart(tmp_path, "--no-serve")

    assert first.returncode == 0, first.stderr
    assert re.fullmatch(
        r"Open http://127\.0\.0\.1:8000\nName: reader\nPassword: [A-Za-z0-9]{20}\n", first.stdout
    )
    assert second.returncode == 0
    assert "Name: reader" in second.stdout
    assert "changepassword reader" in second.stdout
    assert "Password:" not in second.stdout


def test_two_at_once_make_one_account_and_one_catalog(tmp_path):
    runs = [
        subprocess.Popen(
            [sys.executable, "manage.py", "quickstart", "--no-serve"],
            cwd=ROOT, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    told = [run.communicate(timeout=120) for run in runs]

    assert sum("Password: " in out for out, _ in told) == 1, told
    assert not any("Traceback" in err for _, err in told)


def test_a_port_in_use_is_one_clear_line_and_nothing_is_made(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = quickstart(tmp_path / "data", "--port", str(taken.getsockname()[1]))

    assert done.returncode == 2
    assert "cannot be used: Address already in use" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data" / "readingroom.sqlite3").exists()


@pytest.mark.parametrize("name", ["", "two words", "semi;colon"])
def test_a_name_that_cannot_sign_in_is_refused(tmp_path, name):
    done = quickstart(tmp_path, "--no-serve", "--username", name)

    assert done.returncode == 2
    assert "no name for an account" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path):
    (tmp_path / "readingroom.sqlite3").write_bytes(b"not a database at all" * 100)

    done = quickstart(tmp_path, "--no-serve")

    assert done.returncode == 2
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_serves_a_room_that_the_printed_password_opens(tmp_path):
    port = free_port()
    log = (tmp_path / "log").open("w+")
    server = subprocess.Popen(
        [sys.executable, "manage.py", "quickstart", "--port", str(port)],
        cwd=ROOT, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=log, text=True,
    )  # fmt: skip
    try:
        lines = [server.stdout.readline().strip() for _ in range(3)]
        assert lines[:2] == [f"Open http://127.0.0.1:{port}", "Name: reader"]
        password = lines[2].removeprefix("Password: ")
        wait_for(port)

        cookies = CookieJar()
        browser = build_opener(HTTPCookieProcessor(cookies))
        sign_in = f"http://127.0.0.1:{port}/sign-in/"
        form = browser.open(sign_in).read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
        data = {"csrfmiddlewaretoken": token, "username": "reader", "password": password}
        home = browser.open(sign_in, urlencode(data).encode())

        assert home.url == f"http://127.0.0.1:{port}/"
        page = home.read().decode()
        assert "Interconnects" in page
        stylesheet = re.search(r'href="(/static/css/[^"]+\.css)"', page)[1]
        assert browser.open(f"http://127.0.0.1:{port}{stylesheet}").status == 200
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(timeout=20) == 0
        log.seek(0)
        told = log.read()
        assert "Traceback" not in told
        assert password not in told


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server did not answer in 20 seconds")
