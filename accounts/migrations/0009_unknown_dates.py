"""Allow finished readings without a date, for readers who do not know it."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.state import StateApps
from django.db.models import F, Func, OrderBy


def refuse_undated(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Refuse to migrate back while there are undated readings; the old schema cannot store them."""
    undated = apps.get_model("accounts", "Reading").objects.filter(state="read", read_on=None)
    if number := undated.count():
        raise IrreversibleError(
            f"{number} finished readings have no date, which an earlier version cannot keep. "
            "Date or remove them first."
        )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_names")]

    operations = [
        migrations.RemoveConstraint(model_name="reading", name="reading_read_has_date"),
        migrations.RemoveIndex(model_name="reading", name="reading_by_date"),
        migrations.AddIndex(
            model_name="reading",
            index=models.Index(
                F("user"),
                OrderBy(
                    Func(
                        "read_on",
                        template="COALESCE(%(expressions)s, '0001-01-01')",
                        output_field=models.DateField(),
                    ),
                    descending=True,
                ),
                OrderBy(F("id"), descending=True),
                name="reading_by_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="reading",
            constraint=models.CheckConstraint(
                condition=models.Q(("state", "read"), ("read_on", None), _connector="OR"),
                name="reading_read_date_of_read",
            ),
        ),
        # Runs first when migrating back.
        migrations.RunPython(migrations.RunPython.noop, refuse_undated),
    ]
