"""The catalog document: the one in-memory form behind every file format.

A format module turns bytes into a `Document` (`catalog.interchange.formats`), and
`catalog.loading.loader` writes a document to the database. `catalog.interchange.dumping` and a
format's writer do the reverse. As JSON, the document is the open interchange format
`readingroom.catalog/1`.

A field that a file leaves out is `UNSET`, and a load leaves it alone; `None` is an explicit null
and clears the field. This difference makes it possible to load a file that has fewer fields than
the database.
"""

import datetime
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from catalog.slugs import SLUG_LENGTH
from catalog.text import TAG_LENGTH, quoted

FORMAT = "readingroom.catalog/1"
# Limit of an uploaded file, in bytes; the command `load_catalog` loads larger ones.
LARGEST_FILE = 20 * 1024 * 1024

# Field limits; the models' columns have the same ones.
type NameText = Annotated[str, Meta(min_length=1, max_length=200)]
type Title = Annotated[str, Meta(min_length=1, max_length=500)]
type Slug = Annotated[str, Meta(min_length=1, max_length=SLUG_LENGTH)]
type ShortText = Annotated[str, Meta(max_length=200)]
type LongText = Annotated[str, Meta(max_length=20_000)]
type UrlText = Annotated[str, Meta(max_length=2_000)]
type TierNumber = Annotated[int, Meta(ge=1, le=5)]
type WholeNumber = Annotated[int, Meta(ge=0, le=10_000_000)]
type TagText = Annotated[str, Meta(min_length=1, max_length=TAG_LENGTH)]


class IssueEntry(Struct, kw_only=True):
    """One issue of a file.

    `tag_line` holds a page's glued tags until the loader splits them. `where` is the position in
    the file (a line, a JSON path, a row) for messages, and `places` are the positions of single
    fields that are elsewhere. None of the three is written to files.
    """

    slug: Slug | UnsetType = UNSET
    title: Title
    date: datetime.date
    tier: TierNumber | UnsetType | None = UNSET
    summary: LongText | UnsetType | None = UNSET
    tags: list[TagText] | UnsetType | None = UNSET
    tags_guessed: bool | UnsetType = UNSET
    url: UrlText | UnsetType | None = UNSET
    words: WholeNumber | UnsetType | None = UNSET
    cites: list[UrlText] | UnsetType | None = UNSET
    tag_line: str | UnsetType = UNSET
    where: str = ""
    places: dict[str, str] = {}


class ClusterEntry(Struct, kw_only=True):
    """A thematic group of issues, in the curator's order."""

    slug: Slug | UnsetType = UNSET
    title: Title
    blurb: LongText | UnsetType | None = UNSET
    issues: list[IssueEntry] = []
    where: str = ""
    places: dict[str, str] = {}


class PublicationEntry(Struct, kw_only=True):
    """A publication with its clusters in order, and the issues without a cluster.

    If `clusters` is `UNSET`, the file has no information about clusters, and issues stay in theirs.
    """

    slug: Slug | UnsetType = UNSET
    name: NameText
    category: NameText
    author: NameText
    site: ShortText | UnsetType | None = UNSET
    section: ShortText | UnsetType | None = UNSET
    homepage: UrlText | UnsetType | None = UNSET
    feed: UrlText | UnsetType | None = UNSET
    description: LongText | UnsetType | None = UNSET
    issue_count: WholeNumber | UnsetType | None = UNSET
    clusters: list[ClusterEntry] | UnsetType = UNSET
    issues: list[IssueEntry] = []
    where: str = ""
    places: dict[str, str] = {}

    def placed_issues(self) -> Iterator[tuple[ClusterEntry | None, int, IssueEntry]]:
        """Yield (cluster or None, place in it from 0, issue) in the file's order."""
        for cluster in self.clusters or ():
            for position, issue in enumerate(cluster.issues):
                yield cluster, position, issue
        for issue in self.issues:
            yield None, 0, issue


class Document(Struct, kw_only=True):
    """The content of one file; `room` is the id of the installation that dumped it, or ""."""

    room: str = ""
    publications: list[PublicationEntry] = []


# Fields that are never written to files.
INTERNAL_FIELDS = frozenset({"tag_line", "where", "places"})


class FileProblem(Struct, frozen=True):
    """An error or a warning about a file.

    `where` is a line number, a JSON path or a row ("" for the whole file); `title` is the issue or
    cluster concerned.
    """

    level: Literal["error", "warning"]
    message: str
    where: str = ""
    title: str = ""

    def __str__(self) -> str:
        named = f"{quoted(self.title)}: " if self.title else ""
        return f"{self.level}: {named}{self.message}"


class Refused(Exception):
    """A file that cannot be loaded; `problems` lists all its errors and warnings."""

    def __init__(self, problems: list[FileProblem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems
