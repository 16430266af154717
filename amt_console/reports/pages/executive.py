"""The executive summary as a page (Markdown), with the content of the JSON file."""

from __future__ import annotations

from amt_console.model import FigureKind
from amt_console.reports.page import PageSection, ReportPage, ReportVerdict
from amt_console.reports.pages.business import figure_card, missing_items
from amt_console.reports.pages.common import attention, meta, method_monitoring, notices, siblings
from amt_console.reports.pages.events import incidents_block
from amt_console.reports.pages.overview import availability_card
from amt_console.reports.pages.performance import advice_block
from amt_console.reports.verdict import with_figures
from amt_console.reports.view import ReportView

KINDS = (FigureKind.OVERVIEW, FigureKind.CHATBOT, FigureKind.REVENUE)


def executive_verdict(view: ReportView) -> ReportVerdict:
    """The platform's health, and whether its figures could be read."""
    return with_figures(view.verdict, view.data, KINDS)


def executive_page(view: ReportView) -> ReportPage:
    """Lay out the executive summary."""
    name = "executive_summary.json"
    return ReportPage(
        part="executive",
        file_name="executive_summary.md",
        title="Executive summary",
        subject="The platform in one page",
        meta=meta(view),
        notices=notices(view),
        verdict=executive_verdict(view),
        cards=(
            availability_card(view),
            figure_card(view, FigureKind.OVERVIEW, "total_users"),
            figure_card(view, FigureKind.OVERVIEW, "conversion_rate"),
            figure_card(view, FigureKind.REVENUE, "mrr"),
            figure_card(view, FigureKind.REVENUE, "churn_rate"),
            figure_card(view, FigureKind.CHATBOT, "satisfaction", label="Chatbot satisfaction"),
        ),
        sections=(
            attention(view, extra=missing_items(view, KINDS)),
            PageSection("incidents", "Incidents", (incidents_block(view),)),
            PageSection("advice", "Recommendations", (advice_block(view),)),
        ),
        method=method_monitoring(),
        siblings=siblings(name),
    )
