"""The series that the analysis reads: a window of time, and buckets of measurements inside it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from amt_console.clock import micros
from amt_console.model import Rollup

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


def regroup(rollups: Iterable[Rollup], window: Window) -> list[Rollup]:
    """The rollups on the window's steps, one for every step: an empty one where nothing was measured.

    Those that start outside the window are left out. A step must be a multiple of their length.
    """
    starts = window.starts()
    parts: list[list[Rollup]] = [[] for _ in starts]
    for rollup in rollups:
        index = window.index(rollup.start)
        if 0 <= index < len(parts):
            parts[index].append(rollup)
    ends = [*starts[1:], window.end]
    return [merged(part, start, end) for part, start, end in zip(parts, starts, ends, strict=True)]


def merged(parts: Iterable[Rollup], start: datetime, end: datetime) -> Rollup:
    """One rollup out of several, for the stretch from ``start`` to ``end`` that holds them."""
    return Rollup.merged(parts, start_us=micros(start), length_us=micros(end) - micros(start))
