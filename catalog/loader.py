"""From a catalog document to the database, in one transaction, with a report.

Publication, cluster and issue rows keep `loaded`: each field as the last file gave it. A load
compares the file with that, not with the row, so what a curator has changed since survives a file
that says nothing new, and loading a file twice changes nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from msgspec import UNSET

from catalog import bulk, document, tagging, upkeep
from catalog.curation import CITATION_COLUMNS, Curation, citation_rows
from catalog.document import Problem, Refused, SlugMaker, quoted, title_key, unique_tags, url_key
from catalog.matching import Placed, match_clusters, match_issues
from catalog.models import (
    Category,
    Change,
    ChangeBatch,
    Citation,
    Cluster,
    Issue,
    IssueTag,
    Publication,
    Tag,
)
from catalog.tagsplit import TagSplitter
from catalog.validation import RESERVED_ISSUE_SLUGS, RESERVED_SLUGS

# Called with the number of issues done and of all there are.
type Progress = Callable[[int, int], None]

PUBLICATION_FIELDS = (
    "name", "category", "author", "site", "section", "homepage", "feed", "description",
    "issue_count",
)  # fmt: skip
CLUSTER_FIELDS = ("title", "blurb")
ISSUE_FIELDS = ("title", "date", "tier", "summary", "tags_guessed", "url", "words")
# Of a text, a file's null and "" say the same.
TEXT_FIELDS = frozenset(
    {"site", "section", "homepage", "feed", "description", "blurb", "summary", "url"}
)
ISSUE_COLUMNS = (
    "id", "publication_id", "cluster_id", "position", "title", "sort_title", "slug", "date",
    "tier", "summary", "tag_list", "tags_guessed", "url", "url_key", "words",
    "version", "loaded", "created_at",
)  # fmt: skip


@dataclass
class Tally:
    """How many rows of a kind a load made, changed, left as they were, and did not find."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0


@dataclass
class Report:
    """What a load did; `guessed` counts split tag lines that a curator should look at."""

    publications: Tally = field(default_factory=Tally)
    clusters: Tally = field(default_factory=Tally)
    issues: Tally = field(default_factory=Tally)
    guessed: int = 0


def load(
    doc: document.Document,
    *,
    source: str,
    user: Any = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Write a validated document to the database: all of it, or nothing.

    `source` names the file in the log of changes. A dry run does the same work and takes it back.
    Raises `Refused` where the document contradicts what is stored.
    """
    with transaction.atomic():
        bulk.lock_out_other_loads()
        with Curation(ChangeBatch.Kind.LOAD, source=source, user=user) as curation:
            report = _Load(curation, progress).run(doc)
        if dry_run:
            transaction.set_rollback(True)
        elif report.issues.created >= upkeep.BULK:
            bulk.analyze()
    return report


@dataclass(slots=True)
class _IssueWrite:
    """What a file says of one issue.

    `issue` is its stored row, if any; `news` the fields in which the file differs from the last
    one; `tag_line` a line that is still to be split.
    """

    placed: Placed
    issue: Issue | None
    loaded: dict[str, Any]
    news: dict[str, Any]
    tag_line: str | None = None


class _Load:
    """One load, in three steps: match and compare, settle the tags, write the issues."""

    def __init__(self, curation: Curation, progress: Progress | None) -> None:
        self.curation = curation
        self.progress = progress
        self.report = Report()

    def run(self, doc: document.Document) -> Report:
        plans = [self.plan(given) for given in doc.publications]
        writes = [write for _, planned in plans for write in planned]
        self.split_tag_lines(doc, [write for write in writes if write.tag_line is not None])
        tags = tagging.ensure_tags(name for write in writes for name in write.news.get("tags", ()))
        done = 0
        for publication, planned in plans:
            self.insert_issues(publication, [w for w in planned if w.issue is None], tags)
            self.update_issues([w for w in planned if w.issue is not None])
            done += len(planned)
            if self.progress:
                self.progress(done, len(writes))
        return self.report

    def plan(self, given: document.Publication) -> tuple[Publication, list[_IssueWrite]]:
        publication = self.write_publication(given)
        clusters = self.write_clusters(publication, given)
        placed = [
            Placed(
                issue,
                clusters[id(cluster)] if cluster else None,
                position,
                url_key(issue.url) if issue.url else None,
            )
            for cluster, position, issue in given.placed_issues()
        ]
        stored = list(Issue.objects.filter(publication=publication))
        partners = match_issues(placed, stored)
        says_clusters = given.clusters is not UNSET
        writes = [
            _compare(place, partners.get(index), says_clusters)
            for index, place in enumerate(placed)
        ]
        _refuse_shared_urls(writes, stored)
        matched = {issue.pk for issue in partners.values()}
        self.report.issues.missing += sum(
            issue.pk not in matched and issue.archived_at is None for issue in stored
        )
        return publication, writes

    def write_publication(self, given: document.Publication) -> Publication:
        values = _given(given, PUBLICATION_FIELDS)
        publication = _find_publication(given)
        if publication is None:
            taken = RESERVED_SLUGS.union(Publication.objects.values_list("slug", flat=True))
            publication = Publication.objects.create(
                slug=given.slug if given.slug else SlugMaker(taken).make(given.name, "publication"),
                loaded=values,
                **(values | {"category": self.category(given.category)}),
            )
            self.curation.made(Change.Kind.PUBLICATION, publication.pk, publication.pk)
            self.report.publications.created += 1
            return publication
        news = _take_news(values, publication.loaded)
        if "category" in news:
            news["category"] = self.category(given.category)
        self.tally(self.report.publications, publication, news)
        return publication

    def category(self, name: str) -> Category:
        """Return the category of this name, made where it is new."""
        for category in Category.objects.all():
            if title_key(category.name) == title_key(name):
                return category
        taken = Category.objects.values_list("slug", flat=True)
        category = Category.objects.create(name=name, slug=SlugMaker(taken).make(name, "category"))
        self.curation.made(Change.Kind.CATEGORY, None, category.pk)
        return category

    def write_clusters(
        self, publication: Publication, given: document.Publication
    ) -> dict[int, Cluster]:
        """Return the row of each of the file's clusters, by the identity of its struct."""
        if given.clusters is UNSET:
            return {}
        stored = list(publication.clusters.all())
        partners = match_clusters(given.clusters, stored)
        slugs = SlugMaker(cluster.slug for cluster in stored)
        slugs.taken.update(cluster.slug for cluster in given.clusters if cluster.slug)
        rows = {}
        for position, struct in enumerate(given.clusters):
            values = _given(struct, CLUSTER_FIELDS) | {"position": position}
            if cluster := partners.get(position):
                self.tally(self.report.clusters, cluster, _take_news(values, cluster.loaded))
            else:
                cluster = Cluster.objects.create(
                    publication=publication,
                    slug=struct.slug if struct.slug else slugs.make(struct.title, "cluster"),
                    loaded=values,
                    **values,
                )
                self.curation.made(Change.Kind.CLUSTER, publication.pk, cluster.pk)
                self.report.clusters.created += 1
            rows[id(struct)] = cluster
        self.report.clusters.missing += len(stored) - len(partners)
        return rows

    def tally(self, tally: Tally, row: Publication | Cluster | Issue, news: dict[str, Any]) -> None:
        """Write the news of a stored row, and count it as changed or unchanged."""
        if self.curation.change(row, news, also_save=["loaded"] if news else []):
            tally.changed += 1
        else:
            tally.unchanged += 1

    def split_tag_lines(self, doc: document.Document, writes: list[_IssueWrite]) -> None:
        """Turn new tag lines into tags, with all that the file says as the lexicon."""
        if not writes:
            return
        splitter = TagSplitter(_texts(doc), Tag.objects.values_list("name", flat=True))
        for write in writes:
            split = splitter.split(write.tag_line or "")
            found = {
                "tags": list(unique_tags(split.tags).values()),
                "tags_guessed": split.guessed,
            }
            write.news |= found
            write.loaded |= found
            self.report.guessed += split.guessed

    def insert_issues(
        self,
        publication: Publication,
        writes: list[_IssueWrite],
        tags: dict[str, tagging.TagRef],
    ) -> None:
        if not writes:
            return
        now = bulk.as_instant(timezone.now())
        slugs = SlugMaker(
            RESERVED_ISSUE_SLUGS.union(
                Issue.objects.filter(publication=publication).values_list("slug", flat=True),
                (write.placed.issue.slug for write in writes if write.placed.issue.slug),
            )
        )
        issue_rows: list[tuple[Any, ...]] = []
        tag_rows: list[tuple[Any, ...]] = []
        cite_rows: list[tuple[Any, ...]] = []
        for pk, write in zip(bulk.reserve_ids(Issue, len(writes)), writes, strict=True):
            given, cluster, position, key = write.placed
            news = write.news
            spellings = news.get("tags", ())
            issue_rows.append((
                pk, publication.pk, cluster.pk if cluster else None, position, given.title,
                upkeep.sort_title(given.title),
                given.slug if given.slug else slugs.make(given.title, "issue"),
                given.date.isoformat(), news.get("tier"), news.get("summary", ""),
                bulk.as_json(tagging.shown_tags(spellings, tags)),
                news.get("tags_guessed", False), news.get("url", ""), key, news.get("words"),
                1, bulk.as_json(write.loaded), now,
            ))  # fmt: skip
            tag_rows += tagging.tag_rows(pk, given.date, spellings, tags)
            cite_rows += citation_rows(pk, news.get("cites", ()))
            self.curation.made(Change.Kind.ISSUE, publication.pk, pk)
        bulk.insert(Issue, ISSUE_COLUMNS, issue_rows)
        bulk.insert(IssueTag, tagging.ISSUE_TAG_COLUMNS, tag_rows)
        bulk.insert(Citation, CITATION_COLUMNS, cite_rows)
        self.curation.use_tags(row[1] for row in tag_rows)
        self.report.issues.created += len(writes)

    def update_issues(self, writes: list[_IssueWrite]) -> None:
        # Two issues may swap their URLs: neither may hold on to the one that the other takes.
        moved = [w for w in writes if w.issue and w.news.get("url", w.issue.url) != w.issue.url]
        Issue.objects.filter(pk__in=[w.issue.pk for w in moved if w.issue]).update(
            url="", url_key=None
        )
        for write in writes:
            if write.issue:
                write.issue.loaded = write.loaded
                self.tally(self.report.issues, write.issue, write.news)


def _given(struct: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """Return what a file gives of these fields, as `loaded` keeps it."""
    given = {}
    for name in names:
        value = getattr(struct, name)
        if value is not UNSET:
            given[name] = "" if value is None and name in TEXT_FIELDS else value
    return given


def _take_news(given: dict[str, Any], loaded: dict[str, Any]) -> dict[str, Any]:
    """Return the fields in which a file differs from the last one, noting them in `loaded`."""
    news = {name: v for name, v in given.items() if name not in loaded or loaded[name] != v}
    loaded |= news
    return news


def _compare(placed: Placed, issue: Issue | None, says_clusters: bool) -> _IssueWrite:
    """Hold an issue of the file against what the last file said of it."""
    struct = placed.issue
    loaded = issue.loaded if issue else {}
    given = _given(struct, ISSUE_FIELDS) | {"date": struct.date.isoformat()}
    if struct.cites is not UNSET:
        given["cites"] = struct.cites or []
    if struct.tags is not UNSET:
        given["tags"] = list(unique_tags(struct.tags or ()).values())
    if says_clusters:
        given["cluster"] = placed.cluster.slug if placed.cluster else None
        given["position"] = placed.position
    known_line = loaded.get("tag_line", "".join(loaded.get("tags", ())))
    news = _take_news(given, loaded)

    if "date" in news:
        news["date"] = struct.date
    if "cluster" in news:
        news["cluster"] = placed.cluster
    if "tags" in news:
        # Tags that a file lists are somebody's choice, unless the file says otherwise.
        news.setdefault("tags_guessed", loaded.setdefault("tags_guessed", False))
    if struct.tag_line is not UNSET and struct.tag_line != known_line:
        loaded["tag_line"] = struct.tag_line
        return _IssueWrite(placed, issue, loaded, news, struct.tag_line)
    return _IssueWrite(placed, issue, loaded, news)


def _refuse_shared_urls(writes: list[_IssueWrite], stored: list[Issue]) -> None:
    """Refuse a file that gives an issue the URL of another one that keeps it.

    Raises `Refused`; within one file validation has seen to it.
    """
    owners = {issue.pk: issue.url_key for issue in stored}
    taking: dict[str, _IssueWrite] = {}
    for write in writes:
        if "url" in write.news:
            if write.issue:
                owners[write.issue.pk] = write.placed.url_key
            if write.placed.url_key:
                taking[write.placed.url_key] = write
    problems = []
    for issue in stored:
        taker = taking.get(owners[issue.pk] or "")
        if taker and taker.issue is not issue:
            given = taker.placed.issue
            message = (
                f"the URL {quoted(given.url or '')} is that of {quoted(issue.title)} already; "
                f"expected one of its own"
            )
            problems.append(Problem("error", message, given.where, given.title))
    if problems:
        raise Refused(problems)


def _find_publication(given: document.Publication) -> Publication | None:
    """Return the stored publication of this slug, else the first of this name."""
    if given.slug and (found := Publication.objects.filter(slug=given.slug).first()):
        return found
    return Publication.objects.filter(name=given.name).order_by("id").first()


def _texts(doc: document.Document) -> Iterator[str]:
    """Yield every title, summary and blurb of a document."""
    for publication in doc.publications:
        for cluster in publication.clusters or ():
            yield cluster.title
            yield cluster.blurb or ""
        for _, _, issue in publication.placed_issues():
            yield issue.title
            yield issue.summary or ""
