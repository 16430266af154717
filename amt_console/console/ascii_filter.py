"""Only ASCII leaves: for terminals and locales that cannot show anything else."""

from __future__ import annotations

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

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
    """Replaces every other character by a stand-in of the same width, a question mark if there is none."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Filter one line."""
        return [
            segment if segment.control or segment.text.isascii() else Segment(plain(segment.text), segment.style)
            for segment in segments
        ]


def plain(text: str) -> str:
    """The text in ASCII, as wide as before."""
    return "".join(char if char.isascii() else _stand_in(char) for char in text)


def _stand_in(char: str) -> str:
    return _STAND_INS.get(char, "?" * cell_len(char))
