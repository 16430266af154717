"""Service level objectives, and the windows over which their error budget is watched."""

from __future__ import annotations

import math
from dataclasses import dataclass

from amt_console.model.states import Severity

MIN_BAD_LONG = 3
"""Least bad probes in the long window of a burn-rate alert: with few probes one failure is already a huge rate."""
MIN_BAD_SHORT = 2
"""Least bad probes in the short window."""
SHORT_PART = 12
"""A short window is this part of its long one."""


@dataclass(frozen=True, slots=True)
class BurnWindow:
    """A pair of windows and the burn rate that both must exceed."""

    long_s: float
    short_s: float
    factor: float
    """The burn rate: 1 uses up the whole budget in exactly the objective's window."""
    severity: Severity


@dataclass(frozen=True, slots=True)
class Slo:
    """What share of the probes of each of some services shall be good over a window.

    Each service has an error budget of its own. A probe and its quick re-checks are one probe.
    """

    name: str
    services: tuple[str, ...]
    objective: float
    """Percent of the probes."""
    window: float
    """Seconds."""
    latency_ms: float | None = None
    """A good probe is answered within this time; without it, a good probe finds the service up."""

    @property
    def budget(self) -> float:
        """The share of probes that may be bad, 0 to 1."""
        return round((100.0 - self.objective) / 100.0, 9)

    @property
    def burn_windows(self) -> tuple[BurnWindow, ...]:
        """The pairs of windows of its alerts, worst first.

        "The Site Reliability Workbook", chapter 5, table 5-8: page when 2 % of the budget is used in an hour or 5 % in
        six hours, ticket when 10 % is used in three days. A factor is never below 1: a slower burn keeps the objective.
        """
        return tuple(
            BurnWindow(long_s, long_s / SHORT_PART, max(1.0, part * self.window / long_s), severity)
            for long_s, part, severity in _ALERTS
        )


def bad_needed(slo: Slo, window: BurnWindow, interval: float) -> int | None:
    """The least number of bad probes in the long window that exceeds its burn rate.

    Args:
        slo: The objective.
        window: One of its windows.
        interval: Seconds between probes.

    Returns:
        ``None`` where even an outage of the whole window is slower than the burn rate.
    """
    probes = int(window.long_s // interval)
    least = math.floor(window.factor * slo.budget * probes + 1e-9) + 1
    return least if least <= probes else None


_ALERTS = (
    (3600.0, 0.02, Severity.CRITICAL),
    (6 * 3600.0, 0.05, Severity.CRITICAL),
    (72 * 3600.0, 0.10, Severity.WARNING),
)
"""Long window in seconds, part of the budget that is used in it, severity."""
