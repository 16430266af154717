"""Figures of the platform: a value, or a dash with the reason; never zero for a missing value."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from textual.strip import Strip

from amt_console.model import BusinessFigures, Figure, FigureFault, FigureKind, FigureUnit
from amt_console.text import figure_text, unread_words
from widgets.bars import Bar, bar_rows
from widgets.cells import Run, Runs, joined, line, runs_width, width_of, wrapped
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look
from widgets.sparkline import resample, spark_runs

SUSPECT_MARK = "?"
"""The mark of a value that looks wrong."""
NO_DATA = "no data"
_FAULT_LINES = 3
_NEVER_READ = Figure(None, "not read yet")


@dataclass(frozen=True, slots=True)
class Shown:
    """One figure on a panel."""

    name: str
    label: str
    short: str
    """Label in the compact form; empty to leave the figure out there."""
    unit: FigureUnit


def has_source(read: BusinessFigures | None, fault: FigureFault | None) -> bool:
    """Whether there are figures, or an endpoint that should have them."""
    return read is not None or fault is None or not fault.is_missing_endpoint


class FiguresPanel(LineView):
    """Base of the panels: one line in compact form, figures and breakdowns with more room."""

    TITLE: ClassVar[str] = ""
    KIND: ClassVar[FigureKind]
    FIGURES: ClassVar[Sequence[Shown]] = ()
    BREAKDOWNS: ClassVar[Sequence[tuple[str, str]]] = ()
    """Name and title of the breakdowns, most important first."""
    TIMELINES: ClassVar[Sequence[tuple[str, str]]] = ()
    """Name and title of the values over time, drawn as sparklines."""

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._read: BusinessFigures | None = None
        self._fault: FigureFault | None = None
        self._now: datetime | None = None

    def show(
        self, figures: Mapping[FigureKind, BusinessFigures], faults: Mapping[FigureKind, FigureFault], now: datetime
    ) -> None:
        """Show the newest figures of this kind, and the fault if newer ones cannot be read."""
        before = self._read, self._fault, self._age()
        self._read, self._fault, self._now = figures.get(self.KIND), faults.get(self.KIND), now
        if (self._read, self._fault, self._age()) != before:
            self.rebuild()

    @property
    def has_source(self) -> bool:
        """Whether there are figures, or an endpoint that should have them."""
        return has_source(self._read, self._fault)

    def figure(self, name: str) -> Figure:
        """A figure, or the reason why it is missing."""
        return _NEVER_READ if self._read is None else self._read.figures.get(name, _NEVER_READ)

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """The lines for a size."""
        if height is None or height < 3:
            return [self._compact(width)]
        return self._tall(width, height)

    def _compact(self, width: int) -> Strip:
        look, palette = self.look, self.look.palette
        head: list[Run] = [(f" {self.TITLE:<9}", palette.strong)]
        shown = [item for item in self.FIGURES if item.short]
        reason = self._common_reason(shown)
        if self._fault is not None:
            head.append(self._fault_run())
            if self._read is None:
                return line(head, width, ellipsis=look.ellipsis)
        right: Runs = [(f" {self._age()}", palette.muted)]
        if reason is not None:
            return line(
                [*head, (f"{look.missing} {reason}", palette.muted)], width, right=right, ellipsis=look.ellipsis
            )
        parts: list[Runs] = []
        room = width - 1 - sum(width_of(text) for text, _ in (*head, *right)) - (3 if self._fault is not None else 0)
        for item in shown:
            part: Runs = [(f"{item.short} ", palette.muted), *self._value(item)]
            size = sum(width_of(text) for text, _ in part) + (3 if parts else 0)
            if size > room:
                break
            parts.append(part)
            room -= size
        if parts and self._fault is not None:
            head.append((look.dot, palette.faint))
        return line([*head, *joined(parts, (look.dot, palette.faint))], width, right=right, ellipsis=look.ellipsis)

    def _tall(self, width: int, height: int) -> list[Strip]:
        look, palette = self.look, self.look.palette
        right = self._age()
        if self._read is not None and self._read.simulated:
            right = f"simulated{look.dot}{right}"
        heading = line(
            [(f" {self.TITLE}", palette.heading)], width, right=[(right, palette.heading)], fill=palette.heading
        )
        lines = [heading]
        if self._fault is not None:
            words = wrapped([self._fault_run()], width - 2)
            lines.extend(
                line([(" ", palette.text), *part], width, ellipsis=look.ellipsis) for part in words[:_FAULT_LINES]
            )
        reason = self._common_reason(self.FIGURES)
        if reason is not None:
            if self._fault is None or self._read is not None:
                lines.append(line([(f" {look.missing} {reason}", palette.muted)], width, ellipsis=look.ellipsis))
        else:
            lines.extend(self._rows(width, height - len(lines)))
            lines.extend(self._timelines(width, height - len(lines)))
            lines.extend(self._breakdowns(width, height - len(lines)))
        return lines[:height]

    def _fault_run(self) -> Run:
        palette = self.look.palette
        words = "" if self._fault is None or self._now is None else unread_words(self._fault, self._now, self.look.zone)
        return words, palette.warning if self.has_source else palette.muted

    def _age(self) -> str:
        if self._read is None or self._now is None:
            return ""
        return f"{self.look.ago_words(self._read.timestamp, self._now)} "

    def _rows(self, width: int, room: int) -> list[Strip]:
        look, palette = self.look, self.look.palette
        columns = 2 if width >= 48 and (room < len(self.FIGURES) or width >= 90) else 1
        size = (width - 1) // columns
        label_width = max(1, min(max(len(item.label) for item in self.FIGURES) + 2, size - 9))
        cells: list[Runs] = []
        for item in self.FIGURES:
            cells.append(
                [(f"{item.label:<{label_width}}", palette.muted), *self._explained(item, size - 1 - label_width)]
            )
        height = -(-len(cells) // columns)
        lines = []
        for at in range(min(height, room)):
            row: list[Run] = [(" ", palette.text)]
            for column in range(columns):
                index = at + column * height
                if index < len(cells):
                    strip = line(cells[index], size - 1, ellipsis=look.ellipsis)
                    row.extend((segment.text, segment.style or palette.text) for segment in strip)
                    row.append((" ", palette.text))
            lines.append(line(row, width, ellipsis=look.ellipsis))
        return lines

    def _timelines(self, width: int, room: int) -> list[Strip]:
        lines: list[Strip] = []
        for name, title in self.TIMELINES:
            pairs = self._pairs(name)
            if len(pairs) < 3 or room - len(lines) < 2:
                continue
            lines.extend(self._timeline(title, pairs, width))
        return lines

    def _timeline(self, title: str, pairs: Sequence[tuple[str, float]], width: int) -> list[Strip]:
        look, palette = self.look, self.look.palette
        scale = f"{pairs[0][0]} to {pairs[-1][0]}"
        room = max(4, width - len(title) - width_of(scale) - 6)
        values = resample(tuple(value for _, value in pairs), room)
        each = max(1, min(3, room // len(values)))
        bars = spark_runs(
            tuple(v for v in values for _ in range(each)), len(values) * each, look, palette.trend, low=0.0
        )
        runs: list[Run] = [(f" {title}  ", palette.muted), *bars, (f"  {scale}", palette.muted)]
        return [Strip.blank(width), line(runs, width, ellipsis=look.ellipsis)]

    def _breakdowns(self, width: int, room: int) -> list[Strip]:
        lines: list[Strip] = []
        for name, title in self.BREAKDOWNS:
            bars = [Bar(label, value) for label, value in self._pairs(name)]
            left = room - len(lines)
            if not bars or left < 4:
                continue
            lines.append(Strip.blank(width))
            lines.append(line([(f" {title}", self.look.palette.strong)], width))
            blank: Run = (" ", self.look.palette.text)
            rows = bar_rows(bars, width - 2, left - 2, self.look, shares=True)
            lines.extend(line([blank, *row], width) for row in rows)
        return lines

    def _pairs(self, name: str) -> tuple[tuple[str, float], ...]:
        value = self.figure(name).value
        return value if isinstance(value, tuple) else ()

    def _value(self, item: Shown, *, currency: bool = False) -> Runs:
        """The value, with a mark if it looks wrong."""
        figure, palette = self.figure(item.name), self.look.palette
        mark: Runs = [(SUSPECT_MARK, palette.warning)] if figure.suspect else []
        if isinstance(figure.value, tuple) or figure.value is None or not math.isfinite(figure.value):
            return [(self.look.missing, palette.muted), *mark]
        text = figure_text(figure.value, item.unit)
        if currency and item.unit is FigureUnit.MONEY and figure.unit not in (None, FigureUnit.MONEY):
            text = f"{text} {figure.unit}"
        return [(text, palette.text), *mark]

    def _explained(self, item: Shown, room: int) -> Runs:
        """The value with its reason; without room for the whole reason only the value, or ``no data``."""
        figure, value, muted = self.figure(item.name), self._value(item, currency=True), self.look.palette.muted
        why = figure.suspect or figure.reason
        explained: Runs = [*value, (f" {why}", muted)]
        if why and runs_width(explained) <= room:
            return explained
        return [(NO_DATA, muted)] if why and figure.value is None else value

    def _common_reason(self, shown: Sequence[Shown]) -> str | None:
        """The common reason of a panel without any figure."""
        if self._read is None:
            return "not read yet"
        if any(self.figure(item.name).value is not None for item in shown):
            return None
        return next((reason for item in shown if (reason := self.figure(item.name).reason)), "nothing was read")
