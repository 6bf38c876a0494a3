"""Quick search: a few matches of every kind while the reader types."""

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Concat
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.text import slugify

from accounts.browsing.filters import issue_filter
from accounts.models import Note, User
from catalog.browsing.filters import IssueFilter
from catalog.models import Cluster, Issue, KeyCount, Publication, Tag
from catalog.search.engine import TooBroad, bounded, row_field
from catalog.search.marks import excerpt, mark
from catalog.search.query import STATE_VALUES, TERMS, Query, parse
from catalog.search.tree import Node, Phrase, Prefix, TextLeaf, WordTerm, leaves_of
from catalog.search.words import fold, words
from catalog.text import tag_key

MOST_PUBLICATIONS = 3
QUICK_CLUSTERS = 3
QUICK_TAGS = 4
QUICK_ISSUES = 8
MOST_NOTES = 4
# Each prefix takes a query of its own; limit of prefixes besides the last word.
MOST_STARS = 1

_TYPED_WORD = re.compile(r'[^\s"“”„()|*]+')
# Behind these a word is not going on: a field, a phrase, an operator or an address is.
_IN_SYNTAX = re.compile(r'[:"“”„()|*][^\s]*$|(?:^|\s)(?:OR|AND|(?i:www)\.\S*)$')


@dataclass(frozen=True, slots=True)
class Hit:
    """One selectable line: it leads to `url`, or sets the `theme` if `url` is "".

    `row` is its object, with only the displayed fields fetched.
    """

    title: SafeString
    url: str = ""
    theme: str = ""
    icon: str = ""
    tier: int | None = None
    detail: str = ""
    date: datetime.date | None = None
    keys: tuple[str, ...] = ()
    row: Any = None


@dataclass(frozen=True, slots=True)
class Group:
    """Hits of one kind; `is_too_broad` if they could not be found in time."""

    key: str
    title: str
    hits: Sequence[Hit]
    is_too_broad: bool = False


@dataclass(frozen=True, slots=True)
class QuickResults:
    """The results, without empty groups; `all_url` is "" for an empty text.

    `notices` may explain why nothing was found, a sentence each.
    """

    text: str
    groups: Sequence[Group]
    all_url: str = ""
    notices: Sequence[str] = ()

    @property
    def said(self) -> str:
        """The announcement for screen readers, a sentence or two."""
        count = sum(len(group.hits) for group in self.groups)
        noun = ("command" if not self.text else "result") + ("" if count == 1 else "s")
        sentences = [f"{count} {noun}." if count else "Nothing found."]
        sentences += [
            f"{group.title} took too long." for group in self.groups if group.is_too_broad
        ]
        sentences += self.notices
        return " ".join(sentences)


@dataclass(frozen=True, slots=True)
class _Command:
    """A page to go to or a theme to set; `also` holds further words that match it."""

    title: str
    also: str
    route: str = ""
    theme: str = ""
    icon: str = ""
    keys: tuple[str, ...] = ()
    is_for: tuple[bool, ...] = (True,)

    @property
    def words(self) -> list[str]:
        return words(f"{self.title} {self.also}")


# For whom a command is: readers who have signed in (True), anonymous ones (False).
_ALL = (True, False)
_COMMANDS = (
    _Command("Library", "home front page publications", "library", icon="library",
             keys=("g", "l"), is_for=_ALL),
    _Command("Catalog", "all issues browse search filters", "issue_list", icon="catalog",
             keys=("g", "c"), is_for=_ALL),
    _Command("Queue", "next up", "accounts:queue", icon="queued", keys=("g", "q")),
    _Command("Progress", "figures streak pace canon", "accounts:progress", icon="progress",
             keys=("g", "p")),
    _Command("Notes", "quotes", "accounts:note_list", icon="note", keys=("g", "n")),
    _Command("Account", "time zone password settings", "accounts:account_detail", icon="filter"),
    _Command("What I marked", "history undo", "accounts:act_list", icon="read"),
    _Command("Light theme", "mode bright", theme="light", icon="lamp"),
    _Command("Dark theme", "mode night", theme="dark", icon="lamp"),
    _Command("Sign in", "log in account", "accounts:sign_in", icon="chevron-right",
             is_for=(False,)),
)  # fmt: skip


def quick(user: User | None, text: str, *, looks_into_notes: bool = True) -> QuickResults:
    """Find a few hits of each kind for a text, including the reader's own notes.

    Without `looks_into_notes`, the result does not depend on notes. The last word is a prefix
    unless a space follows it. Any text is valid. There are at most eight queries, plus one for each
    Korean word, for a catalog of any size.
    """
    typed = parse(text)
    if not typed.text:
        return QuickResults("", [Group("commands", "Commands", _commands(user, [], []))])
    query = _with_prefix(typed, text)
    terms = _words_of(query)
    leaves = _as_prefixes(query.words)
    # A single letter matches too much, so only names are searched.
    is_letter = len("".join(terms)) == 1
    is_composed = _is_composed(query)
    has_words = bool(terms) and not is_letter
    groups = []
    if terms and not is_composed:
        groups.append(Group("commands", "Commands", _commands(user, terms, leaves)))
        groups += _name_groups(_raw_words(query.text, set(terms)), leaves, is_letter)
    node: Node | None = None
    notices: tuple[str, ...] = ()
    if is_composed or has_words:
        issues, node, notices = _issue_group(user, query, looks_into_notes)
        groups.append(issues)
    if user and looks_into_notes and has_words:
        groups.append(_group("notes", "My notes", lambda: _note_hits(user, leaves)))
    groups = [group for group in groups if group.hits or group.is_too_broad]
    return QuickResults(
        typed.text,
        groups,
        f"{reverse('issue_list')}?{urlencode({'q': _full_text(typed, query, node)})}",
        () if groups else notices,
    )


def _as_prefixes(words: Iterable[TextLeaf]) -> list[TextLeaf]:
    """Return each leaf once; all but phrases match the beginnings of words."""
    return [
        leaf if isinstance(leaf, Phrase) else Prefix(leaf.text) for leaf in dict.fromkeys(words)
    ]


def _issue_group(
    user: User | None, query: Query, looks_into_notes: bool
) -> tuple[Group, Node | None, tuple[str, ...]]:
    """Return the group of issues, and the tree and messages of the query that found them."""
    asked = _filter_of_text(user, query, looks_into_notes)
    issues = _group("issues", "Issues", lambda: _issue_hits(asked, query))
    if issues.is_too_broad:
        return issues, None, ()
    return issues, asked.query.node, tuple(asked.query.complaints)


def _name_groups(raw: list[str], leaves: Sequence[TextLeaf], is_letter: bool) -> list[Group]:
    return [
        _group("publications", "Publications", lambda: _publication_hits(raw, leaves, is_letter)),
        _group("clusters", "Clusters", lambda: _cluster_hits(raw, leaves, is_letter)),
        _group("tags", "Tags", lambda: _tag_hits(raw, leaves, is_letter)),
    ]


def _with_prefix(typed: Query, text: str) -> Query:
    """Read a text whose last word is being typed: the word is a prefix."""
    cleaned = typed.text
    if (extra := cleaned.count("*") - MOST_STARS) > 0:
        cleaned = cleaned.replace("*", " ", extra)
    is_open = not text[-1:].isspace() and not _IN_SYNTAX.search(cleaned) and fold(cleaned[-1:])
    return parse(f"{cleaned}*" if is_open else cleaned)


def _full_text(typed: Query, query: Query, node: Any) -> str:
    """Return the query for all results on the catalog page, where the last word is no prefix."""
    *_, last = query.words or (None,)
    if isinstance(last, Prefix) and query.text != typed.text:
        known = {leaf.text for leaf in leaves_of(node) if isinstance(leaf, WordTerm)}
        if last.text not in known and any(word.startswith(last.text) for word in known):
            return query.text
    return typed.text


def _words_of(query: Query) -> list[str]:
    """Return the folded words that are looked for, in order."""
    found_words: list[str] = []
    for leaf in query.words:
        found_words += leaf.words if isinstance(leaf, Phrase) else (leaf.text,)
    return list(dict.fromkeys(found_words))


def _raw_words(text: str, wanted: set[str]) -> list[str]:
    """Return the words of the query as they were typed, without syntax."""
    tokens = (
        token for token in _TYPED_WORD.findall(text) if (own := words(token)) and wanted >= {*own}
    )
    return list(dict.fromkeys(tokens))[:TERMS]


def _is_composed(query: Query) -> bool:
    """Return whether there are fields or exclusions, which apply to issues only."""
    filters = replace(query, text="", node=None, named=None, complaints=())
    return filters != Query("") or len({*leaves_of(query.node)}) > len({*query.words})


def _group(key: str, title: str, find: Callable[[], Sequence[Hit]]) -> Group:
    try:
        with bounded():
            return Group(key, title, find())
    except TooBroad:
        return Group(key, title, (), is_too_broad=True)


def _commands(user: User | None, terms: Sequence[str], leaves: Sequence[TextLeaf]) -> list[Hit]:
    """Return the commands that have all words typed, each as the beginning of one of theirs."""
    return [
        Hit(
            mark(command.title, leaves),
            reverse(command.route) if command.route else "",
            command.theme,
            command.icon,
            keys=command.keys,
        )
        for command in _COMMANDS
        if bool(user) in command.is_for
        and all(any(own.startswith(term) for own in command.words) for term in terms)
    ]


def _publication_hits(raw: Sequence[str], leaves: Sequence[TextLeaf], is_letter: bool) -> list[Hit]:
    begins, holds = _name_conditions("name", raw)
    rows = Publication.objects.filter(begins if is_letter else holds).only("name", "slug", "author")
    best = _best(rows, begins, "in", OuterRef("slug"))[:MOST_PUBLICATIONS]
    return [
        Hit(
            mark(row.name, leaves),
            row.get_absolute_url(),
            icon="library",
            detail=_use_words(row),
            row=row,
        )
        for row in best
    ]


def _cluster_hits(raw: Sequence[str], leaves: Sequence[TextLeaf], is_letter: bool) -> list[Hit]:
    begins, holds = _name_conditions("title", raw)
    listed = Cluster.objects.listed().select_related("publication")
    rows = listed.filter(begins if is_letter else holds)
    rows = rows.only("title", "slug", "publication__name", "publication__slug")
    value = Concat(OuterRef("publication__slug"), Value("/"), OuterRef("slug"))
    return [
        Hit(
            mark(row.title, leaves),
            row.get_absolute_url(),
            icon="catalog",
            detail=f"{row.publication.name} · {_use_words(row)}",
            row=row,
        )
        for row in _best(rows, begins, "cluster", value)[:QUICK_CLUSTERS]
    ]


def _tag_hits(raw: Sequence[str], leaves: Sequence[TextLeaf], is_letter: bool) -> list[Hit]:
    keys = [key for word in raw if (key := tag_key(word))]
    if not keys:
        return []
    begins = Q(key__startswith="".join(keys))
    rows = Tag.objects.listed().filter(begins) if is_letter else Tag.objects.listed()
    for key in keys:
        rows = rows.filter(key__contains=key)
    return [
        Hit(mark(row.name, leaves), row.get_absolute_url(), detail=_use_words(row), row=row)
        for row in _best(rows, begins, "tag", OuterRef("slug"))[:QUICK_TAGS]
    ]


def _name_conditions(field: str, raw: Sequence[str]) -> tuple[Q, Q]:
    """Return two conditions: a name begins with the words, and it contains each of them."""
    begins = Q(**{f"{field}__istartswith": " ".join(raw)})
    holds = Q()
    for word in raw:
        held = Q(**{f"{field}__icontains": word})
        # SQLite only folds ASCII letters; slugs are lower case.
        if not word.isascii() and (slug := slugify(word, allow_unicode=True)):
            held |= Q(slug__contains=slug)
            begins |= Q(slug__startswith=slug)
        holds &= held
    return begins & holds, holds


def _best(rows: Any, begins: Q, facet: str, value: Any) -> QuerySet[Any]:
    """Sort names that begin with the words before others, then by number of issues."""
    uses = KeyCount.objects.filter(facet=facet, value=value).values("count")
    return rows.annotate(
        uses=Coalesce(Subquery(uses), 0), place=Case(When(begins, then=0), default=1)
    ).order_by("place", "-uses", "pk")


def _use_words(row: Any) -> str:
    return f"{row.uses:,} issue{'' if row.uses == 1 else 's'}"


def _filter_of_text(user: User | None, query: Query, looks_into_notes: bool) -> IssueFilter:
    """Return the catalog's filter for a text, the reader's if it uses the reader's data."""
    is_mine = query.has_note is not None or query.states != STATE_VALUES
    data = {"q": query.text}
    asked = issue_filter(data, user if is_mine else None, looks_into_notes=looks_into_notes)
    asked.form.is_valid()
    return asked


def _issue_hits(asked: IssueFilter, query: Query) -> list[Hit]:
    shown = Issue.objects.listed().select_related("publication")
    shown = shown.only("title", "slug", "date", "tier", "publication__name", "publication__slug")
    hits = asked.compiled.hits(shown)
    return [
        Hit(
            mark(issue.title, query.words),
            issue.get_absolute_url(),
            tier=issue.tier,
            detail=issue.publication.name,
            date=issue.date,
            row=issue,
        )
        for issue in hits.order_by(f"-{row_field()}")[:QUICK_ISSUES]
    ]


def _note_hits(user: User, leaves: Sequence[TextLeaf]) -> list[Hit]:
    notes = Note.objects.of(user)
    for leaf in leaves[:TERMS]:
        text = " ".join(leaf.words) if isinstance(leaf, Phrase) else leaf.text
        notes = notes.filter(folded__contains=text)
    return [
        Hit(
            _excerpt(note, leaves),
            note.get_absolute_url(),
            icon=str(note.kind),
            detail=note.issue.title,
            date=note.created_on,
            row=note,
        )
        for note in notes.with_issues().newest_first()[:MOST_NOTES]
    ]


def _excerpt(note: Note, leaves: Sequence[TextLeaf]) -> SafeString:
    """Return an excerpt of a note around a hit, preferring its own words to quoted ones."""
    shown = [excerpt(text, leaves, 120) for text in (note.body, note.quote) if text]
    return next((text for text in shown if "<mark>" in text), shown[0])
