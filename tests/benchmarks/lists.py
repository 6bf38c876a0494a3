"""The cost of finding at a thousand, a hundred thousand and a million issues.

    uv run python -m tests.benchmarks.lists --folder FOLDER [--sizes 1000,100000,1000000]

On SQLite, or on the PostgreSQL that `DATABASE_URL` names. Rooms are made in the folder, or in
databases of their own, where they are not there yet: a million issues take minutes. Each page is
asked for in process, through all of the middleware, by a reader of 5,000 readings (half the issues
of a thousand), the sizes in turn, and after each the page's own SQL is run bare. Only ratios within
one run count; a difference under a millisecond counts as none.
"""

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

from tests.benchmarks import room
from tests.benchmarks.generate import COMMON, PHRASE, PREFIX, RARE

DEEP, DEEPER = 1_000, 10_000
REQUESTS = 5
QUOTED = f"%22{PHRASE.replace(' ', '+')}%22"
WITHOUT_FACETS = "catalog without its facets"
# Pages by name; `{…}` are a room's own names, and places deep in its lists.
PAGES = {
    "catalog": "/catalog/",
    WITHOUT_FACETS: "/catalog/",
    "catalog, page 1,000": "/catalog/?after={deep}",
    "catalog, page 10,000": "/catalog/?after={deeper}",
    "catalog by tier": "/catalog/?sort=tier",
    "catalog by tier, page 10,000": "/catalog/?sort=tier&after=4.{deeper}",
    "publication": "/catalog/?publication={publication}",
    "tier": "/catalog/?tier=4",
    "tier, page 1,000": "/catalog/?tier=4&after={deep}",
    "tag": "/catalog/?tag={tag}",
    "read by me": "/catalog/?state=read",
    "unread by me": "/catalog/?state=unread",
    "unread, page 10,000": "/catalog/?state=unread&after={deeper}",
    "tag page": "/tags/{tag}/",
    "issues of a publication": "/{publication}/issues/",
    "publication page": "/{publication}/",
    "filtered": "/catalog/?tier=5&tier=4&tag={tag}&year=2020&year=2021",
    "search, rare": f"/catalog/?q={RARE}",
    "search, common, newest": f"/catalog/?q={COMMON}&sort=newest",
    "search, common, ranked": f"/catalog/?q={COMMON}",
    "search, phrase, ranked": f"/catalog/?q={QUOTED}",
    "search, prefix, newest": f"/catalog/?q={PREFIX}*&sort=newest",
    "search, prefix, ranked": f"/catalog/?q={PREFIX}*",
    "search, common and filtered": f"/catalog/?q={COMMON}&tier=5&year=2020",
    "quick search": f"/search/quick/?q={COMMON[:4]}",
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--sizes", default="1000,100000,1000000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True)
    room.set_up_django(options.folder)
    sizes = [int(size) for size in options.sizes.split(",")]
    pages = {name: page for name, page in PAGES.items() if options.only in name}
    for size in sizes:
        room.open_room(options.folder, size)
    report(sizes, measure(options.folder, sizes, pages, options.rounds))


class Figures:
    """Milliseconds of a page, of its SQL alone, and how many queries it makes."""

    def __init__(self) -> None:
        self.page: list[float] = []
        self.cpu: list[float] = []
        self.sql: list[float] = []
        self.queries = 0


def measure(
    folder: Path, sizes: list[int], pages: dict[str, str], rounds: int
) -> dict[str, dict[int, Figures]]:
    """Ask for each page of each size in turn, five times a round, after one that warms up."""
    from django.test import Client

    from accounts.models import User

    found: dict[str, dict[int, Figures]] = defaultdict(lambda: defaultdict(Figures))
    for _ in range(rounds):
        for size in sizes:
            room.open_room(folder, size)
            client = Client()
            client.force_login(User.objects.get(username="reader"))
            names = places(size)
            for name, page in pages.items():
                with _without_facets() if name == WITHOUT_FACETS else nullcontext():
                    _measure_one(client, page.format(**names), found[name][size])
    return found


def _measure_one(client: Any, address: str, figures: Figures) -> None:
    _ask(client, address)
    with _queries() as queries:
        _ask(client, address)
    figures.queries = len(queries)
    for _ in range(REQUESTS):
        cpu, wall = _timed(lambda: _ask(client, address))
        figures.page.append(wall)
        figures.cpu.append(cpu)
        figures.sql.append(_timed(lambda: _run(queries))[1])


def _without_facets() -> AbstractContextManager[Any]:
    """Let the catalog page be as it is, without counting facets and without showing any."""
    return mock.patch("accounts.views.catalog._facet_context", return_value=None)


def places(size: int) -> dict[str, Any]:
    """Return a room's names: its first publication, commonest tag, and places deep in its lists."""
    from catalog.models import Issue, KeyCount, Publication

    newest = Issue.objects.order_by("-date", "-id").values_list("date", "id")

    def place(page: int) -> str:
        return ".".join(map(str, newest[min(page * 50, size // 2)]))

    top = KeyCount.objects.filter(facet="tag").order_by("-count", "value")
    return {
        "publication": Publication.objects.order_by("id")[0].slug,
        "tag": top[0].value,
        "deep": place(DEEP),
        "deeper": place(DEEPER),
    }


def _ask(client: Any, address: str) -> None:
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the milliseconds of this thread's CPU and of the clock that work takes."""
    cpu, wall = time.thread_time(), time.perf_counter()
    work()
    return 1000 * (time.thread_time() - cpu), 1000 * (time.perf_counter() - wall)


@contextmanager
def _queries() -> Iterator[list[tuple[str, Any]]]:
    """Collect the queries that are sent, with their parameters."""
    from django.db import connection

    sent: list[tuple[str, Any]] = []

    def collect(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(collect):
        yield sent


def _run(queries: list[tuple[str, Any]]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for sql, params in queries:
            cursor.execute(sql, params)
            if sql.lstrip().startswith("SELECT"):
                cursor.fetchall()


def report(sizes: list[int], found: dict[str, dict[int, Figures]]) -> None:
    heads = " | ".join(f"{size:,} | p95" for size in sizes)
    print(f"| page | queries | {heads} | last to first | by CPU | to its SQL |")
    print("|---|--:|" + "--:|--:|" * len(sizes) + "--:|--:|--:|")
    for name, by_size in found.items():
        cells = []
        for size in sizes:
            page = by_size[size].page
            cells.append(
                f"{statistics.median(page):.1f} | {statistics.quantiles(page, n=20)[-1]:.1f}"
            )
        first, last = by_size[sizes[0]], by_size[sizes[-1]]
        queries = sorted({by_size[size].queries for size in sizes})
        ratio = statistics.median(last.page) / statistics.median(first.page)
        cpu = statistics.median(last.cpu) / statistics.median(first.cpu)
        bare = statistics.median(last.page) / statistics.median(last.sql)
        print(
            f"| {name} | {' to '.join(map(str, queries))} | {' | '.join(cells)} "
            f"| {ratio:.2f} | {cpu:.2f} | {bare:.1f} |"
        )


if __name__ == "__main__":
    main()
