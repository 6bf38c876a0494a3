"""Validation rules for curators' edits, shared by the admin forms and the API."""

from collections.abc import Collection
from typing import Any

from django.db.models import Max, Model, QuerySet
from django.utils import timezone

from catalog.curation.changeset import Curated, Curation
from catalog.models import Category, Change, Cluster, Issue, Publication, Tag
from catalog.search.indexing import sort_title
from catalog.slugs import RESERVED_ISSUE_SLUGS, RESERVED_SLUGS, SlugMaker, taken_slugs
from catalog.text import TAG_KEY_LENGTH, TAG_LENGTH, quoted, tag_key, text_fault, title_key, url_key

# The limits of the file formats, so that every dump can be loaded again.
LONGEST_TEXT = 20_000
LONGEST_ISSUE = 10_000_000


def tag_fault(name: str) -> str:
    """Return why this is not a valid tag name, or ""."""
    if fault := text_fault(name):
        return fault
    if len(name) > TAG_LENGTH:
        return f"{quoted(name)} is longer than {TAG_LENGTH} characters."
    if not (key := tag_key(name)):
        return f"{quoted(name)} has no letter or digit that a tag could be found by."
    if len(key) > TAG_KEY_LENGTH:
        return f"{quoted(name)} is too long when its letters are spelt out."
    return ""


def title_fault(publication: Publication, title: str, own: int | None = None) -> str:
    """Return why this is not a valid cluster title, or "".

    Files refer to clusters by title, so the current and earlier titles of other clusters are taken.
    """
    for other in publication.clusters.select_related("merged_into"):
        if other.pk == own or title_key(other.title) != title_key(title):
            continue
        if other.merged_into and other.merged_into_id != own:
            return f"“{other}” is an earlier name of “{other.merged_into}”."
        if not other.archived_at:
            return f"“{other}” is another cluster of “{publication}”."
    return ""


def name_fault(model: type[Category | Publication], name: str, own: int | None = None) -> str:
    """Return why no category or publication can be called so, or "": files name them by it."""
    others: Any = model._default_manager.values_list("pk", "name")
    if any(pk != own and title_key(other) == title_key(name) for pk, other in others):
        return f"There is another {model._meta.verbose_name} {quoted(name)}."
    return ""


def url_fault_of(publication: Publication, url: str, own: int | None = None) -> str:
    """Return why no issue of a publication can have this address, or ""."""
    # URLs are unique within a publication.
    other = publication.issues.filter(url_key=url_key(url)).first() if url else None
    return f"“{other}” has this URL already." if other and other.pk != own else ""


def cluster_fault(cluster: Cluster, publication_id: int) -> str:
    """Return why no issue of this publication can be put into a cluster, or ""."""
    if cluster.publication_id != publication_id:
        return f"“{cluster}” is a cluster of another publication, “{cluster.publication}”."
    return archived_reason(cluster) if cluster.archived_at else ""


def archived_reason(cluster: Cluster) -> str:
    """Return why an archived cluster cannot be changed, as an error message."""
    if cluster.merged_into:
        return f"“{cluster}” has been merged into “{cluster.merged_into}”."
    return f"“{cluster}” is no longer a cluster."


def retired_fault(tag: Tag) -> str:
    """Return what a retired name resolves to, as an error message, or "" for a current tag."""
    if not tag.retired_at:
        return ""
    if names := [quoted(each.name) for each in tag.stands_for.all()]:
        return f"“{tag}” has become a name for {', '.join(names)}."
    return f"“{tag}” has been deleted."


def row_version(row: Model) -> int:
    """Return a number that grows with every change of a stored row, for optimistic locking."""
    if row.pk is None:
        return 0
    if isinstance(row, Issue):
        return row.version
    log = Change.objects.filter(kind=row._meta.model_name, object_id=row.pk)
    return log.aggregate(last=Max("id"))["last"] or 0


def review_values() -> dict[str, Any]:
    """Return the fields to write when a curator confirms an issue as it is."""
    return {"reviewed_at": timezone.now(), "tags_guessed": False}


def index_at(cluster: Cluster, place: int, chosen: Collection[int]) -> int:
    """Convert a place in a cluster to the index that `place_issues` takes.

    `place` counts the listed issues from 1; the index counts all issues, archived ones included,
    from 0. The chosen issues themselves do not count.
    """
    others = cluster.issues.exclude(pk__in=chosen).in_cluster_order()
    archived = list(others.values_list("archived_at", flat=True))
    listed = [index for index, at in enumerate(archived) if at is None]
    return listed[place - 1] if place <= len(listed) else len(archived)


def make[T: Curated](row: T, curation: Curation) -> T:
    """Insert and log a new row with a unique slug; a cluster goes to the end of its publication."""
    siblings: Any = type(row)._default_manager.all()
    home = getattr(row, "publication_id", None)
    if home:
        siblings = siblings.filter(publication=home)
    reserved = {Publication: RESERVED_SLUGS, Issue: RESERVED_ISSUE_SLUGS}.get(type(row), ())
    kind = Change.Kind(row._meta.model_name or "")
    taken = taken_slugs(siblings).union(reserved)
    row.slug = SlugMaker(taken).make(str(row), kind.value)
    if isinstance(row, Cluster):
        row.position = end_position(siblings)
    if isinstance(row, Issue):
        row.url_key = url_key(row.url) if row.url else None
        row.sort_title = sort_title(row.title)
    row.save()
    curation.made(kind, row.pk if isinstance(row, Publication) else home, row.pk)
    return row


def category_named(name: str, curation: Curation) -> Category:
    """Return the category of this name, and create it if there is none."""
    for category in Category.objects.all():
        if title_key(category.name) == title_key(name):
            return category
    return make(Category(name=name), curation)


def end_position(rows: QuerySet[Any]) -> int:
    """Return the position after the last of these issues or clusters."""
    last = rows.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1
