"""A line chart over time; the only module that uses plotext."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.strip import Strip

from amt_console.model import Series
from amt_console.text import milliseconds
from widgets.cells import Run, joined, line
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look
from widgets.sparkline import resample

MAX_POINTS = 300
"""More points than this are merged before drawing: plotext is slow, and a terminal shows no more."""
_COLOUR_CODES = (2, 3, 1)
"""Placeholder colours of the first, second and third line; the palette's styles replace them."""


@dataclass(frozen=True, slots=True)
class ChartLine:
    """One line of a chart; gaps where nothing was measured."""

    name: str
    values: Series


class Chart(LineView):
    """Milliseconds over time, from zero, with a legend line above."""

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._lines_shown: tuple[ChartLine, ...] = ()
        self._ticks: tuple[str, ...] = ()
        self._failed: tuple[bool, ...] = ()

    def show(self, lines: Sequence[ChartLine], ticks: Sequence[str], *, failed: Sequence[bool] = ()) -> None:
        """Show at most three lines.

        Args:
            lines: What to draw.
            ticks: Labels spread evenly over the time axis.
            failed: For equal parts of the time axis: most checks failed.
        """
        if (tuple(lines), tuple(ticks), tuple(failed)) != (self._lines_shown, self._ticks, self._failed):
            self._lines_shown, self._ticks, self._failed = tuple(lines), tuple(ticks), tuple(failed)
            self.rebuild()

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """Legend and chart."""
        palette = self.look.palette
        height = height or 10
        known = [value for shown in self._lines_shown for value in shown.values if value is not None]
        if not known and any(self._failed) and width >= 20 and height >= 4:
            return self._only_failures(width, height)
        if not known or width < 20 or height < 4:
            note = "nothing was measured in this window" if not known else "no room for the chart"
            return [line([(f" {note}", palette.muted)], width), *[Strip.blank(width)] * (height - 1)]
        styles = self._styles()
        sign = self.look.glyph("━", "-")
        legend = joined(
            [[(f"{sign} {shown.name}", style)] for shown, style in zip(self._lines_shown, styles, strict=False)],
            ("   ", palette.text),
        )
        peak: list[Run] = [(f"highest {milliseconds(max(known))} ", palette.muted)]
        top = line([(" ", palette.text), *legend], width, right=peak, ellipsis=self.look.ellipsis)
        if not any(self._failed) or height < 7:
            return [top, *self._plot(width, height - 1, max(known), styles)]
        labels = max(len(milliseconds(mark)) for mark in (_round_up(max(known)), _round_up(max(known)) / 2)) + 2
        return [top, self._marks(width, labels), *self._plot(width, height - 2, max(known), styles)]

    def _only_failures(self, width: int, height: int) -> list[Strip]:
        """No answer came in the whole window: the failures over time, without a scale of milliseconds."""
        palette = self.look.palette
        words = line([(" no answer in this window", palette.critical)], width)
        gaps = max(1, len(self._ticks) - 1)
        room = width - 2 - sum(map(len, self._ticks))
        axis = " " + "".join(
            tick + " " * (room * (at + 1) // gaps - room * at // gaps if at < gaps else 0)
            for at, tick in enumerate(self._ticks)
        )
        body = [words, self._marks(width, 1), line([(axis, palette.muted)], width)]
        return [*body, *[Strip.blank(width)] * (height - len(body))]

    def _marks(self, width: int, left: int) -> Strip:
        """A mark where most checks failed, below the legend."""
        palette, cells = self.look.palette, max(1, width - left - 1)
        parts = len(self._failed)
        marks: list[Run] = [(" " * left, palette.text)]
        for cell in range(cells):
            first = cell * parts // cells
            failed = any(self._failed[first : max(first + 1, (cell + 1) * parts // cells)])
            marks.append((self.look.glyph("✖", "X") if failed else " ", palette.critical))
        return line(marks, width)

    def _styles(self) -> tuple[Style, ...]:
        palette = self.look.palette
        return palette.accent, palette.warning, palette.info

    def _plot(self, width: int, height: int, highest: float, styles: Sequence[Style]) -> list[Strip]:
        text = Text.from_ansi(self._drawing(width - 1, height, highest))
        replaced = {Color.from_ansi(code): style for code, style in zip(_COLOUR_CODES, styles, strict=True)}
        console = Console(width=max(1, width), color_system="256", legacy_windows=False)
        strips = []
        for part in text.split("\n", allow_blank=True)[:height]:
            segments = [Segment(" ", self.look.palette.text)]
            segments += [
                Segment(piece.text, self._restyled(piece.style, replaced))
                for piece in part.render(console)
                if piece.text and piece.text != "\n"
            ]
            strips.append(Strip(segments).adjust_cell_length(width))
        return strips

    def _restyled(self, style: Style | None, replaced: dict[Color, Style]) -> Style:
        if style is not None and style.color is not None and style.color in replaced:
            return replaced[style.color]
        return self.look.palette.muted

    def _drawing(self, width: int, height: int, highest: float) -> str:
        import plotext

        figure: Any = plotext.figure
        plotext.terminal.limit(False, False)
        figure.clear()
        figure.plot_size(width, height)
        figure.theme("colorless")
        points = max((len(shown.values) for shown in self._lines_shown), default=0)
        points = min(points, MAX_POINTS)
        symbol = "*" if self.look.ascii_only else "braille"
        for code, shown in reversed(list(zip(_COLOUR_CODES, self._lines_shown, strict=False))):
            marker = plotext.marker(symbol, plotext.pixel(code))
            for xs, ys in _stretches(resample(shown.values, points)):
                signal = figure.signal(xs, ys, marker=marker)
                signal.lines(True)
                figure.draw(signal)
        figure.ruler("x").lim(0.0, float(max(1, points - 1)))
        steps = max(1, len(self._ticks) - 1)
        figure.ruler("x").ticks([at * (points - 1) / steps for at in range(len(self._ticks))], list(self._ticks))
        top = _round_up(highest)
        figure.ruler("y").lim(0.0, top)
        marks = (0.0, top / 2, top) if height >= 6 else (0.0, top)
        figure.ruler("y").ticks(list(marks), [milliseconds(mark) if mark else "0" for mark in marks])
        figure.axes(False, axis="x", side=1)
        figure.axes(False, axis="y", side=1)
        return str(figure.build())


def _stretches(values: Series) -> list[tuple[list[float], list[float]]]:
    """Runs of measured values as coordinates."""
    stretches: list[tuple[list[float], list[float]]] = []
    open_run = False
    for at, value in enumerate(values):
        if value is None:
            open_run = False
            continue
        if not open_run:
            stretches.append(([], []))
            open_run = True
        stretches[-1][0].append(float(at))
        stretches[-1][1].append(value)
    return stretches


def _round_up(value: float) -> float:
    """The next round number, so that the scale does not move with small changes."""
    if value <= 0:
        return 1.0
    power = 10.0 ** len(str(int(value)))
    return next(
        (step * power for step in (0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0) if step * power >= value), power
    )
