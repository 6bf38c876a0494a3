"""Nothing is wider than the screen, whatever words people write: phones of 390 and 320 px."""

import datetime
import json

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.access.tokens import make_token
from accounts.models import SavedView, State
from accounts.notes import writing
from accounts.reading import marking
from catalog.curation.changeset import Curation
from catalog.interchange import formats
from catalog.loading.loader import load
from catalog.models import ChangeBatch, Issue, Publication, Tag
from tests.factories import make_user

WORD = "Grundstücksverkehrsgenehmigungszuständigkeitsübertragungsverordnung"
ADDRESS = "https://example.org/2024/index.php?page=article&id=83726251&sessionid=ab3947bd83726251"
SNAKE = "reinforcement_learning_from_human_feedback_with_verifiable_rewards"


def catalog():
    issues = [
        {"title": f"{WORD} {number}", "date": f"{2015 + number}-03-01", "tier": 4 + number % 2,
         "summary": f"{WORD} {ADDRESS}", "tags": [SNAKE, f"{SNAKE}s"], "words": 4000,
         "url": f"{ADDRESS}{number}"}
        for number in range(8)
    ]  # fmt: skip
    issues[1]["title"] = ADDRESS
    clusters = [
        {"title": f"{WORD} {place}", "blurb": f"{WORD} {WORD}", "slug": f"part-{place}",
         "issues": issues[place * 4 : place * 4 + 4]}
        for place in range(2)
    ]  # fmt: skip
    loose = {"title": f"{WORD} apart", "date": "2024-05-05", "summary": WORD, "tags": [SNAKE]}
    shelf = {"name": f"Llan{WORD}", "category": WORD, "author": WORD, "homepage": ADDRESS,
             "description": WORD, "slug": "long", "clusters": clusters,
             "issues": [loose]}  # fmt: skip
    bare = {"name": f"Plain{WORD}", "category": WORD, "author": WORD, "slug": "plain",
            "issues": [loose | {"title": f"{WORD} alone"}]}  # fmt: skip
    return {"format": "readingroom.catalog/1", "publications": [shelf, bare]}


@pytest.fixture
def long_words(live_server, transactional_db):
    """Return (reader, addresses of all pages) of a room full of long words."""
    document, _ = formats.read(json.dumps(catalog()).encode())
    load(document, source=f"{SNAKE}.json")
    reader = make_user(username=SNAKE, is_superuser=True)
    first, *others = Issue.objects.filter(tier__isnull=False).order_by("date")
    with Curation(ChangeBatch.Kind.EDIT, source="t", user=reader, reason=ADDRESS) as curation:
        curation.change(first, {"tier": 5, "title": f"{WORD} anew"})
    load(formats.read(json.dumps(catalog()).replace("anew", "again").encode())[0], source=SNAKE)
    marking.mark(reader, [others[0].pk, others[1].pk], State.QUEUED)
    marking.mark(reader, [others[2].pk], State.READING)
    marking.mark(reader, [others[3].pk, others[4].pk], State.READ)
    note = writing.create_note(reader, first.pk, kind="quote", quote=WORD, body=f"{WORD} {ADDRESS}")
    writing.create_note(reader, first.pk, kind="note", body=f"{WORD}\n\n    {ADDRESS}{ADDRESS}")
    writing.edit_note(reader, note.pk, 1, kind="quote", quote=WORD, body=ADDRESS)
    view = SavedView.objects.create(user=reader, name=WORD, query=f"q={WORD}", is_pinned=True)
    make_token(reader, WORD, ["read"])
    publication, tag = Publication.objects.get(slug="long"), Tag.objects.first()
    changed = ChangeBatch.objects.filter(user=reader).get()
    cluster = publication.clusters.first()
    year = datetime.date.today().year
    return reader, [
        "/", "/queue/", "/notes/", f"/notes/{note.pk}/", f"/notes/{note.pk}/history/",
        "/progress/", reverse("accounts:progress_parts"), reverse("accounts:coverage"),
        reverse("accounts:year", args=[year]), "/catalog/", f"/catalog/?q={WORD}&tag={tag.slug}",
        reverse("issue_filters"), publication.get_absolute_url(), "/plain/", "/long/issues/",
        "/long/changes/", cluster.get_absolute_url(), first.get_absolute_url(),
        tag.get_absolute_url(), publication.category.get_absolute_url(),
        reverse("accounts:booklet_detail", args=["long", cluster.slug]),
        reverse("accounts:reading_list", args=[first.pk]), reverse("accounts:act_list"),
        reverse("accounts:account_detail"), reverse("accounts:token_list"),
        reverse("accounts:view_list"), reverse("accounts:view_update", args=[view.pk]),
        reverse("admin:index"), reverse("admin:catalog_issue_changelist"),
        reverse("admin:catalog_issue_change", args=[first.pk]),
        reverse("admin:catalog_publication_changelist"), reverse("admin:catalog_tag_changelist"),
        reverse("desk:desk"), reverse("desk:desk") + f"?walk=unrated&issue={first.pk}",
        reverse("desk:batch_detail", args=[changed.pk]), reverse("desk:conflicts"),
        reverse("desk:object_history", args=["issue", first.pk]), reverse("desk:load_new"),
        reverse("desk:cluster_order", args=[publication.pk]), reverse("desk:duplicates"),
        reverse("desk:cluster_split", args=[cluster.pk]),
        reverse("desk:cluster_merge", args=[cluster.pk]),
        reverse("desk:tag_rename", args=[tag.pk]) + f"?name={WORD}",
    ]  # fmt: skip


# The widest elements that reach beyond the screen, outside of regions that scroll by themselves.
WIDE = """() => {
    const wide = document.scrollingElement.scrollWidth;
    if (wide <= innerWidth) return "";
    const scrolls = e => e && (/auto|scroll|hidden/.test(getComputedStyle(e).overflowX)
                               || scrolls(e.parentElement));
    const out = [...document.body.querySelectorAll("*")]
        .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e.parentElement));
    return wide + "px: " + out.slice(-4).map(e => e.tagName + "." + e.className).join(", ");
}"""


@pytest.mark.full
def test_nothing_is_wider_than_a_phone(browser, live_server, long_words):
    reader, addresses = long_words
    session = Client()
    session.force_login(reader)
    key = session.cookies[settings.SESSION_COOKIE_NAME].value
    context = browser.new_context(base_url=live_server.url, java_script_enabled=True)
    context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": live_server.url}]
    )
    page, wide = context.new_page(), {}
    for address in addresses:
        response = page.goto(address)
        assert response.status == 200, address
        for width in (320, 390):
            page.set_viewport_size({"width": width, "height": 800})
            if found := page.evaluate(WIDE):
                wide[address, width] = found
    context.close()

    assert wide == {}, "\n".join(f"{place}: {found}" for place, found in wide.items())
