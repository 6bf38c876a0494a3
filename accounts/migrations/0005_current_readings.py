"""What must hold of readings once 0004 has filled in which of them is current.

On PostgreSQL a table whose rows have just been changed cannot be altered in the same transaction.
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
