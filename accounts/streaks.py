"""Days and weeks of reading, in the reader's own calendar."""

import calendar
import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

DAY = datetime.timedelta(days=1)
WEEK = datetime.timedelta(weeks=1)


def monday_of(day: datetime.date) -> datetime.date:
    return day - day.weekday() * DAY


def runs(days: Iterable[datetime.date]) -> list[tuple[datetime.date, datetime.date]]:
    """Return (first, last) of each run of days without a gap, in order."""
    found: list[tuple[datetime.date, datetime.date]] = []
    for day in sorted(set(days)):
        if found and found[-1][1] == day - DAY:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def _length(run: tuple[datetime.date, datetime.date]) -> int:
    return (run[1] - run[0]).days + 1


@dataclass(frozen=True)
class Days:
    """How many readings were finished on each day, up to today."""

    counts: Counter[datetime.date]
    today: datetime.date

    @cached_property
    def end(self) -> datetime.date:
        """The last day of the calendar: today, or a day later for who has travelled west since."""
        return max([self.today, *(day for day in self.counts if day <= self.today + 2 * DAY)])

    @cached_property
    def run(self) -> tuple[datetime.date, datetime.date] | None:
        """The run that still stands: to today, or to yesterday while today is not over."""
        last = next(iter(reversed(runs(day for day in self.counts if day <= self.end))), None)
        return last if last and last[1] >= self.end - DAY else None

    @property
    def streak(self) -> int:
        return _length(self.run) if self.run else 0

    @cached_property
    def best(self) -> int:
        return max((_length(run) for run in runs(self.counts)), default=0)

    def between(self, first: datetime.date, last: datetime.date) -> int:
        """Count the readings from one day to another, both included."""
        return sum(count for day, count in self.counts.items() if first <= day <= last)

    @cached_property
    def this_week(self) -> int:
        return self.between(monday_of(self.today), self.end)

    @cached_property
    def last_week(self) -> int:
        monday = monday_of(self.today)
        return self.between(monday - WEEK, monday - DAY)

    @cached_property
    def year(self) -> Counter[datetime.date]:
        """The readings of the 53 weeks that end with this one."""
        first = monday_of(self.end) - 52 * WEEK
        return Counter({day: n for day, n in self.counts.items() if first <= day <= self.end})

    @cached_property
    def sentence(self) -> str:
        """Say what stands out in the past year; nothing about a handful of readings."""
        year, said = self.year, []
        if year.total() >= 20:
            # The months that were over by now, and that began after the first reading.
            begun = min(self.counts)
            past = (self._month(back) for back in range(1, 12))
            months = Counter({month: 0 for month in past if month >= begun})
            for day, count in year.items():
                if day.replace(day=1) in months:
                    months[day.replace(day=1)] += count
            weekdays = Counter[int]()
            for day, count in year.items():
                weekdays[day.weekday()] += count
            weekend = (weekdays[5] + weekdays[6]) / 2
            others = (year.total() - 2 * weekend) / 5
            busy = "at weekends" if weekend > 1.25 * others else f"on {_weekday(weekdays)}s"
            if len(months) > 1:
                quiet = min(months, key=lambda month: (months[month], month))
                said.append(f"Quietest in {calendar.month_name[quiet.month]}, busiest {busy}.")
            else:
                said.append(f"Busiest {busy}.")
        if self.streak >= 2 and self.run:
            since = self.run[0]
            said.append(f"You have read every day since {since.day} {since:%B}.")
        return " ".join(said)

    def _month(self, back: int) -> datetime.date:
        """Return the first day of the month that is so many months back."""
        index = self.end.year * 12 + self.end.month - 1 - back
        return datetime.date(index // 12, index % 12 + 1, 1)


def _weekday(weekdays: Counter[int]) -> str:
    return calendar.day_name[max(weekdays, key=lambda day: (weekdays[day], -day))]
