"""Error budgets: how much of a service level objective is used, and how fast it burns.

Budget and burn rate are those of "The Site Reliability Workbook", chapter 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from amt_console.model import Rollup
from amt_console.model.slo import Slo

BURN_WINDOWS = (3600.0, 6 * 3600.0, 3 * 86_400.0)
"""Seconds; the long windows of the workbook's three alerts."""
METHOD = (
    "bad share = bad checks / checks, a check with its re-checks counted once; budget = (1 - objective) x window; "
    "used = bad share x window; burn = bad share / (1 - objective)"
)
Totals = Mapping[float, Rollup]
"""One service's totals by length of the window in seconds, all up to the same end."""


@dataclass(frozen=True, slots=True)
class Burn:
    """How fast a budget was used over the last ``seconds``."""

    seconds: float
    rate: float | None
    """1 uses up the budget in exactly the objective's window; ``None`` if nothing was measured."""


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """The error budget of one service under one objective, at the end of the objective's own window."""

    slo: Slo
    service: str
    checks: int
    """In the objective's window."""
    bad: int
    burn: tuple[Burn, ...]
    """Over ``BURN_WINDOWS``."""

    @property
    def budget_s(self) -> float:
        """Seconds of the objective's window that may be bad."""
        return self.slo.budget * self.slo.window

    @property
    def used_s(self) -> float | None:
        """Seconds that were bad, if the unmeasured time was like the rest; ``None`` if nothing was measured."""
        return self.bad / self.checks * self.slo.window if self.checks else None

    @property
    def remaining_s(self) -> float | None:
        """Budget minus used; negative when overspent."""
        return None if self.used_s is None else self.budget_s - self.used_s

    @property
    def used_percent(self) -> float | None:
        """Used over budget; ``None`` without a measurement."""
        return None if self.used_s is None or self.budget_s <= 0 else 100 * self.used_s / self.budget_s


def error_budgets(slo: Slo, totals: Mapping[str, Totals]) -> tuple[ErrorBudget, ...]:
    """The budgets of one objective, one for each of its services.

    Args:
        slo: The objective.
        totals: By service, over ``slo.window`` and ``BURN_WINDOWS``.
    """
    return tuple(_budget(slo, name, totals.get(name, {})) for name in slo.services)


def _budget(slo: Slo, service: str, totals: Totals) -> ErrorBudget:
    checks, bad = _counted(slo, totals.get(slo.window))
    return ErrorBudget(slo, service, checks, bad, tuple(_burn(slo, seconds, totals) for seconds in BURN_WINDOWS))


def _burn(slo: Slo, seconds: float, totals: Totals) -> Burn:
    checks, bad = _counted(slo, totals.get(seconds))
    return Burn(seconds, bad / checks / slo.budget if checks and slo.budget > 0 else None)


def _counted(slo: Slo, total: Rollup | None) -> tuple[int, int]:
    """Checks and bad ones."""
    if total is None:
        return 0, 0
    if slo.latency_ms is None:
        return total.samples, total.errors
    times = total.histogram
    good = round(times.count * (times.share_at_most(slo.latency_ms) or 0.0))
    return total.samples, max(0, total.samples - good)
