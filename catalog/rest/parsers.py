"""Bodies: JSON alone, and nothing in it that cannot be what it says."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from django.conf import settings
from django.utils.http import parse_header_parameters
from rest_framework.exceptions import APIException, ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

# No number of the API is as long as this.
_MOST_DIGITS = 20


class TooLarge(APIException):
    status_code = 413


class JSONParser(BaseParser):
    """Reads JSON in UTF-8; raises ParseError for what is none or nested too deep.

    Nor are NaN and half of a character taken, which JSON can write and nobody can answer with.
    """

    media_type = "application/json"
    # The most bytes that a body has; without it, what the settings say.
    largest: int | None = None

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> Mapping[str, Any]:
        _, parameters = parse_header_parameters(media_type or "")
        if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8", "us-ascii"):
            raise UnsupportedMediaType(media_type or "", "JSON is read in UTF-8 alone.")
        limit = self.largest or settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(limit + 1)
        # Of a body that is longer than it may be, what has been read tells nothing.
        if len(body) > limit or int(stream.META.get("CONTENT_LENGTH") or 0) > limit:
            raise TooLarge(f"The body is larger than {limit:,} bytes.")
        try:
            found: Any = json.loads(
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
        if not isinstance(found, dict):
            raise ParseError("The body is not a JSON object.")
        if b"\\u" in body:
            _refuse_halves(found)
        return found


def _refuse_halves(found: dict[str, Any]) -> None:
    """Refuse half of a character, which cannot be told back: not even in what is wrong with it."""
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
