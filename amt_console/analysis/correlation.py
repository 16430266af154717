"""What else moved when an incident began: ranked by robust deviation. "Moved together", never "caused"."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from amt_console.analysis.percentiles import median, percentile

METHOD = (
    "strength = |value - median| / interquartile range, against the same hour of the last four weeks where there are "
    "four, else against the six hours before; two values in a row must deviate to the same side"
)
LEAD = timedelta(minutes=15)
"""What moved this long before the beginning still belongs to it: a cause comes before its effect."""
SPAN = timedelta(minutes=45)
"""How long after the beginning to look."""
HOURS_BEFORE = timedelta(hours=6)
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


def moved_together(begin: datetime, histories: Sequence[SeriesHistory], *, now: datetime) -> tuple[Moved, ...]:
    """The signals that moved when an incident began, strongest first, ties by onset.

    Args:
        begin: First bad observation of the incident.
        histories: Each with the hours before; with four weeks, they are compared with the same hour of those.
        now: Values after it are not read.
    """
    found = [moved for history in histories if (moved := _moved(begin, history, now)) is not None]
    return tuple(sorted(found, key=lambda each: (-each.strength, each.onset, each.subject, each.signal)))


def _moved(begin: datetime, history: SeriesHistory, now: datetime) -> Moved | None:
    points = sorted((at, value) for at, value in history.points if math.isfinite(value) and at <= now)
    seen = _within(points, begin - LEAD, begin + SPAN)
    usual = _baseline(points, begin)
    centre = median(usual)
    if not seen or centre is None:
        return None
    spread = _spread(usual, centre)
    deviations = [max(-MOST_STRENGTH, min(MOST_STRENGTH, (value - centre) / spread)) for _, value in seen]
    best = max(range(len(seen)), key=lambda n: _sustained(deviations, n))
    strength = round(_sustained(deviations, best), 2)
    if strength < LEAST_STRENGTH:
        return None
    onset = next(at for n, (at, _) in enumerate(seen) if _sustained(deviations, n) >= min(strength, LEAST_STRENGTH))
    return Moved(history.subject, history.signal, strength, onset, seen[best][1], centre)


def _sustained(deviations: Sequence[float], n: int) -> float:
    """The deviation that this value and a neighbour have in common; a lone value counts by itself."""
    if len(deviations) == 1:
        return abs(deviations[n])
    here = deviations[n]
    beside = [deviations[m] for m in (n - 1, n + 1) if 0 <= m < len(deviations)]
    return max((min(abs(here), abs(other)) for other in beside if here * other > 0), default=0.0)


def _baseline(points: Sequence[Point], begin: datetime) -> list[float]:
    weeks = [
        [value for _, value in _within(points, begin - number * WEEK - LEAD, begin - number * WEEK + SPAN)]
        for number in range(1, WEEKS + 1)
    ]
    same_hour = [value for week in weeks for value in week]
    if all(weeks) and len(same_hour) >= WEEKS:
        return same_hour
    before = [value for _, value in _within(points, begin - LEAD - HOURS_BEFORE, begin - LEAD)]
    return before if len(before) >= LEAST_BASELINE else []


def _within(points: Iterable[Point], start: datetime, end: datetime) -> list[Point]:
    return [point for point in points if start <= point[0] < end]


def _spread(values: Sequence[float], centre: float) -> float:
    upper, lower = percentile(values, 75), percentile(values, 25)
    assert upper is not None
    assert lower is not None
    return max(upper - lower, SPREAD_FLOOR * abs(centre), 1e-9)
