"""Resource usage of the monitor's host over a window: rhythm, saturation and headroom."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from amt_console.model import HostRollup, LatencyHistogram

RESOURCES = ("cpu", "memory", "disk", "connections")
LEAST_HOURS = 6
"""Least measured hours of the day to name the busiest one."""
LEAST_WEEKDAYS = 5
"""Least measured weekdays to tell them apart."""
METHOD = (
    "saturation = measured time over the limit, by the part of each step's samples over it; "
    "headroom = limit - 95th percentile (of the disk: - highest); "
    "means by hour of the day and weekday in the zone of the report"
)


@dataclass(frozen=True, slots=True)
class ResourcePattern:
    """One resource over a window, from all of its samples, in its own unit (percent for CPU, memory and disk)."""

    name: str
    mean: float | None
    p95: float | None
    max: float | None
    busiest_hour: tuple[int, float] | None
    """Hour of the day with the highest mean, and that mean."""
    samples: int
    limit: float | None = None
    saturated_percent: float | None = None
    """Part of the measured time over the limit, exact to 1 % of the value; ``None`` without a limit or a sample."""
    saturated_s: float = 0.0
    hours: tuple[tuple[int, float], ...] = ()
    """Mean by hour of the day (0-23), of the measured ones."""
    weekdays: tuple[tuple[int, float], ...] = ()
    """Mean by weekday (0 is Monday), if at least five were measured."""
    worst: tuple[datetime, float] | None = None
    """The step with the highest mean."""

    @property
    def headroom(self) -> float | None:
        """Distance from what is used at busy times to the limit; negative over it."""
        used = self.max if self.name == "disk" else self.p95
        return None if self.limit is None or used is None else self.limit - used


def resource_patterns(
    host: Mapping[str, Sequence[HostRollup]], zone: tzinfo, limits: Mapping[str, float | None] | None = None
) -> tuple[ResourcePattern, ...]:
    """CPU, memory, disk and open connections, in this order."""
    return tuple(_pattern(name, host.get(name, ()), zone, (limits or {}).get(name)) for name in RESOURCES)


def _pattern(name: str, rollups: Sequence[HostRollup], zone: tzinfo, limit: float | None) -> ResourcePattern:
    values = LatencyHistogram.merged(rollup.histogram for rollup in rollups)
    hours = _means(rollups, lambda start: start.astimezone(zone).hour)
    weekdays = _means(rollups, lambda start: start.astimezone(zone).weekday())
    measured = sum(rollup.seconds for rollup in rollups if rollup.samples)
    over = None if limit is None else _seconds_over(limit, rollups)
    top = max((r for r in rollups if r.samples), key=lambda r: r.histogram.mean or 0.0, default=None)
    return ResourcePattern(
        name=name,
        mean=values.mean,
        p95=values.quantile(0.95),
        max=values.high,
        busiest_hour=max(hours, key=lambda pair: (pair[1], -pair[0])) if len(hours) >= LEAST_HOURS else None,
        samples=values.count,
        limit=limit,
        saturated_percent=None if over is None or not measured else 100 * over / measured,
        saturated_s=over or 0.0,
        hours=hours,
        weekdays=weekdays if len(weekdays) >= LEAST_WEEKDAYS else (),
        worst=None if top is None else (top.start, top.histogram.mean or 0.0),
    )


def _seconds_over(limit: float, rollups: Sequence[HostRollup]) -> float:
    """Each step counts by its length: the host is not sampled at the same rate all the time."""
    shares = ((rollup.seconds, rollup.histogram.share_at_most(limit)) for rollup in rollups)
    return math.fsum(seconds * (1 - within) for seconds, within in shares if within is not None)


def _means(rollups: Sequence[HostRollup], key: Callable[[datetime], int]) -> tuple[tuple[int, float], ...]:
    parts: dict[int, list[int]] = {}
    for rollup in rollups:
        if rollup.samples:
            sums = parts.setdefault(key(rollup.start), [0, 0])
            sums[0] += rollup.histogram.total
            sums[1] += rollup.histogram.count
    return tuple(
        (at, LatencyHistogram(count=count, total=total).mean or 0.0) for at, (total, count) in sorted(parts.items())
    )
