"""Splits the glued tag lines of pages into tags."""

from collections.abc import Iterable, Iterator

from catalog.interchange.document import Document
from catalog.loading.incoming import Incoming
from catalog.models import Tag
from catalog.tags.splitter import TagSplitter
from catalog.text import unique_tags


def split_tag_lines(document: Document, arrived: Iterable[Incoming]) -> int:
    """Set the tags of the issues that have a new tag line; return how many are guesses.

    The texts of the document and the stored tags are the lexicon.
    """
    unsplit = [each for each in arrived if each.tag_line is not None]
    if not unsplit:
        return 0
    known = Tag.objects.listed().values_list("name", flat=True)
    splitter = TagSplitter(_document_texts(document), known)
    guesses = 0
    for each in unsplit:
        split = splitter.split(each.tag_line or "")
        each.given["tags"] = list(unique_tags(split.tags).values())
        each.given["tags_guessed"] = split.guessed
        each.given["tag_line"] = each.tag_line
        guesses += split.guessed
    return guesses


def _document_texts(document: Document) -> Iterator[str]:
    """Yield every title, summary and blurb of a document."""
    for publication in document.publications:
        for cluster in publication.clusters or ():
            yield cluster.title
            yield cluster.blurb or ""
        for _, _, issue in publication.placed_issues():
            yield issue.title
            yield issue.summary or ""
