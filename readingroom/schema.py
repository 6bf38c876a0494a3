"""Parts of the OpenAPI document common to all endpoints: errors, scopes and tokens."""

import json
import re
from functools import cache
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.access import catalog_page
from catalog.rest.access import SCOPES
from catalog.rest.problems import CONTENT_TYPE, TITLES
from catalog.rest.versions import weak
from catalog.rest.views import Endpoint

_SENTENCE = re.compile(r"(?<=\.)\s|[:;]\s|\n")
_PROBLEM = {
    "type": "object",
    "description": "An error, as RFC 9457 has it.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["about:blank"]},
        "title": {"type": "string", "examples": ["Something given is not valid"]},
        "status": {"type": "integer", "examples": [422]},
        "detail": {"type": "string", "examples": ["Some of what was given is not valid."]},
        "current": {"type": "object", "description": "With 412: what stands now."},
        "errors": {
            "type": "array",
            "description": "What is wrong, each with the field or the parameter at fault.",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "detail": {"type": "string"},
                    "field": {"type": "string"},
                    "parameter": {"type": "string"},
                    "index": {"type": "integer"},
                },
            },
        },
    },
}


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.access.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        scopes = "; ".join(f"`{name}`: {words}" for name, words in SCOPES.items())
        return {
            "type": "http",
            "scheme": "bearer",
            "description": f"A token made on the page of your account. Scopes: {scopes}.",
        }


class Schema(Endpoint):
    """The OpenAPI document, for whoever may read the catalog: to others the room says nothing."""

    is_catalog = True

    def version(self, request: Request) -> str:
        # Weak: what is sent is zipped or not.
        return weak(_document()[1], _server(request))

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(_document()[0] | {"servers": [{"url": _server(request)}]})


@require_safe
@catalog_page
def docs(request: HttpRequest) -> HttpResponse:
    """Show the OpenAPI document as a page on which each request can be tried."""
    return render(request, "readingroom/api_docs.html")


@cache
def _document() -> tuple[dict[str, Any], str]:
    """Return the document with a digest of it; both are the same as long as the code is."""
    made = json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True)))
    return made, weak(made)


def _server(request: Request) -> str:
    """Return the address at which the API was asked, which a generated client takes for its own."""
    return request.build_absolute_uri("/").rstrip("/")


def complete(result: dict[str, Any], generator: Any, **_: Any) -> dict[str, Any]:
    """Add to each operation the errors that it may answer with, and the scope that it needs."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    views = {
        (path, method.lower()): callback.cls()
        for path, _, method, callback in generator.endpoints or ()
    }
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            view = views.get((path, method))
            _complete(operation, path, method, view)
    return result


def _complete(operation: dict[str, Any], path: str, method: str, view: Any) -> None:
    scope = view.scope_of(method.upper()) if view else "read"
    operation["x-scope"] = scope
    words = [operation.get("description", "").rstrip(), f"Scope: `{scope}`."]
    # The summary of an operation in lists.
    operation.setdefault("summary", _SENTENCE.split(words[0], maxsplit=1)[0].removesuffix("."))
    if view and (view.is_open or (view.is_catalog and method == "get")):
        operation["security"] = [*operation.get("security", ()), {}]
        words.append("" if view.is_open else "Open to everyone where the catalog is.")
    operation["description"] = "\n\n".join(filter(None, words))
    if operation.get("requestBody") and method in ("put", "patch"):
        # A change of nothing is an empty object; no body at all is refused.
        operation["requestBody"]["required"] = True
    if method == "get" and getattr(view, "has_etag", False):
        operation["responses"].setdefault("304", {"description": "What you have still stands."})
    errors = {401, 403, 404, 405, 406, 422, 429, *getattr(view, "errors", ())}
    for status in sorted(errors | ({400, 413, 415} if operation.get("requestBody") else set())):
        operation["responses"].setdefault(
            str(status),
            {
                "description": TITLES[status],
                "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        )
