"""When a disk will be full: two robust lines, over the last 6 and 24 hours, must agree."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from amt_console.analysis.forecasts.forecast import Forecast, ForecastPoint
from amt_console.analysis.percentiles import median
from amt_console.model import HostRollup

METHOD = (
    "Theil-Sen lines over the last 6 h and 24 h since the last clean-up; full is told only if both lines reach the "
    "limit within a day, more than 70 % is used and the use grew from bucket to bucket in at least 80 % of them"
)
SHORT, LONG = timedelta(hours=6), timedelta(hours=24)
HORIZON = timedelta(hours=24)
"""A disk that fills later is not told: a line over one day says nothing about the next week."""
LEAST_USED_PERCENT = 70.0
LEAST_RISING = 0.8
"""Least part of the buckets in which the use grew."""
CLEAN_UP_PERCENT = 2.0
"""A drop of so many points of the disk between two buckets is a clean-up: what was before it tells nothing."""
BUCKETS = 24
"""Buckets of each line."""
LEAST_SPAN = timedelta(hours=3)
"""Least measured time since the last clean-up."""
THEIL_SEN = "Theil-Sen over 6 h and 24 h"

Point = tuple[float, float]
"""Hours before now (negative) and percent used."""


def disk_full(
    rollups: Sequence[HostRollup], *, now: datetime, limit_percent: float = 100, horizon: timedelta = HORIZON
) -> Forecast:
    """When a disk reaches ``limit_percent``; ``full_at`` is ``None`` where it does not within ``horizon``.

    Args:
        rollups: Of the disk's used percent, ascending, of at least the last 24 hours.
        now: The end of what is known; later rollups are not read.
        limit_percent: Percent that counts as full.
        horizon: How far ahead full is told.
    """
    points = _since_clean_up(
        [
            ((rollup.start - now).total_seconds() / 3600, used)
            for rollup in rollups
            if now - LONG <= rollup.start < now and (used := rollup.histogram.mean) is not None
        ]
    )
    if not points or points[-1][0] - points[0][0] < LEAST_SPAN.total_seconds() / 3600:
        return _none("too little is measured since the disk was cleaned up or the monitor started: 3 hours are needed")
    used = points[-1][1]
    if used >= limit_percent:
        return Forecast(THEIL_SEN, None, None, (), f"it is full: {used:.1f} % used", full_at=now)
    if used <= LEAST_USED_PERCENT:
        return _none(f"{used:.1f} % used: a full disk is foretold from {LEAST_USED_PERCENT:g} % on")
    lines = []
    for span in (SHORT, LONG):
        buckets = _buckets([point for point in points if point[0] >= -span.total_seconds() / 3600], span)
        slope = _slope(buckets)
        if slope is None or slope <= 0:
            return _none(f"{used:.1f} % used, and it does not grow over the last {span.total_seconds() / 3600:.0f} h")
        rising = _rising(buckets)
        if rising < LEAST_RISING:
            return _none(f"{used:.1f} % used; it grew in only {100 * rising:.0f} % of the time")
        lines.append(slope)
    slow, fast = min(lines), max(lines)
    ahead = timedelta(hours=(limit_percent - used) / slow) if slow > 1e-9 else timedelta.max
    if ahead > horizon:
        return _none(f"{used:.1f} % used, growing {slow:.2f} points an hour: not full within {_hours(horizon)} h")
    reason = f"{used:.1f} % used, growing {slow:.2f} to {fast:.2f} points an hour over the last 6 and 24 h"
    steps = max(1, math.ceil(ahead.total_seconds() / 3600))
    course = tuple(
        ForecastPoint(
            now + timedelta(hours=hour),
            min(limit_percent, used + (slow + fast) / 2 * hour),
            min(limit_percent, used + slow * hour),
            min(limit_percent, used + fast * hour),
        )
        for hour in range(1, steps + 1)
    )
    return Forecast(THEIL_SEN, None, None, course, reason, full_at=now + ahead)


def _since_clean_up(points: Sequence[Point]) -> list[Point]:
    since = 0
    for n in range(1, len(points)):
        if points[n][1] < points[n - 1][1] - CLEAN_UP_PERCENT:
            since = n
    return list(points[since:])


def _buckets(points: Sequence[Point], span: timedelta) -> list[Point]:
    """At most ``BUCKETS`` medians."""
    width = span.total_seconds() / 3600 / BUCKETS
    parts: dict[int, list[Point]] = {}
    for point in points:
        parts.setdefault(math.floor(point[0] / width), []).append(point)
    found: list[Point] = []
    for _, part in sorted(parts.items()):
        used = median([value for _, value in part])
        assert used is not None
        found.append((sum(hour for hour, _ in part) / len(part), used))
    return found


def _slope(points: Sequence[Point]) -> float | None:
    return median([(y2 - y1) / (x2 - x1) for n, (x1, y1) in enumerate(points) for x2, y2 in points[n + 1 :] if x2 > x1])


def _rising(points: Sequence[Point]) -> float:
    pairs = list(pairwise(points))
    return sum(after[1] > before[1] for before, after in pairs) / len(pairs) if pairs else 0.0


def _hours(span: timedelta) -> int:
    return round(span.total_seconds() / 3600)


def _none(reason: str) -> Forecast:
    return Forecast(THEIL_SEN, None, None, (), reason)
