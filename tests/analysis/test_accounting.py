"""Policies, cause classes, error budgets, reliability and the alerts' record, by golden numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from support.histories import History, short_alerts
from support.rollups import rollup

from amt_console.analysis.alert_noise import responders, rule_records
from amt_console.analysis.series import Window
from amt_console.analysis.uptime.availability import NOTHING, Availability
from amt_console.analysis.uptime.budgets import error_budgets
from amt_console.analysis.uptime.cause_classes import cause_class
from amt_console.analysis.uptime.incidents import Incident
from amt_console.analysis.uptime.policies import policies
from amt_console.analysis.uptime.reliability import frequency, reliability
from amt_console.model import ErrorClass, Rating
from amt_console.model.slo import Slo

END = datetime(2026, 1, 6, tzinfo=UTC)


def test_the_policies_by_their_formulas() -> None:
    found = policies(Availability(up_s=700, degraded_s=100, down_s=50, maintenance_s=100, unknown_s=50), 10)
    assert found.raw == pytest.approx(80.0)
    assert found.rechecked == pytest.approx(81.0)
    assert found.without_maintenance == pytest.approx(100 * 800 / 900)
    assert found.without_unknown == pytest.approx(100 * 800 / 850)
    assert policies(NOTHING).raw is None


@pytest.mark.parametrize(
    ("error_class", "error", "expected"),
    [
        (ErrorClass.CONNECT_REFUSED, None, "connect_refused"),
        (ErrorClass.DNS_NXDOMAIN, None, "dns"),
        (ErrorClass.TLS_EXPIRED, None, "tls"),
        (ErrorClass.CONNECT_TIMEOUT, None, "timeout"),
        (ErrorClass.BODY_ASSERT, "got 500 of something", "assertion"),
        (ErrorClass.QUERY_FAILED, None, "database"),
        (ErrorClass.HTTP_STATUS, "got 503 Service Unavailable, expected 2xx", "http_5xx"),
        (ErrorClass.HTTP_STATUS, "got 404 Not Found, expected 2xx", "http_4xx"),
        (ErrorClass.HTTP_STATUS, None, "http_other"),
        (None, "HTTP 502", "http_5xx"),
        (None, "Connection refused by 10.0.0.1", "connect_refused"),
        (None, "certificate has expired", "tls"),
        (None, "request timed out", "timeout"),
        (None, None, "unknown"),
    ],
)
def test_cause_classes(error_class: ErrorClass | None, error: str | None, expected: str) -> None:
    assert cause_class(error_class, error) == expected


def test_an_error_budget_and_its_burn() -> None:
    day = 86_400.0
    slo = Slo("fast", ("api",), 99.0, 30 * day)
    month = rollup(END - timedelta(days=30), 30 * day, samples=10_000, errors=50)
    hour = rollup(END - timedelta(hours=1), 3600, samples=60, errors=3)
    (budget,) = error_budgets(slo, {"api": {30 * day: month, 3600.0: hour}})
    assert budget.budget_s == pytest.approx(0.01 * 30 * day)
    assert budget.used_percent == pytest.approx(50.0)
    assert budget.remaining_s == pytest.approx(0.005 * 30 * day)
    assert [burn.rate for burn in budget.burn] == [pytest.approx(5.0), None, None]
    (nothing,) = error_budgets(slo, {})
    assert (nothing.used_s, nothing.remaining_s, nothing.used_percent) == (None, None, None)


def test_slow_answers_use_the_budget_of_a_latency_objective() -> None:
    slo = Slo("fast", ("api",), 90.0, 7 * 86_400.0, latency_ms=100)
    week = rollup(END, 7 * 86_400, samples=10, errors=1, times=[50.0] * 6 + [500.0] * 3)
    (budget,) = error_budgets(slo, {"api": {slo.window: week}})
    assert (budget.checks, budget.bad) == (10, 4)


def test_times_between_failures_and_to_recovery() -> None:
    def down(hours: float, seconds: float, *, earlier: bool = False) -> Incident:
        start = END - timedelta(hours=hours)
        end = start + timedelta(seconds=seconds)
        return Incident("api", start, end, seconds, False, earlier, "x", "timeout")

    found = reliability(Availability(9000, 0, 1000, 0, 0), [down(9, 100), down(5, 300), down(10, 50, earlier=True)])
    assert (found.incidents, found.mtbf_s, found.mttr_s) == (2, 4500, 200)
    assert found.causes == {"timeout": 3}
    assert reliability(NOTHING, []).mtbf_s is None


def test_more_and_more_outages_are_a_trend() -> None:
    window = Window(END - timedelta(days=12), END, 3600)
    starts = [window.start + timedelta(days=day, hours=1 + each) for day in range(12) for each in range(day // 2)]
    found = frequency(starts, window, ZoneInfo("UTC"))
    assert sum(count for _, count in found.days) == len(starts) == 30
    assert found.per_day == pytest.approx(2.5)
    assert found.trend is not None
    assert found.trend.direction == "rising"


def test_days_of_23_and_25_hours_are_counted_once() -> None:
    window = Window(datetime(2026, 3, 27, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC), 3600)
    found = frequency([], window, ZoneInfo("Europe/Berlin"))
    assert len(found.days) == len(set(found.days)) == 5


def test_the_record_of_a_rule_and_of_people() -> None:
    history = History(days=1)
    first, second, third, *rest = short_alerts(history, 6)
    taken = replace(first, acknowledged_by="ada", acknowledged_at=first.fired_at + timedelta(seconds=40))  # type: ignore[operator]
    rated = replace(second, rating=Rating.ACTIONABLE)
    again = replace(third, fired_at=second.resolved_at + timedelta(minutes=5))  # type: ignore[operator]
    window = history.window
    (record,) = rule_records([taken, rated, again, *rest], start=window.start, end=window.end)
    assert (record.fired, record.acknowledged, record.refired, record.noise) == (6, 1, 1, 4)
    assert not record.noisy
    (ada,) = responders([taken, rated, again, *rest], start=window.start, end=window.end)
    assert (ada.person, ada.acknowledged, ada.median_s) == ("ada", 1, 40)
