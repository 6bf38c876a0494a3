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
        """Return the user of this name, in any case; sign-in looks users up here.

        A name that is written exactly so comes first: a room may have two from before case was
        ignored.
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

    `folded_name` is what `fold_name` makes of the user name, so that no two differ by case alone.
    It is null for a user of a room that had another such before, who signs in by the exact name.

    `version` counts the reader's own writes and is part of each page's ETag; it is bumped in the
    writing transaction. `caught_up_batch` is the last batch of changes to the catalog that the
    reader has put aside as seen.
    """

    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_time_zone])
    version = models.PositiveBigIntegerField(default=0, editable=False)
    caught_up_batch = models.PositiveBigIntegerField(default=0, editable=False)
    folded_name = models.CharField(max_length=500, null=True, unique=True, editable=False)  # noqa: DJ001

    objects: ClassVar[UserManager] = UserManager()

    def clean(self) -> None:
        super().clean()
        # One of two who shared a name before may keep it.
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
        # A form leaves None where the name that was typed is none.
        folded = fold_name(self.username or "")
        return User.objects.filter(folded_name=folded).exclude(pk=self.pk)

    def local_date(self, at: datetime.datetime | None = None) -> datetime.date:
        """Return the reader's own date at an instant, now unless told."""
        return timezone.localdate(at, zoneinfo.ZoneInfo(self.time_zone))
