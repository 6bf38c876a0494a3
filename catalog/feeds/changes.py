"""How feeds are written and served, and the feed of a publication's changes.

Ids of feeds and entries are tag URIs (RFC 4151) made of row ids and the authority of the
installation; no URL, slug or title is part of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.encoding import iri_to_uri
from django.utils.feedgenerator import SyndicationFeed
from django.utils.http import http_date
from django.utils.text import Truncator

from catalog.changes.publication_changes import ActPage, PublicationChange
from catalog.feeds.writers import AtomFeed, JsonFeed, legal
from catalog.models import Change, ChangeBatch, Publication
from catalog.models.installation import installation
from catalog.stats import catalog_version

MOST_ENTRIES = 50
TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json",
    "opml": "text/x-opml; charset=utf-8",
}
# Increment this when feeds are written differently, to invalidate cached ones.
_FORM = 3
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
TITLE_LENGTH = 200


def site_of(request: HttpRequest) -> str:
    """Return the origin that a feed's addresses begin with."""
    return settings.SITE_URL or f"{request.scheme}://{request.get_host()}"


def version_of(publication: Publication | None = None) -> tuple[str, datetime]:
    """Return the version of a publication or the catalog, and the time of its last change."""
    if publication:
        log = Change.objects.filter(publication=publication).order_by("-id")
        changed_at = log.values_list("batch__at", flat=True).first() or publication.created_at
        return f"{publication.pk}.{publication.version}", changed_at
    newest = ChangeBatch.objects.order_by("-id").first()
    if newest is not None:
        return catalog_version(), newest.at
    made_at = Publication.objects.aggregate(at=Max("created_at"))["at"]
    return catalog_version(), made_at or BEGINNING


def conditional(
    request: HttpRequest,
    parts: tuple[str, ...],
    changed_at: datetime,
    kind: str,
    write: Callable[[], str | bytes],
) -> HttpResponseBase:
    """Serve a feed, or 304 if the client has the current one.

    `parts` is everything that the feed depends on apart from the site's address and its own. A
    token in the URL is not part of the feed: `self` and the ETag ignore the query.
    """
    named = repr((_FORM, *parts, site_of(request), request.path))
    etag = f'W/"{sha256(named.encode()).hexdigest()[:32]}"'
    at = int(changed_at.timestamp())
    response = get_conditional_response(request, etag=etag, last_modified=at)
    if response is None:
        response = HttpResponse(write(), content_type=TYPES[kind])
    response.headers["ETag"] = etag
    response.headers["Last-Modified"] = http_date(at)
    response.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie"])
    return response


@dataclass(frozen=True, slots=True)
class Told:
    """A publication with its latest changes, and the address of the site.

    `home` is the URL of the page with the same content, `url` that of the feed, and `guid` its id.
    """

    publication: Publication
    acts: list[PublicationChange]
    site: str
    home: str
    url: str
    guid: str


def feed_id(authority: str, name: str) -> str:
    """Return the id of a feed from the name of its subject."""
    return f"tag:{authority},2026:feeds/{name}"


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An act within its feed."""

    act: PublicationChange
    told: Told


class ChangesFeed(Feed):
    """The newest fifty acts in a publication."""

    feed_type: type[SyndicationFeed] = AtomFeed
    author_name = "The curators"

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Told:
        publication = kwargs["publication"]
        site = site_of(request)
        home = site + reverse("catalog:publication_changes", args=[publication.slug])
        acts = ActPage.of(publication, most=MOST_ENTRIES).acts
        guid = feed_id(installation().authority, f"publications/{publication.pk}/changes")
        return Told(publication, acts, site, home, site + iri_to_uri(request.path), guid)

    def title(self, told: Told) -> str:
        return legal(f"What changed in {told.publication.name}")

    def link(self, told: Told) -> str:
        return told.home

    def feed_url(self, told: Told) -> str:
        return told.url

    def feed_guid(self, told: Told) -> str:
        return told.guid

    def feed_extra_kwargs(self, told: Told) -> dict[str, Any]:
        return {"made_at": told.publication.created_at}

    def items(self, told: Told) -> list[FeedEntry]:
        return [FeedEntry(act, told) for act in told.acts]

    def item_title(self, entry: FeedEntry) -> str:
        first, *more = entry.act.lines
        words = Truncator(str(first)).chars(TITLE_LENGTH)
        return legal(f"{words}, and more" if more or entry.act.more else words)

    def item_description(self, entry: FeedEntry) -> str:
        context = {"act": entry.act, "site": entry.told.site}
        return legal(render_to_string("catalog/feeds/_change_set.html", context))

    def item_link(self, entry: FeedEntry) -> str:
        # The page on which this change set comes first.
        return f"{entry.told.home}?before={entry.act.last + 1}#act-{entry.act.batch.pk}"

    def item_guid(self, entry: FeedEntry) -> str:
        return f"{entry.told.guid}/{entry.act.batch.pk}"

    def item_pubdate(self, entry: FeedEntry) -> datetime:
        return entry.act.batch.at

    def item_updateddate(self, entry: FeedEntry) -> datetime:
        return entry.act.batch.at


class ChangesJsonFeed(ChangesFeed):
    feed_type = JsonFeed


def answer_changes(request: HttpRequest, publication: str, kind: str) -> HttpResponseBase:
    """Serve a publication's changes as Atom or JSON; raise Http404."""
    home = get_object_or_404(Publication.objects.for_page(), slug=publication)
    version, changed_at = version_of(home)
    feed = ChangesFeed() if kind == "atom" else ChangesJsonFeed()
    return conditional(
        request, (version,), changed_at, kind, lambda: feed(request, publication=home).content
    )
