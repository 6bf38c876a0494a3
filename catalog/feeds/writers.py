"""Atom and JSON Feed as Django writes them, with the parts that it lacks."""

import json
import re
from datetime import datetime
from typing import Any

from django.utils.feedgenerator import Atom1Feed, SyndicationFeed

# Characters that XML 1.0 does not allow, not even as references.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """Return a text without the characters that XML does not allow."""
    return _ILLEGAL.sub("\ufffd", text)


class AtomFeed(Atom1Feed):
    """An Atom feed whose `updated` is the time of the last change, not of the request."""

    def latest_post_date(self) -> datetime:
        return super().latest_post_date() if self.items else self.feed["made_at"]


class JsonFeed(SyndicationFeed):
    """A JSON Feed 1.1; an item's content is its `text`, or else its `description`."""

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
