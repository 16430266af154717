"""What else moved when an incident began: ranked by robust deviation. "Moved together", never "caused"."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from amt_console.analysis.percentiles import MOST_VALUE

METHOD = (
    "strength = |value - median| / interquartile range, against the same hour of the last four weeks where there are "
    "four, else against the six hours before; two values in a row must deviate to the same side"
)
LEAD = timedelta(minutes=15)
"""What moved this long before the beginning still belongs to it: a cause comes before its effect."""
SPAN = timedelta(minutes=45)
"""How long after the beginning to look."""
HOURS_BEFORE = timedelta(hours=6)
AROUND = timedelta(minutes=30)
"""The same hour of another week: so long before and after the same moment."""
WEEKS = 4
WEEK = timedelta(days=7)
LEAST_BASELINE = 8
"""Least values of a baseline."""
LEAST_STRENGTH = 3.0
"""Least reported strength: three interquartile ranges are four standard deviations of a normal distribution."""
MOST_STRENGTH = 1000.0
"""Strengths end here, because a series that never moved before has no spread to compare with."""
SPREAD_FLOOR = 0.01
"""The spread counts as at least this part of the usual value: smaller changes are no movement."""

Point = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class SeriesHistory:
    """One signal of one subject, oldest value first."""

    subject: str
    """A service, ``host``, or a kind of figures."""
    signal: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Moved:
    """A signal that left its usual range when an incident began."""

    subject: str
    signal: str
    strength: float
    """Deviation in interquartile ranges, at most ``MOST_STRENGTH``."""
    onset: datetime
    """First value that deviated."""
    value: float
    """The value of the strongest deviation."""
    usual: float
    """Median of the baseline."""
    weeks: bool = False
    """Whether the baseline is the same hour of the weeks before, else the hours before."""


def moved_together(begin: datetime, histories: Sequence[SeriesHistory], *, now: datetime) -> tuple[Moved, ...]:
    """The signals that moved when an incident began, strongest first, ties by onset.

    Args:
        begin: First bad observation of the incident.
        histories: Each with the hours before; with four weeks, they are compared with the same hour of those.
        now: Values after it are not read.
    """
    places: dict[tuple[datetime, ...], _Places] = {}
    found = [moved for history in histories if (moved := _moved(begin, history, now, places)) is not None]
    return tuple(sorted(found, key=lambda each: (-each.strength, each.onset, each.subject, each.signal)))


class _Places:
    """Where the values that are compared stand in a series: the buckets of nearly all services have the same times."""

    def __init__(self, begin: datetime, times: Sequence[datetime]) -> None:
        def between(start: datetime, end: datetime) -> slice:
            return slice(bisect_left(times, start), bisect_left(times, end))

        self.before = between(begin - LEAD - HOURS_BEFORE, begin - LEAD)
        looked_at = between(begin - LEAD, begin + SPAN)
        self.looked_at = range(looked_at.start, looked_at.stop)
        self.same_hours: list[Sequence[slice]] = []
        """Of each value that is looked at, those around it in each of the last weeks; none if a week has none."""
        for at in times[looked_at]:
            weeks = [
                between(at - number * WEEK - AROUND, at - number * WEEK + AROUND) for number in range(1, WEEKS + 1)
            ]
            self.same_hours.append(weeks if all(week.start < week.stop for week in weeks) else ())


def _moved(
    begin: datetime, history: SeriesHistory, now: datetime, known: dict[tuple[datetime, ...], _Places]
) -> Moved | None:
    points = sorted([(at, value) for at, value in history.points if -MOST_VALUE <= value <= MOST_VALUE and at <= now])
    times = tuple([at for at, _ in points])
    values = [value for _, value in points]
    places = known.get(times)
    if places is None:
        places = known[times] = _Places(begin, times)
    before = values[places.before]
    before_usual = _usual(before) if len(before) >= LEAST_BASELINE else None
    seen: list[int] = []
    deviations: list[float] = []
    centres: list[float] = []
    of_weeks: list[bool] = []
    for index, weeks in zip(places.looked_at, places.same_hours, strict=True):
        then = _usual([value for week in weeks for value in values[week]])
        usual = then or before_usual
        if usual is not None:
            of_weeks.append(then is not None)
            centre, spread = usual
            seen.append(index)
            centres.append(centre)
            deviations.append(max(-MOST_STRENGTH, min(MOST_STRENGTH, (values[index] - centre) / spread)))
    if not seen:
        return None
    sustained = [_sustained(deviations, n) for n in range(len(seen))]
    best = max(range(len(seen)), key=sustained.__getitem__)
    strength = round(sustained[best], 2)
    if strength < LEAST_STRENGTH:
        return None
    onset = next(times[index] for index, each in zip(seen, sustained, strict=True) if each >= LEAST_STRENGTH - 0.01)
    return Moved(history.subject, history.signal, strength, onset, values[seen[best]], centres[best], of_weeks[best])


def _sustained(deviations: Sequence[float], n: int) -> float:
    """The deviation that this value and a neighbour have in common; a lone value counts by itself."""
    if len(deviations) == 1:
        return abs(deviations[n])
    here = deviations[n]
    beside = [deviations[m] for m in (n - 1, n + 1) if 0 <= m < len(deviations)]
    return max((min(abs(here), abs(other)) for other in beside if here * other > 0), default=0.0)


def _usual(values: Sequence[float]) -> tuple[float, float] | None:
    """Median and interquartile range, of usable values; ``None`` without any."""
    if not values:
        return None
    ordered = sorted(values)
    lower, centre, upper = (_at(ordered, part) for part in (0.25, 0.5, 0.75))
    return centre, max(upper - lower, SPREAD_FLOOR * abs(centre), 1e-9)


def _at(ordered: Sequence[float], part: float) -> float:
    """As ``percentile``, of values in order: they are sorted once for all three."""
    rank = (len(ordered) - 1) * part
    below = int(rank)
    low, high = ordered[below], ordered[min(below + 1, len(ordered) - 1)]
    return low if low == high else min(max(low + (high - low) * (rank - below), low), high)
