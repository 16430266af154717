"""The two loops that do not probe: one samples the host, the other watches the clock and missing data."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from amt_console.clock import Clock
from amt_console.model import Gap, HostSample
from amt_console.monitor.buffer import HostReading, NoData, Pause
from amt_console.monitor.supervise import LOG
from amt_console.monitor.watches.gaps import ClockWatch
from amt_console.monitor.watches.hosts import SAMPLE_EVERY, HostAverager
from amt_console.monitor.watches.no_data import NoDataWatch

TICK = 1.0
"""Seconds between two readings of the clock."""
SIGN_OF_LIFE_EVERY = 10.0
"""Seconds between two signs of life in the database."""
NO_DATA_EVERY = 5.0
"""Seconds between two checks for missing data."""
FREEZE_AFTER = 5.0
"""Seconds after the start until long-lived objects are excluded from garbage collection."""


class HostSampler(Protocol):
    """What the engine needs of the host collector."""

    def sample(self) -> HostSample:
        """Read the host now."""
        ...


class HostLoop:
    """Samples the host for the live figures, and emits few averaged readings to be stored."""

    def __init__(
        self,
        *,
        collector: HostSampler,
        clock: Clock,
        emit: Callable[[HostReading], None],
        every: float = SAMPLE_EVERY,
    ) -> None:
        self.latest: HostSample | None = None
        self._collector = collector
        self._clock = clock
        self._emit = emit
        self._every = every
        self._averager = HostAverager()

    async def run(self) -> None:
        """Sample until cancelled, at a fixed rate."""
        due = self._clock.monotonic()
        while True:
            sample = await asyncio.to_thread(self._collector.sample)
            self.latest = sample
            averaged = self._averager.add(sample, now=self._clock.monotonic())
            if averaged is not None:
                self._emit(HostReading(averaged, self._clock.instant()))
            now = self._clock.monotonic()
            due = max(due + self._every, now)
            await asyncio.sleep(due - now)


class TickLoop:
    """Reads the clock every second: gaps, clock steps, signs of life, missing data.

    Args:
        no_data_watch: Knows when each subject last had data.
        on_pause: Takes a gap.
        on_no_data: Takes a subject without data.
        on_sign_of_life: Stores a sign of life.
        on_tick: Called with each tick.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        no_data_watch: NoDataWatch,
        on_pause: Callable[[Pause], None],
        on_no_data: Callable[[NoData], None],
        on_sign_of_life: Callable[[], None],
        on_tick: Callable[[], None] = lambda: None,
        tick: float = TICK,
    ) -> None:
        self.wall_step: tuple[datetime, float] | None = None
        """When the wall clock was last moved, and by how many seconds."""
        self._clock = clock
        self._no_data_watch = no_data_watch
        self._on_pause = on_pause
        self._on_no_data = on_no_data
        self._on_sign_of_life = on_sign_of_life
        self._on_tick = on_tick
        self._tick = tick
        self._watch = ClockWatch(clock.instant())
        started = clock.monotonic()
        self._sign_at = started + SIGN_OF_LIFE_EVERY
        self._no_data_at = started + NO_DATA_EVERY
        self._freeze_at: float | None = started + FREEZE_AFTER

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            await asyncio.sleep(self._tick)
            self.tick()

    def tick(self) -> None:
        """One tick."""
        now = self._clock.instant()
        reading = self._watch.tick(now, self._tick)
        if reading.gap is not None:
            LOG.warning("Nothing was measured from %s to %s: %s.", *_gap_words(reading.gap))
            self._no_data_watch.forgive(now.monotonic)
            self._on_pause(Pause(reading.gap, now))
        if reading.wall_step:
            LOG.warning("The clock was moved by %+.1f s.", reading.wall_step)
            self.wall_step = (now.wall, reading.wall_step)
        self._on_tick()
        if now.monotonic >= self._sign_at:
            self._sign_at = now.monotonic + SIGN_OF_LIFE_EVERY
            self._on_sign_of_life()
        if now.monotonic >= self._no_data_at:
            self._no_data_at = now.monotonic + NO_DATA_EVERY
            for overdue in self._no_data_watch.overdue(now.monotonic):
                self._on_no_data(NoData(overdue.subject, overdue.seconds, now, overdue.reason))
        if self._freeze_at is not None and now.monotonic >= self._freeze_at:
            # Objects alive by now live long: full collections over them would delay the readings of the clock.
            self._freeze_at = None
            gc.freeze()


def _gap_words(gap: Gap) -> tuple[str, str, str]:
    return gap.started_at.isoformat(timespec="seconds"), gap.ended_at.isoformat(timespec="seconds"), gap.reason.value
