"""Pages of data that no platform should have: each is honest, and nothing in it breaks a page or a document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from support import report_samples as samples

from amt_console.model import BusinessFigures, Figure, FigureKind
from amt_console.reports.build import layout
from amt_console.reports.documents import encoded, executive_summary, figures_report
from amt_console.reports.gathering.data import ReportData, ServiceRecord
from amt_console.reports.live import chart_data
from amt_console.reports.markdown import markdown
from amt_console.reports.page import BarsPart, ReportPage
from amt_console.reports.pages import revenue
from amt_console.reports.pages.executive import executive_verdict
from amt_console.reports.pages.marks import marks_of
from amt_console.reports.view import ReportView, build_view

pytestmark = pytest.mark.slow

PARTS = ("overview", "chatbot", "revenue", "performance", "executive")
MRR = (FigureKind.REVENUE, "mrr")


def with_revenue(value: float) -> ReportData:
    """A day on which every amount is one number."""
    data = samples.week(hours=24)
    old = data.figures[FigureKind.REVENUE]
    pairs = (("2026-01", value), ("2026-02", -value), ("2026-03", value))
    figures = {name: Figure(pairs if isinstance(f.value, tuple) else value) for name, f in old.figures.items()}
    days = tuple((samples.NOW - timedelta(days=n), value) for n in range(90, 0, -1))
    return replace(
        data,
        figures={**data.figures, FigureKind.REVENUE: BusinessFigures(FigureKind.REVENUE, old.timestamp, figures)},
        history={**data.history, MRR: tuple((at, value) for at, _ in data.history[MRR])},
        means={**data.means, MRR: value},
        daily={MRR: days},
    )


def ten_years() -> ReportData:
    """Daily values of ten years, and as many over the window."""
    days = tuple((samples.NOW - timedelta(days=n), 1000.0 + n % 7 + 0.01 * (3650 - n)) for n in range(3650, 0, -1))
    return replace(samples.week(hours=24 * 366), daily={MRR: days}, history={MRR: days}, previous_history={MRR: days})


def gap_over_all() -> ReportData:
    """Nothing measured and nothing read, but configured and with a past."""
    data = samples.week(hours=24)
    quiet = tuple(replace(service, buckets=(), changes=(), last_checked=None) for service in data.services)
    return replace(data, services=quiet, figures={}, history={}, means={}, host={}, alerts=(), measured_until=None)


def many_services() -> ReportData:
    data = samples.week(hours=24)
    extra = tuple(ServiceRecord(name=f"service-{n}", url="", group="more") for n in range(200))
    return replace(data, services=(*data.services, *extra))


CASES: dict[str, Callable[[], ReportData]] = {
    "nothing": samples.nothing,
    "one point": samples.one_point,
    "gap": gap_over_all,
    "negative": lambda: with_revenue(-5000.0),
    "absurd": lambda: with_revenue(1e300),
    "ten years": ten_years,
    "200 services": many_services,
    "hostile": samples.hostile,
}


@pytest.fixture(scope="module", params=CASES)
def view(request: pytest.FixtureRequest) -> ReportView:
    return build_view(CASES[request.param]())


@pytest.mark.parametrize("part", PARTS)
def test_a_page_of_anything_has_finite_numbers_and_bars_that_fit(view: ReportView, part: str) -> None:
    page = layout(view, part)
    assert page.verdict.sentence
    assert chart_data(page)
    assert markdown(page)
    for table in page.tables():
        if isinstance(table, BarsPart):
            assert all(0 <= row.fraction <= 1 for row in table.rows)
    for chart in page.charts():
        if chart.spec is not None:
            assert all(len(series.points) <= 1500 for series in chart.spec.series)


def test_documents_of_anything_are_strict_json(view: ReportView) -> None:
    assert encoded(figures_report(view, "revenue_dashboard", revenue.KINDS, revenue.revenue_verdict(view)))
    assert encoded(executive_summary(view, executive_verdict(view)))


def test_a_gap_over_the_whole_period_says_between_which_moments_nothing_is_known() -> None:
    view = build_view(gap_over_all())
    between = "between Sun 11 Jan 2026, 09:40 and Mon 12 Jan 2026, 09:40"
    for part in PARTS:
        page = layout(view, part)
        assert page.verdict.word == "No data"
        assert between in page.verdict.sentence
    assert all(card.value == "–" for card in layout(view, "revenue").cards)


def test_negative_revenue_is_drawn_below_zero_and_has_no_shares() -> None:
    page = layout(build_view(with_revenue(-5000.0)), "revenue")
    months = next(chart for chart in page.charts() if chart.id == "months")
    assert months.spec is not None
    assert months.spec.y[0].label.startswith("-")
    plans = next(table for table in page.tables() if table.id == "plans")
    assert isinstance(plans, BarsPart)
    assert {row.share for row in plans.rows} == {"–"}


def test_an_absurd_amount_is_written_with_its_power_of_ten() -> None:
    page = layout(build_view(with_revenue(1e300)), "revenue")
    assert page.cards[0].value == "1e+300"


def changes(page: ReportPage) -> str:
    return "".join(card.change for card in page.cards) + page.verdict.sentence


@pytest.mark.parametrize("part", PARTS)
def test_a_report_without_comparison_shows_no_change_and_no_faint_line(part: str) -> None:
    data = samples.week(hours=24)
    earlier = {
        name: tuple((at - timedelta(hours=24), value) for at, value in points) for name, points in data.history.items()
    }
    data = replace(data, previous_history=earlier)
    compared, alone = (layout(build_view(replace(data, compare=compare)), part) for compare in (True, False))
    faint = [series.name for chart in compared.charts() if chart.spec for series in chart.spec.series]
    if part != "executive":
        assert any("before" in name for name in faint)
    for chart in alone.charts():
        if chart.spec is not None:
            assert not any(series.colour == "previous" for series in chart.spec.series)
    assert "before" not in changes(alone)
    assert "▲" not in changes(alone)
    assert dict(alone.meta)["Compared with"] == "nothing"


def test_incidents_and_actions_are_marked_on_the_lead_chart() -> None:
    view = build_view(samples.week())
    marks = [(mark.kind.value, mark.label) for mark in marks_of(view)]
    assert ("incident", "backend-api down") in marks
    assert ("action", "mira acknowledged backend-api") in marks
    assert marks_of(view, "web-app") == ()


def test_the_executive_summary_has_at_most_three_recommendations_and_one_page_of_rows() -> None:
    view = build_view(samples.week())
    page = layout(view, "executive")
    rows = sum(len(table.rows) for table in page.tables())
    assert rows <= 20
    advice = page.sections[-1].blocks[0]
    assert len(advice.items) <= 3  # type: ignore[union-attr]
    assert len(executive_summary(view, executive_verdict(view))["recommendations"]) <= 3
    assert 4 <= len(page.cards) <= 6
