"""Completion of tag names."""

from typing import Any, NamedTuple

from django.db.models import Case, IntegerField, OuterRef, Prefetch, Q, Subquery, When
from django.db.models.functions import Coalesce

from catalog.models import (
    KeyCount,
    Tag,
)
from catalog.search.engine import TooBroad, bounded
from catalog.text import TAG_LENGTH, tag_key

MOST_COMPLETIONS = 10


class Completion(NamedTuple):
    """A tag in use and its number of issues; `instead_of` is the retired name that matched."""

    name: str
    uses: int
    instead_of: str = ""


def complete_tag(text: str) -> list[Completion]:
    """Return the tags in use whose names contain the typed text, in at most three queries.

    Tags that begin with it come first, the most used ones at the top. A retired name is replaced by
    its successors.
    """
    key = tag_key(text[:TAG_LENGTH])
    # PostgreSQL does not accept NUL.
    if not key or "\0" in key:
        return []
    counts = KeyCount.objects.filter(facet="tag", value=OuterRef("slug")).values("count")
    uses = Coalesce(Subquery(counts[:1]), 0, output_field=IntegerField())
    place = Case(When(key__startswith=key, then=0), default=1)
    in_use = Tag.objects.annotate(uses=uses).filter(uses__gt=0)
    holding = Q(key__contains=key)
    best: dict[str, tuple[tuple[int, int], Completion]] = {}

    def add(where: int, tag: Any, instead_of: str = "") -> None:
        rank = where, -tag.uses
        if tag.key not in best or rank < best[tag.key][0]:
            best[tag.key] = rank, Completion(tag.name, tag.uses, instead_of)

    try:
        with bounded():
            rows = in_use.listed().filter(holding).annotate(place=place)
            for used in rows.order_by("place", "-uses", "name", "pk")[:MOST_COMPLETIONS]:
                add(used.place, used)
            names = Tag.objects.retired().filter(holding).annotate(place=place)
            names = names.prefetch_related(Prefetch("stands_for", in_use.order_by("pk")))
            for name in names.order_by("place", "name", "pk")[:MOST_COMPLETIONS]:
                for tag in name.stands_for.all():
                    add(name.place, tag, name.name)
    except TooBroad:
        return []
    ranked = sorted(best.values())
    return [completion for _, completion in ranked[:MOST_COMPLETIONS]]
