"""Every form can be sent by a button inside it, in a browser without scripts or `form` attributes.

A text browser such as lynx sends a button with the form around it, and no button that stands
outside.
"""

from html.parser import HTMLParser

import pytest
from django.urls import reverse

from accounts.models import State
from accounts.reading import marking
from catalog.models import Issue
from tests.readingroom import test_routes
from tests.readingroom.test_bidi import ASKED, READ, client_of, world  # noqa: F401

pytestmark = pytest.mark.django_db

# These hold nothing to fill in, and all that they do is done elsewhere as well: the cards of a list
# lead to the pages of their issues, and the form around the queue has all its buttons.
EMPTY = {"marks", "order", "place"}


class Forms(HTMLParser):
    """Collects the forms of a page, with their fields and submit buttons inside."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict] = []
        self.current: dict | None = None
        self.marked: set[str] = set()
        self.linked: set[str] = set()

    def handle_starttag(self, tag, attrs):
        own = dict(attrs)
        if tag == "form":
            assert self.current is None, "a form in a form"
            self.current = {"id": own.get("id"), "fields": [], "buttons": []}
            self.forms.append(self.current)
        kind = own.get("type", "submit" if tag == "button" else "text")
        if tag == "button" and own.get("name") == "mark":
            self.marked.add(own["value"].partition(":")[0])
        if tag == "a" and own.get("href", "").startswith("/"):
            self.linked.add(own["href"])
        if self.current and tag in ("input", "button", "select", "textarea"):
            if kind == "submit":
                self.current["buttons"].append((own.get("name"), own.get("value")))
            elif kind not in ("hidden", "button", "reset") and "disabled" not in own:
                self.current["fields"].append(own.get("name"))

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag):
        if tag == "form":
            self.current = None


def forms_of(response):
    page = Forms()
    page.feed(response.content.decode())
    page.close()
    return page


def test_every_form_has_a_button_inside(world):  # noqa: F811
    client, faults, seen = client_of(world), [], 0
    for name in READ:
        where = reverse(name, args=[world[each] for each in test_routes.ROUTES[name].arguments])
        response = client.get(where, ASKED.get(name, {}))
        if not response.headers["Content-Type"].startswith("text/html"):
            continue
        for form in forms_of(response).forms:
            seen += 1
            if not form["buttons"] and (form["id"] not in EMPTY or form["fields"]):
                faults.append(f"{name}: {form}")

    assert seen > 100
    assert faults == []


def test_a_list_leads_to_the_page_of_each_issue_that_it_can_mark(world):  # noqa: F811
    client = client_of(world)
    for name in ("library", "catalog:publication_detail", "issue_list", "accounts:queue"):
        where = reverse(name, args=[world[each] for each in test_routes.ROUTES[name].arguments])
        page = forms_of(client.get(where))
        assert page.marked, name
        for issue in Issue.objects.filter(pk__in=page.marked):
            assert issue.get_absolute_url() in page.linked, name


def test_the_form_of_an_issue_holds_its_states(world):  # noqa: F811
    issue = Issue.objects.get(pk=world["issue"])
    page = forms_of(client_of(world).get(issue.get_absolute_url()))

    [marks] = [form for form in page.forms if form["id"] == "marks"]
    states = ("unread", "queued", "reading", "read")
    assert marks["buttons"] == [("mark", f"{issue.pk}:{each}:unread") for each in states]


def test_the_form_around_the_queue_holds_all_its_buttons(world):  # noqa: F811
    reader, issue = world["people"]["reader"], Issue.objects.get(pk=world["issue"])
    marking.mark(reader, [issue.pk], State.QUEUED)
    page = forms_of(client_of(world).get(reverse("accounts:queue"), {"place": issue.pk}))

    [moves] = [form for form in page.forms if form["id"] == "moves"]
    assert ("move", f"{issue.pk}:up:1") in moves["buttons"]
    assert ("move", f"{issue.pk}:place") in moves["buttons"]
    assert ("mark", f"{issue.pk}:read:queued") in moves["buttons"]
    assert moves["fields"] == ["place"]
