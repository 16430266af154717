"""The revenue dashboard: recurring revenue, churn, plans and billing, over the stored history."""

from __future__ import annotations

from collections.abc import Mapping

from amt_console.analysis.seasonal import change
from amt_console.model import FigureKind, FigureUnit
from amt_console.reports.data import FigureName
from amt_console.reports.figures import change_text, moved_by, written
from amt_console.reports.page import (
    BarRow,
    Bars,
    Card,
    Cell,
    Heading,
    PageChart,
    PageSection,
    ReportPage,
    ReportVerdict,
    Table,
)
from amt_console.reports.pages.business import (
    against_text,
    all_figures,
    breakdown,
    figure_card,
    history_block,
    missing_items,
)
from amt_console.reports.pages.column_block import columns_block
from amt_console.reports.pages.common import attention, meta, method_figures, notices, siblings
from amt_console.reports.verdict import figures_verdict
from amt_console.reports.view import ReportView
from amt_console.text import MISSING, percent

_KIND = FigureKind.REVENUE
KINDS = (_KIND, FigureKind.PLANS)


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
        sections=(
            attention(view, extra=missing_items(view, (_KIND, FigureKind.PLANS))),
            PageSection("history", "Revenue by month", (_months(view),)),
            PageSection(
                "trends",
                "Over the window",
                (
                    history_block(view, _KIND, "mrr", id="mrr"),
                    history_block(view, _KIND, "paying_users", id="paying"),
                    history_block(view, _KIND, "churn_rate", id="churn"),
                    history_block(view, _KIND, "arpu", id="arpu"),
                ),
                columns=2,
            ),
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
        method=(
            *method_figures(),
            (
                "Projection",
                "none is shown: a projection needs a method tested against this history first",
            ),
        ),
        siblings=siblings(name),
    )


def revenue_verdict(view: ReportView) -> ReportVerdict:
    """The verdict on the figures of the page."""
    return figures_verdict(view.data, KINDS, _sentence(view))


def _sentence(view: ReportView) -> str:
    mrr = view.number(_KIND, "mrr")
    churn = view.number(_KIND, "churn_rate")
    parts = []
    if mrr is not None:
        moved = view.change(_KIND, "mrr")
        way, amount = moved_by(moved, FigureUnit.MONEY)
        words = f"{'up' if way > 0 else 'down'} {amount}" if way else "steady"
        parts.append(
            f"Monthly recurring revenue is {written(mrr, FigureUnit.MONEY)}"
            + (f", on average {words} {against_text(view)}" if moved is not None else "")
        )
    if churn is not None:
        parts.append(f"{'churn' if parts else 'Churn'} is {percent(churn)} a month")
    return ("; ".join(parts) if parts else "Some revenue figures were read") + "."


def _yearly_card(view: ReportView) -> Card:
    monthly, yearly = view.number(_KIND, "monthly_billing"), view.number(_KIND, "yearly_billing")
    if monthly is None or yearly is None or monthly + yearly <= 0:
        gone = "yearly_billing" if yearly is None else "monthly_billing"
        return Card("Billed yearly", MISSING, missing=view.why_missing(_KIND, gone), word="missing")
    whole = monthly + yearly
    share, share_before = _yearly_share(view.data.means), _yearly_share(view.data.means_before)
    moved = change_text(change(share, share_before), FigureUnit.PERCENT)
    return Card(
        "Billed yearly",
        percent(100 * yearly / whole),
        f"{written(yearly, FigureUnit.COUNT)} of {written(whole, FigureUnit.COUNT)}",
        f"{moved} on average {against_text(view)}" if moved else f"no comparison with the {view.span} before",
    )


def _yearly_share(means: Mapping[FigureName, float]) -> float | None:
    """Mean percentage of subscriptions that are billed yearly."""
    monthly, yearly = means.get((_KIND, "monthly_billing")), means.get((_KIND, "yearly_billing"))
    if monthly is None or yearly is None or monthly + yearly <= 0:
        return None
    return 100 * yearly / (monthly + yearly)


def _months(view: ReportView) -> PageChart:
    pairs = view.breakdown(_KIND, "history")
    subtitle = "As the platform reports it, oldest first; no projection"
    if len(pairs) < 2:
        why = view.why_missing(_KIND, "history") if not pairs else "the platform reports only one month"
        return PageChart("months", "Revenue by month", subtitle, "", None, empty=f"No chart: {why}.")
    first, last = pairs[0][1], pairs[-1][1]
    way, amount = moved_by(change(last, first), FigureUnit.MONEY)
    verb = {1: "grew by ", 0: "held steady", -1: "fell by "}[way]
    title = f"Revenue {verb}{amount} since {pairs[0][0]}"
    return columns_block(
        pairs,
        FigureUnit.MONEY,
        ("Month", "Revenue"),
        id="months",
        what="Revenue by month",
        title=title,
        subtitle=subtitle,
        description=(
            f"{title}: from {written(first, FigureUnit.MONEY)} in {pairs[0][0]}"
            f" to {written(last, FigureUnit.MONEY)} in {pairs[-1][0]}."
        ),
        highlight=pairs[-1][0],
        csv_unit=view.currency(_KIND, "history"),
    )


def _billing(view: ReportView) -> Bars:
    pairs = [
        (label, value)
        for label, name in (("Monthly", "monthly_billing"), ("Yearly", "yearly_billing"))
        if (value := view.number(_KIND, name)) is not None
    ]
    whole = sum(value for _, value in pairs)
    title = "Billing"
    if len(pairs) == 2 and whole:
        title = f"Billing: {percent(100 * pairs[1][1] / whole, 0)} pay by the year"
    rows = tuple(
        BarRow(
            label,
            written(value, FigureUnit.COUNT),
            percent(100 * value / whole) if whole else MISSING,
            value / whole if whole else 0.0,
            number=value,
            percent=100 * value / whole if whole else None,
        )
        for label, value in pairs
    )
    empty = "" if rows else f"No figures: {view.why_missing(_KIND, 'monthly_billing')}."
    return Bars("billing", title, "Billing", "Subscriptions", "Share", rows, empty)


def _prices(view: ReportView) -> Table:
    monthly = dict(view.breakdown(FigureKind.PLANS, "prices"))
    yearly = dict(view.breakdown(FigureKind.PLANS, "yearly_prices"))
    users = dict(view.breakdown(_KIND, "plan_distribution"))
    by_name = {name.casefold(): value for name, value in users.items()}
    rows = tuple(
        (
            Cell(name),
            Cell(written(monthly.get(name), FigureUnit.MONEY), number=True, value=monthly.get(name)),
            Cell(written(yearly.get(name), FigureUnit.MONEY), number=True, value=yearly.get(name)),
            Cell(
                written(by_name.get(name.casefold()), FigureUnit.COUNT),
                number=True,
                value=by_name.get(name.casefold()),
            ),
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
