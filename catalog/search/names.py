"""Resolves the names in a query to keys: tags, publications, clusters, URLs; prefixes to words.

At most one query per kind and one per prefix, and none for kinds that do not occur.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from django.db.models import Q
from django.utils.text import slugify

from catalog.models import Cluster, Issue, Publication, Tag, Word
from catalog.search.query import Query
from catalog.search.tree import (
    NO_ISSUE,
    Address,
    In,
    InCluster,
    Key,
    Leaf,
    Node,
    Prefix,
    Tagged,
    Tiers,
    Year,
    any_of,
    leaves_of,
    replaced,
)  # fmt: skip
from catalog.search.tree import WordTerm as WordLeaf
from catalog.text import tag_key, url_fault, url_key

# Limits: things that one name may match, candidates that are examined, and words that a prefix may
# expand to, the most frequent first.
MOST_MEANT = 50
MOST_ROWS = 500
MOST_WORDS = 100
# Punctuation that may follow a URL copied from a sentence.
_SENTENCE_ENDS = ".,;:!?'’>)"


def resolved(query: Query) -> Query:
    """Return a query whose tree the index can be asked, with complaints about unknown names."""
    complaints: list[str] = []
    asked = dict.fromkeys(leaves_of(query.node))
    as_typed = replaced(query.node, _fixed_keys(asked) | _named_keys(asked, complaints))
    begun: dict[Leaf, Node] = {
        leaf: _expanded_prefix(leaf, complaints) for leaf in asked if isinstance(leaf, Prefix)
    }
    return replace(
        query,
        node=replaced(as_typed, begun),
        named=as_typed,
        complaints=(*query.complaints, *complaints),
    )


def _fixed_keys(asked: Iterable[Leaf]) -> dict[Leaf, Node]:
    """Return the keys of leaves that need no lookup."""
    leaves: dict[Leaf, Node] = {}
    for leaf in asked:
        match leaf:
            case Tiers(tiers):
                leaves[leaf] = _any_key(f"tier={tier or 0}" for tier in sorted(tiers, key=str))
            case Year(year):
                leaves[leaf] = Key(f"year={year}")
            case InCluster(None):
                leaves[leaf] = Key("cluster=")
    return leaves


def _named_keys(asked: Iterable[Leaf], complaints: list[str]) -> dict[Leaf, Node]:
    """Return the keys of leaves that name objects; add messages about unknown names."""
    leaves: dict[Leaf, Node] = {}
    for kind, what, meanings in (
        (Tagged, "tag", _tag_ids), (In, "publication", _publication_ids),
        (InCluster, "cluster", _cluster_ids), (Address, "issue at the address", _addresses),
    ):  # fmt: skip
        named = {leaf: leaf.name for leaf in asked if isinstance(leaf, kind) and leaf.name}
        if named:
            meant = meanings(list(named.values()))
            for leaf, name in named.items():
                leaves[leaf] = _any_key(meant.get(name, []))
                if not meant.get(name):
                    complaints.append(f"There is no {what} “{name}” here.")
    return leaves


def _any_key(keys: Iterable[str]) -> Node:
    return any_of(map(Key, keys)) or NO_ISSUE


def _tag_ids(names: list[str]) -> dict[str, list[str]]:
    keys = {name: tag_key(name) for name in names}
    slugs = defaultdict(list)
    # A retired name resolves to its successors.
    rows = Tag.objects.filter(key__in=keys.values()).order_by("stands_for__id")
    for key, retired_at, slug, target in rows.values_list(
        "key", "retired_at", "slug", "stands_for__slug"
    ):
        if meant := target if retired_at else slug:
            slugs[key].append(f"tag={meant}")
    return {name: slugs[key] for name, key in keys.items() if key in slugs}


def _addresses(names: list[str]) -> dict[str, list[str]]:
    spellings = {name: _address_keys(name) for name in names}
    keys = defaultdict(list)
    wanted = Issue.objects.listed().filter(url_key__in=set().union(*spellings.values()))
    for address, pk in wanted.order_by("id").values_list("url_key", "id"):
        keys[address].append(f"id={pk}")
    return {
        name: [key for each in spellings[name] for key in keys[each]][:MOST_MEANT] for name in names
    }


def _address_keys(address: str) -> list[str]:
    """Return the possible keys of a URL, without duplicates.

    They vary in http or https, in “www.”, and in trailing punctuation.
    """
    bare = re.sub(r"^(https?://)?(www\.)?", "", address, flags=re.IGNORECASE)
    plain = [
        f"{scheme}://{www}{each}"
        for each in dict.fromkeys((bare, bare.rstrip(_SENTENCE_ENDS)))
        for scheme in ("https", "http")
        for www in ("", "www.")
    ]
    return list(dict.fromkeys(url_key(each) for each in plain if not url_fault(each)))


def _name_condition(name: str, field: str) -> Q:
    """Match a slug or a name; on SQLite a regex folds letters beyond ASCII."""
    slug = slugify(name, allow_unicode=True)
    wanted = Q(**{f"{field}__iregex": re.escape(name)})
    return wanted | Q(slug__contains=slug) if slug else wanted


def _publication_ids(names: list[str]) -> dict[str, list[str]]:
    wanted = Q()
    for name in names:
        wanted |= _name_condition(name, "name")
    rows = [
        (slug, slug, title)
        for slug, title in Publication.objects.filter(wanted)
        .order_by("id")
        .values_list("slug", "name")[:MOST_ROWS]
    ]
    return {name: [f"in={slug}" for slug in _meant(name, rows)] for name in names}


def _cluster_ids(names: list[str]) -> dict[str, list[str]]:
    wanted = Q()
    for name in names:
        wanted |= _name_condition(name, "title")
    is_meant = Q(archived_at=None) | Q(merged_into__isnull=False)
    rows = [
        (f"{home}/{target or slug}", slug, title)
        for home, slug, target, title in Cluster.objects.filter(wanted & is_meant)
        .order_by("id")
        .values_list("publication__slug", "slug", "merged_into__slug", "title")[:MOST_ROWS]
    ]
    return {name: [f"cluster={key}" for key in _meant(name, rows)] for name in names}


def _meant(name: str, rows: list[tuple[str, str, str]]) -> list[str]:
    """Choose from rows of (key, slug, title): those of this very name, else those it is part of."""
    slug, title = slugify(name, allow_unicode=True), name.casefold()
    exact = [key for key, own, full in rows if own == slug or full.casefold() == title]
    part = [key for key, own, full in rows if (slug and slug in own) or title in full.casefold()]
    return (exact or part)[:MOST_MEANT]


def _expanded_prefix(prefix: Prefix, complaints: list[str]) -> Node:
    """Spell a prefix out as the words that begin so."""
    words = Word.objects.beginning(prefix.text).commonest_first().values_list("text", flat=True)
    found = list(words[: MOST_WORDS + 1])
    if len(found) > MOST_WORDS:
        # The very word is one of them, however rare it is.
        found = [*words.filter(text=prefix.text), *(text for text in found if text != prefix.text)]
        complaints.append(
            f"“{prefix.text}*” begins more than {MOST_WORDS} words; "
            f"the {MOST_WORDS} commonest are searched for."
        )
    return any_of(WordLeaf(word) for word in found[:MOST_WORDS]) or NO_ISSUE
