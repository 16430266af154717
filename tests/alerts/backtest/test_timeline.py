"""Sums over windows of rollups: spread evenly, by the minute where these are known, and forgotten when too old."""

from __future__ import annotations

import pytest

from amt_console.alerts.backtest.timeline import NONE, Sums, Timeline, minutes_of

ONE = Sums(10, 2, 1, 240, 50, 10)
TWO = Sums(20, 5, 3, 100, 150, 50)


def test_sums_are_added_taken_away_and_shared_field_by_field() -> None:
    assert ONE.plus(TWO) == Sums(30, 7, 4, 340, 200, 60)
    assert TWO.minus(ONE) == Sums(10, 3, 2, -140, 100, 40)
    assert ONE.times(0.5) == Sums(5, 1, 0.5, 120, 25, 5)


@pytest.fixture
def timeline() -> Timeline:
    """Five minutes, a hole of five minutes, an hour, and five minutes of which each is known."""
    made = Timeline(7200.0)
    made.add(600, 300, ONE)
    made.add(1200, 3600, TWO)
    made.add(4800, 300, Sums(4), [Sums(1), Sums(0), Sums(2), Sums(0), Sums(1)])
    return made


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 600, NONE),
        (600, 900, ONE),
        (0, 1200, ONE),
        (900, 1200, NONE),
        (600, 660, ONE.times(0.2)),
        (660, 900, ONE.times(0.8)),
        (840, 3000, ONE.times(0.2).plus(TWO.times(0.5))),
        (1200, 4800, TWO),
        (0, 9000, ONE.plus(TWO).plus(Sums(4))),
        (4800, 4860, Sums(1)),
        (4860, 4920, Sums(0)),
        (4800, 4980, Sums(3)),
        (4980, 5100, Sums(1)),
        (3000, 4980, TWO.times(0.5).plus(Sums(3))),
    ],
)
def test_a_window_holds_whole_buckets_and_parts(timeline: Timeline, start: int, end: int, expected: Sums) -> None:
    assert timeline.sums(start, end) == pytest.approx(expected)


def test_the_end_is_that_of_the_newest_bucket(timeline: Timeline) -> None:
    assert timeline.end == 5100
    assert Timeline(60.0).end == 0


def test_old_buckets_are_forgotten_and_a_window_is_whole_all_the_same() -> None:
    timeline = Timeline(3600.0)
    for number in range(10_000):
        timeline.add(300 * number, 300, Sums(number), [Sums(number), NONE, NONE, NONE, NONE])
        assert timeline.end == 300 * (number + 1)
        first = max(0, number - 11)
        assert timeline.sums(300 * first + 60, timeline.end).samples == sum(range(first + 1, number + 1))
        assert len(timeline._starts) <= 4096 + 13
        assert len(timeline._minutes) == len(timeline._starts)


def test_a_long_window_is_never_cut() -> None:
    timeline = Timeline(300.0 * 5000)
    for number in range(12_000):
        timeline.add(300 * number, 300, Sums(1))
    assert timeline.sums(timeline.end - 300 * 5000, timeline.end).samples == 5000


def test_minutes_that_are_not_known_share_the_rest() -> None:
    shared = minutes_of(Sums(10, 4), {660: Sums(4, 1)}, 600, 240)
    assert shared == (Sums(2, 1), Sums(4, 1), Sums(2, 1), Sums(2, 1))
    assert minutes_of(Sums(3), {600: Sums(1), 660: Sums(2)}, 600, 120) == (Sums(1), Sums(2))
    assert minutes_of(Sums(3, 5), {600: Sums(4, 3)}, 600, 120) == (Sums(4, 3), Sums(0, 2))
