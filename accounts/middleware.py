"""The redirect to the sign-in page."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseRedirect


class SignInFirstMiddleware(LoginRequiredMiddleware):
    """Redirects to the sign-in page, and from there back to the previous page.

    A URL that only accepts POST is not a page to return to; after a form, the page with the form
    is.
    """

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseRedirect:
        if request.method in {"GET", "HEAD"}:
            return super().handle_no_permission(request, view_func)
        if "HX-Request" not in request.headers:
            messages.warning(
                request, "You were signed out, so that was not saved. Sign in and do it again."
            )
        return redirect_to_login(_held_by(request), self.get_login_url(view_func))


def _held_by(request: HttpRequest) -> str:
    """Return the page of this site that a form was on, by Referer, or the library."""
    try:
        page = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return "/"
    is_ours = page.netloc == request.get_host()
    return page._replace(scheme="", netloc="", fragment="").geturl() if is_ours else "/"
