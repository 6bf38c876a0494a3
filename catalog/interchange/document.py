"""The catalog document: the one in-memory form behind every format that is loaded or dumped.

A format module turns bytes into a `Document` (`catalog.interchange.formats`), and
`catalog.loading.loader` writes a document to the database; `catalog.interchange.dumping` and a
format's writer go the other way. As JSON the document is the open interchange format
`readingroom.catalog/1`.

A field that a file leaves out is `UNSET` and left alone by a load; `None` is an explicit null and
clears. Only that difference lets one load a file that knows less than the database does.
"""

import datetime
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Annotated, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.utils.text import slugify
from msgspec import UNSET, Meta, Struct, UnsetType

from catalog.slugs import is_id

FORMAT = "readingroom.catalog/1"
SLUG_LENGTH = 80
TAG_LENGTH = 100
# Compatibility forms are spelt out in a key: one character may become eighteen.
TAG_KEY_LENGTH = 4 * TAG_LENGTH

# The longest values a field takes; the models' columns have the same bounds.
type Name = Annotated[str, Meta(min_length=1, max_length=200)]
type Title = Annotated[str, Meta(min_length=1, max_length=500)]
type Slug = Annotated[str, Meta(min_length=1, max_length=SLUG_LENGTH)]
type Line = Annotated[str, Meta(max_length=200)]
type Text = Annotated[str, Meta(max_length=20_000)]
type Url = Annotated[str, Meta(max_length=2_000)]
type Tier = Annotated[int, Meta(ge=1, le=5)]
type Count = Annotated[int, Meta(ge=0, le=10_000_000)]
type TagName = Annotated[str, Meta(min_length=1, max_length=TAG_LENGTH)]


class Issue(Struct, kw_only=True):
    """One issue as a file gives it.

    `tag_line` holds a page's glued tags until the loader has split them, and `where` the place in
    the file (a line, a JSON path, a row) for messages, `places` those of single fields that stand
    elsewhere; none of the three is part of the written document.
    """

    slug: Slug | UnsetType = UNSET
    title: Title
    date: datetime.date
    tier: Tier | UnsetType | None = UNSET
    summary: Text | UnsetType | None = UNSET
    tags: list[TagName] | UnsetType | None = UNSET
    tags_guessed: bool | UnsetType = UNSET
    url: Url | UnsetType | None = UNSET
    words: Count | UnsetType | None = UNSET
    cites: list[Url] | UnsetType | None = UNSET
    tag_line: str | UnsetType = UNSET
    where: str = ""
    places: dict[str, str] = {}


class Cluster(Struct, kw_only=True):
    """A thematic group of issues, in the curator's order."""

    slug: Slug | UnsetType = UNSET
    title: Title
    blurb: Text | UnsetType | None = UNSET
    issues: list[Issue] = []
    where: str = ""
    places: dict[str, str] = {}


class Publication(Struct, kw_only=True):
    """A publication with its clusters in order, and the issues that are in none of them.

    Where `clusters` is `UNSET` the file says nothing of clusters, so that its issues stay in
    whichever they are.
    """

    slug: Slug | UnsetType = UNSET
    name: Name
    category: Name
    author: Name
    site: Line | UnsetType | None = UNSET
    section: Line | UnsetType | None = UNSET
    homepage: Url | UnsetType | None = UNSET
    feed: Url | UnsetType | None = UNSET
    description: Text | UnsetType | None = UNSET
    issue_count: Count | UnsetType | None = UNSET
    clusters: list[Cluster] | UnsetType = UNSET
    issues: list[Issue] = []
    where: str = ""
    places: dict[str, str] = {}

    def placed_issues(self) -> Iterator[tuple[Cluster | None, int, Issue]]:
        """Yield (cluster or None, place in it from 0, issue) in the file's order."""
        for cluster in self.clusters or ():
            for position, issue in enumerate(cluster.issues):
                yield cluster, position, issue
        for issue in self.issues:
            yield None, 0, issue


class Document(Struct, kw_only=True):
    """Everything that one file holds; `room` is the room that it is a dump of, "" for others."""

    room: str = ""
    publications: list[Publication] = []


# Fields that a file may hold, in the order in which dumps write them.
INTERNAL_FIELDS = frozenset({"tag_line", "where", "places"})


class Problem(Struct, frozen=True):
    """One thing wrong with a file, or worth knowing about it.

    `where` is a line number, a JSON path or a row ("" for the file as a whole); `title` the issue
    or cluster that it stands in.
    """

    level: Literal["error", "warning"]
    message: str
    where: str = ""
    title: str = ""

    def __str__(self) -> str:
        named = f"{quoted(self.title)}: " if self.title else ""
        return f"{self.level}: {named}{self.message}"


class Refused(Exception):
    """A file that cannot be loaded: `problems` lists everything found in it, warnings too."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


def quoted(text: str, limit: int = 80) -> str:
    """Return text in curly quotes, cut to `limit` characters, with control characters escaped."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return f"“{''.join(_visible(character) for character in shown)}”"


def _visible(character: str) -> str:
    if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return (
            f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
        )
    return character


def url_key(url: str) -> str:
    """Return what makes two addresses the same one.

    Scheme and host in lower case, without fragment, `utm_*` parameters and trailing slash.
    """
    parts = urlsplit(url)
    query = parts.query
    if "utm_" in query.casefold():
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(k, v) for k, v in pairs if not k.casefold().startswith("utm_")])
    return urlunsplit(
        (parts.scheme.lower(), parts.netloc.lower(), parts.path.rstrip("/"), query, "")
    )


def url_fault(url: str) -> str:
    """Return what is wrong with an address, or "" where it is a plain http or https one."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not a URL"
    if not parts.scheme and not url.startswith("/"):
        return "has no “https://” before it"
    if parts.scheme.lower() not in {"http", "https"}:
        return "is not an http or https URL"
    if not host or re.search(r"[\s<>\"\\^`{|}]", url):
        return "is not a URL"
    return ""


def web_url(url: str) -> str:
    """Return an address that may become a link, or "".

    The loader refuses other addresses; this keeps a row that was written past it from putting
    `javascript:` and its like into a page.
    """
    return "" if url_fault(url) else url


# A load asks for the keys of the same few spellings many times over.
@lru_cache(maxsize=100_000)
def tag_key(name: str) -> str:
    """Return what makes two spellings one tag: NFKC, casefolded, without white space, - and _."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return re.sub(r"[\s_-]+", "", folded)


def unique_tags(names: Iterable[str]) -> dict[str, str]:
    """Map each tag's key to its first spelling, in order; a name without a key is dropped."""
    spellings: dict[str, str] = {}
    for name in names:
        if key := tag_key(name):
            spellings.setdefault(key, name)
    return spellings


def title_key(title: str) -> str:
    """Return a title as it is compared: NFC, white space folded."""
    return " ".join(unicodedata.normalize("NFC", title).split())


class SlugMaker:
    """Makes slugs that are unlike each other and unlike all those taken, which it adds to."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        # The last number tried for a base, so that ten thousand equal titles stay linear.
        self._numbers: dict[str, int] = {}

    def make(self, text: str, fallback: str) -> str:
        """Return a new slug of at most 80 characters for a text; a clash gets `-2`, `-3` ….

        `fallback` replaces a text that has no letters or digits. It is put before digits alone,
        which would read as an id.
        """
        base = slugify(text, allow_unicode=True)
        if len(base) > SLUG_LENGTH:
            base = base[: SLUG_LENGTH + 1].rpartition("-")[0] or base[:SLUG_LENGTH]
        base = base.strip("-_") or fallback
        if is_id(base):
            base = f"{fallback}-{base}"[:SLUG_LENGTH]
        slug = base
        number = self._numbers.get(base, 1)
        while slug in self.taken:
            number += 1
            suffix = f"-{number}"
            slug = base[: SLUG_LENGTH - len(suffix)].rstrip("-") + suffix
        self._numbers[base] = number
        self.taken.add(slug)
        return slug


_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_DECODED_TWICE = re.compile("[ÂÃ][\u0080-\u00bf]|â€[\u0098-\u009d\u02dc\u0153\u2018-\u2026\u2122]")


def text_fault(text: str) -> str:
    """Return what no text of the catalog may hold and this one does, or "".

    Control characters and bidi overrides are refused, joiners and marks that languages need are
    not. So is text that was once decoded with the wrong encoding, as `Â·` for a middle dot.
    """
    if found := _FORBIDDEN.search(text):
        code = ord(found.group())
        kind = "bidi override" if 0x202A <= code <= 0x2069 else "control character"
        return f"{kind} U+{code:04X} found, expected plain text"
    if found := _DECODED_TWICE.search(text):
        return (
            f"{quoted(found.group())} found: the text was decoded with the wrong encoding once "
            f"before; expected the original as UTF-8"
        )
    return ""
