"""Bodies are read whole or refused; what a server hands over without a length is not empty."""

import io
import json

import pytest

from readingroom.bodies import with_whole_bodies
from tests.readingroom.api_world import served

pytestmark = pytest.mark.usefixtures("_small_limits")


@pytest.fixture
def _small_limits(settings):
    settings.LARGEST_BODY = 1_000


def ask(body=b"", *, path="/", **environ):
    """Send a body as a WSGI server hands it over, and return (status, headers, content, seen)."""
    seen = {}

    def application(environ, start_response):
        if length := environ.get("CONTENT_LENGTH"):
            seen["body"] = environ["wsgi.input"].read(int(length))
        seen.update(environ)
        start_response("200 OK", [])
        return [b"done"]

    told = {}

    def start_response(status, headers):
        told.update(status=int(status[:3]), headers=dict(headers))

    given = {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True, "PATH_INFO": path}
    content = b"".join(with_whole_bodies(application)(given | environ, start_response))
    return told["status"], told["headers"], content, seen


def test_chunked_body_gets_a_length():
    status, _, _, seen = ask(b"x" * 1_000, HTTP_TRANSFER_ENCODING="chunked")

    assert status == 200
    assert (seen["CONTENT_LENGTH"], seen["body"]) == ("1000", b"x" * 1_000)
    assert "HTTP_TRANSFER_ENCODING" not in seen


def test_body_without_any_header_about_it_gets_a_length():
    # As over HTTP/2, where the frames say where a body ends.
    assert ask(b"one")[3]["body"] == b"one"


def test_empty_body_has_the_length_0():
    assert ask()[3]["CONTENT_LENGTH"] == "0"


@pytest.mark.parametrize(
    ("size", "environ"),
    [(1_001, {"HTTP_TRANSFER_ENCODING": "chunked"}), (1_001, {}), (0, {"CONTENT_LENGTH": "1001"})],
)
def test_body_that_is_too_large_is_413(size, environ):
    status, headers, content, seen = ask(b"x" * size, path="/api/v1/me", **environ)

    assert (status, seen) == (413, {})
    assert headers["Content-Type"] == "application/problem+json"
    assert json.loads(content)["detail"] == "The body is larger than 1,000 bytes."
    assert headers["Connection"] == "close"


def test_refusal_of_a_page_is_plain_text():
    status, headers, content, _ = ask(b"x" * 1_001)

    assert (status, headers["Content-Type"]) == (413, "text/plain; charset=utf-8")
    assert content == b"The body is larger than 1,000 bytes.\n"


def test_body_that_breaks_off_is_400():
    assert ask(b"body=half a no", CONTENT_LENGTH="200")[0] == 400


@pytest.mark.parametrize("length", ["-1", "abc", "1_0", "²"])
def test_length_that_is_no_number_is_400(length):
    assert ask(b"one", CONTENT_LENGTH=length)[0] == 400


def test_server_that_does_not_mark_the_end_of_a_body_gets_411():
    status, _, _, seen = ask(
        b"one", HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input_terminated": False}
    )

    assert (status, seen) == (411, {})


def test_server_that_does_not_mark_the_end_of_a_body_is_believed_about_its_length():
    _, _, _, seen = ask(b"one and more", CONTENT_LENGTH="3", **{"wsgi.input_terminated": False})

    assert seen["body"] == b"one"


def test_other_transfer_coding_is_501():
    assert ask(b"one", HTTP_TRANSFER_ENCODING="gzip, chunked")[0] == 501


@pytest.mark.django_db
def test_the_product_is_served_so():
    told = []
    environ = {
        "REQUEST_METHOD": "PATCH", "PATH_INFO": "/api/v1/me", "SERVER_NAME": "localhost",
        "SERVER_PORT": "80", "wsgi.input": io.BytesIO(b"x" * 1_001), "wsgi.input_terminated": True,
        "wsgi.url_scheme": "http",
    }  # fmt: skip
    with served() as application:
        list(application(environ, lambda status, headers: told.append(status)))

    assert told == ["413 Content Too Large"]
