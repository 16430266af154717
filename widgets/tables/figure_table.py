"""Figures of the platform by group: newest value, change over a window, course."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from rich.style import Style

from amt_console.model import BusinessFigures, Figure, FigureFault, FigureKind, FigureUnit, Series
from amt_console.text import figure_text, unread_words
from widgets.business_panels import ChatbotPanel, OverviewPanel, RevenuePanel
from widgets.cells import Runs, runs_width, width_of
from widgets.figures_panel import SUSPECT_MARK, FiguresPanel, Shown
from widgets.live_table import LiveTable
from widgets.look import PLAIN_LOOK, Look
from widgets.sparkline import resample, spark_runs
from widgets.table_model import Column, SortValue

GROUPS: tuple[type[FiguresPanel], ...] = (RevenuePanel, ChatbotPanel, OverviewPanel)
"""Revenue, chatbot, users: their titles, figures and breakdowns."""
FEWER_IS_BETTER = frozenset(
    {"churn_rate", "escalation_rate", "response_time", "bounce_rate", "bug_reports", "page_load_time"}
)
_STEADY_PERCENT = 0.05
_MOST_PERCENT = 999.0
_FAULT_KEY = "fault"


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure: its newest value and how it went."""

    kind: FigureKind
    shown: Shown
    figure: Figure
    values: Series = ()
    """Over the window, oldest first."""
    change_percent: float | None = None
    """Against the first value of the window."""
    fault: str = ""
    """Instead of a figure: why newer ones cannot be read."""

    @property
    def name(self) -> str:
        """Its name."""
        return self.shown.name

    @property
    def value(self) -> float | None:
        """A plain number."""
        value = self.figure.value
        return value if isinstance(value, (int, float)) and math.isfinite(value) else None


def change_percent(first: float | None, last: float | None) -> float | None:
    """How much ``last`` is more than ``first``; ``None`` where that is no number."""
    if first is None or last is None or not first or not math.isfinite(first) or not math.isfinite(last):
        return None
    change = (last / abs(first) - first / abs(first)) * 100
    return change if math.isfinite(change) else None


def change_words(change: float, look: Look) -> str:
    """An arrow and the size of a change."""
    if abs(change) < _STEADY_PERCENT:
        return f"{look.glyph('→', '=')} 0 %"
    size = (
        f">{_MOST_PERCENT:.0f}" if abs(change) > _MOST_PERCENT else f"{abs(change):.{0 if abs(change) >= 100 else 1}f}"
    )
    return f"{look.glyph('↑', '^') if change > 0 else look.glyph('↓', 'v')} {size} %"


def value_words(row: FigureRow) -> str:
    """The value of a figure in its unit; empty without one."""
    if row.value is None:
        return ""
    unit = row.figure.unit
    currency = f" {unit}" if row.shown.unit is FigureUnit.MONEY and unit not in (None, FigureUnit.MONEY) else ""
    return f"{figure_text(row.value, row.shown.unit)}{currency}"


class FigureTable(LiveTable[FigureRow]):
    """The figures of one group. A missing one tells why."""

    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("figure", "", 17, grow=2, max_width=24),
        Column("now", "NOW", 9, align="right", grow=1, max_width=14),
        Column("change", "CHANGE", 8, align="right"),
        Column("course", "COURSE", 8, grow=5, priority=2, sortable=False),
    )

    def __init__(self, group: type[FiguresPanel], *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self.group = group
        self._read: BusinessFigures | None = None
        self._now: datetime | None = None

    @property
    def kind(self) -> FigureKind:
        """The kind of its figures."""
        return self.group.KIND

    def show(
        self,
        read: BusinessFigures | None,
        fault: FigureFault | None,
        courses: Mapping[str, tuple[Series, float | None]],
        now: datetime,
    ) -> None:
        """Show the newest figures.

        Args:
            read: What was read last; ``None`` for nothing.
            fault: Why newer ones cannot be read.
            courses: The values over the window and the change in percent, by name.
            now: The displayed moment.
        """
        self._read, self._now = read, now
        rows: list[FigureRow] = []
        if fault is not None:
            words = unread_words(fault, now, self.look.zone)
            rows.append(FigureRow(self.kind, Shown(_FAULT_KEY, "", "", FigureUnit.COUNT), Figure(None), fault=words))
        for shown in self.group.FIGURES if read is not None else ():
            values, change = courses.get(shown.name, ((), None))
            figure = read.figures.get(shown.name, Figure(None, "not in the answer")) if read else Figure(None)
            rows.append(FigureRow(self.kind, shown, figure, values, change))
        self.set_rows(rows)

    @property
    def figures(self) -> tuple[FigureRow, ...]:
        """All figures."""
        return tuple(row for row in self.model.rows() if not row.fault)

    def chosen(self) -> FigureRow | None:
        """The selected figure, else the first one with a course, else the first one."""
        row = self.model.selected_row
        if row is not None and not row.fault:
            return row
        figures = self.figures
        return next((each for each in figures if any(value is not None for value in each.values)), None) or next(
            iter(figures), None
        )

    def row_key(self, row: FigureRow) -> str:
        """The name."""
        return row.name

    def search_text(self, row: FigureRow) -> str:
        """Name and reason."""
        return f"{row.shown.label} {row.name} {row.figure.reason or ''} {row.figure.suspect or ''} {row.fault}"

    def sort_value(self, row: FigureRow, column: str) -> SortValue:
        """The largest first, and the largest change either way."""
        if column == "figure":
            return row.shown.label or _FAULT_KEY
        if column == "now":
            return None if row.value is None else -row.value
        return None if row.change_percent is None else -abs(row.change_percent)

    def title(self) -> Runs:
        """The group, and the age of its figures."""
        name = self.group.TITLE
        if self._read is None or self._now is None:
            return [(name, Style())]
        simulated = "simulated, " if self._read.simulated else ""
        return [(f"{name}  {simulated}{self.look.ago_words(self._read.timestamp, self._now)}", Style())]

    def placeholder(self) -> Runs:
        """Why there is nothing."""
        palette = self.look.palette
        if self.model.filter_text and self.model.total:
            return [("no figure matches the filter; escape clears it", palette.muted)]
        return [(f"{self.look.missing} not read yet", palette.muted)]

    def spans(self, row: FigureRow, shown: Sequence[str]) -> Mapping[str, int]:
        """A fault takes the line, the reason of a missing figure the rest of it."""
        if row.fault:
            return {"figure": len(shown)}
        return {"now": len(shown) - 1} if row.value is None else {}

    def cell(self, row: FigureRow, column: str, width: int) -> Runs:
        """One cell."""
        palette, figure = self.look.palette, row.figure
        if row.fault:
            return [(row.fault, palette.warning)]
        match column:
            case "figure":
                return [(row.shown.label, palette.text if row.value is not None else palette.muted)]
            case "now":
                if row.value is None:
                    why = figure.suspect or figure.reason or "no number"
                    return [(f"{self.look.missing} {why}", palette.muted)]
                mark: Runs = [(SUSPECT_MARK, palette.warning)] if figure.suspect else []
                words = value_words(row)
                if width_of(words) + runs_width(mark) > width:
                    words = figure_text(row.value, row.shown.unit)  # the line above the keys names the currency
                return [(words, palette.strong), *mark]
            case "change":
                if row.change_percent is None:
                    return [(self.look.missing, palette.muted)]
                return [(change_words(row.change_percent, self.look), self.change_style(row))]
        return spark_runs(resample(row.values, width), width, self.look, palette.trend)

    def change_style(self, row: FigureRow) -> Style:
        """Of a change: whether it is for the better."""
        palette, change = self.look.palette, row.change_percent or 0.0
        if abs(change) < 1:
            return palette.muted
        return palette.ok if (change > 0) is (row.name not in FEWER_IS_BETTER) else palette.warning
