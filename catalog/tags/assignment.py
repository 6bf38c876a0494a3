"""The tags of issues: found by key, created if missing, named by their most frequent spelling."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, Self

from django.db.models import Count, Min, OuterRef, Prefetch, Q, Subquery

from catalog.db import bulk
from catalog.models import IssueTag, Tag
from catalog.slugs import SlugMaker
from catalog.text import tag_key, unique_tags

# Below the limit of variables in one statement on both databases.
_KEYS_A_QUERY = 10_000
# The uses of so many tags are looked up by tag; of more, all uses are read.
_FEW = 500

ISSUE_TAG_COLUMNS = ("issue_id", "tag_id", "position", "spelling", "date", "added_at")


class AssignedTag(NamedTuple):
    id: int
    slug: str


class Use(NamedTuple):
    """Since when an issue has had a tag, and whether the tag has since been retired."""

    added_at: datetime
    is_retired: bool


class ChosenNames:
    """The names that curators chose for tags; they replace other spellings."""

    def __init__(self, chosen: Mapping[str, Sequence[str]]) -> None:
        """Take the replacements by key: one name, several, or none."""
        self._chosen = chosen

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """Return the chosen names for these spellings, in one query, or two if there are any."""
        keys = {key for name in names if (key := tag_key(name))}
        rows = Tag.objects.filter(Q(is_named=True) | Q(retired_at__isnull=False))
        if len(keys) <= _KEYS_A_QUERY:
            rows = rows.filter(key__in=keys)
        found = rows.order_by().prefetch_related(Prefetch("stands_for", Tag.objects.order_by("id")))
        return cls(
            {
                tag.key: [each.name for each in tag.stands_for.all()]
                if tag.retired_at
                else [tag.name]
                for tag in found
                if tag.key in keys
            }
        )

    def instead_of(self, names: Iterable[str]) -> list[str]:
        """Return the replaced spellings, each tag once, in order."""
        all_names = (each for name in names for each in self._chosen.get(tag_key(name), (name,)))
        return list(unique_tags(all_names).values())


def _chunks[T](values: Sequence[T]) -> Iterable[Sequence[T]]:
    return (values[i : i + _KEYS_A_QUERY] for i in range(0, len(values), _KEYS_A_QUERY))


def ensure_tags(names: Iterable[str]) -> dict[str, AssignedTag]:
    """Return the tags of these spellings by their key; those that are missing are made."""
    spellings = unique_tags(names)
    found: dict[str, AssignedTag] = {}
    for keys in _chunks(list(spellings)):
        for pk, slug, key in Tag.objects.filter(key__in=keys).values_list("id", "slug", "key"):
            found[key] = AssignedTag(pk, slug)
    missing = [key for key in spellings if key not in found]
    if missing:
        slugs = SlugMaker(set(Tag.objects.values_list("slug", flat=True)))
        for key, pk in zip(missing, bulk.reserve_ids(Tag, len(missing)), strict=True):
            found[key] = AssignedTag(pk, slugs.make(spellings[key], "tag"))
        bulk.insert(
            Tag,
            ("id", "key", "name", "slug"),
            [(found[key].id, key, spellings[key], found[key].slug) for key in missing],
        )
    return found


def shown_tags(spellings: Sequence[str], tags: Mapping[str, AssignedTag]) -> list[list[str]]:
    """Return the tags for an issue's row: `[[spelling, slug], …]`."""
    return [[spelling, tags[tag_key(spelling)].slug] for spelling in spellings]


def tag_rows(
    issue_id: int,
    day: date,
    spellings: Sequence[str],
    tags: Mapping[str, AssignedTag],
    since: datetime,
    earlier: Mapping[int, Use] | None = None,
    *,
    is_revert: bool = False,
) -> list[tuple[Any, ...]]:
    """Return an issue's rows of `IssueTag`, in the order of `ISSUE_TAG_COLUMNS`.

    `earlier` holds the issue's previous uses by tag. A tag that the issue keeps also keeps its time
    of addition. A tag that replaces retired ones, as after a merge, gets the latest of their times,
    and in a revert that of any replaced one. Other tags get `since`.
    """
    earlier = earlier or {}
    shown_day = day.isoformat()
    ids = [tags[tag_key(spelling)].id for spelling in spellings]
    replaced = (
        use.added_at
        for tag_id, use in earlier.items()
        if use.is_retired or (is_revert and tag_id not in ids)
    )
    new = max(replaced, default=since)
    rows = []
    for position, (tag_id, spelling) in enumerate(zip(ids, spellings, strict=True)):
        added_at = earlier[tag_id].added_at if tag_id in earlier else new
        rows.append((issue_id, tag_id, position, spelling, shown_day, bulk.as_instant(added_at)))
    return rows


def uses_of(issue_ids: Iterable[int]) -> dict[int, dict[int, Use]]:
    """Return the uses of tags by issue and tag."""
    found: dict[int, dict[int, Use]] = defaultdict(dict)
    rows = IssueTag.objects.filter(issue__in=issue_ids).order_by()
    for issue_id, tag_id, added_at, retired_at in rows.values_list(
        "issue_id", "tag_id", "added_at", "tag__retired_at"
    ):
        found[issue_id][tag_id] = Use(added_at, retired_at is not None)
    return found


def name_tags(tag_ids: Iterable[int]) -> None:
    """Name each tag that no curator has named by its most frequent spelling, ties by the first.

    The first spelling is that of the earliest issue, because rows are rewritten whenever their
    issue changes.
    """
    best: dict[int, tuple[int, int, str]] = {}
    for ids in _chunks(sorted(_spelt_otherwise(set(tag_ids)))):
        uses = IssueTag.objects.filter(tag__in=ids).order_by()
        counted = uses.values_list("tag_id", "spelling").annotate(Count("id"), Min("issue"))
        for tag_id, spelling, count, first in counted.iterator():
            rank = (count, -first, spelling)
            if tag_id not in best or rank > best[tag_id]:
                best[tag_id] = rank
    for tag_id, (_, _, spelling) in best.items():
        unnamed = Tag.objects.filter(pk=tag_id, is_named=False)
        unnamed.exclude(name=spelling).update(name=spelling)


def _spelt_otherwise(tag_ids: set[int]) -> set[int]:
    """Return those of these tags that any issue spells otherwise than they are named.

    They are few. Each use is compared with its tag's name, and not the tags with their uses, so
    that a great load reads the uses as they lie.
    """
    name = Tag.objects.filter(pk=OuterRef("tag_id")).values("name")[:1]
    uses = IssueTag.objects.exclude(spelling=Subquery(name)).order_by()
    if len(tag_ids) <= _FEW:
        uses = uses.filter(tag__in=tag_ids)
    return tag_ids.intersection(uses.values_list("tag_id", flat=True).distinct())
