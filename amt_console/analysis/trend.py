"""Trend of a series: a slope robust against outliers, and a significance test."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from amt_console.analysis.percentiles import median, middle_of

METHOD = (
    "Theil-Sen slope (median of the slopes of all pairs of points) with the Mann-Kendall test; from three days on, "
    "only equal hours of the day are compared (Hirsch, Slack and Smith 1982): the daily rhythm is no trend"
)
LEAST_POINTS = 8
SIGNIFICANT_P = 0.01
SIGNIFICANT_CHANGE = 0.10
"""Least reported change over the window, relative to the median."""


@dataclass(frozen=True, slots=True)
class Trend:
    """The slope of a series over its window."""

    slope_per_hour: float
    """In the unit of the series."""
    change: float
    """Slope times the span between the first and last point."""
    relative_change: float | None
    """``change`` over the median of the series; ``None`` when that is 0."""
    p_value: float
    """Two-sided p-value, by normal approximation without ties' covariance."""
    points: int
    seasonal: bool
    """Whether only equal seasons (hours of the day) were compared."""

    @property
    def direction(self) -> str:
        """``rising``, ``falling`` or ``steady``; steady unless the change is significant and large enough."""
        worth = self.relative_change is not None and abs(self.relative_change) >= SIGNIFICANT_CHANGE
        if self.p_value >= SIGNIFICANT_P or not worth:
            return "steady"
        return "rising" if self.slope_per_hour > 0 else "falling"


def trend(
    hours: Sequence[float], values: Sequence[float | None], seasons: Sequence[Hashable] | None = None
) -> Trend | None:
    """The trend of ``values`` at ``hours`` (ascending); ``None`` with fewer than eight points or no pair to compare.

    Args:
        hours: Position of each value, in hours.
        values: ``None`` where nothing was measured.
        seasons: If given, only points of equal season are compared with each other.
    """
    groups: dict[Hashable, list[tuple[float, float]]] = {}
    known: list[float] = []
    for position, (hour, value) in enumerate(zip(hours, values, strict=True)):
        if value is not None and math.isfinite(value):
            groups.setdefault(seasons[position] if seasons else None, []).append((hour, value))
            known.append(value)
    if len(known) < LEAST_POINTS:
        return None
    slopes = _slopes(groups.values())
    variance = sum((_variance([value for _, value in points]) for points in groups.values()), 0.0)
    # The Mann-Kendall score: how many pairs rise less how many fall.
    score = len(slopes) - bisect_right(slopes, 0.0) - bisect_left(slopes, 0.0)
    slope = middle_of(slopes) if slopes and math.isfinite(slopes[0]) and math.isfinite(slopes[-1]) else median(slopes)
    centre = median(known)
    if slope is None or centre is None:
        return None
    first = min(points[0][0] for points in groups.values())
    last = max(points[-1][0] for points in groups.values())
    change = slope * (last - first)
    return Trend(
        slope_per_hour=slope,
        change=change,
        relative_change=change / centre if centre else None,
        p_value=_p_value(score, variance),
        points=len(known),
        seasonal=seasons is not None,
    )


def _slopes(groups: Iterable[Sequence[tuple[float, float]]]) -> list[float]:
    """The slopes of all pairs of each group, ascending."""
    # Only where something is analysed: loading NumPy takes longer than a short command.
    import numpy as np

    parts = []
    for points in groups:
        array = np.array(points, np.float64)
        one, other = _pairs(len(array))
        # Values near the end of the range overflow to infinity, as in plain Python.
        with np.errstate(over="ignore"):
            (width, height) = (array[other] - array[one]).T
            apart = width > 0
            parts.append(height[apart] / width[apart])
    slopes: list[float] = np.sort(np.concatenate(parts)).tolist()
    return slopes


@lru_cache(maxsize=16)
def _pairs(number: int) -> tuple[Any, Any]:
    """The places of the earlier and of the later point of each pair: seasons of many services have as many points."""
    import numpy as np

    return np.triu_indices(number, 1)


def _variance(values: Sequence[float]) -> float:
    """Variance of the Mann-Kendall score, corrected for ties (Kendall 1975)."""
    n = len(values)
    ties: dict[float, int] = {}
    for value in values:
        ties[value] = ties.get(value, 0) + 1
    tied = sum(t * (t - 1) * (2 * t + 5) for t in ties.values())
    return (n * (n - 1) * (2 * n + 5) - tied) / 18


def _p_value(score: int, variance: float) -> float:
    """Two-sided, with continuity correction."""
    if variance <= 0 or score == 0:
        return 1.0
    z = (abs(score) - 1) / math.sqrt(variance)
    return math.erfc(z / math.sqrt(2))
