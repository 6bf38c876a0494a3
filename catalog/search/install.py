"""SQLite's full-text table and its triggers. PostgreSQL has a column instead (migration 0003)."""

from django.db import DatabaseError, connection

from catalog.models.search_index import TEXT_COLUMNS

_TABLE = "catalog_textmatch"
_TEXT_COLUMNS = ", ".join(TEXT_COLUMNS)


def _column_values(row: str) -> str:
    return ", ".join(f"{row}.{column}" for column in ("id", *TEXT_COLUMNS))


# The texts are folded to letters, digits and spaces, so every character beyond ASCII is a letter.
# Keys also contain `=`, `-`, `_` or `/`.
_CREATE = f"""
CREATE VIRTUAL TABLE IF NOT EXISTS {_TABLE} USING fts5(
    {_TEXT_COLUMNS},
    content='catalog_issuetext', content_rowid='id', tokenize="ascii tokenchars '=-_/'"
)
"""
_ADD = f"INSERT INTO {_TABLE} (rowid, {_TEXT_COLUMNS}) VALUES ({_column_values('new')});"
_TAKE = (
    f"INSERT INTO {_TABLE} ({_TABLE}, rowid, {_TEXT_COLUMNS}) "
    f"VALUES ('delete', {_column_values('old')});"
)
_TRIGGERS = {"insert": _ADD, "delete": _TAKE, "update": _TAKE + _ADD}


def create() -> None:
    """Make the table and its triggers where they are missing."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(_CREATE)
        create_triggers()


def create_triggers() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for event, body in _TRIGGERS.items():
                cursor.execute(
                    f"CREATE TRIGGER IF NOT EXISTS catalog_issuetext_{event} "
                    f"AFTER {event} ON catalog_issuetext BEGIN {body} END"
                )


def drop_triggers() -> None:
    """Let rows be written that `index` indexes afterwards, in the same transaction."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for event in _TRIGGERS:
                cursor.execute(f"DROP TRIGGER IF EXISTS catalog_issuetext_{event}")


def index(first: int, last: int) -> None:
    """Index the texts of the issues from one id to another, in the order of the index."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                f"INSERT INTO {_TABLE} (rowid, {_TEXT_COLUMNS}) SELECT id, {_TEXT_COLUMNS} "
                f"FROM catalog_issuetext WHERE issue_id BETWEEN %s AND %s ORDER BY id",
                [first, last],
            )
        else:
            # Each search would scan the entries that inserts leave in the pending list.
            cursor.execute("SELECT gin_clean_pending_list('issuetext_document')")


def drop() -> None:
    """Delete the index, whatever state it is in."""
    if connection.vendor == "sqlite":
        drop_triggers()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {_TABLE}")


def check() -> list[str]:
    """Tell whether the full-text index agrees with the texts that it was made from."""
    if connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"INSERT INTO {_TABLE} ({_TABLE}, rank) VALUES ('integrity-check', 1)")
        except DatabaseError:
            return ["The full-text index does not agree with the texts."]
    return []
