"""Error handlers: problem details under /api/, error pages elsewhere."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import DisallowedHost, RequestDataTooBig
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from catalog.rest.problems import problem_response
from readingroom import doors

NOT_FOUND_TEXT = "There is nothing at this address."


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if isinstance(exception, DisallowedHost):
        words, advice = doors.host_fault(request)
        if is_api(request):
            return problem_response(request, 400, f"{words} {advice}".strip())
        return doors.page(400, "Not known by this name", words, advice)
    if not is_api(request):
        return defaults.bad_request(request, exception)
    if isinstance(exception, RequestDataTooBig):
        return problem_response(request, 413, "The body is larger than is taken here.")
    return problem_response(request, 400, "The request cannot be read.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if not is_api(request):
        return defaults.permission_denied(request, exception)
    return problem_response(request, 403, "You may not do this.")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if not is_api(request):
        return defaults.page_not_found(request, exception)
    return problem_response(request, 404, NOT_FOUND_TEXT)


def server_error(request: HttpRequest) -> HttpResponseBase:
    if not is_api(request):
        return defaults.server_error(request)
    return problem_response(request, 500, "The fault is ours, and it has been logged.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    if not is_api(request):
        return doors.form_refused(request, reason)
    return problem_response(
        request, 403, f"{reason} Send it as X-CSRFToken, or use a token of the API."
    )


@csrf_exempt
@login_not_required
def no_page(request: HttpRequest) -> HttpResponseBase:
    """Return 404 for well-known paths that would otherwise match the URL of a publication."""
    raise Http404(NOT_FOUND_TEXT)


@csrf_exempt
@login_not_required
def no_endpoint(request: HttpRequest, **_: Any) -> HttpResponseBase:
    """Return 404 for unknown paths under /api/, which would otherwise match a publication's URL."""
    return problem_response(request, 404, NOT_FOUND_TEXT)
