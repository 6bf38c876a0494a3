"""How fast the landmarks are read, and when that closes the canon."""

import datetime
from bisect import bisect_right
from dataclasses import dataclass

WEEKS = 8
FEWEST = 4
# What lies further ahead than this is no forecast.
MOST_WEEKS = 52 * 50
NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


@dataclass(frozen=True, slots=True)
class Pace:
    """Landmarks first read on known days, in order; `left` are those still to be read."""

    days: list[datetime.date]
    left: int
    today: datetime.date

    @property
    def recent(self) -> int:
        """Landmarks read in the last eight weeks."""
        start = self.today - datetime.timedelta(weeks=WEEKS)
        return len(self.days) - bisect_right(self.days, start)

    @property
    def a_week(self) -> float:
        return self.recent / WEEKS

    @property
    def finish(self) -> datetime.date | None:
        """The day on which the last landmark is read at this pace.

        None where none is left, where fewer than four were read in these weeks, or far ahead.
        """
        if not self.left or self.recent < FEWEST:
            return None
        weeks = self.left / self.a_week
        if weeks > MOST_WEEKS:
            return None
        return self.today + datetime.timedelta(weeks=weeks)

    @property
    def words(self) -> str:
        """The pace as a sentence says it: `three landmarks a week`."""
        if self.a_week <= 2 / 3:
            return "a landmark every two weeks"
        number = round(self.a_week)
        said = NUMBERS[number] if number < len(NUMBERS) else str(number)
        return f"{said} landmark{'' if number == 1 else 's'} a week"
