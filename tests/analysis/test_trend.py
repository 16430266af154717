from __future__ import annotations

import math
import random

import pytest

from amt_console.analysis.trend import trend

HOURS = [float(hour) for hour in range(24)]


def test_a_straight_line_has_its_own_slope() -> None:
    found = trend(HOURS, [100 + 2.5 * hour for hour in HOURS])
    assert found is not None
    assert found.slope_per_hour == pytest.approx(2.5)
    assert found.change == pytest.approx(57.5)
    assert found.direction == "rising"


def test_an_outlier_does_not_move_the_slope() -> None:
    values = [100.0 + hour for hour in HOURS]
    values[11] = 1e6
    found = trend(HOURS, values)
    assert found is not None
    assert found.slope_per_hour == pytest.approx(1.0)


def test_noise_is_steady() -> None:
    rng = random.Random(5)
    found = trend(HOURS, [100 + rng.uniform(-5, 5) for _ in HOURS])
    assert found is not None
    assert found.direction == "steady"


def test_a_significant_but_tiny_rise_is_steady() -> None:
    found = trend(HOURS, [1000 + 0.1 * hour for hour in HOURS])
    assert found is not None
    assert found.p_value < 0.01
    assert found.direction == "steady"


def test_the_daily_rhythm_is_no_trend_when_equal_hours_are_compared() -> None:
    hours = [float(hour) for hour in range(84)]
    values = [100 + 40 * math.sin(hour / 24 * 2 * math.pi) for hour in hours]
    seasonal = trend(hours, values, [int(hour) % 24 for hour in hours])
    assert seasonal is not None
    assert seasonal.seasonal
    assert seasonal.change == pytest.approx(0, abs=1e-6)
    assert seasonal.direction == "steady"


def test_missing_points_are_left_out() -> None:
    values: list[float | None] = [100.0 + hour for hour in HOURS]
    values[3:9] = [None] * 6
    found = trend(HOURS, values)
    assert found is not None
    assert found.points == 18
    assert found.slope_per_hour == pytest.approx(1.0)


@pytest.mark.parametrize("values", [[], [1.0] * 7, [None] * 24])
def test_too_few_points_have_no_trend(values: list[float | None]) -> None:
    assert trend(HOURS[: len(values)], values) is None


def test_equal_values_are_steady() -> None:
    found = trend(HOURS, [0.0] * 24)
    assert found is not None
    assert (found.p_value, found.relative_change, found.direction) == (1.0, None, "steady")


def test_values_at_the_end_of_the_range_of_numbers_raise_nothing() -> None:
    found = trend(HOURS, [1.7e308 if hour % 2 else -1.7e308 for hour in HOURS])
    assert found is None or found.direction == "steady"
