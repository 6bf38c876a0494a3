"""Facets and their values: how an address, the index and a reader name each."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Concat

from catalog.models import Category, Cluster, Publication, Tag, Tier
from catalog.slugs import id_of, is_id, name_of

_MODELS: dict[str, Any] = {
    "publication": Publication, "category": Category, "cluster": Cluster, "tag": Tag,
}  # fmt: skip
UNRATED, NO_CLUSTER = "none", "none"


class FacetName(NamedTuple):
    """A facet: the prefix of its keys in the index, its title, and the noun for a value."""

    key: str
    title: str
    noun: str


FACETS = {
    "tier": FacetName("tier", "Tier", "tier"),
    "publication": FacetName("in", "Publication", "publication"),
    "category": FacetName("category", "Category", "category"),
    "cluster": FacetName("cluster", "Cluster", "cluster"),
    "tag": FacetName("tag", "Tag", "tag"),
    "year": FacetName("year", "Year", "year"),
}
BY_KEY = {facet.key: name for name, facet in FACETS.items()}
TIER_LABELS = {
    **{str(tier): str(Tier(tier).label) for tier in sorted(Tier.values, reverse=True)},
    UNRATED: "Unrated",
}


class FacetValue(NamedTuple):
    """A value of a facet: its name in URLs, its key in the index, and its label.

    In URLs it is named by its slug, or by its id if the slug consists of digits. `home` is the
    publication of a cluster. `asked` is the id or the earlier name that was requested, if it
    differs from `value`.
    """

    value: str
    key: str
    label: str
    home: str = ""
    asked: str = ""

    @property
    def stored(self) -> str:
        """The value in the index: always a slug."""
        found = value_of(self.key)
        return found[1] if found else self.value


def key_of(facet: str, value: str) -> str:
    """Return the index key of a value: `tag=rlhf`; there are keys for no tier and no cluster."""
    if facet == "tier" and value == UNRATED:
        value = "0"
    if facet == "cluster" and value == NO_CLUSTER:
        value = ""
    return f"{FACETS[facet].key}={value}"


def value_of(key: str) -> tuple[str, str] | None:
    """Return the (facet, value) of a key, None for a key of no facet."""
    begin, _, value = key.partition("=")
    if not (facet := BY_KEY.get(begin)):
        return None
    if (facet, value) == ("tier", "0") or (facet, value) == ("cluster", ""):
        value = "none"
    return facet, value


def slugs_of(facet: str, values: Sequence[str]) -> dict[str, str]:
    """Return the slugs of values; values that are ids are resolved."""
    if facet not in ("publication", "category", "cluster", "tag"):
        return {value: value for value in values}
    slugs = {value: value for value in values if not is_id(value)}
    ids = {value: pk for value in values if (pk := id_of(value)) is not None}
    if ids:
        own = _slugs_by_id(facet, set(ids.values()))
        slugs |= {value: own[pk] for value, pk in ids.items() if pk in own}
    return slugs


def _slugs_by_id(facet: str, ids: Collection[int]) -> dict[int, str]:
    slug = Concat("publication__slug", Value("/"), "slug") if facet == "cluster" else F("slug")
    rows = _MODELS[facet].objects.filter(pk__in=ids).order_by()
    return dict(rows.values_list("pk", slug))


def choices_of(values: Mapping[str, Sequence[str]]) -> dict[tuple[str, str], FacetValue]:
    """Return the existing values by (facet, slug), in at most one query."""
    rows = [*_fixed_rows(values), *_stored_rows(values)]
    return {
        (facet, slug): FacetValue(
            name_of(slug, pk) if pk else slug, key_of(facet, slug), label, home
        )
        for facet, slug, label, home, pk in rows
    }


def _fixed_rows(values: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str, str, str, int]]:
    """Yield rows, like those of `_name_rows`, of the values that are not stored."""
    for tier in values.get("tier", ()):
        if tier in TIER_LABELS:
            yield "tier", tier, TIER_LABELS[tier], "", 0
    for year in values.get("year", ()):
        if re.fullmatch("[0-9]{4}", year):
            yield "year", year, year, "", 0
    if NO_CLUSTER in values.get("cluster", ()):
        yield "cluster", NO_CLUSTER, "In no cluster", "", 0


def _stored_rows(values: Mapping[str, Sequence[str]]) -> Iterable[tuple[Any, ...]]:
    """Return rows of the values that are stored, in at most one query."""
    queries = []
    for facet in _MODELS:
        fixed = {NO_CLUSTER} if facet == "cluster" else set()
        # PostgreSQL does not accept NUL, and no slug contains it.
        slugs = [each for each in values.get(facet, ()) if each not in fixed and "\0" not in each]
        if slugs:
            queries.append(_name_rows(facet, slugs))
    if not queries:
        return ()
    first, *others = queries
    # Without an explicit order, a union uses the model's, whose columns it lacks.
    return first.union(*others, all=True).order_by() if others else first


def _successors(facet: str, values: Sequence[str]) -> dict[str, list[str]]:
    """Map the slugs of retired tags or merged clusters to those of their successors."""
    if facet == "tag":
        retired = Tag.objects.retired().filter(slug__in=values).prefetch_related("stands_for")
        return {tag.slug: [each.slug for each in tag.stands_for.all()] for tag in retired}
    if facet == "cluster":
        merged = Cluster.objects.filter(_any_cluster(values), merged_into__isnull=False)
        rows = merged.values_list("publication__slug", "slug", "merged_into__slug")
        return {f"{home}/{slug}": [f"{home}/{target}"] for home, slug, target in rows}
    return {}


def choices_by_earlier_name(facet: str, values: Sequence[str]) -> dict[str, list[FacetValue]]:
    """Return the successors of retired tags and merged clusters by name, in at most two queries."""
    # PostgreSQL does not accept NUL, and no name contains it.
    become = _successors(facet, [value for value in values if "\0" not in value])
    targets = [slug for slugs in become.values() for slug in slugs]
    found = choices_of({facet: targets}) if targets else {}
    return {
        name: [found[facet, slug]._replace(asked=name) for slug in slugs if (facet, slug) in found]
        for name, slugs in become.items()
    }


def _any_cluster(slugs: Sequence[str]) -> Q:
    wanted = Q(pk__in=[])
    for slug in slugs:
        publication, _, own = slug.partition("/")
        wanted |= Q(publication__slug=publication, slug=own)
    return wanted


def _name_rows(facet: str, slugs: Sequence[str]) -> QuerySet[Any, tuple[Any, ...]]:
    """Return rows of (facet, slug, label, home, id)."""
    if facet == "cluster":
        return (
            Cluster.objects.listed()
            .filter(_any_cluster(slugs))
            .order_by()
            .values_list(
                Value(facet), Concat("publication__slug", Value("/"), "slug"), "title",
                "publication__name", F("pk"),
            )
        )  # fmt: skip
    rows: Any = {
        "publication": Publication.objects.all(),
        "category": Category.objects.all(),
        "tag": Tag.objects.listed(),
    }[facet]
    return (
        rows.filter(slug__in=slugs)
        .order_by()
        .values_list(Value(facet), F("slug"), F("name"), Value(""), F("pk"))
    )
