"""Rate limits by reader and scope, counted across all workers.

Requests are counted in a small SQLite file next to the data, which all workers share. The cache
cannot do this: each worker has its own, and REST framework reads, changes and writes back its
entries, so parallel requests are lost. The main database cannot either: every GET would become a
write and wait while a catalog is loaded.
"""

import logging
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

log = logging.getLogger(__name__)

_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=OFF;
CREATE TABLE IF NOT EXISTS hit (client TEXT NOT NULL, ends REAL NOT NULL);
CREATE INDEX IF NOT EXISTS hit_client ON hit (client, ends);
CREATE INDEX IF NOT EXISTS hit_ends ON hit (ends);
"""


class HitCounter:
    """Counts hits of the last seconds by client, in a file that processes and threads share.

    It is safe to remove the file while no server runs.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()

    def hit(self, client: str, most: int, seconds: float) -> float | None:
        """Count a hit and return None, or return in how many seconds the next is possible.

        A hit that is refused does not count. Raises sqlite3.Error.
        """
        connection = self._connection()
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            now = time.time()
            # A clock that was set back must not refuse for longer than the period.
            connection.execute("DELETE FROM hit WHERE ends <= ? OR ends > ?", (now, now + 86_400))
            number, first = connection.execute(
                "SELECT count(*), min(ends) FROM hit WHERE client = ?", (client,)
            ).fetchone()
            if number >= most:
                return min(max(first - now, 0.0), seconds)
            connection.execute("INSERT INTO hit VALUES (?, ?)", (client, now + seconds))
        return None

    def clear(self) -> None:
        with self._connection() as connection:
            connection.execute("DELETE FROM hit")

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, timeout=5, isolation_level=None)
            connection.executescript(_SCHEMA)
            self._local.connection = connection
        return connection


hits = HitCounter(settings.DATA_DIR / "throttle.sqlite3")


class ScopeThrottle(SimpleRateThrottle):
    """Counts a reader's requests of each scope, and those of a stranger by address."""

    scope = "read"

    def get_cache_key(self, request: Request, view: Any) -> str:
        if request.user and request.user.is_authenticated:
            return f"{self.scope}:{request.user.pk}"
        return f"anon:{self.get_ident(request)}"

    def allow_request(self, request: Request, view: Any) -> bool:
        is_known = request.user and request.user.is_authenticated
        self.scope = view.scope_of(request.method or "GET") if is_known else "anon"
        most, seconds = self.parse_rate(self.get_rate())
        assert most is not None
        assert seconds is not None
        try:
            self.seconds_left = hits.hit(self.get_cache_key(request, view), most, seconds)
        except sqlite3.Error as error:
            # A full disk must not end reading too.
            log.warning("Requests are not counted: %s: %s.", hits.path, error)
            self.seconds_left = None
        return self.seconds_left is None

    def wait(self) -> float | None:
        return self.seconds_left
