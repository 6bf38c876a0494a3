"""Tokens for programs: named, limited to scopes, shown once, stored as digests."""

import datetime
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth import get_user_model
from django.db import OperationalError, connection, models, transaction
from django.utils import timezone

from accounts.models import FEEDS, PREFIX, Token, digest
from accounts.requests import REPEATED

MOST_TOKENS = 50
# The last use is noted no more often than this: reading is not to cost a write each time.
NOTED_EVERY = datetime.timedelta(minutes=5)


class TooManyTokens(ValueError):
    """The reader has the maximum number of tokens."""


def make_token(
    user: Any, name: str, scopes: Iterable[str], expires_at: datetime.datetime | None = None
) -> tuple[Token, str]:
    """Create a token; return it with its secret, which is not stored.

    Raise TooManyTokens.
    """
    with transaction.atomic():
        # One reader's makings queue up, so that each is counted before the next.
        get_user_model().objects.select_for_update().get(pk=user.pk)
        if Token.objects.of(user).standing().count() >= MOST_TOKENS:
            raise TooManyTokens(f"There are {MOST_TOKENS} tokens already; revoke one.")
        secret = PREFIX + secrets.token_urlsafe(30)
        token = Token.objects.create(
            user=user, name=name, digest=digest(secret), hint=secret[:8],
            scopes=sorted(set(scopes)), expires_at=expires_at,
        )  # fmt: skip
    return token, secret


def make_token_once(
    user: Any, name: str, scopes: Iterable[str], expires_at: datetime.datetime | None = None
) -> tuple[Token, str]:
    """Create a token like `make_token`, replacing an equal one that was created a moment ago.

    If a form is sent twice, the browser shows only the second response, and a secret is shown once;
    an unused token with the same name and scopes is therefore revoked. Raise TooManyTokens.
    """
    with transaction.atomic():
        get_user_model().objects.select_for_update().get(pk=user.pk)
        since = timezone.now() - REPEATED
        like = Token.objects.of(user).standing().filter(name=name, created_at__gt=since)
        for token in like.filter(last_used_at=None):
            if token.scopes == sorted(set(scopes)):
                revoke_token(user, token.pk)
        return make_token(user, name, scopes, expires_at)


def revoke_token(user: Any, pk: int) -> Token:
    """Revoke a token; revoking it again changes nothing. Raise Token.DoesNotExist."""
    mine = Token.objects.of(user).filter(pk=pk)
    mine.standing().update(revoked_at=timezone.now())
    return mine.get()


def token_of(secret: str) -> Token | None:
    """Return the usable token with this secret, and note that it has been used."""
    found = Token.objects.usable().select_related("user").filter(digest=digest(secret)).first()
    if found:
        _note_use(found)
    return found


def feed_token_of(secret: str) -> Token | None:
    """Return the usable token with this secret, as an address of a feed has it."""
    found = token_of(secret)
    return found if found and FEEDS in found.scopes else None


def _note_use(token: Token) -> None:
    now = timezone.now()
    earlier = now - NOTED_EVERY
    if token.last_used_at is None or token.last_used_at < earlier:
        unnoted = models.Q(last_used_at=None) | models.Q(last_used_at__lt=earlier)
        try:
            with _without_waiting():
                Token.objects.filter(unnoted, pk=token.pk).update(last_used_at=now)
        except OperationalError:
            # Another writer is active. Readers need not wait for it; the next use is recorded.
            return
        token.last_used_at = now


@contextmanager
def _without_waiting() -> Iterator[None]:
    """Make SQLite fail at once instead of waiting for a lock; a load may hold it for a minute."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        (usual,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(usual)}")
