"""Versions of resources as ETags, and the headers that refer to them.

Compression on the way turns a strong ETag into a weak one; it still names the same version.
"""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.utils.http import parse_etags
from rest_framework.request import Request

from catalog.rest.problems import Problem
from catalog.slugs import ID_PATTERN

_ETAG = re.compile(rf'(?:W/)?"({ID_PATTERN})"')


def strong(version: int) -> str:
    return f'"{version}"'


def weak(*parts: Any) -> str:
    """Return the weak ETag of a resource that depends on these parts."""
    return f'W/"{sha256(repr(parts).encode()).hexdigest()[:32]}"'


def is_known(request: Request, etag: str) -> bool:
    """Return whether a client has the resource with this ETag, by weak comparison (RFC 9110)."""
    asked = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in asked or _opaque(etag) in map(_opaque, asked)


def version_meant(request: Request, current: int) -> int:
    """Return the version that a write is based on; `current` for a match or `*`.

    Raise Problem (428) if the request names none.
    """
    tags = parse_etags(request.headers.get("If-Match", ""))
    if not tags:
        detail = f"Name the version that you have seen, as its ETag: If-Match: {strong(current)}."
        raise Problem(428, detail)
    versions = {int(match[1]) for tag in tags if (match := _ETAG.fullmatch(tag))}
    if "*" in tags or current in versions:
        return current
    # A version that never existed, for invalid ETags.
    return max(versions, default=0)


def refuse_stale(request: Request, version: int, current: Callable[[], Any]) -> None:
    """Refuse a write without a version (428), or based on an old one (412)."""
    if version_meant(request, version) != version:
        raise moved_on(version, current())


def moved_on(version: int, current: Any) -> Problem:
    """Return the 412 for a write based on an old version, with the current one."""
    detail = f"Nothing was changed: version {version} stands now; it is “current”."
    return Problem(412, detail, current=current)


def _opaque(etag: str) -> str:
    return etag.removeprefix("W/")
