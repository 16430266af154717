"""Scales: round numbers that hold all values, round times of a zone, the change of the clocks included."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.plot.scale import scale_of, spread_labels, tick_labels, time_ticks, value_label

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
finite = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)


@pytest.mark.parametrize(
    ("values", "rows", "labels"),
    [
        ([250.0], 10, ("0", "100 ms", "200 ms", "300 ms")),
        ([0.4], 3, ("0", "0.4 ms")),
        ([1_240.0, 30.0], 6, ("0", "1 s", "2 s")),
        ([1_240.0], 2, ("0", "1.5 s")),
        ([-30.0, 40.0], 12, ("-40 ms", "-20 ms", "0", "20 ms", "40 ms")),
        ([], 4, ("0", "1 ms")),
    ],
)
def test_ticks_are_round_and_begin_at_zero(values: list[float], rows: int, labels: tuple[str, ...]) -> None:
    assert tick_labels(scale_of(values, rows=rows, unit="ms"), "ms") == labels


def test_bytes_have_powers_of_two_and_a_fixed_end_is_the_last_tick() -> None:
    assert tick_labels(scale_of([900.0 * 2**20], rows=8, unit="B"), "B") == ("0", "512 MiB", "1.0 GiB")
    assert scale_of([40.0], rows=12, high=100.0).ticks[-1] == 100.0
    assert scale_of([140.0], rows=12, high=100.0).high >= 140.0


def test_without_zero_the_scale_is_the_range_and_equal_values_have_room() -> None:
    scale = scale_of([1000.0, 1010.0], rows=9, from_zero=False)
    assert 990.0 <= scale.low <= 1000.0
    assert 1010.0 <= scale.high <= 1020.0
    equal = scale_of([7.0, 7.0], rows=9, from_zero=False)
    assert 0.2 < equal.place(7.0) < 0.8


@given(st.lists(finite, max_size=5), st.integers(1, 60), st.sampled_from(("ms", "B", "%", "")), st.booleans())
def test_a_scale_holds_its_values_and_grows_from_tick_to_tick(
    values: list[float], rows: int, unit: str, from_zero: bool
) -> None:
    scale = scale_of(values, rows=rows, unit=unit, from_zero=from_zero)
    slack = (scale.high - scale.low) * 1e-6
    assert all(scale.low - slack <= value <= scale.high + slack for value in values)
    assert list(scale.ticks) == sorted(set(scale.ticks))
    assert len(scale.ticks) <= 8
    assert len(tick_labels(scale, unit)) == len(scale.ticks)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (12.0, "ms", "12 ms"),
        (1_500.0, "ms", "1.5 s"),
        (0.25, "%", "0.25 %"),
        (48_250.0, "EUR", "48.2 K EUR"),
        (48_250.0, "", "48.2 K"),
        (1_234.0, "", "1,234"),
        (-2e6, "", "-2 M"),
        (2.0**31, "B", "2.0 GiB"),
        (1e300, "", "1e+300"),
    ],
)
def test_a_value_is_short(value: float, unit: str, shown: str) -> None:
    assert value_label(value, unit) == shown


def labels(start: datetime, end: datetime, most: int = 7, zone: ZoneInfo | None = BERLIN) -> list[str]:
    return [label for _, label in time_ticks(start, end, zone, most)]


def test_times_are_round_in_the_zone_of_the_viewer() -> None:
    assert labels(NOON - timedelta(hours=1), NOON) == ["12:00", "12:10", "12:20", "12:30", "12:40", "12:50", "13:00"]
    assert labels(NOON - timedelta(minutes=1), NOON, 4) == ["12:59:00", "12:59:30", "13:00:00"]
    assert labels(NOON - timedelta(days=2), NOON, 5) == ["04 Jan", "12:00", "05 Jan", "12:00"]
    assert labels(NOON - timedelta(days=30), NOON, 5) == ["07 Dec", "14 Dec", "21 Dec", "28 Dec", "04 Jan"]
    kolkata = ZoneInfo("Asia/Kolkata")
    assert labels(NOON - timedelta(hours=3), NOON, 4, kolkata) == ["15:00", "16:00", "17:00"]


def test_the_change_of_the_clocks_moves_no_round_time() -> None:
    spring = datetime(2026, 3, 29, 0, tzinfo=BERLIN)
    end = datetime(2026, 3, 29, 12, tzinfo=BERLIN)
    assert labels(spring, end, 12) == ["00:00", "01:00", *(f"{hour:02}:00" for hour in range(3, 13))]
    first, *_, last = time_ticks(spring, end, BERLIN, 12)
    assert (first[0], last[0]) == (0.0, 1.0)
    autumn = datetime(2026, 10, 25, 0, tzinfo=BERLIN)
    places = [place for place, _ in time_ticks(autumn, datetime(2026, 10, 25, 11, tzinfo=BERLIN), BERLIN, 12)]
    assert places == sorted(set(places))


def test_places_rise_and_lie_within_the_window() -> None:
    for hours in (0.01, 0.3, 1, 5, 24, 100, 700, 9000):
        for most in (1, 2, 7, 20):
            placed = [place for place, _ in time_ticks(NOON - timedelta(hours=hours), NOON, BERLIN, most)]
            assert len(placed) <= most
            assert placed == sorted(set(placed))
            assert all(0.0 <= place <= 1.0 for place in placed)
    assert time_ticks(NOON, NOON, BERLIN, 5) == []


def test_given_labels_stand_below_their_values_or_are_spread() -> None:
    assert spread_labels(("a", "b"), 2) == [(0.25, "a"), (0.75, "b")]
    assert spread_labels(("a", "b"), 60) == [(0.0, "a"), (1.0, "b")]
    assert spread_labels((), 60) == []


def test_labels_of_a_narrow_scale_differ() -> None:
    narrow = scale_of([113_000.0, 113_500.0], rows=7, unit="EUR", from_zero=False)
    labels_of_it = tick_labels(narrow, "EUR")
    assert len(set(labels_of_it)) == len(labels_of_it)
    assert labels_of_it[0] == "113.0 K EUR"


def test_percent_beyond_100_is_shown_only_where_something_is() -> None:
    assert scale_of([31.0, 90.0], rows=4, unit="%", from_zero=False).high == 100.0
    assert scale_of([31.0, 130.0], rows=4, unit="%", from_zero=False).high >= 130.0
