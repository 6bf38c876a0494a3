"""The reader's time zone."""

from zoneinfo import available_timezones

from django import forms
from django.db import transaction
from django.db.models import F

from accounts.models import User


def set_time_zone(user: User, name: str) -> None:
    """Set a reader's time zone; recorded dates stay unchanged.

    Setting the current zone again changes nothing.
    """
    with transaction.atomic():
        others = User.objects.filter(pk=user.pk).exclude(time_zone=name)
        others.update(time_zone=name, version=F("version") + 1)
    user.refresh_from_db(fields=["time_zone", "version"])


class TimeZoneForm(forms.Form):
    time_zone = forms.ChoiceField(
        label="Time zone",
        choices=[(name, name.replace("_", " ")) for name in sorted(available_timezones())],
        help_text="Your days and weeks begin and end there.",
        error_messages={"invalid_choice": "This is not a time zone; choose one of the list."},
    )
