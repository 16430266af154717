"""Better limits from recorded data, and their patch."""

from __future__ import annotations

import tomllib

import pytest

from amt_console.alerts.backtest.suggestions import QuietDays, Suggestion, response_limit, round_up, together, toml_of


@pytest.mark.parametrize(
    ("p99", "present", "expected"),
    [
        (100.0, 2000.0, 300.0),
        (150.0, 2000.0, 500.0),
        (5.0, 2000.0, 250.0),
        (1900.0, 2000.0, 6000.0),
        (400.0, None, 1200.0),
    ],
)
def test_a_limit_that_is_too_loose_or_too_tight(p99: float, present: float | None, expected: float) -> None:
    assert response_limit(QuietDays(20, 20_000, p99), present) == expected


@pytest.mark.parametrize(
    ("quiet", "reason"),
    [
        (QuietDays(20, 20_000, 2000 / 12.0), "the limit is 12.0 times the 99th percentile of quiet days"),
        (QuietDays(20, 20_000, 2000 / 1.2), "the limit is 1.2 times the 99th percentile of quiet days"),
        (QuietDays(20, 20_000, 400.0), "the limit is 5.0 times the 99th percentile of quiet days"),
        (QuietDays(6, 20_000, 100.0), "too little data: 6 quiet days, 7 are needed"),
        (QuietDays(20, 100, 100.0), "too little data: 100 answers on quiet days, 500 are needed"),
        (QuietDays(0, 0, None), "too little data: 0 quiet days, 7 are needed"),
    ],
)
def test_why_a_limit_stays(quiet: QuietDays, reason: str) -> None:
    assert response_limit(quiet, 2000.0) == reason


def test_a_week_of_quiet_days_and_five_hundred_answers_are_enough() -> None:
    assert response_limit(QuietDays(7, 500, 100.0), None) == 300.0


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        *((0, 0), (0.07, 0.08), (1, 1), (301, 400), (999, 1000), (1000, 1000), (11, 12), (13, 15), (16, 20), (21, 25)),
        *((26, 30), (31, 40), (41, 50), (51, 60), (61, 80), (81, 100)),
    ],
)
def test_round_numbers(value: float, rounded: float) -> None:
    assert round_up(value) == pytest.approx(rounded)


def test_patches_become_one_toml() -> None:
    patches = [
        {"rules": [{"name": 'slow "shop"', "above": 300.0, "for": "5m", "fail": 3}]},
        {"alert_thresholds": {"cpu_usage_percent": 92.5}},
        {"alert_thresholds": {"memory_usage_percent": 97}},
        {"rules": [{"name": "other\\one", "above": 0.25}]},
    ]
    whole = together([Suggestion("r", "s", (), patch, 0.0) for patch in patches])
    assert tomllib.loads(toml_of(whole)) == whole
    assert [each["name"] for each in whole["rules"]] == ['slow "shop"', "other\\one"]
    assert whole["alert_thresholds"] == {"cpu_usage_percent": 92.5, "memory_usage_percent": 97}
    assert toml_of({}) == ""
