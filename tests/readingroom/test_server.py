"""The product behind its own server: two workers, and requests as clients really send them."""

import json
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

import pytest

pytestmark = pytest.mark.xdist_group("processes")
HEAD, END = b"HTTP/1.1 ", b"\r\n\r\n"


class Room:
    """A room of its own, and its first reader, who has signed in."""

    def __init__(self, url, name, password):
        self.url, self.host, self.port = url, urlsplit(url).hostname, urlsplit(url).port
        self.cookies = CookieJar()
        self.browser = build_opener(HTTPCookieProcessor(self.cookies))
        self.form("/sign-in/", username=name, password=password)

    def form(self, path, **fields):
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.page(path))[1]
        sent = urlencode({"csrfmiddlewaretoken": token} | fields).encode()
        return self.browser.open(f"{self.url}{path}", sent)

    def page(self, path):
        return self.browser.open(f"{self.url}{path}").read().decode()

    def me(self):
        return json.loads(self.page("/api/v1/me"))

    def notes(self):
        return [note["body"] for note in json.loads(self.page("/api/v1/notes"))["results"]]

    @property
    def csrf(self):
        return next(each.value for each in self.cookies if each.name == "csrftoken")

    def send(self, method, path, body, *more, version="1.1", kind="application/json"):
        """Send bytes as they are, as this reader; return the status and what else was answered."""
        cookies = "; ".join(f"{each.name}={each.value}" for each in self.cookies)
        lines = [
            f"{method} {path} HTTP/{version}", f"Host: {self.host}:{self.port}",
            "Connection: close", f"Cookie: {cookies}", f"X-CSRFToken: {self.csrf}",
            f"Content-Type: {kind}", *more,
        ]  # fmt: skip
        with socket.create_connection((self.host, self.port), timeout=30) as connection:
            connection.sendall("\r\n".join(lines).encode() + END + body)
            answered = b"".join(iter(lambda: connection.recv(65_536), b""))
        return int(answered.split(b" ", 2)[1]), answered.decode(errors="replace")

    def stream(self, method, path, body, kind="application/json"):
        """Send a body in chunks of a few bytes, and no length."""
        parts = [body[at : at + 7] for at in range(0, len(body), 7)]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
        return self.send(method, path, chunks + b"0" + END, "Transfer-Encoding: chunked", kind=kind)


@pytest.fixture(scope="module")
def room(served):
    return Room(*served[1])


def test_streamed_change_is_made(room):
    status, _ = room.stream("PATCH", "/api/v1/me", b'{"time_zone": "Asia/Tokyo"}')

    assert status == 200
    assert room.me()["time_zone"] == "Asia/Tokyo"


def test_streamed_note_is_kept(room):
    status, _ = room.stream("POST", "/api/v1/notes", b'{"issue": 1, "body": "Streamed"}')

    assert status == 201
    assert "Streamed" in room.notes()


@pytest.mark.full
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_streamed_form_is_taken(room, kind):
    fields = {"kind": "note", "body": f"By a form, {kind}", "quote": ""}
    body = urlencode(fields).encode()
    if kind.startswith("multipart"):
        kind += "; boundary=edge"
        parts = [
            f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        body = ("".join(parts) + "--edge--\r\n").encode()
    status, answered = room.stream("POST", "/notes/new/1/", body, kind)

    assert status == 302, answered
    assert fields["body"] in room.notes()


def test_streamed_form_of_the_admin_is_taken(room):
    status, answered = room.stream(
        "POST",
        "/admin/catalog/category/add/",
        b"name=Streamed",
        "application/x-www-form-urlencoded",
    )

    assert status == 302, answered
    categories = json.loads(room.page("/api/v1/categories"))["results"]
    assert "Streamed" in [each["name"] for each in categories]


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'{"time_zone": '])
def test_streamed_body_that_is_no_object_is_refused(room, body):
    assert room.stream("PATCH", "/api/v1/me", body)[0] == 400


def test_streamed_body_beyond_the_limit_is_413(room):
    body = b'{"time_zone": "%b"}' % (b"x" * 3_000_000)
    chunk = b"%x\r\n%b\r\n0" % (len(body), body)

    status, answered = room.send("PATCH", "/api/v1/me", chunk + END, "Transfer-Encoding: chunked")

    assert status == 413
    assert "application/problem+json" in answered


def test_change_without_a_length_over_http_1_0_is_refused(room):
    # There the body ends with the connection, which a server cannot tell from a lost one.
    status, _ = room.send("PATCH", "/api/v1/me", b'{"time_zone": "UTC"}', version="1.0")

    assert status == 400


def test_limit_holds_over_all_workers(room):
    def status(_):
        try:
            with urlopen(f"{room.url}/api/v1/categories", timeout=30) as answered:
                return answered.status
        except HTTPError as error:
            return error.code if "Retry-After" in error.headers else "no Retry-After"

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(status, range(200)))

    assert {number: statuses.count(number) for number in set(statuses)} == {200: 60, 429: 140}
