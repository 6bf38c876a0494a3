"""Matches the publications, clusters and issues of a file to stored rows, without queries.

A file is compared with the values of the previous file (`loaded`) before it is compared with the
rows as curators have edited them. An issue that a curator has retitled is therefore found by the
title that its source still uses, and also if the source adopts the new title.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from msgspec import UNSET

from catalog.interchange import document
from catalog.models import Cluster, Issue, Publication
from catalog.text import title_key, url_key

# The slugs of a row, the most important first: its own if files use it, the slug of the last file,
# its own if a curator created the row.
_SLUGS: tuple[Callable[[Any], str | None], ...] = (
    lambda row: row.slug if row.loaded else None,
    lambda row: row.loaded.get("slug"),
    lambda row: row.slug,
)
# A dump of this installation identifies each row by its own slug.
_OWN_SLUGS = (_SLUGS[-1], *_SLUGS)


class Placed(NamedTuple):
    """An issue of a file with its position.

    `cluster` is None if it is in none or if the file has no clusters; `url_key` is None if the file
    has no URL.
    """

    issue: document.IssueEntry
    cluster: Cluster | None
    position: int
    url_key: str | None


def match_publications(
    given: Sequence[document.PublicationEntry],
    stored: Sequence[Publication],
    *,
    is_own: bool = False,
) -> dict[int, Publication]:
    """Map the index of each publication of a file to its stored row, by slug, then by name.

    `is_own` means that the file is a dump of this installation.
    """
    partners: dict[int, Publication] = {}
    left = sorted(stored, key=lambda row: row.pk)
    _pair_by_slug(partners, given, left, is_own)
    _pair_by_key(partners, given, left, _given_name, lambda row: _folded(row.loaded.get("name")))
    _pair_by_key(partners, given, left, _given_name, lambda row: title_key(row.name))
    return partners


def match_clusters(
    given: Sequence[document.ClusterEntry], stored: Sequence[Cluster], *, is_own: bool = False
) -> dict[int, Cluster]:
    """Map the index of each cluster of a file to its stored row, by slug, then by title.

    A merged cluster resolves to the cluster that it was merged into. Other archived clusters are
    considered last.
    """
    partners: dict[int, Cluster] = {}
    left = sorted(stored, key=lambda row: row.archived_at is not None)
    _pair_by_slug(partners, given, left, is_own)
    current = [row for row in left if row.archived_at is None or row.merged_into_id]
    archived = [row for row in left if row not in current]
    for rows in (current, archived):
        _pair_by_key(
            partners, given, rows, _given_title, lambda row: _folded(row.loaded.get("title"))
        )
        _pair_by_key(partners, given, rows, _given_title, lambda row: title_key(row.title))
    return partners


def _given_name(given: document.PublicationEntry) -> str:
    return title_key(given.name)


def _given_title(given: document.ClusterEntry) -> str:
    return title_key(given.title)


def _folded(said: Any) -> str | None:
    return title_key(said) if isinstance(said, str) else None


def _pair_by_slug[G: (document.PublicationEntry, document.ClusterEntry), R: (Publication, Cluster)](
    partners: dict[int, R], given: Sequence[G], left: list[R], is_own: bool
) -> None:
    def slug(struct: G) -> str | None:
        return struct.slug or None

    for known in _OWN_SLUGS if is_own else _SLUGS:
        _pair_by_key(partners, given, left, slug, known)


def _pair_by_key[G, R](
    partners: dict[int, R],
    given: Sequence[G],
    left: list[R],
    sought: Callable[[G], str | None],
    known: Callable[[R], str | None],
) -> None:
    """Pair each unmatched entry with the first row that has the same key, and remove that row."""
    rows: dict[str, R] = {}
    for row in reversed(left):
        if key := known(row):
            rows[key] = row
    for index, struct in enumerate(given):
        key = sought(struct)
        if key and key in rows and index not in partners:
            partners[index] = rows.pop(key)
            left.remove(partners[index])


# Title and date of an issue, from the file, its row, or the previous file.
type _Name = tuple[str, str]


def match_issues(
    placed: Sequence[Placed], stored: Sequence[Issue], *, is_own: bool = False
) -> dict[int, Issue]:
    """Map the index of each placed issue to its stored row, if there is one.

    Rows are found by slug, then by URL, then by title and date; a row is matched once. Title and
    date are used only if one side has no URL, or neither side's URL is known to the other.
    """
    return _IssueMatch(placed, stored, is_own).partners


class _IssueMatch:
    """The matches within one publication, built step by step."""

    def __init__(self, placed: Sequence[Placed], stored: Sequence[Issue], is_own: bool) -> None:
        self.placed = placed
        self.partners: dict[int, Issue] = {}
        self.used: set[int] = set()
        # In the order of the last file, as far as it is known.
        self.stored = sorted(stored, key=_last_place)
        self.loaded_urls = {issue.pk: _loaded_url_key(issue) for issue in stored}
        self.row_urls = {issue.url_key for issue in stored} | set(self.loaded_urls.values())
        self.file_urls = {place.url_key for place in placed if place.url_key}
        slugs = _OWN_SLUGS if is_own else _SLUGS
        self.by_key(lambda place: place.issue.slug or None, *slugs)
        self.by_key(
            lambda place: place.url_key,
            lambda issue: self.loaded_urls[issue.pk],
            lambda issue: issue.url_key,
        )
        self.by_name()

    def pair(self, index: int, issue: Issue) -> None:
        self.partners[index] = issue
        self.used.add(issue.pk)

    def by_key(
        self,
        sought: Callable[[Placed], str | None],
        *known: Callable[[Issue], str | None],
    ) -> None:
        """Pair by one of several keys of the stored issues, the first of which counts most."""
        for key_of in known:
            rows = {key_of(issue): issue for issue in self.stored if issue.pk not in self.used}
            for index, place in enumerate(self.placed):
                key = sought(place)
                found = rows.get(key) if key else None
                if found and index not in self.partners and found.pk not in self.used:
                    self.pair(index, found)

    def by_name(self) -> None:
        for names_of in (_loaded_name, _own_name, _mixed_names):
            by_name: dict[_Name, list[Issue]] = defaultdict(list)
            for issue in self.stored:
                if issue.pk not in self.used:
                    for name in names_of(issue):
                        by_name[name].append(issue)
            self.pair_alike(by_name)

    def pair_alike(self, by_name: Mapping[_Name, list[Issue]]) -> None:
        """Pair the issues of one name, those that have most in common first."""
        left = [
            (index, place, found)
            for index, place in enumerate(self.placed)
            if index not in self.partners and (found := by_name.get(_file_name(place.issue)))
        ]
        for is_alike in (_is_same_card, _is_in_cluster, _is_any):
            for index, place, found in left:
                if index not in self.partners:
                    self.pair_first(index, place, filter(partial(is_alike, place), found))

    def pair_first(self, index: int, place: Placed, issues: Iterable[Issue]) -> None:
        """Pair a place with the first of the issues that is free and may be the same."""
        for issue in issues:
            if issue.pk not in self.used and self.may_be_one(place, issue):
                self.pair(index, issue)
                return

    def may_be_one(self, place: Placed, issue: Issue) -> bool:
        """Return False if the two have URLs and one side knows the URL of the other."""
        own = {issue.url_key, self.loaded_urls[issue.pk]} - {None}
        if place.url_key is None or not own:
            return True
        return place.url_key not in self.row_urls and not own & self.file_urls


def _last_place(issue: Issue) -> tuple[Any, ...]:
    loaded = issue.loaded
    return (
        loaded.get("position", issue.position),
        loaded.get("date", issue.date.isoformat()),
        issue.pk,
    )


def _loaded_url_key(issue: Issue) -> str | None:
    url = issue.loaded.get("url")
    if url == issue.url:
        return issue.url_key
    return url_key(url) if url else None


def _file_name(given: document.IssueEntry) -> _Name:
    return title_key(given.title), given.date.isoformat()


def _loaded_name(issue: Issue) -> list[_Name]:
    loaded = issue.loaded
    if "title" not in loaded or "date" not in loaded:
        return []
    return [(title_key(loaded["title"]), loaded["date"])]


def _own_name(issue: Issue) -> list[_Name]:
    return [(title_key(issue.title), issue.date.isoformat())]


def _mixed_names(issue: Issue) -> list[_Name]:
    """Return the names of an issue of which the source has adopted one of two corrections."""
    names = []
    for title, date in _loaded_name(issue):
        own_title, own_date = _own_name(issue)[0]
        names = [(own_title, date), (title, own_date)]
    return names


def _is_in_cluster(place: Placed, issue: Issue) -> bool:
    """Return whether an issue is in the cluster in which the previous file had it."""
    home = issue.cluster.slug if issue.cluster else None
    return (place.cluster.slug if place.cluster else None) == issue.loaded.get("cluster", home)


def _is_same_card(place: Placed, issue: Issue) -> bool:
    """Tell apart two cards of one title and date in one cluster by their summaries."""
    given, said = place.issue.summary, issue.loaded.get("summary", issue.summary)
    is_same = given is UNSET or title_key(given or "") == title_key(said or "")
    return is_same and _is_in_cluster(place, issue)


def _is_any(place: Placed, issue: Issue) -> bool:
    return True
