"""Markdown of notes, to HTML that is safe to show."""

import re
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

# The rest of a URL after its scheme. It ends before a space, and without the punctuation of the
# surrounding sentence. (linkify-it takes seconds for the longest hostile notes.)
LINKED_ADDRESS = re.compile(r"""://(?=[^\W_])[^\s<>"“”«»]+""")
SCHEME = re.compile(r"(?<![\w+.-])https?$", re.IGNORECASE)
PUNCTUATION = frozenset(".,:;!?'’*_~…。，、")
BRACKETS = {")": "(", "]": "["}


def _parser() -> MarkdownIt:
    """CommonMark with tables and strikethrough; HTML becomes text, and images become links.

    Line breaks are kept, and URLs become links.
    """
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": DEEPEST})
    parser.enable(["table", "strikethrough"]).disable("image")
    parser.inline.ruler.after("text", "address", _link_address)
    # Headings of a note are placed below those of the page.
    parser.core.ruler.push("lower_headings", _lower_headings)
    return parser


def _lower_headings(state: Any) -> None:
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"


def _link_address(state: Any, silent: bool) -> bool:
    """Link an http(s) address at its colon, where the scheme is the last of the text so far."""
    # Cheap checks come first, because matching reads a URL to its end.
    if state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    if not (scheme := SCHEME.search(state.pending[-8:])):
        return False
    if not (found := LINKED_ADDRESS.match(state.src, state.pos)):
        return False
    rest = _without_punctuation(found[0])
    href = state.md.normalizeLink(scheme[0] + rest)
    if len(rest) <= len("://") or not state.md.validateLink(href):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[0])]
        state.push("link_open", "a", 1).attrs = {"href": href}
        state.push("text", "", 0).content = scheme[0] + rest
        state.push("link_close", "a", -1)
    state.pos += len(rest)
    return True


def _without_punctuation(address: str) -> str:
    """Remove the punctuation of the sentence, and brackets that were opened before the URL."""
    surplus = {close: address.count(close) - address.count(BRACKETS[close]) for close in BRACKETS}
    end = len(address)
    while end:
        last = address[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in PUNCTUATION:
            break
        end -= 1
    return address[:end]


PARSER = _parser()


def render(text: str) -> SafeString:
    """Render a note; links have no referrer, and nothing is loaded from other sites."""
    html = nh3.clean(
        PARSER.render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes=SCHEMES,
        link_rel="noopener nofollow noreferrer",
    )
    # Made of text that the parser escapes, and then held to the lists above.
    return mark_safe(html)
