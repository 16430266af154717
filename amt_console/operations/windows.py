"""Windowed values of the live snapshot (24 h, 1 h, 30 min), from rollups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from amt_console.analysis.uptime.availability import LEAST_COVERAGE_PERCENT
from amt_console.clock import SECOND, micros
from amt_console.model import HostRollup, Series
from amt_console.model.histogram import SCALE

if TYPE_CHECKING:
    from amt_console.store import Reads

SPARK_MINUTES = 30
MINUTE = 60
HOUR_REFRESH_SHARE, HOUR_REFRESH_MOST = 0.15, 30.0
DAY_REFRESH_SHARE, DAY_REFRESH_MOST = 0.3, 60.0
"""Maximum age of windowed values: seconds per service, and the upper bound."""
LEAST_TURN = 6
"""Least services per query, because each query costs as much as its first few rows."""


@dataclass(frozen=True, slots=True)
class ServiceWindows:
    """Recent values of one service."""

    p95_ms: float | None = None
    uptime_percent_24h: float | None = None
    coverage_percent_24h: float = 0.0
    error_rate_percent_1h: float | None = None
    sparkline: Series = ()


def read_windows(reads: Reads, names: Sequence[str], end: datetime) -> dict[str, ServiceWindows]:
    """The windows of all ``names`` that end at ``end``."""
    found = dict.fromkeys(names, ServiceWindows())
    _read_day(reads, names, end, found)
    _read_lately(reads, names, end, found)
    return found


class RollingWindows:
    """The windows of many services, refreshed a few at a time, so that no single snapshot pays for all.

    With frequent calls each is at most ``refresh`` seconds old; with many services up to
    ``HOUR_REFRESH_MOST``, and those of the last day, which move most slowly and cost most, up to ``DAY_REFRESH_MOST``.
    """

    def __init__(self, names: Sequence[str], *, refresh: float) -> None:
        names = tuple(names)
        self._lately = _Turns(names, max(refresh, min(HOUR_REFRESH_MOST, HOUR_REFRESH_SHARE * len(names))))
        self._day = _Turns(names, max(refresh, min(DAY_REFRESH_MOST, DAY_REFRESH_SHARE * len(names))))
        self._found = dict.fromkeys(names, ServiceWindows())

    def read(self, reads: Reads, end: datetime, tick: float) -> dict[str, ServiceWindows]:
        """The windows by service; those due for a refresh end at ``end``. ``tick`` is monotonic time in seconds."""
        if due := self._day.due(tick):
            _read_day(reads, due, end, self._found)
        if due := self._lately.due(tick):
            _read_lately(reads, due, end, self._found)
        return self._found


class _Turns:
    """The services due for a refresh, so that each has one within ``period`` seconds."""

    def __init__(self, names: tuple[str, ...], period: float) -> None:
        self._names = names
        self._period = period
        self._next = 0
        self._asked_at: float | None = None

    def due(self, tick: float) -> tuple[str, ...]:
        names = self._names
        share = 1.0 if self._asked_at is None else (tick - self._asked_at) / self._period
        if share < 1 and len(names) * share < min(len(names), LEAST_TURN):
            return ()
        self._asked_at = tick
        if share >= 1 or not names:
            return names
        count = math.ceil(len(names) * share)
        due = (names[self._next :] + names)[:count]
        self._next = (self._next + count) % len(names)
        return due


def _read_day(reads: Reads, names: Sequence[str], end: datetime, found: dict[str, ServiceWindows]) -> None:
    totals = reads.services.totals(start=end - timedelta(hours=24), end=end, services=names)
    for name in names:
        day = totals.get(name)
        coverage = 100 * day.coverage if day else 0.0
        availability = day.availability if day and coverage >= LEAST_COVERAGE_PERCENT else None
        found[name] = replace(
            found[name],
            p95_ms=day.histogram.quantile(0.95) if day else None,
            uptime_percent_24h=None if availability is None else 100 * availability,
            coverage_percent_24h=coverage,
        )


def _read_lately(reads: Reads, names: Sequence[str], end: datetime, found: dict[str, ServiceWindows]) -> None:
    totals = reads.services.totals(start=end - timedelta(hours=1), end=end, services=names, histograms=False)
    start = spark_start(end)
    courses = reads.services.courses(resolution=MINUTE, windows=[(start, end)], services=names)
    first = micros(start)
    for name in names:
        hour = totals.get(name)
        error_rate = hour.error_rate if hour else None
        means: list[float | None] = [None] * SPARK_MINUTES
        for begin, _, _, timed, total in courses.get(name, ()):
            if timed:
                means[(begin - first) // (MINUTE * SECOND)] = total / timed / SCALE
        found[name] = replace(
            found[name],
            error_rate_percent_1h=None if error_rate is None else 100 * error_rate,
            sparkline=tuple(means),
        )


def spark_start(end: datetime) -> datetime:
    """Start of the sparkline that ends at ``end``."""
    return floor_time(end, MINUTE) - timedelta(minutes=SPARK_MINUTES - 1)


def by_minute(rollups: Sequence[HostRollup], start: datetime) -> dict[int, HostRollup]:
    """The rollups by their number of minutes since ``start``."""
    return {int((rollup.start - start).total_seconds() // MINUTE): rollup for rollup in rollups}


def floor_time(moment: datetime, seconds: int) -> datetime:
    """The start of the bucket of ``seconds`` that ``moment`` lies in."""
    epoch = int(moment.timestamp())
    return datetime.fromtimestamp(epoch - epoch % seconds, UTC)
