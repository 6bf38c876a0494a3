"""Every page is valid by the Nu Html Checker, which W3C runs as validator.w3.org/nu."""

import json
import os
import subprocess

import pytest
from django.urls import reverse

from tests.catalog.admin import test_matrix
from tests.readingroom import test_routes
from tests.readingroom.test_bidi import ASKED, READ, client_of, world  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.clients("vnu")]

# htmx's attributes are no part of HTML. SVG 2 allows `pathLength` on a circle, which the checker
# does not know yet.
IGNORED = ("Attribute “hx-", "Attribute “pathLength” not allowed on element “circle”")


def pages(world):  # noqa: F811
    """Yield (name, HTML) of every page of the reader's and of the curators' own."""
    client = client_of(world)
    for name in READ:
        where = reverse(name, args=[world[each] for each in test_routes.ROUTES[name].arguments])
        yield name, client.get(where, ASKED.get(name, {}))
    yield "404", client.get("/no-such-page/")
    for name, arguments in test_matrix.ROUTES:
        if name.startswith("desk:") or name in (
            "admin:catalog_issue_changelist",
            "admin:catalog_issue_change",
        ):
            yield name, client.get(test_matrix.address(world, name, arguments))


def test_every_page_is_valid(world, tmp_path):  # noqa: F811
    for name, response in pages(world):
        kind = response.headers["Content-Type"]
        if response.status_code in (200, 404) and kind.startswith("text/html"):
            html = response.content
            if not html.lstrip().lower().startswith(b"<!doctype"):
                # A part of a page, as htmx asks for it.
                html = b"<!doctype html><html lang=en><title>Part</title><body>" + html
            (tmp_path / f"{name.replace(':', '.')}.html").write_bytes(html)
    assert len(list(tmp_path.iterdir())) > 40

    command = ["java", "-jar", os.environ["VNU_JAR"], "--format", "json", "--exit-zero-always"]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=True)

    faults = {
        f"{message['url'].rpartition('/')[2]}: {message['message']} {message.get('extract', '')!r}"
        for message in json.loads(done.stderr)["messages"]
        if message["type"] == "error" and not message["message"].startswith(IGNORED)
    }
    assert sorted(faults) == []
