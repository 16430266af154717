"""The overview dashboard: users, traffic, and the health of the platform on one page."""

from __future__ import annotations

from dataclasses import replace

from amt_console.model import FigureKind, FigureUnit
from amt_console.reports.figures import written
from amt_console.reports.page import FigureCard, PageSection, ReportPage
from amt_console.reports.pages.breakdowns import breakdown
from amt_console.reports.pages.cards import availability_card, figure_card
from amt_console.reports.pages.common import attention, meta, method_figures, method_monitoring, notices, siblings
from amt_console.reports.pages.figure_tables import all_figures, missing_items
from amt_console.reports.pages.histories import history_block, lead_block
from amt_console.reports.pages.outlook import METHOD, outlook
from amt_console.reports.pages.services import host_table, service_table, strips_chart
from amt_console.reports.tone import ReportVerdict
from amt_console.reports.verdict import with_figures
from amt_console.reports.view import ReportView
from amt_console.text import percent

_KIND = FigureKind.OVERVIEW
KINDS = (_KIND,)
_USERS = (("total_users", "total-users"), ("conversion_rate", "conversion"))
_ENGAGEMENT = (
    ("sessions", "sessions"),
    ("bounce_rate", "bounce-rate"),
    ("page_views", "page-views"),
    ("page_load_time", "page-load-time"),
)
_TRAFFIC = (
    ("traffic_sources", "sources", "Source"),
    ("languages", "languages", "Language"),
    ("top_pages", "pages", "Page"),
    ("feature_adoption", "features", "Feature"),
)


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
        lead=lead_block(view, _KIND, "daily_active_users", id="daily-users"),
        sections=(
            attention(view, extra=missing_items(view, (_KIND,))),
            _health(view),
            PageSection(
                "users",
                "Users",
                tuple(history_block(view, _KIND, figure, id=chart) for figure, chart in _USERS),
                columns=2,
            ),
            outlook(view, (_KIND,)),
            PageSection(
                "engagement",
                "Engagement",
                tuple(history_block(view, _KIND, figure, id=chart) for figure, chart in _ENGAGEMENT),
                columns=2,
            ),
            PageSection(
                "traffic",
                "Traffic",
                tuple(breakdown(view, _KIND, figure, id=table, label_heading=head) for figure, table, head in _TRAFFIC),
                columns=2,
            ),
            PageSection("figures", "Figures", (all_figures(view, KINDS, id="all-figures"),)),
        ),
        method=(*method_figures(), METHOD, *method_monitoring()[:4]),
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


def _cards(view: ReportView) -> tuple[FigureCard, ...]:
    daily, monthly = view.number(_KIND, "daily_active_users"), view.number(_KIND, "monthly_active_users")
    sticky = f"{percent(100 * daily / monthly)} of the monthly ones" if daily is not None and monthly else ""
    return (
        figure_card(view, _KIND, "total_users"),
        figure_card(view, _KIND, "daily_active_users", detail=sticky),
        figure_card(view, _KIND, "conversion_rate", label="Conversion", detail="free to paid"),
        figure_card(view, _KIND, "sessions"),
        figure_card(view, _KIND, "page_load_time"),
        availability_card(view),
    )


def _health(view: ReportView) -> PageSection:
    return PageSection(
        "health",
        "System health",
        (strips_chart(view, id="states"), service_table(view, id="services"), host_table(view, id="host")),
    )
