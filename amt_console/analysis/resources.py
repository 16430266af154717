"""Resource usage of the monitor's host over a window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from amt_console.model import HostRollup, LatencyHistogram

RESOURCES = ("cpu", "memory", "disk", "connections")
LEAST_HOURS = 6
"""Least measured hours of the day to name the busiest one."""


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


def resource_patterns(host: Mapping[str, Sequence[HostRollup]], zone: tzinfo) -> tuple[ResourcePattern, ...]:
    """CPU, memory, disk and open connections, in this order."""
    return tuple(_pattern(name, host.get(name, ()), zone) for name in RESOURCES)


def _pattern(name: str, rollups: Sequence[HostRollup], zone: tzinfo) -> ResourcePattern:
    values = LatencyHistogram.merged(rollup.histogram for rollup in rollups)
    return ResourcePattern(
        name=name,
        mean=values.mean,
        p95=values.quantile(0.95),
        max=values.high,
        busiest_hour=_busiest(rollups, zone),
        samples=values.count,
    )


def _busiest(rollups: Sequence[HostRollup], zone: tzinfo) -> tuple[int, float] | None:
    hours: dict[int, list[LatencyHistogram]] = {}
    for rollup in rollups:
        if rollup.samples:
            hours.setdefault(rollup.start.astimezone(zone).hour, []).append(rollup.histogram)
    if len(hours) < LEAST_HOURS:
        return None
    means = {hour: LatencyHistogram.merged(parts).mean or 0.0 for hour, parts in hours.items()}
    best = max(means, key=lambda hour: (means[hour], -hour))
    return best, means[best]
