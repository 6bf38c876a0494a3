"""Add a permanent id for feeds, and the times at which issues enter feeds.

Existing issues use the last change of their tier or cluster in the log, or their creation time.
Their tags use the creation time.
"""

import django.utils.timezone
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from catalog.models.installation import new_identity


def store_identity(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    installations = apps.get_model("catalog", "Installation").objects
    installations.using(schema_editor.connection.alias).create(id=1, **new_identity())


def fill_instants(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    using = schema_editor.connection.alias
    log = apps.get_model("catalog", "Change").objects.using(using).filter(kind="issue")
    issues = apps.get_model("catalog", "Issue").objects.using(using)

    def last_change(*fields: str) -> Coalesce:
        changes = log.filter(object_id=OuterRef("pk"), field__in=fields).order_by("-id")
        return Coalesce(Subquery(changes.values("batch__at")[:1]), F("created_at"))

    issues.update(
        rated_at=last_change("tier", "archived_at"),
        clustered_at=last_change("cluster", "archived_at"),
    )
    made_at = issues.filter(pk=OuterRef("issue")).values("created_at")[:1]
    apps.get_model("catalog", "IssueTag").objects.using(using).update(added_at=Subquery(made_at))


class Migration(migrations.Migration):
    dependencies = [("catalog", "0005_curation")]

    operations = [
        migrations.CreateModel(
            name="Installation",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False),
                ),
                ("key", models.CharField(max_length=32)),
                ("authority", models.CharField(max_length=253)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("id", 1)), name="installation_one"),
                    models.CheckConstraint(
                        condition=models.Q(("authority__length__gt", 0), ("key__length__gt", 0)),
                        name="installation_filled",
                    ),
                ],
            },
        ),
        migrations.RunPython(store_identity, migrations.RunPython.noop),
        migrations.AddField(
            model_name="issue",
            name="clustered_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name="issue",
            name="rated_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name="issuetag",
            name="added_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.RunPython(fill_instants, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(
                condition=models.Q(("tier__isnull", False)),
                fields=["tier", "-rated_at", "-date", "-id"],
                name="issue_rated",
            ),
        ),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(
                condition=models.Q(("tier__isnull", False)),
                fields=["publication", "tier", "-rated_at", "-date", "-id"],
                name="issue_rated_there",
            ),
        ),
        migrations.AddIndex(
            model_name="issuetag",
            index=models.Index(fields=["tag", "-added_at", "-date", "-issue"], name="tag_by_added"),
        ),
    ]
