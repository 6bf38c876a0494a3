"""Error pages for requests refused because of a setting or a proxy, with the setting to change.

Such requests can come by the thousand and from strangers, so a process logs each warning once, and
at most `MOST_WARNINGS` different ones.
"""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.request import split_domain_port
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import REASON_BAD_ORIGIN, REASON_NO_CSRF_COOKIE
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.views.account import sign_in_again
from catalog.text import url_fault

MOST_WARNINGS = 100
# Headers that proxies add to the requests they forward.
_PROXY_HEADERS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")

logger = logging.getLogger(__name__)
_warned: set[str] = set()


def warn_once(message: str) -> None:
    """Log a warning once per process, up to `MOST_WARNINGS` different warnings."""
    if message in _warned or len(_warned) >= MOST_WARNINGS:
        return
    _warned.add(message)
    logger.warning("%s", message)
    if len(_warned) == MOST_WARNINGS:
        logger.warning("Further requests that are turned away are not logged.")


def page(status: int, title: str, words: str, advice: str) -> HttpResponse:
    """Return an error page; `advice` is for the administrator.

    The page is rendered without the request, whose host may be invalid and whose user is unknown.
    """
    context = {"title": title, "words": words, "advice": advice}
    return HttpResponse(render_to_string("readingroom/turned_away.html", context), status=status)


def host_fault(request: HttpRequest) -> tuple[str, str]:
    """Return the message and the advice for a host that is not allowed, and log the advice."""
    host = request.META.get("HTTP_HOST", "")[:255]
    name, _ = split_domain_port(host)
    if not name:
        return f"“{host}” is not a valid host name.", ""
    advice = f"Add {name} to READINGROOM_HOSTS (names separated by commas) and start again."
    warn_once(f"Requests for the host {name!r} are refused. {advice}")
    return f"This Reading Room does not answer to the name “{name}”.", advice


def origin_fault(request: HttpRequest) -> tuple[str, str]:
    """Return the message and the advice for a form from a foreign origin, and log the advice."""
    origin = request.META.get("HTTP_ORIGIN", "")[:255]
    if url_fault(origin):
        return "Your browser does not say from which site the form came. Nothing was changed.", ""
    parts = urlsplit(origin)
    if parts.scheme == "https" and parts.netloc == request.get_host() and not request.is_secure():
        words = "You came by https, and the proxy in front of this Reading Room did not say so."
        advice = f"Set READINGROOM_URL={origin}, and let the proxy send X-Forwarded-Proto: https."
    else:
        words = f"The form came from {origin}, an address that this Reading Room does not know."
        advice = (
            f"If readers open the room at {origin}, set READINGROOM_URL={origin}. "
            f"If not, another site tried to send a form in your name."
        )
    warn_once(f"Forms from {origin!r} are refused. {advice}")
    return f"{words} Nothing was changed.", advice


def form_refused(request: HttpRequest, reason: str) -> HttpResponseBase:
    """Return the response to a form that failed the CSRF check."""
    if reason.startswith(REASON_BAD_ORIGIN.partition("%s")[0]):
        return page(403, "This form is refused", *origin_fault(request))
    words = "The form was open too long, or you signed in or out elsewhere."
    if reason == REASON_NO_CSRF_COOKIE:
        words = "Your browser sent no cookie with the form. Allow cookies for this site."
        warn_once("A form came without a cookie and was refused: a browser with cookies off?")
    elif reason.startswith("Referer"):
        words = "Your browser hides from which page the form came. Allow it to send the Referer."
    if request.path_info == reverse("accounts:sign_in"):
        return sign_in_again(request, words)
    again = "Go back, load the page again, and send the form once more."
    return page(403, "This form has gone stale", f"{words} {again}", "")


def prevent_redirect_loops(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[..., Any]:
    """Prevent redirect loops behind a TLS proxy that does not send X-Forwarded-Proto.

    The redirect to https would lead back here, and browsers would cache it.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        is_told = request.is_secure() or "X-Forwarded-Proto" in request.headers
        if not settings.SECURE_SSL_REDIRECT or is_told:
            return get_response(request)
        advice = "Let the proxy in front send X-Forwarded-Proto: https."
        warn_once(f"Requests without X-Forwarded-Proto are redirected to https. {advice}")
        if not any(name in request.headers for name in _PROXY_HEADERS):
            return get_response(request)
        words = "The proxy in front of this Reading Room does not say whether you came by https."
        return page(400, "Not reached by https", words, advice)

    return middleware


class SlashMiddleware(CommonMiddleware):
    """Appends a missing slash with a temporary redirect: a page may be created there later."""

    response_redirect_class = HttpResponseRedirect
