"""Issues as feeds: a publication's keepers, a tier, a cluster, a tag; and the feeds they come from.

Atom (RFC 4287) and JSON Feed 1.1 of the newest fifty, by date; OPML 2.0 of what the publications
publish themselves.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import format_datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

from django.conf import settings
from django.db.models import Max, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.encoding import iri_to_uri
from django.utils.html import linebreaks
from django.utils.http import http_date
from django.utils.xmlutils import SimplerXMLGenerator

from catalog.document import web_url
from catalog.feeds import AtomFeed, JsonFeed, legal
from catalog.keyset import NEWEST, PAGE_SIZE, WALK, IssuePage
from catalog.models import (
    Change,
    ChangeBatch,
    Cluster,
    Issue,
    IssueQuerySet,
    Publication,
    Tag,
    Tier,
)
from catalog.stats import catalog_version

TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json",
    "opml": "text/x-opml; charset=utf-8",
}
_BEGINNING = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class IssueFeed:
    """Issues that are read as a feed; nothing of them is fetched before it is written.

    `home` is the path of the page that shows the same, `version` changes with whatever is in it,
    and `changed_at` tells when that was. Several `lists` are put together by date.
    """

    title: str
    home: str
    lists: list[IssueQuerySet]
    version: str
    changed_at: datetime.datetime
    is_walked: bool = False

    def issues(self) -> list[Issue]:
        order = WALK if self.is_walked else NEWEST
        pages = [IssuePage.of(order.after(issues, None), order).issues for issues in self.lists]
        found = {issue.pk: issue for page in pages for issue in page}
        newest = sorted(found.values(), key=lambda issue: (issue.date, issue.pk), reverse=True)
        return newest[:PAGE_SIZE]


def of_publication(publication: str, tier: int | None = None) -> IssueFeed:
    """Return the feed of a publication's keepers, or of one tier of it; raises Http404."""
    home = get_object_or_404(Publication.objects.for_page(), slug=publication)
    issues = Issue.objects.listed().filter(publication=home)
    if tier is None:
        title, address = f"Keepers of {home.name}", home.get_absolute_url()
        issues = issues.keepers()
    else:
        title = f"{_tier(tier)} of {home.name}"
        address = f"{reverse('issue_list')}?publication={iri_to_uri(home.slug)}&tier={tier}"
        issues = issues.filter(rank=tier)
    return IssueFeed(title, address, [issues], *_version(home))


def of_tier(tier: int) -> IssueFeed:
    """Return the feed of one tier of the whole catalog; raises Http404."""
    address = f"{reverse('issue_list')}?tier={tier}"
    return IssueFeed(_tier(tier), address, [Issue.objects.listed().filter(rank=tier)], *_version())


def of_cluster(publication: str, cluster: str) -> IssueFeed:
    """Return the feed of a cluster, or of the one that it was merged into; raises Http404."""
    found = get_object_or_404(
        Cluster.objects.select_related("publication", "merged_into__publication"),
        Q(archived_at=None) | Q(merged_into__isnull=False),
        publication__slug=publication,
        slug=cluster,
    )
    shown = found.merged_into or found
    title = f"{shown.title} · {shown.publication.name}"
    issues = Issue.objects.listed().filter(cluster=shown)
    return IssueFeed(title, shown.get_absolute_url(), [issues], *_version(shown.publication))


def of_tag(tag: str) -> IssueFeed:
    """Return the feed of a tag, or of those that its name stands for; raises Http404."""
    named = get_object_or_404(Tag, slug=tag)
    tags = [named] if named.retired_at is None else list(named.stands_for.all())
    if not tags:
        raise Http404(f"The tag “{named}” has been deleted.")
    title = f"Tagged {', '.join(each.name for each in tags)}"
    lists = [Issue.objects.listed().tagged(each) for each in tags]
    return IssueFeed(title, named.get_absolute_url(), lists, *_version(), is_walked=True)


def answer(request: HttpRequest, feed: IssueFeed, kind: str) -> HttpResponseBase:
    """Answer with a feed, as Atom or JSON; with 304 where the client has what stands."""
    site = site_of(request)
    parts = feed.version, feed.title, site, request.path
    return _conditional(
        request, parts, feed.changed_at, kind,
        lambda: written(feed, site, request.path, kind),
    )  # fmt: skip


def answer_opml(request: HttpRequest) -> HttpResponseBase:
    """Answer with the publications' own feeds, as OPML."""
    version, changed_at = _version()
    return _conditional(
        request, (version, site_of(request)), changed_at, "opml",
        lambda: opml(Publication.objects.for_list().exclude(feed=""), site_of(request), changed_at),
    )  # fmt: skip


def written(feed: IssueFeed, site: str, path: str, kind: str) -> str:
    """Write a feed, as Atom or JSON."""
    issues = feed.issues()
    changed = _changed_at(issues)
    made = (_IssueAtom if kind == "atom" else JsonFeed)(
        title=legal(feed.title), link=site + feed.home, description=None, feed_url=site + path,
        feed_guid=site + iri_to_uri(path), made_at=max([feed.changed_at, *changed.values()]),
    )  # fmt: skip
    for issue in issues:
        made.add_item(
            title=legal(issue.title),
            link=site + issue.get_absolute_url(),
            description=legal(linebreaks(issue.summary, autoescape=True)),
            text=legal(issue.summary),
            author_name=legal(issue.publication.author),
            pubdate=_midnight(issue.date),
            updateddate=changed[issue.pk],
            unique_id=_guid(issue, site),
            categories=[legal(spelling) for spelling, _ in issue.tag_list],
            original=legal(web_url(issue.url)),
        )
    return made.writeString("utf-8")


def opml(publications: Iterable[Publication], site: str, changed_at: datetime.datetime) -> str:
    """Write the feeds that publications have of their own, by category."""
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
    """An Atom feed whose entries lead to the original too."""

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        if item["original"]:
            handler.addQuickElement("link", None, {"rel": "related", "href": item["original"]})

    def latest_post_date(self) -> datetime.datetime:
        return self.feed["made_at"]


def _conditional(
    request: HttpRequest, parts: Any, changed_at: datetime.datetime, kind: str, write: Any
) -> HttpResponseBase:
    etag = f'W/"{sha256(repr(parts).encode()).hexdigest()[:32]}"'
    at = int(changed_at.timestamp())
    response = get_conditional_response(request, etag=etag, last_modified=at)
    if response is None:
        response = HttpResponse(write(), content_type=TYPES[kind])
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(at)
    response.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie"])
    return response


def site_of(request: HttpRequest) -> str:
    """Return the origin that a feed's addresses begin with."""
    return settings.SITE_URL or f"{request.scheme}://{request.get_host()}"


def _version(publication: Publication | None = None) -> tuple[str, datetime.datetime]:
    """Return what changes with a publication, or with the catalog, and when it last did."""
    if publication:
        log = Change.objects.filter(publication=publication).order_by("-id")
        changed_at = log.values_list("batch__at", flat=True).first() or publication.created_at
        return f"{publication.pk}.{publication.version}", changed_at
    newest = ChangeBatch.objects.order_by("-id").first()
    if newest is not None:
        return catalog_version(), newest.at
    made_at = Publication.objects.aggregate(at=Max("created_at"))["at"]
    return catalog_version(), made_at or _BEGINNING


def _changed_at(issues: list[Issue]) -> dict[int, datetime.datetime]:
    """Return when each issue came in, or last changed."""
    log = Change.objects.filter(kind=Change.Kind.ISSUE, object_id__in=[each.pk for each in issues])
    last = log.order_by().values("object_id").annotate(at=Max("batch__at"))
    changed = dict(last.values_list("object_id", "at"))
    return {each.pk: max(changed.get(each.pk, _BEGINNING), each.created_at) for each in issues}


def _tier(tier: int) -> str:
    if tier not in Tier.values:
        raise Http404(f"There is no tier {tier}.")
    return {Tier.LANDMARK: "Landmarks", Tier.NOTABLE: "Notable issues"}.get(
        Tier(tier), f"Tier {tier}"
    )


def _guid(issue: Issue, site: str) -> str:
    """Return what stays an issue's own, whatever becomes of its title and address (RFC 4151)."""
    return f"tag:{_host(site)},{issue.created_at:%Y-%m-%d}:issues/{issue.pk}"


def _host(site: str) -> str:
    return urlsplit(site).hostname or "localhost"


def _midnight(day: datetime.date) -> datetime.datetime:
    return datetime.datetime.combine(day, datetime.time(), datetime.UTC)
