"""Create the group of curators, whose permissions cover the catalog only."""

from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

CURATED = ("category", "publication", "cluster", "issue", "tag")
READ_ONLY = ("changebatch", "change")


def add_group(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    # Django creates permissions after the last migration; the group needs them now.
    catalog = apps.get_app_config("catalog")
    catalog.models_module = True
    create_permissions(catalog, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    catalog.models_module = None

    names = [f"{act}_{model}" for model in CURATED for act in ("view", "add", "change")]
    names += [f"view_{model}" for model in READ_ONLY]
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Curators")
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="catalog", codename__in=names
    )
    group.permissions.add(*permissions)


def drop_group(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("auth", "Group").objects.filter(name="Curators").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("catalog", "0002_cluster_of_own_publication"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(add_group, drop_group)]
