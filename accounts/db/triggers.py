"""Triggers that keep `issue_date` of readings equal to the date of the issue, on both databases.

The catalog does not know about readings, so a curation cannot update them.
"""

from django.db import connections

_SQLITE_TRIGGERS = """
CREATE TRIGGER IF NOT EXISTS accounts_reading_issue_date AFTER UPDATE OF date ON catalog_issue
WHEN NEW.date <> OLD.date
BEGIN UPDATE accounts_reading SET issue_date = NEW.date WHERE issue_id = NEW.id; END
"""
_POSTGRESQL_TRIGGERS = """
CREATE OR REPLACE FUNCTION accounts_reading_issue_date() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN UPDATE accounts_reading SET issue_date = NEW.date WHERE issue_id = NEW.id; RETURN NULL; END
$$;
CREATE OR REPLACE TRIGGER accounts_reading_issue_date AFTER UPDATE OF date ON catalog_issue
FOR EACH ROW WHEN (NEW.date <> OLD.date) EXECUTE FUNCTION accounts_reading_issue_date()
"""


def install_triggers(using: str) -> None:
    """Create the trigger where it is missing; called after each migrate."""
    connection = connections[using]
    tables = connection.introspection.table_names()
    if {"catalog_issue", "accounts_reading"} <= set(tables):
        with connection.cursor() as cursor:
            cursor.execute(
                _SQLITE_TRIGGERS if connection.vendor == "sqlite" else _POSTGRESQL_TRIGGERS
            )
