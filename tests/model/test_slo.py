"""Service level objectives: the numbers of the SRE workbook, worked out by hand."""

from __future__ import annotations

import pytest

from amt_console.model import Severity
from amt_console.model.slo import Slo, bad_needed

DAY = 86400.0
HOUR = 3600.0


def slo(objective: float = 99.9, days: float = 30) -> Slo:
    return Slo("any", ("checkout",), objective, days * DAY)


def test_the_windows_of_thirty_days_are_those_of_the_workbook() -> None:
    found = [(w.long_s, w.short_s, round(w.factor, 9), w.severity) for w in slo().burn_windows]
    assert found == [
        (HOUR, 300.0, 14.4, Severity.CRITICAL),
        (6 * HOUR, 1800.0, 6.0, Severity.CRITICAL),
        (72 * HOUR, 6 * HOUR, 1.0, Severity.WARNING),
    ]


@pytest.mark.parametrize(
    ("days", "factors"),
    [
        # part x window / long window: 0.02 x 168 / 1, 0.05 x 168 / 6, and 0.1 x 168 / 72 = 0.23, which is raised to 1
        (7, [3.36, 1.4, 1.0]),
        (90, [43.2, 18.0, 3.0]),
    ],
)
def test_factors_follow_the_window_of_the_objective(days: float, factors: list[float]) -> None:
    assert [round(w.factor, 9) for w in slo(days=days).burn_windows] == factors


@pytest.mark.parametrize(
    ("interval", "needed"),
    [
        # 99 %, 99.5 %, 99.9 %, 99.99 %
        (10, [52, 26, 6, 1]),
        (30, [18, 9, 2, 1]),
        (60, [9, 5, 1, 1]),
        (300, [2, 1, 1, 1]),
    ],
)
def test_bad_probes_that_exceed_the_hourly_burn_rate(interval: float, needed: list[int]) -> None:
    objectives = (99.0, 99.5, 99.9, 99.99)
    assert [bad_needed(slo(each), slo(each).burn_windows[0], interval) for each in objectives] == needed


def test_a_burn_rate_that_no_outage_reaches() -> None:
    # A complete outage burns a budget of 10 % ten times too fast; 14.4 is out of reach, 6 is not.
    hourly, quarterly, _ = slo(90).burn_windows
    assert bad_needed(slo(90), hourly, 60) is None
    assert bad_needed(slo(90), quarterly, 60) == 217
