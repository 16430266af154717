"""When nothing was measured: the monitor was stopped, the machine slept, or the engine stood still. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from amt_console.clock import Instant
from amt_console.model import Gap, GapReason

SHORTEST_STOP = 30.0
"""Seconds without a monitor that do not count as a gap: a restart."""
SUSPEND_AFTER = 1.0
"""Seconds by which boottime may gain on the monotonic clock before it counts as a suspend."""
STALL_AFTER = 5.0
"""Seconds that a tick may be late before it counts as a stall."""
STEP_AFTER = 1.0
"""Seconds by which the wall clock may move against boottime before it counts as a step."""


def stopped_gap(last_cycle_at: datetime | None, now: datetime, shortest_interval: float) -> Gap | None:
    """The gap since a monitor last worked; ``None`` if shorter than two intervals, or if none ever worked.

    After a clock was set back (``last_cycle_at`` in the future) there is no gap: its length is unknown.
    """
    if last_cycle_at is None or (now - last_cycle_at).total_seconds() <= max(SHORTEST_STOP, 2 * shortest_interval):
        return None
    return Gap(started_at=last_cycle_at, ended_at=now, reason=GapReason.STOPPED)


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The time between two ticks, as the clocks tell it."""

    gap: Gap | None = None
    wall_step: float = 0.0
    """Seconds by which the wall clock was moved; 0 if not."""


class ClockWatch:
    """Compares the three hands of the clock from tick to tick."""

    def __init__(self, start: Instant) -> None:
        self._last = start

    def tick(self, now: Instant, expected: float) -> ClockReading:
        """Read the clocks.

        Args:
            now: This tick.
            expected: Seconds after which this tick was due.
        """
        before, self._last = self._last, now
        if now.boot_id != before.boot_id:
            return ClockReading()
        awake = now.monotonic - before.monotonic
        elapsed = now.boottime - before.boottime
        moved = (now.wall - before.wall).total_seconds() - elapsed
        step = moved if abs(moved) > STEP_AFTER else 0.0
        if elapsed - awake > SUSPEND_AFTER:
            return ClockReading(_gap(now, elapsed, GapReason.SUSPENDED), step)
        if awake - expected > STALL_AFTER:
            return ClockReading(_gap(now, elapsed, GapReason.STALLED), step)
        return ClockReading(None, step)


def _gap(now: Instant, seconds: float, reason: GapReason) -> Gap:
    """A gap that ends now. Its start is computed from durations, because the wall clock may have moved."""
    return Gap(started_at=now.wall - timedelta(seconds=seconds), ended_at=now.wall, reason=reason)
