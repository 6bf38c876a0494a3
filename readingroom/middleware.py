"""Cross-origin requests (CORS): which other websites may use the API and the feeds."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

_FEEDS = (".atom", ".json", ".opml")
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match"
    ),
    "Access-Control-Max-Age": "86400",
}
_EXPOSED = "Content-Disposition, ETag, Link, Location, Retry-After, WWW-Authenticate"


def cross_origin(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Allow the origins in `CORS_ORIGINS` to use the API and the feeds, with a token only.

    `Access-Control-Allow-Credentials` is never sent, so a browser never adds the session cookie.
    A preflight request, which carries no token, is answered here.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not settings.CORS_ORIGINS or not _is_shared(request.path_info):
            return get_response(request)
        origin = request.headers.get("Origin", "")
        allowed = origin if origin in settings.CORS_ORIGINS else ""
        if "*" in settings.CORS_ORIGINS:
            allowed = "*"
        is_preflight = (
            request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        )
        if allowed and is_preflight:
            response: HttpResponseBase = HttpResponse(status=204, headers=_PREFLIGHT)
        else:
            response = get_response(request)
        if allowed:
            response["Access-Control-Allow-Origin"] = allowed
            response["Access-Control-Expose-Headers"] = _EXPOSED
        if allowed != "*":
            patch_vary_headers(response, ("Origin",))
        return response

    return middleware


def _is_shared(path: str) -> bool:
    return path.startswith("/api/v1/") or path.endswith(_FEEDS)
