"""Let the search index be made again: texts are folded in another way since.

`catalog.search.indexing.install_search`, called after each migrate, makes it where it is empty.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def empty(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "sqlite":
        # The full-text table is dropped whole, so that it need not be told of each row.
        schema_editor.execute("DROP TRIGGER IF EXISTS catalog_issuetext_delete")
    for name in ("IssueText", "Word", "KeyCount"):
        model = apps.get_model("catalog", name)
        model.objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("catalog", "0006_feeds")]

    operations = [migrations.RunPython(empty, migrations.RunPython.noop)]
