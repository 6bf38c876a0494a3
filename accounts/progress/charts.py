"""The drawings of the progress page, as geometry for SVG; lengths in the units of each viewBox."""

import calendar
import datetime
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from accounts.progress.figures import TierTally
from accounts.progress.pace import Pace
from accounts.progress.streaks import DAY, WEEK, Days, monday_of
from catalog.templatetags.catalog import short_date

# More landmarks than this make ticks too fine to see: then the dial has one for each per cent.
MOST_TICKS = 200

# The side of a day's square by the number of readings; the last is for that many or more.
SQUARE_SIDES = (3.0, 7.0, 10.5, 14.0, 14.0, 17.5)


@dataclass(frozen=True, slots=True)
class Dial:
    """Ticks around a circle of 300 × 300, as the path of each kind."""

    read: str
    reading: str
    rest: str

    @classmethod
    def of(cls, read: int, begun: int, total: int) -> "Dial":
        if total > MOST_TICKS:
            # Rounded down, so that only a complete dial is full.
            read, touched = 100 * read // total, 100 * (read + begun) // total
            begun, total = touched - read, 100
        kinds = [(read, 118, 146), (begun, 118, 146), (total - read - begun, 126, 138)]
        paths, tick = [], 0
        for number, inner, outer in kinds:
            turns = (2 * math.pi * (tick + index) / total for index in range(number))
            paths.append("".join(_dial_tick(turn, inner, outer) for turn in turns))
            tick += number
        return cls(*paths)


def _dial_tick(turn: float, inner: float, outer: float) -> str:
    x, y = math.sin(turn), -math.cos(turn)
    return (
        f"M{150 + inner * x:.1f} {150 + inner * y:.1f}L{150 + outer * x:.1f} {150 + outer * y:.1f}"
    )


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Weeks as columns, Monday first: one path of squares for the days without a reading, and one
    for the others, with the place of today's and of the months' names."""

    width: int
    height: int
    pitch: int
    left: int
    none: str
    some: str
    today: tuple[float, float]
    months: list[tuple[float, str]]

    @classmethod
    def of(cls, days: Days, weeks: int, pitch: int) -> "HeatMap":
        first, left, top = monday_of(days.end) - (weeks - 1) * WEEK, 40, 22
        scale = pitch / 21
        none: list[str] = []
        some: list[str] = []
        months: list[tuple[float, str]] = []
        for index in range((days.end - first).days + 1):
            day = first + index * DAY
            column, row = divmod(index, 7)
            x, y = left + (column + 0.5) * pitch, top + (row + 0.5) * pitch
            number = days.counts[day]
            side = SQUARE_SIDES[min(number, len(SQUARE_SIDES) - 1)] * scale
            (some if number else none).append(
                f"M{x - side / 2:.1f} {y - side / 2:.1f}h{side:.1f}v{side:.1f}h-{side:.1f}z"
            )
            # A month is named over its first whole week, unless it would run out on the right.
            if row == 0 and day.day <= 7 and column < weeks - 1:
                months.append((float(left + column * pitch), calendar.month_abbr[day.month]))
        column, row = divmod((days.today - first).days, 7)
        today = left + column * pitch + 0.5, top + row * pitch + 0.5
        width, height = left + weeks * pitch + 2, top + 7 * pitch + 2
        return cls(
            width, height, pitch, left, "".join(none), "".join(some), today, months
        )  # fmt: skip

    @property
    def weekdays(self) -> list[tuple[float, str]]:
        """Return (baseline, name) of the rows that are named."""
        return [(22 + (row + 0.5) * self.pitch + 4, calendar.day_abbr[row]) for row in (0, 2, 4, 6)]


def weeks_table(days: Days) -> list[tuple[str, list[int | None]]]:
    """Return (first day of a week, its seven days' readings) for the past year, newest first."""
    monday, weeks = monday_of(days.end), []
    for back in range(53):
        first = monday - back * WEEK
        week = [first + index * DAY for index in range(7)]
        cells = [days.counts[day] if day <= days.end else None for day in week]
        if any(cells):
            weeks.append((short_date(first), cells))
    return weeks


@dataclass(frozen=True, slots=True)
class Ring:
    """A ring of 112 × 112, of which a share is filled; `stroke` says how much its tier weighs."""

    name: str
    read: int
    total: int
    stroke: int

    @property
    def percent(self) -> int:
        return 100 * self.read // self.total if self.total else 0

    @property
    def share(self) -> str:
        """The share to draw, in per cent of the ring."""
        return f"{100 * self.read / self.total if self.total else 0:.1f}"

    @property
    def radius(self) -> float:
        return 56 - 5


# The widest character of a chart label at 12 pixels, in any likely font.
CHARACTER = 8
ASCENT, DESCENT = 10, 3


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text at 12 pixels: `x` is its left end and `y` its baseline."""

    x: float
    y: float
    text: str

    @property
    def right(self) -> float:
        return self.x + len(self.text) * CHARACTER

    @property
    def top(self) -> float:
        return self.y - ASCENT

    @property
    def bottom(self) -> float:
        return self.y + DESCENT

    def collides(self, other: "Label") -> bool:
        return (
            self.x < other.right and other.x < self.right
            and self.top < other.bottom and other.top < self.bottom
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class PaceChart:
    """Landmarks read over time, and on to the day when all are read, in a box of its size."""

    width: int
    height: int
    left: int
    line: str
    area: str
    projection: str
    now: tuple[float, float]
    end: tuple[float, float] | None
    total_y: float
    grid: list[tuple[float, int]]
    ticks: list[Label]
    labels: list[Label]
    points: list[tuple[float, float]]

    RIGHT, TOP, BOTTOM = 14, 34, 26

    @classmethod
    def of(cls, pace: Pace, read: int, width: int, height: int) -> "PaceChart | None":
        """Draw at least half a year back from today; None where no landmark has a day."""
        if not pace.readings:
            return None
        # After a journey west, issues read tomorrow count as read today.
        days = [min(day, pace.today) for day, _ in pace.readings]
        start = min(max(days[0], pace.today - 53 * WEEK), pace.today - 26 * WEEK)
        finish = pace.finish
        total = read + pace.left
        span = ((finish or pace.today) - start).days or 1
        left = max(34, math.ceil(len(str(total)) * CHARACTER) + 12)
        right, base = width - cls.RIGHT, height - cls.BOTTOM

        def x(day: datetime.date) -> float:
            return left + (right - left) * (day - start).days / span

        def y(number: float) -> float:
            return base - (base - cls.TOP) * number / max(total, 1)

        steps = _steps([day for day in days if day >= start], start, pace.today, read)
        points = [(x(day), y(number)) for day, number in steps]
        line, now = _polyline(points), points[-1]
        end = (x(finish), y(total)) if finish else None
        labels = _labels(points, f"Today, {read}", end, finish, left, width, base)
        most = 4 if width < 400 else 6
        ticks = _months(start, finish or pace.today, x, height - 6, width, most)
        return cls(
            width, height, left, line, f"{line}V{base}H{points[0][0]:.1f}z",
            _polyline([now, end]) if end else "", now, end, y(total), _grid(total, y), ticks,
            labels, points,
        )  # fmt: skip


def _steps(
    days: list[datetime.date], start: datetime.date, today: datetime.date, read: int
) -> Iterator[tuple[datetime.date, int]]:
    """Yield the days at which the line of the number of read issues bends, with the number.

    `days` are those of the readings since `start`, `read` is today's number. Readings without a
    known day, and those before the chart, count from its start.
    """
    inside = Counter(days)
    number = read - inside.total()
    yield start, number
    for day in sorted(inside):
        # The line is level up to the day before.
        yield max(start, day - DAY), number
        number += inside[day]
        yield day, number
    yield today, number


def _labels(
    points: list[tuple[float, float]], text: str, end: tuple[float, float] | None,
    finish: datetime.date | None, left: float, width: int, base: float,
) -> list[Label]:  # fmt: skip
    """Place the names of today's point and of the last one, where neither is over the other.

    The name of the last point stands above it, at the right edge. Today's stands at the first of
    these places where it is free: to the right and below, to the left and above, to the right and
    above the projection, below the line and as far to the right as there is room.
    """
    x, y = points[-1]
    size = len(text) * CHARACTER
    fixed, rise = [], 0.0
    if end and finish:
        name = short_date(finish)
        fixed.append(Label(width - len(name) * CHARACTER, end[1] - 12, name))
        rise = (y - end[1]) * min(1.0, (8 + size) / max(end[0] - x, 1))
    edge = width - size
    # The line at the left end of a text that stands at the right edge, or the point after it.
    lowest = max((point[1] for point in points if point[0] >= edge), default=y)
    places = [
        Label(x + 8, y + 18, text),
        Label(x - 8 - size, y - 12, text),
        Label(x + 8, y - rise - 8, text),
        Label(edge, lowest + 18, text),
        Label(edge, y + 18, text),
    ]
    inside = [
        place
        for place in places
        if place.x >= left and place.right <= width and place.top >= 0 and place.bottom <= base
    ]
    free = (place for place in inside if not any(place.collides(other) for other in fixed))
    return [*fixed, next(free, places[-1])]


def _polyline(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _grid(total: int, y: Callable[[float], float]) -> list[tuple[float, int]]:
    """Return (height, number) of a few round numbers below the total."""
    step = next(
        step
        for step in (base * 10**power for power in range(12) for base in (1, 2, 5))
        if total <= 4 * step
    )
    return [
        (y(number), number) for number in range(0, total + 1, step) if total - number > step / 2
    ]


def _months(
    start: datetime.date, end: datetime.date, x: Callable[[datetime.date], float], y: float,
    width: int, most: int,
) -> list[Label]:  # fmt: skip
    """Name the first days of months, or of years, as many as have room."""
    first, last = start.year * 12 + start.month, end.year * 12 + end.month - 1
    step = max(1, -(-(last - first + 1) // most))
    step = next((each for each in (1, 2, 3, 6, 12, 24, 60, 120) if each >= step), step)
    ticks: list[Label] = []
    for index in range(first, last + 1):
        if index % step == 0:
            day = datetime.date(index // 12, index % 12 + 1, 1)
            is_named = day.month == 1 or not ticks
            name = calendar.month_abbr[day.month]
            tick = Label(x(day), y, f"{name} {day.year}" if is_named else name)
            if tick.right <= width and not (ticks and ticks[-1].right + 4 > tick.x):
                ticks.append(tick)
    return ticks


def heat_maps(days: Days) -> list[tuple[str, HeatMap]]:
    """Return the drawings for wide pages and for phones, by the name of their class."""
    return [("wide", HeatMap.of(days, 53, 21)), ("narrow", HeatMap.of(days, 20, 16))]


def pace_charts(pace: Pace, read: int) -> list[tuple[str, PaceChart]]:
    charts = [("wide", PaceChart.of(pace, read, 640, 250)),
              ("narrow", PaceChart.of(pace, read, 358, 220))]  # fmt: skip
    return [(name, chart) for name, chart in charts if chart]


def rings(read: TierTally, total: TierTally) -> list[Ring]:
    """Return the rings of the tiers that have issues."""
    all_rings = [
        Ring("landmark", read.landmarks, total.landmarks, 10),
        Ring("notable", read.notable, total.notable, 6),
        Ring("rest", read.rest, total.rest, 3),
    ]
    return [ring for ring in all_rings if ring.total]
