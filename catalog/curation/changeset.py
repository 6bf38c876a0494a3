"""Every write to the catalog, and the log of changes that goes with it.

A `Curation` writes one change set: a load of a file, or an edit. In one transaction it changes
rows, appends the old and new value of each field to the log, and increments the versions that
cached pages depend on.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import batched
from types import TracebackType
from typing import Any, Self

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from catalog.curation.baseline import differs_from_file
from catalog.curation.log_values import as_logged
from catalog.db import bulk
from catalog.models import (
    Category,
    Change,
    ChangeBatch,
    Citation,
    Cluster,
    Conflict,
    Issue,
    IssueTag,
    Publication,
    Tag,
)
from catalog.search import indexing
from catalog.tags import assignment
from catalog.text import url_key

CHANGE_COLUMNS = ("batch_id", "publication_id", "kind", "object_id", "field", "before", "after")
CITATION_COLUMNS = ("issue_id", "position", "url", "url_key")

# Fields of other models that are copied into the issues' search text.
RENAMED = {
    (Change.Kind.PUBLICATION, "name"),
    (Change.Kind.PUBLICATION, "author"),
    (Change.Kind.PUBLICATION, "category"),
    (Change.Kind.CLUSTER, "title"),
}

# Fields that are stored in tables of their own.
_ROWS_OF_OTHERS = frozenset({"tags", "cites", "stands_for"})

type Curated = Category | Publication | Cluster | Issue | Tag


class Curation:
    """One change set, as a context manager around its transaction.

    `user` is the author (None for a load by command), `source` the file or the place in the
    application, `reason` an optional explanation, and `reverts` the change set that this one
    reverts. If nothing changes, no change set is stored and `batch` has no id. `at` is the instant
    of all its changes.
    """

    def __init__(
        self,
        kind: ChangeBatch.Kind,
        *,
        source: str,
        user: Any = None,
        reason: str = "",
        reverts: ChangeBatch | None = None,
    ) -> None:
        self.batch = ChangeBatch(
            kind=kind, user=user, source=source[-200:], reason=reason[:200], reverts=reverts
        )
        self.at = timezone.now()
        self._log: list[tuple[Any, ...]] = []
        self._conflicts: dict[tuple[Change.Kind, int, str], Conflict] = {}
        self._settled: set[tuple[str, int, str]] = set()
        self._tags_in_use: set[int] = set()
        # URLs that were cited before, or that belonged to an issue.
        self._cited: set[str | None] = set()
        self._transaction = transaction.atomic()

    def __enter__(self) -> Self:
        self._transaction.__enter__()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._finish()
        except BaseException as failure:
            self._transaction.__exit__(type(failure), failure, failure.__traceback__)
            raise
        self._transaction.__exit__(error_type, error, traceback)

    def made(self, kind: Change.Kind, publication_id: int | None, pk: int) -> None:
        """Log the creation of an object; the log has no entries for its first values."""
        self._log.append((publication_id, kind, pk, "", "null", "null"))

    def change(
        self, row: Curated, values: Mapping[str, Any], *, also_save: Iterable[str] = ()
    ) -> bool:
        """Set the fields of a stored row, log the differences, and return whether there were any.

        For an issue, `tags` is a list of spellings and `cites` a list of URLs. `also_save` names
        fields that the caller has set and that are saved without a log entry.
        """
        columns = {name: value for name, value in values.items() if name not in _ROWS_OF_OTHERS}
        before = {name: getattr(row, name) for name in columns}
        changed = {name for name in columns if before[name] != columns[name]}
        for name in sorted(changed):
            setattr(row, name, columns[name])
            self._note(row, name, before[name], columns[name])
        if isinstance(row, Issue):
            changed |= self._change_issue(row, values, changed)
        if isinstance(row, Tag) and "stands_for" in values:
            changed |= self._point(row, values["stands_for"])
        if changed or also_save:
            row.save(update_fields=changed.union(also_save) - _ROWS_OF_OTHERS)
        return bool(changed)

    def conflict(self, row: Publication | Cluster | Issue, name: str, theirs: Any) -> None:
        """Note that a file would have changed a field which stays as its curator changed it."""
        kind = _kind_of(row)
        self._conflicts[kind, row.pk, name] = Conflict(
            publication_id=_publication_id(row) or 0, kind=kind, object_id=row.pk, field=name,
            theirs=as_logged(theirs),
        )  # fmt: skip

    def settle(self, row: Curated, name: str) -> None:
        """Mark fields as settled between curator and file; changing a field settles it too."""
        self._settled.add((_kind_of(row), row.pk, name))

    def change_tags(self, wanted: Iterable[tuple[Issue, Sequence[str]]]) -> int:
        """Give issues these tags, and return how many that changes: `change`, for thousands.

        Issues are locked by the caller, each once, with their clusters.
        """
        asked = list(wanted)
        chosen = assignment.ChosenNames.of(name for _, names in asked for name in names)
        changed = []
        for issue, names in asked:
            before, after = [spelling for spelling, _ in issue.tag_list], chosen.instead_of(names)
            if before != after:
                self._note(issue, "tags", before, after)
                changed.append((issue, after))
        tags = assignment.ensure_tags(name for _, names in changed for name in names)
        self.use_tags(tag.id for tag in tags.values())
        for chunk in batched(changed, bulk.CHUNK):
            self._replace_tags(chunk, tags)
        return len(changed)

    def _replace_tags(
        self,
        chunk: Sequence[tuple[Issue, Sequence[str]]],
        tags: Mapping[str, assignment.AssignedTag],
    ) -> None:
        """Write the tags of issues, each once, with their versions."""
        ids = [issue.pk for issue, _ in chunk]
        uses = assignment.uses_of(ids)
        self.use_tags(tag_id for earlier in uses.values() for tag_id in earlier)
        IssueTag.objects.filter(issue__in=ids).delete()
        rows = []
        for issue, names in chunk:
            issue.tag_list = assignment.shown_tags(names, tags)
            issue.is_curated = differs_from_file(issue)
            issue.version += 1
            rows += self._tag_rows(issue, names, tags, uses.get(issue.pk, {}))
        bulk.insert(IssueTag, assignment.ISSUE_TAG_COLUMNS, rows)
        values = [
            (bulk.as_json(issue.tag_list), issue.is_curated, issue.version, issue.pk)
            for issue, _ in chunk
        ]
        bulk.update(Issue, ("tag_list", "is_curated", "version"), values)

    def use_tags(self, tag_ids: Iterable[int]) -> None:
        """Remember tags whose uses have changed: their names are settled at the end."""
        self._tags_in_use.update(tag_ids)

    def _change_issue(self, issue: Issue, values: Mapping[str, Any], changed: set[str]) -> set[str]:
        """Write an issue's tags and citations, and return the names of the fields to save."""
        fields = set()
        if "title" in changed:
            issue.sort_title = indexing.sort_title(issue.title)
            fields.add("sort_title")
        if "url" in changed:
            self._cited.add(issue.url_key)
            issue.url_key = url_key(issue.url) if issue.url else None
            fields.add("url_key")
        if self._change_tag_list(issue, values.get("tags"), is_moved="date" in changed):
            fields.add("tag_list")
        if "cites" in values and self._write_citations(issue, values["cites"]):
            fields.add("cites")
        fields |= self._set_instants(issue, changed)
        if fields or changed:
            issue.version = F("version") + 1
            issue.is_curated = differs_from_file(issue)
            fields |= {"version", "is_curated"}
        return fields

    def _change_tag_list(
        self, issue: Issue, names: Sequence[str] | None, *, is_moved: bool
    ) -> bool:
        """Write an issue's tags, and return whether they differ; a new date is written to each."""
        before = [spelling for spelling, _ in issue.tag_list]
        after = before
        if names is not None:
            after = assignment.ChosenNames.of(names).instead_of(names)
        if after != before:
            self._note(issue, "tags", before, after)
        if after != before or is_moved:
            self._write_tags(issue, after)
        return after != before

    def _set_instants(self, issue: Issue, changed: set[str]) -> set[str]:
        """Set since when an issue has its tier and cluster; return the fields to save."""
        fields = set()
        # A reverted value keeps the time at which it was first set.
        is_back = "archived_at" in changed and not issue.archived_at and not self.batch.reverts
        if "tier" in changed or is_back:
            issue.rated_at = self._instant_of(issue, "tier")
            fields.add("rated_at")
        if "cluster" in changed or is_back:
            issue.clustered_at = self._instant_of(issue, "cluster")
            fields.add("clustered_at")
        if is_back:
            IssueTag.objects.filter(issue=issue).update(added_at=self.at)
        return fields

    def _instant_of(self, issue: Issue, field: str) -> datetime:
        """Return since when an issue has had its tier or cluster."""
        if self.batch.reverts is None:
            return self.at
        value = as_logged(getattr(issue, field))
        instant = issue.created_at
        for name, after, at in self._log_before.get(issue.pk, ()):
            if (name == field and after == value) or (name == "archived_at" and after is None):
                instant = at
        return instant

    @cached_property
    def _log_before(self) -> dict[int, list[tuple[str, Any, datetime]]]:
        """Return the changes before the reverted change set for its issues, oldest first.

        Reverts are left out, because they restore earlier values.
        """
        assert self.batch.reverts
        fields = ("tier", "cluster", "archived_at")
        log = Change.objects.filter(kind=Change.Kind.ISSUE, field__in=fields)
        issues = log.filter(batch=self.batch.reverts).values("object_id")
        rows = (
            log.filter(object_id__in=issues, batch__lt=self.batch.reverts.pk)
            .exclude(batch__kind=ChangeBatch.Kind.REVERT)
            .order_by("id")
        )
        found: dict[int, list[tuple[str, Any, datetime]]] = defaultdict(list)
        for pk, field, after, at in rows.values_list("object_id", "field", "after", "batch__at"):
            found[pk].append((field, after, at))
        return found

    def _point(self, tag: Tag, others: Iterable[Tag]) -> set[str]:
        """Write the tags that a retired name resolves to."""
        before = sorted(tag.stands_for.values_list("key", flat=True))
        after = sorted(other.key for other in others)
        if before == after:
            return set()
        tag.stands_for.set(others)
        self._note(tag, "stands_for", before, after)
        return {"stands_for"}

    def _write_tags(self, issue: Issue, spellings: list[str]) -> None:
        tags = assignment.ensure_tags(spellings)
        issue.tag_list = assignment.shown_tags(spellings, tags)
        earlier = assignment.uses_of([issue.pk]).get(issue.pk, {})
        self.use_tags(earlier)
        self.use_tags(tag.id for tag in tags.values())
        IssueTag.objects.filter(issue=issue).delete()
        new = self._tag_rows(issue, spellings, tags, earlier)
        bulk.insert(IssueTag, assignment.ISSUE_TAG_COLUMNS, new)

    def _tag_rows(
        self,
        issue: Issue,
        spellings: Sequence[str],
        tags: Mapping[str, assignment.AssignedTag],
        earlier: Mapping[int, assignment.Use],
    ) -> list[tuple[Any, ...]]:
        is_revert = self.batch.reverts is not None
        since = issue.created_at if is_revert else self.at
        return assignment.tag_rows(
            issue.pk, issue.date, spellings, tags, since, earlier, is_revert=is_revert
        )

    def _write_citations(self, issue: Issue, urls: list[str]) -> bool:
        rows = Citation.objects.filter(issue=issue)
        before = list(rows.values_list("url", flat=True))
        self._cited.update(rows.values_list("url_key", flat=True))
        new = citation_rows(issue.pk, urls)
        after = [row[2] for row in new]
        if before == after:
            return False
        rows.delete()
        bulk.insert(Citation, CITATION_COLUMNS, new)
        self._note(issue, "cites", before, after)
        return True

    def _note(self, row: Curated, name: str, before: Any, after: Any) -> None:
        self._log.append((
            _publication_id(row), _kind_of(row), row.pk, name,
            bulk.as_json(as_logged(before)), bulk.as_json(as_logged(after)),
        ))  # fmt: skip

    def _finish(self) -> None:
        if not self._log and not self._conflicts and not self._settled:
            return
        assignment.name_tags(self._tags_in_use)
        self._keep_up()
        publications = {row[0] for row in self._log if row[0] is not None}
        categories = {row[2] for row in self._log if row[1] == Change.Kind.CATEGORY and row[3]}
        shown_there = Q(pk__in=publications) | Q(category__in=categories)
        Publication.objects.filter(shown_there).update(version=F("version") + 1)
        if self._log or self._conflicts:
            self.batch.save()
        bulk.insert(Change, CHANGE_COLUMNS, ((self.batch.pk, *row) for row in self._log))
        self._settle_conflicts()

    def _settle_conflicts(self) -> None:
        """Delete conflicts whose fields were changed or settled, and store the new ones."""
        done = self._settled.union(self._conflicts, (row[1:4] for row in self._log))
        stored = Conflict.objects.values_list("kind", "object_id", "field", "id")
        Conflict.objects.filter(pk__in=[pk for *what, pk in stored if tuple(what) in done]).delete()
        for conflict in self._conflicts.values():
            conflict.batch = self.batch
            conflict.save()

    def _keep_up(self) -> None:
        """Update the search index and the counters for the logged changes."""
        made: set[int] = set()
        touched: set[int] = set()
        moved = Q(pk__in=[])
        for _, kind, pk, field, *_ in self._log:
            if kind == Change.Kind.ISSUE:
                (touched if field else made).add(pk)
            elif (kind, field) in RENAMED:
                moved |= Q(**{kind: pk})
        touched.update(Issue.objects.filter(moved).values_list("id", flat=True))
        indexing.keep(touched - made, made)
        indexing.count_citations(self._cited, sorted(made | self._cites_moved()))

    def _cites_moved(self) -> set[int]:
        """Return the issues that cite others, or are cited, in another way than before."""
        return {
            pk
            for _, kind, pk, field, *_ in self._log
            if kind == Change.Kind.ISSUE and field in {"cites", "url", "archived_at"}
        }


def citation_rows(issue_id: int, urls: Iterable[str]) -> list[tuple[int, int, str, str]]:
    """Return an issue's rows of `Citation`, each address once, in the order of its columns."""
    first: dict[str, str] = {}
    for url in urls:
        first.setdefault(url_key(url), url)
    return [(issue_id, place, url, key) for place, (key, url) in enumerate(first.items())]


def _kind_of(row: Curated) -> Change.Kind:
    return Change.Kind(row._meta.model_name or "")


def _publication_id(row: Curated) -> int | None:
    """Return the id of the row's publication, or of the row itself if it is one."""
    return row.pk if isinstance(row, Publication) else getattr(row, "publication_id", None)
