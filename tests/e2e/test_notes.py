"""Notes in a browser: written, seen before they are saved, kept as drafts, and never lost."""

import pytest
from playwright.sync_api import expect

from accounts.models import Note, User
from accounts.notes import writing
from catalog.models import Issue
from tests.e2e.variants import BOTH


def reader():
    return User.objects.get(username="reader")


@pytest.fixture
def issue(room):
    return Issue.objects.filter(cluster__isnull=False).first()


@BOTH
def test_a_note_is_previewed_saved_edited_deleted_and_brought_back(open_page, issue, javascript):
    page = open_page(javascript=javascript)
    page.goto(issue.get_absolute_url())
    page.locator("textarea[name=body]").fill("A **bold** claim")
    page.get_by_role("button", name="Preview").click()
    page.locator(".note-preview strong", has_text="bold").wait_for()
    assert not Note.objects.exists()

    page.get_by_role("button", name="Save note").click()
    page.locator(".toast", has_text="Note saved.").wait_for()
    assert page.locator(".note .prose strong").inner_text() == "bold"

    page.get_by_role("link", name="Edit this note").click()
    # Both pages have a field for the text.
    page.wait_for_url("**/edit/")
    page.locator("textarea[name=body]").fill("A *mild* claim")
    page.get_by_role("button", name="Save note").click()
    page.locator(".note .prose em", has_text="mild").wait_for()
    assert Note.objects.get().version == 2

    page.get_by_role("button", name="Delete this note").click()
    page.locator(".toast", has_text="Note deleted.").wait_for()
    # The target of the fragment stays in view.
    page.locator(".toast").hover()
    expect(page.locator(".note")).to_have_count(0)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    page.locator(".note .prose em", has_text="mild").wait_for()
    assert not page.complaints


@BOTH
def test_a_quote_is_kept_with_its_remark(open_page, issue, javascript):
    page = open_page(javascript=javascript)
    page.goto(issue.get_absolute_url())
    page.get_by_role("link", name="Add a quote").click()
    if not javascript:
        page.wait_for_url("**kind=quote**")
    page.locator("textarea[name=quote]").fill("The line itself")
    page.locator("textarea[name=body]").fill("My remark")
    page.get_by_role("button", name="Save quote").click()

    page.locator(".note-quote", has_text="The line itself").wait_for()
    expect(page.locator(".note .prose")).to_have_text("My remark")


def test_a_draft_outlives_a_closed_tab_and_ends_with_the_save(open_page, issue):
    page = open_page()
    page.goto(issue.get_absolute_url())
    page.locator("textarea[name=body]").fill("Half a thou")
    expect(page.locator(".editor-foot")).to_contain_text("Draft kept on this device")
    again = page.context.new_page()
    page.close()

    again.goto(issue.get_absolute_url())
    expect(again.locator("textarea[name=body]")).to_have_value("Half a thou")
    expect(again.locator(".editor-foot")).to_contain_text("Draft restored")
    again.get_by_role("button", name="Save note").click()
    again.locator(".note .prose", has_text="Half a thou").wait_for()
    again.wait_for_load_state()
    again.reload()
    expect(again.locator("textarea[name=body]")).to_have_value("")


@BOTH
def test_a_text_outlives_the_session(open_page, issue, javascript):
    page = open_page(javascript=javascript)
    page.goto(issue.get_absolute_url())
    page.locator("textarea[name=body]").fill("Written before the session ended")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Save note").click()

    page.get_by_role("heading", name="Your text is here").wait_for()
    page.get_by_label("Name").fill("reader")
    page.get_by_label("Password").fill("a long enough secret")
    page.get_by_role("button", name="Sign in and save").click()

    page.locator(".note .prose", has_text="Written before the session ended").wait_for()


@BOTH
def test_a_save_over_a_newer_version_shows_both_texts(open_page, issue, javascript):
    note = writing.create_note(reader(), issue.pk, kind="note", body="First")
    page = open_page(javascript=javascript)
    page.goto(f"/notes/{note.pk}/edit/")
    writing.edit_note(reader(), note.pk, 1, kind="note", body="From another tab")
    page.locator("textarea[name=body]").fill("From this tab")
    page.get_by_role("button", name="Save note").click()

    page.get_by_role("alert").wait_for()
    expect(page.locator("textarea.standing")).to_have_value("From another tab")
    expect(page.locator("textarea[name=body]")).to_have_value("From this tab")
    page.get_by_role("button", name="Save note").click()
    page.locator(".note .prose", has_text="From this tab").wait_for()
    assert [each.body for each in note.versions.all()] == ["From another tab", "First"]
