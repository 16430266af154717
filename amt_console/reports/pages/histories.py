"""Charts of the platform's figures over the window, each with its finding as title and its numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from statistics import median

from amt_console.analysis import Window
from amt_console.analysis.seasonal import FigureChange
from amt_console.model import FigureKind, FigureUnit
from amt_console.reports.charts.base import COUNT_LABELS, HALF, PERCENT_LABELS, SECONDS_LABELS, WIDE
from amt_console.reports.charts.lines import history_chart
from amt_console.reports.figures import info, moved_by, written_apart
from amt_console.reports.page import Cell, Heading, PageChart, Table, Unit
from amt_console.reports.pages.cards import amount
from amt_console.reports.pages.figure_tables import csv_unit
from amt_console.reports.pages.marks import marks_of
from amt_console.reports.view import ReportView

TABLE_ROWS = 24
LEAD_HEIGHT = 220
_TOLD_BY_LABEL, _OF_FIVE = " a minute", " of 5"


def history_block(
    view: ReportView,
    kind: FigureKind,
    name: str,
    *,
    id: str,  # noqa: A002
    width: int = HALF,
    height: int = 150,
) -> PageChart:
    """One figure over the window as a line, with its finding as title."""
    figure = info(kind, name)
    window = view.data.window
    points = stepped(view.history(kind, name), window)
    known = [(at, value) for at, value in points if value is not None]
    if len(known) < 2:
        reason = f"only one value: {amount(view, kind, name, known[0][1])}" if known else view.why_missing(kind, name)
        return PageChart(id, figure.label, "", "", None, empty=f"No line: {reason}.")
    low, high = min(v for _, v in known), max(v for _, v in known)
    moved, currency = view.change(kind, name), view.currency(kind, name)
    title = movement(figure.label, moved, figure.unit, known[0][1], known[-1][1], currency)
    lowest, highest = written_apart(low, high, figure.unit)
    spread = f"lowest {lowest}, highest {highest} {currency}".rstrip()
    if lowest == highest:
        spread = f"{lowest} {currency}".rstrip() + " all the time"
    if moved is not None:
        spread = f"mean against the {view.span} before; {spread}"
    return PageChart(
        id=id,
        title=title,
        subtitle=f"{spread[0].upper()}{spread[1:]}",
        description=f"{title} over {view.span}, {spread}.",
        spec=history_chart(
            points,
            window,
            view.times,
            labels=axis_unit(figure.unit),
            from_zero=0 <= low <= 0.5 * high,
            name=figure.label,
            previous=stepped(view.previous_history(kind, name), window.previous()),
            marks=marks_of(view) if width == WIDE else (),
            width=width,
            height=height,
        ),
        table=_history_table(view, kind, name, known, id=f"{id}-table"),
    )


def lead_block(view: ReportView, kind: FigureKind, name: str, *, id: str) -> PageChart:  # noqa: A002
    """The same on a whole row, with incidents and people's actions as marks."""
    return history_block(view, kind, name, id=id, width=WIDE, height=LEAD_HEIGHT)


def axis_unit(unit: FigureUnit) -> Unit:
    """How an axis writes a figure's unit."""
    return {FigureUnit.PERCENT: PERCENT_LABELS, FigureUnit.SECONDS: SECONDS_LABELS}.get(unit, COUNT_LABELS)


def stepped(history: Sequence[tuple[datetime, float]], window: Window) -> list[tuple[datetime, float | None]]:
    """The last value in each step, and ``None`` for missing readings, so that a line breaks there."""
    last: dict[int, tuple[datetime, float]] = {}
    for at, value in history:
        last[window.index(at)] = (at, value)
    points = [last[index] for index in sorted(last)]
    if len(points) < 2:
        return list(points)
    spacing = median((b[0] - a[0]).total_seconds() for a, b in pairwise(points))
    limit = max(3 * spacing, 2.0 * window.step)
    broken: list[tuple[datetime, float | None]] = [points[0]]
    for before, after in pairwise(points):
        if (after[0] - before[0]).total_seconds() > limit:
            broken.append((before[0] + (after[0] - before[0]) / 2, None))
        broken.append(after)
    return broken


def movement(
    label: str, moved: FigureChange | None, unit: FigureUnit, first: float, last: float, currency: str = ""
) -> str:
    """``Sessions fell by 3.1 %`` of the mean against the previous window; without one the first and the last value."""
    if moved is None:
        began, ended = (text.removesuffix(_TOLD_BY_LABEL) for text in written_apart(first, last, unit))
        if began == ended:
            return f"{label} stayed at {began} {currency}".rstrip()
        moved_how = "rose" if last > first else "fell"
        return f"{label} {moved_how} from {began.removesuffix(_OF_FIVE)} to {ended} {currency}".rstrip()
    way, size = moved_by(moved, unit)
    if not way:
        return f"{label} held steady"
    return f"{label} {'rose' if way > 0 else 'fell'} {size if size.startswith('from') else f'by {size}'}"


def _history_table(
    view: ReportView,
    kind: FigureKind,
    name: str,
    known: Sequence[tuple[datetime, float]],
    *,
    id: str,  # noqa: A002
) -> Table:
    figure = info(kind, name)
    stride = max(1, -(-len(known) // TABLE_ROWS))
    chosen = list(known[::stride])
    if chosen[-1] is not known[-1]:
        chosen.append(known[-1])
    rows = tuple(
        (
            Cell(view.times.short(at), value=view.times.iso(at)),
            Cell(amount(view, kind, name, value), number=True, value=value),
        )
        for at, value in chosen
    )
    note = f"{len(chosen)} of {len(known)} points" if len(chosen) < len(known) else ""
    headings = (Heading("Read"), Heading(figure.label, number=True, unit=csv_unit(view, kind, name)))
    return Table(id, f"{figure.label}, figures", headings, rows, note=note, folded=True)
