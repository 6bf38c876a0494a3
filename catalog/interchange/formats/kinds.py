"""Names of other kinds of text files, for messages."""

import re

_START = re.IGNORECASE | re.DOTALL
# The first pattern that matches the beginning of a text decides.
_KINDS = (
    (r"<!DOCTYPE NETSCAPE-Bookmark", "a bookmarks file (HTML)"),
    (r"(?:<\?xml.{0,200}?\?>\s*)?(?:<!--.{0,2000}?-->\s*)*<!DOCTYPE html", "HTML"),
    (r"(?:<\?xml.{0,200}?\?>\s*)?(?:<!--.{0,2000}?-->\s*)*<opml[\s>]", "OPML"),
    (r"(?:<\?xml.{0,200}?\?>\s*)?<ReadingList[\s>]", "a comic book reading list (CBL, XML)"),
    (r"(?:<\?xml.{0,200}?\?>\s*)?(?:<\?xml-style.{0,500}?\?>\s*)*<rss[\s>]", "an RSS feed"),
    (r"(?:<\?xml.{0,200}?\?>\s*)?(?:<\?xml-style.{0,500}?\?>\s*)*<feed[\s>]", "an Atom feed"),
    (r"(?:<!--.{0,2000}?-->\s*)*<html[\s>]", "HTML"),
    (r"<\?xml", "XML"),
    (r"</?(?:head|body|div|p|a|ul|ol|li|h[1-6]|table|span|script|meta|title|article|main)[\s/>]",
     "HTML"),
    (r"<[a-z][\w.:-]*(?:\s[^<>]*)?/?>", "XML or HTML"),
    (r"<!--", "XML or HTML"),
    (r"\{\\rtf", "RTF"),
    (r"---[ \t]*\r?\n", "Markdown or YAML"),
    (r"#{1,6}[ \t]+\S", "Markdown"),
    (r"[-*+][ \t]+(?:\[[ xX]\][ \t]+)?\[[^\]\n]*\]\(", "Markdown"),
    (r"[^\n]{1,200}\n={3,}[ \t]*\r?\n", "Markdown"),
)  # fmt: skip


def kind_of(text: str) -> str:
    """Return the name of the kind of file that a text begins like, or ""."""
    start = text[:5_000].lstrip()
    return next((kind for form, kind in _KINDS if re.match(form, start, _START)), "")
