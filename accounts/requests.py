from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import User


class ReaderRequest(HttpRequest):
    """A request of a reader who has signed in, as the views behind the sign-in get it."""

    user: User
    htmx: HtmxDetails
