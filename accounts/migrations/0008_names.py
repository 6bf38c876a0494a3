"""Make user names unique regardless of case.

If existing names differ only by case, the first user gets the folded name. The others get none and
keep signing in with their exact names.
"""

import unicodedata

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import accounts.models


def fold(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def fold_names(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    users = apps.get_model("accounts", "User")._base_manager.using(schema_editor.connection.alias)
    taken = set()
    for pk, name in users.order_by("id").values_list("pk", "username"):
        if (folded := fold(name)) not in taken:
            taken.add(folded)
            users.filter(pk=pk).update(folded_name=folded)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_tokens")]

    operations = [
        migrations.AlterModelManagers(
            name="user", managers=[("objects", accounts.models.UserManager())]
        ),
        migrations.AddField(
            model_name="user",
            name="folded_name",
            field=models.CharField(editable=False, max_length=500, null=True, unique=True),
        ),
        migrations.RunPython(fold_names, migrations.RunPython.noop),
    ]
