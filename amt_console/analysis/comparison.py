"""All services side by side: the slowest first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from amt_console.analysis.latency import LatencySummary
from amt_console.analysis.percentiles import median
from amt_console.analysis.uptime.availability import Availability


@dataclass(frozen=True, slots=True)
class Compared:
    """One service among the others."""

    rank: int
    """1 is the slowest; services without a response time come last."""
    name: str
    p50_ms: float | None
    p95_ms: float | None
    times_median: float | None
    """Its 95th percentile over the median of all services'."""
    error_rate_percent: float | None
    availability_percent: float | None
    """``None`` without enough data."""
    checks_per_hour: float


def compared(services: Iterable[tuple[str, LatencySummary, Availability]], hours: float) -> tuple[Compared, ...]:
    """Rank the services of a window of ``hours``."""
    found = sorted(services, key=lambda each: (each[1].p95_ms is None, -(each[1].p95_ms or 0.0), each[0]))
    usual = median([latency.p95_ms for _, latency, _ in found if latency.p95_ms is not None])
    return tuple(
        Compared(
            rank=position,
            name=name,
            p50_ms=latency.p50_ms,
            p95_ms=latency.p95_ms,
            times_median=latency.p95_ms / usual if usual and latency.p95_ms is not None else None,
            error_rate_percent=latency.error_rate_percent,
            availability_percent=parts.availability_percent if parts.sufficient else None,
            checks_per_hour=latency.samples / hours if hours > 0 else 0.0,
        )
        for position, (name, latency, parts) in enumerate(found, start=1)
    )
