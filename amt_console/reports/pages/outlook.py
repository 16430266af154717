"""Forecasts on the pages: the daily values before the window's end, and what comes next with its honest error."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from amt_console.analysis import Window, window_of
from amt_console.analysis.forecasts.daily import METHOD as PROJECTION_METHOD
from amt_console.analysis.forecasts.forecast import Forecast
from amt_console.analysis.seasonal import change
from amt_console.model import FigureKind
from amt_console.reports.charts.base import HALF, WIDE
from amt_console.reports.charts.lines import history_chart
from amt_console.reports.figures import change_text, info
from amt_console.reports.page import Cell, Heading, PageChart, PageSection, Table
from amt_console.reports.pages.cards import amount
from amt_console.reports.pages.figure_tables import csv_unit
from amt_console.reports.pages.histories import LEAD_HEIGHT, axis_unit, stepped
from amt_console.reports.view import ReportView
from amt_console.text import percent

METHOD = ("Forecasts", PROJECTION_METHOD)
SHOWN_DAYS = 90
"""Days of history before a forecast."""
_DAY = timedelta(days=1)


def outlook(view: ReportView, kinds: Sequence[FigureKind]) -> PageSection:
    """The forecasts of all figures of these endpoints that may have one."""
    blocks = tuple(
        outlook_block(view, kind, name, id=f"{name.replace('_', '-')}-outlook")
        for kind, name in view.forecasts
        if kind in kinds
    )
    missing = PageChart("outlook-none", "No forecast", "", "", None, empty="No daily values are stored.")
    return PageSection("outlook", "Outlook", blocks or (missing,), columns=min(2, max(1, len(blocks))))


def outlook_block(
    view: ReportView,
    kind: FigureKind,
    name: str,
    *,
    id: str,  # noqa: A002
    lead: bool = False,
) -> PageChart:
    """The daily values of a figure with its forecast, or with the reason why there is none."""
    figure = info(kind, name)
    daily = view.daily(kind, name)
    daily = tuple(point for point in daily if point[0] > view.data.window.end - SHOWN_DAYS * _DAY)
    forecast = view.forecasts.get((kind, name))
    if forecast is None or len(daily) < 2:
        why = "only one day has a value" if daily else view.why_missing(kind, name)
        return PageChart(id, f"{figure.label}: no trend yet", "", "", None, empty=f"No line: {why}.")
    window = _shown(daily, forecast, view.data.window.end)
    title = _title(view, kind, name, daily, forecast)
    subtitle = outlook_words(forecast)
    return PageChart(
        id=id,
        title=title,
        subtitle=f"{subtitle}. One value per day"
        + (f", in {view.currency(kind, name)}" * bool(view.currency(kind, name))),
        description=f"{title}. {subtitle}.",
        spec=history_chart(
            stepped(daily, window),
            window,
            view.times,
            labels=axis_unit(figure.unit),
            from_zero=False,
            name=figure.label,
            forecast=forecast.points,
            width=WIDE if lead else HALF,
            height=LEAD_HEIGHT if lead else 150,
        ),
        table=_table(view, kind, name, daily, forecast, id=f"{id}-table"),
    )


def outlook_words(forecast: Forecast) -> str:
    """How good the forecast is, or why there is none."""
    if not forecast.points:
        return f"No forecast: {forecast.reason}"
    return (
        f"Dashed: {forecast.method}, MASE {forecast.mase or 0:.2f} (below 1 beats the same weekday before); "
        f"the 90 % band held {percent(forecast.coverage_percent, 0)} of the test days"
    )


def outlook_end(view: ReportView, kind: FigureKind, name: str) -> str:
    """``118,300 EUR in 30 days (113,000 to 123,600)``; empty without a forecast."""
    forecast = view.forecasts.get((kind, name))
    if forecast is None or not forecast.points:
        return ""
    last = forecast.points[-1]
    low, high = amount(view, kind, name, last.low), amount(view, kind, name, last.high)
    return f"{amount(view, kind, name, last.value)} in {len(forecast.points)} days ({low} to {high})"


def _title(
    view: ReportView, kind: FigureKind, name: str, daily: Sequence[tuple[datetime, float]], forecast: Forecast
) -> str:
    figure = info(kind, name)
    if forecast.points:
        value = amount(view, kind, name, forecast.points[-1].value)
        return f"{figure.label}: {value} expected in {len(forecast.points)} days"
    days = round((daily[-1][0] - daily[0][0]) / _DAY)
    moved = change_text(change(daily[-1][1], daily[0][1]), figure.unit)
    words = {"▲": "rose by", "▼": "fell by"}
    if not moved or moved == "steady":
        return f"{figure.label} held steady over {days} days"
    return f"{figure.label} {words[moved[0]]} {moved[2:]} in {days} days".replace("by from", "from")


def _shown(daily: Sequence[tuple[datetime, float]], forecast: Forecast, end: datetime) -> Window:
    """The days with values, and those of the forecast."""
    last = max(end, forecast.points[-1].at + _DAY) if forecast.points else end
    return window_of(last, max(1.0, (last - daily[0][0]) / timedelta(hours=1)))


def _table(
    view: ReportView,
    kind: FigureKind,
    name: str,
    daily: Sequence[tuple[datetime, float]],
    forecast: Forecast,
    *,
    id: str,  # noqa: A002
) -> Table:
    label, unit = info(kind, name).label, csv_unit(view, kind, name)

    def number(value: float) -> Cell:
        return Cell(amount(view, kind, name, value), number=True, value=value)

    known = [
        (Cell(_day(view, at), value=view.times.iso(at)), number(value), Cell(""), Cell("")) for at, value in daily[-14:]
    ]
    ahead = [
        (
            Cell(_day(view, point.at), value=view.times.iso(point.at)),
            number(point.value),
            number(point.low),
            number(point.high),
        )
        for point in forecast.points
    ]
    headings = (
        Heading("Day"),
        Heading(label, number=True, unit=unit),
        Heading("Forecast, low", number=True, unit=unit),
        Heading("Forecast, high", number=True, unit=unit),
    )
    chosen = headings if ahead else headings[:2]
    rows = tuple(row[: len(chosen)] for row in (*known, *ahead))
    return Table(id, f"{label} by day, figures", chosen, rows, note="The last 14 days and the forecast", folded=True)


def _day(view: ReportView, at: datetime) -> str:
    local = at.astimezone(view.times.zone)
    return f"{local:%a} {local.day} {local:%b}"
