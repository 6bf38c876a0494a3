"""Feeds of issues, as strict readers take them: RFC 4287, JSON Feed 1.1, OPML 2.0."""

import datetime
import json
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone

from accounts.access.tokens import make_token, revoke_token
from accounts.models import FEEDS
from accounts.urls import FEED_URLS as FEED_ROUTES
from catalog.curation.changeset import Curation
from catalog.curation.clusters import merge_clusters
from catalog.curation.tags import merge_tags
from catalog.interchange import document
from catalog.loading.loader import load
from catalog.models import ChangeBatch, Installation, Issue, Publication, Tag
from tests.factories import make_cluster, make_issue, make_publication, make_user

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
ISSUES_A_FEED = 50


@pytest.fixture
def reader(client):
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def moon():
    """A publication with an issue in each tier, clustered and tagged."""
    publication = make_publication(name="Moon <&> tide", slug="moon", author="A. Editor")
    cluster = make_cluster(publication=publication, slug="ebb", title="Ebb & flow")
    issues = {
        tier: make_issue(
            publication=publication, cluster=cluster, tier=tier, title=f"Tier <{tier}>",
            slug=f"tier-{tier}", date=datetime.date(2024, 1, tier),
        )
        for tier in (1, 2, 3, 4, 5)
    }  # fmt: skip
    tag(issues[1], "Neap tide")
    tag(issues[4], "Neap tide")
    return publication


def edit(issue, **values):
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        curation.change(Issue.objects.get(pk=issue.pk), values)
    return curation.batch


def tag(issue, *names):
    edit(issue, tags=list(names))


FEED_ADDRESSES = [
    "/moon/keepers",
    "/moon/tier-3",
    "/catalog/tier-5",
    "/moon/clusters/ebb",
    "/tags/neap-tide",
]


def atom_of(response):
    """Parse an Atom feed, and hold it to what RFC 4287 requires of every one."""
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    feed = ElementTree.fromstring(response.content)
    assert feed.tag == f"{ATOM}feed"
    ids = [one(feed, "id")]
    one(feed, "title")
    instant(feed, "updated")
    assert links(feed, "self")
    assert links(feed, "alternate")
    for entry in feed.findall(f"{ATOM}entry"):
        ids.append(one(entry, "id"))
        one(entry, "title")
        assert instant(entry, "published")
        assert instant(entry, "updated") <= instant(feed, "updated")
        # A feed without an author needs one in each entry.
        assert one(entry.find(f"{ATOM}author"), "name")
        (alternate,) = links(entry, "alternate")
        assert urlsplit(alternate).netloc
    assert len(set(ids)) == len(ids)
    assert all(urlsplit(each).scheme for each in ids)
    return feed


def json_of(response):
    """Read a JSON feed, and hold it to what version 1.1 requires of every one."""
    assert response.status_code == 200
    assert response["Content-Type"] == "application/feed+json"
    feed = json.loads(response.content.decode())
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["title"]
    for name in ("home_page_url", "feed_url"):
        assert urlsplit(feed[name]).netloc
    for item in feed["items"]:
        assert isinstance(item["id"], str)
        assert isinstance(item["content_text"], str)
        assert urlsplit(item["url"]).netloc
        assert all(isinstance(each, str) for each in item["tags"])
        assert all(author["name"] for author in item["authors"])
        for name in ("date_published", "date_modified"):
            assert datetime.datetime.fromisoformat(item[name]).tzinfo
    assert len({item["id"] for item in feed["items"]}) == len(feed["items"])
    return feed


def one(element, name):
    (found,) = element.findall(f"{ATOM}{name}")
    assert found.text
    return found.text


def instant(element, name):
    at = datetime.datetime.fromisoformat(one(element, name))
    assert at.tzinfo
    return at


def links(element, rel):
    return [each.get("href") for each in element.findall(f"{ATOM}link") if each.get("rel") == rel]


def titles(client, address):
    """Return the titles of a feed's issues, the same in both forms."""
    atom = [
        one(entry, "title") for entry in atom_of(client.get(f"{address}.atom")).iter(f"{ATOM}entry")
    ]
    assert atom == [item["title"] for item in json_of(client.get(f"{address}.json"))["items"]]
    return atom


def test_each_feed_has_its_issues_latest_first(client, reader, moon):
    make_issue(tier=5, title="Elsewhere", date=datetime.date(2025, 1, 1))

    assert titles(client, "/moon/keepers") == ["Tier <5>", "Tier <4>"]
    assert titles(client, "/moon/tier-4") == ["Tier <4>"]
    assert titles(client, "/moon/tier-3") == ["Tier <3>"]
    assert titles(client, "/catalog/tier-5") == ["Elsewhere", "Tier <5>"]
    assert titles(client, "/moon/clusters/ebb") == [f"Tier <{tier}>" for tier in (5, 4, 3, 2, 1)]
    assert titles(client, "/tags/neap-tide") == ["Tier <4>", "Tier <1>"]


def test_feeds_say_what_they_are_and_where_the_same_is_shown(client, reader, moon):
    said = {address: json_of(client.get(f"{address}.json")) for address in FEED_ADDRESSES}

    assert [feed["title"] for feed in said.values()] == [
        "Keepers of Moon <&> tide",
        "Tier 3 of Moon <&> tide",
        "Landmarks",
        "Ebb & flow · Moon <&> tide",
        "Tagged Neap tide",
    ]
    for address, feed in said.items():
        assert feed["feed_url"] == f"http://testserver{address}.json"
        home = feed["home_page_url"].removeprefix("http://testserver")
        assert client.get(home).status_code == 200
        atom = atom_of(client.get(f"{address}.atom"))
        assert one(atom, "title") == feed["title"]
        assert links(atom, "self") == [f"http://testserver{address}.atom"]
        assert links(atom, "alternate") == [feed["home_page_url"]]


def test_an_entry_tells_of_its_issue(client, reader, moon):
    issue = Issue.objects.get(slug="tier-4")
    Issue.objects.filter(pk=issue.pk).update(summary="Low <b>water</b>.\n\nThen high.")
    with time_machine.travel("2031-05-06T07:08:09Z", tick=False):
        tag(issue, "Spring tide")

    entry = atom_of(client.get("/moon/keepers.atom")).findall(f"{ATOM}entry")[1]
    item = json_of(client.get("/moon/keepers.json"))["items"][1]

    assert one(entry.find(f"{ATOM}author"), "name") == "A. Editor"
    assert instant(entry, "published") == datetime.datetime(2024, 1, 4, tzinfo=datetime.UTC)
    assert instant(entry, "updated").isoformat() == "2031-05-06T07:08:09+00:00"
    summary = entry.find(f"{ATOM}summary")
    assert summary.get("type") == "html"
    assert summary.text == "<p>Low &lt;b&gt;water&lt;/b&gt;.</p>\n\n<p>Then high.</p>"
    assert [each.get("term") for each in entry.findall(f"{ATOM}category")] == ["Spring tide"]
    assert links(entry, "alternate") == ["http://testserver/moon/tier-4/"]
    assert links(entry, "related") == [issue.url]
    assert item == {
        "id": one(entry, "id"),
        "url": "http://testserver/moon/tier-4/",
        "external_url": issue.url,
        "title": "Tier <4>",
        "content_text": "Low <b>water</b>.\n\nThen high.",
        "date_published": "2024-01-04T00:00:00+00:00",
        "date_modified": "2031-05-06T07:08:09+00:00",
        "authors": [{"name": "A. Editor"}],
        "tags": ["Spring tide"],
    }


def ids(client, addresses=(*FEED_ADDRESSES, "/moon/changes"), **headers):
    """Return the ids of feeds and their entries, which Atom and JSON share."""
    found = []
    for address in addresses:
        atom = ElementTree.fromstring(client.get(f"{address}.atom", headers=headers).content)
        entries = [one(entry, "id") for entry in atom.iter(f"{ATOM}entry")]
        items = json.loads(client.get(f"{address}.json", headers=headers).content)["items"]
        assert entries
        assert entries == [item["id"] for item in items]
        found.append([one(atom, "id"), *entries])
    return found


def test_ids_are_the_same_at_every_address_of_the_room(client, reader, moon, settings):
    before = ids(client)
    assert ids(client, host="localhost:8000") == before
    assert ids(client, host="127.0.0.1:9000") == before
    settings.SITE_URL = "https://reading.example.org"
    assert ids(client) == before
    settings.SITE_URL = "https://elsewhere.example.org:8443"
    assert ids(client) == before
    settings.SECRET_KEY = "another " * 8
    client.force_login(reader)
    assert ids(client) == before


def test_ids_outlive_every_name(client, reader, moon):
    before = ids(client)
    Publication.objects.filter(pk=moon.pk).update(name="Sun", slug="sun")
    moon.clusters.update(title="Flow", slug="flow")
    Tag.objects.update(name="Spring", slug="spring")
    Issue.objects.filter(tier=5).update(title="Another", slug="another")

    renamed = [
        "/sun/keepers", "/sun/tier-3", "/catalog/tier-5", "/sun/clusters/flow", "/tags/spring",
        "/sun/changes",
    ]  # fmt: skip
    assert ids(client, renamed) == before


def test_ids_of_an_old_room_are_those_that_its_subscribers_know(client, reader, moon):
    Installation.objects.update(authority="reading.example.org")
    issue = Issue.objects.get(tier=5)

    (item, _) = json_of(client.get("/moon/keepers.json"))["items"]

    assert item["id"] == f"tag:reading.example.org,{issue.created_at:%Y-%m-%d}:issues/{issue.pk}"


def test_an_issue_is_the_same_in_every_feed_whatever_it_is_called(client, reader, moon):
    def issue_ids():
        return {
            item["id"]
            for address in FEED_ADDRESSES[2:]
            for item in json_of(client.get(f"{address}.json"))["items"]
        }

    before = issue_ids()
    Issue.objects.filter(tier=5).update(title="Another", slug="another")

    assert len(before) == 5
    assert issue_ids() == before


@pytest.fixture
def fifty_newer(moon):
    """Fifty keepers, each newer by its own date than the issues of `moon`, in the same lists."""
    cluster = moon.clusters.get()
    first = datetime.date(2025, 1, 1)
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        for day in range(ISSUES_A_FEED):
            date = first + datetime.timedelta(days=day)
            newer = make_issue(publication=moon, cluster=cluster, tier=5, date=date)
            curation.change(newer, {"tags": ["Neap tide"]})


def first_entry(client, address):
    """Return the title of a feed's first entry and when it was updated."""
    feed = json_of(client.get(f"{address}.json"))
    assert titles(client, address) == [item["title"] for item in feed["items"]]
    first = feed["items"][0]
    return first["title"], datetime.datetime.fromisoformat(first["date_modified"])


@pytest.mark.parametrize("address", ["/moon/keepers", "/moon/tier-5", "/catalog/tier-5"])
def test_an_old_issue_that_is_rated_today_is_first_today(
    client, reader, moon, fifty_newer, address
):
    old = make_issue(publication=moon, tier=None, title="Old", date=datetime.date(2001, 1, 1))
    with time_machine.travel("2031-05-06T07:08:09Z", tick=False):
        batch = edit(old, tier=5)

    assert first_entry(client, address) == ("Old", batch.at)
    with time_machine.travel("2031-05-07T07:08:09Z", tick=False):
        edit(old, tier=1)
    assert "Old" not in titles(client, address)
    with time_machine.travel("2031-05-08T07:08:09Z", tick=False):
        again = edit(old, tier=5)
    assert first_entry(client, address) == ("Old", again.at)


def test_an_old_issue_that_is_filed_today_is_first_in_its_cluster(
    client, reader, moon, fifty_newer
):
    old = make_issue(publication=moon, title="Old", date=datetime.date(2001, 1, 1))
    with time_machine.travel("2031-05-06T07:08:09Z", tick=False):
        batch = edit(old, cluster=moon.clusters.get())

    assert first_entry(client, "/moon/clusters/ebb") == ("Old", batch.at)


def test_an_old_issue_that_is_tagged_today_is_first_under_its_tag(
    client, reader, moon, fifty_newer
):
    old = make_issue(publication=moon, title="Old", date=datetime.date(2001, 1, 1))
    with time_machine.travel("2031-05-06T07:08:09Z", tick=False):
        tag(old, "Neap tide")
    assert first_entry(client, "/tags/neap-tide")[0] == "Old"

    # An issue that keeps a tag is not new under it when another tag changes.
    with time_machine.travel("2031-05-07T07:08:09Z", tick=False):
        tag(Issue.objects.get(tier=1), "Neap tide", "Spring tide")
    assert first_entry(client, "/tags/neap-tide")[0] == "Old"
    assert first_entry(client, "/tags/spring-tide")[0] == "Tier <1>"


def test_an_issue_that_comes_back_from_the_archive_is_first_in_each_feed(
    client, reader, moon, fifty_newer
):
    old = Issue.objects.get(tier=4)
    with time_machine.travel("2031-05-06T07:08:09Z", tick=False):
        edit(old, archived_at=timezone.now())
    with time_machine.travel("2031-05-07T07:08:09Z", tick=False):
        batch = edit(old, archived_at=None)

    for address in ("/moon/keepers", "/moon/clusters/ebb", "/tags/neap-tide"):
        assert first_entry(client, address) == ("Tier <4>", batch.at)


def test_a_change_of_the_text_alone_moves_no_entry(client, reader, moon):
    before = titles(client, "/moon/clusters/ebb")
    edit(Issue.objects.get(tier=2), summary="Another.")

    assert titles(client, "/moon/clusters/ebb") == before


def test_merged_tags_make_no_issue_new(client, reader, moon):
    two, three = Issue.objects.get(tier=2), Issue.objects.get(tier=3)
    tag(two, "Neaps")
    tag(three, "Neap tide")
    neaps, neap_tide = Tag.objects.get(slug="neaps"), Tag.objects.get(slug="neap-tide")
    with (
        time_machine.travel("2031-05-06T07:08:09Z", tick=False),
        Curation(ChangeBatch.Kind.EDIT, source="test") as curation,
    ):
        merge_tags([neaps], neap_tide, curation)

    assert titles(client, "/tags/neap-tide") == ["Tier <3>", "Tier <2>", "Tier <4>", "Tier <1>"]


def test_issues_of_one_load_stand_by_their_own_dates(client, reader):
    def issue(day, tier=5):
        return document.IssueEntry(
            title=f"Day {day}", date=datetime.date(2020, 1, day), tier=tier, tags=["Load"]
        )

    def loaded(*issues):
        cluster = document.ClusterEntry(title="All", slug="all", issues=list(issues))
        publication = document.PublicationEntry(
            name="Long", slug="long", category="Science", author="Ed", clusters=[cluster]
        )
        load(document.Document(publications=[publication]), source="long.json")

    loaded(issue(3), issue(9), issue(5, tier=4))
    for address in ("/long/keepers", "/long/clusters/all", "/tags/load"):
        assert titles(client, address) == ["Day 9", "Day 5", "Day 3"]
    loaded(issue(3), issue(9), issue(5), issue(1))

    assert titles(client, "/long/keepers") == ["Day 5", "Day 1", "Day 9", "Day 3"]
    assert titles(client, "/long/clusters/all") == ["Day 1", "Day 9", "Day 5", "Day 3"]


def test_the_latest_fifty_are_in_a_feed(client, reader):
    publication = make_publication(slug="long")
    first = datetime.date(2020, 1, 1)
    for day in range(ISSUES_A_FEED + 3):
        date = first + datetime.timedelta(days=day)
        make_issue(publication=publication, title=f"Day {day}", date=date, tier=4)

    assert titles(client, "/long/keepers") == [f"Day {day}" for day in range(52, 2, -1)]
    Issue.objects.filter(title="Day 52").update(archived_at=timezone.now())
    assert titles(client, "/long/keepers") == [f"Day {day}" for day in range(51, 1, -1)]


def test_what_is_withdrawn_is_in_none(client, reader, moon):
    Issue.objects.filter(tier__in=(4, 5)).update(archived_at=timezone.now())

    assert titles(client, "/moon/keepers") == []
    assert titles(client, "/catalog/tier-5") == []
    assert titles(client, "/tags/neap-tide") == ["Tier <1>"]


def test_feeds_of_nothing_are_feeds(client, reader):
    make_publication(slug="bare")
    make_cluster(publication=Publication.objects.get(), slug="none")

    assert titles(client, "/bare/keepers") == []
    assert titles(client, "/bare/clusters/none") == []
    assert titles(client, "/catalog/tier-4") == []


@pytest.mark.parametrize(
    "address",
    ["/no/keepers", "/no/tier-5", "/moon/tier-0", "/moon/tier-6", "/catalog/tier-9",
     "/moon/tier-999999999999999999", "/moon/tier-9999999999999999999999", "/moon/clusters/no",
     "/no/clusters/ebb", "/tags/no"],
)  # fmt: skip
def test_feeds_of_what_is_not_there_are_not_there(client, reader, moon, address):
    for kind in ("atom", "json"):
        assert client.get(f"{address}.{kind}", follow=True).status_code == 404


def test_a_merged_cluster_is_read_as_what_it_became(client, reader, moon):
    other = make_cluster(publication=moon, slug="spring")
    with Curation(ChangeBatch.Kind.EDIT, source="test") as curation:
        merge_clusters(moon.clusters.filter(slug="ebb"), other, curation)

    assert len(titles(client, "/moon/clusters/ebb")) == 5
    assert titles(client, "/moon/clusters/ebb") == titles(client, "/moon/clusters/spring")


def test_a_name_for_other_tags_has_the_issues_of_all(client, reader, moon):
    tag(Issue.objects.get(tier=2), "Spring tide")
    name = Tag.objects.create(name="Tide", slug="tide", key="tide", retired_at=timezone.now())

    assert client.get("/tags/tide.atom").status_code == 404
    name.stands_for.set(Tag.objects.filter(slug__in=["neap-tide", "spring-tide"]))
    assert titles(client, "/tags/tide") == ["Tier <2>", "Tier <4>", "Tier <1>"]


def test_characters_that_no_xml_may_hold_do_no_harm(client, reader, moon):
    # They are refused at the door, and a database may have them all the same.
    bad = "Ebb\x01 and\ufffe flow\x0b 潮汐 \U0001f30a"
    Issue.objects.filter(tier=4).update(
        title=bad, summary=bad, url=f"https://example.org/{bad}", tag_list=[[bad, "neap-tide"]]
    )
    Publication.objects.filter(pk=moon.pk).update(name=bad, author=bad, feed="https://x.org/\x01")
    moon.clusters.update(title=bad)
    Tag.objects.update(name=bad)
    good = "Ebb\ufffd and\ufffd flow\ufffd 潮汐 \U0001f30a"

    for address in FEED_ADDRESSES:
        titles(client, address)
    assert titles(client, "/moon/keepers")[1] == good
    (outline,) = opml_of(client.get("/publications.opml")).findall("body/outline/outline")
    assert outline.get("text") == good


def test_addresses_of_any_script_are_plain(client, reader):
    publication = make_publication(slug="журнал")
    make_issue(
        publication=publication,
        slug="潮汐",
        tier=5,
        cluster=make_cluster(publication=publication, slug="отлив"),
    )

    for address in (f"/{quote('журнал')}/keepers", f"/{quote('журнал')}/clusters/{quote('отлив')}"):
        feed = json_of(client.get(f"{address}.json"))
        assert feed["feed_url"] == f"http://testserver{address}.json"
        assert links(atom_of(client.get(f"{address}.atom")), "self")[0].isascii()
        assert client.get(urlsplit(feed["items"][0]["url"]).path).status_code == 200


def test_addresses_are_the_sites_where_it_has_one(client, reader, moon, settings):
    settings.SITE_URL = "https://reading.example.org"

    for address in FEED_ADDRESSES:
        for kind in ("atom", "json"):
            text = client.get(f"{address}.{kind}").content.decode()
            assert "testserver" not in text
            assert f"https://reading.example.org{address}.{kind}" in text


# Conditional requests


CONDITIONAL = [
    *(f"{address}.{kind}" for address in [*FEED_ADDRESSES, "/moon/changes"]
      for kind in ("atom", "json")),
    "/publications.opml",
]  # fmt: skip


def test_every_route_of_a_feed_is_tried_here():
    named = {resolve(address).url_name for address in CONDITIONAL}

    assert named == {
        *(f"{name}_{kind}" for name, *_ in FEED_ROUTES for kind in ("atom", "json")),
        "publications_opml",
    }


@pytest.mark.full
@pytest.mark.parametrize("way", ["session", "token"])
@pytest.mark.parametrize("address", CONDITIONAL)
def test_what_a_reader_has_is_not_sent_again(
    client, moon, address, way, django_assert_max_num_queries
):
    user = make_user()
    if way == "token":
        _, secret = make_token(user, "Phone", [FEEDS])
        address = f"{address}?token={secret}"
    else:
        client.force_login(user)
    first = client.get(address)
    assert first.status_code == 200
    strong = first["ETag"].removeprefix("W/")
    assert strong != first["ETag"]
    for headers in (
        {"If-None-Match": first["ETag"]},
        {"If-None-Match": strong},
        {"If-None-Match": f'"other", {first["ETag"]}'},
        {"If-Modified-Since": first["Last-Modified"]},
    ):
        with django_assert_max_num_queries(6):
            again = client.get(address, headers=headers)
        assert again.status_code == 304
        assert not again.content
        assert again["ETag"] == first["ETag"]
        assert again["Cache-Control"] == "private, no-cache"
    with time_machine.travel("2031-01-01T00:00Z"):
        tag(Issue.objects.get(tier=5), "New")
    for headers in (
        {"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]},
    ):  # fmt: skip
        changed = client.get(address, headers=headers)
        assert changed.status_code == 200
        assert changed["ETag"] != first["ETag"]
        assert changed["Last-Modified"] == "Wed, 01 Jan 2031 00:00:00 GMT"


def test_forms_and_feeds_have_etags_of_their_own(client, reader, moon):
    tags = {
        client.get(f"{address}.{kind}")["ETag"]
        for address in FEED_ADDRESSES
        for kind in ("atom", "json")
    }

    assert len(tags) == 2 * len(FEED_ADDRESSES)


def test_a_feed_asked_for_twice_is_the_same(client, reader, moon):
    with time_machine.travel("2030-01-01"):
        client.force_login(reader)
        first = client.get("/moon/keepers.atom").content
    assert client.get("/moon/keepers.atom").content == first


@pytest.mark.parametrize("address", FEED_ADDRESSES)
def test_feeds_take_as_many_queries_however_many_issues(client, reader, moon, address):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as found:
            client.get(f"{address}.atom")
        return len(found)

    few = queries()
    for _ in range(5):
        for tier in (3, 4, 5):
            issue = make_issue(publication=moon, cluster=moon.clusters.get(), tier=tier)
            tag(issue, "Neap tide")
    assert queries() == few <= 10


def test_asking_for_the_head_or_by_other_methods(client, reader, moon):
    for address in (*(f"{each}.atom" for each in FEED_ADDRESSES), "/publications.opml"):
        head = client.head(address)
        assert (head.status_code, head.content) == (200, b"")
        assert head["ETag"]
        for method in (client.post, client.put, client.delete):
            assert method(address).status_code == 405


# Who may


ALL = [f"{address}.{kind}" for address in FEED_ADDRESSES for kind in ("atom", "json")]
ALL += ["/publications.opml", "/moon/changes.atom", "/moon/changes.json"]


@pytest.mark.parametrize("address", ALL)
def test_a_feed_is_for_readers_for_feed_tokens_and_for_all_where_the_catalog_is(
    client, moon, address, settings
):
    user = make_user()
    token, secret = make_token(user, "Phone", [FEEDS])
    _, wrong_scope = make_token(user, "Program", ["read", "write", "notes", "curate"])
    _, expired = make_token(user, "Old", [FEEDS], timezone.now())
    _, inactive = make_token(make_user(is_active=False), "Gone", [FEEDS])

    stranger = client.get(address)
    assert stranger.status_code == 302
    assert stranger.url == f"/sign-in/?next={address}"
    for bad in (wrong_scope, expired, inactive, "", "rr_", "\0", "é" * 10_000):
        refused = client.get(address, {"token": bad})
        assert refused.status_code == 403
        assert refused["Content-Type"] == "text/plain; charset=utf-8"
    allowed = client.get(address, {"token": secret})
    assert allowed.status_code == 200
    assert secret not in allowed.content.decode()
    assert "sessionid" not in allowed.cookies
    assert client.get(address, headers={"Authorization": f"Bearer {secret}"}).status_code == 302

    revoke_token(user, token.pk)
    assert client.get(address, {"token": secret}).status_code == 403
    settings.IS_PUBLIC = True
    assert client.get(address).status_code == 200
    settings.IS_PUBLIC = False
    client.force_login(user)
    assert client.get(address).status_code == 200


def test_a_feed_token_opens_feeds_alone(client, moon):
    _, secret = make_token(make_user(), "Phone", [FEEDS])

    for page in ("/", "/moon/", "/moon/changes/", "/notes/", "/account/tokens/", "/catalog/"):
        assert client.get(page, {"token": secret}).status_code == 302
    assert client.get("/api/v1/issues", {"token": secret}).status_code == 401


def test_a_feed_tokens_last_use_is_noted(client, moon):
    token, secret = make_token(make_user(), "Phone", [FEEDS])

    client.get("/moon/keepers.atom", {"token": secret})

    token.refresh_from_db()
    assert token.last_used_at is not None


# OPML


def opml_of(response):
    assert response.status_code == 200
    assert response["Content-Type"] == "text/x-opml; charset=utf-8"
    found = ElementTree.fromstring(response.content)
    assert (found.tag, found.get("version")) == ("opml", "2.0")
    assert [each.tag for each in found] == ["head", "body"]
    assert found.find("head/title").text
    for outline in found.iter("outline"):
        assert outline.get("text")
        if outline.get("type") == "rss":
            assert outline.get("xmlUrl")
    return found


def test_the_publications_own_feeds_are_there_as_opml(client, reader):
    make_publication(
        name="A & B", slug="a", feed="https://a.example/feed?x=1&y=2", homepage="https://a.example/"
    )
    make_publication(name="No feed", slug="n")
    make_publication(name="C", slug="c", feed="https://c.example/atom.xml")

    found = opml_of(client.get("/publications.opml"))

    assert [each.attrib for each in found.findall("body/outline/outline")] == [
        {"type": "rss", "text": "A & B", "title": "A & B",
         "xmlUrl": "https://a.example/feed?x=1&y=2", "htmlUrl": "https://a.example/"},
        {"type": "rss", "text": "C", "title": "C", "xmlUrl": "https://c.example/atom.xml",
         "htmlUrl": "http://testserver/c/"},
    ]  # fmt: skip
    assert [each.get("text") for each in found.findall("body/outline")] == ["Science"]


def test_opml_has_an_etag(client, reader):
    publication = make_publication(feed="https://a.example/feed")
    first = client.get("/publications.opml")

    again = client.get("/publications.opml", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    Publication.objects.filter(pk=publication.pk).update(version=2)
    changed = client.get("/publications.opml", headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200


def test_an_empty_room_has_an_opml_and_no_date(client, reader):
    assert not opml_of(client.get("/publications.opml")).findall("body/outline")
