"""Error budgets: how much of a service level objective is used, and how fast it burns.

Burn rate and budget are those of the Site Reliability Workbook (Google 2018, chapter 5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from amt_console.model import Rollup
from amt_console.model.slo import Slo

BURN_WINDOWS = (3600.0, 6 * 3600.0, 3 * 86_400.0)
"""Seconds; the long windows of the workbook's three alerts."""
METHOD = (
    "budget = (1 - objective) x window; used = bad share x window, bad share = down / (up + down) by time, or with "
    "a latency objective failed and slow checks / checks; burn = bad share / (1 - objective)"
)


@dataclass(frozen=True, slots=True)
class Burn:
    """How fast a budget was used over the last ``seconds`` before the window's end."""

    seconds: float
    rate: float | None
    """1 uses the budget up exactly at the end of the objective's window; ``None`` if nothing was measured."""


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """One objective at the window's end, over its own window; seconds are those of one service."""

    slo: Slo
    budget_s: float
    """Seconds that may be bad."""
    used_s: float | None
    """Seconds that were bad; ``None`` if nothing was measured."""
    burn: tuple[Burn, ...]
    measured_s: float = 0.0
    """Measured part of the objective's window, on average over its services."""

    @property
    def remaining_s(self) -> float | None:
        """Budget minus used; negative when it is overspent."""
        return None if self.used_s is None else self.budget_s - self.used_s

    @property
    def used_percent(self) -> float | None:
        """Used over budget; ``None`` without a budget or a measurement."""
        return None if self.used_s is None or not self.budget_s else 100 * self.used_s / self.budget_s


def error_budget(slo: Slo, totals: Mapping[float, tuple[Rollup, ...]]) -> ErrorBudget:
    """The budget of one objective.

    Args:
        slo: The objective.
        totals: The totals of each of its services by length of the window in seconds, all up to the same end:
            ``slo.window`` and ``BURN_WINDOWS``.
    """
    allowed = max(0.0, 1 - slo.objective / 100)
    whole = totals.get(slo.window, ())
    bad = bad_share(slo, whole)
    return ErrorBudget(
        slo=slo,
        budget_s=allowed * slo.window,
        used_s=None if bad is None else bad * slo.window,
        burn=tuple(Burn(seconds, _rate(bad_share(slo, totals.get(seconds, ())), allowed)) for seconds in BURN_WINDOWS),
        measured_s=sum(each.up_s + each.degraded_s + each.down_s for each in whole) / max(1, len(whole)),
    )


def bad_share(slo: Slo, totals: tuple[Rollup, ...]) -> float | None:
    """The bad part of what was measured, 0 to 1; ``None`` if nothing was."""
    if slo.latency_ms is None:
        down = sum(each.down_us for each in totals)
        known = sum(each.up_us + each.degraded_us for each in totals) + down
        return down / known if known else None
    checks = sum(each.samples for each in totals)
    good = sum(
        each.histogram.count * (each.histogram.share_at_most(slo.latency_ms) or 0.0)
        for each in totals
        if each.histogram.count
    )
    return min(1.0, max(0.0, 1 - good / checks)) if checks else None


def _rate(bad: float | None, allowed: float) -> float | None:
    return None if bad is None or allowed <= 0 else bad / allowed
