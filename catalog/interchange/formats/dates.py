"""Dates in the notations of spreadsheets and other programs, interpreted together.

`1/5/2024` alone is either 5 January or 1 May. Next to `11/24/2023` in the same file it is 5
January, because one program wrote both. So the dates of a file are collected first and interpreted
at its end, and an error that many issues share is reported once.
"""

import datetime
import re
from typing import NamedTuple

from catalog.interchange.document import FileProblem, IssueEntry
from catalog.interchange.formats.page_lines import month_of
from catalog.interchange.formats.values import stripped
from catalog.text import quoted

EXAMPLE = "“2023-11-24”"

_TIME = re.compile(
    r"(?:T|\s+)([0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?)\s*(?:[AaPp]\.?[Mm]\.?)?"
    r"\s*(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?"
)
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
# No date is longer.
_LONGEST_DATE = 60
_WEEKDAY = r"(?:[A-Za-z]{3,9}\.?,?\s+)?"
_DAY_MONTH = re.compile(
    _WEEKDAY + r"([0-9]{1,2})(?:st|nd|rd|th|\.)?[\s-]+([A-Za-z]{3,9})\.?,?[\s-]+([0-9]{4})"
)
_MONTH_DAY = re.compile(
    _WEEKDAY + r"([A-Za-z]{3,9})\.?\s+([0-9]{1,2})(?:st|nd|rd|th)?,?\s+([0-9]{4})"
)
_FULL_DAY = f"a full day is needed, as {EXAMPLE}"
_FORMAT = f"format the column as YYYY-MM-DD, as in {EXAMPLE}, and save the file again"
# Forms that do not name a day, with their descriptions for messages.
_FAULTS = (
    (r"[0-9]{4}", "only a year found", _FULL_DAY),
    (
        r"[0-9]{4}[-/.][0-9]{1,2}|[0-9]{1,2}[/.][0-9]{4}|[A-Za-z]{3,9}\.?,?\s+[0-9]{4}",
        "only a month found",
        _FULL_DAY,
    ),
    (r"[0-9]{5}(?:\.[0-9]+)?", "the number that a spreadsheet keeps for a day found", _FORMAT),
    (
        r"[0-9]{1,2}([-/.])[0-9]{1,2}\1[0-9]{2}|[0-9]{1,2}[\s-][A-Za-z]{3,9}[\s-][0-9]{2}",
        "a year of two digits found",
        _FORMAT,
    ),
)


class _Given(NamedTuple):
    """The date of an issue as written in its file."""

    issue: IssueEntry
    where: str
    text: str


class _Split(NamedTuple):
    """A date with the year last: the two possible days."""

    day_first: datetime.date | None
    month_first: datetime.date | None


class Dates:
    """The dates of one file; call `add` for each, then `settle`.

    `prefix` begins each message. A strict format accepts one form only; others accept every
    unambiguous form.
    """

    def __init__(self, prefix: str = "", *, is_strict: bool = False) -> None:
        self.prefix = prefix
        self.is_strict = is_strict
        self.problems: list[FileProblem] = []
        self.timed: list[_Given] = []
        self.split: list[tuple[_Given, _Split]] = []
        self.faulty: dict[tuple[str, str], list[_Given]] = {}

    def add(self, issue: IssueEntry, where: str, text: str) -> None:
        """Set the date of an issue, now or when all are settled."""
        given = _Given(issue, where, text)
        if len(text) > _LONGEST_DATE:
            self._reject(given)
            return
        plain, has_time = _without_time(text)
        found = _read_date(plain, self.is_strict)
        if has_time and found:
            self.timed.append(given)
        if isinstance(found, datetime.date):
            issue.date = found
        elif found:
            self.split.append((given, found))
        else:
            self._reject(given)

    def settle(self) -> list[FileProblem]:
        """Decide the ambiguous dates; return errors and warnings."""
        self._settle_order()
        for (found, remedy), given in self.faulty.items():
            example = f", as {quoted(given[0].text)}" if given[0].text else ""
            self._tell(given, f"{found}{example}", remedy)
        if self.timed:
            first = quoted(self.timed[0].text)
            self._tell(
                self.timed, f"a time of day found, as {first}", "the day is taken as it is written",
                is_error=False,
            )  # fmt: skip
        return self.problems

    def _reject(self, given: _Given) -> None:
        """Record a date that does not name a day, grouped by form."""
        if not given.text:
            self.faulty.setdefault(("no date found", _FULL_DAY), []).append(given)
            return
        for form, found, remedy in _FAULTS:
            if len(given.text) <= _LONGEST_DATE and re.fullmatch(form, given.text):
                self.faulty.setdefault((found, remedy), []).append(given)
                return
        message = f"{self.prefix}{quoted(given.text)} found, expected a day as {EXAMPLE}"
        self.problems.append(FileProblem("error", message, given.where, given.issue.title))

    def _settle_order(self) -> None:
        """Read all dates with the year last in the one order in which all of them are days."""
        day_first = next((given for given, split in self.split if not split.month_first), None)
        month_first = next((given for given, split in self.split if not split.day_first), None)
        if day_first and month_first:
            orders = f"{quoted(day_first.text)} and {quoted(month_first.text)}"
            found = f"dates in two orders found, as {orders}"
            self._tell([given for given, _ in self.split], found, _FORMAT)
            return
        if day_first or month_first or not self._report_ambiguous():
            for given, split in self.split:
                day = split.day_first if day_first else split.month_first
                assert day
                given.issue.date = day

    def _report_ambiguous(self) -> bool:
        """Report the dates that are two different days, and return whether there are any."""
        unclear = [
            (given, split) for given, split in self.split if split.day_first != split.month_first
        ]
        if unclear:
            given, split = unclear[0]
            found = (
                f"{quoted(given.text)} found, which is {split.day_first} or "
                f"{split.month_first}, and no other date tells"
            )
            self._tell([given for given, _ in unclear], found, _FORMAT)
        return bool(unclear)

    def _tell(self, given: list[_Given], found: str, remedy: str, *, is_error: bool = True) -> None:
        others = len(given) - 1
        more = f", here and in {others:,} other issue{'s' if others > 1 else ''}" if others else ""
        title = "" if others else given[0].issue.title
        message = f"{self.prefix}{found}{more}; {remedy}"
        self.problems.append(
            FileProblem("error" if is_error else "warning", message, given[0].where, title)
        )


def _without_time(text: str) -> tuple[str, bool]:
    """Return a date without its time of day, and whether that was another one than midnight."""
    found = _TIME.search(text)
    if not found or found.end() != len(text):
        return text, False
    return stripped(text[: found.start()]), bool(re.search("[1-9]", found[1]))


def _read_date(text: str, is_strict: bool) -> datetime.date | _Split | None:
    """Return the day that a text names, the two that it may name, or None."""
    if found := _YEAR_FIRST.fullmatch(text):
        if is_strict and not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return None
        return _make_day(found[1], found[3], found[4])
    if is_strict:
        return None
    if found := _YEAR_LAST.fullmatch(text):
        return _read_year_last(*found.groups())
    if found := _DAY_MONTH.fullmatch(text):
        return _make_day(found[3], month_of(found[2]), found[1])
    if found := _MONTH_DAY.fullmatch(text):
        return _make_day(found[3], month_of(found[1]), found[2])
    return None


def _read_year_last(first: str, mark: str, second: str, year: str) -> datetime.date | _Split | None:
    day_first = _make_day(year, second, first)
    if mark == ".":
        return day_first
    month_first = _make_day(year, first, second)
    return _Split(day_first, month_first) if day_first or month_first else None


def _make_day(year: str, month: str | int, day: str) -> datetime.date | None:
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None
