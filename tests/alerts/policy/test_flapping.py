"""Flapping: the algorithm of Nagios, computed from the times of state changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt_console.alerts.policy.flapping import flap_percent, is_flapping

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
INTERVAL = 60.0


def checks_ago(*counts: float) -> list[datetime]:
    return [NOW - timedelta(seconds=INTERVAL * count) for count in counts]


def nagios(states: list[bool]) -> float:
    """Walks the ring from old to new, as ``base/flapping.c`` does."""
    ring = [states[0]] * (21 - len(states)) + states[-21:]
    total = 0.0
    for number in range(1, 21):
        if ring[number] != ring[number - 1]:
            total += 0.75 + (number - 1) * (1.25 - 0.75) / 19
    return 100.0 * total / 20


@pytest.mark.parametrize(("count", "percent"), [(0, 6.25), (19, 3.75), (20, 0.0), (500, 0.0)])
def test_a_lone_change_weighs_less_as_it_ages(count: int, percent: float) -> None:
    assert flap_percent(checks_ago(count), NOW, INTERVAL) == pytest.approx(percent)


def test_the_fourth_change_starts_it_and_a_lone_one_leaves_after_ten_checks() -> None:
    assert not is_flapping(False, flap_percent(checks_ago(0, 1, 2), NOW, INTERVAL))
    assert flap_percent(checks_ago(0, 1, 2, 3), NOW, INTERVAL) == pytest.approx(24.2, abs=0.05)
    assert is_flapping(False, flap_percent(checks_ago(0, 1, 2, 3), NOW, INTERVAL))
    assert is_flapping(True, flap_percent(checks_ago(9), NOW, INTERVAL))
    assert not is_flapping(True, flap_percent(checks_ago(10), NOW, INTERVAL))


def test_between_the_limits_it_stays_as_it_was() -> None:
    assert is_flapping(True, 12.0)
    assert not is_flapping(False, 12.0)
    assert is_flapping(False, 20.0)
    assert not is_flapping(True, 5.0)


def test_a_clock_that_was_set_back_counts_a_later_change_as_the_newest() -> None:
    assert flap_percent(checks_ago(-30), NOW, INTERVAL) == pytest.approx(6.25)


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_it_is_the_percentage_of_nagios(states: list[bool]) -> None:
    newest = len(states) - 1
    flips = [
        number for number in range(1, len(states)) if states[number] != states[number - 1] and newest - number < 20
    ]
    found = flap_percent(checks_ago(*(newest - number for number in flips)), NOW, INTERVAL)
    assert found == pytest.approx(nagios(states))


@given(st.lists(st.floats(-10, 40), max_size=300), st.sampled_from([0.1, 1.0, 60.0, 86400.0]))
def test_it_is_always_a_percentage(counts: list[float], interval: float) -> None:
    flips = [NOW - timedelta(seconds=interval * count) for count in counts]
    assert 0 <= flap_percent(flips, NOW, interval) <= 100
