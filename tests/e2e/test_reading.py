"""The whole way of a reader through the room, with and without JavaScript."""

import datetime

import pytest
from playwright.sync_api import expect

from accounts.models import Note, Reading, SavedView, State, User
from accounts.partial_dates import PartialDate
from accounts.reading import marking
from catalog.models import Cluster, Issue
from tests.e2e.conftest import axe
from tests.e2e.variants import BOTH, SCREENS
from tests.factories import make_note

LAST = "Coding Agents and the Agentic-Work Transition"


def reader():
    return User.objects.get(username="reader")


def cluster():
    return Cluster.objects.get(title=LAST)


def control(page, issue):
    return page.locator(f"#state-card-{issue.pk}")


def queue():
    return list(Reading.objects.of(reader()).queued().values_list("issue__title", flat=True))


def toast(page):
    return page.locator(".toast").first


@BOTH
def test_a_reader_queues_arranges_reads_undoes_and_sees_it_counted(open_page, javascript):
    page = open_page(javascript=javascript)
    first, second, third, *_ = Issue.objects.filter(cluster=cluster()).in_cluster_order()
    page.goto(cluster().get_absolute_url())
    page.get_by_role("button", name="keepers").click()
    page.locator(".toast", has_text="9 issues of").wait_for()
    assert len(queue()) == 9

    page.goto("/queue/")
    page.locator(f"#queue-{third.pk}").get_by_role("button", name="To top").click()
    page.locator(f".queue-row:first-child#queue-{third.pk}").wait_for()
    assert queue()[:3] == [third.title, first.title, second.title]

    page.goto(cluster().get_absolute_url())
    control(page, first).get_by_role("button", name="Read", exact=True).click()
    page.locator(".toast", has_text="is marked read").wait_for()
    # The target of the fragment stays in view.
    toast(page).hover()
    pressed = control(page, first).locator("[aria-pressed=true]")
    expect(pressed).to_have_text("Read")
    expect(page.locator(f"#my-cluster-{cluster().pk}")).to_have_text("1 of 9 read")
    assert first.title not in queue()

    toast(page).get_by_role("button", name="Undo").click()
    page.locator(".toast", has_text="Undone.").wait_for()
    expect(pressed).to_have_text("Queued")
    assert queue()[1] == first.title
    expect(page.locator(f"#my-cluster-{cluster().pk}")).to_have_text("0 of 9 read")
    assert not page.complaints


@BOTH
def test_finishing_a_cluster_offers_the_booklet_of_its_notes(open_page, javascript):
    keepers = list(Issue.objects.filter(cluster=cluster()).keepers().in_cluster_order())
    marking.mark(reader(), [issue.pk for issue in keepers[1:]], State.READ)
    make_note(user=reader(), issue=keepers[0], body="To *keep*")
    page = open_page(javascript=javascript)
    page.goto(keepers[0].get_absolute_url())

    page.locator(".state-rail").get_by_role("button", name="Read", exact=True).click()
    page.get_by_role("link", name="Open its booklet").click()

    page.wait_for_url("**/booklet/**")
    page.get_by_role("heading", name=LAST).wait_for()
    assert "9 of 9 keepers read" in page.locator("main").inner_text()
    assert page.locator(".prose em").inner_text() == "keep"
    page.goto("/progress/")
    assert page.locator(f"li:has-text('{LAST}') .figure").inner_text() == "9 of 9"


@BOTH
def test_ticked_issues_are_marked_at_once(open_page, javascript):
    page = open_page(javascript=javascript)
    page.goto("/interconnects/issues/")
    assert not page.locator("#bulk").is_visible()
    for tick in page.locator(".tick input").all()[:3]:
        tick.check(force=True)
    page.locator("#bulk").get_by_role("button", name="Mark read").click()

    page.locator(".toast", has_text="3 issues marked read.").wait_for()
    assert Reading.objects.of(reader()).finished().count() == 3
    expect(page.locator("[data-state=read]")).to_have_count(3)


def test_a_page_that_has_gone_stale_says_so_and_shows_what_stands(open_page):
    page = open_page()
    issue = Issue.objects.filter(cluster=cluster()).in_cluster_order()[0]
    page.goto(cluster().get_absolute_url())
    marking.mark(reader(), [issue.pk], State.READ)

    control(page, issue).get_by_role("button", name="Queued").click()

    page.locator(".toast", has_text="changed elsewhere meanwhile").wait_for()
    expect(control(page, issue)).to_have_attribute("data-state", "read")


def test_the_queue_is_dragged_into_order(open_page):
    page = open_page()
    issues = list(Issue.objects.filter(cluster=cluster()).in_cluster_order()[:3])
    marking.mark(reader(), [issue.pk for issue in issues], State.QUEUED)
    page.goto("/queue/")

    rows = [page.locator(f"#queue-{issue.pk} .queue-place") for issue in issues]
    with page.expect_navigation():
        rows[2].drag_to(rows[0], target_position={"x": 2, "y": 2})

    assert queue() == [issues[2].title, issues[0].title, issues[1].title]


def test_keys_mark_and_go(open_page):
    page = open_page()
    page.goto(cluster().get_absolute_url())
    page.keyboard.press("j")
    page.keyboard.press("d")
    page.locator(".toast", has_text="is marked read").wait_for()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/progress/")


@pytest.mark.full
@SCREENS
def test_axe_finds_nothing_where_a_reader_has_been(open_page, width, scheme):
    user = reader()
    ids = list(Issue.objects.listed().order_by("id").values_list("pk", flat=True))
    today = user.local_date()
    for back, pk in enumerate(ids[:30]):
        on = PartialDate(today - datetime.timedelta(days=back * 2 % 50))
        marking.mark(user, [pk], State.READ, on=on)
    marking.mark(user, ids[30:36], State.QUEUED)
    marking.mark(user, ids[36:39], State.READING)
    noted = Issue.objects.filter(cluster=cluster()).first()
    make_note(user=user, issue=noted)
    make_note(user=user, issue=noted, kind="quote", quote="A line", body="")
    note = Note.objects.first()
    SavedView.objects.create(user=user, name="Landmarks", query="tier=5", is_pinned=True)
    page = open_page(width, scheme)
    found = []
    for address in [
        "/", "/?minutes=0", "/views/", "/views/new/?tier=5", "/queue/", "/history/",
        "/progress/", "/progress/parts/",
        "/progress/coverage/", f"/progress/{today.year}/", "/notes/", "/account/",
        noted.get_absolute_url(), note.get_absolute_url(), f"/notes/{note.pk}/edit/",
        f"/notes/{note.pk}/history/", f"/readings/of/{ids[0]}/", cluster().get_absolute_url(),
        f"/interconnects/booklet/{cluster().slug}/",
    ]:  # fmt: skip
        page.goto(address)
        found += axe(page, address)
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        if wide:
            found.append(f"{address} scrolls sideways")

    assert not found
    assert not page.complaints
