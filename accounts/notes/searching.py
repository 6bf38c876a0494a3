"""Includes the reader's own notes in a search.

An issue matches if its texts and the reader's notes match together. A reader's notes are few and
private: only the reader's own rows are scanned, never a shared index, so that not even response
times reveal the notes of others. The differences that notes make to the result are passed to the
index query as issue ids.
"""

from dataclasses import dataclass, field

from django.db.models import Q

from accounts.models import Note, User
from catalog.search.query import Query
from catalog.search.tree import (
    Key,
    Leaf,
    Node,
    Not,
    Phrase,
    Prefix,
    TextLeaf,
    WordTerm,
    all_of,
    any_of,
    leaves_of,
    matches,
    needle,
)  # fmt: skip

# Limit of issues with matching notes that are examined, the most recently noted first.
MOST_NOTED = 300
_TEXTS = tuple(f"issue__text__{field}" for field in ("title", "tags", "summary", "home"))


@dataclass(frozen=True, slots=True)
class NotedSearch:
    """A tree with the reader's notes; `is_partial` if older notes were not examined.

    `texts` maps issue ids to the text of the latest note with a hit.
    """

    node: Node | None
    is_partial: bool = False
    texts: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Noted:
    """An issue with its matching notes, folded."""

    text: str
    keys: frozenset[str]
    latest: str
    notes: list[str] = field(default_factory=list)

    def is_found(self, node: Node | None, *, with_notes: bool) -> bool:
        def holds(leaf: Leaf) -> bool:
            return isinstance(leaf, Key) and leaf.text in self.keys

        return matches(node, "\n".join([self.text, *self.notes * with_notes]), holds)


def _issues_with_notes(user: User, leaves: list[TextLeaf]) -> tuple[dict[int, _Noted], bool]:
    """Return the issues whose notes contain a leaf, by id, and whether there are more notes."""
    held = Q()
    for leaf in leaves:
        held |= Q(folded__contains=needle(leaf))
    rows = list(
        Note.objects.of(user)
        .filter(held, issue__text__isnull=False)
        .order_by("-created_at", "-id")
        .values_list("issue", "folded", "quote", "body", *_TEXTS, "issue__text__keys")[
            : MOST_NOTED + 1
        ]
    )
    noted: dict[int, _Noted] = {}
    for pk, folded, quote, body, *texts, keys in rows[:MOST_NOTED]:
        if pk not in noted:
            latest = f"{quote}\n{body}"
            noted[pk] = _Noted("\n".join(texts), frozenset(keys.split()), latest)
        noted[pk].notes.append(folded)
    return noted, len(rows) > MOST_NOTED


def _issues_changed_by_notes(
    noted: dict[int, _Noted], query: Query
) -> tuple[list[Node], list[Node]]:
    """Return the issues that match, or no longer match, because of their notes, as keys."""
    found: list[Node] = []
    lost: list[Node] = []
    for pk, issue in noted.items():
        is_found = issue.is_found(query.named, with_notes=True)
        if is_found != issue.is_found(query.named, with_notes=False):
            (found if is_found else lost).append(Key(f"id={pk}"))
    return found, lost


def with_notes(user: User, query: Query) -> NotedSearch:
    """Extend a resolved query by the matches in a reader's notes, in one query."""
    node = query.node
    # Exclusions too, because a note may contain the excluded text.
    leaves = [
        leaf for leaf in leaves_of(query.named) if isinstance(leaf, WordTerm | Prefix | Phrase)
    ]
    if node is None or not leaves:
        return NotedSearch(node)
    noted, is_partial = _issues_with_notes(user, leaves)
    found, lost = _issues_changed_by_notes(noted, query)
    if unwanted := any_of(lost):
        node = all_of([node, Not(unwanted)]) or node
    node = any_of([node, *found]) or node
    texts_of = {pk: issue.latest for pk, issue in noted.items()}
    return NotedSearch(node, is_partial, texts_of)
