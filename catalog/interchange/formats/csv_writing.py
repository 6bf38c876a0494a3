"""Writes a catalog as CSV."""

import csv
import io
import re
from collections.abc import Iterable, Iterator

from msgspec import UNSET, Struct

from catalog.interchange.document import Document, PublicationEntry
from catalog.interchange.formats.csv import CSV_COLUMNS, needs_quote
from catalog.text import title_key


def serialize_csv(document: Document) -> tuple[str, list[str]]:
    """Write a row for each issue, clusters first, with a note on data that has no column."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for publication in document.publications:
        for cluster, _, issue in publication.placed_issues():
            names = [publication.name, publication.category, publication.author]
            texts = [*names, cluster.title if cluster else "", issue.title]
            tags = "|".join(re.sub(r"([|\\])", r"\\\1", tag) for tag in issue.tags or ())
            writer.writerow([
                *map(_cell, texts),
                issue.date.isoformat(),
                str(issue.tier or ""),
                _cell(issue.url or ""),
                "" if issue.words in (None, UNSET) else str(issue.words),
                _cell(tags),
                _cell(issue.summary or ""),
            ])  # fmt: skip
    return stream.getvalue(), _lossy_notes(document)


def _cell(text: str) -> str:
    return f"'{text}" if needs_quote(text) else text


def _lossy_notes(document: Document) -> list[str]:
    """Return a note that names the data that CSV cannot hold."""
    lost = dict.fromkeys(
        name for publication in document.publications for name in _lost_data(publication)
    )
    return [f"CSV has no place for: {', '.join(lost)}"] if lost else []


def _lost_data(publication: PublicationEntry) -> Iterator[str]:
    """Yield the names of the data of a publication that CSV cannot hold, some repeatedly."""
    fields = ("slug", "site", "section", "homepage", "feed", "description", "issue_count")
    yield from _filled("publication", publication, fields)
    titles = set()
    for cluster in publication.clusters or ():
        yield from _filled("cluster", cluster, ("slug", "blurb"))
        if not cluster.issues:
            yield "clusters without issues"
        if (key := title_key(cluster.title)) in titles:
            yield "clusters of one title apart"
        titles.add(key)
    issues = [issue for _, _, issue in publication.placed_issues()]
    for issue in issues:
        yield from _filled("issue", issue, ("slug", "tags_guessed", "cites", "tag_line"))
    if not issues:
        yield "publications without issues"


def _filled(kind: str, item: Struct, fields: Iterable[str]) -> list[str]:
    return [f"{kind} {field}" for field in fields if getattr(item, field)]
