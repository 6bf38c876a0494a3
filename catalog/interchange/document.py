"""The catalog document: the one in-memory form behind every format that is loaded or dumped.

A format module turns bytes into a `Document` (`catalog.interchange.formats`), and
`catalog.loading.loader` writes a document to the database; `catalog.interchange.dumping` and a
format's writer go the other way. As JSON the document is the open interchange format
`readingroom.catalog/1`.

A field that a file leaves out is `UNSET` and left alone by a load; `None` is an explicit null and
clears. Only that difference lets one load a file that knows less than the database does.
"""

import datetime
from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from catalog.slugs import SLUG_LENGTH
from catalog.text import TAG_LENGTH, quoted

FORMAT = "readingroom.catalog/1"

# The longest values a field takes; the models' columns have the same bounds.
type NameText = Annotated[str, Meta(min_length=1, max_length=200)]
type Title = Annotated[str, Meta(min_length=1, max_length=500)]
type Slug = Annotated[str, Meta(min_length=1, max_length=SLUG_LENGTH)]
type ShortText = Annotated[str, Meta(max_length=200)]
type LongText = Annotated[str, Meta(max_length=20_000)]
type UrlText = Annotated[str, Meta(max_length=2_000)]
type TierNumber = Annotated[int, Meta(ge=1, le=5)]
type Whole = Annotated[int, Meta(ge=0, le=10_000_000)]
type TagText = Annotated[str, Meta(min_length=1, max_length=TAG_LENGTH)]


class IssueEntry(Struct, kw_only=True):
    """One issue as a file gives it.

    `tag_line` holds a page's glued tags until the loader has split them, and `where` the place in
    the file (a line, a JSON path, a row) for messages, `places` those of single fields that stand
    elsewhere; none of the three is part of the written document.
    """

    slug: Slug | UnsetType = UNSET
    title: Title
    date: datetime.date
    tier: TierNumber | UnsetType | None = UNSET
    summary: LongText | UnsetType | None = UNSET
    tags: list[TagText] | UnsetType | None = UNSET
    tags_guessed: bool | UnsetType = UNSET
    url: UrlText | UnsetType | None = UNSET
    words: Whole | UnsetType | None = UNSET
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
    """A publication with its clusters in order, and the issues that are in none of them.

    Where `clusters` is `UNSET` the file says nothing of clusters, so that its issues stay in
    whichever they are.
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
    issue_count: Whole | UnsetType | None = UNSET
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
    """Everything that one file holds; `room` is the room that it is a dump of, "" for others."""

    room: str = ""
    publications: list[PublicationEntry] = []


# Fields that a file may hold, in the order in which dumps write them.
INTERNAL_FIELDS = frozenset({"tag_line", "where", "places"})


class FileProblem(Struct, frozen=True):
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

    def __init__(self, problems: list[FileProblem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems
