"""Keeps the search index, the words and the counters in step with the catalog.

`keep` updates the entries of changed issues within the writing transaction. `rebuild` recreates
everything, and `check` compares it with the catalog.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from catalog.db import bulk
from catalog.models import Citation, Issue, IssueText, KeyCount, Word
from catalog.models.search_index import TEXT_COLUMNS, stamp
from catalog.search import install
from catalog.search.words import fold

SORT_TITLE_LENGTH = 500
# From here on one statement for all rows is cheaper than a trigger for each.
BULK = 5_000
_ROW_COLUMNS = ("id", "issue_id", *TEXT_COLUMNS)
_FACTS = (
    "id", "date", "title", "sort_title", "summary", "tier", "url", "tag_list",
    "cluster__slug", "cluster__title", "publication__slug", "publication__name",
    "publication__author", "publication__category__slug",
)  # fmt: skip

# An issue's row of `IssueText`, in the order of `_ROW_COLUMNS`.
type IndexRow = tuple[int, int, str, str, str, str, str]


def sort_title(title: str) -> str:
    """Return the sort key of a title."""
    return fold(title)[:SORT_TITLE_LENGTH]


def keep(issue_ids: Iterable[int], made: Iterable[int] = ()) -> None:
    """Bring the texts, words and counts of these issues up to date; `made` are those just made."""
    touched, new = set(issue_ids), sorted(made)
    if len(new) < BULK:
        touched.update(new)
        new = []
    tally = _Tally()
    for chunk in batched(sorted(touched), bulk.CHUNK):
        _keep_chunk(chunk, tally)
    if new:
        _add(new, tally)
    tally.write()


def count_citations(url_keys: Iterable[str | None], issue_ids: Sequence[int] = ()) -> None:
    """Count again how many other listed issues cite the issues with these URLs.

    For `issue_ids`, count both their own URLs and those that they cite.
    """
    cited = set(url_keys)
    for ids in batched(issue_ids, bulk.CHUNK):
        theirs = Citation.objects.filter(issue__in=ids)
        cited.update(theirs.values_list("url_key", flat=True))
        is_cited = Exists(Citation.objects.filter(url_key=OuterRef("url_key")))
        own = Issue.objects.filter(is_cited | Q(cited_count__gt=0), id__in=ids)
        cited.update(own.values_list("url_key", flat=True))
        # Issues without a URL cannot be cited.
        own.filter(url_key=None).update(cited_count=0)
    for keys in batched(sorted(key for key in cited if key), bulk.CHUNK):
        _count_citations(Issue.objects.filter(url_key__in=keys))


def rebuild() -> int:
    """Rebuild everything in one transaction; return the number of indexed issues."""
    with transaction.atomic():
        bulk.lock_out_other_loads()
        install.drop()
        for model in (IssueText, Word, KeyCount):
            model._default_manager.all().delete()
        install.create()
        titles = list(Issue.objects.values_list("id", "title", "sort_title"))
        for pk, title, kept in titles:
            if kept != sort_title(title):
                Issue.objects.filter(pk=pk).update(sort_title=sort_title(title))
        _count_citations(Issue.objects.all())
        keep((), [pk for pk, _, _ in titles])
        bulk.analyze()
    return IssueText.objects.count()


def install_search() -> None:
    """Create the search tables that migrations cannot declare, and fill an empty index."""
    if IssueText._meta.db_table not in connection.introspection.table_names():
        return
    install.create()
    if Issue.objects.exists() and not IssueText.objects.exists():
        rebuild()


def check() -> list[str]:
    """Return a sentence for each difference between index and catalog."""
    tally = _Tally()
    problems = _check_texts(tally) + _check_counts(tally)
    problems += [
        f"The title that issue {pk} is sorted by is out of step."
        for pk, title, sorted_as in Issue.objects.values_list("id", "title", "sort_title")
        if sorted_as != sort_title(title)
    ]
    wrong = Issue.objects.exclude(cited_count=_citing())
    problems += [f"The citations of issue {issue.pk} are out of step." for issue in wrong]
    return problems + install.check()


def _check_texts(tally: "_Tally") -> list[str]:
    """Compare the indexed texts, and count their words and keys in `tally`."""
    problems = []
    kept = {row[1]: row for row in IssueText.objects.values_list(*_ROW_COLUMNS).iterator()}
    for chunk in batched(Issue.objects.values_list("id", flat=True).iterator(), bulk.CHUNK):
        entries = list(_entries(chunk))
        tally.add(entries)
        problems += [
            f"The text of issue {entry[1]} is out of step."
            for entry in entries
            if kept.pop(entry[1], None) != entry
        ]
    return problems + [f"Issue {pk} is indexed and is not listed." for pk in kept]


def _check_counts(tally: "_Tally") -> list[str]:
    """Compare the counters with the words and keys of all texts."""
    words, keys = tally.rows()
    counts = {(facet, value): number for facet, value, number in keys}
    stored = {(row.facet, row.value): row.count for row in KeyCount.objects.all()}
    problems = [
        f"The count of {facet}={value} is {stored.get((facet, value), 0)}; "
        f"{counts.get((facet, value), 0)} issues have it."
        for facet, value in sorted(counts.keys() | stored.keys())
        if counts.get((facet, value), 0) != stored.get((facet, value), 0)
    ]
    if dict(words) != dict(Word.objects.values_list("text", "uses")):
        problems.append("The list of words is out of step.")
    return problems


class _Tally:
    """Pending increments of the counters of words and keys."""

    def __init__(self) -> None:
        self.words: Counter[str] = Counter()
        self.keys: Counter[str] = Counter()

    def add(self, entries: Iterable[IndexRow]) -> None:
        words, keys = self._of(entries)
        self.words.update(words)
        self.keys.update(keys)

    def take(self, entries: Iterable[IndexRow]) -> None:
        words, keys = self._of(entries)
        self.words.subtract(words)
        self.keys.subtract(keys)

    def rows(self) -> tuple[list[tuple[str, int]], list[tuple[str, str, int]]]:
        """Return the changed counters of words and of keys, each sorted by key."""
        words = sorted((text, n) for text, n in self.words.items() if n)
        keys = [(*key.partition("=")[::2], n) for key, n in self.keys.items() if n]
        return words, sorted(row for row in keys if row[0] != "id")

    def write(self) -> None:
        words, keys = self.rows()
        bulk.add_up(Word, ("text",), "uses", words)
        bulk.add_up(KeyCount, ("facet", "value"), "count", keys)

    @staticmethod
    def _of(entries: Iterable[IndexRow]) -> tuple[list[str], list[str]]:
        """Return all words and all keys: counting them at once is the cheapest by far."""
        texts: list[str] = []
        keys: list[str] = []
        for entry in entries:
            texts += entry[2:6]
            keys.append(entry[6])
        return " ".join(texts).split(), " ".join(keys).split()


def _keep_chunk(ids: Sequence[int], tally: _Tally) -> None:
    old = {
        row[1]: row for row in IssueText.objects.filter(issue__in=ids).values_list(*_ROW_COLUMNS)
    }
    new = {entry[1]: entry for entry in _entries(ids)}
    gone = [entry for pk, entry in old.items() if new.get(pk) != entry]
    come = [entry for pk, entry in new.items() if old.get(pk) != entry]
    tally.take(gone)
    tally.add(come)
    IssueText.objects.filter(pk__in=[entry[0] for entry in gone]).delete()
    bulk.insert(IssueText, _ROW_COLUMNS, sorted(come))


def _add(ids: Sequence[int], tally: _Tally) -> None:
    """Index many issues that have no texts yet: past the triggers, in the order of the index."""
    install.drop_triggers()
    for chunk in batched(ids, bulk.CHUNK):
        entries = sorted(_entries(chunk))
        tally.add(entries)
        bulk.insert(IssueText, _ROW_COLUMNS, entries)
    install.index(ids[0], ids[-1])
    install.create_triggers()


def _entries(ids: Sequence[int]) -> Iterator[IndexRow]:
    """Yield the index entries of those of these issues that are listed."""
    homes: dict[tuple[str, ...], str] = {}
    rows = Issue.objects.listed().filter(id__in=ids).order_by().values_list(*_FACTS)
    for pk, date, title, sorted_as, summary, tier, url, tag_list, *place in rows:
        cluster_slug, cluster, slug, name, author, category = place
        home = (name, author, cluster or "")
        if home not in homes:
            homes[home] = fold("\n".join(home))
        keys = [
            "every=", f"id={pk}", f"tier={tier or 0}", f"year={date.year}", f"in={slug}",
            f"category={category}",
            f"cluster={slug}/{cluster_slug}" if cluster_slug else "cluster=",
            *(f"tag={tag_slug}" for _, tag_slug in tag_list),
        ]  # fmt: skip
        if url:
            keys.append("has=link")
        # A title that was not cut has been folded already and is its own sort key.
        folded = sorted_as if len(sorted_as) < SORT_TITLE_LENGTH else fold(title)
        tags = fold("\n".join(spelling for spelling, _ in tag_list))
        yield stamp(date, pk), pk, folded, tags, fold(summary), homes[home], " ".join(keys)


def _citing() -> Coalesce:
    """Count the other listed issues that cite an issue, as part of a query over issues."""
    citing = (
        Citation.objects.filter(url_key=OuterRef("url_key"), issue__archived_at=None)
        .exclude(issue=OuterRef("pk"))
        .order_by()
        .values("url_key")
        .annotate(n=Count("id"))
        .values("n")
    )
    return Coalesce(Subquery(citing), 0)


def _count_citations(issues: Any) -> None:
    issues.exclude(cited_count=_citing()).update(cited_count=_citing())
