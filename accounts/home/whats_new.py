"""Changes by loads and curators in the publications that a reader has begun.

They are read from the log, starting after the change set that the reader has marked as seen. Each
field is described once, from its first value to its last; changes that cancel out are left out.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, Max

from accounts.models import Reading, User
from catalog.changes.wording import TextPart, joined, said_of_clusters, said_of_issues, tier_name
from catalog.models import Change, ChangeBatch, Cluster, Issue, Publication

MOST_NEWS_SHOWN = 20
# No more of the log is read than this: after a great load the rest are only counted as more.
MOST_NEWS_READ = 1000
NEWS_FIELDS = {
    Change.Kind.ISSUE: ("", "tier", "cluster", "title", "archived_at"),
    Change.Kind.CLUSTER: ("", "title", "blurb"),
}


@dataclass(frozen=True, slots=True)
class NewsLine:
    """One change of an issue or a cluster, in words that follow its title."""

    thing: Issue | Cluster
    words: str

    @property
    def url(self) -> str:
        """The URL of its page; "" if it has been withdrawn."""
        is_merged = isinstance(self.thing, Cluster) and self.thing.merged_into_id
        return "" if self.thing.archived_at and not is_merged else self.thing.get_absolute_url()


@dataclass(slots=True)
class News:
    """The changes by publication, at most twenty lines; `more` is the number of omitted ones.

    `batch` is the newest change set that the reader can mark as seen, `since` the date of the
    oldest.
    """

    batch: int = 0
    since: Any = None
    groups: list[tuple[Publication, list[NewsLine]]] = field(default_factory=list)
    more: int = 0
    is_partial: bool = False


def _changes_by_object(rows: list[Any]) -> dict[tuple[str, int], dict[str, tuple[Any, Any]]]:
    """Return by object the fields that rows of the log changed in all, as (before, after)."""
    net: dict[tuple[str, int], dict[str, tuple[Any, Any]]] = defaultdict(dict)
    for _, _, kind, pk, name, before, after in rows:
        if name in NEWS_FIELDS[Change.Kind(kind)]:
            first = net[kind, pk].get(name, (before, None))[0]
            net[kind, pk][name] = first, after
    return {
        key: fields
        for key, fields in net.items()
        if "" in fields or any(before != after for before, after in fields.values())
    }


def news(user: User, since: int | None = None) -> News:
    """Return the changes, in a bounded number of queries.

    `since` is the change set to start after, by default the one that the reader has marked as seen.
    """
    since = user.caught_up_batch if since is None else since
    begun = Reading.objects.of(user).order_by().values("issue__publication")
    log = (
        Change.objects.filter(
            publication__in=begun, batch_id__gt=since, batch__at__gt=user.date_joined
        )
        .filter(kind__in=list(NEWS_FIELDS))
        .order_by("id")
        .values_list("batch", "batch__at", "kind", "object_id", "field", "before", "after")
    )
    rows = list(log[: MOST_NEWS_READ + 1])
    if not rows:
        return News()
    told = _changes_by_object(rows[:MOST_NEWS_READ])
    found = News(rows[:MOST_NEWS_READ][-1][0], rows[0][1])
    found.is_partial = len(rows) > MOST_NEWS_READ
    if found.is_partial:
        found.batch = log.aggregate(last=Max("batch"))["last"]
    found.groups = _news_groups(dict(list(told.items())[:MOST_NEWS_SHOWN]))
    found.more = len(told) - sum(len(lines) for _, lines in found.groups)
    return found


def put_aside(user: User, batch: int) -> int:
    """Mark all changes up to a change set as seen; return the last seen one.

    It never moves backwards.
    """
    with transaction.atomic():
        reader = User.objects.select_for_update().get(pk=user.pk)
        newest = ChangeBatch.objects.aggregate(last=Max("id"))["last"] or 0
        seen = min(batch, newest)
        if seen > reader.caught_up_batch:
            User.objects.filter(pk=reader.pk).update(caught_up_batch=seen, version=F("version") + 1)
        return max(seen, reader.caught_up_batch)


def _news_groups(
    told: dict[tuple[str, int], dict[str, tuple[Any, Any]]],
) -> list[tuple[Publication, list[NewsLine]]]:
    ids = defaultdict(list)
    for kind, pk in told:
        ids[kind].append(pk)
    issues = (
        Issue.objects.filter(pk__in=ids[Change.Kind.ISSUE])
        .select_related("publication", "cluster")
        .defer("loaded", "publication__loaded", "cluster__loaded")
    )
    clusters = (
        Cluster.objects.filter(pk__in=ids[Change.Kind.CLUSTER])
        .select_related("publication")
        .defer("loaded", "publication__loaded")
    )
    things: dict[tuple[str, int], Issue | Cluster] = {}
    things |= {(Change.Kind.ISSUE, issue.pk): issue for issue in issues}
    things |= {(Change.Kind.CLUSTER, cluster.pk): cluster for cluster in clusters}
    groups: dict[Publication, list[NewsLine]] = defaultdict(list)
    for key, fields in told.items():
        if thing := things.get(key):
            groups[thing.publication].append(NewsLine(thing, _news_words(thing, fields)))
    return list(groups.items())


def _news_words(thing: Issue | Cluster, fields: dict[str, tuple[Any, Any]]) -> str:
    if isinstance(thing, Cluster):
        if "" in fields:
            return "is a new cluster"
        # A single phrase after the title is enough here.
        told = {name: fields[name] for name in NEWS_FIELDS[Change.Kind.CLUSTER] if name in fields}
        return str(joined(said_of_clusters(told, {})[:1]))
    if "" in fields:
        tier = f", {tier_name(thing.tier)}" if thing.tier else ""
        return f"is new{tier}"
    home = {thing.cluster.slug: TextPart(thing.cluster.title)} if thing.cluster else {}
    return str(joined(said_of_issues(fields, home)))
