"""Requests of readers."""

import datetime

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User

# A write that is sent again within this time counts as a repetition, as by a double click.
REPEATED = datetime.timedelta(seconds=30)


class ReaderRequest(HttpRequest):
    """A request of a reader who has signed in, as the views behind the sign-in get it."""

    user: User
    htmx: HtmxDetails
