"""What a token may do, in words."""

from collections.abc import Iterable

from django import template

from accounts.models.tokens import FEEDS
from catalog.rest.access import SCOPES

register = template.Library()
SCOPE_WORDS = SCOPES | {FEEDS: "read feeds by their address"}


@register.filter
def scope_words(scopes: Iterable[str]) -> str:
    """Print what a token's scopes let it do, in the order in which they are offered."""
    given = set(scopes)
    return "; ".join(words for scope, words in SCOPE_WORDS.items() if scope in given)
