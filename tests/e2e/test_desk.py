"""The curator's desk in a browser: by keys alone, and by its plain forms."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import User
from catalog.curation.changeset import Curation
from catalog.models import ChangeBatch, Cluster, Issue
from tests.e2e.conftest import axe
from tests.e2e.variants import SCREENS

UNRATED = "/admin/catalog/desk/?walk=unrated"
REWARDS = "RLHF, Reward Models, and Post-Training Methods"


@pytest.fixture
def curated(room):
    """Let the reader curate, and let three keepers want everything; return them, newest first."""
    reader = User.objects.get(username="reader")
    reader.is_staff = True
    reader.save()
    reader.groups.add(Group.objects.get(name="Curators"))
    issues = list(Issue.objects.filter(cluster__title=REWARDS).newest_first()[:3])
    Issue.objects.filter(tier=None).update(tier=3)
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        for issue in issues:
            wanting = {"tier": None, "cluster": None, "tags": ["rlhf"], "tags_guessed": True}
            curation.change(issue, wanting)
    return issues


@pytest.fixture
def page(open_page, curated):
    page = open_page()
    page.goto(UNRATED)
    return page


def said(page, words):
    page.locator("#said p", has_text=words).wait_for()


def stored(issue):
    return Issue.objects.get(pk=issue.pk)


def shows(page, issue):
    """Wait for the page of an issue, with the scripts that its keys need."""
    expect(page.locator("#desk-title")).to_have_text(issue.title)
    page.wait_for_load_state()


def focused(page, name):
    expect(page.locator(f"#{name}")).to_be_focused()


def tags_of(issue):
    return [name for name, _ in stored(issue).tag_list]


def option(page, words, typed=None):
    """Wait for an option, of the list for exactly this text where one is given."""
    of = f'[data-text="{typed}"] ' if typed else ""
    page.locator(f"{of}[role=option]", has_text=words).first.wait_for()


def test_by_keys_alone_a_curator_sees_to_an_issue_and_goes_on(page, curated):
    first, second, _ = curated
    cluster = Cluster.objects.get(title=REWARDS)
    shows(page, first)
    assert page.locator(".desk-place strong").inner_text() == "1 of 3"

    page.keyboard.press("4")
    said(page, "Tier: Unrated → 4 Notable.")
    assert stored(first).tier == 4

    page.keyboard.press("c")
    page.keyboard.type("reward post")
    option(page, REWARDS)
    page.keyboard.press("Enter")
    said(page, f"Cluster: In no cluster → {REWARDS}.")
    assert stored(first).cluster == cluster

    page.keyboard.press("t")
    page.keyboard.type("open mod")
    option(page, "open models", "open mod")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("Of my own,")
    assert page.locator(".desk-chips li").all_inner_texts() == [
        "rlhf\n×", "open models\n×", "Of my own\n×",
    ]  # fmt: skip
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    said(page, "Tags: + open models.")
    assert tags_of(first) == ["rlhf", "open models"]

    before = stored(first).summary
    page.keyboard.press("s")
    focused(page, "summary")
    page.keyboard.press("Control+End")
    page.keyboard.type(" More of it.")
    page.keyboard.press("Control+Enter")
    said(page, "Summary: rewritten.")
    assert stored(first).summary == f"{before} More of it."

    page.keyboard.press("u")
    said(page, "Taken back: Summary: rewritten.")
    page.keyboard.press("u")
    said(page, "Taken back: Tags: + open models.")
    assert (stored(first).summary, tags_of(first)) == (before, ["rlhf"])

    page.keyboard.press("r")
    said(page, "Reviewed.")
    page.keyboard.press("n")
    shows(page, second)
    page.keyboard.press("a")
    said(page, "Cluster: In no cluster →")
    assert stored(second).cluster
    assert not page.complaints


def test_keys_that_come_fast_are_done_in_their_order(page, curated):
    first, second, _ = curated

    for key in "35un":
        page.keyboard.press(key)

    shows(page, second)
    assert stored(first).tier == 3
    assert ChangeBatch.objects.filter(source="desk").count() == 3


@pytest.mark.full
def test_what_is_typed_for_a_field_before_its_turn_stands_there_then(page, curated):
    held = []
    page.route("**/tier/**", lambda route: held.append(route))
    with page.expect_request("**/tier/**"):
        page.keyboard.press("4")
    page.keyboard.press("c")
    page.keyboard.type("reward")
    held[0].continue_()

    said(page, "Tier: Unrated → 4 Notable.")
    expect(page.locator("#cluster-input")).to_have_value("reward")
    focused(page, "cluster-input")
    assert ChangeBatch.objects.filter(source="desk").count() == 1


@pytest.mark.full
def test_a_tag_that_is_chosen_stays_chosen_when_the_next_list_comes(page):
    held = []
    page.route("**q=open+mod", lambda route: held.append(route))
    page.keyboard.press("t")
    page.keyboard.type("open")
    option(page, "open models", "open")
    names = page.locator("[role=option] span:first-child").all_inner_texts()
    with page.expect_request("**q=open+mod"):
        page.keyboard.type(" mod")
    for _ in range(names.index("open models") + 1):
        page.keyboard.press("ArrowDown")
    held[0].continue_()

    option(page, "open models", "open mod")
    expect(page.locator("[role=option][aria-selected=true]")).to_contain_text("open models")


@pytest.mark.full
def test_a_cluster_is_chosen_by_its_number_too(page, curated):
    page.keyboard.press("c")
    page.keyboard.type("2")
    page.keyboard.press("Enter")

    said(page, "Cluster: In no cluster →")
    order = Cluster.objects.listed().filter(publication=curated[0].publication)
    assert stored(curated[0]).cluster == order[1]
    page.keyboard.press("c")
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    said(page, "→ In no cluster.")


def test_while_one_types_keys_are_letters_and_what_is_written_is_not_lost(page, curated):
    first, second, _ = curated
    page.keyboard.press("s")
    page.keyboard.press("Control+End")
    page.keyboard.type(" 5 run?")
    page.keyboard.press("Escape")

    focused(page, "desk-title")
    assert page.locator("#summary").input_value().endswith(" 5 run?")
    assert page.locator("#summary-form .desk-unsaved").is_visible()
    page.keyboard.press("5")
    said(page, "Tier: Unrated → 5 Landmark.")
    assert page.locator("#summary").input_value().endswith(" 5 run?")
    page.keyboard.press("n")
    said(page, "The summary is not saved.")
    shows(page, first)
    page.keyboard.press("n")
    shows(page, second)
    assert stored(first).summary == first.summary


def test_escape_closes_the_list_then_leaves_and_nothing_is_saved(page, curated):
    page.keyboard.press("c")
    page.locator("#cluster-input-list").wait_for()
    assert page.locator("#cluster-input").get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    focused(page, "desk-title")
    assert page.locator("#cluster-input").input_value() == "In no cluster"

    page.keyboard.press("t")
    page.keyboard.type("eval")
    option(page, "eval", "eval")
    page.keyboard.press("Escape")
    focused(page, "tags-input")
    assert page.locator("#tags-input-list").is_hidden()
    page.keyboard.press("Escape")
    focused(page, "desk-title")
    assert not ChangeBatch.objects.filter(source="desk").exists()


@pytest.mark.full
def test_the_keys_are_shown_and_can_be_switched_off(page, curated):
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys of the desk")).to_be_visible()
    page.keyboard.press("5")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    page.evaluate("localStorage.setItem('reading-room-keys-off', '1')")
    page.keyboard.press("5")
    page.evaluate("localStorage.removeItem('reading-room-keys-off')")
    page.keyboard.press("4")
    said(page, "Tier: Unrated → 4 Notable.")
    assert ChangeBatch.objects.filter(source="desk").count() == 1
    page.goto("/admin/catalog/desk/")
    page.keyboard.press("1")
    shows(page, curated[1])


def test_over_a_newer_version_both_are_shown_and_the_page_goes_on(page, curated):
    first, *_ = curated
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(stored(first), {"tier": 2})

    page.keyboard.press("5")
    page.get_by_role("alert").wait_for()

    assert "5 Landmark\t2 of 5" in page.get_by_role("alert").inner_text()
    assert stored(first).tier == 2
    page.keyboard.press("5")
    said(page, "Tier: 2 of 5 → 5 Landmark.")
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.full
def test_without_a_server_it_says_so(page):
    page.route("**/tier/**", lambda route: route.abort())
    page.keyboard.press("5")
    said(page, "may not be saved")


@pytest.mark.full
def test_without_javascript_forms_do_the_same(open_page, curated):
    first, second, _ = curated
    page = open_page(javascript=False)
    page.goto("/admin/catalog/desk/")
    page.get_by_label("Publication").select_option("Interconnects")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Unrated").click()
    shows(page, first)
    before = first.summary

    page.locator(".desk-tiers").get_by_role("button", name="Notable").click()
    said(page, "Tier: Unrated → 4 Notable.")
    page.locator("#cluster").select_option(label=REWARDS)
    page.get_by_role("button", name="Set the cluster").click()
    said(page, f"Cluster: In no cluster → {REWARDS}.")
    page.locator("#tags").fill("rlhf\nopen models")
    page.get_by_role("button", name="Save the tags").click()
    said(page, "Tags: + open models.")
    page.locator("#summary").fill("Another.")
    page.get_by_role("button", name="Save the summary").click()
    said(page, "Summary: rewritten.")
    page.get_by_role("button", name="Undo").click()
    said(page, "Taken back: Summary: rewritten.")
    page.get_by_role("button", name="Mark reviewed").click()
    said(page, "Reviewed.")

    after = stored(first)
    assert (after.tier, after.cluster.title, after.summary) == (4, REWARDS, before)
    assert (tags_of(first), after.tags_guessed) == (["rlhf", "open models"], False)
    page.get_by_role("link", name="Next").click()
    shows(page, second)
    page.get_by_role("button", name="Accept what is likely").click()
    said(page, "Cluster: In no cluster →")
    assert not page.complaints


@pytest.mark.full
@SCREENS
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page, curated, width, scheme):
    page = open_page(width, scheme)
    found = []

    def look(name):
        nonlocal found
        found += axe(page, name)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{name} scrolls sideways")

    slug = curated[0].publication.slug
    for walk in (
        "",
        "?walk=disagreements",
        "?walk=unfiled",
        f"?walk=disagreements&publication={slug}",
    ):
        page.goto(f"{reverse('desk:desk')}{walk}")
        # Disagreements are looked for aside, and the page loads itself anew until they are found.
        expect(page.locator("[data-again]")).to_have_count(0)
        page.wait_for_load_state()
        look(walk)
    page.goto(UNRATED)
    page.keyboard.press("4")
    said(page, "Tier")
    page.keyboard.press("c")
    page.locator("[role=option]").first.wait_for()
    look("the clusters")
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    page.keyboard.type("re")
    option(page, "", "re")
    page.keyboard.press("ArrowDown")
    look("the tags")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    look("the keys")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert not found
    assert not page.complaints
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(stored(curated[0]), {"tier": 2})
    page.keyboard.press("5")
    page.get_by_role("alert").wait_for()
    look("refused")
    assert not found
