"""The revenue dashboard: recurring revenue, churn, plans and billing, over the stored history."""

from __future__ import annotations

from collections.abc import Mapping

from amt_console.analysis.seasonal import change
from amt_console.model import FigureKind, FigureUnit
from amt_console.reports.figures import change_text, moved_by, written
from amt_console.reports.gathering.data import FigureName
from amt_console.reports.page import (
    BarRow,
    BarsPart,
    Cell,
    FigureCard,
    Heading,
    PageChart,
    PageSection,
    ReportPage,
    Table,
)
from amt_console.reports.pages.breakdowns import breakdown
from amt_console.reports.pages.cards import amount, change_words, figure_card
from amt_console.reports.pages.column_block import columns_block
from amt_console.reports.pages.common import attention, meta, method_figures, notices, siblings
from amt_console.reports.pages.figure_tables import all_figures, missing_items
from amt_console.reports.pages.histories import history_block
from amt_console.reports.pages.outlook import METHOD, outlook_block
from amt_console.reports.tone import ReportVerdict
from amt_console.reports.verdict import figures_verdict
from amt_console.reports.view import ReportView
from amt_console.text import MISSING, percent

_KIND = FigureKind.REVENUE
KINDS = (_KIND, FigureKind.PLANS)
_TRENDS = (("mrr", "mrr"), ("paying_users", "paying"), ("churn_rate", "churn"), ("arpu", "arpu"))


def revenue_page(view: ReportView) -> ReportPage:
    """Lay out the revenue dashboard."""
    name = "revenue_dashboard.html"
    return ReportPage(
        part="revenue",
        file_name=name,
        title="Revenue",
        subject="Recurring revenue, churn, plans and billing",
        meta=meta(view),
        notices=notices(view),
        verdict=revenue_verdict(view),
        cards=(
            figure_card(view, _KIND, "mrr", label="MRR", detail="monthly recurring revenue"),
            figure_card(view, _KIND, "arr", label="ARR", detail="annual recurring revenue"),
            figure_card(view, _KIND, "churn_rate", label="Churn", detail="a month"),
            figure_card(view, _KIND, "arpu", label="ARPU", detail="a month, per paying user"),
            figure_card(view, _KIND, "paying_users"),
            _yearly_card(view),
        ),
        lead=outlook_block(view, _KIND, "mrr", id="mrr-outlook", lead=True),
        sections=(
            attention(view, extra=missing_items(view, KINDS)),
            PageSection(
                "trends",
                "Over the period",
                tuple(history_block(view, _KIND, figure, id=chart) for figure, chart in _TRENDS),
                columns=2,
            ),
            PageSection("history", "Revenue by month", (_months(view),)),
            PageSection("outlook", "Outlook", (outlook_block(view, _KIND, "paying_users", id="paying-outlook"),)),
            PageSection(
                "plans",
                "Plans and billing",
                (
                    breakdown(view, _KIND, "plan_distribution", id="plans", label_heading="Plan"),
                    _billing(view),
                    _prices(view),
                ),
                columns=2,
            ),
            PageSection("figures", "Figures", (all_figures(view, (_KIND,), id="all-figures"),)),
        ),
        method=(*method_figures(), METHOD),
        siblings=siblings(name),
    )


def revenue_verdict(view: ReportView) -> ReportVerdict:
    """The verdict on the figures of the page."""
    return figures_verdict(view.data, KINDS, _sentence(view), view.between)


def _sentence(view: ReportView) -> str:
    mrr, churn = view.number(_KIND, "mrr"), view.number(_KIND, "churn_rate")
    parts = []
    if mrr is not None:
        moved = view.change(_KIND, "mrr")
        way, size = moved_by(moved, FigureUnit.MONEY)
        words = {1: f"up {size}", 0: "steady", -1: f"down {size}"}[way]
        against = f", on average {words} against the {view.span} before" if moved is not None else ""
        parts.append(f"Monthly recurring revenue is {amount(view, _KIND, 'mrr', mrr)}{against}")
    if churn is not None:
        moved_text = change_text(view.change(_KIND, "churn_rate"), FigureUnit.PERCENT)
        tail = f" ({moved_text})" if moved_text else ""
        parts.append(f"{'churn' if parts else 'Churn'} is {percent(churn)} a month{tail}")
    return ("; ".join(parts) if parts else "Some revenue figures were read") + "."


def _yearly_card(view: ReportView) -> FigureCard:
    monthly, yearly = view.number(_KIND, "monthly_billing"), view.number(_KIND, "yearly_billing")
    if monthly is None or yearly is None or monthly + yearly <= 0:
        gone = "yearly_billing" if yearly is None else "monthly_billing"
        return FigureCard("Billed yearly", MISSING, missing=view.why_missing(_KIND, gone), word="missing")
    whole = monthly + yearly
    moved = change(_yearly_share(view.data.means), _yearly_share(view.data.means_before))
    return FigureCard(
        "Billed yearly",
        percent(100 * yearly / whole),
        f"{written(yearly, FigureUnit.COUNT)} of {written(whole, FigureUnit.COUNT)}",
        change_words(view, moved, FigureUnit.PERCENT),
    )


def _yearly_share(means: Mapping[FigureName, float]) -> float | None:
    """Mean percentage of subscriptions that are billed yearly."""
    monthly, yearly = means.get((_KIND, "monthly_billing")), means.get((_KIND, "yearly_billing"))
    if monthly is None or yearly is None or monthly + yearly <= 0:
        return None
    return 100 * yearly / (monthly + yearly)


def _months(view: ReportView) -> PageChart:
    pairs = view.breakdown(_KIND, "history")
    currency = view.currency(_KIND, "history")
    subtitle = "As the platform reports it, oldest first" + (f", in {currency}" if currency else "")
    if len(pairs) < 2:
        why = view.why_missing(_KIND, "history") if not pairs else "the platform reports only one month"
        return PageChart("months", "Revenue by month", subtitle, "", None, empty=f"No chart: {why}.")
    first, last = pairs[0][1], pairs[-1][1]
    way, size = moved_by(change(last, first), FigureUnit.MONEY)
    verb = {1: "grew by ", 0: "held steady", -1: "fell by "}[way]
    title = f"Revenue {verb}{size} since {pairs[0][0]}"
    return columns_block(
        pairs,
        FigureUnit.MONEY,
        ("Month", "Revenue"),
        id="months",
        what="Revenue by month",
        title=title,
        subtitle=subtitle,
        description=(
            f"{title}: from {amount(view, _KIND, 'history', first)} in {pairs[0][0]}"
            f" to {amount(view, _KIND, 'history', last)} in {pairs[-1][0]}."
        ),
        highlight=pairs[-1][0],
        csv_unit=currency,
    )


def _billing(view: ReportView) -> BarsPart:
    pairs = [
        (label, value)
        for label, name in (("Monthly", "monthly_billing"), ("Yearly", "yearly_billing"))
        if (value := view.number(_KIND, name)) is not None
    ]
    whole = sum(value for _, value in pairs)
    title = "Billing"
    if len(pairs) == 2 and whole > 0:
        title = f"Billing: {percent(100 * pairs[1][1] / whole, 0)} pay by the year"
    rows = tuple(
        BarRow(
            label,
            written(value, FigureUnit.COUNT),
            percent(100 * value / whole) if whole > 0 else MISSING,
            max(0.0, min(1.0, value / whole)) if whole > 0 else 0.0,
            number=value,
            percent=100 * value / whole if whole > 0 else None,
        )
        for label, value in pairs
    )
    empty = "" if rows else f"No figures: {view.why_missing(_KIND, 'monthly_billing')}."
    return BarsPart("billing", title, "Billing", "Subscriptions", "Share", rows, empty)


def _prices(view: ReportView) -> Table:
    monthly = dict(view.breakdown(FigureKind.PLANS, "prices"))
    yearly = dict(view.breakdown(FigureKind.PLANS, "yearly_prices"))
    users = {name.casefold(): value for name, value in view.breakdown(_KIND, "plan_distribution")}

    def price(name: str, figure: str, found: Mapping[str, float]) -> Cell:
        value = found.get(name)
        shown = amount(view, FigureKind.PLANS, figure, value) if value is not None else MISSING
        return Cell(shown, number=True, value=value)

    rows = tuple(
        (
            Cell(name),
            price(name, "prices", monthly),
            price(name, "yearly_prices", yearly),
            Cell(written(users.get(name.casefold()), FigureUnit.COUNT), number=True, value=users.get(name.casefold())),
        )
        for name in dict.fromkeys((*monthly, *yearly))
    )
    return Table(
        "prices",
        "Plans and prices",
        (
            Heading("Plan"),
            Heading("A month", number=True, unit=view.currency(FigureKind.PLANS, "prices")),
            Heading("A year", number=True, unit=view.currency(FigureKind.PLANS, "yearly_prices")),
            Heading("Subscriptions", number=True),
        ),
        rows,
        empty=f"No prices: {view.why_missing(FigureKind.PLANS, 'prices')}.",
    )
