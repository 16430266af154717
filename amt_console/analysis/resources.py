"""How the monitor's host was used over a window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from amt_console.analysis.percentiles import mean, percentile
from amt_console.analysis.series import HostBucket

LEAST_HOURS = 6
"""Hours of the day that must have been measured before one is called the busiest."""


@dataclass(frozen=True, slots=True)
class ResourcePattern:
    """One resource over a window, in its own unit (percent for CPU, memory and disk)."""

    name: str
    mean: float | None
    p95: float | None
    """Of the buckets' means."""
    max: float | None
    busiest_hour: tuple[int, float] | None
    """Hour of the day with the highest mean, and that mean."""
    buckets: int
    """Buckets with a reading."""


def resource_pattern(
    name: str,
    buckets: Sequence[HostBucket],
    *,
    mean_of: Callable[[HostBucket], float | None],
    max_of: Callable[[HostBucket], float | None],
    zone: tzinfo,
) -> ResourcePattern:
    """Summarise one resource of the host's buckets."""
    means = [value for value in map(mean_of, buckets) if value is not None]
    highs = [value for value in map(max_of, buckets) if value is not None]
    return ResourcePattern(
        name=name,
        mean=mean(means),
        p95=percentile(means, 95),
        max=max(highs, default=None),
        busiest_hour=_busiest(buckets, mean_of, zone),
        buckets=len(means),
    )


def resource_patterns(buckets: Sequence[HostBucket], zone: tzinfo) -> tuple[ResourcePattern, ...]:
    """CPU, memory, disk and open connections, in this order."""
    return (
        resource_pattern("cpu", buckets, mean_of=lambda b: b.cpu_mean, max_of=lambda b: b.cpu_max, zone=zone),
        resource_pattern("memory", buckets, mean_of=lambda b: b.memory_mean, max_of=lambda b: b.memory_max, zone=zone),
        resource_pattern("disk", buckets, mean_of=lambda b: b.disk_mean, max_of=lambda b: b.disk_max, zone=zone),
        resource_pattern(
            "connections", buckets, mean_of=lambda b: b.connections_mean, max_of=lambda b: b.connections_max, zone=zone
        ),
    )


def _busiest(
    buckets: Sequence[HostBucket], mean_of: Callable[[HostBucket], float | None], zone: tzinfo
) -> tuple[int, float] | None:
    hours: dict[int, list[float]] = {}
    for bucket in buckets:
        value = mean_of(bucket)
        if value is not None:
            hours.setdefault(bucket.start.astimezone(zone).hour, []).append(value)
    if len(hours) < LEAST_HOURS:
        return None
    means = {hour: sum(values) / len(values) for hour, values in hours.items()}
    best = max(means, key=lambda hour: (means[hour], -hour))
    return best, means[best]
