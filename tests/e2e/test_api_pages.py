"""The pages for tokens, and the documentation of the API."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import Reading, Token
from catalog.models import Issue
from tests.e2e.conftest import axe


def make(page, address="/account/tokens/new/"):
    page.goto(address)
    page.get_by_label("Name").fill("Phone")
    page.get_by_role("button", name="Make it").click()
    page.wait_for_selector("#secret")
    return page.locator("#secret").text_content()


def test_a_token_is_made_copied_and_revoked(open_page):
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/account/")
    page.get_by_role("link", name="Tokens").click()
    page.get_by_role("link", name="Make a token").click()
    page.wait_for_url("**/account/tokens/new/")

    secret = make(page, page.url)
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()

    assert re.fullmatch(r"rr_[\w-]{40}", secret)
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.get_by_role("link", name="I have copied it").click()
    page.get_by_role("link", name="Revoke Phone").click()
    page.get_by_role("button", name="Revoke it").click()
    page.get_by_text("No token yet").wait_for()
    assert not Token.objects.standing().exists()
    assert not page.complaints


@pytest.mark.full
def test_a_secret_is_not_shown_again_by_going_back(open_page):
    page = open_page()
    secret = make(page)

    page.get_by_role("link", name="I have copied it").click()
    page.wait_for_url("**/account/tokens/")
    assert secret not in page.content()
    page.reload()
    assert secret not in page.content()


@pytest.mark.full
def test_tokens_do_without_javascript(open_page):
    page = open_page(javascript=False)
    assert re.fullmatch(r"rr_[\w-]{40}", make(page))
    expect(page.get_by_role("button", name="Copy")).to_be_hidden()


@pytest.mark.full
def test_pages_of_tokens_are_accessible(open_page):
    found = []
    for scheme, width in (("light", 1280), ("dark", 360)):
        page = open_page(width=width, scheme=scheme)
        make(page)
        found += axe(page, "made")
        make(page, "/account/tokens/new-feed/")
        found += axe(page, "made for feeds")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for address in ("/account/tokens/", "/account/tokens/new/"):
            page.goto(address)
            found += axe(page, address)
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.goto("/account/tokens/")
        page.get_by_role("link", name="Revoke").first.click()
        page.wait_for_url("**/revoke/")
        page.get_by_role("button", name="Revoke it").wait_for()
        found += axe(page, "revoke")
        assert not page.complaints
    assert not found


@pytest.mark.full
def test_the_description_shows_itself_and_sends_what_is_tried(open_page):
    issue = Issue.objects.first()
    page = open_page()
    elsewhere = []
    page.on(
        "request", lambda sent: elsewhere.append(sent.url) if "localhost" not in sent.url else 0
    )
    page.goto("/api/v1/docs")
    page.locator("#operations-issues-issues_list .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    page.locator(".live-responses-table .response-col_status", has_text="200").wait_for()

    page.reload()
    page.locator("#operations-issues-issue_reading_set .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_placeholder("issue", exact=True).fill(str(issue.pk))
    page.locator(".body-param textarea").fill('{"state": "queued"}')
    page.get_by_role("button", name="Execute").click()
    page.locator(".live-responses-table .response-col_status", has_text="200").wait_for()

    assert Reading.objects.get().issue == issue
    assert not page.complaints
    assert not [url for url in elsewhere if not url.startswith(("data:", "blob:"))]
