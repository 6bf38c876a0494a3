"""Require an issue's cluster to belong to its publication, by a composite key on PostgreSQL.

Django cannot declare a foreign key over two columns. On SQLite, the triggers of
`catalog.db.triggers` enforce the rule.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

ADD = """
ALTER TABLE catalog_issue ADD CONSTRAINT issue_cluster_of_publication
FOREIGN KEY (cluster_id, publication_id) REFERENCES catalog_cluster (id, publication_id)
DEFERRABLE INITIALLY IMMEDIATE
"""
DROP = "ALTER TABLE catalog_issue DROP CONSTRAINT issue_cluster_of_publication"


def add_key(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ADD)


def drop_key(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [migrations.RunPython(add_key, drop_key)]
