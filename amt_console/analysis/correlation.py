"""What else moved when an incident began: ranked by robust deviation. "Moved together", never "caused"."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import chain

from amt_console.analysis.percentiles import usable

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
_NEARLY = LEAST_STRENGTH - 0.01
"""What may be reported once it is rounded."""
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
    times: tuple[datetime, ...]
    values: Sequence[float]
    """As many as there are times."""

    @classmethod
    def of(cls, subject: str, signal: str, points: Iterable[Point]) -> SeriesHistory:
        """Of values with their times, oldest first."""
        times, values = tuple(zip(*points, strict=True)) or ((), ())
        return cls(subject, signal, times, values)

    def up_to(self, until: datetime) -> SeriesHistory:
        """The values up to a moment that can be computed with."""
        # Most series are returned as they are, and hundreds are compared while somebody waits.
        values = self.values
        finite = values and all(map(math.isfinite, values)) and usable(min(values)) and usable(max(values))
        if finite and self.times[-1] <= until:
            return self
        points = zip(self.times, self.values, strict=True)
        return SeriesHistory.of(
            self.subject, self.signal, ((at, value) for at, value in points if at <= until and usable(value))
        )


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
    history = history.up_to(now)
    times, values = history.times, history.values
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
        then = _usual(list(chain.from_iterable([values[week] for week in weeks])))
        usual = then or before_usual
        if usual is not None:
            of_weeks.append(then is not None)
            centre, spread = usual
            seen.append(index)
            centres.append(centre)
            deviations.append(max(-MOST_STRENGTH, min(MOST_STRENGTH, (values[index] - centre) / spread)))
    if max(map(abs, deviations), default=0.0) < _NEARLY:
        return None
    sustained = [_sustained(deviations, n) for n in range(len(seen))]
    best = max(range(len(seen)), key=sustained.__getitem__)
    strength = round(sustained[best], 2)
    if strength < LEAST_STRENGTH:
        return None
    onset = next(times[index] for index, each in zip(seen, sustained, strict=True) if each >= _NEARLY)
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
    lower, centre, upper = [
        # As ``percentile``: values in order are sorted once for all three.
        low if (low := ordered[below]) == (high := ordered[above]) else min(low + (high - low) * part, high)
        for below, above, part in _quartiles(len(ordered))
    ]
    return centre, max(upper - lower, SPREAD_FLOOR * abs(centre), 1e-9)


@cache
def _quartiles(count: int) -> tuple[tuple[int, int, float], ...]:
    """Where the three quartiles of so many values in order lie: between which two, and how far."""
    ranks = [(count - 1) * part for part in (0.25, 0.5, 0.75)]
    return tuple((int(rank), min(int(rank) + 1, count - 1), rank - int(rank)) for rank in ranks)
