"""Empty the search index, because texts are folded differently now.

`catalog.search.indexing.install_search` runs after each migrate and rebuilds an empty index.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def empty(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        # Dropping the full-text table is faster than deleting its rows one by one.
        schema_editor.execute("DROP TRIGGER IF EXISTS catalog_issuetext_delete")
    for name in ("IssueText", "Word", "KeyCount"):
        model = apps.get_model("catalog", name)
        model.objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_feeds")]

    operations = [migrations.RunPython(empty, migrations.RunPython.noop)]
