"""A digest of the OpenAPI document, one line per fact, stored in `openapi.txt`.

Regenerate it with `uv run python -m tests.readingroom.api_digest`. Every difference is a change of
the API and needs a line in CHANGELOG.md.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

KEPT = Path(__file__).with_name("openapi.txt")


def digest(document: dict[str, Any]) -> str:
    """Return each operation with its parameters, bodies and answers, and then each shape."""
    lines: list[str] = []
    for path, operations in sorted(document["paths"].items()):
        for method, operation in sorted(operations.items()):
            lines += [*_operation(method, path, operation), ""]
    for name, schema in sorted(document["components"]["schemas"].items()):
        lines += [*_shape(name, schema), ""]
    return "\n".join(lines)


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"{method.upper()} {path} ({operation['operationId']}, {operation['x-scope']})"
    for each in operation.get("parameters", ()):
        yield f"  {each['in']} {each['name']}{_mark(each.get('required'))} {_kind(each['schema'])}"
    if "requestBody" in operation:
        for media, content in operation["requestBody"]["content"].items():
            required = _mark(operation["requestBody"].get("required"))
            yield f"  takes{required} {media} {_kind(content['schema'])}"
    problems = []
    for status, answer in sorted(operation["responses"].items()):
        content = answer.get("content", {})
        if "application/problem+json" in content:
            problems.append(status)
        elif not content:
            yield f"  {status}"
        for media, each in content.items():
            if media != "application/problem+json":
                yield f"  {status} {media} {_kind(each['schema'])}"
    yield f"  problems {' '.join(problems)}"


def _shape(name: str, schema: dict[str, Any]) -> Iterator[str]:
    if "properties" not in schema:
        yield f"{name} {_kind(schema)}"
        return
    yield name
    required = schema.get("required", ())
    for field, kind in schema["properties"].items():
        yield f"  {field}{_mark(field in required)} {_kind(kind)}"


def _mark(is_required: Any) -> str:
    return "" if is_required else "?"


def _kind(schema: dict[str, Any]) -> str:
    """Return a schema in a few words: `[IssueShape]`, `integer|null 0..5`, `read|queued`."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    for name in ("oneOf", "anyOf"):
        if name in schema:
            return "|".join(map(_kind, schema[name]))
    if "allOf" in schema:
        return "&".join(map(_kind, schema["allOf"]))
    if "enum" in schema:
        return "|".join("null" if each is None else str(each) for each in schema["enum"])
    kind = schema.get("type", "anything")
    words = "|".join(kind) if isinstance(kind, list) else str(kind)
    if "items" in schema:
        words = words.replace("array", f"[{_kind(schema['items'])}]")
    elif isinstance(more := schema.get("additionalProperties"), dict):
        words = f"{{{_kind(more)}}}"
    elif "properties" in schema:
        inner = (f"{name} {_kind(each)}" for name, each in schema["properties"].items())
        words = f"{{{', '.join(inner)}}}"
    bounds = [
        f"{name} {schema[name]}"
        for name in (
            "format", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems",
            "pattern",
        )
        if name in schema
    ]  # fmt: skip
    return " ".join([words, *bounds])


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()
    from drf_spectacular.generators import SchemaGenerator

    KEPT.write_text(digest(SchemaGenerator().get_schema(request=None, public=True)))
