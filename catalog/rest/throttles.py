"""How often one may ask: by reader, and by what the request needs."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class ScopeThrottle(SimpleRateThrottle):
    """Counts a reader's requests of each scope, and those of a stranger by address."""

    scope = "read"

    def get_cache_key(self, request: Request, view: Any) -> str:
        if request.user and request.user.is_authenticated:
            return f"throttle:{self.scope}:{request.user.pk}"
        return f"throttle:anon:{self.get_ident(request)}"

    def allow_request(self, request: Request, view: Any) -> bool:
        is_known = request.user and request.user.is_authenticated
        self.scope = view.scope_of(request.method or "GET") if is_known else "anon"
        self.rate = self.get_rate()
        self.num_requests, self.duration = self.parse_rate(self.rate)
        return bool(super().allow_request(request, view))
