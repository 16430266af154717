"""Writes of a repaint only the cells that were asked for.

The toolkit crops a changed span at its right end, but begins at the left edge of the widget: one changed figure at the
end of a line sends the whole line. Here the left end is cropped, too. Over SSH that is the larger part of what an idle
console sends.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from textual._compositor import ChopsUpdate, CompositorUpdate


class TightUpdate(CompositorUpdate):
    """A repaint of spans of lines."""

    def __init__(self, update: ChopsUpdate) -> None:
        self._update = update

    def render_segments(self, console: Console) -> str:
        """The bytes for the terminal.

        Args:
            console: Knows the colours of the terminal.
        """
        update = self._update
        sequences: list[str] = []
        for y, first, end in update.spans:
            for chop_end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                if strip is None or x >= end or chop_end <= first:
                    continue
                left = max(x, first)
                cropped = strip.crop(left - x, min(chop_end, end) - x).simplify()
                sequences.append(f"\x1b[{y + 1};{left + 1}H{cropped.render(console)}")
        return "".join(sequences)


def tightened(update: Any) -> Any:
    """The same repaint, tight if it is one of spans."""
    return TightUpdate(update) if isinstance(update, ChopsUpdate) else update
