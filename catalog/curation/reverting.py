"""Reverting a change set, or its changes of one object.

Fields that have changed again in the meantime are left alone and reported, as are fields whose old
value would now break a rule. Objects that the change set created are archived.
"""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NamedTuple

from django.core.exceptions import MultipleObjectsReturned, ObjectDoesNotExist
from django.db.models import Q
from django.utils import timezone

from catalog.curation.changeset import Curated, Curation
from catalog.curation.log_values import MODELS, current, restored
from catalog.curation.tags import retag
from catalog.models import Category, Change, ChangeBatch, Cluster, Issue, Publication, Tag
from catalog.text import url_key

# Tags and clusters are reverted first, because the issues' values refer to them.
_ORDER = (
    Change.Kind.TAG, Change.Kind.CATEGORY, Change.Kind.PUBLICATION, Change.Kind.CLUSTER,
    Change.Kind.ISSUE,
)  # fmt: skip
# Fields that only make sense together: either all of them are reverted, or none.
_TOGETHER = frozenset({"archived_at", "merged_into", "retired_at", "stands_for"})

# Limit of steps shown of one change set, and of steps listed that were not reverted.
MOST_STEPS_SHOWN = 200
# Limit of changes reverted at once; each takes about a millisecond, in which others cannot write.
MOST_REVERTED = 3_000

type _Key = tuple[str, int]
type _Net = dict[tuple[str, int, str], tuple[Any, Any, Any]]


class Step(NamedTuple):
    """The net change of one field of one object in a change set, with logged values.

    An empty `field` is the creation of the object. `now` is the current value, or the archiving
    time of a created object. `is_possible` is true if the field still has the value that the change
    set gave it.
    """

    row: Curated
    publication: int | None
    field: str
    before: Any
    after: Any
    now: Any
    is_possible: bool

    @property
    def key(self) -> _Key:
        return self.row._meta.model_name or "", self.row.pk


class Reverted(NamedTuple):
    """The reverted steps, those left alone, and the id of the new change set."""

    done: list[Step]
    left: list[Step]
    batch: int | None


def _state(row: Curated, field: str, after: Any) -> tuple[Any, bool]:
    """Return a field's current value, and whether it is still the one of the change set.

    Without a field, the creation of the object: the time at which it was archived.
    """
    if field:
        now = current(row, field)
        return now, now == after
    if not isinstance(row, Issue | Cluster):
        return None, False
    now = current(row, "archived_at")
    return now, now is None


def steps(
    batch: ChangeBatch,
    of: _Key | None = None,
    *,
    most: int | None = None,
    is_locked: bool = False,
) -> list[Step]:
    """Return the steps of reverting a change set, or its part for one object, (kind, id).

    `most` limits them to the objects of the first `most` changes. `is_locked` locks the rows until
    the end of the transaction.
    """
    net = _net(batch, of, most)
    rows = _logged_rows(net, is_locked)
    found = []
    for (kind, pk, field), (place, before, after) in net.items():
        row = rows.get((kind, pk))
        if row is None or (field and before == after):
            continue
        now, is_possible = _state(row, field, after)
        found.append(Step(row, place, field, before, after, now, is_possible))
    stuck = {step.key for step in found if step.field in _TOGETHER and not step.is_possible}
    found = [
        step._replace(is_possible=False) if step.field in _TOGETHER and step.key in stuck else step
        for step in found
    ]
    phases = _phases(found)
    return sorted(found, key=lambda step: phases[step.key])


def revert(
    batch: ChangeBatch,
    *,
    user: Any,
    source: str,
    reason: str = "",
    of: _Key | None = None,
) -> Reverted:
    """Revert a change set, or its part for one object, (kind, id), as a change set of its own."""
    with Curation(
        ChangeBatch.Kind.REVERT, source=source, user=user, reason=reason, reverts=batch
    ) as curation:
        work = _Revert(curation)
        work.run(steps(batch, of, is_locked=True))
    return Reverted(work.done, work.left, curation.batch.pk)


class _Revert:
    """One taking back, object by object."""

    def __init__(self, curation: Curation) -> None:
        self.curation = curation
        self.done: list[Step] = []
        self.left: list[Step] = []
        self._clusters: dict[tuple[int, str], Cluster] = {}
        self._blocked: set[int] = set()
        self._going: set[int] = set()

    def run(self, found: list[Step]) -> None:
        groups: dict[_Key, list[Step]] = defaultdict(list)
        for step in found:
            groups[step.key].append(step)
            if isinstance(step.row, Cluster) and not step.field and step.is_possible:
                self._going.add(step.row.pk)
        self._free_addresses(found)
        for group in groups.values():
            self._take_back(group)
        self._respell()

    def _take_back(self, group: list[Step]) -> None:
        row: Any = group[0].row
        values = self._values(group)
        if isinstance(row, Issue) and values.get("archived_at") and row.cluster_id in self._going:
            # An archived cluster has no issues, not even archived ones.
            values.setdefault("cluster", None)
        for name in self._refused(row, values):
            values.pop(name, None)
        if isinstance(row, Cluster) and values.get("archived_at"):
            for issue in row.issues.select_related("cluster"):
                self.curation.change(issue, {"cluster": None})
        is_changed = bool(values) and self.curation.change(row, values)
        for step in group:
            is_done = is_changed and step.is_possible and _column(step) in values
            (self.done if is_done else self.left).append(step)

    def _values(self, group: list[Step]) -> dict[str, Any]:
        """Return the values that an object gets back, without those that cannot be restored."""
        values: dict[str, Any] = {}
        # Clusters are looked up within the issue's publication.
        for step in sorted(group, key=lambda step: step.field != "publication"):
            if step.is_possible and not (step.field == "url" and step.row.pk in self._blocked):
                with suppress(ObjectDoesNotExist, MultipleObjectsReturned):
                    values[_column(step)] = self._value(step, values)
        return values

    def _value(self, step: Step, values: dict[str, Any]) -> Any:
        """Return the value that a step restores; raise if the object that it refers to is gone."""
        if not step.field:
            return timezone.now()
        if step.field == "publication":
            return Publication.objects.get(name=step.before)
        if step.field in {"cluster", "merged_into"} and step.before is not None:
            home = values.get("publication")
            return self._cluster(home.pk if home else step.row.publication_id, step.before)  # type: ignore[union-attr]
        value = restored(step.publication, step.field, step.before)
        if step.field == "stands_for" and (
            len(value) < len(step.before) or any(tag.retired_at for tag in value)
        ):
            raise Tag.DoesNotExist
        return value

    def _cluster(self, publication: int, slug: str) -> Cluster:
        """Return the cluster of a slug, or the one that it has been merged into since."""
        if (publication, slug) not in self._clusters:
            found = Cluster.objects.get(publication=publication, slug=slug)
            while found.merged_into:
                found = found.merged_into
            if found.archived_at:
                raise Cluster.DoesNotExist
            self._clusters[publication, slug] = found
        return self._clusters[publication, slug]

    def _refused(self, row: Any, values: dict[str, Any]) -> Iterable[str]:
        """Return the fields that would break a rule of the catalog by now."""
        if isinstance(row, Category) and "name" in values:
            others = Category.objects.exclude(pk=row.pk)
            return ["name"] if others.filter(name=values["name"]).exists() else []
        if isinstance(row, Cluster) and self._breaks_cluster(row, values):
            return ["archived_at", "merged_into"]
        if isinstance(row, Issue) and ("publication" in values or "cluster" in values):
            home = values.get("publication", row.publication)
            cluster = values.get("cluster", row.cluster)
            is_elsewhere = cluster and cluster.publication_id != home.pk
            url = values.get("url", row.url)
            if is_elsewhere or (home != row.publication and self._is_taken(row, home, url)):
                return ["publication", "cluster"]
        return []

    def _breaks_cluster(self, cluster: Cluster, values: dict[str, Any]) -> bool:
        """Return whether a merged cluster would be listed, or an archived one have issues."""
        archived_at = values.get("archived_at", cluster.archived_at)
        into = values.get("merged_into", cluster.merged_into)
        if into and (not archived_at or into == cluster):
            return True
        is_archived_now = bool(archived_at and not cluster.archived_at)
        return is_archived_now and cluster.issues.listed().exists()

    def _is_taken(self, issue: Issue, home: Publication, url: str) -> bool:
        """Return whether the publication has an issue that a load would confuse with this one."""
        same = Q(slug=issue.slug)
        if url:
            same |= Q(url_key=url_key(url))
        return home.issues.exclude(pk=issue.pk).filter(same).exists()

    def _free_addresses(self, found: list[Step]) -> None:
        """Release the URLs that are about to be restored: two issues may have swapped theirs.

        An issue whose former URL now belongs to another issue does not get it back.
        """
        moves = {
            step.row.pk: (step.row.publication_id, url_key(step.before))
            for step in found
            if isinstance(step.row, Issue)
            and step.field == "url" and step.is_possible and step.before
        }  # fmt: skip
        while moves:
            keys = {key for _, key in moves.values()}
            others = Issue.objects.filter(url_key__in=keys).exclude(pk__in=moves)
            held = set(others.values_list("publication", "url_key"))
            blocked = {pk for pk, address in moves.items() if address in held}
            if not blocked:
                break
            self._blocked |= blocked
            moves = {pk: address for pk, address in moves.items() if pk not in blocked}
        Issue.objects.filter(pk__in=moves).update(url="", url_key=None)

    def _respell(self) -> None:
        """Let the issues obey the names that tags have got back, those that came since as well."""
        tags = {step.row.pk for step in self.done if isinstance(step.row, Tag)}
        if tags:
            named = Tag.objects.filter(Q(retired_at__isnull=False) | Q(is_named=True), pk__in=tags)
            used = Issue.objects.filter(issue_tags__tag__in=named).distinct()
            retag(list(used.select_related("cluster").order_by("id")), self.curation)


def _column(step: Step) -> str:
    """Return the field that taking a step back writes."""
    return step.field or "archived_at"


def _net(batch: ChangeBatch, of: _Key | None, most: int | None) -> _Net:
    log = batch.changes.order_by("id")
    if of:
        log = log.filter(kind=of[0], object_id=of[1])
    if most is not None:
        objects: dict[str, set[int]] = defaultdict(set)
        for kind, pk in log.values_list("kind", "object_id")[:most]:
            objects[kind].add(pk)
        these = Q(pk__in=[])
        for kind, pks in objects.items():
            these |= Q(kind=kind, object_id__in=pks)
        log = log.filter(these)
    net: _Net = {}
    for kind, pk, field, home, before, after in log.values_list(
        "kind", "object_id", "field", "publication", "before", "after"
    ):
        first = net.get((kind, pk, field))
        net[kind, pk, field] = (home, first[1] if first else before, after)
    return net


def _logged_rows(keys: Iterable[tuple[str, int, str]], is_locked: bool) -> dict[_Key, Any]:
    ids: dict[str, set[int]] = defaultdict(set)
    for kind, pk, _ in keys:
        ids[kind].add(pk)
    related = {
        Change.Kind.ISSUE: ("cluster", "publication"),
        Change.Kind.CLUSTER: ("merged_into",),
        Change.Kind.PUBLICATION: ("category",),
    }
    rows: dict[_Key, Any] = {}
    for kind, pks in ids.items():
        queryset = MODELS[Change.Kind(kind)]._default_manager.all()
        if names := related.get(Change.Kind(kind)):
            queryset = queryset.select_related(*names)
        if is_locked:
            queryset = queryset.select_for_update(of=("self",))
        rows |= {(kind, pk): row for pk, row in queryset.in_bulk(list(pks)).items()}
    return rows


def _phases(found: Iterable[Step]) -> dict[_Key, tuple[int, int]]:
    """Return the steps in the order in which objects must be reverted.

    Restored clusters come before merges into them and before the issues that move there; clusters
    to be archived come after their issues have left. Restored tags come before the names that
    resolve to them; tags to be retired come last.
    """
    phases = {}
    early: set[_Key] = set()
    late: dict[_Key, tuple[int, int]] = {}
    for step in found:
        kind = _ORDER.index(Change.Kind(step.key[0]))
        phases[step.key] = kind, 1
        is_cluster = isinstance(step.row, Cluster) and step.field in ("", "archived_at")
        if is_cluster or step.field == "retired_at":
            if step.field and step.before is None:
                early.add(step.key)
            else:
                late[step.key] = (len(_ORDER), 0) if is_cluster else (kind, 2)
    return phases | {key: (phases[key][0], 0) for key in early} | late
