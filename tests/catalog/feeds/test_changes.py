"""The feeds of what changed in a publication, as strict readers take them (RFC 4287, JSON Feed)."""

import datetime
import json
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
import time_machine
from django.urls import reverse

from catalog.curation.changeset import Curation
from catalog.feeds import changes
from catalog.models import Change, ChangeBatch, Installation, Issue
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def reader(client):
    user = make_user()
    client.force_login(user)
    return user


def edit(issue, reason="", **values):
    with Curation(ChangeBatch.Kind.EDIT, source="secret-file.txt", reason=reason) as curation:
        curation.change(Issue.objects.get(pk=issue.pk), values)
    return curation.batch


def feed_of(client, publication, **headers):
    address = reverse("accounts:changes_atom", args=[publication.slug])
    return client.get(address, headers=headers)


def parsed(response):
    assert response.status_code == 200
    return ElementTree.fromstring(response.content)


def instant(element, name):
    """The one instant of this name within an element; RFC 3339 has a zone."""
    (found,) = element.findall(f"{ATOM}{name}")
    at = datetime.datetime.fromisoformat(found.text)
    assert at.tzinfo
    return at


def link(element, rel):
    (found,) = (each for each in element.findall(f"{ATOM}link") if each.get("rel") == rel)
    address = urlsplit(found.get("href"))
    assert address.scheme
    assert address.netloc
    return found.get("href")


def only(element, name):
    (found,) = element.findall(f"{ATOM}{name}")
    assert found.text
    return found.text


def test_a_feed_has_what_rfc_4287_requires(client, reader):
    issue = make_issue(tier=4, title="Ebb & <flow>", publication=make_publication(name="Tides"))
    with time_machine.travel("2026-03-04T12:00Z"):
        first = edit(issue, tier=5, reason="It <holds> up.")
    with time_machine.travel("2026-03-05T12:00Z"):
        second = edit(issue, title="Flow")

    response = feed_of(client, issue.publication)
    feed = parsed(response)

    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert feed.tag == f"{ATOM}feed"
    assert only(feed, "title") == "What changed in Tides"
    feed_id = only(feed, "id")
    authority = Installation.objects.get().authority
    assert feed_id == f"tag:{authority},2026:feeds/publications/{issue.publication.pk}/changes"
    assert instant(feed, "updated") == second.at
    assert only(feed.find(f"{ATOM}author"), "name") == "The curators"
    publication = issue.publication.slug
    assert link(feed, "self") == f"http://testserver/{publication}/changes.atom"
    assert link(feed, "alternate") == f"http://testserver/{publication}/changes/"
    entries = feed.findall(f"{ATOM}entry")
    assert [only(entry, "title") for entry in entries] == [
        "“Flow” was called “Ebb & <flow>”",
        "“Flow” went from notable to landmark",
    ]
    assert len({only(entry, "id") for entry in entries}) == 2
    older = entries[1]
    assert only(older, "id") == f"{feed_id}/{first.pk}"
    assert instant(older, "updated") == instant(older, "published") == first.at
    summary = older.find(f"{ATOM}summary")
    assert summary.get("type") == "html"
    assert '<p dir="auto">It &lt;holds&gt; up.</p>' in summary.text
    assert (
        f'<a dir="auto" href="http://testserver{issue.get_absolute_url()}">Flow</a>' in summary.text
    )


def test_the_json_feed_tells_the_same(client, reader):
    issue = make_issue(tier=4, title="Ebb & <flow>", publication=make_publication(name="Tides"))
    edit(issue, tier=5, reason="It <holds> up.")
    edit(issue, title="Flow")

    atom = parsed(feed_of(client, issue.publication))
    response = client.get(f"/{issue.publication.slug}/changes.json")
    feed = json.loads(response.content)

    assert response["Content-Type"] == "application/feed+json"
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"] == only(atom, "title")
    assert feed["home_page_url"] == link(atom, "alternate")
    assert feed["feed_url"] == link(atom, "self").replace(".atom", ".json")
    assert feed["authors"] == [{"name": "The curators"}]
    entries = atom.findall(f"{ATOM}entry")
    assert len(entries) == len(feed["items"]) == 2
    for entry, item in zip(entries, feed["items"], strict=True):
        assert item["id"] == only(entry, "id")
        assert item["title"] == only(entry, "title")
        assert item["url"] == link(entry, "alternate")
        assert item["content_html"] == only(entry, "summary")
        at = datetime.datetime.fromisoformat(item["date_published"])
        assert at == instant(entry, "published").replace(microsecond=0)
    assert client.get("/nothing/changes.json").status_code == 404


def test_an_entry_leads_to_the_page_that_tells_it_first(client, reader):
    issue = make_issue(tier=1)
    for tier in (2, 3, 4):
        edit(issue, tier=tier)

    entries = parsed(feed_of(client, issue.publication)).findall(f"{ATOM}entry")
    assert len(entries) == 3
    for entry in entries:
        address = urlsplit(link(entry, "alternate"))
        page = client.get(f"{address.path}?{address.query}")
        (act, *_) = page.context["page"].acts
        assert f"act-{act.batch.pk}" == address.fragment
        assert f'id="{address.fragment}"' in page.content.decode()


def test_ids_stay_when_titles_and_later_acts_come(client, reader):
    issue = make_issue(tier=4)
    edit(issue, tier=5)
    (before,) = parsed(feed_of(client, issue.publication)).findall(f"{ATOM}entry")
    edit(issue, title="Another")

    _, after = parsed(feed_of(client, issue.publication)).findall(f"{ATOM}entry")

    assert only(before, "id") == only(after, "id")
    assert only(before, "title") != only(after, "title")


def test_addresses_are_the_sites_where_it_has_one(client, reader, settings):
    settings.SITE_URL = "https://reading.example.org"
    issue = make_issue(tier=4)
    edit(issue, tier=5)

    feed = parsed(feed_of(client, issue.publication))

    publication = issue.publication.slug
    assert link(feed, "self") == f"https://reading.example.org/{publication}/changes.atom"
    assert "testserver" not in ElementTree.tostring(feed, encoding="unicode")


def test_without_one_they_are_those_that_were_asked_for(client, reader, settings):
    settings.SITE_URL = ""
    issue = make_issue(tier=4)
    edit(issue, tier=5)

    feed = parsed(feed_of(client, issue.publication, host="localhost:8000"))

    assert link(feed, "self").startswith("http://localhost:8000/")


def test_a_feed_without_acts_is_one_and_says_the_same_whenever_it_is_asked(client, reader):
    publication = make_publication()

    feed = parsed(feed_of(client, publication))

    assert instant(feed, "updated") == publication.created_at
    assert not feed.findall(f"{ATOM}entry")


def test_the_newest_fifty_acts_are_entries(client, reader):
    issue = make_issue(title="Title 0")
    for number in range(1, changes.MOST_ENTRIES + 4):
        edit(issue, title=f"Title {number}")

    entries = parsed(feed_of(client, issue.publication)).findall(f"{ATOM}entry")

    assert len(entries) == changes.MOST_ENTRIES
    assert "was called “Title 52”" in only(entries[0], "title")


def test_characters_that_no_xml_may_hold_do_not_break_it(client, reader):
    # They are refused at the door, and a database may have them all the same.
    issue = make_issue(tier=4, title="Ebb\x01 and\ufffe flow\x0b 潮汐 \U0001f30a")
    edit(issue, tier=5, reason="\x08 and \x1b")
    edit(issue, summary="Anew.\x02")

    feed = parsed(feed_of(client, issue.publication))

    _, entry = feed.findall(f"{ATOM}entry")
    assert only(entry, "title").startswith("“Ebb\ufffd and\ufffd flow\ufffd 潮汐 \U0001f30a”")


def test_slugs_of_any_script_make_addresses_that_are_plain(client, reader):
    issue = make_issue(tier=4, publication=make_publication(slug="журнал"), slug="潮汐")
    edit(issue, tier=5)

    feed = parsed(feed_of(client, issue.publication))

    assert link(feed, "self").isascii()
    assert only(feed, "id").isascii()
    assert client.get(urlsplit(link(feed, "self")).path).status_code == 200


def test_an_act_of_several_changes_says_so_in_its_title_and_lists_all(client, reader):
    publication = make_publication()
    issues = [make_issue(publication=publication, tier=4, title=f"T{each}") for each in range(3)]
    home = make_cluster(publication=publication, title="Home")
    with Curation(ChangeBatch.Kind.LOAD, source="secret-file.txt") as curation:
        curation.made(Change.Kind.CLUSTER, publication.pk, home.pk)
        for issue in issues:
            curation.change(issue, {"cluster": home})

    response = feed_of(client, publication)
    (entry,) = parsed(response).findall(f"{ATOM}entry")

    assert only(entry, "title") == "The cluster “Home” was added, and more"
    assert only(entry, "summary").count("<li>") == 2
    assert "secret-file" not in response.content.decode()


def test_a_title_is_short_however_long_those_of_issues_are(client, reader):
    issue = make_issue(tier=4, title="Ebb " * 120)
    edit(issue, tier=5)

    (entry,) = parsed(feed_of(client, issue.publication)).findall(f"{ATOM}entry")

    assert len(only(entry, "title")) <= changes.TITLE_LENGTH


def test_strangers_are_sent_to_sign_in_where_the_catalog_is_not_public(client, settings):
    issue = make_issue(tier=4)
    edit(issue, tier=5)

    assert feed_of(client, issue.publication).status_code == 302
    settings.IS_PUBLIC = True
    assert len(parsed(feed_of(client, issue.publication)).findall(f"{ATOM}entry")) == 1


def test_the_feed_of_no_publication_is_a_404(client, reader):
    assert client.get("/nothing/changes.atom").status_code == 404


def test_a_feed_is_read_in_few_queries_however_many_acts(client, reader, django_assert_num_queries):
    issue = make_issue(tier=1)
    edit(issue, tier=2)
    # The session and the reader, the publication with its last change, the room's identity, and
    # what its acts need.
    with django_assert_num_queries(9):
        feed_of(client, issue.publication)
    for number in range(30):
        edit(issue, tier=number % 5 + 1)
    with django_assert_num_queries(9):
        feed_of(client, issue.publication)
