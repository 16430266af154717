"""The last hour of the whole platform in one line: a strip of the worst state, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.strip import Strip

from amt_console.model import StateSpan
from widgets.cells import Run, fit, runs_width
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look
from widgets.state_strip import state_words, strip_runs

HEADING = "LAST HOUR"
MOST_CELLS = 60
"""A minute for each cell."""
_LEAST_CELLS = 12


class LastHour(LineView):
    """One line."""

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._shown: tuple[Sequence[StateSpan], datetime, datetime] | None = None
        self._failure = ""

    def show(self, spans: Sequence[StateSpan], start: datetime, end: datetime) -> None:
        """Show the worst state over time."""
        if self._failure or self._shown != (spans, start, end):
            self._shown, self._failure = (spans, start, end), ""
            self.rebuild()

    def show_failure(self, words: str) -> None:
        """Say in its place why it cannot be shown."""
        self._failure = words
        self.rebuild()

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """Heading, strip, words."""
        palette, look = self.look.palette, self.look
        runs: list[Run] = [(f" {HEADING}  ", palette.strong)]
        if self._failure:
            runs.append((f"cannot be read: {self._failure}", palette.critical))
        elif self._shown is None:
            runs.append((look.ellipsis, palette.muted))
        else:
            spans, start, end = self._shown
            words = state_words(spans, start, end, look)
            room = width - len(HEADING) - 6 - runs_width(words)
            cells = max(_LEAST_CELLS, min(MOST_CELLS, room))
            runs += [*strip_runs(spans, start, end, cells, look), ("  ", palette.text), *words]
        return [Strip(fit(runs, width, ellipsis=look.ellipsis), width)]
