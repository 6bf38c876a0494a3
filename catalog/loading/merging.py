"""The three-way merge of a load: what the last file gave, what this one gives, what stands.

Field by field: what no curator touched takes the file's new value, what the file leaves as it was
stays the curator's, and where both changed it the curator's stands and is a conflict. Tags are
merged one by one. Pure comparison, no queries.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from catalog.tags.assignment import ChosenNames
from catalog.text import tag_key

# What stands in a field that nobody has filled: a file that gives it for the first time fills it.
_BLANK: tuple[Any, ...] = (None, "", 0, False, [])


class Side(StrEnum):
    """Whose value is taken where a curator and a file both changed it."""

    OURS = "ours"
    THEIRS = "theirs"


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()


class Merged(NamedTuple):
    """What is to stand, and whether both sides had changed it, each to something else."""

    value: Any
    is_conflict: bool = False


def merge(base: Any, theirs: Any, ours: Any) -> Merged:
    """Merge one value; `base` is `MISSING` where no file has given it before."""
    if theirs in (ours, base):
        return Merged(ours)
    if ours == base or (base is MISSING and ours in _BLANK):
        return Merged(theirs)
    return Merged(ours, is_conflict=True)


def merge_tags(base: Any, theirs: Sequence[str], ours: Sequence[str]) -> Merged:
    """Merge lists of spellings tag by tag, each spelling by itself, and then their order."""
    whole = merge(base if base is MISSING else list(base), list(theirs), list(ours))
    if base is MISSING or not whole.is_conflict:
        return whole
    sides = [{tag_key(name): name for name in names} for names in (base, theirs, ours)]
    old, new, own = sides
    kept: dict[str, str] = {}
    is_conflict = False
    for key in dict.fromkeys([*own, *new, *old]):
        name, clashes = merge(old.get(key), new.get(key), own.get(key))
        is_conflict |= clashes
        if name is not None:
            kept[key] = name
    in_all = old.keys() & new.keys() & own.keys()
    orders = [[key for key in side if key in in_all] for side in sides]
    order, clashes = merge(*orders)
    # What one side alone has stands where that side has it, as far as the order allows.
    leading, other = (new, own) if order == orders[1] != orders[2] else (own, new)
    places = [key for key in (*leading, *other) if key in kept]
    return Merged([kept[key] for key in dict.fromkeys(places)], is_conflict or clashes)


def merge_fields(
    given: Mapping[str, Any],
    loaded: Mapping[str, Any],
    own: Mapping[str, Any],
    *,
    names: ChosenNames,
    homes: Mapping[str, str],
) -> dict[str, Merged]:
    """Merge all fields that a file gives of one row, by name.

    `own` is what stands of them; `names` are what curators call tags, and `homes` the slugs of the
    clusters that others were merged into.
    """
    merged = {}
    for name, theirs in given.items():
        base = loaded.get(name, MISSING)
        if name == "tags":
            before = base if base is MISSING else names.instead_of(base)
            merged[name] = merge_tags(before, names.instead_of(theirs), own[name])
        elif name == "cluster":
            before = base if base is MISSING else homes.get(base, base)
            merged[name] = merge(before, homes.get(theirs, theirs), own[name])
        else:
            merged[name] = merge(base, theirs, own[name])
    return merged
