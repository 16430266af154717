"""Forecast a figure by the method that did best, if it beat seasonal-naive in a back-test on held-back values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from amt_console.analysis.forecasts.forecast import Forecast, ForecastPoint
from amt_console.analysis.forecasts.grid import Grid, grid_of
from amt_console.analysis.forecasts.methods import (
    DAILY_SEASONS,
    SEASONS,
    Forecaster,
    Values,
    blend,
    damped_trend,
    drift,
    seasonal_drift,
    seasonal_median,
    seasonal_naive,
)

METHOD = (
    "the candidate with the least error on the first part of a rolling-origin back-test; bands of 90 % by "
    "split-conformal residuals of that part; MASE against seasonal-naive and coverage on the held-back second part"
)
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
    grid = grid_of(points, step)
    if grid is None:
        return _none("there are no values")
    values = grid.values
    history = (cycle or DAILY_SEASONS * season) + season
    needed = history + 2 * max(horizon, season) + 2 * LEAST_ORIGINS
    if len(values) < needed:
        return _none(f"a forecast of {_span(horizon, step)} needs {_span(needed, step)} of values, there are "
                     f"{_span(len(values), step)}")  # fmt: skip
    known = sum(value is not None for value in values) / len(values)
    if known < LEAST_KNOWN:
        return _none(f"only {100 * known:.0f} % of the time was measured")
    return _best(grid, horizon, history, _candidates(season, cycle), seasonal_naive(season))


def _candidates(season: int, cycle: int | None) -> Mapping[str, Forecaster]:
    if cycle is not None:
        median = seasonal_median(season, SEASONS)
        return {
            f"median of the last {SEASONS} seasons": median,
            "blend of day and week": blend(median, seasonal_naive(cycle)),
        }
    return {
        "drift": drift(season),
        "seasonal drift": seasonal_drift(season),
        "damped trend": damped_trend,
        f"median of the last {DAILY_SEASONS} seasons": seasonal_median(season, DAILY_SEASONS),
    }


@dataclass(slots=True)
class _Part:
    """Errors over one part of the back-test, where the method and seasonal-naive both told a value."""

    errors: dict[int, list[float]] = field(default_factory=dict)
    """By steps ahead."""
    total: float = 0.0
    naive: float = 0.0

    @property
    def mase(self) -> float | None:
        """``None`` if seasonal-naive made no error."""
        return self.total / self.naive if self.naive > 0 else None


def _best(grid: Grid, horizon: int, history: int, candidates: Mapping[str, Forecaster], naive: Forecaster) -> Forecast:
    values = grid.values
    split = history + (len(values) - history) // 2
    first = {name: _part(values, each, naive, range(history - 1, split - 1), split, horizon)
             for name, each in candidates.items()}  # fmt: skip
    rated = {name: part.mase for name, part in first.items() if part.mase is not None and len(part.errors) >= horizon}
    if not rated:
        return _none("it repeats exactly, season after season: a forecast adds nothing")
    name = min(rated, key=lambda each: (rated[each] or 0.0, each))
    bands = _bands(first[name].errors, horizon)
    last = _part(values, candidates[name], naive, range(split - 1, len(values) - 1), len(values), horizon)
    if last.mase is None:
        return _none("it repeats exactly, season after season: a forecast adds nothing", name)
    mase = round(last.mase, 3)
    inside = sum(error <= bands[ahead] for ahead, errors in last.errors.items() for error in errors)
    coverage = round(100 * inside / sum(map(len, last.errors.values())), 1)
    if last.mase >= 1:
        reason = f"no method beats seasonal-naive: MASE {mase:.2f} of {name} on the held-back values"
        return Forecast(name, mase, coverage, (), reason)
    points = _points(grid, candidates[name], bands, horizon)
    if not points:
        return Forecast(name, mase, coverage, (), "the newest values are missing")
    reason = f"{name} beats seasonal-naive: MASE {mase:.2f} on the held-back values, {coverage:.0f} % inside the bands"
    return Forecast(name, mase, coverage, points, reason)


def _part(values: Values, method: Forecaster, naive: Forecaster, origins: range, end: int, horizon: int) -> _Part:
    """Forecast from the origins; only values before ``end`` are compared."""
    part = _Part()
    stride = max(1, math.ceil(len(origins) / MOST_ORIGINS))
    for origin in origins[::stride]:
        for ahead in range(1, min(horizon, end - 1 - origin) + 1):
            truth = values[origin + ahead]
            told, plain = method(values, origin, ahead), naive(values, origin, ahead)
            if truth is None or told is None or plain is None:
                continue
            part.errors.setdefault(ahead, []).append(abs(truth - told))
            part.total += abs(truth - told)
            part.naive += abs(truth - plain)
    return part


def _bands(errors: Mapping[int, Sequence[float]], horizon: int) -> dict[int, float]:
    """Half width of the band by steps ahead: the conformal quantile of the absolute residuals, never narrowing."""
    bands: dict[int, float] = {}
    widest = 0.0
    for ahead in range(1, horizon + 1):
        reach = 0
        pool = list(errors.get(ahead, ()))
        while len(pool) < LEAST_RESIDUALS and reach < horizon:
            reach += 1
            pool += [*errors.get(ahead - reach, ()), *errors.get(ahead + reach, ())]
        rank = min(len(pool), math.ceil((len(pool) + 1) * BAND))
        widest = max(widest, sorted(pool)[rank - 1])
        bands[ahead] = widest
    return bands


def _points(grid: Grid, method: Forecaster, bands: Mapping[int, float], horizon: int) -> tuple[ForecastPoint, ...]:
    origin = len(grid.values) - 1
    never_negative = all(value >= 0 for value in grid.values if value is not None)
    found: list[ForecastPoint] = []
    for ahead in range(1, horizon + 1):
        told = method(grid.values, origin, ahead)
        if told is None:
            continue
        value, low, high = told, told - bands[ahead], told + bands[ahead]
        if never_negative:
            value, low = max(0.0, value), max(0.0, low)
        found.append(ForecastPoint(grid.at(origin + ahead), value, low, high))
    return tuple(found)


def _none(reason: str, method: str = NAIVE) -> Forecast:
    return Forecast(method, None, None, (), reason)


def _span(steps: int, step: float) -> str:
    """``45 days``, ``60 hours``, else seconds."""
    seconds = steps * step
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 3 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
