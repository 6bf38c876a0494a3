"""Template tags and filters of the catalog."""

import calendar
import datetime
import re
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from catalog.text import long_date, short_date, web_url

register = template.Library()
register.filter("web_url", web_url)
register.filter("short_date", short_date)
register.filter("long_date", long_date)

# Texts without one of these characters are left-to-right and need no isolation.
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
# A tag, or text between curly quotes.
_QUOTED = re.compile(r"<[^>]*>|(?<=“)[^<“”]+(?=”)")


@register.filter
def instant(at: datetime.datetime) -> str:
    """Return an instant for `<time datetime>`, which does not allow microseconds."""
    return at.isoformat(timespec="seconds")


@register.filter
def weekday_and_date(day: datetime.date) -> str:
    return f"{calendar.day_name[day.weekday()]} {long_date(day)}"


@register.filter
def month_and_year(day: datetime.date) -> str:
    return f"{calendar.month_name[day.month]} {day.year}"


def _badge(tier: int, word: str, bare: bool) -> SafeString:
    return format_html(
        '<span class="badge badge-{}"><span class="seal">{}</span> '
        '<span class="{}">{}</span></span>',
        tier, tier, "visually-hidden" if bare else "badge-word", word,
    )  # fmt: skip


TIER_WORDS = {5: "Landmark", 4: "Notable", 3: "of 5", 2: "of 5", 1: "of 5"}
BADGES = {tier: _badge(tier, word, False) for tier, word in TIER_WORDS.items()}
BARE_BADGES = {tier: _badge(tier, word, True) for tier, word in TIER_WORDS.items()}


@register.filter
def badge(tier: int | None) -> str:
    """Return the seal and the label of a tier; nothing for an unrated issue."""
    return "" if tier is None else BADGES[tier]


@register.filter
def bare_badge(tier: int | None) -> str:
    """Print a tier's seal alone, its word for screen readers."""
    return "" if tier is None else BARE_BADGES[tier]


@register.filter
def bare_url(url: str) -> str:
    """Print an address as readers say it: without the scheme, `www.` and a trailing slash."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.removeprefix('www.')}{parts.path}".rstrip("/") + query


@register.filter
@lru_cache(maxsize=20_000)
def tag_url(slug: str) -> str:
    """Print the address of a tag's page; a page of a list has hundreds."""
    return reverse("catalog:tag_detail", args=[slug])


@register.filter
def isolated(text: object) -> SafeString:
    """Print a text that people wrote within one of our sentences, in `<bdi>` where it matters."""
    html = conditional_escape(str(text))
    return format_html("<bdi>{}</bdi>", html) if _RIGHT_TO_LEFT.search(html) else html


@register.filter
def quoted(sentence: object) -> SafeString:
    """Print one of our sentences with each name in it, which is in curly quotes, isolated."""
    # A message becomes safe by `str`.
    html = conditional_escape(str(sentence))
    return mark_safe(
        _QUOTED.sub(lambda run: run[0] if run[0][0] == "<" else isolated(mark_safe(run[0])), html)
    )


@register.simple_tag
def is_public() -> bool:
    """Tell whether anonymous readers may read the catalog."""
    return settings.IS_PUBLIC


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon of icons.svg, invisible to screen readers."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>',
        static("icons/icons.svg"),
        name,
    )


# The pages at which breadcrumbs begin, by the names of their URLs.
PAGE_TITLES = {
    "library": "Library",
    "issue_list": "Catalog",
    "accounts:account_detail": "Account",
    "accounts:note_list": "Notes",
    "accounts:progress": "Progress",
    "accounts:token_list": "Tokens",
    "accounts:view_list": "Saved views",
}


@register.inclusion_tag("_breadcrumbs.html")
def breadcrumbs(*steps: Any, query: str = "") -> dict[str, Any]:
    """Link the pages above this one, the topmost first.

    A step is an object with a page, the URL name of one of `PAGE_TITLES`, whose address gets the
    query, or the name of a place without a page. Steps that are None are left out.
    """
    links = []
    for step in steps:
        if step in PAGE_TITLES:
            links.append((reverse(step) + query, PAGE_TITLES[step], False))
        elif isinstance(step, str):
            links.append(("", step, False))
        elif step:
            links.append((step.get_absolute_url(), step, True))
    return {"links": links}


@register.simple_tag
def title_link(thing: Any, html_id: str = "") -> SafeString:
    """Link an issue by its title, or a saved view by its name, as the head of a list item."""
    return format_html(
        '<a dir="auto" class="ordinals-title"{} href="{}">{}</a>',
        format_html(' id="{}"', html_id) if html_id else "",
        thing.get_absolute_url(),
        thing,
    )


@register.simple_tag
def line_part(part: Any, site: str = "") -> SafeString:
    """Return a part of a line about a change: a link below the root of `site`, or text."""
    if not part.url:
        return isolated(quoted(part.text))
    return format_html('<a dir="auto" href="{}{}">{}</a>', site, part.url, part.text)


@register.simple_block_tag
def empty_state(content: SafeString, *title: object) -> str:
    """Say that there is nothing to list: a title in several parts, over the paragraphs inside."""
    parts = format_html_join(" ", "{}", ((part,) for part in title))
    return render_to_string("_empty.html", {"title": parts, "content": content})


@register.simple_block_tag
def field_box(content: SafeString, label: str = "", html_id: str = "", errors: Any = None) -> str:
    """Return a form field: the control inside under its label, marked if it has errors."""
    return format_html(
        '<div class="field{}">{}{}</div>',
        " field-wrong" if errors else "",
        format_html('<label for="{}">{}</label>', html_id, label) if label else "",
        content,
    )


@register.simple_tag
def field_error(errors: Any, html_id: str = "", role: str = "") -> SafeString | str:
    """Return the errors of a field, or one sentence, as one paragraph; nothing without errors."""
    text = errors if isinstance(errors, str) else " ".join(errors)
    if not text:
        return ""
    return format_html(
        '<p class="field-error"{}{}>{}<span>{}</span></p>',
        format_html(' id="{}"', html_id) if html_id else "",
        format_html(' role="{}"', role) if role else "",
        icon("alert"),
        quoted(text),
    )
