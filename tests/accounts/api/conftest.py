import json

import pytest
from django.test import Client

from accounts.tokens import make_token
from tests.factories import make_user


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


@pytest.fixture
def user(db):
    return make_user(time_zone="Europe/Paris")


@pytest.fixture
def api(user):
    return Api(user)


@pytest.fixture
def other(db):
    """The program of another reader."""
    return Api(make_user())
