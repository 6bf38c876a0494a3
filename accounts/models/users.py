"""Readers."""

import datetime
import unicodedata
import zoneinfo
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser
from django.contrib.auth.models import UserManager as BaseUserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone


def validate_time_zone(name: str) -> None:
    """Refuse a name that is not an IANA time zone."""
    if name not in zoneinfo.available_timezones():
        raise ValidationError(f"{name} is not a time zone; expected one such as Europe/Paris.")


def fold_name(name: str) -> str:
    """Return a user name as names are compared: in one form of Unicode, without case."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the user with this name, in any case; used for signing in.

        An exact match comes first, because an older installation may have two names that differ by
        case.
        """
        is_exact = Q(username=username)
        found = self.filter(is_exact | Q(folded_name=fold_name(username or ""))).order_by("id")
        users = list(found)
        exact = [user for user in users if user.username == username]
        if not users:
            raise self.model.DoesNotExist("There is no user of this name.")
        return (exact or users)[0]


class User(AbstractUser):
    """A reader.

    `folded_name` is the result of `fold_name`, so no two names differ by case alone. It is null for
    users of an older installation whose name another user had in a different case; they sign in
    with the exact name.

    `version` counts the reader's writes and is part of each page's ETag; it is incremented in the
    writing transaction. `caught_up_batch` is the last change set that the reader has marked as
    seen.
    """

    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    version = models.PositiveBigIntegerField(default=0, editable=False)
    caught_up_batch = models.PositiveBigIntegerField(default=0, editable=False)
    folded_name = models.CharField(max_length=500, null=True, unique=True, editable=False)  # noqa: DJ001

    objects: ClassVar[UserManager] = UserManager()

    def clean(self) -> None:
        super().clean()
        # One of two users with a formerly equal name may keep it.
        stands = User.objects.filter(pk=self.pk, username=self.username).exists()
        if not stands and self._others_of_my_name().exists():
            message = "Another user has this name, in this or another case. Choose another."
            raise ValidationError({"username": message})

    def save(self, **options: Any) -> None:
        if self._state.adding or self.folded_name or not self._others_of_my_name().exists():
            self.folded_name = fold_name(self.username)
        fields = options.get("update_fields")
        if fields is not None and "username" in fields:
            options["update_fields"] = {*fields, "folded_name"}
        super().save(**options)

    def _others_of_my_name(self) -> models.QuerySet["User"]:
        # The form sets None if the name is invalid.
        folded = fold_name(self.username or "")
        return User.objects.filter(folded_name=folded).exclude(pk=self.pk)

    def local_date(self, at: datetime.datetime | None = None) -> datetime.date:
        """Return the reader's local date at an instant, by default now."""
        return timezone.localdate(at, zoneinfo.ZoneInfo(self.time_zone))
