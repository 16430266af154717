"""Availability by time: the up part of the measured time, and the measured part of the window."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from amt_console.clock import SECOND
from amt_console.model import Rollup

GOOD_COVERAGE_PERCENT = 90.0
"""Below this coverage an availability is shown with a warning."""
LEAST_COVERAGE_PERCENT = 50.0
"""Below this coverage an availability is not shown: not enough data."""

METHOD = (
    "availability = up / (up + down) over measured time, slow time counted as up; "
    "coverage = (up + down) / (window - maintenance); worst case = up / (up + down + unmeasured)"
)


@dataclass(frozen=True, slots=True)
class Availability:
    """Seconds of one window by state; the five parts add up to the window."""

    up_s: float
    """Without slow time."""
    degraded_s: float
    """Slow but correct answers: counts as up."""
    down_s: float
    maintenance_s: float
    unknown_s: float
    """Not measured."""

    @property
    def window_s(self) -> float:
        """Length of the window."""
        return math.fsum((self.up_s, self.degraded_s, self.down_s, self.maintenance_s, self.unknown_s))

    @property
    def measured_s(self) -> float:
        """Seconds known to be up or down."""
        return self.up_s + self.degraded_s + self.down_s

    @property
    def availability_percent(self) -> float | None:
        """Up over up and down; ``None`` when nothing was measured."""
        return _percent(self.up_s + self.degraded_s, self.measured_s)

    @property
    def coverage_percent(self) -> float | None:
        """Measured over the window without maintenance; ``None`` when all of it was maintenance."""
        return _percent(self.measured_s, self.measured_s + self.unknown_s)

    @property
    def worst_case_percent(self) -> float | None:
        """The availability if every unmeasured second had been down."""
        return _percent(self.up_s + self.degraded_s, self.measured_s + self.unknown_s)

    @property
    def sufficient(self) -> bool:
        """Whether enough was measured to state an availability."""
        return (self.coverage_percent or 0.0) >= LEAST_COVERAGE_PERCENT

    def __add__(self, other: Availability) -> Availability:
        """Two windows, or two services, combined."""
        return Availability(
            self.up_s + other.up_s,
            self.degraded_s + other.degraded_s,
            self.down_s + other.down_s,
            self.maintenance_s + other.maintenance_s,
            self.unknown_s + other.unknown_s,
        )


NOTHING = Availability(0.0, 0.0, 0.0, 0.0, 0.0)


def availability(rollups: Iterable[Rollup], window_seconds: float) -> Availability:
    """Add up the rollups of a window of ``window_seconds``; the rest is unknown.

    If they reach over the window's edge and have more seconds than it, all parts shrink in proportion.
    """
    up = degraded = down = maintenance = 0
    for rollup in rollups:
        up += rollup.up_us
        degraded += rollup.degraded_us
        down += rollup.down_us
        maintenance += rollup.maintenance_us
    known = (up + degraded + down + maintenance) / SECOND
    scale = SECOND * (known / window_seconds if known > window_seconds > 0 else 1.0)
    return Availability(
        up_s=up / scale,
        degraded_s=degraded / scale,
        down_s=down / scale,
        maintenance_s=maintenance / scale,
        unknown_s=max(0.0, window_seconds - known),
    )


def _percent(part: float, whole: float) -> float | None:
    return 100 * min(part / whole, 1.0) if whole > 0 else None
