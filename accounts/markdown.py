"""Markdown of notes, to HTML that is safe to show."""

from typing import Any

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = {
    "a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
# Deeper quotes and lists are shown as text: each level costs more than the one before it.
DEEPEST = 20


def _parser() -> MarkdownIt:
    """CommonMark with tables and strikethrough; HTML in it is text, and an image a link."""
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": DEEPEST})
    parser.enable(["table", "strikethrough"]).disable("image")
    # A page has headings of its own: those of a note go below them.
    parser.core.ruler.push("lower_headings", _lower_headings)
    return parser


def _lower_headings(state: Any) -> None:
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"


PARSER = _parser()


def render(text: str) -> SafeString:
    """Render a note; links leave without a referrer, and nothing is loaded from elsewhere."""
    html = nh3.clean(
        PARSER.render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener nofollow noreferrer",
    )
    # Made of text that the parser escapes, and then held to the lists above.
    return mark_safe(html)
