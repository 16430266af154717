"""Rollups by hand, in seconds and milliseconds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from amt_console.clock import SECOND, micros
from amt_console.model import LatencyHistogram, Rollup


def rollup(
    start: datetime,
    seconds: float,
    *,
    samples: int = 0,
    errors: int = 0,
    up: float = 0.0,
    degraded: float = 0.0,
    down: float = 0.0,
    maintenance: float = 0.0,
    times: Iterable[float] = (),
) -> Rollup:
    """What happened in so many seconds from ``start`` on; ``times`` are response times in milliseconds."""
    spent = (round(part * SECOND) for part in (up, degraded, down, maintenance))
    return Rollup(micros(start), round(seconds * SECOND), samples, errors, *spent, LatencyHistogram.of(times))
