"""Anomalies of any series: found, explained, causal and rare on quiet series."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amt_console.analysis.anomalies import judge_series
from amt_console.analysis.anomalies.detectors import Detector
from amt_console.analysis.anomalies.entropy import ALARM, LEARN, entropy_scores
from amt_console.analysis.anomalies.ewma import WARM_UP, ewma_readings
from amt_console.analysis.anomalies.judgement import FLAG_FROM, RECENT, passes
from amt_console.analysis.anomalies.scale import MOST, RAW, TAILS, tail_score
from amt_console.analysis.anomalies.seasonal import seasonal_readings
from benchmarks.anomaly_scale import tables
from benchmarks.history.anomaly_series import planted_series, quiet_series

START = datetime(2026, 1, 5, tzinfo=UTC)
Point = tuple[datetime, float]


def hourly(count: int, value: Callable[[int], float]) -> list[Point]:
    return [(START + timedelta(hours=n), value(n)) for n in range(count)]


def noisy(count: int = 400, seed: int = 4) -> list[Point]:
    rng = random.Random(seed)
    return hourly(count, lambda _: 100 + rng.gauss(0, 3))


def with_value(points: list[Point], index: int, value: float) -> list[Point]:
    return [*points[:index], (points[index][0], value), *points[index + 1 :]]


def test_a_spike_is_flagged_with_its_value_its_band_and_the_reason() -> None:
    judged = judge_series(with_value(noisy(), 300, 180.0))
    assert judged.flagged == (300,)
    assert judged.why[0].startswith("value 180, expected ")
    assert "deviations from its recent level" in judged.why[0]
    low, high = (float(part) for part in judged.why[0].split("expected ")[1].split(":")[0].split(" to "))
    assert low < 100 < high < 180


def test_a_fall_is_flagged_like_a_rise() -> None:
    assert judge_series(with_value(noisy(), 300, 20.0)).flagged == (300,)


def test_an_outlier_does_not_drag_the_band() -> None:
    points = noisy()
    spiked = ewma_readings([value for _, value in with_value(points, 200, 1e6)])
    plain = ewma_readings([value for _, value in points])
    assert spiked[210].high - plain[210].high < 5


def test_an_incident_is_flagged_once() -> None:
    points = noisy()
    for index in range(300, 330):
        points = with_value(points, index, 200.0)
    assert judge_series(points).flagged == (300,)


def test_a_worse_value_in_the_same_incident_is_flagged_again() -> None:
    assert judge_series(with_value(with_value(noisy(), 300, 160.0), 301, 1e4)).flagged == (300, 301)


def test_the_gate_forgets_after_a_number_of_values() -> None:
    scores = [5.0, *[1.0] * (RECENT - 1), 4.0, 4.5, 4.2]
    assert passes(scores) == [True, *[False] * (RECENT - 1), False, True, False]


def test_a_value_that_the_gate_holds_back_scores_below_one() -> None:
    points = with_value(with_value(noisy(), 300, 1e4), 310, 200.0)
    judged = judge_series(points)
    assert judged.scores[300] > FLAG_FROM
    assert 0 < judged.scores[310] < 1


def test_the_busy_hour_of_every_week_is_no_anomaly_and_its_absence_is_one() -> None:
    rng = random.Random(8)
    points = hourly(24 * 7 * 8, lambda n: (400 if n % 168 == 60 else 100) + rng.gauss(0, 3))
    last = 60 + 168 * 7
    usual = judge_series(points)
    assert not [index for index in usual.flagged if index > 168 * 4]
    missed = judge_series(with_value(points, last, 101.0))
    assert last in missed.flagged
    assert "same hour of earlier weeks" in missed.why[missed.flagged.index(last)]


def test_weeks_before_the_third_are_not_judged_by_their_hour() -> None:
    points = hourly(24 * 7 * 4, lambda n: 100 + n % 24)
    readings = seasonal_readings(points)
    assert all(reading.high == reading.low for reading in readings[: 24 * 7 * 3])
    assert all(reading.high > reading.low for reading in readings[24 * 7 * 3 :])


def test_a_change_of_the_distribution_alone_is_found_by_relative_entropy() -> None:
    rng = random.Random(3)
    points = hourly(1500, lambda n: rng.gauss(0, 1) if n < 1200 else rng.choice((-2.2, 2.2)))
    scores = entropy_scores([value for _, value in points])
    assert not any(scores[:LEARN])
    assert max(scores[LEARN:1200]) < ALARM <= max(scores[1200:1260])
    judged = judge_series(points)
    found = [why for index, why in zip(judged.flagged, judged.why, strict=True) if 1200 <= index < 1300]
    assert any("distributed as never before" in why for why in found)


def test_a_constant_series_is_quiet_and_its_first_change_is_not() -> None:
    points = hourly(1000, lambda _: 5.0)
    assert judge_series(points).flagged == ()
    judged = judge_series(with_value(points, 900, 6.0))
    assert judged.flagged == (900,)
    assert judged.scores[900] <= MOST


def test_a_change_below_a_thousandth_of_the_level_is_none() -> None:
    assert judge_series(with_value(hourly(300, lambda _: 1000.0), 200, 1000.5)).flagged == ()


def test_values_that_are_not_numbers_score_nothing_and_change_nothing() -> None:
    points = noisy()
    holes = {50: math.nan, 120: math.inf, 250: -math.inf, 260: 1e300}
    with_holes = list(points)
    for index, value in holes.items():
        with_holes = with_value(with_holes, index, value)
    judged = judge_series(with_holes)
    rest = judge_series([point for index, point in enumerate(points) if index not in holes])
    assert all(judged.scores[index] == 0 for index in holes)
    assert [score for index, score in enumerate(judged.scores) if index not in holes] == list(rest.scores)


def test_rows_out_of_order_are_judged_in_order_of_time() -> None:
    points = with_value(noisy(), 300, 180.0)
    order = list(range(len(points)))
    random.Random(1).shuffle(order)
    straight = judge_series(points)
    shuffled = judge_series([points[index] for index in order])
    assert [shuffled.scores[place] for place in map(order.index, range(len(points)))] == list(straight.scores)
    assert {order[index] for index in shuffled.flagged} == set(straight.flagged)


@pytest.mark.parametrize("count", [0, 1, 2, WARM_UP, WARM_UP + 1])
def test_short_series_are_not_judged(count: int) -> None:
    judged = judge_series(noisy(count))
    assert len(judged.scores) == count
    assert judged.flagged == ()


VALUES = st.lists(
    st.one_of(
        st.floats(-1e6, 1e6),
        st.sampled_from((0.0, 1.0, 100.0, 101.0, math.nan, math.inf, 1e308, -1e308)),
    ),
    min_size=1,
    max_size=40,
)


@pytest.mark.slow
@settings(max_examples=12)
@given(pattern=VALUES, length=st.integers(1, 900), seed=st.integers(0, 9))
def test_a_prefix_gets_exactly_the_same_scores_and_flags(pattern: list[float], length: int, seed: int) -> None:
    """Nothing looks ahead, and nothing depends on the length."""
    rng = random.Random(seed)
    points = hourly(900, lambda n: pattern[n % len(pattern)] if rng.random() < 0.1 else 50 + n % 24 + rng.gauss(0, 2))
    whole, part = judge_series(points), judge_series(points[:length])
    assert part.scores == whole.scores[:length]
    kept = [(index, why) for index, why in zip(whole.flagged, whole.why, strict=True) if index < length]
    assert list(zip(part.flagged, part.why, strict=True)) == kept
    assert all(math.isfinite(score) for score in whole.scores)


def test_the_scale_rises_with_the_raw_score() -> None:
    for detector in Detector:
        table = RAW[detector]
        assert list(table) == sorted(set(table))
        assert [round(tail_score(detector, raw), 6) for raw in table] == list(TAILS)
        scores = [tail_score(detector, raw / 10) for raw in range(2000)]
        assert scores == sorted(scores)
        assert scores[0] == 0


@pytest.mark.slow
def test_the_frozen_scale_is_that_of_the_generated_series() -> None:
    """``python -m benchmarks.anomaly_scale`` prints the tables of ``scale.py``; they must not drift apart."""
    for detector, table in tables().items():
        assert RAW[detector] == pytest.approx(table, abs=0.011)


@pytest.mark.slow
def test_planted_anomalies_are_found_and_quiet_series_are_seldom_flagged() -> None:
    planted = [series for series in planted_series(7) if series.name.startswith(("latency", "week, hourly"))]
    found = [
        series.name
        for series in planted
        if series.planted is not None
        and any(series.planted <= index < series.planted + RECENT for index in judge_series(series.points).flagged)
    ]
    assert len(found) >= 0.8 * len(planted), {series.name for series in planted} - set(found)
    quiet = list(quiet_series(7))
    wrong = sum(len(judge_series(series.points).flagged) for series in quiet)
    assert wrong <= sum(len(series.points) for series in quiet) / 1000
