"""How feeds are written, and the feed of what changed in a publication."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.feedgenerator import Atom1Feed, SyndicationFeed, get_tag_uri
from django.utils.text import Truncator

from catalog.acts import Act, ActPage
from catalog.models import Publication

MOST_ENTRIES = 50
TITLE_LENGTH = 200
# What XML 1.0 takes in no form, not even as a reference.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """Return a text without the characters that no XML may hold."""
    return _ILLEGAL.sub("\ufffd", text)


@dataclass(frozen=True, slots=True)
class Told:
    """A publication and the newest acts in it, with the address of the site that they are read at.

    `home` is the address of the page that tells the same, and `url` that of the feed.
    """

    publication: Publication
    acts: list[Act]
    site: str
    home: str
    url: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An act within its feed."""

    act: Act
    told: Told


class AtomFeed(Atom1Feed):
    """An Atom feed that says of itself when it was last changed, and not when it was asked for."""

    def latest_post_date(self) -> datetime:
        return super().latest_post_date() if self.items else self.feed["made_at"]


class JsonFeed(SyndicationFeed):
    """A feed as JSON Feed 1.1 has it; an item's `text` is what it holds, or else `description`."""

    content_type = "application/feed+json"

    def write(self, outfile: Any, encoding: str) -> None:
        written = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.feed["title"],
            "home_page_url": self.feed["link"],
            "feed_url": self.feed["feed_url"],
            "items": [self._item(item) for item in self.items],
        } | _authors(self.feed)
        outfile.write(json.dumps(written, ensure_ascii=False))

    def _item(self, item: dict[str, Any]) -> dict[str, Any]:
        text = item.get("text")
        content = {"content_html": item["description"]} if text is None else {"content_text": text}
        original = {"external_url": item["original"]} if item.get("original") else {}
        return {
            "id": item["unique_id"],
            "url": item["link"],
            "title": item["title"],
            **content,
            "date_published": item["pubdate"].isoformat(timespec="seconds"),
            "date_modified": item["updateddate"].isoformat(timespec="seconds"),
            "tags": list(item["categories"]),
            **_authors(item),
            **original,
        }


def _authors(of: dict[str, Any]) -> dict[str, Any]:
    return {"authors": [{"name": of["author_name"]}]} if of.get("author_name") else {}


class ChangesFeed(Feed):
    """The newest fifty acts in a publication."""

    feed_type: type[SyndicationFeed] = AtomFeed
    author_name = "The curators"

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Told:
        publication = get_object_or_404(Publication.objects.for_page(), slug=kwargs["publication"])
        site = settings.SITE_URL or f"{request.scheme}://{request.get_host()}"
        home = site + reverse("catalog:publication_changes", args=[publication.slug])
        acts = ActPage.of(publication, most=MOST_ENTRIES).acts
        return Told(publication, acts, site, home, site + iri_to_uri(request.path))

    def title(self, told: Told) -> str:
        return legal(f"What changed in {told.publication.name}")

    def link(self, told: Told) -> str:
        return told.home

    def feed_url(self, told: Told) -> str:
        return told.url

    def feed_guid(self, told: Told) -> str:
        return get_tag_uri(told.home.rstrip("/"), told.publication.created_at)

    def feed_extra_kwargs(self, told: Told) -> dict[str, Any]:
        return {"made_at": told.publication.created_at}

    def items(self, told: Told) -> list[Entry]:
        return [Entry(act, told) for act in told.acts]

    def item_title(self, entry: Entry) -> str:
        first, *more = entry.act.lines
        words = Truncator(str(first)).chars(TITLE_LENGTH)
        return legal(f"{words}, and more" if more or entry.act.more else words)

    def item_description(self, entry: Entry) -> str:
        context = {"act": entry.act, "site": entry.told.site}
        return legal(render_to_string("catalog/_act.html", context))

    def item_link(self, entry: Entry) -> str:
        # The page on which this act comes first.
        return f"{entry.told.home}?before={entry.act.last + 1}#act-{entry.act.batch.pk}"

    def item_guid(self, entry: Entry) -> str:
        batch = entry.act.batch
        return get_tag_uri(f"{entry.told.home.rstrip('/')}#{batch.pk}", batch.at)

    def item_pubdate(self, entry: Entry) -> datetime:
        return entry.act.batch.at

    def item_updateddate(self, entry: Entry) -> datetime:
        return entry.act.batch.at


class ChangesJsonFeed(ChangesFeed):
    feed_type = JsonFeed
