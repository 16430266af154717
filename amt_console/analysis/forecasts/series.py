"""Forecast a figure by the method that did best, if it beat seasonal-naive in a back-test on held-back values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from amt_console.analysis.forecasts.forecast import Forecast, ForecastPoint
from amt_console.analysis.forecasts.grid import MOST_STEPS, Grid, grid_of
from amt_console.analysis.forecasts.methods import (
    DAILY_SEASONS,
    SEASONS,
    Forecaster,
    blend,
    damped_trend,
    drift,
    grown_median,
    seasonal_drift,
    seasonal_median,
    seasonal_naive,
)
from amt_console.text import window_length

BAND = 0.9
"""Part of the values that a band is built to hold."""
NAIVE = "seasonal-naive"
MOST_ORIGINS = 80
"""Most origins of each part of the back-test."""
LEAST_ORIGINS = 5
LEAST_RESIDUALS = 20
"""Fewer residuals of one step ahead borrow those of the neighbouring steps."""
LEAST_KNOWN = 0.7
"""Least measured part of the steps."""
_PERIODS: Mapping[float, str] = {86_400: "days", 604_800: "weeks"}
"""By seconds."""


def forecast_series(
    points: Sequence[tuple[datetime, float]], *, step: float, horizon: int, season: int, cycle: int | None
) -> Forecast:
    """Forecast the ``horizon`` steps after the last value.

    Args:
        points: In any order; several in one step are averaged, values that are not finite are left out.
        step: Length of a step in seconds: 3600 for hourly, 86400 for daily figures.
        horizon: Steps, at least 1.
        season: Steps of the shorter rhythm: 24 for hourly, 7 for daily figures.
        cycle: Steps of a longer rhythm (168: the week of an hourly figure), or ``None``.

    Raises:
        ValueError: A length is not above 0, or ``cycle`` is no multiple of ``season``.
    """
    if horizon < 1 or season < 1 or (cycle is not None and (cycle <= season or cycle % season)):
        raise ValueError(f"no forecast of {horizon} steps with a season of {season} and a cycle of {cycle}")
    history = (cycle or DAILY_SEASONS * season) + season
    grid = grid_of(points, step, max(MOST_STEPS, 4 * history))
    if grid is None:
        return _none("there are no values")
    values = grid.values
    needed = history + 2 * max(horizon, season) + 2 * LEAST_ORIGINS
    if len(values) < needed:
        return _none(f"a forecast of {_span(horizon, step)} needs {_span(needed, step)} of values, there are "
                     f"{_span(len(values), step)}")  # fmt: skip
    known = sum(value is not None for value in values) / len(values)
    if known < LEAST_KNOWN:
        return _none(f"only {100 * known:.0f} % of the time was measured")
    never_negative = all(value >= 0 for value in values if value is not None)
    return _best(_BackTest(grid, horizon, season, never_negative), history, _candidates(step, season, cycle))


def _candidates(step: float, season: int, cycle: int | None) -> Mapping[str, Forecaster]:
    period = _PERIODS.get(step * season, "seasons")
    if cycle is not None:
        usual = seasonal_median(season, SEASONS)
        name = f"median of the last {SEASONS} {period}"
        longer = _PERIODS.get(step * cycle, "cycles").rstrip("s")
        return {name: usual, f"blend of {name} and last {longer}": blend(usual, seasonal_naive(cycle))}
    return {
        "drift": drift(season),
        "seasonal drift": seasonal_drift(season),
        "damped trend": damped_trend,
        f"median of the last {DAILY_SEASONS} {period}": seasonal_median(season, DAILY_SEASONS),
        f"growth on the median of the last {DAILY_SEASONS} {period}": grown_median(season, DAILY_SEASONS),
    }


@dataclass(slots=True)
class _Part:
    """Errors over one part of the back-test, where the method and seasonal-naive both told a value."""

    residuals: dict[int, list[float]] = field(default_factory=dict)
    """Absolute errors over the level at their origin, by steps ahead."""
    total: float = 0.0
    naive: float = 0.0

    @property
    def compared(self) -> int:
        """Number of compared values."""
        return sum(map(len, self.residuals.values()))

    @property
    def mase(self) -> float | None:
        """``None`` if seasonal-naive made no error."""
        return self.total / self.naive if self.naive > 0 else None


@dataclass(frozen=True, slots=True)
class _BackTest:
    """A series and what its forecasts are compared with."""

    grid: Grid
    horizon: int
    season: int
    never_negative: bool

    def level(self, origin: int) -> float:
        """The scale of the bands: the median of the last season, because what grows also scatters more.

        1 for a series that crosses 0: its level says nothing about its scatter.
        """
        known = [
            value for value in self.grid.values[max(0, origin - self.season + 1) : origin + 1] if value is not None
        ]
        return (median(known) or 1.0) if known and self.never_negative else 1.0

    def part(self, method: Forecaster, begin: int, end: int) -> _Part:
        """Forecast from every origin from ``begin`` on; only values before ``end`` are compared."""
        values, naive = self.grid.values, seasonal_naive(self.season)
        part = _Part()
        stride = max(1, math.ceil((end - begin) / MOST_ORIGINS))
        for origin in range(begin, end - 1, stride):
            level = self.level(origin)
            for ahead in range(1, min(self.horizon, end - 1 - origin) + 1):
                truth = values[origin + ahead]
                told, plain = method(values, origin, ahead), naive(values, origin, ahead)
                if truth is None or told is None or plain is None:
                    continue
                part.residuals.setdefault(ahead, []).append(abs(truth - told) / level)
                part.total += abs(truth - told)
                part.naive += abs(truth - plain)
        return part

    def points(self, method: Forecaster, bands: Mapping[int, float]) -> tuple[ForecastPoint, ...]:
        """The forecast after the last value."""
        origin = len(self.grid.values) - 1
        level = self.level(origin)
        least = 0.0 if self.never_negative else -math.inf
        found: list[ForecastPoint] = []
        for ahead in range(1, self.horizon + 1):
            value = method(self.grid.values, origin, ahead)
            if value is not None:
                low, high = value - bands[ahead] * level, value + bands[ahead] * level
                found.append(ForecastPoint(self.grid.at(origin + ahead), max(least, value), max(least, low), high))
        return tuple(found)


def _best(test: _BackTest, history: int, candidates: Mapping[str, Forecaster]) -> Forecast:
    values = test.grid.values
    split = history + (len(values) - history) // 2
    first = {name: test.part(each, history - 1, split) for name, each in candidates.items()}
    whole = {name: part for name, part in first.items() if len(part.residuals) == test.horizon}
    if not whole:
        return _none("too much of the time was not measured to test a forecast")
    rated = {name: part.mase for name, part in whole.items() if part.mase is not None}
    if not rated:
        return _none("it repeats exactly, season after season: a forecast adds nothing")
    name = min(rated, key=lambda each: (rated[each], each))
    bands = _bands(first[name].residuals, test.horizon)
    last = test.part(candidates[name], split - 1, len(values))
    if not last.compared:
        return _none("too much of the newest time was not measured to test a forecast")
    if last.mase is None:
        return _none("it repeats exactly, season after season: a forecast adds nothing")
    mase = round(last.mase, 3)
    inside = sum(residual <= bands[ahead] for ahead, residuals in last.residuals.items() for residual in residuals)
    coverage = round(100 * inside / last.compared, 1)
    if mase >= 1:
        reason = f"no method beats seasonal-naive: MASE {mase:.2f} of {name} on the held-back values"
        return Forecast(name, mase, coverage, (), reason)
    points = test.points(candidates[name], bands)
    if len(points) < test.horizon:
        return Forecast(name, mase, coverage, (), "some of the newest values are missing")
    reason = f"{name} beats seasonal-naive: MASE {mase:.2f} on the held-back values, {coverage:.0f} % inside the bands"
    return Forecast(name, mase, coverage, points, reason)


def _bands(residuals: Mapping[int, Sequence[float]], horizon: int) -> dict[int, float]:
    """Half width of the band by steps ahead: the conformal quantile of the residuals, never narrowing."""
    bands: dict[int, float] = {}
    widest = 0.0
    for ahead in range(1, horizon + 1):
        reach = 0
        pool = list(residuals[ahead])
        while len(pool) < LEAST_RESIDUALS and reach < horizon:
            reach += 1
            pool += [*residuals.get(ahead - reach, ()), *residuals.get(ahead + reach, ())]
        rank = min(len(pool), math.ceil((len(pool) + 1) * BAND))
        widest = max(widest, sorted(pool)[rank - 1])
        bands[ahead] = widest
    return bands


def _none(reason: str, method: str = NAIVE) -> Forecast:
    return Forecast(method, None, None, (), reason)


def _span(steps: int, step: float) -> str:
    return window_length(steps * step / 3600)
