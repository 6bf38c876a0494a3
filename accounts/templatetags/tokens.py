"""Descriptions of token scopes."""

from collections.abc import Iterable

from django import template

from accounts.models import FEEDS
from catalog.rest.access import SCOPES

register = template.Library()
SCOPE_WORDS = SCOPES | {FEEDS: "read feeds by their address"}


@register.filter
def scope_words(scopes: Iterable[str]) -> str:
    """Return the descriptions of a token's scopes, in their usual order."""
    given = set(scopes)
    return "; ".join(words for scope, words in SCOPE_WORDS.items() if scope in given)
