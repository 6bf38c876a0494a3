"""The parser of request bodies: strict JSON."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from django.conf import settings
from django.utils.http import parse_header_parameters
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

# Limit of digits in a number; no valid number of the API is longer.
_MOST_DIGITS = 20


class TooLarge(APIException):
    status_code = 413


class JSONParser(BaseParser):
    """Parses JSON in UTF-8; raises ParseError for invalid or deeply nested JSON.

    NaN and lone surrogates are errors too, because no response could contain them.
    """

    media_type = "application/json"
    # Size limit of a body in bytes; by default that of the settings.
    largest: int | None = None

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> Mapping[str, Any]:
        _, parameters = parse_header_parameters(media_type or "")
        if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8", "us-ascii"):
            raise UnsupportedMediaType(media_type or "", "JSON is read in UTF-8 alone.")
        limit = self.largest or settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        # The part of a body that is too large has no meaning.
        if len(body) > limit or int(stream.META.get("CONTENT_LENGTH") or 0) > limit:
            raise TooLarge(f"The body is larger than {limit:,} bytes.")
        found = _decoded(body)
        if not isinstance(found, dict):
            raise ParseError("The body is not a JSON object.")
        if b"\\u" in body:
            _refuse_halves(found)
        return found


def _decoded(body: bytes) -> Any:
    """Return the JSON value of a body; raise ParseError."""
    try:
        return json.loads(
            body.decode("utf-8"),
            parse_constant=_no_number,
            parse_int=_parse_integer,
            object_pairs_hook=_unique_members,
        )
    except UnicodeDecodeError as error:
        raise ParseError("The body is not UTF-8.") from error
    except RecursionError as error:
        raise ParseError("The JSON is nested too deep.") from error
    except ValueError as error:
        raise ParseError(f"The body is not JSON: {error}.") from error


def _refuse_halves(found: dict[str, Any]) -> None:
    """Refuse lone surrogates, which cannot be encoded, not even in an error message."""
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ParseError("The body holds half of a character (a lone surrogate).") from error
    except RecursionError as error:
        raise ParseError("The JSON is nested too deep.") from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _parse_integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number has {len(digits):,} digits")
    return int(digits)


def _unique_members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("an object has a key twice")
    return made
