"""Access rules of the API: token scopes, curators' permissions, the public catalog."""

from typing import Any

from django.conf import settings
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

READ, WRITE, NOTES, CURATE = "read", "write", "notes", "curate"
SCOPES = {
    READ: "read the catalog and what you have read",
    WRITE: "record what you read, and your queue and views",
    NOTES: "read and write your notes",
    CURATE: "curate the catalog, as far as you may",
}


def has_scope(request: Request, scope: str) -> bool:
    """Return whether the token of a request has a scope; sessions have all scopes."""
    granted = getattr(request.auth, "scopes", None)
    return granted is None or scope in granted


class Access(BasePermission):
    """Allows readers with a session or a token of the scope, and everyone for public resources."""

    def has_permission(self, request: Request, view: Any) -> bool:
        is_read = request.method in SAFE_METHODS
        if not request.user.is_authenticated:
            if view.is_open or (view.is_catalog and is_read and settings.IS_PUBLIC):
                return True
            raise exceptions.NotAuthenticated
        scope = view.scope_of(request.method or "GET")
        if not has_scope(request, scope):
            raise exceptions.PermissionDenied(f"This token lacks the scope “{scope}”.")
        method = "GET" if request.method == "HEAD" else request.method
        if not request.user.has_perms(view.needs.get(method, ())):
            raise exceptions.PermissionDenied("This is for curators.")
        return True
