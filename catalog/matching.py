"""Which stored issue an issue of a file is: pure comparison, no queries."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from msgspec import UNSET

from catalog import document
from catalog.document import title_key
from catalog.models import Cluster, Issue


class Placed(NamedTuple):
    """An issue of a file with its place.

    `cluster` is None where it stands in none, and where the file says nothing of clusters;
    `url_key` is None where the file gives no URL.
    """

    issue: document.Issue
    cluster: Cluster | None
    position: int
    url_key: str | None


def match_clusters(
    given: Sequence[document.Cluster], stored: Sequence[Cluster]
) -> dict[int, Cluster]:
    """Map the index of each of a file's clusters to its stored partner, by slug, else by title.

    What is a cluster still comes before what was one.
    """
    partners: dict[int, Cluster] = {}
    left = sorted(stored, key=lambda cluster: cluster.archived_at is not None)
    for same in (_same_slug, _same_title):
        for index, cluster in enumerate(given):
            found = next((row for row in left if same(cluster, row)), None)
            if index not in partners and found:
                partners[index] = found
                left.remove(found)
    return partners


def _same_slug(given: document.Cluster, stored: Cluster) -> bool:
    return given.slug == stored.slug


def _same_title(given: document.Cluster, stored: Cluster) -> bool:
    return title_key(given.title) == title_key(stored.title)


def match_issues(placed: Sequence[Placed], stored: Sequence[Issue]) -> dict[int, Issue]:
    """Map the index of each placed issue that has a partner to that partner.

    Partners are found by slug, then by URL, then by title and date; a stored issue is matched
    once. Title and date count only where one side has no URL or neither side knows the other's.
    """
    partners: dict[int, Issue] = {}
    used: set[int] = set()

    def pair(index: int, issue: Issue) -> None:
        partners[index] = issue
        used.add(issue.pk)

    by_slug = {issue.slug: issue for issue in stored}
    for index, place in enumerate(placed):
        slug = place.issue.slug
        if slug is not UNSET and (found := by_slug.get(slug)):
            pair(index, found)

    by_url = {issue.url_key: issue for issue in stored if issue.url_key}
    for index, place in enumerate(placed):
        found = by_url.get(place.url_key) if place.url_key else None
        if found and index not in partners and found.pk not in used:
            pair(index, found)

    file_urls = {place.url_key for place in placed}

    def may_be_one(place: Placed, issue: Issue) -> bool:
        if place.url_key is None or issue.url_key is None:
            return True
        return place.url_key not in by_url and issue.url_key not in file_urls

    by_title: dict[tuple[str, object], list[Issue]] = defaultdict(list)
    for issue in sorted(stored, key=lambda issue: (issue.position, issue.date, issue.pk)):
        if issue.pk not in used:
            by_title[title_key(issue.title), issue.date].append(issue)
    left = [index for index in range(len(placed)) if index not in partners] if by_title else []
    for same_cluster in (True, False):
        for index in left:
            place = placed[index]
            for issue in by_title.get((title_key(place.issue.title), place.issue.date), ()):
                if index in partners or issue.pk in used or not may_be_one(place, issue):
                    continue
                if not same_cluster or (
                    place.cluster and place.cluster.slug == _file_cluster(issue)
                ):
                    pair(index, issue)
    return partners


def _file_cluster(issue: Issue) -> str | None:
    """Return the slug of the cluster that the last file put an issue in, None for none."""
    return issue.loaded.get("cluster")
