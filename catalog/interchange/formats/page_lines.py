"""The lines that give a page its structure: stats, counts and TIER lines, and their dates."""

import datetime
import re
from typing import NamedTuple

from catalog.interchange.formats.values import stripped
from catalog.text import quoted

MONTH_NAMES = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]

STATS_EXAMPLE = "“356 issues · 186 keepers · 26 tier-5 · 160 tier-4”"
COUNTS_EXAMPLE = "“8 tier-5 · 11 tier-4”"
TIER_EXAMPLE = "“TIER 5 Nov 24, 2023”"

_NUMBER = "([0-9]{1,7})"
# A dot that was decoded wrongly still makes a counts line, so that the one fault is reported
# rather than everything that would follow from a cluster without its counts.
_DOT = r"\s*Â?·\s*"
_COUNTS = re.compile(rf"{_NUMBER}\s+tier-5{_DOT}{_NUMBER}\s+tier-4")
_STATS = re.compile(rf"{_NUMBER}\s+issues?{_DOT}{_NUMBER}\s+keepers?{_DOT}{_COUNTS.pattern}")
_TIER = re.compile(r"TIER\s+[0-9]{1,9}\s+[A-Za-z]{3,9}\.?\s+[0-9]{1,2},\s+[0-9]{4}")
_DATE = re.compile(r"([A-Za-z]{3,9})\.?\s+([0-9]{1,2}),\s+([0-9]{4})")
_FAULTY_COUNTS = re.compile(
    r"(?:(?:[0-9]{1,7}|no)\s+tiers?[-–\s]?[0-9][\s.,;·•|/&+Â-]*(?:and\s+)?)+", re.IGNORECASE
)
_CUT_SHORT = re.compile(r"T|TI|TIE|TIER|[0-9]+( (t|ti|tie|tier|tier-.{0,20}))?")


class Paragraph(NamedTuple):
    """One paragraph: its line in the file, counted from 1, and its text without margins."""

    line: str
    text: str


def paragraphs_of(text: str) -> list[Paragraph]:
    """Return the paragraphs of a text: each line that is not blank."""
    lines = text.replace("\r\n", "\n").split("\n")
    return [
        Paragraph(str(number), inner)
        for number, line in enumerate(lines, start=1)
        if (inner := stripped(line))
    ]


def stats_line_of(text: str) -> tuple[int, int, int, int] | None:
    """Return (issues, keepers, tier-5, tier-4) of a header's stats line, or None."""
    if found := _STATS.fullmatch(text):
        issues, keepers, tier5, tier4 = map(int, found.groups())
        return issues, keepers, tier5, tier4
    return None


def counts_line_of(text: str) -> tuple[int, int] | None:
    """Return (tier-5, tier-4) of a cluster's counts line, or None."""
    if found := _COUNTS.fullmatch(text):
        return int(found[1]), int(found[2])
    return None


def is_faulty_counts_line(text: str) -> bool:
    """Return whether a text in the position of a counts line is a faulty one, as `11 tier-4`.

    It is short and holds only figures and tiers. The text would be valid as a title or summary, so
    call this only if the surrounding paragraphs are inconsistent.
    """
    return (
        len(text) <= 60
        and counts_line_of(text) is None
        and _FAULTY_COUNTS.fullmatch(text) is not None
    )


def is_tier_line(text: str) -> bool:
    """Return whether a text has the form of a TIER line, with any tier and date."""
    return _TIER.fullmatch(text) is not None


def is_faulty_tier_line(text: str) -> bool:
    """Return whether a text in the position of a TIER line is a faulty one.

    It is short, begins with TIER and has a figure. The text would be valid as a title or summary,
    so call this only if the surrounding paragraphs are inconsistent.
    """
    return (
        len(text) <= 40
        and re.match(r"(?i:tier)\b|TIER[0-9]", text) is not None
        and any(character.isdigit() for character in text)
    )


def is_cut_short(text: str) -> bool:
    """Return whether a text may be a TIER or counts line that was cut off."""
    return _CUT_SHORT.fullmatch(text) is not None


def tier_and_date(text: str) -> tuple[int | None, datetime.date | None, list[str]]:
    """Parse a TIER line, valid or faulty.

    Return the tier and the date, each None if it cannot be parsed, and the errors.
    """
    found = re.fullmatch(r"(?i:TIER)\s*(\S*)\s*(.*)", text)
    faults = []
    word, rest = (found[1], found[2]) if found else ("", text)
    tier = int(word) if re.fullmatch("[1-5]", word) else None
    if found and _DATE.fullmatch(whole := stripped(text[4:])):
        faults.append(f"no tier found before {quoted(whole)}, expected 1 to 5")
        rest = whole
    elif tier is None:
        faults.append(f"tier {quoted(word)} found, expected 1 to 5")
    day = date_of(rest)
    if not rest:
        faults.append(f"no date found after {quoted(text)}, expected one as in {TIER_EXAMPLE}")
    elif day is None:
        faults.append(
            f"date {quoted(rest)} found, expected a day of the calendar as “Nov 24, 2023”"
        )
    if not faults and not is_tier_line(text):
        faults.append(f"{quoted(text)} found, expected a TIER line as {TIER_EXAMPLE}")
    return tier, day, faults


def date_of(text: str) -> datetime.date | None:
    """Return the day of `Nov 24, 2023`, the month in full or short, or None."""
    found = _DATE.fullmatch(text)
    if not found:
        return None
    try:
        return datetime.date(int(found[3]), month_of(found[1]), int(found[2]))
    except ValueError:
        return None


def month_of(name: str) -> int:
    """Return the number of an English month, in full or short, or 0."""
    name = name.capitalize()
    for number, month in enumerate(MONTH_NAMES, start=1):
        if name in {month, month[:3], month[:4] if month == "September" else month}:
            return number
    return 0


def date_text(day: datetime.date) -> str:
    """Return a day as a page writes it, `Nov 4, 2023`."""
    return f"{MONTH_NAMES[day.month - 1][:3]} {day.day}, {day.year:04d}"
