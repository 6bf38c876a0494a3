"""Bulk writes: the only module with hand-written INSERT statements.

`bulk_create` takes seven to ten times as long as the database needs for the same rows, and `save()`
nearly fifty times (measured on SQLite with 100,000 rows). `executemany` through Django's own cursor
adds eight percent. On PostgreSQL, rows are sent by COPY. Only the loader writes enough rows for
this to matter.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import batched
from typing import Any

import msgspec
from django.db import connection, models

# Rows per statement: enough to amortise the call, few enough to keep memory flat.
CHUNK = 5_000
# An arbitrary fixed number; the holder of this advisory lock is the only running load.
_LOAD_LOCK = 7_120_459_013


def lock_out_other_loads() -> None:
    """Wait until no other load runs, for the rest of this transaction.

    On SQLite the transaction itself, begun IMMEDIATE, is that lock.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOAD_LOCK])


def reserve_ids(model: type[models.Model], count: int) -> Sequence[int]:
    """Return `count` ids that no row of the model has had, for rows of this transaction."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [table, count],
            )
            return [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
    first = (row[0] if row else 0) + 1
    return range(first, first + count)


def insert(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows of database values, in the order of `columns`."""
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    table = quote(model._meta.db_table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A statement a row costs PostgreSQL many times the row.
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        places = ", ".join(["%s"] * len(columns))
        sql = f"INSERT INTO {table} ({names}) VALUES ({places})"
        for chunk in batched(rows, CHUNK):
            cursor.executemany(sql, chunk)


def update(
    model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Update columns of stored rows; each row holds the new database values, then the id."""
    quote = connection.ops.quote_name
    values = ", ".join(f"{quote(column)} = %s" for column in columns)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {quote(model._meta.db_table)} SET {values} WHERE id = %s", list(rows)
        )


def add_up(
    model: type[models.Model], key: Sequence[str], number: str, rows: Sequence[Sequence[Any]]
) -> None:
    """Add to counters by their unique key; rows are created on first use and deleted at zero.

    `rows` are (*key, amount), sorted by key so that two writers cannot deadlock.
    """
    quote = connection.ops.quote_name
    table, column = quote(model._meta.db_table), quote(number)
    names = [*map(quote, key), column]
    is_postgresql = connection.vendor == "postgresql"
    source = f"VALUES ({', '.join(['%s'] * len(names))})"
    if is_postgresql:
        types = [*["text"] * len(key), "bigint"]
        source = f"SELECT * FROM unnest({', '.join(f'%s::{each}[]' for each in types)})"
    sql = (
        f"INSERT INTO {table} ({', '.join(names)}) {source} "
        f"ON CONFLICT ({', '.join(names[:-1])}) "
        f"DO UPDATE SET {column} = {table}.{column} + excluded.{column}"
    )
    where = " AND ".join(f"{name} = %s" for name in names[:-1])
    # Subtracting needs an existing row: no insert has a negative number.
    less = [(-row[-1], *row[:-1]) for row in rows if row[-1] < 0]
    with connection.cursor() as cursor:
        for chunk in batched((row for row in rows if row[-1] > 0), CHUNK):
            if is_postgresql:
                cursor.execute(sql, [list(values) for values in zip(*chunk, strict=True)])
            else:
                cursor.executemany(sql, chunk)
        if less:
            cursor.executemany(f"UPDATE {table} SET {column} = {column} - %s WHERE {where}", less)
            cursor.executemany(
                f"DELETE FROM {table} WHERE {column} = 0 AND {where}", [row[1:] for row in less]
            )


def analyze() -> None:
    """Update the database's statistics so that it chooses the right indexes."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA analysis_limit = 1000")
        cursor.execute("ANALYZE")


def as_json(value: Any) -> str:
    """Return a value in the form that a JSON column accepts."""
    return msgspec.json.encode(value).decode()


def as_instant(value: datetime) -> Any:
    """Return an instant in the form that a datetime column accepts."""
    return connection.ops.adapt_datetimefield_value(value)
