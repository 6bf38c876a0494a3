"""Conditions that several tables share."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

models.CharField.register_lookup(Length)
models.TextField.register_lookup(Length)


def is_filled(*names: str) -> Q:
    """Return the condition that each of these text columns holds something."""
    return Q(**{f"{name}__length__gt": 0 for name in names})
