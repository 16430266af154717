"""Compare a window with the previous one: the plain change, and equal hours of the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from amt_console.analysis.latency import hourly_quantiles
from amt_console.analysis.percentiles import median
from amt_console.model import Rollup

LEAST_HOURS = 6
"""Least common hours of the day for a comparison."""


@dataclass(frozen=True, slots=True)
class FigureChange:
    """A figure now and before."""

    now: float
    before: float

    @property
    def difference(self) -> float:
        """Now minus before."""
        return self.now - self.before

    @property
    def relative_percent(self) -> float | None:
        """Difference over the earlier figure; ``None`` when that is 0."""
        return 100 * self.difference / abs(self.before) if self.before else None


def change(now: float | None, before: float | None) -> FigureChange | None:
    """Both figures; ``None`` if one is missing."""
    return None if now is None or before is None else FigureChange(now, before)


@dataclass(frozen=True, slots=True)
class HourlyComparison:
    """Median response times by hour of the day, now and before; milliseconds."""

    hours: Mapping[int, FigureChange]
    """By hour of the day (0-23); only hours measured in both windows."""
    typical_percent: float
    """Median of the hours' relative changes: the change without the daily rhythm."""


def compare_hours(now: Sequence[Rollup], before: Sequence[Rollup], zone: tzinfo) -> HourlyComparison | None:
    """Compare equal hours of the day; ``None`` with fewer than six common hours."""
    present, past = hourly_quantiles(now, zone, 0.5), hourly_quantiles(before, zone, 0.5)
    common = {hour: FigureChange(present[hour], past[hour]) for hour in sorted(present.keys() & past.keys())}
    typical = median([c.relative_percent for c in common.values() if c.relative_percent is not None])
    if len(common) < LEAST_HOURS or typical is None:
        return None
    return HourlyComparison(hours=common, typical_percent=typical)
