"""How fast a reader reads, and when that reaches the end: of the landmarks, or of the canon."""

import datetime
from dataclasses import dataclass
from functools import cached_property

from accounts.progress.streaks import DAY
from catalog.text import plural

WEEKS = 8
# Fewer readings than these, or fewer days, are too few to project from.
FEWEST = 4
FEWEST_DAYS = 4
# A date further ahead than this is not a useful forecast.
MOST_WEEKS = 52 * 50


@dataclass(frozen=True)
class Pace:
    """The rate of first readings, each with its weight.

    `readings` are (day, weight) of the issues whose first reading has a known day, in order. `left`
    is the unread weight. `since` is the day of the reader's first dated reading: the window is the
    last eight weeks, or the days since then if fewer. `not_before` is the earliest possible day of
    the end.
    """

    readings: list[tuple[datetime.date, int]]
    left: int
    today: datetime.date
    since: datetime.date | None = None
    not_before: datetime.date | None = None

    @property
    def window(self) -> int:
        """The days over which the pace is measured, today included."""
        whole = 7 * WEEKS
        return min(whole, max(1, (self.today - self.since).days + 1)) if self.since else whole

    @property
    def window_words(self) -> str:
        """The window as it follows “the last”: `8 weeks`, `6 days`, `day`."""
        if self.window == 1:
            return "day"
        if self.window % 7 or self.window == 7:
            return plural(self.window, "day")
        return plural(self.window // 7, "week")

    @property
    def recent(self) -> int:
        """The weight read within the window."""
        return sum(self._recent)

    @property
    def a_week(self) -> float:
        return 7 * self.recent / self.window

    @cached_property
    def finish(self) -> datetime.date | None:
        """The day on which the last issue is read at this pace.

        None if nothing is left, if the window has fewer than four readings or four days, or if the
        day is too far ahead.
        """
        recent = self.recent
        if not self.left or not recent:
            return None
        if len(self._recent) < FEWEST or self.window < FEWEST_DAYS:
            return None
        # The part of a day is a day.
        days = -(-self.left * self.window // recent)
        if days > 7 * MOST_WEEKS:
            return None
        return max(self.today + days * DAY, self.not_before or self.today)

    @cached_property
    def _recent(self) -> list[int]:
        start = self.today - self.window * DAY
        return [weight for day, weight in self.readings if day > start]
