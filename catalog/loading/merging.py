"""The three-way merge of a load: the previous file, this file, and the stored values.

Fields that no curator has changed take the file's new value. Fields that the file has not changed
keep the curator's value. Fields that both have changed keep the curator's value and become
conflicts. Tags are merged one by one. This module makes no queries.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from catalog.tags.assignment import ChosenNames
from catalog.text import tag_key

# The empty value of each field; a file that gives the field for the first time fills it.
_BLANK: tuple[Any, ...] = (None, "", 0, False, [])


class Side(StrEnum):
    """Whose value is taken if both a curator and a file have changed it."""

    OURS = "ours"
    THEIRS = "theirs"


class _Missing:
    def __repr__(self) -> str:  # pragma: no cover - for error messages of tests
        return "MISSING"


MISSING = _Missing()


class Merged(NamedTuple):
    """The merged value, and whether both sides have changed it to different values."""

    value: Any
    is_conflict: bool = False


def merge_value(base: Any, theirs: Any, ours: Any) -> Merged:
    """Merge one value; `base` is `MISSING` if no file has given it before."""
    if theirs in (ours, base):
        return Merged(ours)
    if ours == base or (base is MISSING and ours in _BLANK):
        return Merged(theirs)
    return Merged(ours, is_conflict=True)


def _by_key(names: Iterable[str]) -> dict[str, str]:
    return {tag_key(name): name for name in names}


def merge_tag_lists(base: Any, theirs: Sequence[str], ours: Sequence[str]) -> Merged:
    """Merge lists of spellings tag by tag, each spelling by itself, and then their order."""
    whole = merge_value(base if base is MISSING else list(base), list(theirs), list(ours))
    if base is MISSING or not whole.is_conflict:
        return whole
    old, new, own = map(_by_key, (base, theirs, ours))
    spellings = {
        key: merge_value(old.get(key), new.get(key), own.get(key))
        for key in dict.fromkeys([*own, *new, *old])
    }
    kept = {key: each.value for key, each in spellings.items() if each.value is not None}
    order, is_conflict = _merge_orders(list(old), list(new), list(own))
    is_conflict |= any(each.is_conflict for each in spellings.values())
    return Merged([kept[key] for key in order if key in kept], is_conflict)


def _merge_orders(old: list[str], new: list[str], own: list[str]) -> Merged:
    """Merge the orders of three lists of keys; the result has all keys of the last two."""
    in_all = set(old).intersection(new, own)
    orders = [[key for key in keys if key in in_all] for keys in (old, new, own)]
    order, is_conflict = merge_value(*orders)
    # A key of one side alone keeps its place there, as far as the merged order allows.
    leading, other = (new, own) if order == orders[1] != orders[2] else (own, new)
    return Merged(list(dict.fromkeys([*leading, *other])), is_conflict)


def merge_fields(
    given: Mapping[str, Any],
    loaded: Mapping[str, Any],
    own: Mapping[str, Any],
    *,
    names: ChosenNames,
    homes: Mapping[str, str],
) -> dict[str, Merged]:
    """Merge all fields that a file gives for one row; return them by name.

    `own` holds the stored values. `names` are the curators' names of tags, and `homes` maps slugs
    of merged clusters to those of their successors.
    """
    merged = {}
    for name, theirs in given.items():
        base = loaded.get(name, MISSING)
        if name == "tags":
            before = base if base is MISSING else names.instead_of(base)
            merged[name] = merge_tag_lists(before, names.instead_of(theirs), own[name])
        elif name == "cluster":
            before = base if base is MISSING else homes.get(base, base)
            merged[name] = merge_value(before, homes.get(theirs, theirs), own[name])
        else:
            merged[name] = merge_value(base, theirs, own[name])
    return merged
