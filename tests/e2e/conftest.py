"""A real browser on a real server, over the bundled catalog."""

import os

import pytest

from catalog import formats
from catalog.loader import load
from readingroom.quickstart import BUNDLED_CATALOG
from tests import machine
from tests.factories import make_user

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SECRET = "a long enough secret"


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.parent.name == "e2e":
            item.add_marker(pytest.mark.browser)
            # One worker runs them all, for each server and browser costs a second.
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def browser():
    # Playwright runs a loop of its own beside Django's synchronous calls, to the session's end.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=machine.chromium(), args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def room(live_server, transactional_db):
    """The address of a server with the bundled catalog and one reader."""
    document, _ = formats.read(BUNDLED_CATALOG.read_bytes())
    load(document, source="bundled")
    make_user(username="reader", password=SECRET)
    return live_server.url


@pytest.fixture
def open_page(browser, room):
    """Open a page in a new window: `open_page(width, scheme, signed_in, javascript)`."""
    contexts = []

    def open_window(width=1280, scheme="light", signed_in=True, javascript=True):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme,
            java_script_enabled=javascript, base_url=room,
        )  # fmt: skip
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on(
            "console",
            lambda said: page.complaints.append(said.text) if said.type == "error" else None,
        )
        if signed_in:
            sign_in(page)
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
