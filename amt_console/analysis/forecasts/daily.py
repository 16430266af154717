"""Forecasts of the platform's figures from their daily values, over the longest horizon that the back-test bears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from amt_console.analysis.forecasts.forecast import Forecast
from amt_console.analysis.forecasts.series import forecast_series
from amt_console.model import FigureKind

FigureName = tuple[FigureKind, str]
DailyValues = Sequence[tuple[datetime, float | None]]
"""Moments and values, oldest first; ``None`` for an unusable value."""
DAY = 86_400.0
HORIZONS = (30, 14, 7)
"""Days, tried in this order."""
WEEK = 7
METHOD = (
    "from one value per day over at most 400 days, for 30, 14 or 7 days: the longest for which a method beats "
    "seasonal-naive (the value of the same weekday before) in a rolling back-test on held-back days. MASE is the "
    "mean absolute error in relation to that of seasonal-naive: below 1 is better. The band is built to hold 90 % of "
    "the days; the coverage is what it held"
)


def projections(daily: Mapping[FigureName, DailyValues]) -> dict[FigureName, Forecast]:
    """A forecast for every figure; without points where no method beats seasonal-naive over any horizon."""
    return {name: _longest(points) for name, points in daily.items()}


def _longest(history: DailyValues) -> Forecast:
    points = [(at, value) for at, value in history if value is not None]
    found = Forecast("", None, None, (), "")
    for horizon in HORIZONS:
        found = forecast_series(points, step=DAY, horizon=horizon, season=WEEK, cycle=None)
        if found.points:
            break
    return found
