"""Change points: lasting shifts are found where they are; trends, outliers, rhythms and noise are none."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from amt_console.analysis.change_points import change_points

START = datetime(2026, 1, 5, tzinfo=UTC)


def hourly(
    days: int, level: Callable[[int], float], seed: int = 1, spread: float = 0.1
) -> list[tuple[datetime, float]]:
    """A latency with a daily rhythm and lognormal noise."""
    rng = random.Random(seed)
    return [
        (
            START + timedelta(hours=n),
            level(n) * (1 + 0.3 * math.sin(2 * math.pi * n / 24)) * math.exp(rng.gauss(0, spread)),
        )
        for n in range(24 * days)
    ]


@pytest.mark.parametrize("days", [4, 7, 14, 30])
@pytest.mark.parametrize("factor", [0.6, 1.4])
def test_a_shift_is_found_where_it_is(days: int, factor: float) -> None:
    middle = 24 * days // 2 + 5
    found = change_points(hourly(days, lambda n: 100 * factor if n >= middle else 100))
    assert len(found) == 1
    assert abs((found[0].at - START).total_seconds() / 3600 - middle) <= 4
    assert found[0].after / found[0].before == pytest.approx(factor, rel=0.25)
    assert found[0].p_value < 0.001


def test_two_shifts_are_found_in_order() -> None:
    found = change_points(hourly(21, lambda n: 200 if 170 <= n < 330 else 100))
    assert [round((each.at - START).total_seconds() / 3600) for each in found] == [
        pytest.approx(170, abs=4),
        pytest.approx(330, abs=4),
    ]
    assert found[0].before < found[0].after > found[1].after


def test_the_order_of_the_points_does_not_matter() -> None:
    points = hourly(10, lambda n: 150 if n >= 100 else 100)
    mixed = list(points)
    random.Random(2).shuffle(mixed)
    assert change_points(mixed) == change_points(points) != ()


def test_quiet_histories_have_none() -> None:
    """Noise with a daily rhythm, over a hundred seeds and several lengths."""
    found = [
        (days, seed) for days in (2, 7, 14) for seed in range(35) if change_points(hourly(days, lambda _: 100, seed))
    ]
    assert len(found) <= 1


def test_noise_that_remembers_the_hour_before_has_none() -> None:
    wrong = 0
    for seed in range(30):
        rng, near = random.Random(seed), 0.0
        points = []
        for n in range(240):
            near = 0.7 * near + rng.gauss(0, 8)
            points.append((START + timedelta(hours=n), 100 + near))
        wrong += bool(change_points(points))
    assert wrong <= 1


def test_a_weekly_rhythm_is_no_change() -> None:
    assert change_points(hourly(35, lambda n: 60 if n // 24 % 7 >= 5 else 100)) == ()


def test_single_outliers_are_no_change() -> None:
    points = hourly(7, lambda _: 100)
    for index in (30, 90, 91, 150):
        points[index] = (points[index][0], 1e6)
    assert change_points(points) == ()


def test_a_trend_is_no_change() -> None:
    assert change_points(hourly(14, lambda n: 100 + n / 3)) == ()


def test_a_shift_below_a_tenth_is_not_told() -> None:
    assert change_points(hourly(14, lambda n: 106 if n > 150 else 100, spread=0.02)) == ()


def test_values_around_zero_have_shifts_too() -> None:
    rng = random.Random(6)
    points = [(START + timedelta(hours=n), (5 if n >= 60 else 0) + rng.gauss(0, 1)) for n in range(120)]
    assert [abs((each.at - START).total_seconds() / 3600 - 60) <= 3 for each in change_points(points)] == [True]


@pytest.mark.parametrize("points", [[], hourly(1, lambda _: 1)[:10], [(START, math.nan)] * 50, [(START, 1.0)] * 50])
def test_too_little_or_nothing_is_no_change(points: list[tuple[datetime, float]]) -> None:
    assert change_points(points) == ()


def test_constant_values_and_one_step_between_them() -> None:
    points = [(START + timedelta(hours=n), 1.0 if n < 30 else 2.0) for n in range(60)]
    assert [each.at for each in change_points(points)] == [START + timedelta(hours=30)]
