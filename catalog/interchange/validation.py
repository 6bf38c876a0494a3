"""Validation rules for catalog documents of every format.

Format modules check syntax and types; these rules apply to the structs.
"""

import datetime
import re
from typing import Literal, NamedTuple

from django.utils.text import slugify
from msgspec import UNSET, Struct, inspect

from catalog.interchange.document import (
    INTERNAL_FIELDS,
    ClusterEntry,
    Document,
    FileProblem,
    IssueEntry,
    PublicationEntry,
)
from catalog.slugs import RESERVED_ISSUE_SLUGS, RESERVED_SLUGS, SLUG_LENGTH
from catalog.text import TAG_KEY_LENGTH, quoted, tag_key, text_fault, title_key, url_fault, url_key

# Limit of a glued tag line, in characters; it is not a field of the written document.
TAG_LINE_LENGTH = 20_000

# Names of fields in messages that differ from the field's own name.
_NAMES_IN_MESSAGES = {"tag_line": "tag line", "name": "publication", "issue_count": "issue count"}
_URLS = frozenset({"homepage", "feed", "url", "cites"})

# An HTML entity, or a tag as found in the titles of feeds and exports.
_MARKUP = re.compile(
    r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|(?:amp|lt|gt|quot|apos|nbsp|[lr][sd]quo|[mn]dash|hellip"
    r"|(?:[aeiou](?:acute|grave|circ|uml)|[ao]ring|[ano]tilde|ccedil|szlig|oslash)));"
    r"|</?(?:a|b|br|em|i|p|span|strong|sub|sup|u)(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)

type Item = PublicationEntry | ClusterEntry | IssueEntry


class _Bounds(NamedTuple):
    """The least and the greatest length of a text (of each in a list), or value of a number."""

    least: int
    most: int
    is_number: bool


def _bounds(struct: type[Struct]) -> dict[str, _Bounds]:
    """Map the limited fields of a struct to the limits of their annotations."""
    info = inspect.type_info(struct)
    assert isinstance(info, inspect.StructType)
    found = {"tag_line": _Bounds(0, TAG_LINE_LENGTH, False)} if struct is IssueEntry else {}
    for field in info.fields:
        kind = field.type.types[0] if isinstance(field.type, inspect.UnionType) else field.type
        if isinstance(kind, inspect.ListType):
            kind = kind.item_type
        if field.name in INTERNAL_FIELDS:
            continue
        if isinstance(kind, inspect.StrType) and kind.max_length is not None:
            found[field.name] = _Bounds(kind.min_length or 0, kind.max_length, False)
        elif isinstance(kind, inspect.IntType) and kind.ge is not None and kind.le is not None:
            found[field.name] = _Bounds(kind.ge, kind.le, True)
    return found


_BOUNDS = {struct: _bounds(struct) for struct in (PublicationEntry, ClusterEntry, IssueEntry)}


def validate(document: Document) -> list[FileProblem]:
    """Return the errors and warnings of a document.

    Duplicate cards are removed from the document, with a warning.
    """
    check = _Check()
    named: dict[str, PublicationEntry] = {}
    slugs: dict[str, Item] = {}
    for publication in document.publications:
        check.fields(publication)
        check.slug(publication, slugs, RESERVED_SLUGS)
        first = named.setdefault(title_key(publication.name), publication)
        if first is not publication and publication.name:
            message = f"the publication {quoted(publication.name)} occurs twice{_also(first)}"
            check.error(publication, "name", f"{message}, expected once")
        check.clusters(publication)
        check.issues(publication)
    check.markup()
    return check.problems


class _Check:
    """Collects the problems of one document."""

    def __init__(self) -> None:
        self.problems: list[FileProblem] = []
        # Texts that look like HTML, with their items and fields.
        self.found_markup: list[tuple[str, Item, str]] = []

    def error(self, item: Item, field: str, message: str) -> None:
        self.add("error", item, field, message)

    def warn(self, item: Item, field: str, message: str) -> None:
        self.add("warning", item, field, message)

    def add(self, level: Literal["error", "warning"], item: Item, field: str, message: str) -> None:
        title = "" if isinstance(item, PublicationEntry) else item.title
        self.problems.append(FileProblem(level, message, _place_of_field(item, field), title))

    # Each field for itself.

    def fields(self, item: Item) -> None:
        """Check every text and number of an item against its bounds and the rules for its kind."""
        for field, bounds in _BOUNDS[type(item)].items():
            value = getattr(item, field)
            if value is None or value is UNSET:
                continue
            if bounds.is_number:
                if not bounds.least <= value <= bounds.most:
                    found = f"{value} found, expected {bounds.least:,} to {bounds.most:,}"
                    self.error(item, field, f"{_name(field)}: {found}")
            elif isinstance(value, list):
                for number, text in enumerate(value):
                    self.text(item, field, f"{field}[{number}]", text, bounds)
            else:
                self.text(item, field, field, value, bounds)

    def text(self, item: Item, field: str, path: str, text: str, bounds: _Bounds) -> None:
        if fault := _length_fault(text, bounds) or (text and _content_fault(field, text, bounds)):
            self.error(item, path, f"{_name(field)}: {fault}")
        elif (
            ("&" in text or "<" in text) and field not in _URLS and (markup := _MARKUP.search(text))
        ):
            self.found_markup.append((markup.group(), item, path))

    def markup(self) -> None:
        """Warn once of all entities and tags of HTML: texts are plain, and shown as they are."""
        if not self.found_markup:
            return
        (markup, item, path), *others = self.found_markup
        more = (
            f", here and in {len(others):,} other text{'s' * (len(others) > 1)}" if others else ""
        )
        message = (
            f"{_name(path)}: HTML found, as {quoted(markup)}{more}; it is shown as it is written"
        )
        self.warn(item, path, message)

    def slug(self, item: Item, taken: dict[str, Item], reserved: frozenset[str]) -> None:
        """Check a slug's form, and that it is neither reserved nor in `taken`."""
        slug = item.slug
        if slug is UNSET or not slug or len(slug) > SLUG_LENGTH or text_fault(slug):
            return
        if slug in reserved:
            found = f"{quoted(slug)} found, which is reserved, expected another"
            self.error(item, "slug", f"slug: {found}")
        elif slug != (form := slugify(slug, allow_unicode=True)):
            expected = f"expected {quoted(form)}" if form else "expected letters or digits"
            self.error(item, "slug", f"slug: {quoted(slug)} found, {expected}")
        elif (first := taken.setdefault(slug, item)) is not item:
            found = f"{quoted(slug)} occurs twice{_also(first)}, expected one for each"
            self.error(item, "slug", f"slug: {found}")

    # A second issue with the same values.

    def clusters(self, publication: PublicationEntry) -> None:
        """Check the clusters of a publication, and that no two of them could be confused."""
        titled: dict[str, ClusterEntry] = {}
        slugs: dict[str, Item] = {}
        for cluster in publication.clusters or ():
            self.fields(cluster)
            self.slug(cluster, slugs, frozenset())
            first = titled.setdefault(title_key(cluster.title), cluster)
            if first is not cluster and cluster.title and not (first.slug and cluster.slug):
                message = f"the cluster occurs twice in the publication{_also(first)}"
                self.error(cluster, "title", f"{message}, expected once")

    def issues(self, publication: PublicationEntry) -> None:
        """Check the issues of a publication, and remove duplicates."""
        present = sum(1 for _ in publication.placed_issues())
        declared = publication.issue_count
        if isinstance(declared, int) and declared < present:
            message = f"{declared} issues declared, {present} present"
            self.warn(publication, "issue_count", message)
        slugs: dict[str, Item] = {}
        addresses: dict[str, IssueEntry] = {}
        for home in (*(publication.clusters or ()), publication):
            kept = self.kept(home, addresses)
            for issue in kept:
                self.slug(issue, slugs, RESERVED_ISSUE_SLUGS)
            home.issues = kept

    def kept(
        self, home: ClusterEntry | PublicationEntry, addresses: dict[str, IssueEntry]
    ) -> list[IssueEntry]:
        """Return the issues of a cluster, or those without one, without duplicates.

        `addresses` maps the URL keys of the publication to their issues, and is extended.
        """
        kept = []
        cards: dict[tuple[str, datetime.date, str], IssueEntry] = {}
        titled: dict[str, IssueEntry] = {}
        for issue in home.issues:
            self.fields(issue)
            address = url_key(issue.url) if issue.url and not url_fault(issue.url) else ""
            title = title_key(issue.title)
            card = title, issue.date, title_key(issue.summary or "")
            twin = addresses.get(address) or cards.get(card)
            if twin and title and not _are_told_apart(twin, issue, address):
                self.warn(issue, "title", f"this card occurs twice{_also(twin)}; loaded once")
                continue
            if address:
                addresses[address] = issue
            cards.setdefault(card, issue)
            first = titled.setdefault(title, issue)
            if first is not issue and title:
                self._warn_of_title(home, issue, first)
            kept.append(issue)
        return kept

    def _warn_of_title(
        self, home: ClusterEntry | PublicationEntry, issue: IssueEntry, first: IssueEntry
    ) -> None:
        """Warn of two issues with one title; outside of clusters that is common."""
        if isinstance(home, ClusterEntry):
            message = f"this title occurs twice in the cluster {quoted(home.title)}"
            self.warn(issue, "title", f"{message}{_also(first)}; both loaded")


def _length_fault(text: str, bounds: _Bounds) -> str:
    if len(text) > bounds.most:
        return f"{len(text):,} characters found, expected at most {bounds.most:,}"
    if not text and bounds.least:
        return f"nothing found, expected 1 to {bounds.most:,} characters"
    return ""


def _content_fault(field: str, text: str, bounds: _Bounds) -> str:
    """Return what is wrong with the characters of a text, a URL or a tag, or ""."""
    # Most texts are plain ASCII; these two fast checks save the search.
    if not (text.isascii() and text.isprintable()) and (fault := text_fault(text)):
        return fault
    if field in _URLS:
        if fault := url_fault(text):
            return f"{quoted(text)} {fault}, expected one as “https://example.com/page”"
        if (size := len(text.encode())) > bounds.most:
            return f"{size:,} bytes found, expected at most {bounds.most:,}"
    if field == "tags":
        if not (key := tag_key(text)):
            return f"{quoted(text)} found, expected a tag with a letter or a digit"
        if len(key) > TAG_KEY_LENGTH:
            return f"{quoted(text)} found, which is too long when its letters are spelt out"
    return ""


def _are_told_apart(first: IssueEntry, second: IssueEntry, address: str) -> bool:
    """Return whether two issues of equal title, date and summary have different URLs or slugs.

    A dump may hold such a pair and must load unchanged.
    """
    if first.url and address:
        return url_fault(first.url) == "" and url_key(first.url) != address
    return bool(first.slug and second.slug and first.slug != second.slug)


def _name(field: str) -> str:
    return _NAMES_IN_MESSAGES.get(field, field)


def _place_of_field(item: Item, field: str) -> str:
    """Return the position of an item's field: its own line, or the item's path with its name."""
    if place := item.places.get(field):
        return place
    return f"{item.where}.{field}" if item.where.endswith("]") else item.where


def _also(first: Item) -> str:
    """Return the place of an item that a later one repeats, for the end of a message."""
    if not first.where:
        return ""
    return f", here and at {'line ' if first.where.isdigit() else ''}{first.where}"
