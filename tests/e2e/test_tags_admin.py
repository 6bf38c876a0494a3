"""Curating tags in a browser: likely duplicates by one key each, and without JavaScript."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import User
from catalog.models import DismissedPair, Issue, Tag
from catalog.search import indexing
from tests.e2e.conftest import axe
from tests.e2e.variants import BOTH, SCREENS

DUPLICATES = "/admin/catalog/desk/duplicates/"
LIST = "/admin/catalog/tag/"


@pytest.fixture(autouse=True)
def curator(room):
    """Make the reader of the room one of its curators."""
    group, _ = Group.objects.get_or_create(name="Curators")
    names = ["view_tag", "change_tag", "view_issue", "change_issue", "view_changebatch"]
    group.permissions.set(
        Permission.objects.filter(content_type__app_label="catalog", codename__in=names)
    )
    user = User.objects.get(username="reader")
    user.is_staff = True
    user.save()
    user.groups.add(group)
    yield user
    assert indexing.check() == []


def tag(key):
    return Tag.objects.get(key=key)


def ids(page):
    return page.locator(".pair").evaluate_all("pairs => pairs.map(pair => pair.id)")


def wait_for_words(page, words):
    page.locator("#said", has_text=words).wait_for()


def in_front(page, pair):
    """Wait until a pair has the focus."""
    page.locator(f"#{pair}:focus").wait_for()
    return True


def scrolls_sideways(page):
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.fixture
def page(open_page):
    page = open_page()
    page.goto(DUPLICATES)
    return page


def test_by_one_key_a_pair_is_merged_and_by_one_it_is_taken_back(page):
    before = dict(Issue.objects.values_list("pk", "tag_list"))
    first, second, *_ = ids(page)
    assert in_front(page, first)
    assert "model specs" in page.locator(f"#{first} h2").inner_text()

    page.keyboard.press("m")
    wait_for_words(page, "“model specs” is a name for “Model Spec” now; 1 issue changed.")
    assert in_front(page, second)
    assert first not in ids(page)
    assert tag("modelspecs").stands_for.get() == tag("modelspec")
    site = page.context.new_page()
    site.goto("/tags/model-specs/")
    assert site.url.endswith("/tags/model-spec/")
    assert site.locator(".card").count() == 4
    site.close()

    page.keyboard.press("u")
    assert in_front(page, first)
    assert ids(page)[:2] == [first, second]
    assert tag("modelspecs").retired_at is None
    assert dict(Issue.objects.values_list("pk", "tag_list")) == before
    assert not page.complaints


@pytest.mark.full
def test_the_other_way_round_and_kept_apart_are_one_key_too(page):
    first, second, third, *_ = ids(page)

    page.keyboard.press("s")
    wait_for_words(page, "“Model Spec” is a name for “model specs” now")
    assert tag("modelspec").stands_for.get() == tag("modelspecs")
    page.keyboard.press("d")
    wait_for_words(page, "are kept apart.")
    assert in_front(page, third)
    assert DismissedPair.objects.count() == 1
    assert page.locator("#dismissed summary").inner_text() == "1 pair kept apart"

    page.keyboard.press("u")
    assert in_front(page, second)
    assert not DismissedPair.objects.exists()
    assert page.locator("#dismissed").is_hidden()
    page.keyboard.press("u")
    assert in_front(page, first)
    assert tag("modelspec").retired_at is None
    page.keyboard.press("u")
    wait_for_words(page, "There is nothing more to undo here.")
    assert not page.complaints


@pytest.mark.full
def test_the_focus_moves_by_keys_and_all_keys_pressed_at_once_are_obeyed(page):
    pairs = ids(page)
    for key, place in (("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0)):
        page.keyboard.press(key)
        assert in_front(page, pairs[place])

    for key in "dmd":
        page.keyboard.press(key)
    assert in_front(page, pairs[3])
    page.locator(f"#{pairs[2]}").wait_for(state="detached")

    assert not set(pairs[:3]) & set(ids(page))
    assert DismissedPair.objects.count() == 2
    assert Tag.objects.retired().count() == 1
    assert not page.complaints


@pytest.mark.full
def test_a_key_is_a_letter_while_typing_and_where_keys_are_off(page):
    page.locator("#nav-filter").focus()
    page.keyboard.type("md")
    assert page.locator("#nav-filter").input_value() == "md"

    page.evaluate("localStorage.setItem('reading-room-keys-off', '1')")
    page.locator(".pair").first.focus()
    page.keyboard.press("m")
    # Acts are done in their order: what the first key had begun would be done by now.
    page.evaluate("localStorage.removeItem('reading-room-keys-off')")
    page.keyboard.press("d")
    wait_for_words(page, "are kept apart.")
    assert DismissedPair.objects.count() == 1
    assert not Tag.objects.retired().exists()


@pytest.mark.full
def test_buttons_do_what_the_keys_do_and_what_is_kept_apart_is_brought_back(page):
    first, second, *_ = ids(page)
    page.locator(f"#{first}").get_by_role("button", name="Keep apart").click()
    wait_for_words(page, "are kept apart.")
    assert in_front(page, second)

    page.locator("#dismissed summary").click()
    page.locator("#dismissed").get_by_role("button", name="Bring back").click()
    page.locator(f"#{first}").wait_for()
    assert not DismissedPair.objects.exists()

    page.locator(f"#{first}").get_by_role(
        "button", name="Merge into Model Spec", exact=True
    ).click()
    wait_for_words(page, "is a name for “Model Spec” now")
    page.locator("#said").get_by_role("button", name="Undo").click()
    assert in_front(page, first)
    assert not Tag.objects.retired().exists()
    assert not page.complaints


@pytest.mark.full
def test_all_pairs_done_leave_a_page_that_says_so(page):
    for _ in ids(page):
        page.keyboard.press("d")
    page.locator("#pairs-none:focus").wait_for()

    assert page.locator("#number").inner_text() == "0 pairs."
    page.keyboard.press("u")
    page.locator(".pair:focus").wait_for()
    assert DismissedPair.objects.count() == 10


@pytest.mark.full
def test_without_javascript_the_next_pair_is_in_front_and_there_is_an_undo(open_page):
    page = open_page(javascript=False)
    page.goto(DUPLICATES)
    first, second, third, *_ = page.locator(".pair").evaluate_all(
        "pairs => pairs.map(pair => pair.id)"
    )
    assert page.locator("#keys").is_hidden()

    page.locator(f"#{first}").get_by_role(
        "button", name="Merge into Model Spec", exact=True
    ).click()
    assert in_front(page, second)
    assert tag("modelspecs").stands_for.get() == tag("modelspec")
    page.locator(f"#{second}").get_by_role("button", name="Keep apart").click()
    assert in_front(page, third)
    assert DismissedPair.objects.count() == 1
    page.locator(".messagelist").get_by_role("button", name="Undo").click()
    assert in_front(page, second)
    assert not DismissedPair.objects.exists()
    assert not page.complaints


@BOTH
def test_chosen_tags_of_the_list_are_merged_after_a_look(open_page, javascript):
    page = open_page(javascript=javascript)
    page.goto(LIST)
    for name in ("mixture-of-experts", "MoE"):
        page.locator(f"tr:has(a:text-is('{name}')) input[type=checkbox]").check()
    page.locator("select[name=action]").select_option("merge")
    page.get_by_role("button", name="Run").click()

    chosen = page.locator("input[name=into]:checked + label")
    expect(chosen).to_contain_text("mixture-of-experts")
    expect(page.locator("form.tag-preview")).to_contain_text("10 issues (archived ones too)")
    page.get_by_label("Why (optional)").fill("One is short for the other.")
    page.get_by_role("button", name="Merge into one").click()
    page.locator(".messagelist", has_text="“MoE” is a name for “mixture-of-experts” now").wait_for()
    assert tag("moe").stands_for.get() == tag("mixtureofexperts")

    page.get_by_role("button", name="Undo").click()
    page.locator(".messagelist", has_text="taken back").wait_for()
    assert not Tag.objects.retired().exists()
    assert not page.complaints


@BOTH
def test_a_tag_is_renamed_from_its_page_and_the_old_name_leads_to_the_new(open_page, javascript):
    page = open_page(javascript=javascript)
    page.goto(LIST)
    page.get_by_role("link", name="reinforcement learning", exact=True).click()
    page.get_by_label("New name").fill("learning by reward")
    page.locator("form", has=page.get_by_label("New name")).get_by_role("button").click()
    expect(page.locator(".tag-preview")).to_contain_text("14 issues")
    page.get_by_role("button", name="Rename").click()

    page.locator(".messagelist", has_text="is called “learning by reward” now").wait_for()
    page.goto("/tags/reinforcement-learning/")
    assert page.locator("h1").inner_text() == "learning by reward"
    page.goto("/catalog/?q=tag:reinforcement-learning")
    assert page.locator(".card").count() == 14
    assert not page.complaints


@pytest.mark.full
@SCREENS
def test_the_pages_are_accessible_fit_their_screen_and_log_no_complaint(open_page, width, scheme):
    page = open_page(width, scheme)
    names = Tag.objects.filter(key__in=["mixtureofexperts", "moe"]).values_list("pk", flat=True)
    merge = f"{reverse('desk:tag_merge')}?{'&'.join(f'tag={pk}' for pk in names)}"
    pages = {
        "list": LIST,
        "merge": merge,
        "duplicates": DUPLICATES,
        "tag": f"{LIST}{names[0]}/change/",
        "rename": f"{reverse('desk:tag_rename', args=[names[0]])}?name=MoE",
        "split": f"{reverse('desk:tag_split', args=[names[0]])}?names=mixtures%0Aexperts",
        "delete": reverse("desk:tag_delete", args=[names[0]]),
    }
    found, wide = [], []
    for name, address in pages.items():
        page.goto(address)
        found += axe(page, f"{name} at {width}")
        if scrolls_sideways(page):
            wide.append(name)
    page.goto(DUPLICATES)
    page.keyboard.press("d")
    wait_for_words(page, "are kept apart.")
    page.locator("#dismissed summary").click()
    found += axe(page, f"dismissed at {width}")

    assert not found
    assert not wide
    assert not page.complaints
