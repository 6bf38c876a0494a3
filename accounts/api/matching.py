"""Writes over a version: `If-Match: "3"`, refused where it is another now."""

import re

from django.utils.http import parse_etags
from rest_framework.request import Request

from catalog.rest.problems import Problem

# On its way through a gzip a strong ETag is made weak; the version is the same.
TAG = re.compile(r'(?:W/)?"([0-9]{1,18})"')


def version_meant(request: Request, current: int) -> int:
    """Return the version that a write is over: `current` if that is named, or any is (`*`).

    Raises Problem where none is named.
    """
    header = request.headers.get("If-Match")
    if header is None:
        detail = 'Name the version that you change, as its ETag has it: If-Match: "3".'
        raise Problem(428, detail)
    tags = parse_etags(header)
    versions = {int(match[1]) for tag in tags if (match := TAG.fullmatch(tag))}
    if "*" in tags or current in versions:
        return current
    # One that no note has had, where what is named is no version.
    return max(versions, default=0)


def strong(version: int) -> str:
    return f'"{version}"'


def tag_for(request: Request, version: int) -> str:
    """Return the ETag of a version, weak where that is how the client has it from a gzip."""
    weak = f"W/{strong(version)}"
    asked = parse_etags(request.headers.get("If-None-Match", ""))
    return weak if weak in asked else strong(version)
