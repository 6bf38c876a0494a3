"""Quick search in a browser: by keys alone, with the mouse, and as a plain form."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import User
from catalog.models import Issue
from tests.e2e.conftest import axe
from tests.e2e.variants import SCREENS
from tests.factories import make_note

DIALOG = "dialog.quick-dialog"


def wait_for_results(page, text):
    """Wait for what is found for exactly this text."""
    page.locator(f'#quick-list[data-text="{text}"]').wait_for()


def active(page):
    """Return the option that the box tells is current."""
    name = page.locator(".quick-input").get_attribute("aria-activedescendant")
    option = page.locator(f"#{name}")
    assert option.get_attribute("aria-selected") == "true"
    return option


@pytest.fixture
def page(open_page):
    """The page of an issue, which is quick to draw and has a field to type into."""
    page = open_page()
    page.goto(Issue.objects.first().get_absolute_url())
    return page


def test_by_keys_alone_one_finds_an_issue_and_lands_there(page):
    page.keyboard.press("/")
    expect(page.locator(".quick-input")).to_be_focused()
    page.keyboard.type("rewardbench retro")
    wait_for_results(page, "rewardbench retro")
    page.keyboard.press("ArrowDown")
    title = active(page).locator(".quick-title").inner_text()
    page.keyboard.press("Enter")

    expect(page.locator("h1")).to_have_text(title)
    assert "RewardBench" in title
    assert not page.complaints


@pytest.mark.parametrize("key", ["Control+k", pytest.param("Meta+k", marks=pytest.mark.full)])
def test_ctrl_k_goes_somewhere_from_within_a_field(page, key):
    page.locator("textarea[name=body]").focus()
    page.keyboard.press(key)
    page.locator(".quick-option", has_text="Library").wait_for()
    page.keyboard.type("progr")
    wait_for_results(page, "progr")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.wait_for_url("**/progress/")


def test_escape_closes_and_gives_the_focus_back(page):
    link = "main a"
    page.locator(link).first.focus()
    for close in ("Escape", "Tab"):
        page.keyboard.press("Control+k")
        page.locator(f"{DIALOG}[open]").wait_for()
        page.locator(".quick-option").first.wait_for()
        page.keyboard.press(close)
        expect(page.locator(DIALOG)).to_be_hidden()
        at = 0 if close == "Escape" else 1
        expect(page.locator(link).nth(at)).to_be_focused()


def test_a_slash_is_a_slash_while_typing_and_where_keys_are_off(page):
    page.locator("textarea[name=body]").focus()
    page.keyboard.type("and/or")
    assert page.locator("textarea[name=body]").input_value() == "and/or"
    expect(page.locator(DIALOG)).to_be_hidden()

    page.locator("textarea[name=body]").evaluate("node => node.blur()")
    page.evaluate("localStorage.setItem('reading-room-keys-off', '1')")
    page.keyboard.press("/")
    expect(page.locator(DIALOG)).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.locator(DIALOG)).to_be_visible()


@pytest.mark.full
def test_the_arrows_go_round_by_way_of_the_box(page):
    page.keyboard.press("/")
    page.keyboard.type("reward")
    wait_for_results(page, "reward")
    box = page.locator(".quick-input")
    assert box.get_attribute("aria-expanded") == "true"
    assert box.get_attribute("aria-activedescendant") is None
    assert re.fullmatch(r"\d+ results\.", page.locator(f"{DIALOG} [role=status]").inner_text())
    page.keyboard.press("ArrowUp")
    assert active(page).get_attribute("id") == "quick-all"
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowDown")
    assert page.locator("[role=option]").first.get_attribute("aria-selected") == "true"
    assert page.locator("[role=option][aria-selected=true]").count() == 1
    page.keyboard.type("s")
    assert box.get_attribute("aria-activedescendant") is None


@pytest.mark.full
def test_enter_alone_leads_to_all_results(page):
    page.keyboard.press("/")
    page.keyboard.type("reward models")
    wait_for_results(page, "reward models")
    page.keyboard.press("Enter")

    page.wait_for_url("**/catalog/?q=reward+models")


@pytest.mark.full
def test_the_box_opens_by_a_click_and_as_one_types_but_not_on_the_way_past(page):
    box = page.locator("form.quick input[name=q]")
    box.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(page.locator(DIALOG)).to_be_hidden()
    page.keyboard.type("rewa")
    wait_for_results(page, "rewa")
    assert page.locator(".quick-input").input_value() == "rewa"
    page.keyboard.press("Escape")
    expect(box).to_be_focused()
    assert box.input_value() == "rewa"
    box.click()
    expect(page.locator(DIALOG)).to_be_visible()
    page.mouse.click(5, 850)
    expect(page.locator(DIALOG)).to_be_hidden()


@pytest.mark.full
def test_the_theme_is_set_by_the_form_of_the_page(page):
    page.keyboard.press("/")
    page.keyboard.type("dark")
    wait_for_results(page, "dark")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    page.locator("html[data-theme=dark]").wait_for()
    assert page.url.endswith(Issue.objects.first().get_absolute_url())


@pytest.mark.full
def test_without_a_server_it_says_so(page):
    page.keyboard.press("/")
    page.locator(".quick-option").first.wait_for()
    page.route("**/search/quick/**", lambda route: route.abort())
    page.keyboard.type("reward")
    page.locator(".quick-failed", has_text="cannot be reached").wait_for()


@pytest.mark.full
def test_without_javascript_the_box_leads_to_the_catalog(open_page):
    page = open_page(javascript=False)
    page.goto("/interconnects/")
    page.locator("form.quick input[name=q]").fill("reward models")
    page.locator("form.quick input[name=q]").press("Enter")

    page.wait_for_url("**/catalog/?q=reward+models")


@pytest.mark.full
@SCREENS
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page, width, scheme):
    page = open_page(width, scheme)
    reader = User.objects.get(username="reader")
    make_note(user=reader, issue=Issue.objects.first(), body="Compare **reward models** of 2023")
    found = []
    for text in ("", "reward m", "qqqq"):
        page.goto("/account/")
        page.keyboard.press("Control+k")
        page.keyboard.type(text)
        wait_for_results(page, text)
        page.keyboard.press("ArrowDown")
        found += axe(page, text, DIALOG)
        inside = page.locator(".quick-list").evaluate("node => node.scrollWidth - node.clientWidth")
        assert inside <= 0

    assert not found
    assert not page.complaints
