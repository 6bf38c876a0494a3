"""Changes of the catalog in words, and the rating history of an issue.

They are read from the log of changes. Readers see neither the names of curators nor those of files.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Q
from django.urls import reverse

from catalog.models import Change, Cluster, Issue, Publication, Tier
from catalog.text import short_date

RATING_FIELDS = ("", "tier", "cluster")
# Limits of an issue's history: changes read, and change sets shown.
MOST_READ = 200
MOST_CHANGE_SETS = 20

# Field name to (before, after); None to None for the making.
type Fields = Mapping[str, tuple[Any, Any]]
type TextRun = tuple[TextPart, ...]


class TextPart(NamedTuple):
    """A run of text, or a link."""

    text: str
    url: str = ""


class ChangeLine(tuple[TextPart, ...]):
    """One thing that changed, in words."""

    def __str__(self) -> str:
        return "".join(part.text for part in self)


def tier_name(tier: int | None) -> str:
    return Tier(tier).label.lower() if tier else "unrated"


def tier_in_full(tier: int | None) -> str:
    """Return a tier's number and word: `tier 4 · notable`, or `unrated`."""
    if not tier:
        return "unrated"
    return f"tier {tier} · {tier_name(tier) if tier >= Tier.NOTABLE else 'the rest'}"


def said_of_issues(
    fields: Fields, clusters: Mapping[str, TextPart], number: int = 1
) -> list[TextRun]:
    """Return the phrases that follow the title of an issue, or `number` issues, one per field.

    `clusters` maps the slugs of clusters to links.
    """
    were = "was" if number == 1 else "were"
    said: list[TextRun] = []
    for name, (before, after) in fields.items():
        if before == after:
            continue
        if name == "tier":
            said.append((TextPart(f"went from {tier_name(before)} to {tier_name(after)}"),))
        elif name == "cluster":
            said.append(_moved_words(clusters.get(before), clusters.get(after), after, number))
        elif name == "title":
            said.append((TextPart(f"{were} called “{before}”"),))
        elif name == "date":
            said.append((TextPart(f"{were} dated {_day_words(before)}"),))
        elif name == "publication":
            said.append((TextPart(f"came from “{before}”"),))
        elif name == "archived_at":
            back = "is back" if number == 1 else "are back"
            said.append((TextPart(f"{were} withdrawn" if after else back),))
    return said


def said_of_clusters(
    fields: Fields, clusters: Mapping[str, TextPart], number: int = 1
) -> list[TextRun]:
    """Return the phrases after the title of a cluster, or `number` clusters, one per field."""
    were, are, have = ("was", "is", "has") if number == 1 else ("were", "are", "have")
    said: list[TextRun] = []
    for name, (before, after) in fields.items():
        if before == after:
            continue
        if name == "archived_at":
            _, new = fields.get("merged_into", (None, None))
            if after and new in clusters:
                said.append((TextPart(f"{were} merged into “"), clusters[new], TextPart("”")))
            else:
                said.append((TextPart(f"{were} withdrawn" if after else f"{are} back"),))
        elif name == "title":
            said.append((TextPart(f"{were} called “{before}”"),))
        elif name == "blurb":
            said.append((TextPart(f"{have} a new introduction"),))
    return said


def joined(phrases: Iterable[TextRun]) -> ChangeLine:
    """Return phrases in one line, with “and” between them."""
    parts: list[TextPart] = []
    for phrase in phrases:
        parts += [TextPart(" and "), *phrase] if parts else phrase
    return ChangeLine(parts)


def _moved_words(
    old: TextPart | None, new: TextPart | None, slug: str | None, number: int
) -> TextRun:
    if slug is None:
        if old is None:
            return (TextPart("left its cluster" if number == 1 else "left their cluster"),)
        return (TextPart("left “"), old, TextPart("”"))
    if new is None:
        return (TextPart("moved to another cluster"),)
    if old is None:
        return (TextPart("moved to “"), new, TextPart("”"))
    return (TextPart("moved from “"), old, TextPart("” to “"), new, TextPart("”"))


def _day_words(text: str) -> str:
    return short_date(datetime.date.fromisoformat(text))


class Named:
    """Titles and URLs of a publication's issues and clusters.

    Withdrawn objects have no page. The URL of a merged cluster is that of the cluster it was merged
    into.
    """

    def __init__(
        self, publication: Publication, issues: Iterable[int], clusters: Iterable[int | str]
    ) -> None:
        self._slug = publication.slug
        self.issues: dict[int, TextPart] = {}
        self.clusters: dict[int, TextPart] = {}
        self.by_slug: dict[str, TextPart] = {}
        if wanted := set(issues):
            listed = Issue.objects.filter(publication=publication, pk__in=wanted)
            for pk, title, slug, gone in listed.values_list("pk", "title", "slug", "archived_at"):
                self.issues[pk] = TextPart(title, "" if gone else self._url("issue_detail", slug))
        if named := set(clusters):
            which = Q(pk__in=[each for each in named if isinstance(each, int)])
            which |= Q(slug__in=[each for each in named if isinstance(each, str)])
            rows = Cluster.objects.filter(which, publication=publication)
            for pk, title, slug, gone, into in rows.values_list(
                "pk", "title", "slug", "archived_at", "merged_into"
            ):
                has_page = gone is None or into is not None
                part = TextPart(title, self._url("cluster_detail", slug) if has_page else "")
                self.clusters[pk] = self.by_slug[slug] = part

    def _url(self, view: str, slug: str) -> str:
        return reverse(f"catalog:{view}", args=[self._slug, slug])


@dataclass(frozen=True, slots=True)
class Rating:
    """A change of an issue's tier or cluster: when, from what to what, and why."""

    at: datetime.datetime
    line: ChangeLine
    reason: str


def ratings(issue: Issue) -> list[Rating]:
    """Return how an issue's tier and cluster have changed since it was made, newest first.

    Takes no query for an issue that was never changed, and two at most.
    """
    if issue.version == 1:
        return []
    log = Change.objects.filter(
        kind=Change.Kind.ISSUE, object_id=issue.pk, field__in=RATING_FIELDS
    ).order_by("-id")
    rows = log.values_list("batch", "batch__at", "batch__reason", "field", "before", "after")
    acts: dict[int, dict[str, tuple[Any, Any]]] = defaultdict(dict)
    told: dict[int, tuple[datetime.datetime, str]] = {}
    for batch, at, reason, name, before, after in reversed(list(rows[:MOST_READ])):
        acts[batch][name] = acts[batch].get(name, (before, None))[0], after
        told[batch] = at, reason
    # Initial values are in the issue's row; they are not changes.
    changed = {batch: net(fields) for batch, fields in acts.items() if "" not in fields}
    slugs = {slug for each in changed.values() for slug in each.get("cluster", ()) if slug}
    clusters = Named(issue.publication, (), slugs).by_slug
    found = [
        Rating(told[batch][0], joined(_rated(fields, clusters)), told[batch][1])
        for batch, fields in reversed(changed.items())
        if fields
    ]
    return found[:MOST_CHANGE_SETS]


def _rated(fields: Fields, clusters: Mapping[str, TextPart]) -> Iterable[TextRun]:
    if "tier" in fields:
        before, after = fields["tier"]
        yield (TextPart(f"from {tier_in_full(before)} to {tier_in_full(after)}"),)
    if "cluster" in fields:
        yield from said_of_issues({"cluster": fields["cluster"]}, clusters)


def net(fields: Fields) -> dict[str, tuple[Any, Any]]:
    """Leave out changes that were undone later."""
    return {name: pair for name, pair in fields.items() if not name or pair[0] != pair[1]}
