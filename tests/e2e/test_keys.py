"""Hands at the keyboard and the mouse: nothing is lost, and nothing is done that was not meant."""

import datetime

import pytest
from django.urls import reverse
from playwright.sync_api import Error, expect

from accounts.models import Act, Note, Reading, State, User
from accounts.partial_dates import PartialDate
from accounts.reading import marking
from catalog.curation.changeset import Curation
from catalog.models import ChangeBatch, Cluster, Issue
from tests.e2e.test_desk import REWARDS, curated, said, shows, stored  # noqa: F401

ON = PartialDate(datetime.date(2024, 11, 3))
SLOW = pytest.mark.slow
CLICKED_TWICE = "node => { node.click(); setTimeout(() => node.click(), 40); }"
LATENCIES = pytest.mark.parametrize(
    "latency",
    [70, *(pytest.param(latency, marks=pytest.mark.full) for latency in (0, 300))],
    indirect=True,
)


def reader():
    return User.objects.get(username="reader")


@pytest.fixture
def issue(room):
    """An issue in the middle of a cluster, read on a day that is known."""
    found = Issue.objects.filter(cluster__title=REWARDS).in_cluster_order()[1]
    marking.mark(reader(), [found.pk], State.READ, on=ON)
    return found


def is_still_read(issue):
    return any(row.date_of(State.READ) == ON for row in Reading.objects.filter(issue=issue))


def go(page, address):
    """Open a page, also while a key that was pressed is opening another."""
    for _ in range(3):
        try:
            return page.goto(address)
        except Error:
            page.wait_for_load_state()
    return page.goto(address)


def hold_mark(page, then):
    """Hold the first mark until the returned function is called; handle later ones by `then`."""
    held = []
    page.route("**/mark/", lambda route: then(route) if held else held.append(route))
    return lambda: held[0].continue_()


def toasts(page):
    return page.locator(".toast")


def advertised(page):
    """The keys that the help names, as Playwright does; two-key ones as a pair."""
    keys = page.locator("#keys dt").evaluate_all(
        "rows => rows.map(row => [...row.querySelectorAll('kbd')].map(key => key.textContent))"
    )
    names = {"↑": "ArrowUp", "↓": "ArrowDown"}
    pressed = ["?"]
    for row in keys:
        if row[0] == "Alt":
            pressed += [f"Alt+{names[key]}" for key in row[1:]]
        elif row[0] == "g":
            pressed += [f"g {key}" for key in row[1:]]
        else:
            pressed += row
    return pressed


@pytest.mark.full
@pytest.mark.parametrize(
    "where", ["issue", "catalog", *(pytest.param(each, marks=SLOW) for each in ("home", "cluster"))]
)
def test_no_key_that_the_help_names_makes_what_is_typed_next_remove_anything(
    open_page, issue, where
):
    page = open_page()
    others = Issue.objects.exclude(pk=issue.pk).values_list("pk", flat=True)[:3]
    marking.mark(reader(), others, State.QUEUED)
    address = {
        "issue": issue.get_absolute_url(),
        "catalog": "/catalog/?state=read",
        "home": "/",
        "cluster": issue.cluster.get_absolute_url(),
    }[where]
    # The original is elsewhere.
    page.route("https://**", lambda route: route.fulfill(body="The text"))
    page.goto(address)
    pressed = advertised(page)
    assert len(pressed) >= 20

    for key in pressed:
        go(page, address)
        title = page.locator(f"#issue-{issue.pk}")
        if title.count():
            title.evaluate("node => node.focus()")
        for each in key.split():
            page.keyboard.press(each)
        page.keyboard.type("true")

    # A last page, so that everything asked before it has been answered.
    go(page, "/history/")
    assert is_still_read(issue)


@pytest.mark.parametrize("has_address", [True, pytest.param(False, marks=pytest.mark.full)])
def test_a_key_opens_a_note_or_a_quote_and_takes_what_is_typed(open_page, issue, has_address):
    if not has_address:
        Issue.objects.filter(pk=issue.pk).update(url="", url_key=None)
    page = open_page()
    page.goto(issue.get_absolute_url())

    # The second key of a pair that was never finished is no key for a note.
    page.keyboard.press("g")
    page.mouse.click(5, 5)
    page.keyboard.press("n")
    page.keyboard.type("true")
    expect(page.locator("#new-note [name=body]")).to_have_value("true")
    page.keyboard.press("Tab")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press('"')
    page.keyboard.type("untrue")
    expect(page.locator("#new-note [name=quote]")).to_have_value("untrue")
    page.locator(".button-save").click()

    toasts(page).get_by_text("Quote saved.").wait_for()
    assert (Note.objects.get().quote, Note.objects.get().body) == ("untrue", "true")
    page.goto(issue.cluster.get_absolute_url())
    page.locator(f"#issue-{issue.pk}").focus()
    page.keyboard.press("n")
    page.wait_for_url("**#new-note")
    expect(page.locator("#new-note [name=body]")).to_be_focused()
    assert is_still_read(issue)


def test_a_letter_counts_where_it_is_latin_and_else_the_place_of_the_key(open_page, issue):
    other = Issue.objects.filter(cluster=issue.cluster).in_cluster_order()[2]
    page = open_page()
    page.goto(other.get_absolute_url())
    asked = []
    page.on(
        "request", lambda request: asked.append(request.url) if request.method == "POST" else None
    )
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    keyboard = page.context.new_cdp_session(page)

    def press(key, code, modifiers=0, kind="keyDown"):
        event = {"key": key, "code": code, "modifiers": modifiers}
        keyboard.send("Input.dispatchKeyEvent", {"type": kind, "text": key[:1], **event})
        keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **event})

    # Dvorak has e at the place of d; 1, 2 and 4 are Alt, Ctrl and Meta.
    press("e", "KeyD")
    for modifiers in (1, 2, 4):
        press("d", "KeyD", modifiers)
        press("в", "KeyD", modifiers)
    # Autofill sends an event that is no key, and some keyboards on screens name no place.
    scrolls = page.evaluate(
        """() => {
            const field = document.createElement("p");
            field.contentEditable = "true";
            document.querySelector("main").append(field);
            const press = (options, target = document.body) => {
                const key = { key: "d", code: "KeyD", bubbles: true, cancelable: true };
                return target.dispatchEvent(new KeyboardEvent("keydown", { ...key, ...options }));
            };
            press({ modifierAltGraph: true });
            press({ isComposing: true });
            press({ key: "Process", keyCode: 229 });
            press({ repeat: true });
            press({}, field);
            press({}, document.querySelector("[name=body]"));
            document.body.dispatchEvent(new Event("keydown", { bubbles: true }));
            return press({ key: "ArrowDown", code: "", repeat: true });
        }"""
    )
    assert scrolls
    assert not asked
    assert not errors
    page.keyboard.press("?")
    press("d", "KeyD")
    page.keyboard.press("Escape")
    assert not asked

    press("в", "KeyD")
    toasts(page).get_by_text("is marked read").wait_for()
    # French has " at the place of 3; Russian has the question mark at the place of 7.
    press('"', "Digit3")
    expect(page.locator("#new-note [name=quote]")).to_be_focused()
    page.evaluate("document.activeElement.blur()")
    press(",", "Slash", 8)
    expect(page.locator("#keys")).to_be_visible()


def test_a_finished_reading_is_removed_only_after_a_question(open_page, issue):
    page = open_page()
    page.goto(issue.get_absolute_url())
    question = page.get_by_role("dialog")

    page.keyboard.press("u")
    expect(question).to_contain_text("Remove the reading of 3 November 2024?")
    page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    # A second reading that is given up takes the first one with it.
    page.keyboard.press("q")
    toasts(page).get_by_text("is queued").wait_for()
    page.locator(".state-rail").get_by_role("button", name="Unread").click()
    expect(question).to_contain_text("Remove the reading of 3 November 2024?")
    question.get_by_role("button", name="Keep").click()
    assert is_still_read(issue)

    page.goto(f"/catalog/?q={issue.title}")
    page.locator(f"#state-card-{issue.pk}").get_by_role("button", name="Unread").click()
    expect(question).to_contain_text(f"Remove the reading of “{issue.title}”?")
    page.keyboard.press("Escape")
    page.locator(f".tick input[value='{issue.pk}']").check(force=True)
    page.locator("#bulk").get_by_role("button", name="Clear").click()
    expect(question).to_be_visible()
    assert is_still_read(issue)
    page.keyboard.press("Enter")
    toasts(page).get_by_text("1 issue cleared.").wait_for()
    assert not Reading.objects.exists()
    toasts(page).get_by_role("button", name="Undo").click()
    toasts(page).get_by_text("Undone.").wait_for()
    assert is_still_read(issue)


@pytest.mark.full
def test_the_question_comes_at_the_press_while_another_mark_is_under_way(open_page, issue):
    page = open_page()
    first, _, second, third, *_ = Issue.objects.filter(cluster=issue.cluster).in_cluster_order()
    question = page.get_by_role("dialog")
    page.goto(issue.cluster.get_absolute_url())

    def press(issue, name):
        page.locator(f"#state-card-{issue.pk}").get_by_role("button", name=name, exact=True).click()

    release = hold_mark(page, lambda route: route.continue_())
    with page.expect_request("**/mark/"):
        press(first, "Queued")
    press(issue, "Unread")
    expect(question).to_be_visible()
    question.get_by_role("button", name="Keep").click()
    expect(page.locator(f"#state-card-{issue.pk}")).to_have_attribute("data-state", "read")
    press(second, "Queued")
    press(third, "Queued")
    release()
    expect(toasts(page)).to_contain_text([f"“{third.title}” is queued."])
    assert dict(Reading.objects.current().values_list("issue", "state")) == {
        issue.pk: "read", first.pk: "queued", second.pk: "queued", third.pk: "queued",
    }  # fmt: skip

    # The answer to the first mark draws the button of the question anew.
    page.unroute("**/mark/")
    page.goto(issue.get_absolute_url())
    release = hold_mark(page, lambda route: route.continue_())
    with page.expect_request("**/mark/"):
        page.locator(".state-rail").get_by_role("button", name="Queued").click()
    page.keyboard.press("u")
    expect(question).to_contain_text("Remove the reading of 3 November 2024?")
    release()
    expect(toasts(page)).to_contain_text([f"“{issue.title}” is queued."])
    assert is_still_read(issue)
    page.keyboard.press("Enter")
    expect(toasts(page)).to_contain_text([f"“{issue.title}” is cleared."])
    assert not Reading.objects.filter(issue=issue).exists()


@LATENCIES
def test_a_double_click_a_held_key_and_a_second_click_are_one_act(open_page, issue, latency):
    page = open_page()
    cluster = issue.cluster
    first, _, second, third, *_ = Issue.objects.filter(cluster=cluster).in_cluster_order()
    page.goto(cluster.get_absolute_url())
    acts = Act.objects.count()

    def button(issue, name):
        return page.locator(f"#state-card-{issue.pk}").get_by_role("button", name=name, exact=True)

    def settle(words):
        nonlocal acts
        expect(toasts(page)).to_have_text([f"{words}\nUndo"], use_inner_text=True)
        page.wait_for_load_state("networkidle")
        expect(toasts(page)).to_have_text([f"{words}\nUndo"], use_inner_text=True)
        acts += 1
        assert Act.objects.count() == acts

    button(first, "Read").dblclick()
    settle(f"“{first.title}” is marked read.")
    # Two clicks that are no double click.
    button(first, "Queued").evaluate(
        "node => { node.click(); setTimeout(() => node.click(), 40); }"
    )
    settle(f"“{first.title}” is queued.")
    page.locator(f"#issue-{second.pk}").focus()
    for _ in range(4):
        page.keyboard.down("d")
    page.keyboard.up("d")
    settle(f"“{second.title}” is marked read.")
    toasts(page).get_by_role("button", name="Undo").dblclick()
    settle("Undone.")

    # Other acts of the same form wait for their turn.
    button(second, "Queued").click()
    button(third, "Read").click()
    button(second, "Reading").click()
    expect(page.locator(f"#state-card-{second.pk}")).to_have_attribute("data-state", "reading")
    expect(toasts(page)).to_contain_text([f"“{second.title}” is marked as being read."])
    assert Act.objects.count() == acts + 3
    current = Reading.objects.current().values_list("issue", "state")
    assert dict(current) == {
        issue.pk: "read", first.pk: "queued", second.pk: "reading", third.pk: "read",
    }  # fmt: skip


@pytest.mark.full
@pytest.mark.parametrize("latency", [300], indirect=True)
def test_plain_forms_and_steps_are_sent_once_each(open_page, issue):
    page = open_page()
    page.goto(issue.get_absolute_url())
    page.locator("#new-note [name=body]").fill("Once")
    page.locator(".button-save").evaluate(CLICKED_TWICE)
    toasts(page).get_by_text("Note saved.").wait_for()
    assert Note.objects.count() == 1

    rows = list(Issue.objects.exclude(pk=issue.pk).values_list("pk", flat=True)[:5])
    marking.mark(reader(), rows, State.QUEUED)
    acts = Act.objects.count()
    page.goto("/queue/")
    # Each press of a key is a step, each double click is one.
    page.locator(f"#issue-{rows[4]}").focus()
    for _ in range(3):
        page.keyboard.press("Alt+ArrowUp")
    page.locator(f".queue-row:nth-child(2)#queue-{rows[4]}").wait_for()
    page.wait_for_load_state("networkidle")
    page.locator(f"#down-{rows[0]}").dblclick()
    page.locator(f".queue-row:nth-child(2)#queue-{rows[0]}").wait_for()
    page.wait_for_load_state("networkidle")
    assert Act.objects.count() == acts + 4
    queue = Reading.objects.of(reader()).queued().values_list("issue", flat=True)
    assert list(queue) == [rows[4], rows[0], rows[1], rows[2], rows[3]]


def test_a_failure_says_what_is_known_and_shows_what_stood(open_page, issue):
    page = open_page()
    page.goto(issue.cluster.get_absolute_url())
    control = page.locator(f"#state-card-{issue.pk}")
    for answer, words in (
        (lambda route: route.abort(), "so this may not be saved"),
        (lambda route: route.fulfill(status=400), "Not saved: the server refused it"),
    ):
        page.route("**/mark/", answer)
        control.get_by_role("button", name="Queued").click()
        expect(toasts(page)).to_contain_text([words])
        expect(control).to_have_attribute("data-state", "read")
        page.unroute("**/mark/")

    # The mark before it was saved.
    first = Issue.objects.filter(cluster=issue.cluster).in_cluster_order()[0]
    other = page.locator(f"#state-card-{first.pk}")
    release = hold_mark(page, lambda route: route.abort())
    with page.expect_request("**/mark/"):
        other.get_by_role("button", name="Queued").click()
    control.get_by_role("button", name="Queued").click()
    release()
    expect(toasts(page)).to_contain_text(["so this may not be saved"])
    expect(control).to_have_attribute("data-state", "read")
    expect(other).to_have_attribute("data-state", "queued")


def test_a_link_is_dragged_as_what_it_is_and_escape_leaves_the_queue_as_it_was(open_page, issue):
    page = open_page()
    issues = list(Issue.objects.exclude(pk=issue.pk)[:3])
    marking.mark(reader(), [each.pk for each in issues], State.QUEUED)
    acts = Act.objects.count()
    page.goto("/queue/")
    posts = []
    page.on(
        "request", lambda request: posts.append(request.url) if request.method == "POST" else None
    )
    link, box = page.locator(f"#issue-{issues[0].pk}"), page.locator("form.quick input")

    link.drag_to(box)
    # Dropping text opens the quick search, as typing does.
    value = page.locator(".quick-input")
    expect(value).to_have_value(f"{page.url[:-7]}{issues[0].get_absolute_url()}")
    page.keyboard.press("Escape")

    rows = page.locator(".queue-row")
    top = rows.first.bounding_box()

    def drag(row, *places):
        place = row.locator(".queue-place").bounding_box()
        page.mouse.move(place["x"] + 3, place["y"] + 3)
        page.mouse.down()
        for x, y in places:
            page.mouse.move(x, y - 3, steps=3)
            page.mouse.move(x, y)

    def nothing_has_moved():
        for row, each in zip(rows.all(), issues, strict=True):
            expect(row).to_have_id(f"queue-{each.pk}")

    to_the_top = (top["x"] + 20, top["y"] + 4)
    drag(rows.last, to_the_top)
    expect(rows.first).to_have_id(f"queue-{issues[2].pk}")
    page.keyboard.press("Escape")
    page.mouse.up()
    nothing_has_moved()
    # Outside of the list, and where it was.
    drag(rows.last, to_the_top, (top["x"] + 20, 20))
    page.mouse.up()
    nothing_has_moved()
    drag(rows.first, (top["x"] + 40, top["y"] + 14))
    page.mouse.up()
    nothing_has_moved()
    assert not posts
    assert Act.objects.count() == acts


@LATENCIES
def test_the_desk_loses_no_key(open_page, curated, latency):  # noqa: F811
    cluster = Cluster.objects.listed().filter(publication=curated[0].publication)[8]
    more = Issue.objects.filter(cluster__title=REWARDS, tier=4).newest_first()[:3]
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        for each in more:
            curation.change(each, {"tier": None, "cluster": None})
    wanting = list(Issue.objects.filter(tier=None).newest_first())
    assert len(wanting) == 6
    page = open_page()
    page.goto("/admin/catalog/desk/?walk=unrated")
    shows(page, wanting[0])

    for pause in [0, 15, 40, 80, 120, 160]:
        for key in ["2", "c", "9", "Enter", "n"]:
            page.keyboard.press(key, delay=0)
            if pause:
                page.wait_for_timeout(pause)
    expect(page.locator("#summary")).to_have_count(0)

    assert [(stored(each).tier, stored(each).cluster) for each in wanting] == [(2, cluster)] * 6


def test_the_desk_keeps_what_is_typed_while_an_act_is_under_way(open_page, curated):  # noqa: F811
    first, *_ = curated
    page = open_page()
    page.goto("/admin/catalog/desk/?walk=unrated")
    held = []
    page.route("**/tier/**", lambda route: held.append(route))
    with page.expect_request("**/tier/**"):
        page.locator("#tier-4").click()
    page.locator("#tier-4").click()
    page.locator("#summary").click()
    page.keyboard.press("Control+End")
    page.keyboard.type(" n5?")
    held[0].continue_()

    said(page, "Tier: Unrated → 4 Notable.")
    expect(page.locator("#summary")).to_have_value(f"{first.summary} n5?")
    expect(page.locator("#summary")).to_be_focused()
    page.unroute("**/tier/**")
    page.keyboard.press("Escape")
    # A refused act takes the keys that were pressed for what comes after it along.
    held.clear()
    page.route("**/tier/**", lambda route: held.append(route))
    with page.expect_request("**/tier/**"):
        page.keyboard.press("5")
    page.keyboard.press("n")
    held[0].abort()
    said(page, "The keys pressed after it did nothing.")
    shows(page, first)
    assert stored(first).tier == 4
    assert ChangeBatch.objects.filter(source="desk").count() == 1
    page.unroute("**/tier/**")
    page.locator("#tier-5").dblclick()
    said(page, "Tier: 4 Notable → 5 Landmark.")
    assert ChangeBatch.objects.filter(source="desk").count() == 2
    assert reverse("desk:desk") in page.url
