"""The input series of the analysis: a time window, and its rollups."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise

from amt_console.clock import SECOND, micros, moment
from amt_console.model import AnyRollup, HostRollup, LatencyHistogram, Rollup

STEPS = (60, 300, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 604800)
"""Readable bucket lengths in seconds."""
MAX_POINTS = 300
HOURS_OF_A_DAY = 24
_EXACT_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class Window:
    """A period, ``start`` included and ``end`` not, cut into steps of equal length."""

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

    @property
    def _steps(self) -> int:
        return math.ceil(self.seconds / self.step)

    def starts(self) -> list[datetime]:
        """Start of every step."""
        return [self.start + timedelta(seconds=self.step * n) for n in range(self._steps)]

    def previous(self) -> Window:
        """The window that ends where this one starts: as many steps, all whole, so that buckets fit into it."""
        return replace(self, start=self.start - timedelta(seconds=self.step * self._steps), end=self.start)

    def index(self, moment: datetime) -> int:
        """Index of the step that holds ``moment``; negative before the window."""
        return math.floor((moment - self.start).total_seconds() / self.step)


def window_of(end: datetime, hours: float) -> Window:
    """The window of ``hours`` up to ``end``, its start rounded down to a whole step so that buckets fit into it.

    It has one step at least. Raises ValueError if ``hours`` is not above 0.
    """
    if not hours > 0:
        raise ValueError(f"a window needs a length above 0 hours, not {hours}")
    step = next((step for step in STEPS if hours * 3600 / step <= MAX_POINTS), STEPS[-1])
    # Hours are a float: a start that is a step's but for a few milliseconds is that step's.
    start = end.timestamp() - hours * 3600 + _EXACT_SECONDS
    whole = datetime.fromtimestamp(start - start % step, UTC)
    return Window(start=whole if whole < end else end - timedelta(seconds=step), end=end, step=step)


def regroup(rollups: Iterable[Rollup], window: Window) -> list[Rollup]:
    """The rollups on the window's steps, one for every step; an unmeasured step has an empty one.

    Those that start outside the window are left out. A step must be a multiple of their length.
    """
    return [_on_step(part, start, length) for (start, length), part in _by_step(rollups, window)]


def regroup_host(rollups: Iterable[HostRollup], window: Window) -> list[HostRollup]:
    """``regroup`` for one figure of the host."""
    return [
        HostRollup(start, length, LatencyHistogram.merged(each.histogram for each in part))
        for (start, length), part in _by_step(rollups, window)
    ]


def _by_step(rollups: Iterable[AnyRollup], window: Window) -> Iterator[tuple[tuple[int, int], list[AnyRollup]]]:
    steps = _steps(window)
    parts: list[list[AnyRollup]] = [[] for _ in steps]
    first, step = micros(window.start), window.step * SECOND
    for rollup in rollups:
        index = (rollup.start_us - first) // step
        if 0 <= index < len(parts):
            parts[index].append(rollup)
    return zip(steps, parts, strict=True)


@lru_cache(maxsize=8)
def _steps(window: Window) -> tuple[tuple[int, int], ...]:
    """Start and length of every step in microseconds: the same ones for each of many services."""
    starts = [micros(start) for start in window.starts()]
    return tuple((start, end - start) for start, end in pairwise([*starts, micros(window.end)]))


def _on_step(parts: Sequence[Rollup], start: int, length: int) -> Rollup:
    """``merged``; most series are on the window's steps already."""
    if not parts:
        return _nothing(start, length)
    if len(parts) == 1 and parts[0].start_us == start and parts[0].length_us == length:
        return parts[0]
    return Rollup.merged(parts, start_us=start, length_us=length)


@lru_cache(maxsize=4096)
def _nothing(start: int, length: int) -> Rollup:
    """An unmeasured step: the same for each of many services."""
    return Rollup(start, length)


@lru_cache(maxsize=4096)
def local_time(at_us: int, zone: tzinfo) -> datetime:
    """A moment in microseconds since 1970 in a zone: that of a step is asked for by each of many services."""
    return moment(at_us).astimezone(zone)


@lru_cache(maxsize=4096)
def in_zone(at: datetime, zone: tzinfo) -> datetime:
    """``at.astimezone(zone)``, kept as ``local_time``."""
    return at.astimezone(zone)


def merged(parts: Iterable[Rollup], start: datetime, end: datetime) -> Rollup:
    """Merge several rollups into one from ``start`` to ``end``."""
    return Rollup.merged(parts, start_us=micros(start), length_us=micros(end) - micros(start))
