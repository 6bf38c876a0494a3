"""Writes a publication as the text of a Reading Room page."""

from collections import Counter

from catalog.interchange.document import ClusterEntry, Document, IssueEntry, PublicationEntry
from catalog.interchange.formats.page import ARROW, RULE
from catalog.interchange.formats.page_lines import date_text
from catalog.interchange.formats.values import stripped
from catalog.text import quoted


def serialize_page(document: Document) -> tuple[str, list[str]]:
    """Write one publication as a page, with notes on omissions.

    Raise ValueError for any other number of publications, or if a page can hold none of the issues.
    """
    if len(document.publications) != 1:
        raise ValueError(
            f"a page holds one publication, not {len(document.publications)}: choose one"
        )
    publication = document.publications[0]
    clusters, notes = _writable(publication)
    if not clusters:
        raise ValueError(
            f"{quoted(publication.name)} has nothing that a page can hold: no issue of tier 4 or 5 "
            f"with summary and tags, in a cluster with a blurb"
        )
    total = publication.issue_count or sum(1 for _ in publication.placed_issues())
    kept = [issue for _, issues in clusters for issue in issues]
    tier5, tier4 = _tier_counts(kept)
    lines = [
        _first_line(publication),
        publication.category,
        publication.name,
        publication.author,
        f"{_count_words(total, 'issue')} · {_count_words(len(kept), 'keeper')} · "
        f"{tier5} tier-5 · {tier4} tier-4",
    ]
    for cluster, issues in clusters:
        lines += _cluster_lines(cluster, issues)
    return "\n\n".join(lines) + "\n", notes


def _cluster_lines(cluster: ClusterEntry, issues: list[IssueEntry]) -> list[str]:
    tier5, tier4 = _tier_counts(issues)
    lines = [cluster.title, f"{tier5} tier-5 · {tier4} tier-4", cluster.blurb or ""]
    for issue in issues:
        lines += [issue.title, f"TIER {issue.tier} {date_text(issue.date)}"]
        lines += [issue.summary or "", _tag_line(issue)]
    if lines[-2].endswith(RULE):
        # The parser takes one such suffix as part of the layout.
        lines[-2] += RULE
    return lines


def _writable(
    publication: PublicationEntry,
) -> tuple[list[tuple[ClusterEntry, list[IssueEntry]]], list[str]]:
    """Return the clusters and issues that a page can hold, and notes that count the others."""
    left_out: Counter[str] = Counter()
    clusters = []
    for cluster in publication.clusters or ():
        issues = []
        for issue in cluster.issues:
            if reason := _obstacle(cluster, issue):
                left_out[reason] += 1
            else:
                issues.append(issue)
        if issues:
            clusters.append((cluster, issues))
        else:
            left_out["no issue on the page (clusters)"] += 1
    left_out["in no cluster"] += len(publication.issues)
    notes = [f"left out: {count} {reason}" for reason, count in left_out.items() if count]
    return clusters, notes


def _obstacle(cluster: ClusterEntry, issue: IssueEntry) -> str:
    """Return why a page cannot hold an issue of a cluster, or ""."""
    if not issue.tier:
        return "unrated"
    if issue.tier < 4:
        return "of tiers 1 to 3"
    if not issue.summary:
        return "without a summary"
    if not _tag_line(issue):
        return "without tags"
    return "" if cluster.blurb else "in a cluster without a blurb"


def _first_line(publication: PublicationEntry) -> str:
    return stripped(f"{publication.site or ''}{ARROW} {publication.section or ''}")


def _tag_line(issue: IssueEntry) -> str:
    return "".join(issue.tags) if issue.tags else issue.tag_line or ""


def _tier_counts(issues: list[IssueEntry]) -> tuple[int, int]:
    tiers = Counter(issue.tier for issue in issues)
    return tiers[5], tiers[4]


def _count_words(count: int, noun: str) -> str:
    return f"{count} {noun if count == 1 else noun + 's'}"
