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
    WordTerm,
    all_of,
    any_of,
    leaves_of,
    matches,
    needle,
)  # fmt: skip

# Of the noted issues that hold a word, so many of the latest noted are looked at.
MOST_NOTED = 300
_TEXTS = tuple(f"issue__text__{field}" for field in ("title", "tags", "summary", "home"))


@dataclass(frozen=True, slots=True)
class NotedSearch:
    """A tree with the reader's notes in it; `is_partial` where older notes were not looked at.

    `texts` maps the ids of issues to what the latest note with a hit says.
    """

    node: Node | None
    is_partial: bool = False
    texts: dict[int, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Noted:
    """An issue with the notes that hold what is looked for, folded."""

    text: str
    keys: frozenset[str]
    latest: str
    notes: list[str] = field(default_factory=list)

    def is_found(self, node: Node | None, *, with_notes: bool) -> bool:
        def holds(leaf: Leaf) -> bool:
            return isinstance(leaf, Key) and leaf.text in self.keys

        return matches(node, "\n".join([self.text, *self.notes * with_notes]), holds)


def with_notes(user: User, query: Query) -> NotedSearch:
    """Let a resolved query find what it finds with the notes of a reader, in one query."""
    node = query.node
    # What is excluded as well: a note may hold it.
    leaves = [
        leaf for leaf in leaves_of(query.named) if isinstance(leaf, WordTerm | Prefix | Phrase)
    ]
    if node is None or not leaves:
        return NotedSearch(node)
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
    # The index is told of those alone that it would find and should not, or the other way round.
    found: list[Node] = []
    lost: list[Node] = []
    for pk, issue in noted.items():
        is_found = issue.is_found(query.named, with_notes=True)
        if is_found != issue.is_found(query.named, with_notes=False):
            (found if is_found else lost).append(Key(f"id={pk}"))
    if unwanted := any_of(lost):
        node = all_of([node, Not(unwanted)]) or node
    node = any_of([node, *found]) or node
    texts_of = {pk: issue.latest for pk, issue in noted.items()}
    return NotedSearch(node, len(rows) > MOST_NOTED, texts_of)
