"""Operations on tags: merge, rename, split and delete them, and change the tags of many issues.

A name that goes out of use stays as a retired tag, which resolves to its successors in loads and
searches.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from catalog.curation.changeset import Curation
from catalog.models import DismissedPair, Issue, IssueTag, Tag
from catalog.tags.assignment import ChosenNames, ensure_tags
from catalog.text import tag_key


class Reach(NamedTuple):
    """Whom a merge of tags concerns, archived issues too.

    `issues` have any of the tags, `together` several of them; `of` and `alone` are, by a tag's
    id, how many have it, and how many have it and no other of these.
    """

    issues: int
    together: int
    of: Mapping[int, int]
    alone: Mapping[int, int]

    def changed(self, into: int) -> int:
        """Return how many issues a merge into the tag of this id changes."""
        return self.issues - self.alone.get(into, 0)


def reach(tags: Iterable[Tag]) -> Reach:
    """Count the issues that a merge of these tags concerns, in three queries."""
    ids = [tag.pk for tag in tags]
    uses = IssueTag.objects.filter(tag__in=ids).order_by()
    others = IssueTag.objects.filter(issue=OuterRef("issue"), tag__in=ids)
    is_together = Exists(others.exclude(tag=OuterRef("tag")))
    alone = dict(uses.exclude(is_together).values_list("tag").annotate(Count("id")))
    issues = uses.values("issue").distinct().count()
    of = dict(uses.values_list("tag").annotate(Count("id")))
    return Reach(issues, issues - sum(alone.values()), of, alone)


def merge_tags(tags: Sequence[Tag], into: Tag, curation: Curation) -> int:
    """Make tags names of another one; return how many issues had them."""
    others = [tag for tag in tags if tag != into]
    _retire(others, [into], curation)
    return _respell(_issues_of(others), curation)


def rename_tag(tag: Tag, name: str, curation: Curation) -> Tag:
    """Call a tag by another name wherever it is used, and return it under that name.

    A name that another tag has is a merge into that one, all of whose uses are spelt so too.
    """
    renamed = _called(name, curation)
    curation.change(renamed, {"name": name, "is_named": True})
    if renamed != tag:
        _retire([tag], [renamed], curation)
    _respell(_issues_of([tag, renamed]), curation)
    return renamed


def split_tag(tag: Tag, names: Sequence[str], curation: Curation) -> int:
    """Split a tag into several, which may include its own name; return the number of its issues."""
    parts = list(dict.fromkeys(_called(name, curation) for name in names))
    if tag not in parts:
        _retire([tag], parts, curation)
    # If the tag keeps its own name, later uses of that name cannot be told from the old meaning.
    wanted = []
    for issue in _issues_of([tag]):
        spellings = _tags_of(issue)
        place = next(i for i, name in enumerate(spellings) if tag_key(name) == tag.key)
        own = [spellings[place] if part == tag else part.name for part in parts]
        wanted.append((issue, [*spellings[:place], *own, *spellings[place + 1 :]]))
    return _write_tags(wanted, curation)


def delete_tag(tag: Tag, curation: Curation) -> int:
    """Remove a tag from all issues, now and in later loads; return the number of issues."""
    _retire([tag], [], curation)
    return _respell(_issues_of([tag]), curation)


def restore_tag(tag: Tag, curation: Curation) -> None:
    """Make a retired name a tag again, for future issues."""
    curation.change(tag, {"retired_at": None, "stands_for": []})


def dismiss_pair(one: Tag, other: Tag) -> None:
    """Dismiss a duplicate suggestion."""
    first, second = sorted((one, other), key=lambda tag: tag.pk)
    DismissedPair.objects.get_or_create(first=first, second=second)


def restore_pair(one: Tag, other: Tag) -> None:
    """Take back that two tags are two."""
    first, second = sorted((one, other), key=lambda tag: tag.pk)
    DismissedPair.objects.filter(first=first, second=second).delete()


def retag(
    issues: Iterable[Issue],
    curation: Curation,
    *,
    add: Sequence[str] = (),
    remove: Sequence[str] = (),
    replace: Sequence[str] | None = None,
) -> int:
    """Add and remove tags of issues, or replace them; return the number of issues that changed.

    Removing a retired name removes the tags that it resolves to.
    """
    gone = {tag_key(name) for name in ChosenNames.of(remove).instead_of(remove)}
    wanted = []
    for issue in issues:
        kept = [name for name in _tags_of(issue) if tag_key(name) not in gone]
        wanted.append((issue, [*kept, *add] if replace is None else list(replace)))
    return _write_tags(wanted, curation)


def _called(name: str, curation: Curation) -> Tag:
    """Return the tag with this name; create or restore it if necessary."""
    ref = ensure_tags([name])[tag_key(name)]
    tag = Tag.objects.select_for_update().get(pk=ref.id)
    if tag.retired_at:
        curation.change(tag, {"retired_at": None, "stands_for": []})
    return tag


def _retire(tags: Sequence[Tag], others: Sequence[Tag], curation: Curation) -> None:
    """Retire tags, and redirect them and the names that resolve to them to their successors."""
    now = timezone.now()
    for tag in tags:
        for alias in tag.aliases.all():
            rest = [each for each in alias.stands_for.all() if each != tag]
            curation.change(alias, {"stands_for": list(dict.fromkeys([*rest, *others]))})
        curation.change(tag, {"retired_at": now, "stands_for": list(others)})


def _issues_of(tags: Sequence[Tag]) -> list[Issue]:
    """Return the issues that have any of these tags, archived ones too."""
    used = IssueTag.objects.filter(tag__in=tags).order_by().values("issue")
    issues = Issue.objects.filter(pk__in=used).select_for_update(of=("self",))
    return list(issues.select_related("cluster").order_by("id"))


def _tags_of(issue: Issue) -> list[str]:
    return [spelling for spelling, _ in issue.tag_list]


def _respell(issues: Iterable[Issue], curation: Curation) -> int:
    """Rewrite the tags of issues, replacing retired names by their successors."""
    return _write_tags([(issue, _tags_of(issue)) for issue in issues], curation)


def _write_tags(wanted: Iterable[tuple[Issue, list[str]]], curation: Curation) -> int:
    """Give each issue these tags; return how many that changes."""
    return curation.change_tags(wanted)
