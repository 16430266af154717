"""Forecasts: shown only where they beat seasonal-naive on held-back values, with bands that hold."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amt_console.analysis.forecasts import Forecast, forecast_series
from amt_console.analysis.forecasts.grid import grid_of
from amt_console.analysis.forecasts.methods import (
    blend,
    damped_trend,
    drift,
    grown_median,
    seasonal_drift,
    seasonal_median,
    seasonal_naive,
)

START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = 86_400.0
HOUR = 3600.0


def daily(days: int, value: Callable[[int], float]) -> list[tuple[datetime, float]]:
    return [(START + timedelta(days=n), value(n)) for n in range(days)]


def of_days(points: list[tuple[datetime, float]], horizon: int = 14) -> Forecast:
    return forecast_series(points, step=DAY, horizon=horizon, season=7, cycle=None)


def of_hours(points: list[tuple[datetime, float]], horizon: int = 48) -> Forecast:
    return forecast_series(points, step=HOUR, horizon=horizon, season=24, cycle=168)


def noisy_rhythm(hours: int, seed: int = 3) -> list[tuple[datetime, float]]:
    rng = random.Random(seed)
    return [
        (START + timedelta(hours=n), 100 + 30 * math.sin(n / 24 * 2 * math.pi) + rng.gauss(0, 8)) for n in range(hours)
    ]


def test_an_hourly_rhythm_is_forecast_with_bands_that_hold() -> None:
    points = noisy_rhythm(24 * 7 * 8)
    forecast = of_hours(points[:-48])
    assert forecast.mase is not None
    assert forecast.mase < 0.9
    assert forecast.coverage_percent == pytest.approx(90, abs=7)
    assert [point.at for point in forecast.points] == [at for at, _ in points[-48:]]
    inside = [each.low <= value <= each.high for each, (_, value) in zip(forecast.points, points[-48:], strict=True)]
    assert sum(inside) >= 38
    assert all(each.low <= each.value <= each.high for each in forecast.points)
    assert f"MASE {forecast.mase:.2f}" in forecast.reason
    assert "7 days" in forecast.method


def test_a_growing_figure_is_forecast_to_grow() -> None:
    rng = random.Random(5)
    forecast = of_days(daily(150, lambda n: 1000 + 5 * n + rng.gauss(0, 10)))
    assert forecast.points[-1].value == pytest.approx(1000 + 5 * 163, rel=0.03)
    assert forecast.points[-1].high - forecast.points[-1].low >= forecast.points[0].high - forecast.points[0].low


def test_what_nothing_beats_has_no_points_and_says_why() -> None:
    """Each week is like the last one and unlike the others: seasonal-naive is hard to beat."""
    rng = random.Random(4)
    weeks = [[rng.uniform(50, 150) for _ in range(7)] for _ in range(30)]
    forecast = of_days(daily(200, lambda n: weeks[n // 28][n % 7] + rng.gauss(0, 0.1)))
    assert forecast.points == ()
    assert forecast.mase is not None
    assert forecast.mase >= 1
    assert "no method beats seasonal-naive" in forecast.reason


@pytest.mark.parametrize("value", [lambda _: 5.0, lambda n: float(n % 7), lambda _: 0.0])
def test_what_repeats_exactly_needs_no_forecast(value: Callable[[int], float]) -> None:
    forecast = of_days(daily(120, value))
    assert forecast.points == ()
    assert forecast.mase is None
    assert "repeats exactly" in forecast.reason


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "there are no values"), (1, "needs 73 days of values, there are 24 h"), (40, "needs 73 days of values")],
)
def test_too_little_data_is_a_reason(days: int, words: str) -> None:
    forecast = of_days(daily(days, float))
    assert forecast.points == ()
    assert words in forecast.reason


def test_holes_are_a_reason() -> None:
    points = [point for n, point in enumerate(daily(200, float)) if n % 3 == 0]
    assert "only 34 % of the time was measured" in of_days(points).reason
    late = [point for n, point in enumerate(daily(200, lambda n: n + n % 7)) if not 150 <= n < 198]
    assert of_days(late).points == ()


def test_figures_that_were_never_negative_stay_so() -> None:
    rng = random.Random(9)
    points = daily(200, lambda n: max(0.0, 100 - 0.6 * n) + rng.random())
    forecast = of_days(points)
    assert all(point.low >= 0 for point in forecast.points)


def test_a_negative_figure_may_be_forecast_negative() -> None:
    rng = random.Random(9)
    forecast = of_days(daily(200, lambda n: 50 - 2 * n + rng.gauss(0, 2)))
    assert forecast.points[-1].value < 0


def test_absurd_values_are_left_out() -> None:
    points = noisy_rhythm(24 * 7 * 6)
    rubbish = [(at, value) for at in (points[100][0], points[400][0]) for value in (math.inf, math.nan, 1e308)]
    assert of_hours([*points, *rubbish]) == of_hours(points)


def test_the_order_of_the_points_does_not_matter() -> None:
    points = noisy_rhythm(24 * 7 * 6)
    mixed = list(points)
    random.Random(2).shuffle(mixed)
    assert of_hours(mixed) == of_hours(points)


@settings(max_examples=25)
@given(
    values=st.lists(st.one_of(st.floats(-1e9, 1e9), st.just(math.nan), st.just(0.0)), min_size=0, max_size=140),
    horizon=st.integers(1, 20),
)
def test_a_forecast_is_shown_only_where_it_beats_naive(values: list[float], horizon: int) -> None:
    forecast = of_days([(START + timedelta(days=n), value) for n, value in enumerate(values)], horizon)
    assert bool(forecast.points) == (
        forecast.mase is not None and forecast.mase < 1 and "missing" not in forecast.reason
    )
    assert len(forecast.points) in (0, horizon)
    assert forecast.reason
    assert all(math.isfinite(part) for point in forecast.points for part in (point.value, point.low, point.high))


@pytest.mark.parametrize(("season", "cycle", "horizon"), [(0, None, 5), (7, 7, 5), (7, 10, 5), (7, None, 0)])
def test_lengths_that_mean_nothing_are_refused(season: int, cycle: int | None, horizon: int) -> None:
    with pytest.raises(ValueError, match="no forecast"):
        forecast_series([], step=DAY, horizon=horizon, season=season, cycle=cycle)


def test_values_of_one_step_are_averaged_and_holes_stay() -> None:
    points = [(START, 1.0), (START + timedelta(minutes=5), 3.0), (START + timedelta(hours=2), 7.0)]
    grid = grid_of(points, HOUR)
    assert grid is not None
    assert list(grid.values) == [2.0, None, 7.0]
    assert grid.at(3) == START + timedelta(hours=3)


def test_the_methods_tell_what_their_names_say() -> None:
    values = [float(n + 10 * (n % 7)) for n in range(70)]  # grows by 1 a day, with a weekly rhythm
    assert seasonal_naive(7)(values, 69, 1) == values[63]
    assert seasonal_naive(7)(values, 69, 8) == values[63]
    assert seasonal_median(7, 4)(values, 69, 1) == (values[56] + values[49]) / 2
    assert drift(7)(values, 69, 3) == values[69] + 3
    assert seasonal_drift(7)(values, 69, 8) == values[63] + 14
    assert grown_median(7, 4)(values, 69, 8) == values[63] + 14
    assert blend(seasonal_naive(7), drift(7))(values, 69, 1) == (values[63] + values[69] + 1) / 2
    line = [float(n) for n in range(60)]
    told = damped_trend(line, 59, 1)
    assert told is not None
    assert 58 < told < 60
    assert seasonal_naive(7)([1.0], 0, 1) is None


def test_what_is_told_comes_from_the_held_back_part_alone() -> None:
    """The first half is easy and the second half repeats last week: the error there alone counts."""
    rng = random.Random(7)
    noise = [rng.gauss(0, 20) for _ in range(400)]

    def value(day: int) -> float:
        return 500 + (noise[day] if day < 130 else noise[130 + day % 7])

    forecast = of_days(daily(230, value))
    assert forecast.points == ()
