"""Dates as well as a reader remembers them: a day, a month or a year."""

import calendar
import datetime
import re
from dataclasses import dataclass
from enum import Enum
from typing import Self

from django.db import models


class Precision(models.TextChoices):
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class Unknown(Enum):
    """A date that the reader does not know; giving no date at all means today."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A period named by a reader; `first` is its first day and `last` its last.

    Its text form is a partial ISO 8601 date: `2024-03-05`, `2024-03` or `2024`.
    """

    first: datetime.date
    precision: Precision = Precision.DAY

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a partial date; raises ValueError, with words for a reader, for anything else."""
        match = re.fullmatch(r"([0-9]{4})(?:-([0-9]{1,2}))?(?:-([0-9]{1,2}))?", text.strip())
        try:
            if not match:
                raise ValueError
            year, month, day = match.groups()
            first = datetime.date(int(year), int(month or 1), int(day or 1))
        except ValueError as error:
            raise ValueError(
                "Write a day, a month or a year, such as 2024-03-05, 2024-03 or 2024."
            ) from error
        return cls(first, Precision.DAY if day else Precision.MONTH if month else Precision.YEAR)

    def __str__(self) -> str:
        return self.first.isoformat()[: {"day": 10, "month": 7, "year": 4}[self.precision]]

    @property
    def last(self) -> datetime.date:
        if self.precision == Precision.DAY:
            return self.first
        month = 12 if self.precision == Precision.YEAR else self.first.month
        return datetime.date(self.first.year, month, calendar.monthrange(self.first.year, month)[1])

    @property
    def when(self) -> str:
        """The date as an adverb: `on 4 June 2024`, `in June 2024` or `in 2024`."""
        return f"{'on' if self.precision == Precision.DAY else 'in'} {self.spoken}"

    @property
    def spoken(self) -> str:
        """The date as a sentence says it: `4 June 2024`, `June 2024` or `2024`."""
        words = [str(self.first.year)]
        if self.precision != Precision.YEAR:
            words.insert(0, calendar.month_name[self.first.month])
        if self.precision == Precision.DAY:
            words.insert(0, str(self.first.day))
        return " ".join(words)

    @property
    def short(self) -> str:
        """The date as a narrow column says it: `4 Jun 2024`, `Jun 2024` or `2024`."""
        words = [str(self.first.year)]
        if self.precision != Precision.YEAR:
            words.insert(0, calendar.month_abbr[self.first.month])
        if self.precision == Precision.DAY:
            words.insert(0, str(self.first.day))
        return " ".join(words)


# When something was done: None is today.
type When = PartialDate | Unknown | None
