"""Parts of a list page besides the issues: chips, highlighted hits and suggestions."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.safestring import SafeString

from catalog.browsing.filters import IssueFilter
from catalog.models import Issue
from catalog.search.marks import mark
from catalog.search.tree import TextLeaf


@dataclass(frozen=True, slots=True)
class Chip:
    """One active choice, and the address without it."""

    title: str
    label: str
    url: str


def chips(issues: IssueFilter, asked: QueryDict) -> list[Chip]:
    """Return the active selections of a filter as removable chips, without words and order."""
    found = []
    for name, filter_ in issues.filters.items():
        if name in ("q", "sort"):
            continue
        value = issues.value(name)
        if isinstance(value, list):
            found += [
                Chip(
                    filter_.label, choice.label, _without(asked, name, choice.asked or choice.value)
                )
                for choice in value
            ]
        elif value not in (None, ""):
            words = dict(filter_.extra.get("choices", ())).get(value, value)
            found.append(Chip(filter_.label, str(words), _without(asked, name)))
    return found


def _without(asked: QueryDict, name: str, value: str = "") -> str:
    rest = asked.copy()
    rest.pop("after", None)
    kept = [each for each in rest.getlist(name) if value and each != value]
    if kept:
        rest.setlist(name, kept)
    else:
        rest.pop(name, None)
    return f"?{rest.urlencode()}"


def mark_hits(issues: Iterable[Issue], leaves: tuple[TextLeaf, ...]) -> None:
    """Give issues `marked_title`, `marked_summary` and `marked_tags` [(HTML, slug), …]."""
    issue: Any
    for issue in issues:
        issue.marked_title = mark(issue.title, leaves)
        issue.marked_summary = mark(issue.summary, leaves)
        issue.marked_tags = [(mark(spelling, leaves), slug) for spelling, slug in issue.tag_list]
        issue.note_excerpt = SafeString("")
