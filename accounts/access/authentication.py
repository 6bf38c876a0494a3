"""How a program says for whom it acts: `Authorization: Bearer rr_…`."""

from typing import Any

from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from accounts.access.tokens import token_of
from accounts.models import FEEDS, Token


class TokenAuthentication(BaseAuthentication):
    """Signs a reader in for one request; a token that is wrong, expired or revoked is refused."""

    def authenticate(self, request: Request) -> tuple[Any, Token] | None:
        kind, _, secret = get_authorization_header(request).partition(b" ")
        if kind.lower() != b"bearer":
            return None
        token = token_of(secret.strip().decode("latin-1"))
        if token is None or FEEDS in token.scopes:
            raise exceptions.AuthenticationFailed("Unknown or revoked token.")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Reading Room"'
