"""How feeds are written and answered, and the feed of what changed in a publication.

Ids of feeds and entries are tag URIs (RFC 4151) of row ids and of the authority that the
installation keeps: no address, slug or title is part of them.
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
from catalog.loading.dump_history import installation
from catalog.models import Change, ChangeBatch, Publication
from catalog.stats import catalog_version

MOST_ENTRIES = 50
TYPES = {
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json",
    "opml": "text/x-opml; charset=utf-8",
}
# Counted up when feeds are written in another way, so that nobody keeps one in the old.
_FORM = 2
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
TITLE_LENGTH = 200


def site_of(request: HttpRequest) -> str:
    """Return the origin that a feed's addresses begin with."""
    return settings.SITE_URL or f"{request.scheme}://{request.get_host()}"


def version_of(publication: Publication | None = None) -> tuple[str, datetime]:
    """Return what changes with a publication, or with the catalog, and when it last did."""
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
    """Answer with a feed, or with 304 where the client has what stands.

    `parts` are all that the feed depends on beside the address of the site and its own. A token in
    the address is no part of a feed: `self` and the ETag leave the query out.
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
    """A publication and the newest acts in it, with the address of the site that they are read at.

    `home` is the address of the page that tells the same, `url` that of the feed, and `guid` its
    id.
    """

    publication: Publication
    acts: list[PublicationChange]
    site: str
    home: str
    url: str
    guid: str


def feed_id(authority: str, name: str) -> str:
    """Return the id of a feed, by what it is of."""
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
        return legal(render_to_string("catalog/_act.html", context))

    def item_link(self, entry: FeedEntry) -> str:
        # The page on which this act comes first.
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
    """Answer with what changed in a publication, as Atom or JSON; raises Http404."""
    home = get_object_or_404(Publication.objects.for_page(), slug=publication)
    version, changed_at = version_of(home)
    feed = ChangesFeed() if kind == "atom" else ChangesJsonFeed()
    return conditional(
        request, (version,), changed_at, kind, lambda: feed(request, publication=home).content
    )
