"""The catalog page and its filters, with and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from accounts.models import Reading, State, User
from accounts.reading import marking
from catalog.models import Issue, Tag
from tests.e2e.conftest import axe
from tests.e2e.variants import BOTH, SCREENS
from tests.factories import make_note


def reader():
    return User.objects.get(username="reader")


def search(page, text):
    page.get_by_role("searchbox", name="Search the catalog").fill(text)
    page.keyboard.press("Enter")


def choose(page, name, value, javascript):
    page.locator(f"#facets [name={name}][value='{value}']").check()
    if not javascript:
        page.locator(".facets-show").get_by_role("button", name="Show").click()


def wait_for_count(page, words):
    page.locator("#count", has_text=re.compile(rf"^\s*{words}\s*$")).wait_for()


@BOTH
def test_a_reader_searches_chooses_and_takes_a_choice_back(open_page, javascript):
    page = open_page(javascript=javascript)
    page.goto("/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Catalog").click()
    # With all of its scripts, for what is chosen before them is not asked in place.
    page.wait_for_url("**/catalog/")
    wait_for_count(page, "286 issues")

    search(page, "reward model")
    page.wait_for_url(lambda url: "q=reward" in url)
    wait_for_count(page, r"\d\d issues match")
    expect(page.locator("#cards mark").first).to_have_text(re.compile("^reward", re.IGNORECASE))

    choose(page, "tier", "5", javascript)
    page.wait_for_url(lambda url: "tier=5" in url)
    page.locator(".chip", has_text="Landmark").wait_for()
    assert set(page.locator("#cards .card-side .seal").all_inner_texts()) == {"5"}
    expect(page.locator("#facets [name=tier][value='5']")).to_be_checked()

    page.get_by_role("link", name="Remove Tier: Landmark").click()
    page.wait_for_url(lambda url: "tier=5" not in url)
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator("#id_q")).to_have_value("reward model")
    expect(page.locator("#facets [name=tier][value='5']")).not_to_be_checked()


@BOTH
def test_issues_are_sorted(open_page, javascript):
    page = open_page(javascript=javascript)
    page.goto("/catalog/?tier=5")

    page.get_by_label("Sort by").select_option("Oldest")
    if not javascript:
        page.get_by_role("button", name="Search", exact=True).click()
    page.wait_for_url(lambda url: "sort=oldest" in url)
    landmarks = Issue.objects.listed().filter(tier=5)

    page.locator(f"#cards .card:first-child #issue-{landmarks.order_by('date')[0].pk}").wait_for()
    assert "tier=5" in page.url


@pytest.mark.full
def test_words_bring_an_order_of_their_own(open_page):
    page = open_page()
    page.goto("/catalog/")
    search(page, "reward model")
    wait_for_count(page, ".* match")

    expect(page.get_by_label("Sort by").locator(":checked")).to_have_text("Relevance")
    page.wait_for_url("**/catalog/?q=reward%20model")


@BOTH
def test_more_issues_are_loaded(open_page, javascript):
    page = open_page(javascript=javascript)
    page.goto("/catalog/?year=2025")
    cards = page.locator("#cards .card")
    expect(cards).to_have_count(50)
    expect(page.locator("#more")).to_contain_text("50 of 81 shown")
    issues = Issue.objects.listed().filter(date__year=2025)
    in_order = list(issues.order_by("-date", "-id").values_list("pk", flat=True))

    page.get_by_role("link", name="Load more").click()

    page.locator(f"#issue-{in_order[50]}").wait_for()
    if javascript:
        expect(cards).to_have_count(81)
        expect(page.locator(f"#issue-{in_order[50]}")).to_be_focused()
        assert page.url.endswith("/catalog/?year=2025")
        expect(page.get_by_role("link", name="Load more")).to_have_count(0)
    else:
        expect(cards).to_have_count(31)
        page.get_by_role("link", name="Back to the first").click()
        page.locator(f"#issue-{in_order[0]}").wait_for()


def test_focus_stays_on_what_was_changed_and_the_count_is_said(open_page):
    page = open_page()
    page.goto("/catalog/")
    page.keyboard.press("f")
    expect(page.locator("#facets [name=state]:focus")).to_be_visible()
    page.locator("#facet-cluster > summary").click()
    page.locator("#count").evaluate("each => window.said = each")
    landmark = page.locator("#facets [name=tier][value='5']")
    landmark.focus()

    page.keyboard.press("Space")

    wait_for_count(page, "26 issues match")
    expect(page.locator("#tier-5")).to_be_focused()
    # The region that is announced is the one that was there.
    assert page.evaluate("window.said === document.getElementById('count')")
    expect(page.locator("#facet-cluster")).not_to_have_attribute("open", "")
    page.wait_for_url("**/catalog/?tier=5")


def test_going_back_brings_the_list_back(open_page):
    page = open_page()
    page.goto("/catalog/")
    page.locator("#facets [name=tier][value='5']").check()
    wait_for_count(page, "26 issues match")
    search(page, "policy")
    page.wait_for_url(lambda url: "q=policy" in url)
    # Each step loads the page anew, and the next one is for its scripts.
    page.go_back()
    wait_for_count(page, "26 issues match")
    page.wait_for_load_state()
    expect(page.locator("#id_q")).to_have_value("")
    page.go_back()
    wait_for_count(page, "286 issues")
    page.wait_for_load_state()
    expect(page.locator("#facets [name=tier][value='5']")).not_to_be_checked()
    page.go_forward()
    wait_for_count(page, "26 issues match")
    expect(page.locator("#facets [name=tier][value='5']")).to_be_checked()


@BOTH
def test_an_error_stands_beside_its_field_until_it_is_mended(open_page, javascript):
    page = open_page(javascript=javascript)
    page.goto("/catalog/?tier=5&date_from=yesterday&tag=no-such-tag")

    assert page.locator("#cards").count() == 0
    assert "Mend what is marked" in page.get_by_role("alert").first.inner_text()
    tag = page.locator("#facets [name=tag]")
    assert "no-such-tag" in page.locator(f"#{tag.get_attribute('aria-describedby')}").inner_text()
    field = page.locator("#id_date_from")
    assert field.input_value() == "yesterday"
    assert "2024-06-30" in page.locator(f"#{field.get_attribute('aria-describedby')}").inner_text()

    field.fill("2024-01-01")
    # A click and no more: the answer takes the box away, and nothing can be asked of it then.
    tag.click()
    if not javascript:
        page.locator(".more-fields").get_by_role("button", name="Show").click()

    page.locator("#cards .card").first.wait_for()
    assert "tier=5" in page.url
    assert "date_from=2024-01-01" in page.url


@pytest.mark.full
@BOTH
def test_nothing_found_says_what_to_do(open_page, javascript):
    page = open_page(javascript=javascript)
    page.goto("/catalog/?q=rewrad")
    assert "No issue matches “rewrad”" in page.locator(".empty").inner_text()

    page.locator(".empty").get_by_role("link", name="reward").click()

    page.locator("#cards .card").first.wait_for()
    expect(page.locator("#id_q")).to_have_value("reward")


@BOTH
def test_states_change_on_the_list_and_stand_beside_the_filter(open_page, javascript):
    page = open_page(javascript=javascript)
    issue = Issue.objects.listed().order_by("-date", "-id")[0]
    page.goto("/catalog/?tier=4&tier=5")

    control = page.locator(f"#state-card-{issue.pk}")
    # The script shows the state at once; the answer comes when it is kept.
    with page.expect_response(lambda response: response.request.method == "POST"):
        control.get_by_role("button", name="Queued").click()

    page.locator(f"#state-card-{issue.pk}[data-state=queued]").wait_for()
    assert "tier=4&tier=5" in page.url
    assert Reading.objects.of(reader()).get().issue == issue


@pytest.mark.parametrize("width", [390, pytest.param(800, marks=pytest.mark.full)])
def test_on_a_small_screen_filters_stand_in_a_dialog(open_page, width):
    page = open_page(width)
    page.goto("/catalog/?q=model&tier=5")
    page.get_by_role("link", name="Filters, 1 on").click()
    dialog = page.get_by_role("dialog", name="Filters")

    dialog.locator("[name=tier][value='4']").check()
    page.wait_for_url(lambda url: "tier=4" in url)
    dialog.get_by_role("button", name=re.compile(r"Show \d+ issues")).click()

    expect(dialog).to_be_hidden()
    expect(page.get_by_role("link", name="Filters, 2 on")).to_be_focused()
    page.keyboard.press("f")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


@pytest.mark.full
def test_without_javascript_filters_have_a_page_of_their_own(open_page):
    page = open_page(390, javascript=False)
    page.goto("/catalog/?q=model&tier=5&sort=oldest")
    page.get_by_role("link", name="Filters, 1 on").click()
    page.wait_for_url(lambda url: "/catalog/filters/" in url)

    page.locator("[name=tier][value='4']").check()
    page.get_by_role("button", name="Show issues").click()

    page.get_by_role("link", name="Filters, 2 on").wait_for()
    expect(page.locator("#id_q")).to_have_value("model")
    expect(page.get_by_label("Sort by")).to_have_value("oldest")


@pytest.mark.full
@BOTH
def test_tags_that_must_and_must_not_be_there_are_kept_and_taken_back(open_page, javascript):
    with_all, without = Tag.objects.get(slug="rlhf"), Tag.objects.get(slug="dpo")
    page = open_page(javascript=javascript)
    page.goto(f"/catalog/?tag_all={with_all.slug}&tag_not={without.slug}")
    assert page.locator("#facet-more").get_attribute("open") is not None
    choose(page, "tier", "5", javascript)
    page.wait_for_url("**tier=5**")
    assert "tag_all=rlhf" in page.url
    assert "tag_not=dpo" in page.url

    page.locator("[name=tag_not]").click()
    if not javascript:
        page.locator(".more-fields").get_by_role("button", name="Show").click()

    page.wait_for_url(lambda url: "tag_not" not in url)
    assert "tag_all=rlhf" in page.url


@pytest.mark.full
def test_the_box_in_the_header_searches_without_javascript(open_page):
    page = open_page(javascript=False)
    page.goto("/")
    page.get_by_role("searchbox", name="Search the archive").fill("reward")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/catalog/?q=reward" in url)
    page.locator("#cards mark").first.wait_for()


@pytest.mark.full
@SCREENS
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page, width, scheme):
    noted = Issue.objects.listed().filter(title__icontains="reward").first()
    make_note(user=reader(), issue=noted, body="A note on the reward model, and on little else.")
    marking.mark(reader(), [noted.pk], State.READ)
    page = open_page(width, scheme)
    found = []
    for address in [
        "/catalog/", "/catalog/?q=reward+model&tier=5&tier=4&year=2024&tag_not=rlhf",
        "/catalog/?q=rewrad&tier=5", "/catalog/?tag=no&date_from=no&sort=no&read_to=no",
        "/catalog/?q=tier%3A9+model", "/catalog/filters/?q=model&tier=5&minutes_max=9",
        "/catalog/filters/?tag=no&date_from=no",
    ]:  # fmt: skip
        page.goto(address)
        found += axe(page, address)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{address} scrolls sideways")
    if width == 390:
        page.goto("/catalog/?q=model&tier=5")
        page.get_by_role("link", name="Filters, 1 on").click()
        page.get_by_role("dialog", name="Filters").wait_for()
        found += axe(page, "dialog")

    assert not found
    assert [each for each in page.complaints if "422" not in each] == []


@pytest.mark.full
def test_nothing_scrolls_sideways_on_the_smallest_phone(open_page):
    page = open_page(320)
    for address in [
        "/catalog/?q=reward+model&tier=5&tier=4",
        "/catalog/filters/",
        "/catalog/?tag=no",
    ]:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address
