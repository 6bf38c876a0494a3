"""WSGI middleware that reads each request body completely before Django handles the request.

Django takes a body without Content-Length for an empty one, and saves what has arrived of a body
that breaks off. A streamed body (`Transfer-Encoding: chunked`, or HTTP/2 without a length) has no
Content-Length, so a write would be answered 200 with nothing done.
"""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Any

from django.conf import settings
from django.http import HttpResponse, JsonResponse

from catalog.rest.problems import CONTENT_TYPE, problem

type Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_BLOCK = 64 * 1024


class Unreadable(Exception):
    """A body that cannot be read, with the HTTP status and a message for the client."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


def with_whole_bodies(application: Application) -> Application:
    """Return a WSGI application in which every request has its whole body and a Content-Length.

    A body that is too large is answered 413, one that breaks off 400, and one of unknown length
    411 where the server does not mark its end.
    """

    def wrapped(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            _read_body(environ)
        except Unreadable as error:
            return _refuse_body(environ, start_response, error)
        return application(environ, start_response)

    return wrapped


def _declared_length(environ: dict[str, Any]) -> int | None:
    declared = environ.get("CONTENT_LENGTH") or None
    if declared is not None and not (declared.isascii() and declared.isdecimal()):
        raise Unreadable(400, "Content-Length is not a number.")
    return None if declared is None else int(declared)


def _spooled(stream: Any, too_large: Unreadable) -> tuple[Any, int]:
    """Read a stream to its end, and return its bytes as a file, with their number."""
    # Larger bodies are spooled to disk, at the same size as in Django.
    body = SpooledTemporaryFile(max_size=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)  # noqa: SIM115
    size = 0
    while block := stream.read(_BLOCK):
        size += len(block)
        if size > settings.LARGEST_BODY:
            raise too_large
        body.write(block)
    return body, size


def _read_body(environ: dict[str, Any]) -> None:
    coding = environ.pop("HTTP_TRANSFER_ENCODING", "").strip().lower()
    if coding not in ("", "chunked"):
        raise Unreadable(501, "The body has a transfer coding other than chunked.")
    declared = _declared_length(environ)
    if not environ.get("wsgi.input_terminated"):
        # The server does not mark the end of the stream: reading without a length would block.
        if coding and declared is None:
            raise Unreadable(411, "Send the body with a Content-Length.")
        return
    most = settings.LARGEST_BODY
    too_large = Unreadable(413, f"The body is larger than {most:,} bytes.")
    if declared is not None and declared > most:
        raise too_large
    body, size = _spooled(environ["wsgi.input"], too_large)
    if declared is not None and size < declared:
        raise Unreadable(400, "The body breaks off before its Content-Length.")
    body.seek(0)
    environ["wsgi.input"], environ["CONTENT_LENGTH"] = body, str(size)


def _refuse_body(
    environ: dict[str, Any], start_response: Callable[..., Any], error: Unreadable
) -> Iterable[bytes]:
    if environ.get("PATH_INFO", "").startswith("/api/"):
        shown = problem(error.status, str(error))
        response: HttpResponse = JsonResponse(shown, content_type=CONTENT_TYPE)
    else:
        response = HttpResponse(f"{error}\n", content_type="text/plain; charset=utf-8")
    # The rest of the body stays unread, so the connection cannot be reused.
    response["Connection"] = "close"
    response["Content-Length"] = str(len(response.content))
    start_response(f"{error.status} {HTTPStatus(error.status).phrase}", list(response.items()))
    return [response.content]
