"""The cost of an API list compared with a minimal view of the same rows.

    uv run python -m tests.benchmarks.api --folder FOLDER [--sizes 1000,100000] [--rounds 300]

The list of fifty issues with a reader's states is asked for in process, through all of the
middleware, by a session; beside it, in turn, a view that answers with `values()` of the same rows
and columns as a `JsonResponse`. Only the ratio within one run counts. Then 500 readings are marked
in one request, and its queries are counted beside those of one mark; what was marked is undone.
Rooms are made in the folder where they are not there yet.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks import room

WARM_UP = 20
LIST, BARE = "/api/v1/issues", "/bare/issues"
COLUMNS = (
    "id", "slug", "title", "date", "tier", "summary", "tag_list", "words", "cited_count", "url",
    "version", "publication_id", "publication__slug", "publication__name", "cluster_id",
    "cluster__slug", "cluster__title",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--sizes", default="1000,100000")
    parser.add_argument("--rounds", type=int, default=300)
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True)
    room.set_up_django(options.folder)
    _add_bare_view()
    _stop_throttling()
    print("| issues | API | p95 | bare | p95 | ratio | by CPU | queries | bulk of 1 | of 500 |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
    for size in map(int, options.sizes.split(",")):
        room.open_room(options.folder, size)
        print(f"| {size:,} | {' | '.join(measure(options.rounds))} |")


def measure(rounds: int) -> list[str]:
    """Return the cells of a room: milliseconds, ratios and queries."""
    from django.test import Client

    from accounts.models import User

    client = Client()
    client.force_login(User.objects.get(username="reader"))
    _check(client)
    clock: dict[str, list[float]] = {LIST: [], BARE: []}
    cpu: dict[str, list[float]] = {LIST: [], BARE: []}
    for number in range(WARM_UP + rounds):
        for address in (LIST, BARE) if number % 2 else (BARE, LIST):
            taken = _timed(lambda address=address: _ask(client, address))
            if number >= WARM_UP:
                cpu[address].append(taken[0])
                clock[address].append(taken[1])
    cells = []
    for address in (LIST, BARE):
        cells.append(f"{statistics.median(clock[address]):.1f}")
        cells.append(f"{statistics.quantiles(clock[address], n=20)[-1]:.1f}")
    for found in (clock, cpu):
        cells.append(f"{statistics.median(found[LIST]) / statistics.median(found[BARE]):.2f}")
    cells.append(str(_queries(lambda: _ask(client, LIST))))
    return [*cells, str(_bulk(client, 1)), str(_bulk(client, 500))]


def _check(client: Any) -> None:
    """Refuse to compare what does not answer with the same issues in the same states."""
    api, bare = (json.loads(_ask(client, address).content) for address in (LIST, BARE))
    told = [(each["id"], each["title"], each["state"]) for each in api["results"]]
    if told != [(each["id"], each["title"], each["state"]) for each in bare["results"]]:
        raise RuntimeError("The two lists do not have the same issues.")
    if len(told) != 50:
        raise RuntimeError(f"The list has {len(told)} issues.")


def _bulk(client: Any, number: int) -> int:
    """Mark issues that are unread, and return how many queries that took; then undo it."""
    from accounts.models import Reading
    from catalog.models import Issue

    read = Reading.objects.filter(user__username="reader").values("issue")
    ids = Issue.objects.listed().exclude(pk__in=read).values_list("pk", flat=True)[:number]
    marks = [{"issue": pk, "state": "read"} for pk in ids]
    answers = []
    queries = _queries(
        lambda: answers.append(
            client.post("/api/v1/readings/bulk", {"marks": marks}, "application/json")
        )
    )
    if answers[0].status_code != 200:
        raise RuntimeError(f"A bulk answered {answers[0].status_code}: {answers[0].content[:300]}")
    undone = client.post(f"/api/v1/history/{answers[0].json()['act']}/undo", {}, "application/json")
    if undone.status_code != 200:
        raise RuntimeError(f"Undoing answered {undone.status_code}")
    return queries


def _add_bare_view() -> None:
    """Add a view that answers with the same rows as dictionaries, and no more than that."""
    from django.http import HttpRequest, JsonResponse
    from django.urls import path

    from accounts.models import Reading
    from catalog.models import Issue
    from readingroom import urls

    def bare(request: HttpRequest) -> JsonResponse:
        # Found first and fetched then: in one, SQLite would sort a hundred thousand.
        newest = Issue.objects.listed().order_by("-date", "-id").values_list("pk", flat=True)
        rows = list(Issue.objects.filter(pk__in=list(newest[:50])).values(*COLUMNS))
        mine = Reading.objects.filter(user=request.user.pk, is_current=True)
        states = dict(
            mine.filter(issue__in=[row["id"] for row in rows]).values_list("issue", "state")
        )
        for row in rows:
            row["state"] = states.get(row["id"], "unread")
        return JsonResponse({"results": rows})

    urls.urlpatterns.insert(0, path(BARE.removeprefix("/"), bare))


def _stop_throttling() -> None:
    from catalog.rest.views import Endpoint

    Endpoint.throttle_classes = ()


def _ask(client: Any, address: str) -> Any:
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")
    return response


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the milliseconds of this thread's CPU and of the clock that work takes."""
    cpu, wall = time.thread_time(), time.perf_counter()
    work()
    return 1000 * (time.thread_time() - cpu), 1000 * (time.perf_counter() - wall)


def _queries(work: Callable[[], object]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as found:
        work()
    return len(found)


if __name__ == "__main__":
    main()
