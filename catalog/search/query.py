"""The query language: parses text into a tree of terms, and into filters.

    words "a phrase" pref* -not (group) one OR other tag:rlhf tier:>=4 before:2024 sort:cited

OR binds tighter than the implicit AND between terms: `a b OR c` means a AND (b OR c). No input is
an error. Parts that cannot be interpreted are searched as words or ignored, with a message; if no
word is left, nothing is found.

A URL matches the issue that it links to, in addition to texts that contain it. A Korean word is a
prefix, because particles are attached to it; in quotation marks it is matched exactly.
"""

import calendar
import datetime
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from catalog.search.tree import (
    NO_ISSUE,
    Address,
    And,
    In,
    InCluster,
    Leaf,
    Node,
    Or,
    Phrase,
    Prefix,
    Tagged,
    TextLeaf,
    Tiers,
    WordTerm,
    Year,
    join,
    negate,
    wanted,
)  # fmt: skip
from catalog.search.words import is_korean, words

# The most characters and the most terms of a query that are searched for.
LONGEST_QUERY = 200
TERMS = 16
# Limit of a query that is a single URL, in characters; trackers can make them long.
ADDRESS_LENGTH = 2_000
NO_WORDS = "There is no word to look for in this search, so it finds nothing."
SIGNS = "Signs that are no words are passed over."

TIERS = frozenset(range(1, 6))
STATE_VALUES = frozenset({"unread", "queued", "reading", "read"})
SORT_VALUES = ("relevance", "newest", "oldest", "tier", "cited", "shortest", "title", "recent")


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: the tree of terms, and the filters that apply with it.

    `text` is the text as parsed: cut to `LONGEST_QUERY`, with spaces for control characters. `node`
    is None if there are only filters. After names have been looked up, `node` is the query for the
    index, and `named` keeps prefixes as typed, for matching texts outside the index.

    Repeated filters are combined: the latest `after`, the earliest `before`, all of `minutes`
    (pairs of operator and number). `states` are the allowed reading states: all four by default,
    none if they contradict each other. The last `sort` wins, and so does the last of `has:` and
    `-has:`, with a message; "" means no filter.
    """

    text: str
    node: Node | None = None
    named: Node | None = field(default=None, compare=False)
    after: datetime.date | None = None
    before: datetime.date | None = None
    minutes: tuple[tuple[str, int], ...] = ()
    states: frozenset[str] = STATE_VALUES
    has_note: bool | None = None
    has_link: bool | None = None
    sort: str = ""
    complaints: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[TextLeaf, ...]:
        """The positive terms in the order typed."""
        return tuple(wanted(self.named))

    @property
    def has_text(self) -> bool:
        """Whether there is text to rank and highlight by."""
        return bool(self.words)


def parse(text: str) -> Query:
    """Parse a query. Any text is valid; problems are listed in `complaints`."""
    return _QueryParser(text).read()


class _Misread(Exception):
    """A field cannot be interpreted; the message continues after the field's text."""


_COMPARISONS = {
    "<": operator.lt, "<=": operator.le, "=": operator.eq, ">=": operator.ge, ">": operator.gt,
}  # fmt: skip
_COMPARED = re.compile(r"([<>]=?|=?)([0-9]{1,5})")
_PERIOD = re.compile(r"([0-9]{4})(?:-(0?[1-9]|1[0-2])(?:-(0?[1-9]|[12][0-9]|3[01]))?)?")


def _compared(value: str, fault: str) -> tuple[str, int]:
    """Parse `5` or `>=4`: return the operator, "=" by default, and the number."""
    if not (match := _COMPARED.fullmatch(value)):
        raise _Misread(fault)
    return match[1] or "=", int(match[2])


def _period(value: str) -> tuple[datetime.date, datetime.date]:
    """Read a day, a month or a year: its first day and its last."""
    if match := _PERIOD.fullmatch(value):
        year, month, day = (int(part or 0) for part in match.groups())
        try:
            first = datetime.date(year, month or 1, day or 1)
            length = calendar.monthrange(year, month or 12)[1]
            return first, datetime.date(year, month or 12, day or length)
        except ValueError:
            # The year 0, or a day that its month lacks.
            pass
    raise _Misread("is not a day, month or year such as 2024-06-30, 2024-06 or 2024")


def _choice(value: str, choices: Iterable[str], what: str) -> str:
    if value.lower() not in choices:
        raise _Misread(f"is not {what}")
    return value.lower()


def _tier_filter(value: str) -> Tiers:
    if value.lower() == "none":
        return Tiers(frozenset({None}))
    fault = "is not a tier from 1 to 5"
    sign, number = _compared(value, fault)
    tiers = frozenset(tier for tier in TIERS if _COMPARISONS[sign](tier, number))
    if number not in TIERS or not tiers:
        raise _Misread(fault)
    return Tiers(tiers)


def _cluster_filter(value: str) -> InCluster:
    return InCluster(None if value.lower() == "none" else value)


def _year(value: str) -> Year:
    if not re.fullmatch("[0-9]{4}", value) or value == "0000":
        raise _Misread("is not a year such as 2024")
    return Year(int(value))


def _date_after(query: Query, value: str, is_negated: bool) -> Query:
    _, last = _period(value)
    return replace(query, after=max(query.after or last, last))


def _before(query: Query, value: str, is_negated: bool) -> Query:
    first, _ = _period(value)
    return replace(query, before=min(query.before or first, first))


def _minutes(query: Query, value: str, is_negated: bool) -> Query:
    compared = _compared(value, "is not a number of minutes such as <10")
    return replace(query, minutes=(*query.minutes, compared))


def _state_filter(query: Query, value: str, is_negated: bool) -> Query:
    state = _choice(value, STATE_VALUES, "one of unread, queued, reading and read")
    allowed = STATE_VALUES - {state} if is_negated else {state}
    return replace(query, states=query.states & allowed)


def _has(query: Query, value: str, is_negated: bool) -> Query:
    if _choice(value, ("note", "link"), "has:note or has:link") == "note":
        return replace(query, has_note=not is_negated)
    return replace(query, has_link=not is_negated)


def _sort(query: Query, value: str, is_negated: bool) -> Query:
    orders = f"one of {', '.join(SORT_VALUES[:-1])} and {SORT_VALUES[-1]}"
    return replace(query, sort=_choice(value, SORT_VALUES, orders))


# Fields that become part of the tree, and fields that become filters.
_LEAVES: dict[str, Callable[[str], Leaf]] = {
    "tag": Tagged, "tier": _tier_filter, "in": In, "cluster": _cluster_filter, "year": _year,
}  # fmt: skip
_FILTERS: dict[str, Callable[[Query, str, bool], Query]] = {
    "after": _date_after, "before": _before, "minutes": _minutes, "state": _state_filter,
    "has": _has, "sort": _sort,
}  # fmt: skip
_NEGATABLE = ("has", "state")


# A web address, with its scheme or without; a parenthesis in it is closed in it.
WEB_ADDRESS = re.compile(
    r"""(?:(?i:https?://|www\.)|[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}/)(?:[^\s()|"]|\([^\s()|"]*\))+"""
)
_TOKEN = re.compile(
    rf"""
      (?P<either> \| | OR (?![^\s()|"]) )
    | (?P<both> AND (?![^\s()|"]) )
    | (?P<close> \) )
    | (?P<minus> (?<![^\s(|]) - (?=[^\s|)-]) )?
      (?: (?P<open> \( )
        | (?P<address> {WEB_ADDRESS.pattern} )
        | (?P<field> (?P<name> (?ai:{"|".join([*_LEAVES, *_FILTERS])}) )
            : (?P<value> "[^"]*"? | [^\s()|"]* ) )
        | (?P<phrase> "[^"]*"? )
        | (?P<word> [^\s()|"]+ ) )
    """,
    re.VERBOSE,
)
# Telephones type quotation marks so.
_STRAIGHT = str.maketrans("“”„", '"""')
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(slots=True)
class _Group:
    """An open parenthesis: its terms, each with its alternatives."""

    is_negated: bool = False
    # Whether the group itself is an alternative to the term before it.
    is_alternative: bool = False
    terms: list[list[Node | None]] = field(default_factory=list)

    def add(self, node: Node | None, is_alternative: bool) -> None:
        if is_alternative:
            self.terms[-1].append(node)
        else:
            self.terms.append([node])

    def node(self) -> Node | None:
        node = join(And, [join(Or, term) for term in self.terms])
        return negate(node) if self.is_negated else node


class _QueryParser:
    """The parser of one query; open groups are on an explicit stack, so nesting cannot overflow."""

    def __init__(self, text: str) -> None:
        cleaned = _CONTROLS.sub(" ", text).strip()
        is_address = len(cleaned) <= ADDRESS_LENGTH and WEB_ADDRESS.fullmatch(cleaned)
        length = ADDRESS_LENGTH if is_address else LONGEST_QUERY
        self._query = Query(cleaned[:length])
        self._terms = 0
        # Whether each quoted text contains words.
        self._have_words: list[bool] = []
        if len(cleaned) > length:
            self._complain(f"A search is read up to {length} characters; the rest is left out.")

    def read(self) -> Query:
        node = self._tree()
        if self._is_wordless():
            # An order alone lists everything.
            unsorted = replace(self._query, text="", complaints=(), sort="")
            is_order = self._query.sort and not self._have_words
            if node is None and unsorted == Query("") and not is_order:
                self._complain(NO_WORDS)
                node = NO_ISSUE
            elif self._have_words:
                self._complain(SIGNS)
        return replace(self._query, node=node, named=node)

    def _tree(self) -> Node | None:
        tokens = self._tokens()
        groups = [_Group()]
        is_alternative = False
        for index, token in enumerate(tokens):
            match token.lastgroup:
                case "either":
                    is_alternative = True
                    continue
                case "open":
                    groups.append(_Group(bool(token["minus"]), is_alternative))
                case "close":
                    self._close(groups)
                case _:
                    beside = (other.lastgroup for other in tokens[max(index - 1, 0) : index + 2])
                    is_free = len(groups) == 1 and "either" not in beside
                    groups[-1].add(self._term(token, is_free), is_alternative)
            is_alternative = False
        while len(groups) > 1:
            self._complain("A parenthesis is not closed; it is taken to close at the end.")
            self._close(groups)
        return groups[0].node()

    def _is_wordless(self) -> bool:
        """Tell whether something is typed, and no word of it can be looked for."""
        return self._query.text != "" and not any(self._have_words)

    def _tokens(self) -> list[re.Match[str]]:
        """Return the tokens without unmatched operators and parentheses."""
        text = self._query.text.translate(_STRAIGHT)
        if text.count('"') % 2:
            self._complain("A quotation mark is not closed; the rest is taken as a phrase.")
        tokens: list[re.Match[str]] = []
        depth = 0
        for token in _TOKEN.finditer(text):
            depth += {"open": 1, "close": -1}.get(token.lastgroup or "", 0)
            if depth < 0:
                self._complain("A parenthesis is closed that was not opened; it is passed over.")
                depth = 0
            elif token.lastgroup != "both":
                tokens.append(token)
        return [token for index, token in enumerate(tokens) if self._stands(tokens, index)]

    def _stands(self, tokens: list[re.Match[str]], index: int) -> bool:
        """Return whether a token is no OR, or an OR with a term on each side."""
        if tokens[index].lastgroup != "either":
            return True
        if 0 < index < len(tokens) - 1:
            left, right = tokens[index - 1].lastgroup, tokens[index + 1].lastgroup
            if left not in ("open", "either") and right not in ("close", "either"):
                return True
        self._complain(f"“{tokens[index].group()}” needs a term on each side; it is passed over.")
        return False

    @staticmethod
    def _close(groups: list[_Group]) -> None:
        group = groups.pop()
        groups[-1].add(group.node(), group.is_alternative)

    def _term(self, token: re.Match[str], is_free: bool) -> Node | None:
        """Read a field, a phrase or a word; `is_free` is one outside of OR and parentheses."""
        is_negated = bool(token["minus"])
        if token["phrase"]:
            node = self._text(self._words(token["phrase"]))
        elif token["address"]:
            node = self._address(token["address"])
        elif token["word"]:
            node = self._word(token["word"])
        else:
            name, value = token["name"].lower(), " ".join(token["value"].strip('"').split())
            try:
                if not value:
                    raise _Misread("has nothing after the colon")
                if name in _FILTERS:
                    self._filter(name, value, is_negated, is_free)
                    return None
                node = self._leaf(_LEAVES[name](value))
            except _Misread as fault:
                self._complain(f"“{token['field']}” {fault}, so it is searched as words.")
                node = self._word(token["field"])
        return negate(node) if is_negated else node

    def _filter(self, name: str, value: str, is_negated: bool, is_free: bool) -> None:
        if not is_free:
            raise _Misread("cannot stand beside OR or in parentheses")
        if is_negated and name not in _NEGATABLE:
            raise _Misread("cannot be excluded")
        self._query = _FILTERS[name](self._query, value, is_negated)

    def _address(self, text: str) -> Node | None:
        node = self._word(text)
        return node if text.endswith("*") else join(Or, [node, self._leaf(Address(text))])

    def _words(self, text: str) -> list[str]:
        found = words(text)
        self._have_words.append(bool(found))
        return found

    def _word(self, text: str) -> Node | None:
        found = self._words(text)
        if not found or not (text.endswith("*") or is_korean(found[-1])):
            return self._text(found)
        # Neither engine supports a phrase that ends in a prefix, so its words are searched
        # separately.
        return join(And, [self._text(found[:-1]), self._leaf(Prefix(found[-1]))])

    def _text(self, found: list[str]) -> Node | None:
        if not found:
            return None
        return self._leaf(Phrase(tuple(found)) if len(found) > 1 else WordTerm(found[0]))

    def _leaf(self, leaf: Leaf) -> Leaf | None:
        self._terms += 1
        if self._terms > TERMS:
            self._complain(f"A search has at most {TERMS} terms; the rest are left out.")
            return None
        return leaf

    def _complain(self, complaint: str) -> None:
        if complaint not in self._query.complaints:
            complaints = (*self._query.complaints, complaint)
            self._query = replace(self._query, complaints=complaints)
