"""Feeds of issues: a publication's keepers, a tier, a cluster or a tag; and the OPML file.

Atom (RFC 4287) and JSON Feed 1.1 with the fifty latest additions, whatever their own dates. OPML
2.0 lists the feeds that the publications publish themselves.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any, NamedTuple
from xml.etree import ElementTree

from django.contrib.syndication.views import Feed
from django.db.models import Max, Q
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.feedgenerator import SyndicationFeed
from django.utils.html import linebreaks
from django.utils.xmlutils import SimplerXMLGenerator

from catalog.feeds.changes import MOST_ENTRIES, conditional, feed_id, site_of, version_of
from catalog.feeds.writers import AtomFeed, JsonFeed, legal
from catalog.models import (
    KEEPER_TIERS,
    Change,
    Cluster,
    Issue,
    IssueQuerySet,
    Publication,
    Tag,
    Tier,
)
from catalog.models.installation import installation
from catalog.text import web_url

# By the time at which an issue entered the feed; ties are sorted by the issues' dates.
RATED_ORDER = ("rated_at", "date", "id")
CLUSTERED = ("clustered_at", "date", "id")
TAGGED = ("walk_at", "walk_date", "walk_id")


@dataclass(frozen=True, slots=True)
class IssueFeed:
    """A feed of issues; they are fetched only when the feed is written.

    `name` is the basis of the feed's id, `home` the path of the page with the same content.
    `version` changes with any change of the content, at `changed_at`. `order` is the time at which
    an issue entered the feed, then its date and id. Each of `lists` is read along an index in that
    order, and they are merged.
    """

    name: str
    title: str
    home: str
    lists: list[IssueQuerySet]
    order: tuple[str, str, str]
    version: str
    changed_at: datetime.datetime

    def issues(self) -> dict[Issue, datetime.datetime]:
        """Return the issues that came in last, each with the instant, latest first."""
        places: dict[int, tuple[Any, ...]] = {}
        columns = [f"-{column}" for column in self.order]
        for issues in self.lists:
            for place in issues.order_by(*columns).values_list(*self.order)[:MOST_ENTRIES]:
                places[place[-1]] = max(place, places.get(place[-1], place))
        latest = sorted(places.values(), reverse=True)[:MOST_ENTRIES]
        cards = Issue.objects.for_list().in_bulk([pk for *_, pk in latest])
        return {cards[pk]: since for since, _, pk in latest if pk in cards}


def of_publication(publication: str, tier: int | None = None) -> IssueFeed:
    """Return the feed of a publication's keepers, or of one tier of it; raises Http404."""
    home = get_object_or_404(Publication.objects.for_page(), slug=publication)
    if tier is None:
        name, title, address = "keepers", f"Keepers of {home.name}", home.get_absolute_url()
    else:
        name, title = f"tier-{tier}", f"{_tier_title(tier)} of {home.name}"
        address = f"{reverse('issue_list')}?publication={iri_to_uri(home.id_or_slug)}&tier={tier}"
    issues = Issue.objects.listed().filter(publication=home)
    lists = [issues.filter(tier=each) for each in ([tier] if tier else KEEPER_TIERS)]
    name = f"publications/{home.pk}/{name}"
    return IssueFeed(name, title, address, lists, RATED_ORDER, *version_of(home))


def of_tier(tier: int) -> IssueFeed:
    """Return the feed of one tier of the whole catalog; raises Http404."""
    title, address = _tier_title(tier), f"{reverse('issue_list')}?tier={tier}"
    lists = [Issue.objects.listed().filter(tier=tier)]
    return IssueFeed(f"tier-{tier}", title, address, lists, RATED_ORDER, *version_of())


def of_cluster(publication: str, cluster: str) -> IssueFeed:
    """Return the feed of a cluster, or of the one that it was merged into; raises Http404."""
    found = get_object_or_404(
        Cluster.objects.select_related("publication", "merged_into__publication"),
        Q(archived_at=None) | Q(merged_into__isnull=False),
        publication__slug=publication,
        slug=cluster,
    )
    shown = found.merged_into or found
    # Subscribers of a merged cluster or tag keep the id of the feed that they subscribed to.
    name, title = f"clusters/{found.pk}", f"{shown.title} · {shown.publication.name}"
    lists = [Issue.objects.listed().filter(cluster=shown)]
    version = version_of(shown.publication)
    return IssueFeed(name, title, shown.get_absolute_url(), lists, CLUSTERED, *version)


def of_tag(tag: str) -> IssueFeed:
    """Return the feed of a tag, or of the tags that its name resolves to; raise Http404."""
    named = get_object_or_404(Tag, slug=tag)
    tags = [named] if named.retired_at is None else list(named.stands_for.all())
    if not tags:
        raise Http404(f"The tag “{named}” has been deleted.")
    title = f"Tagged {', '.join(each.name for each in tags)}"
    lists = [Issue.objects.listed().tagged_since(each) for each in tags]
    home = named.get_absolute_url()
    return IssueFeed(f"tags/{named.pk}", title, home, lists, TAGGED, *version_of())


def answer(request: HttpRequest, feed: IssueFeed, kind: str) -> HttpResponseBase:
    """Serve a feed as Atom or JSON, or 304 if the client has the current one."""
    view = AtomIssues() if kind == "atom" else JsonIssues()
    return conditional(
        request, (feed.version, feed.title), feed.changed_at, kind,
        lambda: view(request, feed=feed).content,
    )  # fmt: skip


def answer_opml(request: HttpRequest) -> HttpResponseBase:
    """Serve the publications' own feeds as OPML."""
    version, changed_at = version_of()
    return conditional(
        request, (version,), changed_at, "opml",
        lambda: opml(
            Publication.objects.for_list().exclude(feed="").by_shelf(), site_of(request), changed_at
        ),
    )  # fmt: skip


def opml(publications: Iterable[Publication], site: str, changed_at: datetime.datetime) -> str:
    """Return the publications' own feeds by category, as OPML."""
    root = ElementTree.Element("opml", version="2.0")
    head = ElementTree.SubElement(root, "head")
    ElementTree.SubElement(head, "title").text = "Publications of this Reading Room"
    changed = format_datetime(changed_at.astimezone(datetime.UTC), usegmt=True)
    ElementTree.SubElement(head, "dateModified").text = changed
    body = ElementTree.SubElement(root, "body")
    shelves: dict[int, ElementTree.Element] = {}
    for publication in publications:
        if not web_url(publication.feed):
            continue
        category = publication.category
        if category.pk not in shelves:
            shelf = ElementTree.SubElement(body, "outline", text=legal(category.name))
            shelves[category.pk] = shelf
        name = legal(publication.name)
        home = legal(web_url(publication.homepage)) or site + publication.get_absolute_url()
        ElementTree.SubElement(
            shelves[category.pk], "outline", type="rss", text=name, title=name,
            xmlUrl=legal(publication.feed), htmlUrl=home,
        )  # fmt: skip
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


class _IssueAtom(AtomFeed):
    """An Atom feed whose entries link to the original too."""

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        if item["original"]:
            handler.addQuickElement("link", None, {"rel": "related", "href": item["original"]})

    def latest_post_date(self) -> datetime.datetime:
        return self.feed["made_at"]


@dataclass(frozen=True, slots=True)
class _Written:
    """A feed with its issues, when each of them last changed, and the addresses of the request."""

    feed: IssueFeed
    changed: dict[Issue, datetime.datetime]
    site: str
    url: str
    authority: str


class _Entry(NamedTuple):
    issue: Issue
    of: _Written


class AtomIssues(Feed):
    """The issues that came into a feed last."""

    feed_type: type[SyndicationFeed] = _IssueAtom

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> _Written:
        site, feed = site_of(request), kwargs["feed"]
        url = site + iri_to_uri(request.path)
        return _Written(feed, _changed_at(feed.issues()), site, url, installation().authority)

    def title(self, of: _Written) -> str:
        return legal(of.feed.title)

    def link(self, of: _Written) -> str:
        return of.site + of.feed.home

    def feed_url(self, of: _Written) -> str:
        return of.url

    def feed_guid(self, of: _Written) -> str:
        return feed_id(of.authority, of.feed.name)

    def feed_extra_kwargs(self, of: _Written) -> dict[str, Any]:
        return {"made_at": max([of.feed.changed_at, *of.changed.values()])}

    def items(self, of: _Written) -> list[_Entry]:
        return [_Entry(issue, of) for issue in of.changed]

    def item_title(self, entry: _Entry) -> str:
        return legal(entry.issue.title)

    def item_description(self, entry: _Entry) -> str:
        return legal(linebreaks(entry.issue.summary, autoescape=True))

    def item_link(self, entry: _Entry) -> str:
        return entry.of.site + entry.issue.get_absolute_url()

    def item_guid(self, entry: _Entry) -> str:
        issue = entry.issue
        return f"tag:{entry.of.authority},{issue.created_at:%Y-%m-%d}:issues/{issue.pk}"

    def item_author_name(self, entry: _Entry) -> str:
        return legal(entry.issue.publication.author)

    def item_pubdate(self, entry: _Entry) -> datetime.datetime:
        return datetime.datetime.combine(entry.issue.date, datetime.time(), datetime.UTC)

    def item_updateddate(self, entry: _Entry) -> datetime.datetime:
        return entry.of.changed[entry.issue]

    def item_categories(self, entry: _Entry) -> list[str]:
        return [legal(spelling) for spelling, _ in entry.issue.tag_list]

    def item_extra_kwargs(self, entry: _Entry) -> dict[str, Any]:
        original = legal(web_url(entry.issue.url))
        return {"text": legal(entry.issue.summary), "original": original}


class JsonIssues(AtomIssues):
    feed_type = JsonFeed


def _changed_at(issues: dict[Issue, datetime.datetime]) -> dict[Issue, datetime.datetime]:
    """Return when each issue came into the feed, or last changed."""
    log = Change.objects.filter(kind=Change.Kind.ISSUE, object_id__in=[each.pk for each in issues])
    last = log.order_by().values("object_id").annotate(at=Max("batch__at"))
    changed = dict(last.values_list("object_id", "at"))
    return {each: max(changed.get(each.pk, since), since) for each, since in issues.items()}


def _tier_title(tier: int) -> str:
    if tier not in Tier.values:
        raise Http404(f"There is no tier {tier}.")
    return {Tier.LANDMARK: "Landmarks", Tier.NOTABLE: "Notable issues"}.get(
        Tier(tier), f"Tier {tier}"
    )
