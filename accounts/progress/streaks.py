"""Days and weeks of reading, in the reader's calendar."""

import calendar
import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

DAY = datetime.timedelta(days=1)
WEEK = datetime.timedelta(weeks=1)


def monday_of(day: datetime.date) -> datetime.date:
    return day - day.weekday() * DAY


def occurred(day: datetime.date, zone: str) -> bool:
    """Tell whether a date occurred in a time zone: Samoa had no 30 December 2011."""
    noon = datetime.datetime.combine(day, datetime.time(12), ZoneInfo(zone))
    try:
        return noon.astimezone(datetime.UTC).astimezone(noon.tzinfo).date() == day
    except OverflowError:
        # The first possible day.
        return True


class Run(NamedTuple):
    """Consecutive days; `length` does not count dates that did not occur."""

    first: datetime.date
    last: datetime.date
    length: int = 1


def runs(days: Iterable[datetime.date], zone: str = "UTC") -> list[Run]:
    """Return the runs of consecutive days, in order.

    A date that was skipped in the time zone does not break a run.
    """
    found: list[Run] = []
    for day in sorted(set(days)):
        if found and _is_next(found[-1].last, day, zone):
            found[-1] = Run(found[-1].first, day, found[-1].length + 1)
        else:
            found.append(Run(day, day))
    return found


def _is_next(last: datetime.date, day: datetime.date, zone: str) -> bool:
    days = (day - last).days
    return days == 1 or (days == 2 and not occurred(last + DAY, zone))


@dataclass(frozen=True)
class Days:
    """How many readings were finished on each day, up to today."""

    counts: Counter[datetime.date]
    today: datetime.date
    zone: str = "UTC"

    @cached_property
    def end(self) -> datetime.date:
        """The last day of the calendar: today, or a day later for who has travelled west since."""
        return max([self.today, *(day for day in self.counts if day <= self.today + 2 * DAY)])

    @cached_property
    def run(self) -> Run | None:
        """The current run: until today, or until yesterday as long as today is not over."""
        found = runs((day for day in self.counts if day <= self.end), self.zone)
        last = found[-1] if found else None
        if last and (last.last == self.end or _is_next(last.last, self.end, self.zone)):
            return last
        return None

    @property
    def streak(self) -> int:
        return self.run.length if self.run else 0

    @cached_property
    def best(self) -> int:
        return max((run.length for run in runs(self.counts, self.zone)), default=0)

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
        """Return a sentence about the past year; empty for a handful of readings."""
        return " ".join(filter(None, (self._extremes(), self._current_run())))

    def _extremes(self) -> str:
        if self.year.total() < 20:
            return ""
        quiet, busy = self._quietest(), self._busiest()
        if quiet and busy:
            return f"Quietest in {quiet}, busiest {busy}."
        if quiet:
            return f"Quietest in {quiet}."
        return f"Busiest {busy}." if busy else ""

    def _current_run(self) -> str:
        if self.streak < 2 or not self.run:
            return ""
        first, last, _ = self.run
        since = f"{first.day} {first:%B}"
        if first.year != self.end.year:
            since += f" {first.year}"
        if last == self.end:
            return f"You have read every day since {since}."
        return f"You read every day from {since} to yesterday."

    def _quietest(self) -> str:
        """Return the month with the fewest readings, of the full months since the first reading.

        There are at most eleven; None if two months are equal or there are fewer than three.
        """
        begun = min(self.counts)
        months = [month for back in range(1, 12) if (month := self._month(back)) >= begun]
        counts = Counter(dict.fromkeys(months, 0))
        for day, count in self.year.items():
            if day.replace(day=1) in counts:
                counts[day.replace(day=1)] += count
        fewest = [month for month in months if counts[month] == min(counts.values())]
        is_told = len(months) >= 3 and len(fewest) == 1
        return calendar.month_name[fewest[0].month] if is_told else ""

    def _busiest(self) -> str:
        """Return `at weekends`, or the single day of the week with the most readings, or None."""
        weekdays = Counter[int]()
        for day, count in self.year.items():
            weekdays[day.weekday()] += count
        weekend = (weekdays[5] + weekdays[6]) / 2
        others = (self.year.total() - 2 * weekend) / 5
        if weekend > 1.25 * others:
            return "at weekends"
        most = [day for day, count in weekdays.items() if count == max(weekdays.values())]
        return f"on {calendar.day_name[most[0]]}s" if len(most) == 1 else ""

    def _month(self, back: int) -> datetime.date:
        """Return the first day of the month that is so many months back."""
        index = self.end.year * 12 + self.end.month - 1 - back
        return datetime.date(index // 12, index % 12 + 1, 1)
