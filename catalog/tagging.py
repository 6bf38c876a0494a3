"""Tags as issues use them: found by key, made where missing, named by their commonest spelling."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.db.models import Count, Min

from catalog import bulk
from catalog.document import SlugMaker, tag_key, unique_tags
from catalog.models import IssueTag, Tag

# Below the number of variables that either database takes in one statement.
_KEYS_A_QUERY = 10_000

ISSUE_TAG_COLUMNS = ("issue_id", "tag_id", "position", "spelling", "date")


class TagRef(NamedTuple):
    id: int
    slug: str


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[i : i + _KEYS_A_QUERY] for i in range(0, len(values), _KEYS_A_QUERY))


def ensure_tags(names: Iterable[str]) -> dict[str, TagRef]:
    """Return the tags of these spellings by their key; those that are missing are made."""
    spellings = unique_tags(names)
    found: dict[str, TagRef] = {}
    for keys in _chunks(list(spellings)):
        for pk, slug, key in Tag.objects.filter(key__in=keys).values_list("id", "slug", "key"):
            found[key] = TagRef(pk, slug)
    missing = [key for key in spellings if key not in found]
    if missing:
        slugs = SlugMaker(set(Tag.objects.values_list("slug", flat=True)))
        for key, pk in zip(missing, bulk.reserve_ids(Tag, len(missing)), strict=True):
            found[key] = TagRef(pk, slugs.make(spellings[key], "tag"))
        bulk.insert(
            Tag,
            ("id", "key", "name", "slug"),
            [(found[key].id, key, spellings[key], found[key].slug) for key in missing],
        )
    return found


def shown_tags(spellings: Sequence[str], tags: Mapping[str, TagRef]) -> list[list[str]]:
    """Return what an issue's row keeps of its tags: `[[spelling, slug], …]`."""
    return [[spelling, tags[tag_key(spelling)].slug] for spelling in spellings]


def tag_rows(
    issue_id: int, day: date, spellings: Sequence[str], tags: Mapping[str, TagRef]
) -> list[tuple[int, int, int, str, str]]:
    """Return an issue's rows of `IssueTag`, in the order of `ISSUE_TAG_COLUMNS`."""
    shown_day = day.isoformat()
    return [
        (issue_id, tags[tag_key(spelling)].id, position, spelling, shown_day)
        for position, spelling in enumerate(spellings)
    ]


def name_tags(tag_ids: Iterable[int]) -> None:
    """Give each tag the commonest of its spellings in use, ties to the first seen."""
    wanted = set(tag_ids)
    uses = IssueTag.objects.order_by()
    if len(wanted) <= _KEYS_A_QUERY:
        uses = uses.filter(tag__in=wanted)
    best: dict[int, tuple[int, int, str]] = {}
    counted = uses.values_list("tag_id", "spelling").annotate(Count("id"), Min("id"))
    for tag_id, spelling, count, first in counted.iterator():
        rank = (count, -first, spelling)
        if tag_id in wanted and (tag_id not in best or rank > best[tag_id]):
            best[tag_id] = rank
    names = (
        dict(Tag.objects.filter(id__in=best).values_list("id", "name"))
        if len(best) <= _KEYS_A_QUERY
        else dict(Tag.objects.values_list("id", "name"))
    )
    for tag_id, (_, _, spelling) in best.items():
        if names[tag_id] != spelling:
            Tag.objects.filter(pk=tag_id).update(name=spelling)
