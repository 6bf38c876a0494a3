"""The timeline of a publication: bars for months or longer periods, drawn on the server.

Horizontal values are percentages of the drawing's width, so bars stretch with the page while labels
and dots keep their size; vertical values are in px.
"""

from collections import Counter
from dataclasses import dataclass, field

from catalog.models import Tier
from catalog.pages.periods import Kind, Period
from catalog.stats import PublicationStats
from catalog.text import plural

BAR_SHARE = 0.7
DOT_PITCH = 9
LABEL_SPACE = 24


@dataclass(frozen=True, slots=True)
class Bar:
    """The issues of a period; `x` and `width` belong to the bar, `slot` and `pitch` to its slot."""

    period: Period
    issues: int
    landmarks: int
    slot: float
    pitch: float
    height: float
    baseline: float

    @property
    def x(self) -> float:
        return self.slot + self.pitch * (1 - BAR_SHARE) / 2

    @property
    def width(self) -> float:
        return self.pitch * BAR_SHARE

    @property
    def middle(self) -> float:
        return self.slot + self.pitch / 2

    @property
    def top(self) -> float:
        return self.baseline - self.height

    @property
    def dots(self) -> list[float]:
        """The heights of the landmarks' dots, from the bar upwards."""
        return [self.top - 8 - DOT_PITCH * number for number in range(self.landmarks)]

    @property
    def place(self) -> str:
        """Return x and width in percent, base and height in px, for drawing on top of the bar."""
        return f"{self.x:.3f} {self.width:.3f} {self.baseline} {self.height:.1f}"

    @property
    def label(self) -> str:
        landmarks = f", {plural(self.landmarks, 'landmark')}" if self.landmarks else ""
        return f"{self.period}: {plural(self.issues, 'issue')}{landmarks}"


@dataclass(frozen=True, slots=True)
class Timeline:
    """A drawing `height` px high; `years` are (place, label) of the axis."""

    kind: Kind
    height: int
    baseline: float
    bars: list[Bar] = field(default_factory=list)
    years: list[tuple[float, str]] = field(default_factory=list)
    sentence: str = ""


def timelines(stats: PublicationStats) -> list[tuple[str, Timeline]]:
    """Return the drawings for wide pages and for phones, by the name of their class."""
    return [
        ("wide", draw(stats, 104, 96, "month", 12)),
        ("narrow", draw(stats, 112, 40, "quarter", 6)),
    ]


def draw(
    stats: PublicationStats, height: int, most_bars: int, finest: Kind, labels: int
) -> Timeline:
    """Draw the issues by the finest kind of period that needs at most `most_bars` bars.

    `labels` is how many years the axis has room for.
    """
    baseline = height - LABEL_SPACE
    if not stats.days:
        return Timeline(finest, height, baseline)
    kinds: list[Kind] = ["month", "quarter", "year"]
    for kind in kinds[kinds.index(finest) :]:
        first, last = (Period.containing(kind, stats.days[end][0]).index for end in (0, -1))
        if last - first < most_bars:
            break
    issues: Counter[Period] = Counter()
    landmarks: Counter[Period] = Counter()
    for day, tier, count in stats.days:
        period = Period.containing(kind, day)
        issues[period] += count
        if tier == Tier.LANDMARK:
            landmarks[period] += count
    # A bar is as wide as the axis lets it be, but a single month does not fill the page.
    pitch = 100 / max(last - first + 1, most_bars // 4)
    unit = _unit(issues, landmarks, baseline)
    bars = [
        Bar(
            period, number, landmarks[period], (period.index - first) * pitch, pitch,
            max(2, number * unit), baseline,
        )
        for period, number in sorted(issues.items())
    ]  # fmt: skip
    return Timeline(
        kind,
        height,
        baseline,
        bars,
        _years(kind, first, last, pitch, labels),
        _timeline_sentence(bars),
    )


def _unit(issues: Counter[Period], landmarks: Counter[Period], baseline: float) -> float:
    """Return how many px an issue is high, so that each bar and the dots above it fit."""
    return min(
        (baseline - (8 + DOT_PITCH * landmarks[period] if landmarks[period] else 2)) / number
        for period, number in issues.items()
    )


def _years(kind: Kind, first: int, last: int, pitch: float, labels: int) -> list[tuple[float, str]]:
    begin, end = Period(kind, first).first.year, Period(kind, last).first.year
    step = -(-(end - begin + 1) // labels)
    places = []
    for year in range(begin, end + 1, step):
        index = Period.parse("year", f"{year:04}").first
        slot = Period.containing(kind, index).index - first
        places.append((max(slot, 0) * pitch, str(year)))
    # The first year may begin so late in the drawing's first bar that the next label hits it.
    if len(places) > 1 and places[1][0] - places[0][0] < 100 / labels / 1.6:
        places.pop(0)
    return places


def _timeline_sentence(bars: list[Bar]) -> str:
    most = max(bars, key=lambda bar: bar.issues)
    total, landmarks = sum(bar.issues for bar in bars), sum(bar.landmarks for bar in bars)
    span = str(bars[0].period)
    if len(bars) > 1:
        span = f"{span} to {bars[-1].period}"
    words = f"{plural(total, 'issue')} from {span}, {plural(landmarks, 'landmark')} among them"
    # If several have the maximum, none is named.
    if len(bars) > 1 and sum(bar.issues == most.issues for bar in bars) == 1:
        words += f"; most in {most.period}, {plural(most.issues, 'issue')}"
    return f"{words}."
