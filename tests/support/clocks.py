"""Clocks that tests move."""

from __future__ import annotations

from datetime import datetime, timedelta

from amt_console.clock import Instant, SystemClock


class SkippingClock(SystemClock):
    """The machine's clock, with time that can be skipped while everything else goes on."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def skip(self, seconds: float) -> None:
        """Move all hands forward."""
        self._ahead += seconds

    def now(self) -> datetime:
        """The wall clock."""
        return super().now() + timedelta(seconds=self._ahead)

    def monotonic(self) -> float:
        """Seconds for durations."""
        return super().monotonic() + self._ahead

    def instant(self) -> Instant:
        """All hands at once."""
        now = super().instant()
        return Instant(self.now(), self.monotonic(), now.boottime + self._ahead, now.boot_id)
