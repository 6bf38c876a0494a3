"""Versions of what is written: as ETags, and in the headers that name one.

A gzip on the way makes a strong ETag weak; the version that it names is the same.
"""

import re
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.utils.http import parse_etags
from rest_framework.request import Request

from catalog.rest.problems import Problem

_ETAG = re.compile(r'(?:W/)?"([0-9]{1,18})"')


def strong(version: int) -> str:
    return f'"{version}"'


def weak(*parts: Any) -> str:
    """Return the ETag of what is the same as long as these parts are."""
    return f'W/"{sha256(repr(parts).encode()).hexdigest()[:32]}"'


def is_known(request: Request, etag: str) -> bool:
    """Tell whether a client has what this ETag is of, by weak comparison (RFC 9110)."""
    asked = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in asked or _opaque(etag) in map(_opaque, asked)


def version_meant(request: Request, current: int) -> int:
    """Return the version that a write is over: `current` if that is named, or any is (`*`).

    Raises Problem (428) where none is named.
    """
    tags = parse_etags(request.headers.get("If-Match", ""))
    if not tags:
        detail = f"Name the version that you have seen, as its ETag: If-Match: {strong(current)}."
        raise Problem(428, detail)
    versions = {int(match[1]) for tag in tags if (match := _ETAG.fullmatch(tag))}
    if "*" in tags or current in versions:
        return current
    # One that nothing has had, where what is named is no version.
    return max(versions, default=0)


def refuse_stale(request: Request, version: int, current: Callable[[], Any]) -> None:
    """Refuse a write that names no version (428), or not the one that stands (412)."""
    if version_meant(request, version) != version:
        raise moved_on(version, current())


def moved_on(version: int, current: Any) -> Problem:
    """Return the refusal of a write over a version that stands no more, with what stands."""
    detail = f"Nothing was changed: version {version} stands now; it is “current”."
    return Problem(412, detail, current=current)


def _opaque(etag: str) -> str:
    return etag.removeprefix("W/")
