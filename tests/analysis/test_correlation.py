"""What moved together: strongest first, against the hours before or the same hour of four weeks."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from amt_console.analysis.correlation import MOST_STRENGTH, SeriesHistory, moved_together

BEGIN = datetime(2026, 2, 2, 12, tzinfo=UTC)
NOW = BEGIN + timedelta(hours=1)


def series(
    subject: str, value: Callable[[float], float], *, hours: float = 8, signal: str = "p95", spread: float = 1.0
) -> SeriesHistory:
    """A value every five minutes; ``value`` tells it from the minutes since the incident began."""
    rng = random.Random(subject)
    count = int(hours * 12)
    return SeriesHistory.of(
        subject,
        signal,
        [(BEGIN + timedelta(minutes=5 * n), value(5 * n) + rng.gauss(0, spread)) for n in range(-count, 12)],
    )


def test_what_moved_is_ordered_by_strength_and_what_did_not_is_left_out() -> None:
    found = moved_together(
        BEGIN,
        [
            series("quiet", lambda _: 100),
            series("little", lambda minute: 115 if minute >= 0 else 100),
            series("much", lambda minute: 200 if minute >= 5 else 100),
        ],
        now=NOW,
    )
    assert [each.subject for each in found] == ["much", "little"]
    assert found[0].onset == BEGIN + timedelta(minutes=5)
    assert found[0].usual == pytest.approx(100, abs=1)
    assert found[0].value == pytest.approx(200, abs=5)
    assert found[0].strength > found[1].strength > 3


def test_equal_strength_is_ordered_by_onset() -> None:
    late = series("a", lambda minute: 1e9 if minute >= 10 else 100)
    early = series("b", lambda minute: 1e9 if minute >= 0 else 100)
    found = moved_together(BEGIN, [late, early], now=NOW)
    assert [(each.subject, each.strength) for each in found] == [("b", MOST_STRENGTH), ("a", MOST_STRENGTH)]


def test_what_moved_shortly_before_belongs_to_it() -> None:
    found = moved_together(BEGIN, [series("cpu", lambda minute: 95 if minute >= -10 else 20)], now=NOW)
    assert found[0].onset == BEGIN - timedelta(minutes=10)


def test_the_usual_rush_of_this_hour_did_not_move() -> None:
    def rush(minute: float) -> float:
        return 300 if minute % (7 * 24 * 60) < 60 else 100

    with_weeks = series("users", rush, hours=24 * 29)
    assert moved_together(BEGIN, [with_weeks], now=NOW) == ()
    assert moved_together(BEGIN, [series("users", rush, hours=24 * 6)], now=NOW) != ()


def test_a_fall_moves_too() -> None:
    found = moved_together(BEGIN, [series("sessions", lambda minute: 5 if minute >= 0 else 100)], now=NOW)
    assert found[0].value < found[0].usual


def test_a_single_value_is_no_movement() -> None:
    blip = series("api", lambda minute: 500 if minute == 10 else 100)
    assert moved_together(BEGIN, [blip], now=NOW) == ()


def test_values_after_now_are_not_read() -> None:
    later = series("api", lambda minute: 500 if minute >= 20 else 100)
    assert moved_together(BEGIN, [later], now=BEGIN + timedelta(minutes=15)) == ()
    assert moved_together(BEGIN, [later], now=NOW) != ()


def test_a_series_that_never_moved_before_has_a_finite_strength() -> None:
    errors = series("errors", lambda minute: 5 if minute >= 0 else 0, spread=0)
    found = moved_together(BEGIN, [errors], now=NOW)
    assert found[0].strength == MOST_STRENGTH


@pytest.mark.parametrize(
    "history",
    [
        SeriesHistory.of("empty", "p95", []),
        SeriesHistory.of("rubbish", "p95", [(BEGIN, math.nan), (BEGIN, math.inf), (BEGIN, 1e308)]),
        SeriesHistory.of("new", "p95", [(BEGIN + timedelta(minutes=n), 5.0) for n in range(30)]),
        series("few", lambda minute: 500 if minute >= 0 else 100, hours=0.5),
    ],
)
def test_too_little_history_moves_nothing(history: SeriesHistory) -> None:
    assert moved_together(BEGIN, [history], now=NOW) == ()


@pytest.mark.parametrize(("ranges", "moves"), [(2.9, False), (3.1, True), (3.9, True)])
def test_it_moves_from_three_ranges_on(ranges: float, moves: bool) -> None:
    before = [(BEGIN + timedelta(minutes=5 * n), 100.0 + (n % 3 - 1)) for n in range(-96, 0)]
    after = [(BEGIN + timedelta(minutes=5 * n), 100.0 + 2.0 * ranges) for n in range(9)]
    found = moved_together(BEGIN, [SeriesHistory.of("api", "p95", before + after)], now=NOW)
    assert [each.strength for each in found] == ([pytest.approx(ranges)] if moves else [])


@pytest.mark.parametrize("absurd", [1e308, -1e308, math.nan, math.inf])
def test_a_value_that_nothing_can_be_computed_with_is_left_out(absurd: float) -> None:
    whole, at = series("api", lambda minute: 500 if minute >= 0 else 100), BEGIN - timedelta(minutes=30)
    points = list(zip(whole.times, whole.values, strict=True))
    with_it = SeriesHistory.of("api", "p95", [(t, absurd if t == at else v) for t, v in points])
    without = SeriesHistory.of("api", "p95", [(t, v) for t, v in points if t != at])
    assert moved_together(BEGIN, [with_it], now=NOW) == moved_together(BEGIN, [without], now=NOW) != ()
