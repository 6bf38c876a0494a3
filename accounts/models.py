"""Readers: who signs in, and what they keep about the catalog."""

import zoneinfo

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models


def validate_time_zone(name: str) -> None:
    """Refuse a name that is not an IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"{name} is not a time zone; expected one such as Europe/Paris.")


class User(AbstractUser):
    """A reader.

    `version` counts the reader's own writes and is part of each page's ETag; it is bumped in the
    writing transaction.
    """

    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    version = models.PositiveBigIntegerField(default=0, editable=False)
