"""What addresses are made of."""

from django.urls import register_converter
from django.urls.converters import IntConverter, StringConverter


class SlugInAnyScript(StringConverter):
    """A slug of any script, without control characters: PostgreSQL takes no NUL.

    No slug has a dot, so that `/sitemap.xml` and its like are nobody's page.
    """

    regex = r"[^/.\x00-\x1f]+"


class Int64(IntConverter):
    """An id that a database can hold; a longer number is no address."""

    regex = "[0-9]{1,18}"


register_converter(SlugInAnyScript, "name")
register_converter(Int64, "int64")
