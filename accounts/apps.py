from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        post_migrate.connect(_complete_database, sender=self)


def _complete_database(using: str, **kwargs: Any) -> None:
    """Create the parts of the database that migrations cannot declare, after every migrate."""
    from accounts.db.triggers import install_triggers

    install_triggers(using)
