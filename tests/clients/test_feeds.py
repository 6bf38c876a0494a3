"""Every feed of the bundled catalog, read by feedparser and held to the rules of its format.

The rules are those of RFC 4287 and of JSON Feed 1.1 that a program can check.
"""

import datetime
import json
import re
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse

from accounts.access.tokens import make_token
from accounts.models import FEEDS
from accounts.urls import FEED_URLS as ROUTES
from catalog.curation.changeset import Curation
from catalog.interchange import formats
from catalog.loading.loader import load
from catalog.models import ChangeBatch, Issue
from readingroom.quickstart import BUNDLED_CATALOG
from tests.factories import make_user
from tests.nonempty import some

pytestmark = [pytest.mark.django_db, pytest.mark.clients()]

ATOM = "{http://www.w3.org/2005/Atom}"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
ONE = {"id", "title", "updated"}
FEED_HAS = {
    *ONE, "author", "category", "contributor", "generator", "icon", "link", "logo", "rights",
    "subtitle", "entry",
}  # fmt: skip
ENTRY_HAS = {
    *ONE, "author", "category", "content", "contributor", "link", "published", "rights", "source",
    "summary",
}  # fmt: skip
MANY = {"author", "category", "contributor", "link", "entry"}
JSON_FEED_HAS = {
    "version", "title", "home_page_url", "feed_url", "description", "user_comment", "next_url",
    "icon", "favicon", "authors", "language", "expired", "hubs", "items",
}  # fmt: skip
ITEM_HAS = {
    "id", "url", "external_url", "title", "content_html", "content_text", "summary", "image",
    "banner_image", "date_published", "date_modified", "authors", "tags", "language", "attachments",
}  # fmt: skip


@pytest.fixture
def addresses():
    """The address of every feed, by token, after a load and two edits."""
    _, secret = make_token(make_user(), "Phone", [FEEDS])
    document, _ = formats.read(BUNDLED_CATALOG.read_bytes())
    load(document, source=BUNDLED_CATALOG.name)
    first = Issue.objects.exclude(cluster=None).exclude(tag_list=[]).select_related("cluster")[0]
    for values in ({"tier": 4}, {"tier": 5, "summary": "<b>Bold</b> & “quoted” \U0001f30a"}):
        with Curation(ChangeBatch.Kind.EDIT, source="test", reason="Why & <how>") as curation:
            curation.change(first, values)
    names = {
        "publication": first.publication.slug, "cluster": first.cluster.slug, "tier": 5,
        "tag": first.tag_list[0][1],
    }  # fmt: skip
    found = []
    for route, pattern, _ in ROUTES:
        asked = {name: value for name, value in names.items() if f":{name}>" in pattern}
        for kind in ("atom", "json"):
            found.append(reverse(f"accounts:{route}_{kind}", kwargs=asked) + f"?token={secret}")
    return found


def feeds(addresses, kind):
    client = Client()
    found = [address for address in addresses if f".{kind}?" in address]
    assert len(found) == len(ROUTES)
    for address in found:
        response = client.get(address)
        assert response.status_code == 200, address
        yield response


def atom_faults(element, known):
    """Return what an Atom feed or entry has that RFC 4287 does not allow."""
    names = [child.tag.removeprefix(ATOM) for child in element]
    faults = [f"unknown element {name}" for name in set(names) - known]
    faults += [f"{name} × {names.count(name)}" for name in ONE if names.count(name) != 1]
    faults += [f"{name} twice" for name in known - MANY - ONE if names.count(name) > 1]
    for child in element:
        name, text = child.tag.removeprefix(ATOM), child.text or ""
        if name in {"updated", "published"} and not INSTANT.fullmatch(text):
            faults.append(f"{name} {text}")
        if name == "id" and not is_address(text):
            faults.append(f"id {text}")
        if name == "link" and not is_address(child.get("href", "")):
            faults.append(f"link {child.get('href')}")
        if name == "category" and not child.get("term"):
            faults.append("category without a term")
        if name == "author" and not (child.findtext(f"{ATOM}name") or "").strip():
            faults.append("author without a name")
        if name in {"title", "summary", "content"}:
            if child.get("type", "text") not in {"text", "html"} or len(child):
                faults.append(f"{name} of type {child.get('type')}")
            if re.search("""(?:href|src)=["'](?!https?:|mailto:)""", text):
                faults.append(f"{name} with a relative address")
    rels = [each.get("rel", "alternate") for each in element.findall(f"{ATOM}link")]
    if rels.count("alternate") != 1:
        faults.append(f"links {rels}")
    return faults


def is_address(text):
    """Return whether this is an absolute IRI."""
    parts = urlsplit(text)
    return bool(parts.scheme) and bool(parts.netloc or parts.path) and not re.search(r"\s", text)


def test_atom_feeds_keep_the_rules_of_rfc_4287(addresses):
    for response in some(feeds(addresses, "atom")):
        feed = ElementTree.fromstring(response.content)
        assert atom_faults(feed, FEED_HAS) == []
        assert [each.get("rel") for each in feed.findall(f"{ATOM}link")].count("self") == 1
        entries = feed.findall(f"{ATOM}entry")
        assert entries
        for entry in entries:
            assert atom_faults(entry, ENTRY_HAS) == []
            assert entry.find(f"{ATOM}author") is not None or feed.find(f"{ATOM}author") is not None
            assert entry.findtext(f"{ATOM}updated") <= feed.findtext(f"{ATOM}updated")
        ids = [each.findtext(f"{ATOM}id") for each in [feed, *entries]]
        assert len(set(ids)) == len(ids)


def test_a_feed_parser_finds_no_fault_and_every_entry(addresses):
    feedparser = pytest.importorskip("feedparser")
    for response in some(feeds(addresses, "atom")):
        headers = {"content-type": response["Content-Type"]}
        parsed = feedparser.parse(response.content, response_headers=headers)
        assert not parsed.bozo, parsed.get("bozo_exception")
        assert parsed.version == "atom10"
        assert len(parsed.entries) == response.content.count(b"<entry>")
        for entry in parsed.entries:
            assert entry.id
            assert entry.title
            assert entry.link
            assert entry.updated_parsed
            assert entry.published_parsed


def test_json_feeds_keep_the_rules_of_version_1_1(addresses):
    for response in some(feeds(addresses, "json")):
        assert response["Content-Type"] == "application/feed+json"
        feed = json.loads(response.content.decode("utf-8"))
        assert set(feed) <= JSON_FEED_HAS
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert feed["title"]
        assert is_address(feed["home_page_url"])
        assert is_address(feed["feed_url"])
        assert feed["items"]
        for item in feed["items"]:
            assert set(item) <= ITEM_HAS
            assert isinstance(item["id"], str)
            assert "content_html" in item or "content_text" in item
            assert is_address(item["url"])
            assert is_address(item.get("external_url", item["url"]))
            for name in ("date_published", "date_modified"):
                assert INSTANT.fullmatch(item[name])
                assert datetime.datetime.fromisoformat(item[name]).tzinfo
            assert all(author["name"] for author in item.get("authors", []))
            assert all(isinstance(tag, str) and tag for tag in item["tags"])
        assert len({item["id"] for item in feed["items"]}) == len(feed["items"])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("<id>a:b</id><title>T</title><updated>2024-01-01</updated>", "updated 2024-01-01"),
        ("<title>T</title><updated>2024-01-01T00:00:00Z</updated>", "id × 0"),
        ("<id>/relative</id><id>a:b</id>", "id /relative"),
        ("<pubDate>2024</pubDate>", "unknown element pubDate"),
        ('<summary type="html">&lt;a href="/x"&gt;</summary>', "summary with a relative address"),
        ('<link href="/x"/>', "link /x"),
        ('<link rel="self" href="a:b"/>', "links ['self']"),
    ],
)
def test_what_the_rules_forbid_is_found(text, fault):
    entry = ElementTree.fromstring(f'<entry xmlns="{ATOM[1:-1]}">{text}</entry>')

    assert fault in atom_faults(entry, ENTRY_HAS)
