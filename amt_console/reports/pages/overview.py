"""The overview dashboard: users, traffic, and the health of the platform on one page."""

from __future__ import annotations

from dataclasses import replace

from amt_console.model import FigureKind, FigureUnit
from amt_console.reports.figures import written
from amt_console.reports.page import Card, PageSection, ReportPage, ReportVerdict, Tone
from amt_console.reports.pages.business import (
    all_figures,
    breakdown,
    figure_card,
    history_block,
    missing_items,
)
from amt_console.reports.pages.common import attention, meta, method_figures, method_monitoring, notices, siblings
from amt_console.reports.pages.services import host_table, service_table, strips_chart
from amt_console.reports.verdict import with_figures
from amt_console.reports.view import ReportView
from amt_console.text import MISSING, limit_percent, percent

_KIND = FigureKind.OVERVIEW
KINDS = (_KIND,)


def overview_page(view: ReportView) -> ReportPage:
    """Lay out the overview dashboard."""
    name = "overview_dashboard.html"
    return ReportPage(
        part="overview",
        file_name=name,
        title="Platform overview",
        subject="Users, traffic and the health of the platform",
        meta=meta(view),
        notices=notices(view),
        verdict=overview_verdict(view),
        cards=_cards(view),
        sections=(
            attention(view, extra=missing_items(view, (_KIND,))),
            _health(view),
            _users(view),
            _traffic(view),
            PageSection("figures", "Figures", (all_figures(view, (_KIND,), id="all-figures"),)),
        ),
        method=(*method_figures(), *method_monitoring()[:4]),
        siblings=siblings(name),
    )


def overview_verdict(view: ReportView) -> ReportVerdict:
    """The platform's health with the size of its public, and whether its figures could be read."""
    verdict = with_figures(view.verdict, view.data, KINDS)
    users = view.number(_KIND, "total_users")
    daily = view.number(_KIND, "daily_active_users")
    if users is None or verdict.word == "No data":
        return verdict
    active = f", {written(daily, FigureUnit.COUNT)} of them active today" if daily is not None else ""
    return replace(verdict, sentence=f"{verdict.sentence} {written(users, FigureUnit.COUNT)} users{active}.")


def _cards(view: ReportView) -> tuple[Card, ...]:
    daily, monthly = view.number(_KIND, "daily_active_users"), view.number(_KIND, "monthly_active_users")
    sticky = f"{percent(100 * daily / monthly)} of the monthly users" if daily is not None and monthly else ""
    return (
        figure_card(view, _KIND, "total_users"),
        figure_card(view, _KIND, "daily_active_users", detail=sticky),
        figure_card(view, _KIND, "monthly_active_users"),
        figure_card(view, _KIND, "conversion_rate", label="Conversion, free to paid"),
        figure_card(view, _KIND, "sessions"),
        availability_card(view),
    )


def availability_card(view: ReportView) -> Card:
    """Total availability with its target and coverage."""
    now, before = view.analysis.availability, view.analysis.previous_availability
    target = view.data.limits.uptime_percent
    value = now.availability_percent
    if value is None or not now.sufficient:
        reason = (
            "nothing was measured"
            if value is None
            else f"only {percent(now.coverage_percent)} of the window was measured"
        )
        return Card(
            "Availability",
            MISSING,
            f"target {limit_percent(target)}",
            missing=reason,
            tone=Tone.UNKNOWN,
            word="missing",
        )
    met = value >= target
    earlier = before.availability_percent
    text = f"no comparison with the {view.span} before"
    if earlier is not None and before.sufficient:
        points = value - earlier
        text = (
            "unchanged"
            if abs(points) < 0.005
            else f"{'▲' if points > 0 else '▼'} {abs(points):.2f} points in {view.span}"
        )
    return Card(
        "Availability",
        percent(value, 2),
        f"target {limit_percent(target)}",
        text,
        tone=Tone.OK if met else Tone.CRITICAL,
        word="met" if met else "missed",
    )


def _health(view: ReportView) -> PageSection:
    return PageSection(
        "health",
        "System health",
        (strips_chart(view, id="states"), service_table(view, id="services"), host_table(view, id="host")),
    )


def _users(view: ReportView) -> PageSection:
    return PageSection(
        "users",
        "Users and engagement",
        (
            history_block(view, _KIND, "total_users", id="total-users"),
            history_block(view, _KIND, "daily_active_users", id="daily-users"),
            history_block(view, _KIND, "page_views", id="page-views"),
            history_block(view, _KIND, "bounce_rate", id="bounce-rate"),
        ),
        columns=2,
    )


def _traffic(view: ReportView) -> PageSection:
    return PageSection(
        "traffic",
        "Traffic",
        (
            breakdown(view, _KIND, "traffic_sources", id="sources", label_heading="Source"),
            breakdown(view, _KIND, "languages", id="languages", label_heading="Language"),
            breakdown(view, _KIND, "top_pages", id="pages", label_heading="Page"),
            breakdown(view, _KIND, "feature_adoption", id="features", label_heading="Feature"),
        ),
        columns=2,
    )
