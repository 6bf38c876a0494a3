"""Errors of the API: `application/problem+json` (RFC 9457), one shape for all of them."""

import math
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from itertools import islice
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from catalog.search.engine import TooBroad

CONTENT_TYPE = "application/problem+json"
# Limit of errors in one response; a bulk request of 500 items has at most one per item.
MOST_ERRORS = 500
TITLES = {
    400: "Invalid request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    412: "Changed in the meantime",
    413: "Too large",
    415: "Unsupported media type",
    422: "Validation failed",
    428: "If-Match required",
    429: "Too many requests",
    500: "Internal server error",
    503: "Timed out",
}


class Problem(exceptions.APIException):
    """An error with its own status; `more` holds additional members of the problem.

    `wait` is the number of seconds after which a retry makes sense.
    """

    def __init__(self, status: int, detail: str, wait: int | None = None, **more: Any) -> None:
        super().__init__(detail)
        self.status_code = status
        self.wait = wait
        self.more = more


class NotModified(Exception):
    """The client already has the current version."""


def wrong(parameter: str, detail: str) -> Problem:
    """Return the problem for an invalid parameter."""
    return Problem(422, detail, errors=[{"parameter": parameter, "detail": detail}])


class UnknownParameter(Problem):
    def __init__(self, names: list[str], known: list[str]) -> None:
        expected = f"expected one of {', '.join(known)}" if known else "none is taken here"
        errors = [
            {"parameter": name, "detail": f"There is no parameter “{name}”; {expected}."}
            for name in names
        ]
        super().__init__(422, "Some parameters are not known.", errors=errors)


def problem(status: int, detail: str = "", **more: Any) -> dict[str, Any]:
    """Return the members of a problem."""
    return {
        "type": "about:blank",
        "title": TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    } | more


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Convert an exception of a view to a problem response; unexpected exceptions pass through."""
    set_rollback()
    described = _status_and_detail(error)
    if described is None:
        return None
    status, detail = described
    headers: dict[str, str] = {}
    more: dict[str, Any] = {}
    if isinstance(error, exceptions.ValidationError):
        more["errors"] = list(islice(_errors(error.detail), MOST_ERRORS))
    elif isinstance(error, exceptions.APIException):
        more = dict(getattr(error, "more", {}))
        if auth := getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = auth
        wait = getattr(error, "wait", None)
        if wait is not None:
            headers["Retry-After"] = str(max(1, math.ceil(wait)))
    return Response(
        problem(status, detail, **more), status=status, headers=headers, content_type=CONTENT_TYPE
    )


def _status_and_detail(error: Exception) -> tuple[int, str] | None:
    if isinstance(error, Http404):
        return 404, str(error) or "There is nothing at this address."
    if isinstance(error, PermissionDenied):
        return 403, str(error) or "You may not do this."
    if isinstance(error, RequestDataTooBig | TooManyFieldsSent):
        return 413, f"The body is larger than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes."
    if isinstance(error, TooBroad):
        return 503, "That asks for more than can be looked through at once."
    if isinstance(error, exceptions.ValidationError):
        return 422, "Some of what was given is not valid."
    if isinstance(error, exceptions.APIException):
        return error.status_code, _first_sentence(error.detail)
    return None


def _first_sentence(detail: Any) -> str:
    if isinstance(detail, list):
        return " ".join(map(str, detail))
    return str(detail)


def _errors(detail: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Yield one error for each message, with the field or the place in a list that it is about."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _errors(inner, path if name == "non_field_errors" else (*path, str(name)))
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            is_element = isinstance(inner, Mapping)
            if inner or not is_element:
                yield from _errors(inner, (*path, str(number)) if is_element else path)
    else:
        yield _error_at(path, str(detail))


def _error_at(path: tuple[str, ...], detail: str) -> dict[str, Any]:
    found: dict[str, Any] = {"detail": detail}
    if path:
        found["field"] = ".".join(path)
        index = next((int(part) for part in path if part.isdecimal()), None)
        if index is not None:
            found["index"] = index
    return found


def problem_response(request: HttpRequest, status: int, detail: str) -> JsonResponse:
    """Return a problem where no view of the API has been reached."""
    return JsonResponse(problem(status, detail), status=status, content_type=CONTENT_TYPE)
