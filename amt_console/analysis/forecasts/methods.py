"""Forecasting methods: each tells the value of a coming step from the steps before an origin."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from statistics import median

Values = Sequence[float | None]
Forecaster = Callable[[Values, int, int], float | None]
"""From the values, the origin (index of the last known step) and the steps ahead (1 and up) to a value."""

SEASONS = 7
"""Seasons of the median of an hourly figure: the same hour of the last seven days."""
DAILY_SEASONS = 4
"""Seasons of the median of a daily figure: the same weekday of the last four weeks."""
GROWTH_SEASONS = 8
"""Seasons whose differences give the growth."""
ALPHA, BETA, PHI = 0.5, 0.1, 0.9
"""Smoothing of level and trend, and damping (Gardner and McKenzie 1985); fixed, not fitted."""
DAMPED_MEMORY = 60
"""Steps that the damped trend reads."""


def seasonal_naive(season: int) -> Forecaster:
    """The same step of the last season that is known."""

    def forecast(values: Values, origin: int, ahead: int) -> float | None:
        return _value(values, origin + ahead - season * math.ceil(ahead / season))

    return forecast


def seasonal_median(season: int, seasons: int) -> Forecaster:
    """Median of the same step of the last ``seasons`` seasons; at least half of them must be known."""

    def forecast(values: Values, origin: int, ahead: int) -> float | None:
        newest = origin + ahead - season * math.ceil(ahead / season)
        known = [value for n in range(seasons) if (value := _value(values, newest - n * season)) is not None]
        return median(known) if 2 * len(known) >= seasons else None

    return forecast


def blend(first: Forecaster, second: Forecaster) -> Forecaster:
    """The mean of two methods; ``None`` where either knows nothing."""

    def forecast(values: Values, origin: int, ahead: int) -> float | None:
        one, other = first(values, origin, ahead), second(values, origin, ahead)
        return None if one is None or other is None else (one + other) / 2

    return forecast


def drift(season: int) -> Forecaster:
    """The last value and the usual growth."""

    def forecast(values: Values, origin: int, ahead: int) -> float | None:
        last, growth = _value(values, origin), _growth(values, origin, season)
        return None if last is None or growth is None else last + ahead * growth

    return forecast


def seasonal_drift(season: int) -> Forecaster:
    """The same step of the last season and the usual growth since."""
    naive = seasonal_naive(season)

    def forecast(values: Values, origin: int, ahead: int) -> float | None:
        base, growth = naive(values, origin, ahead), _growth(values, origin, season)
        return None if base is None or growth is None else base + season * math.ceil(ahead / season) * growth

    return forecast


def grown_median(season: int, seasons: int) -> Forecaster:
    """Median of the same step of the last ``seasons`` seasons, each grown as usual since."""

    def forecast(values: Values, origin: int, ahead: int) -> float | None:
        growth = _growth(values, origin, season)
        if growth is None:
            return None
        back = season * math.ceil(ahead / season)
        known = [
            value + growth * (back + n * season)
            for n in range(seasons)
            if (value := _value(values, origin + ahead - back - n * season)) is not None
        ]
        return median(known) if 2 * len(known) >= seasons else None

    return forecast


def damped_trend(values: Values, origin: int, ahead: int) -> float | None:
    """Holt's linear trend with damping (Gardner and McKenzie 1985)."""
    level: float | None = None
    trend = 0.0
    for index in range(max(0, origin - DAMPED_MEMORY + 1), origin + 1):
        value = values[index]
        if level is None or value is None:
            level = value if level is None else level + PHI * trend
            continue
        before, expected = level, level + PHI * trend
        level = expected + ALPHA * (value - expected)
        trend = PHI * trend + BETA * (level - before - PHI * trend)
    return None if level is None else level + trend * sum(PHI**n for n in range(1, ahead + 1))


def _value(values: Values, index: int) -> float | None:
    return values[index] if 0 <= index < len(values) else None


def _growth(values: Values, origin: int, season: int) -> float | None:
    """Growth a step: median of the differences of equal steps of following seasons, over the season's length."""
    differences = [
        (now - before) / season
        for index in range(max(season, origin - GROWTH_SEASONS * season + 1), origin + 1)
        if (now := values[index]) is not None and (before := values[index - season]) is not None
    ]
    return median(differences) if len(differences) >= season else None
