"""Months, quarters and years, as the timeline draws them and addresses name them."""

import calendar
import datetime
import re
from dataclasses import dataclass
from typing import Literal, Self

type Kind = Literal["month", "quarter", "year"]

MONTHS_IN_PERIOD: dict[Kind, int] = {"month": 1, "quarter": 3, "year": 12}
PATTERNS: dict[Kind, str] = {
    "month": r"([0-9]{4})-(0[1-9]|1[0-2])",
    "quarter": r"([0-9]{4})-Q([1-4])",
    "year": r"([0-9]{4})()",
}
PERIOD_EXAMPLES: dict[Kind, str] = {"month": "2024-03", "quarter": "2024-Q2", "year": "2024"}


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The `index`th month, quarter or year, counted from the beginning of year 0."""

    kind: Kind
    index: int

    @classmethod
    def containing(cls, kind: Kind, day: datetime.date) -> Self:
        return cls(kind, (day.year * 12 + day.month - 1) // MONTHS_IN_PERIOD[kind])

    @classmethod
    def parse(cls, kind: Kind, text: str) -> Self:
        """Read `2024-03`, `2024-Q2` or `2024`; raises ValueError for anything else."""
        match = re.fullmatch(PATTERNS[kind], text)
        if not match or match[1] == "0000":
            raise ValueError(
                f"{text!r} is not a {kind}; expected one such as {PERIOD_EXAMPLES[kind]}"
            )
        return cls(kind, int(match[1]) * 12 // MONTHS_IN_PERIOD[kind] + int(match[2] or 1) - 1)

    @property
    def first(self) -> datetime.date:
        year, month = divmod(self.index * MONTHS_IN_PERIOD[self.kind], 12)
        return datetime.date(year, month + 1, 1)

    @property
    def last(self) -> datetime.date:
        month = self.first.month + MONTHS_IN_PERIOD[self.kind] - 1
        day = calendar.monthrange(self.first.year, month)[1]
        return datetime.date(self.first.year, month, day)

    @property
    def value(self) -> str:
        """The period as an address writes it."""
        if self.kind == "month":
            return f"{self.first:%Y-%m}"
        if self.kind == "quarter":
            return f"{self.first:%Y}-Q{self.first.month // 3 + 1}"
        return f"{self.first:%Y}"

    def __str__(self) -> str:
        if self.kind == "month":
            return f"{calendar.month_name[self.first.month]} {self.first.year}"
        if self.kind == "quarter":
            first, last = (calendar.month_name[day.month] for day in (self.first, self.last))
            return f"{first} to {last} {self.first.year}"
        return str(self.first.year)
