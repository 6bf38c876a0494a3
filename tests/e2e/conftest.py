"""A real browser on a real server, over the bundled catalog."""

import os
import sqlite3
from importlib import import_module
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test import Client

from accounts.models import User
from catalog.desk.fits import fits
from catalog.interchange import formats
from catalog.loading.loader import load
from readingroom.quickstart import BUNDLED_CATALOG
from tests import machine
from tests.e2e.slow_network import SlowNetwork
from tests.factories import make_user

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SECRET = "a long enough secret"
AXE = Axe().axe_script


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name == "e2e":
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser():
    # Playwright runs a loop of its own beside Django's synchronous calls, to the session's end.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    from playwright.sync_api import expect, sync_playwright

    # As long as every act may take: a busy machine is slow to show what it does.
    expect.set_options(timeout=30_000)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=machine.chromium(), args=ARGUMENTS)
        yield running
        running.close()


def fill():
    # The end of an earlier test has emptied every table, of what migrations wrote as well.
    apps = MigrationLoader(connection).project_state().apps
    migration = SimpleNamespace(connection=connection)
    import_module("accounts.migrations.0002_curators").add_group(apps, migration)
    import_module("accounts.migrations.0006_curators_desk").add_permissions(apps, migration)
    document, _ = formats.read(BUNDLED_CATALOG.read_bytes())
    load(document, source="bundled")
    make_user(username="reader", password=SECRET)


@pytest.fixture(scope="session")
def filled_room():
    """The result of `fill`, on SQLite; copying it takes a hundredth of the time."""
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    yield copy
    copy.close()


@pytest.fixture
def room(live_server, transactional_db, filled_room):
    """The address of a server with the bundled catalog and one reader."""
    # A copy has the ids and times of the room before, by which what is fitted is kept.
    fits.clear()
    connection.ensure_connection()
    if connection.vendor != "sqlite":
        fill()
    elif filled_room.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        filled_room.backup(connection.connection)
    else:
        fill()
        connection.connection.backup(filled_room)
    return live_server.url


@pytest.fixture
def latency(request):
    """The milliseconds that a request and its answer spend on the network; parametrised."""
    return getattr(request, "param", 0)


@pytest.fixture
def address(room, latency):
    """The address at which the browser finds the room: with latency, that of a slow network."""
    if not latency:
        yield room
        return
    network = SlowNetwork(urlsplit(room).port, latency / 2000)
    yield f"http://127.0.0.1:{network.start()}"
    network.stop()


@pytest.fixture
def open_page(browser, address):
    """Open a page in a new window: `open_page(width, scheme, signed_in, javascript)`."""
    contexts = []

    def open_window(width=1280, scheme="light", signed_in=True, javascript=True):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme,
            java_script_enabled=javascript, base_url=address,
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on(
            "console",
            lambda said: page.complaints.append(said.text) if said.type == "error" else None,
        )
        if signed_in:
            session = Client()
            session.force_login(User.objects.get(username="reader"))
            key = session.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": address}]
            )
        return page

    yield open_window
    for context in contexts:
        context.close()


def sign_in(page):
    page.goto("/sign-in/")
    page.get_by_label("Name").fill("reader")
    page.get_by_label("Password").fill(SECRET)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def axe(page, name, part=None):
    """Return the axe violations of a page or a part of it, one line per rule."""
    # Of what repeats a few are enough: it saves minutes. Clusters of a kind of their own stay.
    page.evaluate(
        "document.querySelectorAll('.card ~ .card ~ .card ~ .card,"
        " .cluster ~ .cluster ~ .cluster ~ .cluster:not(.loose, .cluster-no-landmark)')"
        ".forEach(e => e.remove())"
    )
    # Only what is wrong is handed over: a report of all that is right is slow to send.
    page.evaluate(AXE)
    found = page.evaluate(
        "([part, options]) => axe.run(part ?? document, options).then(told => told.violations)",
        [part, {"resultTypes": ["violations"]}],
    )
    return [
        f"{name}: {each['id']}: {[node['html'][:120] for node in each['nodes'][:2]]}"
        for each in found
    ]
