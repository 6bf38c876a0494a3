"""The product's own server, as a process with two workers, for tests that ask it over HTTP."""

import contextlib
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.machine import manage

# Three lines, and the password's is the first that has the word.
WELCOME = r"Open (http://\S+)\nName: (\S+)\nPassword: ([A-Za-z0-9]{20})\n"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def quickstart(data: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return manage("quickstart", *words, data=data, **environment)


def is_refused(done: subprocess.CompletedProcess[str], *words: str) -> bool:
    """Tell whether a command ended with one clear line that has these words, and nothing else."""
    lines = done.stderr.splitlines()
    assert (done.returncode, len(lines), done.stdout) == (2, 1, ""), done
    return all(word in lines[0] for word in words)


@contextlib.contextmanager
def serving(
    data: Path, *words: str, ends_by: int = signal.SIGTERM, warns: str = "", **environment: str
) -> Iterator[tuple[subprocess.Popen[str], re.Match[str]]]:
    """Serve at a free port, and end it: cleanly, and without a word after the welcome.

    Only warnings that contain `warns` may be logged, where it is given.
    """
    server = manage(
        "quickstart", "--port", str(free_port()), *words,
        data=data, runs=subprocess.Popen, **environment,
    )  # fmt: skip
    try:
        welcome = re.fullmatch(WELCOME, "".join(server.stdout.readline() for _ in range(3)))
        assert welcome
        yield server, welcome
    finally:
        with contextlib.suppress(ProcessLookupError):
            server.send_signal(ends_by)
        try:
            rest, errors = server.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            raise
    logged = [line for line in errors.splitlines() if not (warns and warns in line)]
    assert (server.returncode, rest, logged) == (0, "", [])


def wait_for(url: str) -> None:
    """Wait until a server answers."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=5):
                return
        except TimeoutError:
            # It takes connections before its workers, which still start, can answer.
            continue
        except URLError as error:
            if not isinstance(error.reason, OSError):
                raise
            time.sleep(0.05)
    raise AssertionError(f"{url} did not answer")
