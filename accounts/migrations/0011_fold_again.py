"""Fold the searchable text of notes again, like the texts of the catalog."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from catalog.search.words import fold


def fold_notes(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    notes = apps.get_model("accounts", "Note").objects
    for pk, quote, body, folded in notes.values_list("pk", "quote", "body", "folded").iterator():
        if (now := f" {fold(quote)} \n {fold(body)} ") != folded:
            notes.filter(pk=pk).update(folded=now)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_ids_in_saved_views")]

    operations = [migrations.RunPython(fold_notes, migrations.RunPython.noop)]
