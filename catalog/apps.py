from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class CatalogConfig(AppConfig):
    name = "catalog"
    verbose_name = "Catalog"

    def ready(self) -> None:
        pre_migrate.connect(_clear_the_way, sender=self)
        post_migrate.connect(_install_triggers_and_search, sender=self)


def _clear_the_way(using: str, plan: list[Any], **kwargs: Any) -> None:
    """Drop the triggers before tables are altered; each app recreates its own afterwards."""
    from catalog.db.triggers import drop_all_triggers

    if plan:
        drop_all_triggers(using)


def _install_triggers_and_search(using: str, **kwargs: Any) -> None:
    """Create the parts of the database that migrations cannot declare.

    This runs after every migrate, because Django rebuilds a SQLite table to alter it, which
    silently drops its triggers.
    """
    from catalog.db.triggers import install_cluster_triggers
    from catalog.search.indexing import install_search

    install_cluster_triggers(using)
    install_search()
