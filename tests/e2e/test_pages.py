import json

import pytest
from playwright.sync_api import expect

from readingroom.quickstart import BUNDLED_CATALOG
from tests.e2e.conftest import axe, sign_in
from tests.e2e.variants import BOTH, SCREENS

PUBLICATION = json.loads(BUNDLED_CATALOG.read_text())["publications"][0]
CLUSTER = PUBLICATION["clusters"][0]
ADDRESSES = {
    "library": "/",
    "publication": "/interconnects/",
    "cluster": f"/interconnects/clusters/{CLUSTER['slug']}/",
    "issue": f"/interconnects/{CLUSTER['issues'][3]['slug']}/",
    "issues": "/interconnects/issues/",
    "tag": "/tags/rlhf/",
    "category": "/categories/tech-ai/",
    "password": "/account/password/",
    "missing": "/nowhere/",
}


def counts(issues):
    tiers = [issue["tier"] for issue in issues]
    return f"{tiers.count(5)} tier-5 · {tiers.count(4)} tier-4"


@BOTH
def test_a_reader_signs_in_and_finds_the_whole_publication_in_order(open_page, javascript):
    page = open_page(signed_in=False, javascript=javascript)
    sign_in(page)
    assert page.url.endswith("/")

    page.get_by_role("link", name="Interconnects", exact=True).last.click()
    page.wait_for_url("**/interconnects/")
    text = page.locator("main").inner_text()

    assert "356 issues · 186 keepers · 26 tier-5 · 160 tier-4" in text
    place = 0
    for cluster in PUBLICATION["clusters"]:
        for wanted in [cluster["title"], counts(cluster["issues"]), cluster["blurb"]]:
            place = text.index(wanted, place)
        for issue in cluster["issues"]:
            place = text.index(issue["title"], place)
    assert len(PUBLICATION["clusters"]) == 12
    assert sum(len(cluster["issues"]) for cluster in PUBLICATION["clusters"]) == 186


@pytest.mark.full
@SCREENS
def test_axe_finds_nothing_and_the_browser_complains_of_nothing(open_page, width, scheme):
    page = open_page(width, scheme)
    found = []
    for name, address in ADDRESSES.items():
        page.goto(address)
        found += axe(page, name)
    signed_out = open_page(width, scheme, signed_in=False)
    signed_out.goto("/sign-in/")
    found += axe(signed_out, "sign-in")

    assert not found
    assert [each for each in page.complaints if "404" not in each] == []


@pytest.mark.full
@pytest.mark.parametrize("width", [320, 390])
def test_no_page_scrolls_sideways_on_a_phone(open_page, width):
    page = open_page(width)
    for name, address in ADDRESSES.items():
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


@pytest.mark.full
def test_the_tier_switch_works_without_javascript(open_page):
    page = open_page(javascript=False)
    page.goto("/interconnects/")
    cards = page.locator(".cluster .card:visible")
    expect(cards).to_have_count(186)

    page.locator(".tier-segment").get_by_text("Landmarks").click()

    expect(cards).to_have_count(26)


def test_the_theme_stays_where_the_reader_sets_it(open_page):
    page = open_page(javascript=False)
    page.goto("/")
    page.get_by_label("Your account", exact=False).click()
    page.get_by_role("button", name="Dark").click()
    page.locator("html[data-theme=dark]").wait_for()

    page.goto("/interconnects/")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(19, 22, 20)"


@pytest.mark.full
def test_the_keyboard_reaches_the_page_past_the_header(open_page):
    page = open_page()
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()

    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


@pytest.mark.full
def test_in_print_the_state_of_the_screen_is_gone_and_the_address_is_there(open_page):
    page = open_page()
    page.goto(ADDRESSES["issue"])
    page.emulate_media(media="print")

    assert not page.locator(".site-header").is_visible()
    assert page.locator(".print-url").is_visible()
