"""Tables that commands print. A terminal gets the columns that fit, without empty ones.

A pipe gets every column, one line per row, two blanks apart.
Rich does not lay them out: it breaks names and addresses, and cannot leave out a column.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from amt_console.cli.printing.output import ascii_only, print_line, writable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

GAP = 2
LEAST_TEXT = 36
"""Least width of the text column. In less, long text is printed below its row."""
INDENT = 4


@dataclass(frozen=True, slots=True)
class PrintedColumn:
    """One column."""

    heading: str
    right: bool = False
    """Right-aligned: figures and ages."""
    spare: int = 0
    """0: always shown. On a narrow terminal the highest number is dropped first."""
    text: bool = False
    """Words of any length, wrapped beside or below the other columns; only the last column."""
    clip: bool = False
    """With ``text``: cut off at the edge of the terminal, so that each row is one line."""
    most: int | None = None
    """Longer cells are cut on a terminal: names that others choose would push everything else off it."""


def print_table(
    columns: Sequence[PrintedColumn | str], rows: Sequence[Sequence[str]], *, styles: Sequence[str | None] = ()
) -> None:
    """Print a table. A string is the heading of a plain column; ``styles`` has one entry per row, for terminals."""
    whole = [PrintedColumn(each) if isinstance(each, str) else each for each in columns]
    cells = [[writable(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        _print_lines(whole, cells)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    cells = [[_cut(cell, each.most) for cell, each in zip(row, whole, strict=True)] for row in cells]
    layout = _Layout(whole, cells, console.width)
    console.print(Text(layout.heading(), style="bold"), soft_wrap=True)
    for index, row in enumerate(cells):
        style = styles[index] if index < len(styles) else None
        for line in layout.lines(row, console):
            line.stylize(style or "")
            console.print(line, soft_wrap=True)


def _cut(cell: str, most: int | None) -> str:
    from rich.cells import cell_len, set_cell_size

    if most is None or cell_len(cell) <= most:
        return cell
    return set_cell_size(cell, most - len(_mark())).rstrip() + _mark()


def _mark() -> str:
    return "..." if ascii_only() else "\N{HORIZONTAL ELLIPSIS}"


def _print_lines(columns: Sequence[PrintedColumn], rows: Sequence[Sequence[str]]) -> None:
    headings = [column.heading for column in columns]
    widths = [max(len(row[at]) for row in (headings, *rows)) for at in range(len(columns))]
    for row in (headings, *rows):
        print_line(_joined(columns, row, widths))


def _joined(columns: Sequence[PrintedColumn], row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.rjust(width) if column.right else cell.ljust(width)
        for column, cell, width in zip(columns, row, widths, strict=True)
    )
    return (" " * GAP).join(padded).rstrip()


class _Layout:
    """Which columns fit the terminal, and their widths."""

    def __init__(self, columns: Sequence[PrintedColumn], rows: Sequence[Sequence[str]], width: int) -> None:
        from rich.cells import cell_len

        self._cell_len = cell_len
        self._columns = columns
        self._width = width
        widths = [
            max([cell_len(column.heading), *(cell_len(row[at]) for row in rows)]) for at, column in enumerate(columns)
        ]
        self._widths = widths
        self._text = next(
            (at for at, column in enumerate(columns) if column.text and any(row[at] for row in rows)), None
        )
        shown = [at for at, each in enumerate(columns) if not each.text and (any(row[at] for row in rows) or not rows)]
        wish = 0 if self._text is None else min(widths[self._text], LEAST_TEXT) + GAP
        beside = self._fitting(shown, wish)
        clips = self._text is not None and columns[self._text].clip
        self._shown = beside or (None if clips else self._fitting(shown, 0)) or self._without_spare(shown)
        self._start = self._taken(self._shown) + GAP
        """Where the text column begins."""
        self._room = max(0, width - self._start)
        self._below = beside is None

    def _fitting(self, shown: list[int], wish: int) -> list[int] | None:
        """The columns that leave ``wish`` cells free; ``None`` if even the required columns do not."""
        while self._taken(shown) + wish > self._width:
            spare = [at for at in shown if self._columns[at].spare]
            if not spare:
                return None
            gone = max(spare, key=lambda at: self._columns[at].spare)
            shown = [at for at in shown if at != gone]
        return shown

    def _without_spare(self, shown: list[int]) -> list[int]:
        return [at for at in shown if not self._columns[at].spare]

    def _taken(self, shown: Sequence[int]) -> int:
        return sum(self._widths[at] for at in shown) + GAP * max(0, len(shown) - 1)

    def heading(self) -> str:
        """The heading line."""
        words = "" if self._text is None else self._columns[self._text].heading
        line = self._line([column.heading for column in self._columns])
        return (line + " " * GAP + words if len(words) <= self._room else line).rstrip()

    def lines(self, row: Sequence[str], console: Console) -> list[Text]:
        """One row, with its text beside or below it."""
        from rich.text import Text

        words = "" if self._text is None else row[self._text]
        line = self._line(row)
        if self._text is not None and self._columns[self._text].clip:
            return [self._clipped(line + " " * GAP + words)]
        below = self._below and self._cell_len(words) > self._room
        start = INDENT if below else self._start
        wrapped = Text(words).wrap(console, max(1, self._width - start), overflow="fold")
        first, *rest = [part.plain.rstrip() for part in wrapped] or [""]
        head = [line, " " * start + first] if below else [line + " " * GAP + first]
        return [Text(each.rstrip()) for each in (*head, *(" " * start + part for part in rest))]

    def _clipped(self, line: str) -> Text:
        from rich.text import Text

        text = Text(line.rstrip())
        if self._cell_len(text.plain) > self._width:
            text.truncate(self._width - len(_mark()))
            text = Text(text.plain.rstrip() + _mark())
        return text

    def _line(self, row: Sequence[str]) -> str:
        return (" " * GAP).join(self._padded(row[at], at) for at in self._shown)

    def _padded(self, cell: str, at: int) -> str:
        room = " " * (self._widths[at] - self._cell_len(cell))
        return room + cell if self._columns[at].right else cell + room
