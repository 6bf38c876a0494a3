"""The reader's own notes as part of a search.

An issue is found by what it says and the reader's notes say together. Notes are few beside the
catalog, and are nobody else's: they are looked through among the reader's own alone, never in an
index that knows of others, so that not even the time taken tells of those. What they change in the
result goes into the index's question as issues by id.
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
    Word,
    all_of,
    any_of,
    leaves_of,
    matches,
)  # fmt: skip

# Of the noted issues that hold a word, so many of the latest noted are looked at.
MOST_NOTED = 300


@dataclass(frozen=True, slots=True)
class NotedSearch:
    """A tree with the reader's notes in it; `is_partial` where older notes were not looked at."""

    node: Node | None
    is_partial: bool = False
    notes: dict[int, Note] = field(default_factory=dict)


def with_notes(user: User, query: Query) -> NotedSearch:
    """Let a resolved query find what it finds with the notes of a reader, in one query."""
    node = query.node
    # What is excluded as well: a note may hold it.
    leaves = [leaf for leaf in leaves_of(query.named) if isinstance(leaf, Word | Prefix | Phrase)]
    if node is None or not leaves:
        return NotedSearch(node)
    held = Q()
    for leaf in leaves:
        held |= Q(folded__contains=_spaced(leaf))
    rows = list(
        Note.objects.of(user)
        .filter(held, issue__text__isnull=False)
        .select_related("issue__text")
        .defer("issue__loaded")
        .order_by("-created_at", "-id")[: MOST_NOTED + 1]
    )
    texts: dict[int, list[str]] = {}
    latest: dict[int, Note] = {}
    keys: dict[int, frozenset[str]] = {}
    for note in rows[:MOST_NOTED]:
        kept = note.issue.text
        if note.issue_id not in texts:
            texts[note.issue_id] = [kept.title, kept.tags, kept.summary, kept.home]
            keys[note.issue_id] = frozenset(kept.keys.split())
        texts[note.issue_id].append(note.folded)
        latest.setdefault(note.issue_id, note)
    found: list[Node] = []
    lost: list[Node] = []
    for pk, parts in texts.items():

        def holds(leaf: Leaf, own: frozenset[str] = keys[pk]) -> bool:
            return isinstance(leaf, Key) and leaf.text in own

        is_found = matches(query.named, "\n".join(parts), holds)
        (found if is_found else lost).append(Key(f"id={pk}"))
    if unwanted := any_of(lost):
        node = all_of([node, Not(unwanted)]) or node
    node = any_of([node, *found]) or node
    return NotedSearch(node, len(rows) > MOST_NOTED, latest)


def _spaced(leaf: TextLeaf) -> str:
    match leaf:
        case Word(text):
            return f" {text} "
        case Prefix(text):
            return f" {text}"
        case Phrase(words):
            return f" {' '.join(words)} "
