"""Response times of one service over a window: percentiles, errors, trend and daily rhythm."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from types import MappingProxyType

from amt_console.analysis.percentiles import median
from amt_console.analysis.series import in_zone, local_time
from amt_console.analysis.trend import Trend, trend
from amt_console.model import LatencyHistogram, Rollup

SEASONAL_FROM_HOURS = 72
"""Windows of at least this length contain every hour of the day three times."""
MAX_TREND_POINTS = 150
"""More points are thinned out before all pairs are compared, because the number of pairs grows with the square."""
LEAST_HOURS = 6
"""Least measured hours of the day to name the slowest one."""
SLOW_FACTOR = 2.0
"""An hour is slow when its 95th percentile is this many times the median of the window."""


NOT_KNOWN: Mapping[int, float | None] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class LatencySummary:
    """Response times of one service in milliseconds, of the samples with an answer."""

    samples: int
    errors: int
    timed: int
    """Samples with a response time."""
    mean_ms: float | None
    min_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    within_limit_percent: float | None
    """Share of the timed samples at or under the service's warning limit."""
    limit_ms: float | None
    trend: Trend | None
    """Of the median response time per bucket."""
    slowest_hour: tuple[int, float] | None
    """The usually slowest hour of the day, by the 95th percentile on the median day, and that percentile."""
    slowest_hour_days: tuple[int, int]
    """Days on which that hour was much slower than the window's median, and days on which it was measured."""

    @property
    def error_rate_percent(self) -> float | None:
        """Failed samples over all samples; ``None`` for no samples."""
        return 100 * self.errors / self.samples if self.samples else None


def latency_summary(
    buckets: Sequence[Rollup],
    *,
    zone: tzinfo,
    limit_ms: float | None = None,
    quiet: Sequence[Rollup] | None = None,
    medians: Sequence[tuple[datetime, float]] | None = None,
    times: LatencyHistogram | None = None,
    p95_ms: Mapping[int, float | None] = NOT_KNOWN,
) -> LatencySummary:
    """Summarise the buckets of one service, ascending in time.

    Args:
        buckets: Of the window.
        zone: The zone of the hours of the day.
        limit_ms: The service's warning limit.
        quiet: The buckets without an incident; patterns use only these.
        medians: Start and median of these, where they are known already.
        times: The histogram of all buckets, where it is known already.
        p95_ms: The 95th percentile of buckets by their start in microseconds, where it is known already.
    """
    quiet = buckets if quiet is None else quiet
    if times is None:
        times = LatencyHistogram.merged(bucket.histogram for bucket in buckets)
    within = None if limit_ms is None else times.share_at_most(limit_ms)
    p50, p95, p99 = times.quantiles(0.5, 0.95, 0.99)
    days = daily_quantiles(quiet, zone, 0.95, known=p95_ms)
    slowest = slowest_hour(days)
    return LatencySummary(
        samples=sum(bucket.samples for bucket in buckets),
        errors=sum(bucket.errors for bucket in buckets),
        timed=times.count,
        mean_ms=times.mean,
        min_ms=times.low,
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        max_ms=times.high,
        within_limit_percent=None if within is None else 100 * within,
        limit_ms=limit_ms,
        trend=_trend(_medians(quiet) if medians is None else medians, zone),
        slowest_hour=slowest,
        slowest_hour_days=_slow_days(days[slowest[0]], p50) if slowest and p50 else (0, 0),
    )


def hourly_quantiles(buckets: Sequence[Rollup], zone: tzinfo, q: float) -> dict[int, float]:
    """The ``q`` quantile (0 to 1) for every hour of the day (0-23, in ``zone``) with samples."""
    parts: dict[int, list[LatencyHistogram]] = {}
    for bucket in buckets:
        parts.setdefault(local_time(bucket.start_us, zone).hour, []).append(bucket.histogram)
    found = {hour: LatencyHistogram.merged(group).quantile(q) for hour, group in parts.items()}
    return {hour: value for hour, value in sorted(found.items()) if value is not None}


def daily_quantiles(
    buckets: Sequence[Rollup], zone: tzinfo, q: float, *, known: Mapping[int, float | None] = NOT_KNOWN
) -> dict[int, list[float]]:
    """The ``q`` quantile of every hour of the day (0-23, in ``zone``) on each day with samples.

    ``known`` has those of single buckets, by their start in microseconds.
    """
    parts: dict[tuple[date, int], list[Rollup]] = {}
    for bucket in buckets:
        if bucket.histogram.count:
            local = local_time(bucket.start_us, zone)
            parts.setdefault((local.date(), local.hour), []).append(bucket)
    found: dict[int, list[float]] = {}
    for (_, hour), group in sorted(parts.items(), key=lambda each: each[0]):
        if len(group) == 1 and group[0].start_us in known:
            value = known[group[0].start_us]
        else:
            value = LatencyHistogram.merged(bucket.histogram for bucket in group).quantile(q)
        found.setdefault(hour, []).append(value or 0.0)
    return found


def slowest_hour(days: Mapping[int, Sequence[float]]) -> tuple[int, float] | None:
    """The slowest hour of the day on the median day; one bad day is not a pattern.

    ``None`` with fewer than six measured hours of the day.
    """
    if len(days) < LEAST_HOURS:
        return None
    usual = {hour: median(values) or 0.0 for hour, values in days.items()}
    worst = max(usual, key=lambda hour: (usual[hour], -hour))
    return worst, usual[worst]


def _slow_days(values: Sequence[float], p50: float) -> tuple[int, int]:
    """Days on which an hour's 95th percentile was ``SLOW_FACTOR`` times the median, and days with a measurement."""
    return sum(value >= SLOW_FACTOR * p50 for value in values), len(values)


def _medians(buckets: Sequence[Rollup]) -> list[tuple[datetime, float]]:
    return [(bucket.start, ms) for bucket in buckets if (ms := bucket.histogram.quantile(0.5)) is not None]


def _trend(medians: Sequence[tuple[datetime, float]], zone: tzinfo) -> Trend | None:
    if not medians:
        return None
    first = medians[0][0]
    seasonal = (medians[-1][0] - first).total_seconds() / 3600 >= SEASONAL_FROM_HOURS
    points = medians if seasonal else medians[:: math.ceil(len(medians) / MAX_TREND_POINTS)]
    return trend(
        [(at - first).total_seconds() / 3600 for at, _ in points],
        [ms for _, ms in points],
        [in_zone(at, zone).hour for at, _ in points] if seasonal else None,
    )
