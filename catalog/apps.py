from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = "Catalog"

    def ready(self) -> None:
        from catalog.triggers import install_triggers

        # Django remakes a SQLite table to alter it, which silently drops its triggers.
        post_migrate.connect(install_triggers, sender=self)
