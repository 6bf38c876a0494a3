"""The identity of this installation."""

from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from catalog.models.conditions import is_filled


class Installation(models.Model):
    """The identity of this installation: one row, created by a migration and never changed.

    `key` identifies the installation in dumps. `authority` is part of the ids of its feeds, which
    must survive every change of address: the host of READINGROOM_URL at the time of creation, or a
    random name.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    key = models.CharField(max_length=32)
    authority = models.CharField(max_length=253)

    class Meta:
        constraints = [
            models.CheckConstraint(name="installation_one", condition=Q(id=1)),
            models.CheckConstraint(
                name="installation_filled", condition=is_filled("key", "authority")
            ),
        ]

    def __str__(self) -> str:
        return self.key


def installation() -> Installation:
    """Return the identity of this installation.

    An empty database has no row yet; then it is the one that the migration would store.
    """
    found = Installation.objects.first()
    return found or Installation(**new_identity())


def new_identity() -> dict[str, str]:
    """Return the fields of a new `Installation`.

    The key is derived from the secret key, as dumps named the room before it was stored.
    """
    key = salted_hmac("catalog.lineage", "room", algorithm="sha256").hexdigest()[:16]
    host = urlsplit(settings.SITE_URL).hostname
    return {"key": key, "authority": host or f"room-{key}.invalid"}


def room_id() -> str:
    """Return the id that dumps use for this installation."""
    return installation().key
