"""What information alerts are made of: each planted once, and rare on quiet histories."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from support.rollups import rollup

from amt_console.analysis.information import rising_response_time, unusual_behaviour, unusual_host
from amt_console.clock import SECOND, micros
from amt_console.model import HostRollup, LatencyHistogram, Rollup

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
Point = tuple[datetime, float]


def latency(level: Callable[[int], float], seed: int = 1, hours: int = 168) -> list[Rollup]:
    """Hourly rollups with a daily rhythm; ``level`` tells the median from the hour."""
    rng = random.Random(seed)

    def times(hour: int) -> list[float]:
        centre = level(hour) * (1 + 0.3 * math.sin(2 * math.pi * hour / 24))
        return [centre * math.exp(rng.gauss(0, 0.3)) for _ in range(20)]

    return [
        rollup(NOW - timedelta(hours=hours - hour), 3600, samples=20, up=3600, times=times(hour))
        for hour in range(hours)
    ]


def host(value: Callable[[int], float], seed: int = 1, weeks: int = 5) -> list[HostRollup]:
    """Hourly rollups up to now; ``value`` tells the mean from the hours before now."""
    rng = random.Random(seed)
    return [
        HostRollup(
            micros(NOW - timedelta(hours=left)),
            3600 * SECOND,
            LatencyHistogram.of([max(0, value(left) + rng.gauss(0, 2))]),
        )
        for left in range(weeks * 168, 0, -1)
    ]


def days(value: Callable[[int], float], count: int = 60) -> list[Point]:
    """A value a day up to now; ``value`` tells it from the days before now."""
    return [(NOW - timedelta(days=left), value(left)) for left in range(count - 1, -1, -1)]


def users(last: float = 1.0, seed: int = 1) -> list[Point]:
    rng = random.Random(seed)
    return days(
        lambda left: (
            (1000 - 3 * left)
            * (0.6 if (NOW - timedelta(days=left)).weekday() >= 5 else 1)
            * math.exp(rng.gauss(0, 0.05))
            * (last if left == 0 else 1)
        )
    )


def test_a_rising_response_time_is_noted_with_its_figures() -> None:
    note = rising_response_time("web", latency(lambda hour: 100 + 0.5 * hour))
    assert note is not None
    assert note.subject == "web"
    assert "web: the median response time rose by" in note.message
    assert "equal hours compared" in note.message


def test_quiet_and_falling_response_times_are_not_noted() -> None:
    assert not [seed for seed in range(12) if rising_response_time("web", latency(lambda _: 100, seed))]
    assert rising_response_time("web", latency(lambda hour: 200 - 0.5 * hour)) is None
    assert rising_response_time("web", latency(lambda hour: 100 + 0.05 * hour)) is None


def test_one_slow_day_is_no_trend() -> None:
    assert rising_response_time("web", latency(lambda hour: 300 if 60 <= hour < 84 else 100)) is None


@pytest.mark.parametrize("hours", [0, 1, 100])
def test_too_few_hours_show_no_trend(hours: int) -> None:
    assert rising_response_time("web", latency(lambda hour: 100 + hour, hours=hours)) is None


def test_a_host_outside_its_band_for_two_hours_is_noted() -> None:
    note = unusual_host("cpu", host(lambda left: 80 if left <= 2 else 20))
    assert note is not None
    assert note.message.startswith("cpu at 77.4 %")
    assert "for two hours: at Mon 11:00 UTC it is usually" in note.message
    low = unusual_host("connections", host(lambda left: 0 if left <= 2 else 200))
    assert low is not None


def test_what_the_host_does_every_week_is_not_noted() -> None:
    assert unusual_host("cpu", host(lambda left: 80 if left % 168 in (1, 2) else 20)) is None


@pytest.mark.parametrize(
    "value",
    [
        lambda left: 80 if left == 1 else 20,  # one hour
        lambda left: 27 if left <= 2 else 20,  # outside its band, and not worth a word
        lambda left: 80 if left == 2 else 20,  # over
    ],
)
def test_what_is_not_worth_a_note(value: Callable[[int], float]) -> None:
    assert unusual_host("cpu", host(value)) is None


def test_a_quiet_host_is_not_noted() -> None:
    rhythm = lambda left: 40 + 20 * math.sin(2 * math.pi * left / 24)  # noqa: E731
    assert not [seed for seed in range(8) if unusual_host("cpu", host(rhythm, seed))]


def test_a_host_is_not_judged_before_the_fourth_week() -> None:
    assert unusual_host("cpu", host(lambda left: 80 if left <= 2 else 20, weeks=3)) is None
    assert unusual_host("cpu", []) is None


def test_unusual_behaviour_names_the_figures_and_what_was_expected() -> None:
    note = unusual_behaviour("users", {"daily_active_users": users(0.4), "sessions": users(1.0, seed=2)}, NOW)
    assert note is not None
    assert note.subject == "users"
    assert "daily active users" in note.message
    assert "sessions" not in note.message
    assert "expected" in note.message


def test_only_the_strongest_figures_are_named() -> None:
    note = unusual_behaviour("users", {f"figure_{n}": users(0.1 + n / 20, seed=n) for n in range(6)}, NOW)
    assert note is not None
    assert note.message.count("expected") == 3
    assert note.message.endswith("and 3 more")


def test_quiet_users_are_not_noted() -> None:
    """Weekends, growth and noise; also a figure that never changes, and one that always grows."""
    noted = [seed for seed in range(80) if unusual_behaviour("users", {"users": users(seed=seed)}, NOW)]
    assert len(noted) <= 1
    assert unusual_behaviour("users", {"a": days(lambda _: 5.0), "b": days(lambda left: 500.0 - left)}, NOW) is None


def test_an_old_figure_or_a_young_one_is_not_judged() -> None:
    points = users(0.4)
    assert unusual_behaviour("users", {"users": points}, NOW + timedelta(days=2)) is None
    assert unusual_behaviour("users", {"users": points[-30:]}, NOW) is None
    assert unusual_behaviour("users", {"users": []}, NOW) is None
    assert unusual_behaviour("users", {"users": [*points[:-1], (NOW, math.inf)]}, NOW) is None
