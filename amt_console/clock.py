"""Time, injected: a clock with three hands, the instant that it reads, and moments as whole microseconds."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

SECOND = 1_000_000
"""Microseconds in a second."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
"""The smallest difference of two moments."""


def micros(moment: datetime) -> int:
    """Whole microseconds since 1970, exactly."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds


@lru_cache(maxsize=4096)
def moment(microseconds: int) -> datetime:
    """The aware UTC moment of ``micros``, exactly. The series of all services have the same few hundred."""
    return _EPOCH + microseconds * MICROSECOND


@cache
def _boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on all three hands.

    ``wall`` is for people and calendars, ``boottime`` (seconds, counts through suspend) for durations within one boot.
    """

    wall: datetime
    monotonic: float
    boottime: float
    boot_id: str

    def seconds_since(self, earlier: Instant) -> float:
        """Seconds from ``earlier`` to this instant, never negative; across a reboot by the wall clock."""
        if self.boot_id == earlier.boot_id:
            return max(0.0, self.boottime - earlier.boottime)
        return max(0.0, (self.wall - earlier.wall).total_seconds())

    def moved(self, seconds: float) -> Instant:
        """The instant so many seconds later, with negative ones earlier, of the same boot."""
        return replace(
            self,
            wall=self.wall + timedelta(seconds=seconds),
            monotonic=self.monotonic + seconds,
            boottime=self.boottime + seconds,
        )


class Clock(Protocol):
    """Where the program reads the time; nothing else calls ``time`` or ``datetime.now``."""

    def now(self) -> datetime:
        """The wall clock, aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds for durations; stands still while the machine is suspended."""
        ...

    def instant(self) -> Instant:
        """All hands at once."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The wall clock, aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """``time.monotonic()``."""
        return time.monotonic()

    def instant(self) -> Instant:
        """All hands at once; boottime falls back to the monotonic clock where the platform has none."""
        boottime = time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()
        return Instant(wall=self.now(), monotonic=self.monotonic(), boottime=boottime, boot_id=_boot_id())


class FakeClock:
    """A clock that moves only when told, for tests and simulated history."""

    def __init__(self, wall: datetime = datetime(2026, 1, 5, 12, 0, tzinfo=UTC), boot_id: str = "boot-1") -> None:
        self._instant = Instant(wall=wall, monotonic=1000.0, boottime=1000.0, boot_id=boot_id)

    def now(self) -> datetime:
        """The wall hand."""
        return self._instant.wall

    def monotonic(self) -> float:
        """The monotonic hand."""
        return self._instant.monotonic

    def instant(self) -> Instant:
        """All hands."""
        return self._instant

    def advance(self, seconds: float) -> None:
        """Move all hands forward."""
        self._instant = self._instant.moved(seconds)

    def step_wall(self, seconds: float) -> None:
        """Move only the wall clock, as a time correction does."""
        self._instant = replace(self._instant, wall=self._instant.wall + timedelta(seconds=seconds))

    def suspend(self, seconds: float) -> None:
        """Sleep through ``seconds``: wall and boottime move, monotonic stands."""
        now = self._instant
        self._instant = replace(now, wall=now.wall + timedelta(seconds=seconds), boottime=now.boottime + seconds)
