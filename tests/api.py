"""Asking the API in tests, and judging its answers."""

import json
import re
from contextlib import contextmanager

from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.access.tokens import make_token


class Api:
    """A program that asks with a token of a reader, or with none."""

    def __init__(self, user=None, scopes=("read", "write", "notes")):
        self.client = Client()
        self.headers = {}
        if user:
            secret = make_token(user, "A program", scopes)[1]
            self.headers["Authorization"] = f"Bearer {secret}"

    def ask(self, method, address, body=None, **headers):
        """Ask with a body as JSON, or with one that is text already."""
        given = {}
        if body is not None:
            text = body if isinstance(body, str) else json.dumps(body)
            given = {"data": text, "content_type": "application/json"}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.generic(
            method, f"/api/v1/{address}", **given, headers=self.headers | named
        )

    def get(self, address, **headers):
        return self.ask("GET", address, **headers)

    def put(self, address, body=None, **headers):
        return self.ask("PUT", address, body, **headers)

    def post(self, address, body=None, **headers):
        return self.ask("POST", address, body, **headers)

    def patch(self, address, body=None, **headers):
        return self.ask("PATCH", address, body, **headers)

    def delete(self, address, **headers):
        return self.ask("DELETE", address, **headers)


def filled(body, things):
    """Return a body with `{issue}` and the like put in, as what they stand for."""
    if isinstance(body, dict):
        return {name: filled(value, things) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(value, things) for value in body]
    if isinstance(body, str):
        if whole := re.fullmatch(r"\{(\w+)\}", body):
            return things[whole[1]]
        return re.sub(r"\{(\w+)\}", lambda found: str(things[found[1]]), body)
    return body


@contextmanager
def undone():
    """Take back what happens inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def is_problem(response, status):
    """Hold an answer to the one shape of all errors, and return it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    found = response.json()
    assert found["status"] == status
    assert found["type"] == "about:blank"
    assert found["title"]
    assert found["detail"]
    return found


def described(shape, value):
    """Tell whether a serializer describes just what was answered."""
    read = shape(data=value)
    assert read.is_valid(), read.errors
    return True


def queries(api, address):
    """Count the queries of an answer, beyond noting when its token was used first."""
    api.get(address)
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        assert api.get(address).status_code == 200
    return len(captured)
