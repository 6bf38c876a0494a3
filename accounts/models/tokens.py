"""API and feed tokens."""

from hashlib import sha256
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

# A recognisable prefix, for finding leaked tokens in repositories and logs.
PREFIX = "rr_"

# Tokens in URLs end up in histories and logs; a token with this scope reads feeds only.
FEEDS = "feeds"


class TokenQuerySet(models.QuerySet["Token"]):
    def of(self, user: Any) -> Self:
        return self.filter(user=user)

    def standing(self) -> Self:
        """Leave out revoked tokens; expired ones are included."""
        return self.filter(revoked_at=None)

    def usable(self) -> Self:
        """Leave out tokens that are revoked or expired, or whose reader may not sign in."""
        now = timezone.now()
        still = models.Q(expires_at=None) | models.Q(expires_at__gt=now)
        return self.standing().filter(still, user__is_active=True)


class Token(models.Model):
    """A token of a reader; only a digest of the secret and its first characters are stored.

    The secret has 240 random bits, so a plain digest cannot be reversed.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = TokenQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


def digest(secret: str) -> str:
    return sha256(secret.encode(errors="replace")).hexdigest()
