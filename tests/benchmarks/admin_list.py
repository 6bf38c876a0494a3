"""The cost of the admin's list of issues at a thousand and a hundred thousand issues.

    uv run python -m tests.benchmarks.admin_list --folder FOLDER [--sizes 1000,100000]

Rooms are made in the folder as for `tests.benchmarks.lists`, and some of their issues are then
given what curators look for: keep a folder for this alone. Each list is asked for in process,
through all of the middleware, by a curator, the sizes in turn. Only ratios within one run count.
"""

import argparse
import statistics
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.benchmarks import room
from tests.benchmarks.generate import COMMON, RARE

ADDRESS = "/admin/catalog/issue/"
REQUESTS = 5
# One issue in so many is given each of what curators look for, so that at any size a page is full:
# most of what a page takes is drawing its rows.
PLANTED = {"tags_guessed": 5, "is_curated": 6, "summary": 7, "url": 8}
LISTS = {
    "all": "",
    "page 50": "?p={page}",
    "a publication": "?publication={publication}",
    "a cluster": "?publication={publication}&cluster={cluster}",
    "by tier": "?o=-4",
    "by title": "?o=1",
    "tier 4": "?tier=4",
    "unrated": "?tier=none",
    "tags guessed": "?guessed=on",
    "no summary": "?unsummed=on",
    "no URL": "?unlinked=on",
    "changed since loaded": "?curated=on",
    "cited": "?cited=1",
    "listed": "?archived=no",
    "search, rare": f"?q={RARE}",
    "search, common": f"?q={COMMON}",
    "search, common, by title": f"?q={COMMON}&o=1",
    "search in a publication": f"?q={COMMON}&publication={{publication}}",
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--sizes", default="1000,100000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True)
    room.set_up_django(options.folder)
    sizes = [int(size) for size in options.sizes.split(",")]
    lists = {name: asked for name, asked in LISTS.items() if options.only in name}
    for size in sizes:
        room.open_room(options.folder, size)
        plant()
    report(sizes, measure(options.folder, sizes, lists, options.rounds))


def plant() -> None:
    """Make a curator, and give some issues what curators look for, where there are none yet."""
    from django.contrib.auth.models import Group
    from django.db.models import F

    from accounts.models import User
    from catalog.db import bulk
    from catalog.models import Issue

    if User.objects.filter(username="curator").exists():
        return
    for field, share in PLANTED.items():
        values: dict[str, Any] = {field: "" if field in ("summary", "url") else True}
        if field == "url":
            values["url_key"] = None
        some = Issue.objects.annotate(rest=F("id") % share).filter(rest=0)
        Issue.objects.filter(pk__in=some.values("pk")).update(**values)
    bulk.analyze()
    user = User.objects.create_user("curator", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))


class Figures:
    """Milliseconds of a list by the clock and of this thread's CPU, and how many queries."""

    def __init__(self) -> None:
        self.clock: list[float] = []
        self.cpu: list[float] = []
        self.queries = 0


def measure(
    folder: Path, sizes: list[int], lists: dict[str, str], rounds: int
) -> dict[str, dict[int, Figures]]:
    """Ask for each list of each size in turn, five times a round, after one that warms up."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User

    found: dict[str, dict[int, Figures]] = defaultdict(lambda: defaultdict(Figures))
    for _ in range(rounds):
        for name, asked in lists.items():
            for size in sizes:
                room.open_room(folder, size)
                client = Client()
                client.force_login(User.objects.get(username="curator"))
                address = ADDRESS + asked.format(**names(size))
                figures = found[name][size]
                with CaptureQueriesContext(connection) as queries:
                    _ask(client, address)
                figures.queries = len(queries)
                for _ in range(REQUESTS):
                    cpu, clock = time.thread_time(), time.perf_counter()
                    _ask(client, address)
                    figures.cpu.append(1000 * (time.thread_time() - cpu))
                    figures.clock.append(1000 * (time.perf_counter() - clock))
    return found


def names(size: int) -> dict[str, Any]:
    """Return what a room's addresses name; the page is the fiftieth, or in the middle."""
    from catalog.models import Publication

    publication = Publication.objects.order_by("id")[0]
    cluster = publication.clusters.all()[0]
    page = min(50, size // 200)
    return {"publication": publication.slug, "cluster": cluster.slug, "page": page}


def _ask(client: Any, address: str) -> None:
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")
    if "more than can be looked through" in response.content.decode():
        raise RuntimeError(f"{address} was too broad")


def report(sizes: list[int], found: dict[str, dict[int, Figures]]) -> None:
    heads = " | ".join(f"{size:,} | p95" for size in sizes)
    print(f"| list | queries | {heads} | last to first | by CPU |")
    print("|---|--:|" + "--:|--:|" * len(sizes) + "--:|--:|")
    for name, by_size in found.items():
        cells = [
            f"{statistics.median(by_size[size].clock):.1f} "
            f"| {statistics.quantiles(by_size[size].clock, n=20)[-1]:.1f}"
            for size in sizes
        ]
        first, last = by_size[sizes[0]], by_size[sizes[-1]]
        queries = sorted({by_size[size].queries for size in sizes})
        clock = statistics.median(last.clock) / statistics.median(first.clock)
        cpu = statistics.median(last.cpu) / statistics.median(first.cpu)
        print(
            f"| {name} | {' to '.join(map(str, queries))} | {' | '.join(cells)} "
            f"| {clock:.2f} | {cpu:.2f} |"
        )


if __name__ == "__main__":
    main()
