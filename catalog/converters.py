"""Path converters."""

from django.urls import register_converter
from django.urls.converters import IntConverter, StringConverter

from catalog.slugs import ID_PATTERN


class SlugInAnyScript(StringConverter):
    """A slug in any script, without control characters (PostgreSQL rejects NUL) and without dots.

    Because of that, `/sitemap.xml` and the like never match a page.
    """

    regex = r"[^/.\x00-\x1f]+"


class Int64(IntConverter):
    """An id within the range of a database column."""

    regex = ID_PATTERN


register_converter(SlugInAnyScript, "name")
register_converter(Int64, "int64")
