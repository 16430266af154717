"""Forecasts of the platform's figures: shown where they beat seasonal-naive, with the reason where not."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from support import report_samples as samples

from amt_console.analysis.forecasts.daily import projections
from amt_console.model import FigureKind
from amt_console.reports.documents import figures_report
from amt_console.reports.gathering.data import History, ReportData
from amt_console.reports.pages import revenue
from amt_console.reports.view import build_view

MRR = (FigureKind.REVENUE, "mrr")


def growing(days: int, *, noise: float = 20.0) -> History:
    rng = random.Random(7)
    start = samples.NOW - timedelta(days=days)
    return tuple((start + timedelta(days=i), 40_000.0 + 50 * i + rng.gauss(0, noise)) for i in range(days))


def with_daily(history: History) -> ReportData:
    return replace(samples.week(hours=24), daily={MRR: history})


def test_a_year_of_growth_has_a_month_of_forecast_and_the_error_it_made() -> None:
    found = projections({MRR: growing(365)})[MRR]
    assert len(found.points) == 30
    assert found.mase is not None
    assert found.mase < 1
    assert found.coverage_percent is not None
    assert all(point.low <= point.value <= point.high for point in found.points)
    assert found.points[-1].value > 40_000 + 50 * 364


def test_a_shorter_history_has_a_shorter_forecast() -> None:
    assert len(projections({MRR: growing(80)})[MRR].points) == 14
    assert len(projections({MRR: growing(64)})[MRR].points) == 7


def test_where_there_is_no_forecast_there_is_a_reason() -> None:
    constant = tuple((at, 1000.0) for at, _ in growing(200))
    reasons = [projections({MRR: history})[MRR] for history in ((), growing(20), constant)]
    assert [found.points for found in reasons] == [(), (), ()]
    assert [found.reason for found in reasons] == [
        "there are no values",
        "a forecast of 7 days needs 59 days of values, there are 20 days",
        "it repeats exactly, season after season: a forecast adds nothing",
    ]


@pytest.mark.slow
def test_the_document_has_the_forecast_of_the_view() -> None:
    view = build_view(with_daily(growing(365)))
    document = figures_report(view, "revenue_dashboard", revenue.KINDS, revenue.revenue_verdict(view))
    told, found = document["forecasts"]["mrr"], view.forecasts[MRR]
    assert (told["method"], told["reason"]) == (found.method, found.reason)
    assert told["mase"] == found.mase
    assert told["coverage_percent"] == found.coverage_percent
    assert [point["value"] for point in told["points"]] == [round(point.value, 4) for point in found.points]
    assert set(told["points"][0]) == {"at", "value", "low", "high"}


@pytest.mark.slow
def test_a_report_without_comparison_has_no_change_and_no_previous_line() -> None:
    data = samples.week(hours=24)
    before = tuple((at - timedelta(hours=24), 1.0) for at, _ in data.history[MRR])
    data = replace(data, previous_history={MRR: before})
    compared, alone = build_view(data), build_view(replace(data, compare=False))
    assert compared.change(*MRR) is not None
    assert [at for at, _ in compared.previous_history(*MRR)] == [at for at, _ in before]
    assert alone.change(*MRR) is None
    assert alone.previous_history(*MRR) == ()
