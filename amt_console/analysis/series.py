"""The series that the analysis reads: a window of time, and buckets of measurements inside it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from amt_console.analysis.percentiles import Counts, merge_counts

STEPS = (60, 300, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800)
"""Bucket lengths in seconds that a reader can make sense of."""
MAX_POINTS = 300


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, ``start`` included and ``end`` not, cut into steps of equal length."""

    start: datetime
    end: datetime
    step: int
    """Seconds; the last step may be cut short by ``end``."""

    @property
    def seconds(self) -> float:
        """Length."""
        return (self.end - self.start).total_seconds()

    @property
    def hours(self) -> float:
        """Length in hours."""
        return self.seconds / 3600

    def starts(self) -> list[datetime]:
        """Start of every step."""
        return [self.start + timedelta(seconds=self.step * n) for n in range(math.ceil(self.seconds / self.step))]

    def previous(self) -> Window:
        """The window of equal length that ends where this one starts."""
        return replace(self, start=self.start - (self.end - self.start), end=self.start)

    def index(self, moment: datetime) -> int:
        """Number of the step that ``moment`` lies in; negative before the window."""
        return math.floor((moment - self.start).total_seconds() / self.step)


def window_of(end: datetime, hours: float) -> Window:
    """The window of ``hours`` up to ``end``, its start rounded down to a whole step so that buckets fit into it."""
    if not hours > 0:
        raise ValueError(f"a window needs a length above 0 hours, not {hours}")
    step = next((step for step in STEPS if hours * 3600 / step <= MAX_POINTS), STEPS[-1])
    start = end.timestamp() - hours * 3600
    return Window(start=datetime.fromtimestamp(start - start % step, UTC), end=end, step=step)


@dataclass(frozen=True, slots=True)
class ServiceBucket:
    """What was measured of one service in one bucket of time."""

    start: datetime
    seconds: float
    """Length of the bucket."""
    samples: int = 0
    errors: int = 0
    """Samples that failed."""
    up_s: float = 0.0
    """Measured seconds in good order; slow ones are in ``degraded_s`` instead."""
    degraded_s: float = 0.0
    down_s: float = 0.0
    maintenance_s: float = 0.0
    sum_ms: float = 0.0
    """Sum of the response times of the ``timed`` samples."""
    min_ms: float | None = None
    max_ms: float | None = None
    counts: Counts = field(default_factory=dict)
    """Response times in milliseconds, counted."""

    @property
    def timed(self) -> int:
        """Samples that have a response time."""
        return sum(self.counts.values())

    @property
    def known_s(self) -> float:
        """Seconds of which something is known."""
        return self.up_s + self.degraded_s + self.down_s + self.maintenance_s

    @property
    def mean_ms(self) -> float | None:
        """Mean response time."""
        return self.sum_ms / self.timed if self.timed else None


@dataclass(frozen=True, slots=True)
class HostBucket:
    """What was measured of the monitor's host in one bucket of time. ``None`` where nothing was read."""

    start: datetime
    seconds: float
    cpu_mean: float | None = None
    cpu_max: float | None = None
    memory_mean: float | None = None
    memory_max: float | None = None
    disk_mean: float | None = None
    disk_max: float | None = None
    connections_mean: float | None = None
    connections_max: float | None = None


def merge_buckets(start: datetime, seconds: float, parts: Sequence[ServiceBucket]) -> ServiceBucket:
    """One bucket out of several: sums are added, extremes kept, response times counted together."""
    lows = [part.min_ms for part in parts if part.min_ms is not None]
    highs = [part.max_ms for part in parts if part.max_ms is not None]
    return ServiceBucket(
        start=start,
        seconds=seconds,
        samples=sum(part.samples for part in parts),
        errors=sum(part.errors for part in parts),
        up_s=math.fsum(part.up_s for part in parts),
        degraded_s=math.fsum(part.degraded_s for part in parts),
        down_s=math.fsum(part.down_s for part in parts),
        maintenance_s=math.fsum(part.maintenance_s for part in parts),
        sum_ms=math.fsum(part.sum_ms for part in parts),
        min_ms=min(lows, default=None),
        max_ms=max(highs, default=None),
        counts=merge_counts(part.counts for part in parts),
    )


def regroup(buckets: Iterable[ServiceBucket], window: Window) -> list[ServiceBucket]:
    """The buckets on the window's steps, one for every step: an empty one where nothing was measured.

    Buckets that start outside the window are left out. A step must be a multiple of the buckets' length.
    """
    starts = window.starts()
    parts: list[list[ServiceBucket]] = [[] for _ in starts]
    for bucket in buckets:
        index = window.index(bucket.start)
        if 0 <= index < len(parts):
            parts[index].append(bucket)
    lengths = [min(window.step, (window.end - start).total_seconds()) for start in starts]
    return [merge_buckets(start, length, part) for start, length, part in zip(starts, lengths, parts, strict=True)]
