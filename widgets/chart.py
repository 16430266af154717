"""A chart over time: lines or stacked phases between axes, outages, failures, gaps; the only module that uses plotext.

plotext sets the frame: axes, scale, labels without overlap. The lines are dots of our own (``widgets.plot.canvas``):
plotext takes 7 ms for a line of 300 points, and it can neither shade a period nor leave a gap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any, TypeVar

from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from amt_console.model import Series
from widgets.cells import Run, clean, crop, line, runs_width, width_of
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look
from widgets.plot.canvas import PENS, Canvas, stretches
from widgets.plot.scale import Scale, known, scale_of, spread_labels, tick_labels, time_ticks, value_label

Period = tuple[datetime, datetime]
"""Begin and end."""
Grid = list[list[tuple[str, Style]]]
"""Rows of cells, the top one first."""

_T = TypeVar("_T")
_LEAST_WIDTH, _LEAST_HEIGHT = 20, 4
_LABEL_CELLS = 9
"""Room for a label of the time axis with the blanks around it."""
_MARGIN = 1
_LIMIT_REACH = 3.0
"""A limit up to so many times the highest value is within the scale; a higher one is told in the legend alone."""
_FILLS = (("█", "#"), ("▒", "%"), ("░", "="), ("▓", "o"), ("╱", "/"), ("·", "."))
"""Signs of the phases from below; neighbours differ without colour."""
_PLAIN_FRAME = str.maketrans("┤│└┬─", "+|++-")


@dataclass(frozen=True, slots=True)
class ChartLine:
    """One line or phase of a chart; gaps where nothing was measured."""

    name: str
    values: Series
    """In equal parts of the time axis, oldest first. ``None``, NaN and infinite values are unknown."""


@dataclass(frozen=True, slots=True)
class ChartMark:
    """A vertical line at a moment: when an alert began, the moment that is shown."""

    at: datetime
    label: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """What a chart shows. Two plots are equal when they look equal."""

    lines: tuple[ChartLine, ...] = ()
    """At most four; the first one is the most important and lies on top."""
    start: datetime | None = None
    """Begin of the time axis. Without begin and end there are no outages and marks."""
    end: datetime | None = None
    labels: tuple[str, ...] = ()
    """Labels of the time axis instead of round times: one for each value, or spread from the start to the end."""
    unit: str = "ms"
    """``ms`` (seconds from 1000 on), ``B`` (powers of two), ``%``, any other unit, or none."""
    phases: tuple[ChartLine, ...] = ()
    """Parts of a whole as stacked areas, the lowest first; at most six."""
    failed: tuple[bool, ...] = ()
    """For equal parts of the time axis: most checks failed."""
    outages: tuple[Period, ...] = ()
    """Shaded periods."""
    marks: tuple[ChartMark, ...] = ()
    limit: float | None = None
    """A threshold."""
    from_zero: bool = True
    """Whether the scale begins at zero; otherwise it shows the range of the values."""
    high: float | None = None
    """A fixed upper end of the scale, for example 100 for percent."""


class Chart(LineView):
    """A plot that fills its room: a legend, the failures, the lines, two lines of time axis.

    It needs 4 lines and 20 cells; from 40 cells on everything has its room. What is unknown is a gap with a faint dot
    on the axis, and no line crosses it. Lines differ in their dashes, phases in their texture, outages have a shade:
    nothing depends on colour. Of more values than dots each peak is drawn.
    """

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._plot = Plot()

    def show(self, plot: Plot | tuple[ChartLine, ...], labels: tuple[str, ...] = (), *, failed: Series = ()) -> None:
        """Show a plot, or lines with labels and failures; an equal one draws nothing."""
        if not isinstance(plot, Plot):
            plot = Plot(plot, labels=labels, failed=tuple(map(bool, failed)))
        if plot != self._plot:
            self._plot = plot
            self.rebuild()

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """Legend and chart."""
        return chart_strips(self._plot, width, height or 10, self.look)


def preload() -> None:
    """Load plotext, which takes a fifth of a second: call it off the screen's thread before the first chart."""
    import plotext

    plotext.terminal.limit(False, False)


def chart_strips(plot: Plot, width: int, height: int, look: Look) -> list[Strip]:
    """The lines of a chart, exactly ``width`` times ``height`` cells."""
    if width < _LEAST_WIDTH or height < _LEAST_HEIGHT:
        return _note("no room for the chart", width, height, look)
    drawing = _Drawing(plot, width, height, look)
    if not drawing.measured and not any(plot.failed) and not drawing.outages:
        return _note("nothing was measured in this window", width, height, look)
    return drawing.strips()


def _note(words: str, width: int, height: int, look: Look) -> list[Strip]:
    first = line([(f" {words}", look.palette.muted)], width, ellipsis=look.ellipsis)
    return [first, *[Strip.blank(max(0, width))] * (height - 1)][: max(0, height)]


class _Drawing:
    """One drawing of a plot."""

    def __init__(self, plot: Plot, width: int, height: int, look: Look) -> None:
        self._plot, self._look, self._width = plot, look, width
        self._lines = [ChartLine(each.name, tuple(map(known, each.values))) for each in plot.lines[: len(PENS)]]
        self._phases = [ChartLine(each.name, tuple(map(known, each.values))) for each in plot.phases[: len(_FILLS)]]
        self._stacks = _stacked(self._phases)
        self.measured = [value for each in self._lines for value in each.values if value is not None]
        self.measured += [stack[-1] for stack in self._stacks if stack is not None]
        self._failures = any(plot.failed)
        self._marks_above = self._failures and height >= _LEAST_HEIGHT + 2
        self._rows = height - 3 - self._marks_above
        self._scale = self._chosen_scale()
        labels = self._value_labels()
        self._gutter = max((width_of(label) for _, label in labels), default=0) + 1
        self._columns = width - _MARGIN - self._gutter
        if self._columns < 8:
            labels, self._gutter, self._columns = (), 1, width - _MARGIN - 1
        self._canvas = Canvas(self._columns, self._rows, ascii_only=look.ascii_only)
        self._frame = _frame(self._columns, self._rows, labels, self._time_labels(), self._gutter)
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
        frame = [text.translate(_PLAIN_FRAME) if look.ascii_only else text for text in self._frame]
        grid = self._grid()
        strips = [self._legend()]
        if self._marks_above:
            left: Run = (" " * (_MARGIN + self._gutter), palette.text)
            cells = [self._failure(column) for column in range(self._columns)]
            strips.append(line([left, *_runs(cells)], width))
        for text, cells in zip(frame, grid, strict=False):
            label = [(" " * _MARGIN + text[:-1], palette.muted), (text[-1:], palette.faint)]
            strips.append(line([*label, *_runs(cells)], width))
        axis, times = frame[self._rows :]
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

    def _value_labels(self) -> tuple[tuple[int, str], ...]:
        """Labels of the scale with their rows, counted from below."""
        if not self.measured:
            return ()
        canvas = Canvas(1, self._rows, ascii_only=self._look.ascii_only)
        labels = tick_labels(self._scale, crop(clean(self._plot.unit), 8))
        rows: dict[int, str] = {}
        for tick, label in zip(self._scale.ticks, labels, strict=True):
            rows[self._rows - 1 - canvas.row_of(self._scale.place(tick))] = label
        if self._rows < 3:
            rows = dict(list(rows.items())[-1:])
        return tuple(rows.items())

    def _time_labels(self) -> tuple[tuple[int, str], ...]:
        """Labels of the time axis with their columns."""
        plot = self._plot
        most = max(2, self._columns // _LABEL_CELLS)
        if plot.labels:
            values = max((len(each.values) for each in (*self._lines, *self._phases)), default=0)
            placed = spread_labels(plot.labels, values)
            every = -(-len(placed) // most)
            placed = placed[::every]
        elif plot.start is not None and plot.end is not None:
            placed = time_ticks(plot.start, plot.end, self._look.zone, most)
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
            parts.append([(look.glyph("░", ":"), palette.outage), (" outage", palette.muted)])
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


def _stacked(phases: Sequence[ChartLine]) -> list[tuple[float, ...] | None]:
    """For each part of the time axis the upper ends of the phases; ``None`` where no phase is known."""
    stacks: list[tuple[float, ...] | None] = []
    for at in range(max((len(each.values) for each in phases), default=0)):
        found = [each.values[at] if at < len(each.values) else None for each in phases]
        if all(value is None for value in found):
            stacks.append(None)
            continue
        tops, reached = [], 0.0
        for value in found:
            reached = known(reached + max(0.0, value or 0.0)) or 0.0
            tops.append(reached)
        stacks.append(tuple(tops))
    return stacks


def _runs(cells: Iterable[tuple[str, Style]]) -> list[Run]:
    """Neighbours of one style as one run."""
    return [("".join(sign for sign, _ in group), style) for style, group in groupby(cells, key=_style_of)]


def _style_of(cell: tuple[str, Style]) -> Style:
    return cell[1]


@lru_cache(maxsize=64)
def _frame(
    columns: int,
    rows: int,
    value_labels: tuple[tuple[int, str], ...],
    time_labels: tuple[tuple[int, str], ...],
    gutter: int,
) -> tuple[str, ...]:
    """The left edge of each row with its label, then the two lines of the time axis, as plotext sets them.

    Args:
        columns: Cells between the axis and the right edge.
        rows: Lines above the time axis.
        value_labels: Rows from below and their labels.
        time_labels: Columns and their labels; where two would overlap, plotext leaves one out.
        gutter: Cells of the labels and the axis.
    """
    import plotext

    figure: Any = plotext.figure
    plotext.terminal.limit(False, False)
    figure.clear()
    figure.plot_size(columns + gutter, rows + 2)
    figure.theme("colorless")
    figure.ruler("x").lim(0.0, float(max(1, columns - 1)))
    figure.ruler("y").lim(0.0, float(max(1, rows - 1)))
    figure.ruler("x").ticks([float(column) for column, _ in time_labels], [label for _, label in time_labels])
    figure.ruler("y").ticks([float(row) for row, _ in value_labels], [label for _, label in value_labels])
    figure.axes(False, axis="x", side=1)
    figure.axes(False, axis="y", side=1)
    built = Text.from_ansi(str(figure.build())).plain.split("\n")
    edges = [text.rstrip().rjust(gutter) for text in built[:rows]]
    axis, *times = built[rows:]
    return (*edges, axis, times[0] if times else "")
