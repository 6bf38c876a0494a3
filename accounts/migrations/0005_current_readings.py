"""Add the constraints on current readings, which 0004 has filled in.

PostgreSQL cannot alter a table in the transaction that has just changed its rows.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_search")]

    operations = [
        migrations.AlterField(model_name="reading", name="issue_date", field=models.DateField()),
        migrations.AddIndex(
            model_name="reading",
            index=models.Index(fields=["user", "-read_on", "-id"], name="reading_by_date"),
        ),
        migrations.AddIndex(
            model_name="reading",
            index=models.Index(
                condition=models.Q(("is_current", True)),
                fields=["user", "state", "-issue_date", "-issue"],
                name="reading_by_issue_date",
            ),
        ),
        migrations.AddConstraint(
            model_name="reading",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_current", True)),
                fields=("user", "issue"),
                name="reading_one_current",
            ),
        ),
    ]
