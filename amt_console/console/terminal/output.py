"""Filters of terminal output: drop control characters, replace non-ASCII characters on request, repaint only changed
cells.
"""

from __future__ import annotations

from typing import Any

import rich.control
import textual.content
from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment
from textual._compositor import ChopsUpdate, CompositorUpdate
from textual.color import Color
from textual.filter import LineFilter

_C0 = frozenset(range(0x20)) - {0x09, 0x0A}
_C1 = frozenset(range(0x7F, 0xA0))
_BIDI = frozenset((*range(0x200E, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x061C))
_LINES = frozenset((0x2028, 0x2029))
_SURROGATES = range(0xD800, 0xE000)

_STAND_INS: dict[str, str] = {
    **dict.fromkeys("─━═╌╍┄┅┈┉╴╶╸╺▁▔", "-"),
    **dict.fromkeys("│┃║╎╏┆┇┊┋╵╷╹╻▏▕▎▌▐", "|"),
    **dict.fromkeys("┌┐└┘┏┓┗┛╔╗╚╝╭╮╰╯├┤┬┴┼┣┫┳┻╋╠╣╦╩╬", "+"),
    **dict.fromkeys("█▇▆▅▄▃▂▀▊▋▉▍░▒▓", "#"),
    **dict.fromkeys("●•◉", "*"),
    **dict.fromkeys("·∙", "."),
    "…": "~",
    "–": "-",
    "—": "-",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "→": ">",
    "←": "<",
    "↑": "^",
    "↓": "v",
    "✓": "v",
    "✖": "X",
    "▲": "^",
    "○": "o",
}


class AsciiFilter(LineFilter):
    """Replaces non-ASCII characters with ASCII ones of the same width, by default question marks."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Filter one line."""
        return [
            segment if segment.control or segment.text.isascii() else Segment(plain(segment.text), segment.style)
            for segment in segments
        ]


def plain(text: str) -> str:
    """The text in ASCII, of the same width."""
    return "".join(char if char.isascii() else _stand_in(char) for char in text)


def _stand_in(char: str) -> str:
    return _STAND_INS.get(char, "?" * cell_len(char))


def drop_control_characters() -> None:
    """Make Textual drop control, bidirectional and lone surrogate characters. Idempotent.

    Own lines pass ``widgets.cells.clean``. Text in Textual's widgets (messages, the prompt, the command palette) passes
    one of two tables of dropped characters; they are extended here in place. A test on a pseudo terminal fails if an
    upgrade renames the tables.
    """
    hostile: dict[int, None] = dict.fromkeys((*(_C0 | _C1 | _BIDI | _LINES), *_SURROGATES))
    for table in (textual.content._CONTROL_STRIP_TRANSLATE, rich.control._CONTROL_STRIP_TRANSLATE):
        table.update(hostile)


class TightUpdate(CompositorUpdate):
    """A repaint that sends only the requested cells.

    Textual crops a changed span at its right end only: one changed figure at the end of a line sends the whole line.
    Cropping the left end as well saves most of the output of an idle console.
    """

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
                cropped = strip.crop(left - x, min(chop_end, end) - x)
                sequences.append(f"\x1b[{y + 1};{left + 1}H{cropped.render(console)}")
        return "".join(sequences)


def tightened(update: Any) -> Any:
    """The same update; a ``TightUpdate`` if it consists of spans."""
    return TightUpdate(update) if isinstance(update, ChopsUpdate) else update
