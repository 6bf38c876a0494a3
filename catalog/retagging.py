"""What curators do to tags: merge, rename, split, delete and write them on many issues.

A name that goes stays as a retired tag, which stands for what it has become. Loads and search
obey it.
"""

from collections.abc import Iterable, Sequence

from django.utils import timezone

from catalog.curation import Curation
from catalog.document import tag_key
from catalog.models import Issue, IssueTag, Tag
from catalog.tagging import ensure_tags


def merge_tags(tags: Sequence[Tag], into: Tag, curation: Curation) -> int:
    """Make tags names of another one; return how many issues had them."""
    return _retire([tag for tag in tags if tag != into], [into], curation)


def rename_tag(tag: Tag, name: str, curation: Curation) -> Tag:
    """Call a tag by another name wherever it is used, and return it under that name.

    A name that another tag has is a merge into that one.
    """
    renamed = _called(name, curation)
    curation.change(renamed, {"name": name, "is_named": True})
    if renamed == tag:
        _respell(_issues_of([tag]), curation)
    else:
        _retire([tag], [renamed], curation)
    return renamed


def split_tag(tag: Tag, names: Sequence[str], curation: Curation) -> int:
    """Make one tag several, its own name among them or not; return how many issues had it."""
    parts = [_called(name, curation) for name in names]
    if tag not in parts:
        return _retire([tag], parts, curation)
    # The name stays a tag of its own: nothing tells a later use of it from the whole.
    number = 0
    for issue in _issues_of([tag]):
        spellings = [spelling for spelling, _ in issue.tag_list]
        place = next(i for i, name in enumerate(spellings) if tag_key(name) == tag.key)
        number += curation.change(
            issue, {"tags": [*spellings[:place], *names, *spellings[place + 1 :]]}
        )
    return number


def delete_tag(tag: Tag, curation: Curation) -> int:
    """Take a tag off all issues, and off those that a later file gives it; return how many."""
    return _retire([tag], [], curation)


def retag(
    issues: Iterable[Issue],
    curation: Curation,
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    replace: Sequence[str] | None = None,
) -> int:
    """Add and remove tags of issues, or give them just these; return how many it changed."""
    gone = {tag_key(name) for name in remove}
    number = 0
    for issue in issues:
        spellings = [spelling for spelling, _ in issue.tag_list]
        kept = [name for name in spellings if tag_key(name) not in gone]
        wanted = [*kept, *add] if replace is None else list(replace)
        number += curation.change(issue, {"tags": wanted})
    return number


def _called(name: str, curation: Curation) -> Tag:
    """Return the tag of this name, made or brought back where it is none."""
    ref = ensure_tags([name])[tag_key(name)]
    tag = Tag.objects.select_for_update().get(pk=ref.id)
    if tag.retired_at:
        curation.change(tag, {"retired_at": None, "stands_for": []})
    return tag


def _retire(tags: Sequence[Tag], others: Sequence[Tag], curation: Curation) -> int:
    issues = _issues_of(tags)
    now = timezone.now()
    for tag in tags:
        for alias in tag.aliases.all():
            rest = [each for each in alias.stands_for.all() if each != tag]
            curation.change(alias, {"stands_for": list(dict.fromkeys([*rest, *others]))})
        curation.change(tag, {"retired_at": now, "stands_for": list(others)})
    return _respell(issues, curation)


def _issues_of(tags: Sequence[Tag]) -> list[Issue]:
    """Return the issues that have any of these tags, archived ones too."""
    used = IssueTag.objects.filter(tag__in=tags).order_by().values("issue")
    issues = Issue.objects.filter(pk__in=used).select_for_update(of=("self",))
    return list(issues.select_related("cluster").order_by("id"))


def _respell(issues: Iterable[Issue], curation: Curation) -> int:
    """Write each issue's tags again: what names now stand for others becomes these."""
    return sum(
        curation.change(issue, {"tags": [spelling for spelling, _ in issue.tag_list]})
        for issue in issues
    )
