"""Let curators settle conflicts of loads and dismiss duplicate suggestions."""

from typing import Any

from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

NAMES = ("view_conflict", "view_dismissedpair", "add_dismissedpair", "delete_dismissedpair")


def add_permissions(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    catalog = apps.get_app_config("catalog")
    catalog.models_module = True
    create_permissions(catalog, apps=apps, verbosity=0, using=schema_editor.connection.alias)
    catalog.models_module = None
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Curators")
    group.permissions.add(*_permissions(apps))


def drop_permissions(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for group in apps.get_model("auth", "Group").objects.filter(name="Curators"):
        group.permissions.remove(*_permissions(apps))


def _permissions(apps: StateApps) -> Any:
    return apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="catalog", codename__in=NAMES
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_current_readings"), ("catalog", "0005_curation")]

    operations = [migrations.RunPython(add_permissions, drop_permissions)]
