"""Uptime over time: a cell per period, with its worst value as glyph and colour."""

from __future__ import annotations

from collections.abc import Sequence

from rich.style import Style
from textual.strip import Strip

from amt_console.model import Series
from amt_console.text import MISSING, percent
from widgets.cells import Run, line
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look
from widgets.sparkline import merged


class UptimeBar(LineView):
    """A line of blocks below a line of text."""

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._uptime: Series = ()
        self._summary = MISSING
        self._span = ""

    def show(self, uptime: Series, *, summary: str, span: str) -> None:
        """Show percentages up per bucket.

        Args:
            uptime: Oldest first, 0-100, ``None`` where nothing was measured.
            summary: Words for the whole window.
            span: What the window is, e.g. ``24 h``.
        """
        self._uptime, self._summary, self._span = uptime, summary, span
        self.rebuild()

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """The text and the bar."""
        look, palette = self.look, self.look.palette
        label: list[Run] = [(f" Uptime {self._span}  ", palette.muted), (self._summary, palette.strong)]
        worst = min((value for value in self._uptime if value is not None), default=None)
        right: list[Run] = [(f"worst stretch {look.value(percent(worst, 1))} ", palette.muted)]
        bar = merged([self._cell(value) for value in self._stretched(max(1, width - 2))])
        return [
            line(label, width, right=right, ellipsis=look.ellipsis),
            line([(" ", palette.text), *bar], width, ellipsis=look.ellipsis),
        ]

    def _stretched(self, cells: int) -> Series:
        """A value per cell: the worst of its buckets; a bucket may span several cells."""
        buckets = len(self._uptime)
        if not buckets:
            return (None,) * cells
        result: list[float | None] = []
        for cell in range(cells):
            first = cell * buckets // cells
            last = max(first + 1, (cell + 1) * buckets // cells)
            known = [value for value in self._uptime[first:last] if value is not None]
            result.append(min(known) if known else None)
        return tuple(result)

    def _cell(self, value: float | None) -> tuple[str, Style]:
        look, palette = self.look, self.look.palette
        if value is None:
            return look.glyph("·", "."), palette.faint
        if value >= 99.95:
            return look.glyph("█", "#"), palette.ok
        if value >= 95:
            return look.glyph("▆", "+"), palette.warning
        return look.glyph("▂", "x"), palette.critical
