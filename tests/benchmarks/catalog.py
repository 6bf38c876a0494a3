"""The cost of loading compared with bare inserts, and of a page with a static file.

    uv run python -m tests.benchmarks.catalog [--issues 100000] [--rounds 3]

Only ratios within one run count. Load: from the parsed document to the commit, in an empty
database, against `executemany` of the same rows into the same tables, indexes and triggers. Page:
the bundled catalog's publication page against the same bytes served as a static file by the same
server, request by request in turn; CPU is the server's own, from the kernel's accounting.
"""

import argparse
import http.client
import os
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

TABLES = (
    "catalog_category", "catalog_publication", "catalog_cluster", "catalog_issue", "catalog_tag",
    "catalog_issuetag", "catalog_citation", "catalog_changebatch", "catalog_change",
    "catalog_issuetext", "catalog_word", "catalog_keycount",
)  # fmt: skip
REQUESTS = 300


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--issues", type=int, default=100_000)
    parser.add_argument("--publications", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up_django(Path(folder))
        bench_load(Path(folder), options.issues, options.publications, options.rounds)
        bench_page(Path(folder))


def set_up_django(folder: Path) -> None:
    os.environ.update(
        READINGROOM_DATA=str(folder),
        READINGROOM_PUBLIC="1",
        DJANGO_SETTINGS_MODULE="readingroom.settings",
    )
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()


def bench_load(folder: Path, issues: int, publications: int, rounds: int) -> None:
    from django.core.management import call_command
    from django.db import connection

    from catalog.loading.loader import load
    from tests.benchmarks.generate import generate

    document = generate(issues, publications)
    path = folder / "readingroom.sqlite3"
    ours, raw = [], []
    for _ in range(rounds):
        connection.close()
        for old in folder.glob("readingroom.sqlite3*"):
            old.unlink()
        call_command("migrate", verbosity=0)
        connection.close()
        empty = path.read_bytes()
        ours.append(timed(lambda: load(document, source="benchmark")))
        connection.close()

        rows, statements = read_rows(path)
        bare = folder / "bare.sqlite3"
        bare.write_bytes(empty)
        raw.append(timed(partial(insert_rows, bare, statements, rows)))
        bare.unlink()
    total = sum(len(each) for each in rows.values())
    print(f"load: {issues:,} issues, {total:,} rows, {rounds} rounds, medians")
    print(f"  loader       {statistics.median(ours):7.2f} s")
    print(f"  executemany  {statistics.median(raw):7.2f} s")
    ratios = [a / b for a, b in zip(ours, raw, strict=True)]
    print(f"  ratio {statistics.median(ratios):7.2f}   ({min(ratios):.2f} to {max(ratios):.2f})")


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def read_rows(path: Path) -> tuple[dict[str, list[tuple[object, ...]]], dict[str, str]]:
    rows, statements = {}, {}
    with sqlite3.connect(path) as database:
        for table in TABLES:
            # Generated columns, which no one inserts, are not among them.
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            names, places = ", ".join(map(_quoted, columns)), ", ".join("?" * len(columns))
            rows[table] = database.execute(f"SELECT {names} FROM {table} ORDER BY id").fetchall()
            statements[table] = f"INSERT INTO {table} ({names}) VALUES ({places})"
    database.close()
    return rows, statements


def _quoted(name: str) -> str:
    return f'"{name}"'


def insert_rows(
    path: Path, statements: dict[str, str], rows: dict[str, list[tuple[object, ...]]]
) -> None:
    """Insert the rows as plainly as can be, on a connection set as Django sets its own."""
    from django.conf import settings

    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA foreign_keys = ON")
    for pragma in settings.DATABASES["default"]["OPTIONS"]["init_command"].split(";"):
        database.execute(pragma)
    database.execute("BEGIN IMMEDIATE")
    for table, statement in statements.items():
        database.executemany(statement, rows[table])
    database.execute("COMMIT")
    database.close()


def bench_page(folder: Path) -> None:
    from django.core.management import call_command
    from django.db import connection

    from catalog.interchange import formats
    from catalog.loading.loader import load
    from readingroom.quickstart import BUNDLED_CATALOG

    connection.close()
    for old in folder.glob("readingroom.sqlite3*"):
        old.unlink()
    call_command("migrate", verbosity=0)
    document, _ = formats.read(BUNDLED_CATALOG.read_bytes())
    load(document, source="bundled")
    call_command("collectstatic", verbosity=0, interactive=False)
    connection.close()

    page, name = "/interconnects/", "/static/benchmark.html"
    with Server() as server:
        body, _ = server.get(page)
    (folder / "static/benchmark.html").write_bytes(body)
    with Server() as server:
        for address in (page, name) * 20:
            server.get(address)
        times: dict[str, list[float]] = {page: [], name: []}
        cpu = {page: 0, name: 0}
        for _ in range(REQUESTS):
            for address in (page, name):
                before = server.cpu()
                _, seconds = server.get(address)
                cpu[address] += server.cpu() - before
                times[address].append(seconds * 1000)
    print(f"publication page: 186 cards, {len(body):,} bytes, {REQUESTS} requests each, in turn")
    for label, address in (("page", page), ("static file", name)):
        ordered = sorted(times[address])
        print(
            f"  {label:12} median {statistics.median(ordered):6.2f} ms   "
            f"p95 {ordered[int(len(ordered) * 0.95)]:6.2f} ms   "
            f"server CPU {cpu[address] / REQUESTS / 1e6:6.2f} ms"
        )
    ratio = statistics.median(times[page]) / statistics.median(times[name])
    print(f"  ratio        median {ratio:6.2f}      server CPU {cpu[page] / cpu[name]:6.2f}")


class Server:
    """granian with one worker, and one kept connection to it."""

    def __enter__(self) -> "Server":
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1",
                "--port", str(port), "--blocking-threads", "4", "--log-level", "warning",
                "readingroom.wsgi:application",
            ]
        )  # fmt: skip
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for _ in range(200):
            try:
                self.connection.connect()
                return self
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the server did not start in 20 seconds")

    def __exit__(self, *error: object) -> None:
        self.connection.close()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)

    def get(self, address: str) -> tuple[bytes, float]:
        """Return the body and the seconds until its last byte."""
        start = time.perf_counter()
        self.connection.request("GET", address)
        response = self.connection.getresponse()
        body = response.read()
        seconds = time.perf_counter() - start
        if response.status != 200:
            raise RuntimeError(f"{address} answered {response.status}")
        return body, seconds

    def cpu(self) -> int:
        """Return the nanoseconds of CPU that the server and its worker have used."""
        pids = [self.process.pid]
        children = Path(f"/proc/{pids[0]}/task/{pids[0]}/children").read_text().split()
        return sum(
            int(stat.read_text().split()[0])
            for pid in [*map(str, pids), *children]
            for stat in Path(f"/proc/{pid}/task").glob("*/schedstat")
        )


if __name__ == "__main__":
    main()
