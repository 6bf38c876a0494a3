"""The query as a tree of words and filters."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WordTerm:
    text: str


@dataclass(frozen=True, slots=True)
class Prefix:
    """Words that begin so."""

    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Two words or more, one after the other."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tagged:
    """A tag by its name, as it was typed."""

    name: str


@dataclass(frozen=True, slots=True)
class Tiers:
    """Any of these tiers; None is an issue without one."""

    tiers: frozenset[int | None]


@dataclass(frozen=True, slots=True)
class In:
    """A publication by its name or slug, as it was typed."""

    name: str


@dataclass(frozen=True, slots=True)
class InCluster:
    """A cluster by its name, as it was typed; None is an issue without one."""

    name: str | None


@dataclass(frozen=True, slots=True)
class Year:
    year: int


@dataclass(frozen=True, slots=True)
class Address:
    """The issue at a web address, as it was typed."""

    name: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the index, such as `tag=rlhf`; all filters are reduced to keys."""

    text: str


type TextLeaf = WordTerm | Prefix | Phrase
type Leaf = TextLeaf | Tagged | Tiers | In | InCluster | Year | Address | Key

# No issue has this key.
NO_ISSUE = Key("nothing=")


@dataclass(frozen=True, slots=True)
class And:
    """All of two or more parts, none of which is an And."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of two or more parts, none of which is an Or."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The negation of a part that is not a Not."""

    part: "Node"


type Node = Leaf | And | Or | Not


def needle(leaf: TextLeaf) -> str:
    """Return the string that a leaf matches in a folded text with spaces around each word."""
    match leaf:
        case WordTerm(text):
            return f" {text} "
        case Prefix(text):
            return f" {text}"
        case Phrase(words):
            return f" {' '.join(words)} "


def matches(node: Node | None, text: str, holds: Callable[[Leaf], bool]) -> bool:
    """Return whether a folded text matches a tree; None matches everything.

    The fields of a text are separated by "\n", which no phrase crosses. `holds` decides for leaves
    that do not concern text.
    """
    # A space on both sides of every word prevents matches within other words.
    spaced = f" {text} ".replace("\n", " \n ")

    def is_met(node: Node) -> bool:
        match node:
            case WordTerm() | Prefix() | Phrase():
                return needle(node) in spaced
            case And(parts):
                return all(map(is_met, parts))
            case Or(parts):
                return any(map(is_met, parts))
            case Not(part):
                return not is_met(part)
            case leaf:
                return holds(leaf)

    return node is None or is_met(node)


def wanted(node: Node | None) -> Iterator[TextLeaf]:
    match node:
        case WordTerm() | Prefix() | Phrase():
            yield node
        case And(parts) | Or(parts):
            for part in parts:
                yield from wanted(part)


def join(kind: type[And] | type[Or], parts: Iterable[Node | None]) -> Node | None:
    """Join the parts that are not None: nothing is None, and a single part is returned as it is."""
    flat: list[Node] = []
    for part in parts:
        if isinstance(part, kind):
            flat.extend(part.parts)
        elif part is not None:
            flat.append(part)
    return kind(tuple(flat)) if len(flat) > 1 else next(iter(flat), None)


def negate(node: Node | None) -> Node | None:
    match node:
        case None:
            return None
        case Not(part):
            return part
        case _:
            return Not(node)


def leaves_of(node: Node | None) -> Iterator[Leaf]:
    match node:
        case None:
            return
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves_of(part)
        case Not(part):
            yield from leaves_of(part)
        case leaf:
            yield leaf


def replaced(node: Node | None, leaves: Mapping[Leaf, Node]) -> Node | None:
    """Return a tree with leaves replaced by the given ones."""
    match node:
        case None:
            return None
        case And(parts):
            return join(And, (replaced(part, leaves) for part in parts))
        case Or(parts):
            return join(Or, (replaced(part, leaves) for part in parts))
        case Not(part):
            return negate(replaced(part, leaves))
        case leaf:
            return leaves.get(leaf, leaf)


def any_of(nodes: Iterable[Node]) -> Node | None:
    return join(Or, nodes)


def all_of(nodes: Iterable[Node | None]) -> Node | None:
    return join(And, nodes)
