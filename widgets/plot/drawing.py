"""Draws a plot: a legend, the failures, and between the axes what lies below before what lies on top."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import TypeVar

from rich.style import Style
from textual.strip import Strip

from widgets.cells import Run, clean, crop, line, runs_width, width_of
from widgets.look import Look
from widgets.plot.canvas import PENS, Canvas, stretches
from widgets.plot.plot import ChartLine, Plot, stacked
from widgets.plot.scale import Scale, all_known, known, scale_of, spread_labels, tick_labels, time_ticks, value_label

Grid = list[list[tuple[str, Style]]]
"""Rows of cells, the top one first."""
LEAST_WIDTH, LEAST_HEIGHT = 20, 6
"""Fewer lines leave less than three between legend and axis, where a course says nothing."""

Labels = tuple[tuple[int, str], ...]
"""Rows from below or columns, and their labels."""
Axes = Callable[[int, int, Labels, Labels, int], tuple[str, ...]]
"""Sets the axes, as ``widgets.plot.axes.axes``."""
_T = TypeVar("_T")
_LABEL_CELLS = 9
"""Room for a label of the time axis with the blanks around it."""
_MARGIN = 1
_LIMIT_REACH = 3.0
"""A limit up to so many times the highest value is within the scale; a higher one is told in the legend alone."""
_FILLS = (("█", "#"), ("▒", "%"), ("░", "="), ("▓", "o"), ("╱", "/"), ("·", "."))
"""Signs of the phases from below; neighbours differ without colour."""
_PLAIN_FRAME = str.maketrans("┤│└┬─", "+|++-")


class Drawing:
    """One drawing of a plot.

    Args:
        plot: What it shows.
        width: Cells.
        height: Lines.
        look: Colours and alphabet.
        axes: Sets its axes.
    """

    def __init__(self, plot: Plot, width: int, height: int, look: Look, axes: Axes) -> None:
        self._plot, self._look, self._width = plot, look, width
        self._lines = [ChartLine(each.name, all_known(each.values)) for each in plot.lines[: len(PENS)]]
        self._phases = [ChartLine(each.name, all_known(each.values)) for each in plot.phases[: len(_FILLS)]]
        self._stacks = stacked(self._phases)
        self.measured = [value for each in self._lines for value in each.values if value is not None]
        self.measured += [stack[-1] for stack in self._stacks if stack is not None]
        self._failures = any(plot.failed)
        self._marks_above = self._failures and height > LEAST_HEIGHT
        self._rows = height - 3 - self._marks_above
        self._scale = self._chosen_scale()
        labels = self._value_labels()
        self._gutter = max((width_of(label) for _, label in labels), default=0) + 1
        self._columns = width - _MARGIN - self._gutter
        if self._columns < 8:
            labels, self._gutter, self._columns = (), 1, width - _MARGIN - 1
        self._canvas = Canvas(self._columns, self._rows, ascii_only=look.ascii_only)
        self._frame = axes(self._columns, self._rows, labels, self._time_labels(), self._gutter)
        self.outages = self._shaded()
        self._failed_columns = self._failing()
        palette = look.palette
        self._line_styles = (palette.accent, palette.warning, palette.info, palette.muted)
        self._phase_styles = (
            *(palette.muted, palette.info, palette.trend),
            *(palette.accent, palette.text, palette.faint),
        )

    def strips(self) -> list[Strip]:
        """All lines."""
        look, palette, width = self._look, self._look.palette, self._width
        edges = [text.translate(_PLAIN_FRAME) if look.ascii_only else text for text in self._frame]
        grid = self._grid()
        strips = [self._legend()]
        if self._marks_above:
            left: Run = (" " * (_MARGIN + self._gutter), palette.text)
            cells = [self._failure(column) for column in range(self._columns)]
            strips.append(line([left, *_runs(cells)], width))
        for text, cells in zip(edges, grid, strict=False):
            label = [(" " * _MARGIN + text[:-1], palette.muted), (text[-1:], palette.faint)]
            strips.append(line([*label, *_runs(cells)], width))
        axis, times = edges[self._rows :]
        strips.append(line([(" " * _MARGIN + axis, palette.faint)], width))
        strips.append(line([(" " * _MARGIN + times, palette.muted)], width))
        return strips

    def _chosen_scale(self) -> Scale:
        plot, values = self._plot, self.measured
        limit = known(plot.limit)
        if limit is not None and values and limit <= max(values) * _LIMIT_REACH:
            values = [*values, limit]
        from_zero = plot.from_zero or bool(self._phases)
        return scale_of(values, rows=self._rows, unit=plot.unit, from_zero=from_zero, high=known(plot.high))

    def _value_labels(self) -> Labels:
        """Labels of the scale with their rows, counted from below."""
        if not self.measured:
            return ()
        canvas = Canvas(1, self._rows, ascii_only=self._look.ascii_only)
        labels = tick_labels(self._scale, crop(clean(self._plot.unit), 8))
        rows: dict[int, str] = {}
        for tick, label in zip(self._scale.ticks, labels, strict=True):
            rows[self._rows - 1 - canvas.row_of(self._scale.place(tick))] = label
        return tuple(rows.items())

    def _time_labels(self) -> Labels:
        """Labels of the time axis with their columns."""
        plot = self._plot
        if plot.labels:
            values = max((len(each.values) for each in (*self._lines, *self._phases)), default=0)
            placed = spread_labels(plot.labels, values)
            longest = max(width_of(clean(label)) for label in plot.labels)
            placed = placed[:: -(-len(placed) * (longest + 2) // self._columns) or 1]
        elif plot.start is not None and plot.end is not None:
            placed = time_ticks(plot.start, plot.end, self._look.zone, max(2, self._columns // _LABEL_CELLS))
        else:
            placed = []
        cleaned = ((self._canvas.column_of(place), crop(clean(label), 16).strip()) for place, label in placed)
        return tuple({column: label for column, label in cleaned if label}.items())

    def _place(self, moment: datetime) -> float | None:
        """Where a moment lies on the time axis, unbounded."""
        start, end = self._plot.start, self._plot.end
        if start is None or end is None or end <= start:
            return None
        return (moment - start) / (end - start)

    def _between(self, first: float, last: float) -> Iterable[int]:
        """The columns between two places, at least one."""
        left, right = max(0.0, first) * self._columns, min(1.0, last) * self._columns
        return range(round(left), round(right)) or [min(self._columns - 1, int(left))]

    def _shaded(self) -> set[int]:
        """Columns within an outage."""
        columns: set[int] = set()
        for begin, end in self._plot.outages:
            first, last = self._place(begin), self._place(end)
            if first is not None and last is not None and first < 1.0 and last > 0.0 and first <= last:
                columns.update(self._between(first, last))
        return columns

    def _failing(self) -> set[int]:
        """Columns where most checks failed."""
        columns: set[int] = set()
        total, at = len(self._plot.failed), 0
        for failed, part in groupby(self._plot.failed):
            end = at + len(list(part))
            if failed:
                columns.update(self._between(at / total, end / total))
            at = end
        return columns

    def _failure(self, column: int) -> tuple[str, Style]:
        sign = self._look.glyph("✖", "X") if column in self._failed_columns else " "
        return sign, self._look.palette.critical

    def _grid(self) -> Grid:
        """The cells between the axes: from what lies below to what lies on top."""
        look, palette = self._look, self._look.palette
        grid: Grid = [[(" ", palette.text)] * self._columns for _ in range(self._rows)]
        self._draw_gaps(grid)
        self._draw_phases(grid)
        limit = self._limit_row()
        if limit is not None:
            grid[limit] = [(look.glyph("╌", "-"), palette.warning)] * self._columns
        self._draw_lines(grid)
        self._shade(grid)
        self._draw_marks(grid)
        if self._failures and not self._marks_above:
            for column in self._failed_columns:
                grid[0][column] = self._failure(column)
        return grid

    def _draw_gaps(self, grid: Grid) -> None:
        """A faint dot on the axis where nothing is known."""
        drawn = [[value is not None for value in each.values] for each in self._lines]
        drawn += [[stack is not None for stack in self._stacks]] if self._stacks else []
        sign = (self._look.glyph("·", " "), self._look.palette.faint)
        for column in range(self._columns):
            if not any(any(_share(each, column, self._columns)) for each in drawn):
                grid[-1][column] = sign

    def _draw_phases(self, grid: Grid) -> None:
        if not self._stacks:
            return
        signs = [self._phase_sign(at) for at in range(len(self._phases))]
        for column in range(self._columns):
            known_here = [stack for stack in _share(self._stacks, column, self._columns) if stack is not None]
            if not known_here:
                continue
            stack = max(known_here, key=lambda each: each[-1])
            heights = [self._scale.place(top) * self._rows for top in stack]
            for row in range(self._rows):
                phase = next((at for at, top in enumerate(heights) if top > row + 0.5), None)
                if phase is None and row == 0 and stack[-1] > 0:
                    parts = [top - below for top, below in zip(stack, (0.0, *stack), strict=False)]
                    phase = parts.index(max(parts))
                if phase is None:
                    break
                grid[self._rows - 1 - row][column] = signs[phase]

    def _phase_sign(self, at: int) -> tuple[str, Style]:
        return self._look.glyph(*_FILLS[at]), self._phase_styles[at]

    def _limit_row(self) -> int | None:
        limit = known(self._plot.limit)
        if limit is None or not self._scale.low <= limit <= self._scale.high:
            return None
        return self._canvas.row_of(self._scale.place(limit))

    def _draw_lines(self, grid: Grid) -> None:
        canvas, place = self._canvas, self._scale.place
        for at in range(len(self._lines) - 1, -1, -1):
            for run in stretches(self._lines[at].values, canvas.dots_across):
                canvas.draw([(x, place(value)) for x, value in run], at, PENS[at])
        styles = self._line_styles
        for row, cells in enumerate(grid):
            for column in range(self._columns):
                found = canvas.cell(column, row)
                if found is not None:
                    cells[column] = (found[0], styles[found[1]])

    def _shade(self, grid: Grid) -> None:
        outage = self._look.palette.outage
        texture = (self._look.glyph("░", ":"), outage)
        ground = Style(bgcolor=outage.bgcolor)
        combined: dict[int, Style] = {}
        for cells in grid:
            for column in self.outages:
                sign, style = cells[column]
                if sign in " ·":
                    cells[column] = texture
                else:
                    cells[column] = (sign, combined.setdefault(id(style), style + ground))

    def _draw_marks(self, grid: Grid) -> None:
        look, style = self._look, self._look.palette.strong
        for mark in self._plot.marks:
            place = self._place(mark.at)
            if place is None or not 0.0 <= place <= 1.0:
                continue
            column = self._canvas.column_of(place)
            for row, cells in enumerate(grid):
                if row == 0 or cells[column][0] in " ·░:":
                    cells[column] = (look.glyph("╎", "|"), style + Style(bgcolor=cells[column][1].bgcolor))
            if self._marks_above or not self._failures:
                self._write(grid[0], column, clean(mark.label), style)

    def _write(self, cells: list[tuple[str, Style]], column: int, label: str, style: Style) -> None:
        """A label beside its column, at the right if it fits there."""
        size = width_of(label)
        begin = column + 1 if column + 1 + size <= self._columns else column - size
        if not label or begin < 0 or size != len(label):
            return
        for at, sign in enumerate(label, begin):
            cells[at] = (sign, style + Style(bgcolor=cells[at][1].bgcolor))

    def _legend(self) -> Strip:
        """The lines by name, then what else is drawn as far as there is room, and the highest value."""
        parts, peak = self._named(), self._peak()
        named, size = len(parts), sum(runs_width(part) for part in parts)
        gap = 3
        if size + gap * (named - 1) + _MARGIN + runs_width(peak) > self._width:
            peak = []
            gap = 3 if size + 3 * (named - 1) + _MARGIN <= self._width else 1
        room = self._width - _MARGIN - runs_width(peak)
        runs: list[Run] = [(" " * _MARGIN, self._look.palette.text)]
        for at, part in enumerate((*parts, *self._explained())):
            cells = runs_width(part) + (gap if at else 0)
            if at >= named and cells > room:
                break
            if at:
                runs.append((" " * gap, self._look.palette.text))
            runs.extend(part)
            room -= cells
        return line(runs, self._width, right=peak, ellipsis=self._look.ellipsis)

    def _named(self) -> list[list[Run]]:
        """Sign and name of each line and phase."""
        look, palette = self._look, self._look.palette
        if not self.measured:
            return [[("no answer in this window", palette.critical)]]
        parts: list[list[Run]] = []
        for at, each in enumerate(self._lines):
            sign = look.glyph(PENS[at].sign, PENS[at].ascii_sign)
            parts.append([(f"{sign} {crop(clean(each.name), 32, look.ellipsis)}", self._line_styles[at])])
        for at, each in enumerate(self._phases):
            parts.append([self._phase_sign(at), (f" {crop(clean(each.name), 32, look.ellipsis)}", palette.text)])
        return parts

    def _peak(self) -> list[Run]:
        if not self.measured:
            return []
        highest = value_label(max(self.measured), crop(clean(self._plot.unit), 8))
        return [(f"  highest {highest} ", self._look.palette.muted)]

    def _explained(self) -> list[list[Run]]:
        """The other signs of the chart."""
        look, palette, plot = self._look, self._look.palette, self._plot
        parts: list[list[Run]] = []
        if self.outages:
            parts.append([(look.glyph("░", ":"), palette.outage), (f" {clean(self._plot.shade)}", palette.muted)])
        if self._failures:
            parts.append([(look.glyph("✖", "X"), palette.critical), (" failed", palette.muted)])
        limit = known(plot.limit)
        if limit is not None and self.measured:
            beyond = "" if self._limit_row() is not None else " is off the scale"
            words = f" limit {value_label(limit, crop(clean(plot.unit), 8))}{beyond}"
            parts.append([(look.glyph("╌", "-"), palette.warning), (words, palette.muted)])
        return parts


def _share(values: Sequence[_T], column: int, columns: int) -> Sequence[_T]:
    """The values of a column: those of its part of the axis, or the one that it lies in."""
    total = len(values)
    first = column * total // columns
    return values[first : max(first + 1, (column + 1) * total // columns)]


def _runs(cells: Iterable[tuple[str, Style]]) -> list[Run]:
    """Neighbours of one style as one run."""
    return [("".join(sign for sign, _ in group), style) for style, group in groupby(cells, key=_style_of)]


def _style_of(cell: tuple[str, Style]) -> Style:
    return cell[1]
