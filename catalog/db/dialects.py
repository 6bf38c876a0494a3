"""The SQL of bulk writes that differs between SQLite and PostgreSQL, one class per database."""

from collections.abc import Iterable, Sequence
from itertools import batched
from typing import Any

from django.db import connection

# Rows per statement: enough to amortise the call, few enough to keep memory flat.
CHUNK = 5_000
# An arbitrary fixed number; the holder of this advisory lock is the only running load.
_LOAD_LOCK = 7_120_459_013


class SQLiteDialect:
    """SQLite: one statement per row, by `executemany`."""

    def lock_loads(self, cursor: Any) -> None:
        """Do nothing: the transaction, begun IMMEDIATE, is already the lock."""

    def reserve_ids(self, cursor: Any, table: str, count: int) -> Sequence[int]:
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        first = (row[0] if row else 0) + 1
        return range(first, first + count)

    def insert(
        self, cursor: Any, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        places = ", ".join(["%s"] * len(names))
        sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"
        for chunk in batched(rows, CHUNK):
            cursor.executemany(sql, chunk)

    def counter_source(self, key_columns: int) -> str:
        """Return the source of an INSERT of (*key, amount) rows, with its parameters."""
        return f"VALUES ({', '.join(['%s'] * (key_columns + 1))})"

    def execute_rows(self, cursor: Any, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Execute an INSERT from `counter_source` for all rows."""
        cursor.executemany(sql, rows)

    def analyze(self, cursor: Any) -> None:
        cursor.execute("PRAGMA analysis_limit = 1000")
        cursor.execute("ANALYZE")


class PostgreSQLDialect:
    """PostgreSQL: many rows per statement, because a statement costs far more than a row."""

    def lock_loads(self, cursor: Any) -> None:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOAD_LOCK])

    def reserve_ids(self, cursor: Any, table: str, count: int) -> Sequence[int]:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table, count],
        )
        return [row[0] for row in cursor.fetchall()]

    def insert(
        self, cursor: Any, table: str, names: Sequence[str], rows: Iterable[Sequence[Any]]
    ) -> None:
        with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def counter_source(self, key_columns: int) -> str:
        """Return the source of an INSERT of (*key, amount) rows, with its parameters."""
        types = [*["text"] * key_columns, "bigint"]
        return f"SELECT * FROM unnest({', '.join(f'%s::{each}[]' for each in types)})"

    def execute_rows(self, cursor: Any, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Execute an INSERT from `counter_source` for all rows."""
        cursor.execute(sql, [list(values) for values in zip(*rows, strict=True)])

    def analyze(self, cursor: Any) -> None:
        cursor.execute("ANALYZE")


type Dialect = SQLiteDialect | PostgreSQLDialect

_DIALECTS: dict[str, Dialect] = {"sqlite": SQLiteDialect(), "postgresql": PostgreSQLDialect()}


def current_dialect() -> Dialect:
    """Return the dialect of the default database."""
    return _DIALECTS[connection.vendor]
