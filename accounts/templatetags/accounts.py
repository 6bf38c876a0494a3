"""Template tags about the reader."""

from django import template

from accounts.models import User

register = template.Library()


@register.filter
def initials(user: User) -> str:
    """Print a reader's initials, or the first two letters of the name they sign in with."""
    names = [name for name in (user.first_name, user.last_name) if name]
    return ("".join(name[0] for name in names) or user.username[:2]).upper()
