"""Disk full: told only where both lines agree, and forgotten after a clean-up."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from amt_console.analysis.forecasts import disk_full
from amt_console.clock import SECOND, micros
from amt_console.model import HostRollup, LatencyHistogram

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def rollups(used: Callable[[float], float], hours: float = 24) -> list[HostRollup]:
    """Buckets of five minutes; ``used`` tells the percent from the hours before now (negative)."""
    count = int(hours * 12)
    starts = [NOW - timedelta(minutes=5 * (count - n)) for n in range(count)]
    return [
        HostRollup(micros(start), 300 * SECOND, LatencyHistogram.of([used((start - NOW).total_seconds() / 3600)]))
        for start in starts
    ]


def test_a_disk_that_fills_is_told_with_its_time() -> None:
    forecast = disk_full(rollups(lambda hour: 90 + hour), now=NOW)
    assert forecast.full_at is not None
    assert (forecast.full_at - NOW).total_seconds() / 3600 == pytest.approx(10, abs=0.2)
    assert forecast.points[0].at == NOW + timedelta(hours=1)
    assert forecast.points[-1].value == pytest.approx(100, abs=0.5)
    assert "90" in forecast.reason or "89.9" in forecast.reason


def test_the_limit_may_be_lower() -> None:
    forecast = disk_full(rollups(lambda hour: 85 + hour / 2), now=NOW, limit_percent=90)
    assert forecast.full_at is not None
    assert (forecast.full_at - NOW).total_seconds() / 3600 == pytest.approx(10, abs=0.3)


@pytest.mark.parametrize(
    ("used", "words"),
    [
        (lambda hour: 60 + hour, "a full disk is foretold from 70 % on"),
        (lambda hour: 80 + hour / 10, "not full within 24 h"),
        (lambda _: 95.0, "it does not grow"),
        (lambda hour: 95 - hour / 10, "it does not grow"),
        (lambda hour: 90 + max(-6.0, hour), "it does not grow over the last 24 h|not full|grew in only"),
        (lambda hour: 90 + min(-6.0, hour), "it does not grow over the last 6 h"),
    ],
)
def test_what_does_not_fill_has_a_reason(used: Callable[[float], float], words: str) -> None:
    forecast = disk_full(rollups(used), now=NOW)
    assert forecast.full_at is None
    assert forecast.points == ()
    assert any(word in forecast.reason for word in words.split("|"))


def test_unsteady_growth_is_not_told() -> None:
    rng = random.Random(5)
    forecast = disk_full(rollups(lambda hour: 92 + hour / 2 + rng.uniform(-6, 6)), now=NOW)
    assert forecast.full_at is None


def test_a_clean_up_starts_anew() -> None:
    fell = rollups(lambda hour: 97 + hour if hour < -1 else 75 + hour)
    assert disk_full(fell, now=NOW).full_at is None
    longer = rollups(lambda hour: 97 + hour if hour < -8 else 84 + 2 * hour)
    found = disk_full(longer, now=NOW)
    assert found.full_at is not None
    assert (found.full_at - NOW).total_seconds() / 3600 == pytest.approx(8, abs=0.3)


def test_a_full_disk_is_full_now() -> None:
    assert disk_full(rollups(lambda _: 100.0), now=NOW).full_at == NOW


@pytest.mark.parametrize("hours", [0, 1, 2.5])
def test_too_little_is_measured(hours: float) -> None:
    assert "3 hours are needed" in disk_full(rollups(lambda hour: 95 + hour, hours), now=NOW).reason


def test_what_comes_after_now_is_not_read() -> None:
    known = rollups(lambda hour: 90 + hour)
    assert disk_full(known, now=NOW - timedelta(hours=2)) == disk_full(known[:-24], now=NOW - timedelta(hours=2))


def test_growth_in_too_few_buckets_is_not_told() -> None:
    """It grows every half hour: every second bucket of 6 h stands still, and the lines alone would tell it."""
    forecast = disk_full(rollups(lambda hour: 90 + (2 * hour // 1) / 2), now=NOW)
    assert forecast.full_at is None
    assert "it grew in only" in forecast.reason


def test_the_slower_line_decides() -> None:
    """Faster in the last six hours than over the day: told is the later time."""
    forecast = disk_full(rollups(lambda hour: 88 + (0.6 * hour if hour < -6 else 1.2 * hour + 3.6)), now=NOW)
    assert forecast.full_at is not None
    assert (forecast.full_at - NOW).total_seconds() / 3600 > 10
