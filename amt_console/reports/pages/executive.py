"""The executive summary as one page for a manager: what happened, how good, money, three recommendations."""

from __future__ import annotations

from dataclasses import replace

from amt_console.analysis import Outage
from amt_console.model import FigureKind
from amt_console.reports.measures import MOST_ADVICE, Measure, money_measures, quality_measures
from amt_console.reports.page import Cell, Heading, Item, Items, PageSection, ReportPage, Table
from amt_console.reports.pages.advice import advice_items
from amt_console.reports.pages.cards import availability_card, figure_card
from amt_console.reports.pages.common import CHANGE_METHOD, meta, notices, open_items, siblings
from amt_console.reports.pages.figure_tables import missing_items
from amt_console.reports.pages.outlook import outlook_end
from amt_console.reports.tone import ReportVerdict, Tone
from amt_console.reports.verdict import with_figures
from amt_console.reports.view import ReportView
from amt_console.reports.words import listed
from amt_console.text import duration

KINDS = (FigureKind.OVERVIEW, FigureKind.CHATBOT, FigureKind.REVENUE)
_ON_CARDS = frozenset(("availability", "daily_active_users", "conversion_rate", "mrr", "churn_rate", "satisfaction"))
"""Measures that the tables do not repeat."""
_MEANS = "Users and chatbot: the mean over the period. Cards and dashboards show the newest value."
MOST_OUTAGES = 5
MOST_OPEN = 3
SHORT_REASON = 40
"""Characters of a reason that fits into a column of numbers."""


def executive_verdict(view: ReportView) -> ReportVerdict:
    """The platform's health, and whether its figures could be read."""
    return with_figures(view.verdict, view.data, KINDS)


def executive_page(view: ReportView) -> ReportPage:
    """Lay out the executive summary; it fits one printed page."""
    return ReportPage(
        part="executive",
        file_name="executive_summary.html",
        title="Executive summary",
        subject="What happened, how good it was, money, and what to do",
        meta=meta(view),
        notices=notices(view),
        verdict=executive_verdict(view),
        cards=(
            availability_card(view),
            figure_card(view, FigureKind.OVERVIEW, "daily_active_users"),
            figure_card(view, FigureKind.OVERVIEW, "conversion_rate", label="Conversion", detail="free to paid"),
            figure_card(view, FigureKind.REVENUE, "mrr", label="Monthly recurring revenue"),
            figure_card(view, FigureKind.REVENUE, "churn_rate", label="Churn", detail="a month"),
            figure_card(view, FigureKind.CHATBOT, "satisfaction", label="Chatbot satisfaction"),
        ),
        sections=(
            PageSection("happened", "What happened", (*_open(view), _outages(view))),
            PageSection(
                "measures",
                "Against the period before" if _has_baseline(view) else "Measures",
                (
                    _measures(view, "quality-table", "How good it was", "Period", quality_measures(view), _MEANS),
                    _measures(view, "money-table", "Money", "Mean", money_measures(view), _expected(view)),
                ),
                columns=2,
            ),
            PageSection("advice", "Recommendations", (_advice(view),)),
        ),
        method=(
            ("Change", CHANGE_METHOD),
            ("Availability", "up / (up + down), by measured time of all services; slow counts as up"),
        ),
        siblings=siblings("executive_summary.html"),
    )


def _open(view: ReportView) -> tuple[Items, ...]:
    """What is open or missing; nothing where all is well."""
    open_now = open_items(view)
    alerts = [replace(item, facts=()) for item in open_now[:MOST_OPEN]]
    if len(open_now) > MOST_OPEN:
        more = len(open_now) - MOST_OPEN
        are = "alerts are" if more > 1 else "alert is"
        alerts.append(Item(Tone.INFO, "Note", f"{more} more {are} open", "The performance dashboard has all."))
    missing = [replace(item, facts=()) for item in missing_items(view, KINDS)]
    items = (*alerts, *missing[:MOST_OPEN])
    return (Items("open-list", items, ""),) if items else ()


def _outages(view: ReportView) -> Table:
    """The longest outages, oldest first."""
    found = view.analysis.outages
    chosen = sorted(sorted(found, key=lambda each: -each.down_s)[:MOST_OUTAGES], key=lambda each: each.start)
    measured = view.analysis.availability.measured_s > 0
    note = f"The {len(chosen)} longest of {len(found)}" if len(chosen) < len(found) else ""
    return Table(
        "outage-table",
        "Outages" if found else "No outage" if measured else "No data",
        (
            Heading("Began"),
            Heading("Lasted", number=True, unit="s"),
            Heading("Services"),
            Heading("First error"),
            Heading("Who had it"),
        ),
        tuple(_outage_row(view, outage) for outage in chosen),
        empty=(f"No service went down between {view.between}." if measured else f"No data between {view.between}."),
        note=note,
    )


def _outage_row(view: ReportView, outage: Outage) -> tuple[Cell, ...]:
    parts = [
        i for i in view.analysis.incidents if i.service in outage.services and outage.start <= i.start <= outage.end
    ]
    cause = next((incident.cause for incident in parts if incident.cause), None)
    ids = {incident.alert_id for incident in parts if incident.alert_id is not None}
    people = sorted(
        {
            record.episode.acknowledged_by
            for record in view.data.alerts
            if record.episode.id in ids and record.episode.acknowledged_by is not None
        }
    )
    return (
        Cell(view.times.short(outage.start), fixed=True, value=view.times.iso(outage.start)),
        Cell(
            f"{duration(outage.down_s)}, ongoing" if outage.ongoing else duration(outage.down_s),
            Tone.CRITICAL if outage.ongoing else Tone.PLAIN,
            number=True,
            value=outage.down_s,
        ),
        Cell(listed(outage.services), value=", ".join(outage.services)),
        Cell(cause or "no error was recorded", value=cause or ""),
        Cell(listed(people) if people else "nobody", value=", ".join(people)),
    )


def _has_baseline(view: ReportView) -> bool:
    return any(_compared(view, measures) for measures in (quality_measures(view), money_measures(view)))


def _compared(view: ReportView, measures: tuple[Measure, ...]) -> bool:
    return view.data.compare and any(each.before is not None for each in measures if each.name not in _ON_CARDS)


def _measures(view: ReportView, name: str, title: str, what: str, measures: tuple[Measure, ...], note: str) -> Table:
    """This period beside the one before; figures of the platform are means, on cards they are the newest value."""
    shown_measures = tuple(measure for measure in measures if measure.name not in _ON_CARDS)
    compare = _compared(view, measures)
    headings = (
        Heading("Measure"),
        Heading("Unit", page=False),
        Heading(what, number=True),
        *((Heading(f"{what} before", number=True), Heading("Change", number=True)) if compare else ()),
    )
    rows = []
    for measure in shown_measures:
        shown = Cell(measure.shown, number=True, value=measure.value)
        if measure.value is None:
            shown = Cell(f"– {measure.reason}", number=len(measure.reason) < SHORT_REASON, muted=True, value="")
        row: tuple[Cell, ...] = (Cell(measure.label), Cell("", value=measure.unit), shown)
        if compare:
            before = Cell(measure.shown_before, number=True, muted=True, value=measure.before)
            row = (*row, before, Cell(measure.change or "–", number=True))
        rows.append(row)
    return Table(name, title, headings, tuple(rows), note=note)


def _expected(view: ReportView) -> str:
    """The projection of the monthly revenue, or why there is none."""
    forecast = view.forecasts.get((FigureKind.REVENUE, "mrr"))
    if forecast is None:
        return ""
    expected = outlook_end(view, FigureKind.REVENUE, "mrr")
    if not expected:
        return f"No projection of the monthly revenue: {forecast.reason}."
    held = f"{forecast.coverage_percent or 0:.0f} %"
    return f"Monthly revenue expected: {expected}. Such a range held {held} of the days in a test."


def _advice(view: ReportView) -> Items:
    chosen = tuple(replace(item, facts=item.facts[:1], code="", lines=()) for item in advice_items(view)[:MOST_ADVICE])
    measured = view.analysis.availability.measured_s > 0
    return Items(
        "advice-list",
        chosen,
        "None: every measured value is within its limits." if measured else "None: nothing was measured.",
        measured=measured,
    )
