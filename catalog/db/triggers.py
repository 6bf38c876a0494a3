"""Triggers that enforce a rule between two tables on SQLite.

An issue's cluster must belong to the issue's publication. PostgreSQL enforces this with a composite
foreign key (migration 0002). Django cannot declare such a key, and SQLite cannot add one to an
existing table, so these triggers reject violations there.
"""

from django.db import connections

MESSAGE = "an issue's cluster must be of its own publication"

_ISSUE_CHECK = """
CREATE TRIGGER IF NOT EXISTS catalog_issue_cluster_{event}
BEFORE {timing} ON catalog_issue WHEN NEW.cluster_id IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, '{message}') WHERE NOT EXISTS (
        SELECT 1 FROM catalog_cluster
        WHERE id = NEW.cluster_id AND publication_id = NEW.publication_id
    );
END
"""

_CLUSTER_CHECK = """
CREATE TRIGGER IF NOT EXISTS catalog_cluster_publication_update
BEFORE UPDATE OF publication_id ON catalog_cluster
WHEN NEW.publication_id <> OLD.publication_id
BEGIN
    SELECT RAISE(ABORT, '{message}') WHERE EXISTS (
        SELECT 1 FROM catalog_issue WHERE cluster_id = NEW.id
    );
END
"""


def drop_all_triggers(using: str) -> None:
    """Let SQLite remake tables, which it refuses while triggers of others name them."""
    connection = connections[using]
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {connection.ops.quote_name(name)}")


def install_cluster_triggers(using: str) -> None:
    """Create the triggers where they are missing; called after each migrate."""
    connection = connections[using]
    message = MESSAGE.replace("'", "''")
    tables = connection.introspection.table_names()
    if connection.vendor != "sqlite" or "catalog_issue" not in tables:
        return
    with connection.cursor() as cursor:
        for event, timing in (
            ("insert", "INSERT"),
            ("update", "UPDATE OF cluster_id, publication_id"),
        ):
            cursor.execute(_ISSUE_CHECK.format(event=event, timing=timing, message=message))
        cursor.execute(_CLUSTER_CHECK.format(message=message))
