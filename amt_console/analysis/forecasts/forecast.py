"""A forecast: its points with bands, and how good its method was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class ForecastPoint:
    """The forecast of one step, in the unit of the series."""

    at: datetime
    """Start of the step."""
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a series will probably do; without points where nothing beats seasonal-naive, with the reason."""

    method: str
    mase: float | None
    """Mean absolute error over that of seasonal-naive, on the same held-back values; below 1 is better."""
    coverage_percent: float | None
    """Part of the held-back values that lay within the bands."""
    points: tuple[ForecastPoint, ...]
    reason: str
    """Why there are points, or why there are none."""
    full_at: datetime | None = None
    """When a disk will be full."""
