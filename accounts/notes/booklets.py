"""Notes as Markdown, and the booklet of a cluster."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Count, Q

from accounts.models import Note, Reading, State, User
from catalog.models import KEEPER_TIERS, Cluster, Issue
from catalog.text import long_date, web_url


@dataclass(frozen=True, slots=True)
class Chapter:
    """An issue of a booklet with the reader's notes on it, the oldest first."""

    issue: Issue
    notes: list[Note]


@dataclass(frozen=True, slots=True)
class Booklet:
    """A reader's notes on a cluster, in the curator's order; issues without notes are left out."""

    cluster: Cluster
    chapters: list[Chapter]
    read: int
    keepers: int


def finished_clusters(user: User, issue_ids: Iterable[int]) -> list[Cluster]:
    """Return the clusters of these issues whose keepers the reader has all read, in one query."""
    own = Cluster.objects.filter(issues__in=list(issue_ids), issues__tier__in=KEEPER_TIERS)
    shown = Q(issues__archived_at=None, issues__tier__in=KEEPER_TIERS)
    mine = Q(issues__readings__user=user, issues__readings__state=State.READ)
    counted = Cluster.objects.filter(pk__in=own.values("pk")).annotate(
        keepers=Count("issues", filter=shown, distinct=True),
        read=Count("issues", filter=shown & mine, distinct=True),
    )
    full = counted.select_related("publication").defer("loaded", "publication__loaded")
    return [cluster for cluster in full if cluster.read == cluster.keepers]


def booklet(user: User, cluster: Cluster) -> Booklet:
    """Gather a reader's notes on a cluster, in two queries."""
    issues = Issue.objects.listed().filter(cluster=cluster).in_cluster_order().defer("loaded")
    by_issue: dict[int, list[Note]] = {}
    notes = Note.objects.of(user).filter(issue__cluster=cluster)
    for note in notes.order_by("created_at", "id"):
        by_issue.setdefault(note.issue_id, []).append(note)
    chapters, keepers = [], []
    for issue in issues:
        issue.cluster, issue.publication = cluster, cluster.publication
        if issue.tier in KEEPER_TIERS:
            keepers.append(issue.pk)
        if found := by_issue.get(issue.pk):
            chapters.append(Chapter(issue, found))
    finished = Reading.objects.of(user).finished().filter(issue__in=keepers)
    read = finished.order_by().values("issue").distinct().count()
    return Booklet(cluster, chapters, read, len(keepers))


def booklet_markdown(booklet: Booklet) -> str:
    cluster = booklet.cluster
    parts = [f"# {cluster.title}", f"{cluster.publication.name}, {cluster.publication.author}"]
    if cluster.blurb:
        parts.append(cluster.blurb)
    for chapter in booklet.chapters:
        parts += _issue_parts(chapter.issue, chapter.notes)
    return "\n\n".join(parts) + "\n"


def notes_markdown(notes: Iterable[Note]) -> str:
    """Return notes that came with their issues, the issues in the order of the notes."""
    parts = ["# Notes"]
    for issue, own in groupby(notes, key=lambda note: note.issue):
        parts += _issue_parts(issue, own)
    return "\n\n".join(parts) + "\n"


def _issue_parts(issue: Issue, notes: Iterable[Note]) -> Iterable[str]:
    yield f"## {issue.title}"
    home = f"{issue.publication.name}, {long_date(issue.date)}"
    yield f"{home}, <{issue.url}>" if web_url(issue.url) else home
    for note in notes:
        yield f"*{note.get_kind_display()}, {long_date(note.created_on)}*"
        if note.quote:
            yield "\n".join(f"> {line}".rstrip() for line in note.quote.split("\n"))
        if note.body:
            yield note.body
