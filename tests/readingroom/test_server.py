"""The product behind its own server: two workers, and requests as clients really send them."""

import json
import os
import re
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pytest

from tests.machine import manage
from tests.nonempty import some
from tests.servers import free_port, is_refused, quickstart, serving, wait_for

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
def served(tmp_path_factory):
    """A data folder that was empty when its server started, and (URL, name, password) of it."""
    # A server takes seconds to set up and to answer, so all tests that only send requests share
    # one. One of them names another host, which is logged.
    data = tmp_path_factory.mktemp("served")
    words = ("--host", "127.0.0.2", "--username", "ada")
    with serving(data, *words, warns="evil.example.org", READINGROOM_PUBLIC="1") as (_, welcome):
        wait_for(f"{welcome[1]}/sign-in/")
        yield data, welcome.groups()


@pytest.fixture(scope="module")
def room(served):
    return Room(*served[1])


# Start and end


def test_it_serves_the_account_that_was_asked_for_with_the_printed_password(served):
    data, (url, name, password) = served
    assert name == "ada"
    browser = build_opener(HTTPCookieProcessor(cookies := CookieJar()))
    form = browser.open(f"{url}/sign-in/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
    sent = {"csrfmiddlewaretoken": token, "username": name, "password": password}
    home = browser.open(f"{url}/sign-in/", urlencode(sent).encode())

    assert home.url == f"{url}/"
    page = home.read().decode()
    assert "Interconnects" in page
    [session] = [cookie for cookie in cookies if cookie.name == "sessionid"]
    assert session.has_nonstandard_attr("HttpOnly")
    assert session.get_nonstandard_attr("SameSite") == "Lax"
    assert not session.secure
    # Static files have the hash of their content for a name, and come compressed.
    stylesheet = re.search(r'href="(/static/css/[^"]+\.[0-9a-f]{12}\.css)"', page)[1]
    answer = urlopen(Request(f"{url}{stylesheet}", headers={"Accept-Encoding": "gzip"}))
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "immutable" in answer.headers["Cache-Control"]
    assert not any(
        password.encode() in path.read_bytes() for path in data.rglob("*") if path.is_file()
    )


def test_modules_import_the_files_that_their_page_preloads(room):
    page = room.page("/")
    scripts = [found for found in re.findall(r"<script[^>]+>", page) if 'type="module"' in found]

    for script in some(scripts):
        path = re.search(r'src="(/static/js/[^"]+\.[0-9a-f]{12}\.js)"', script)[1]
        answer = room.browser.open(f"{room.url}{path}")
        assert answer.headers["Content-Type"].startswith("text/javascript")
        for imported in re.findall(r'\bimport\b[^;]*"(\.[^"]+)";', answer.read().decode()):
            assert urljoin(path, imported) in page
            assert room.browser.open(f"{room.url}{urljoin(path, imported)}").status == 200


@pytest.mark.full
@pytest.mark.parametrize("ends_by", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_at_any_moment(unclaimed, ends_by):
    with serving(unclaimed, ends_by=ends_by):
        pass


@pytest.mark.full
def test_it_answers_to_the_name_it_is_served_at_and_to_no_other(served):
    _, (url, *_) = served
    assert urlsplit(url).hostname == "127.0.0.2"
    with urlopen(f"{url}/sign-in/") as answer:
        assert answer.status == 200
    with pytest.raises(URLError, match="400"):
        urlopen(Request(f"{url}/sign-in/", headers={"Host": "evil.example.org"}))


@pytest.mark.full
def test_a_second_one_does_not_take_the_port_of_the_first(served):
    data, (url, *_) = served

    second = quickstart(data, "--host", "127.0.0.2", "--port", str(urlsplit(url).port))

    assert is_refused(second, "in use")


@pytest.mark.full
def test_workers_do_not_outlive_a_server_that_was_killed(unclaimed):
    server = manage(
        "quickstart", "--port", str(port := free_port()), data=unclaimed, runs=subprocess.Popen
    )
    server.stdout.readline()
    wait_for(f"http://127.0.0.1:{port}/sign-in/")
    os.kill(server.pid, signal.SIGKILL)
    # The workers hold on to the pipes: both end when the last worker does.
    server.communicate(timeout=20)

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


# Requests


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
