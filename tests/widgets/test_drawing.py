"""Sparklines and the other small drawn things: bounds, gaps, ASCII."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from rich.style import Style

from amt_console.model import Series
from widgets.ages import coarse_age
from widgets.look import PLAIN_LOOK, Look
from widgets.sparkline import block_rows, gauge, resample, stretched, trend_height

ASCII_LOOK = Look(PLAIN_LOOK.palette, ascii_only=True)
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def text(runs: list[tuple[str, Style]]) -> str:
    return "".join(part for part, _ in runs)


def test_fixed_bounds_make_half_a_load_half_a_bar() -> None:
    (row,) = block_rows((0.0, 50.0, 100.0), 3, 1, PLAIN_LOOK, lambda value: Style())
    assert text(row) == "▁▄█"


def test_a_gap_is_neither_zero_nor_a_bar() -> None:
    (row,) = block_rows((100.0, None, 100.0), 3, 1, PLAIN_LOOK, lambda value: Style())
    assert text(row) == "█·█"


def test_a_higher_chart_fills_its_rows_from_below() -> None:
    rows = block_rows((75.0,), 1, 2, PLAIN_LOOK, lambda value: Style())
    assert [text(row) for row in rows] == ["▄", "█"]


def test_merging_keeps_the_peak() -> None:
    values: Series = tuple(float(at == 57) for at in range(100))
    assert max(value or 0 for value in resample(values, 10)) == 1.0
    assert len(resample(values, 10)) == 10


def test_a_short_series_fills_the_width() -> None:
    assert stretched((1.0, None), 4) == (1.0, 1.0, None, None)


def test_a_steady_series_stands_at_half_height_and_a_peak_can_be_seen() -> None:
    assert trend_height((100.0, 100.0, None, 100.0)) == 200.0
    assert trend_height((100.0, 100.0, 900.0)) == 900.0
    assert trend_height((None,)) is None


@pytest.mark.parametrize(("value", "filled"), [(0.0, 0), (50.0, 5), (100.0, 10), (250.0, 10), (None, 0)])
def test_a_gauge_stays_within_its_bounds(value: float | None, filled: int) -> None:
    assert text(gauge(value, 10, ASCII_LOOK, Style())) == "=" * filled + "." * (10 - filled)


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0, "now"), (4.9, "now"), (5, "5s"), (13, "10s"), (59, "55s"), (61, "1m"), (7300, "2h")]
)
def test_ages_change_seldom(seconds: float, shown: str) -> None:
    assert coarse_age(NOW - timedelta(seconds=seconds), NOW) == shown
