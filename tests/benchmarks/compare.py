"""Compares the speed of this checkout with that of another one, in one run.

    uv run python -m tests.benchmarks.compare OTHER_CHECKOUT [--issues 10000] [--rounds 5]

Both load the same generated file and answer the same requests, in processes of their own that take
turns. Figures are medians of the process's CPU time, and the ratio of this checkout to the other
is the median of the rounds' ratios. The other checkout needs an environment in `.venv`.
"""

import argparse
import gc
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

REQUESTS = 20
PAGES = {
    "catalog page": "/catalog/",
    "catalog page, two facets": "/catalog/?tier=5&tier=4&state=unread&sort=oldest",
    "catalog page, search": "/catalog/?q=model+data",
    "publication page": "/interconnects/",
    "home page": "/",
    "progress page": "/progress/",
    "API list": "/api/v1/issues",
    "API search": "/api/v1/search?q=model",
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("other", type=Path)
    parser.add_argument("--issues", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    own = Path(__file__).parents[2]
    with tempfile.TemporaryDirectory() as folder:
        catalog = Path(folder, "catalog.json")
        _write_catalog(catalog, options.issues)
        workers = [
            Worker(checkout.resolve(), Path(folder, name), catalog)
            for name, checkout in (("this", own), ("other", options.other))
        ]
        print(report(compare(workers, options.rounds)))
        for worker in workers:
            worker.stop()


def _write_catalog(path: Path, issues: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "readingroom.settings")
    import django

    django.setup()
    from catalog.interchange import formats
    from tests.benchmarks.generate import generate

    content, _ = formats.write(generate(issues, max(1, issues // 1_000)), "json")
    path.write_text(content)


class Worker:
    """A process of one checkout that does one job at a time and returns its CPU seconds."""

    def __init__(self, checkout: Path, data: Path, catalog: Path) -> None:
        environment = {
            **os.environ,
            "READINGROOM_DATA": str(data),
            "DJANGO_SETTINGS_MODULE": "readingroom.settings",
            "PYTHONPATH": str(checkout),
        }
        self._process = subprocess.Popen(
            [checkout / ".venv/bin/python", "-P", __file__, "--worker", catalog],
            cwd=checkout, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, job: str) -> float:
        assert self._process.stdin
        assert self._process.stdout
        print(job, file=self._process.stdin, flush=True)
        return float(json.loads(self._process.stdout.readline()))

    def stop(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def compare(workers: list[Worker], rounds: int) -> dict[str, list[list[float]]]:
    """Return by job, for each round, the CPU seconds of both workers."""
    found: dict[str, list[list[float]]] = defaultdict(list)
    for number in range(rounds + 1):
        for job in ("load", *PAGES):
            # Turn by turn, each worker goes first in every other round.
            order = workers if number % 2 else workers[::-1]
            seconds = {id(worker): worker.run(job) for worker in order}
            # The first round warms up.
            if number:
                found[job].append([seconds[id(worker)] for worker in workers])
    return found


def report(found: dict[str, list[list[float]]]) -> str:
    lines = ["| | this | other | ratio |", "|---|--:|--:|--:|"]
    for job, pairs in found.items():
        own, other = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(a / b for a, b in pairs)
        lines.append(f"| {job} | {own:.1f} ms | {other:.1f} ms | {ratio:.2f} |")
    return "\n".join(lines)


def work(catalog: str) -> None:
    """Do the jobs that standard input names, one a line, and print the CPU seconds of each."""
    answers, sys.stdout = sys.stdout, io.StringIO()  # commands print to standard output too
    import django
    from django.conf import settings

    django.setup()
    settings.ALLOWED_HOSTS.append("testserver")
    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
    settings.REST_FRAMEWORK["DEFAULT_THROTTLE_CLASSES"] = []
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    def load() -> None:
        call_command("load_catalog", catalog)

    def empty() -> None:
        connection.close()
        for path in Path(os.environ["READINGROOM_DATA"]).glob("*.sqlite3*"):
            if "throttle" not in path.name:
                path.unlink()
        call_command("quickstart", "--no-serve")

    client = Client()
    for line in sys.stdin:
        job = line.strip()
        if job == "load":
            empty()
            seconds = timed(load)
            client.force_login(get_user_model().objects.get())
        else:
            for _ in range(3):
                _get(client, PAGES[job])
            seconds = statistics.median(
                timed(lambda job=job: _get(client, PAGES[job])) for _ in range(REQUESTS)
            )
        print(json.dumps(seconds), file=answers, flush=True)


def _get(client: Any, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 200, f"{address}: {response.status_code}"


def timed(function: Callable[[], object]) -> float:
    gc.collect()
    begin = time.process_time()
    function()
    return time.process_time() - begin


if __name__ == "__main__":
    if sys.argv[1] == "--worker":
        work(sys.argv[2])
    else:
        main()
