"""A chart over time: lines or stacked phases between axes, outages, failures, gaps.

plotext sets the frame: axes, scale, labels without overlap. A small chart sets its own, which looks the same
(``widgets.plot.axes``). The lines are dots of our own (``widgets.plot.canvas``): plotext takes 7 ms for a line of
300 points, and it can neither shade a period nor leave a gap.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from textual.strip import Strip

from widgets.cells import line
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look
from widgets.plot.axes import axes
from widgets.plot.drawing import LEAST_HEIGHT, LEAST_WIDTH, Drawing
from widgets.plot.frame import frame, is_loaded, load
from widgets.plot.plot import ChartLine, ChartMark, Period, Plot
from widgets.plot.short import short_strips

__all__ = ["Chart", "ChartLine", "ChartMark", "Period", "Plot", "chart_strips"]


class Chart(LineView):
    """A plot that fills its room: a legend, the failures, the lines, two lines of time axis.

    It needs 6 lines and 20 cells; in fewer lines it is a row of bars for each of its lines. From 40 cells on everything
    has its room. What is unknown is a gap with a faint dot on the axis, and no line crosses it. Lines differ in their
    dashes, phases in their texture, outages have a shade: nothing depends on colour. Of more values than dots each peak
    is drawn.
    """

    def __init__(self, *, look: Look = PLAIN_LOOK, small: bool = False, id: str | None = None) -> None:  # noqa: A002
        """Args:
        look: Colours and alphabet.
        small: Whether it is one of a card beside a list: then it needs no plotext.
        id: Of the widget.
        """
        super().__init__(look=look, id=id)
        self._plot = Plot()
        self._small = small
        self._fault = ""

    def on_mount(self) -> None:
        """Load plotext before the first chart; until then the room is blank, and without it the reason stands there."""
        if not self._small and not is_loaded():
            self.run_worker(self._load(), exit_on_error=False)

    async def _load(self) -> None:
        try:
            await asyncio.to_thread(load)
        except (ImportError, OSError) as error:
            self._fault = f"the chart cannot be drawn: {error}"
        self.rebuild()

    def show(self, plot: Plot) -> None:
        """Show a plot; an equal one draws nothing."""
        if plot != self._plot:
            self._plot = plot
            self.rebuild()

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """Legend and chart."""
        if self.is_mounted and not self._small and not is_loaded():
            return _note(self._fault, width, height or 10, self.look)
        return chart_strips(self._plot, width, height or 10, self.look, small=self._small)


def chart_strips(plot: Plot, width: int, height: int, look: Look, *, small: bool = False) -> list[Strip]:
    """The lines of a chart, exactly ``width`` times ``height`` cells; a ``small`` one needs no plotext."""
    if width < LEAST_WIDTH or height < 1:
        return _note("no room for the chart", width, height, look)
    drawing = Drawing(plot, width, max(height, LEAST_HEIGHT), look, axes if small else frame)
    if not drawing.measured and not any(plot.failed) and not drawing.outages:
        return _note("nothing was measured in this window", width, height, look)
    return drawing.strips() if height >= LEAST_HEIGHT else short_strips(plot, width, height, look)


def _note(words: str, width: int, height: int, look: Look) -> list[Strip]:
    first = line([(f" {words}", look.palette.muted)], width, ellipsis=look.ellipsis)
    return [first, *[Strip.blank(max(0, width))] * (height - 1)][: max(0, height)]
