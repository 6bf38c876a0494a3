"""Full-text queries: one tree of conditions, rendered for either database.

The index is sorted by date and read from its newest end, so the first page costs the same for a
frequent word and for a rare one. Words and filters are terms of the same index, so combinations are
intersected there instead of by scanning issues.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import OperationalError, connection
from django.db.models import QuerySet

from catalog.search.tree import And, Key, Node, Not, Or, Phrase, WordTerm

# Time limit for all index queries of one page, in milliseconds.
SEARCH_BUDGET_MS = 100
# How many SQLite instructions may pass between two looks at the clock.
_INSTRUCTIONS = 2_000
EVERY_KEY = "every="
CANCELED = "57014"


class TooBroad(Exception):
    """The index could not answer within its time."""


def row_field() -> str:
    """Return the lookup, from an issue, of its place in the index; greater is newer."""
    return "text__match__row" if connection.vendor == "sqlite" else "text__id"


def found[Q: QuerySet[Any]](issues: Q, node: Node) -> Q:
    """Return the issues that a resolved tree finds; order them by `row_field`."""
    if connection.vendor == "sqlite":
        return issues.filter(text__match__words__finds=_render_node(node, _SQLITE))
    return issues.filter(text__keys__finds=_render_node(node, _POSTGRESQL))


@contextmanager
def bounded(milliseconds: int = SEARCH_BUDGET_MS) -> Iterator[None]:
    """Limit the time of the queries inside; raise TooBroad when it is used up.

    SQLite runs in this thread and is limited by the thread's own CPU time, however busy the machine
    is.
    """
    try:
        if connection.vendor == "sqlite":
            connection.ensure_connection()
            database = connection.connection
            end = time.thread_time() + milliseconds / 1000
            database.set_progress_handler(lambda: time.thread_time() > end, _INSTRUCTIONS)
            try:
                yield
            finally:
                database.set_progress_handler(None, 0)
        else:
            deadline = time.monotonic() + milliseconds / 1000
            with connection.execute_wrapper(partial(_execute_in_time, deadline)):
                yield
    except OperationalError as error:
        # By its code, because PostgreSQL also reports a timeout as cancelled by the user.
        if str(error) == "interrupted" or getattr(error.__cause__, "sqlstate", "") == CANCELED:
            raise TooBroad from error
        raise


def _execute_in_time(
    deadline: float, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
) -> Any:
    """Send a limit of time along with a query of PostgreSQL, in the same message.

    Statements that are sent together are one transaction, to which the limit is local.
    """
    left = max(1, round(1000 * (deadline - time.monotonic())))
    result = execute(
        f"SET LOCAL statement_timeout = {left}; {sql}; SET LOCAL statement_timeout TO DEFAULT",
        params, many, context,
    )  # fmt: skip
    context["cursor"].nextset()
    return result


@dataclass(frozen=True, slots=True)
class _Language:
    """How an engine writes its operators, a term, and words one after the other."""

    all: str
    any: str
    but: str
    term: Callable[[str], str]
    phrase: Callable[[tuple[str, ...]], str]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _lexeme(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _weighted_phrase(words: tuple[str, ...]) -> str:
    """Ask for a phrase within one field: PostgreSQL numbers the words of all of them in one row."""
    fields = (" <-> ".join(f"{_lexeme(word)}:{weight}" for word in words) for weight in "ABCD")
    return "(" + " | ".join(fields) + ")"


_SQLITE = _Language(" AND ", " OR ", " NOT ", _quoted, lambda words: _quoted(" ".join(words)))
_POSTGRESQL = _Language(" & ", " | ", " & !", _lexeme, _weighted_phrase)


def _render_node(node: Node, language: _Language) -> str:
    match node:
        case WordTerm(text) | Key(text):
            return language.term(text)
        case Phrase(words):
            return language.phrase(words)
        case Or(parts):
            return "(" + language.any.join(_render_node(part, language) for part in parts) + ")"
        case And(parts):
            return _render_all(parts, language)
        case Not(_):
            return _render_all((node,), language)
    raise TypeError(f"{node!r} is not resolved")


def _render_all(parts: tuple[Node, ...], language: _Language) -> str:
    """Require all parts; exclusions need something to be subtracted from."""
    wanted = [_render_node(part, language) for part in parts if not isinstance(part, Not)]
    unwanted = [_render_node(part.part, language) for part in parts if isinstance(part, Not)]
    text = language.all.join(wanted or [language.term(EVERY_KEY)])
    if unwanted:
        text = f"({text}){language.but}({language.any.join(unwanted)})"
    return f"({text})"
