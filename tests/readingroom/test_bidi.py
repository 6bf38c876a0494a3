"""Text in any script: what people wrote never changes the order of the words around it.

A catalog in Hebrew is loaded and every page of the route tables is read. Each piece of Hebrew
must stand in an element with `dir="auto"`, or in `<bdi>`, that holds none of our own words. On the
way each id is seen to stand once in a page.
"""

import re
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts.access import tokens
from accounts.models import NoteVersion, Reading, SavedView, State
from accounts.notes import writing
from accounts.reading import marking
from catalog.curation.changeset import Curation
from catalog.interchange import formats
from catalog.loading.loader import load
from catalog.models import Category, Change, ChangeBatch, Citation, Cluster, Issue, IssueTag, Tag
from catalog.templatetags.catalog import quoted
from tests.catalog.admin import test_matrix
from tests.factories import make_user
from tests.readingroom import test_routes

pytestmark = pytest.mark.django_db

HEBREW = re.compile("[\u0590-\u05ff]")
LATIN = re.compile("[A-Za-z]")
VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"}
DOCUMENT = """{"format": "readingroom.catalog/1", "publications": [{
  "name": "עיתון 7 (ישן)", "category": "מדע 3:", "author": "א. כותב 2", "slug": "rtl",
  "description": "תיאור (1).",
  "clusters": [
    {"title": "אשכול 1: (חדש)", "slug": "first", "blurb": "מבוא 9.", "issues": [
      {"title": "שלום 2024: מבוא (חלק 1)", "date": "2024-03-02", "tier": 5, "slug": "hello",
       "summary": "תקציר 5: (א).", "tags": ["למידה", "למידות"], "url": "https://example.org/1"},
      {"title": "המשך 2: (חלק 2)", "date": "2024-03-03", "tier": 4, "summary": "עוד 1.",
       "tags": ["למידה"], "url": "https://example.org/2"},
      {"title": "שלישי 3!", "date": "2024-04-03", "tier": 2, "summary": "", "tags": ["למידות"]}]},
    {"title": "אשכול 2", "slug": "second", "blurb": "", "issues": [
      {"title": "רביעי 4?", "date": "2024-05-03", "tier": 4, "summary": "", "tags": []}]}],
  "issues": [{"title": "חמישי 5.", "date": "2024-06-03", "summary": "", "tags": ["למידה"]}]
}]}"""


class Isolation(HTMLParser):
    """Collects the isolated runs of text that hold Hebrew, or that are not isolated at all."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[tuple[str, list[str] | None]] = []
        self.faults: list[str] = []
        self.found = 0
        self.ids: set[str] = set()

    def handle_starttag(self, tag, attrs):
        own = dict(attrs)
        if "id" in own:
            if own["id"] in self.ids:
                self.faults.append(f"id {own['id']!r} twice")
            self.ids.add(own["id"])
        is_isolated = tag == "bdi" or own.get("dir") == "auto"
        is_written_in = tag == "textarea" or (
            tag == "input" and "name" in own and own.get("type", "text") in ("text", "search")
        )
        if is_written_in and not is_isolated:
            self.faults.append(f"<{tag} name={own.get('name')}> without dir")
        if tag not in VOID:
            self.stack.append((tag, [] if is_isolated else None))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        while self.stack:
            opened, run = self.stack.pop()
            text = "".join(run or ())
            # An option can hold no other element.
            if HEBREW.search(text) and LATIN.search(text) and opened != "option":
                self.faults.append(f"<{opened}> holds our words too: {text.strip()[:100]!r}")
            if opened == tag:
                break

    def handle_data(self, data):
        if any(tag in ("title", "script", "style") for tag, _ in self.stack):
            return
        for _, run in reversed(self.stack):
            if run is not None:
                run.append(data)
                break
        else:
            if HEBREW.search(data):
                self.faults.append(f"in <{self.stack[-1][0]}>: {data.strip()[:100]!r}")
        self.found += bool(HEBREW.search(data))


def faults_of(html):
    page = Isolation()
    page.feed(html)
    page.close()
    return page


@pytest.fixture
def world():
    """A room in which everything that people write is in Hebrew."""
    document, _ = formats.read(DOCUMENT.encode())
    load(document, source="rtl")
    Category.objects.update(slug="science")
    issue = Issue.objects.get(slug="hello")
    reader = make_user(username="קורא", first_name="שם", last_name="פרטי", is_superuser=True)
    reader.groups.add(Group.objects.get(name="Curators"))
    with Curation(ChangeBatch.Kind.EDIT, source="test", user=reader, reason="סיבה 6.") as curation:
        curation.change(issue, {"tier": 4, "title": "שלום 2024: חדש (חלק 1)",
                                "cites": ["https://example.org/2"]})  # fmt: skip
    others = list(Issue.objects.exclude(pk=issue.pk).order_by("pk"))
    marking.mark(reader, [others[0].pk], State.QUEUED)
    marking.mark(reader, [others[1].pk], State.READING)
    act = marking.mark(reader, [others[2].pk], State.READ).act
    note = writing.create_note(reader, issue.pk, kind="quote", quote="ציטוט 8.", body="הערה 9:")
    writing.edit_note(reader, note.pk, 1, kind="quote", quote="ציטוט 8!", body="הערה 10:")
    cluster = Cluster.objects.get(slug="first")
    first, second = Tag.objects.order_by("id")
    return {
        "people": {"reader": reader, "superuser": reader},
        "issue": issue.pk, "cluster": cluster.pk, "reading": Reading.objects.first().pk,
        "act": act.pk, "note": note.pk, "version": NoteVersion.objects.get().version,
        "view": SavedView.objects.create(user=reader, name="תצוגה 1.", query="q=שלום",
                                         is_pinned=True).pk,
        "token": tokens.make_token(reader, "אסימון 2.", ["read"])[0].pk,
        "year": 2026, "tier": 5, "tag_slug": first.slug, "publication_slug": "rtl",
        "category_slug": "science", "cluster_slug": "first", "issue_slug": "hello",
        "batch": ChangeBatch.objects.latest("id").pk, "publication": cluster.publication_id,
        "tag": first.pk, "away": second.pk, "into": first.pk, "kind": "issue", "pk": issue.pk,
        "content_type_id": 1, "url": "x", "id": reader.pk,
        "category": cluster.publication.category_id, "change": Change.objects.latest("id").pk,
        "citation": Citation.objects.get().pk, "user": reader.pk,
        "group": Group.objects.get(name="Curators").pk,
        "issuetag": IssueTag.objects.first().pk,
        "changebatch": ChangeBatch.objects.latest("id").pk,
    }  # fmt: skip


def client_of(world):
    client = Client()
    client.force_login(world["people"]["reader"])
    return client


READ = [
    name
    for name, route in test_routes.ROUTES.items()
    if route.method == "get" and name not in ("robots.txt", "favicon.ico")
]
# Pages that are empty until they are asked for something.
ASKED = {
    "issue_list": {"q": "שלום"}, "issue_filters": {"q": "שלום"},
    "accounts:quick_search": {"q": "שלום"}, "library": {"minutes": "10"},
    "accounts:note_list": {"q": "הערה"},
}  # fmt: skip


def test_every_page_isolates_what_people_wrote(world):
    client, faults = client_of(world), {}
    for name in READ:
        arguments = [world[each] for each in test_routes.ROUTES[name].arguments]
        for data in ({}, ASKED.get(name, {})):
            response = client.get(reverse(name, args=arguments), data)
            if response.headers["Content-Type"].startswith("text/html"):
                faults[name, *data] = faults_of(response.content.decode()).faults

    assert len(faults) > 30
    assert {page: found for page, found in faults.items() if found} == {}


def test_every_curators_page_isolates_what_people_wrote(world):
    client, faults = client_of(world), {}
    for name, arguments in test_matrix.ROUTES:
        # Pages that Django draws itself leave this to the style sheet.
        if name.startswith("desk:"):
            response = client.get(test_matrix.address(world, name, arguments))
            if response.status_code == 200 and "html" in response.headers["Content-Type"]:
                faults[name] = faults_of(response.content.decode()).faults

    assert len(faults) > 10
    assert {page: found for page, found in faults.items() if found} == {}


FORMS = {
    "accounts:reading_mark": {"mark": "{issue}:queued:unread", "show": "list"},
    "accounts:cluster_queue": {"cluster": "{cluster}:all", "show": "list"},
    "accounts:note_preview": {"body": "הערה 1.", "quote": "ציטוט 2.", "kind": "quote"},
    "accounts:note_update": {"kind": "note", "body": "הערה 3.", "version": "1"},
    "accounts:view_create": {"name": "שם 1."},
    "accounts:view_update": {"name": "שם 2."},
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("htmx", [True, False])
def test_an_answer_isolates_what_people_wrote(world, name, htmx):
    arguments = [world[each] for each in test_routes.ROUTES[name].arguments]
    data = {key: value.format(**world) for key, value in FORMS[name].items()}
    headers = {"HX-Request": "true"} if htmx else {}

    response = client_of(world).post(
        reverse(name, args=arguments), data, headers=headers, follow=True
    )

    page = faults_of(f"<body>{response.content.decode()}")
    assert page.found > 0
    assert page.faults == []


def test_the_walk_reads_hebrew(world):
    page = faults_of(client_of(world).get("/rtl/").content.decode())

    assert page.found > 20


def test_a_sentence_isolates_the_names_in_it():
    assert quoted("“שלום 1” is <read>.") == "“<bdi>שלום 1</bdi>” is &lt;read&gt;."
    assert quoted("“Moon” is <read>.") == "“Moon” is &lt;read&gt;."
