"""The breakdowns of a group beside each other: plans, topics, languages as bars, months and hours as columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.style import Style
from textual.strip import Strip

from widgets.bars import Bar, bar_rows
from widgets.cells import Run, Runs, clean, crop, line, width_of
from widgets.line_view import LineView
from widgets.look import PLAIN_LOOK, Look
from widgets.plot.scale import known, value_label
from widgets.sparkline import block_rows, resample, stretched

LEAST_LINES = 3
"""Title and two lines of a breakdown; with less it is left out."""
_COLUMN_CELLS = 30
_TIMELINE_LINES = 3
_GAP = 2


@dataclass(frozen=True, slots=True)
class Breakdown:
    """Labelled values with a title."""

    title: str
    bars: tuple[Bar, ...]
    over_time: bool = False
    """Hours or months: columns, in the order that is given."""
    shares: bool = True
    """Whether the values are parts of a whole."""
    unit: str = ""

    @property
    def lines(self) -> int:
        """Lines that show all of it, with the title."""
        return 1 + (_TIMELINE_LINES + 1 if self.over_time else max(1, len(self.bars)))


class Breakdowns(LineView):
    """Breakdowns in as many columns as the width allows; the smallest bars are folded where lines are short."""

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._breakdowns: tuple[Breakdown, ...] = ()

    def show(self, breakdowns: Sequence[Breakdown]) -> None:
        """Show them; equal ones draw nothing."""
        if tuple(breakdowns) != self._breakdowns:
            self._breakdowns = tuple(breakdowns)
            self.rebuild()

    def lines_wanted(self, width: int) -> int:
        """Lines that show all of it."""
        return max((_height(column) for column in _columns(self._breakdowns, width)), default=0)

    def build(self, width: int, height: int | None) -> Sequence[Strip]:
        """The lines for a size."""
        columns = _columns(self._breakdowns, width)
        if not columns or width < 10:
            return []
        look = self.look
        cells = (width - _GAP * (len(columns) - 1)) // len(columns)
        drawn = [_drawn(column, cells, height, look) for column in columns]
        blank: Run = (" " * cells, look.palette.text)
        lines = []
        for at in range(max(map(len, drawn))):
            runs: list[Run] = []
            for number, column in enumerate(drawn):
                if number:
                    runs.append((" " * _GAP, look.palette.text))
                runs.extend(column[at] if at < len(column) else [blank])
            lines.append(line(runs, width))
        return lines if height is None else lines[:height]


def _columns(breakdowns: Sequence[Breakdown], width: int) -> list[list[Breakdown]]:
    """Each breakdown in the column that is the shortest so far."""
    count = min(len(breakdowns), max(1, (width + _GAP) // (_COLUMN_CELLS + _GAP)))
    columns: list[list[Breakdown]] = [[] for _ in range(count)]
    for each in breakdowns:
        min(columns, key=_height).append(each)
    return columns


def _height(column: Sequence[Breakdown]) -> int:
    return sum(each.lines for each in column) + max(0, len(column) - 1)


def _drawn(column: Sequence[Breakdown], width: int, height: int | None, look: Look) -> list[list[Run]]:
    """The lines of a column, each exactly ``width`` cells."""
    shown = list(column)
    while height is not None and len(shown) > 1 and len(shown) * (LEAST_LINES + 1) - 1 > height:
        shown.pop()
    rows: list[Runs] = []
    for at, each in enumerate(shown):
        if rows:
            rows.append([])
        room = each.lines
        if height is not None:
            after = sum(min(other.lines, LEAST_LINES) + 1 for other in shown[at + 1 :])
            room = max(1, min(room, height - len(rows) - after))
        rows.append([(each.title, look.palette.strong)])
        rows.extend(_body(each, width - 1, room - 1, look))
    margin: Run = (" ", look.palette.text)
    strips = (line([margin, *row], width, ellipsis=look.ellipsis) for row in rows)
    return [[(segment.text, segment.style or Style()) for segment in strip] for strip in strips]


def _body(breakdown: Breakdown, width: int, room: int, look: Look) -> list[Runs]:
    if room <= 0:
        return []
    if breakdown.over_time and room >= 2:
        return _over_time(breakdown, width, room - 1, look)
    bars = breakdown.bars if breakdown.shares or breakdown.over_time else _largest(breakdown.bars, room)
    shares, unit = breakdown.shares, breakdown.unit
    return list(bar_rows(bars, width, room, look, ordered=breakdown.over_time, shares=shares, unit=unit))


def _largest(bars: Sequence[Bar], room: int) -> Sequence[Bar]:
    """The largest ones; of what are no parts of a whole the rest is counted, not added up."""
    if len(bars) <= room:
        return bars
    ranked = sorted(bars, key=lambda bar: -math.inf if (value := known(bar.value)) is None else value, reverse=True)
    return [*ranked[: room - 1], Bar(f"and {len(bars) - room + 1} more", None)]


def _over_time(breakdown: Breakdown, width: int, height: int, look: Look) -> list[Runs]:
    """Columns from the first to the last label, with the highest value."""
    palette = look.palette
    values = tuple(None if (value := known(bar.value)) is None else max(0.0, value) for bar in breakdown.bars)
    most = max((value for value in values if value is not None), default=0.0)
    each = max(1, width // max(1, len(values)))
    shown = resample(values, width)
    cells = min(width, each * len(shown))
    first, last = (crop(clean(bar.label), 12, look.ellipsis) for bar in (breakdown.bars[0], breakdown.bars[-1]))
    peak = next((bar.label for bar, value in zip(breakdown.bars, values, strict=True) if value == most), "")
    highest = f"{value_label(most, breakdown.unit)} at {crop(clean(peak), 12, look.ellipsis)}"
    spare = cells - width_of(first) - width_of(last)
    room = (spare - width_of(highest)) // 2
    between = f"{' ' * room}{highest}{' ' * room}" if room > 0 else " " * max(1, spare)
    scale = [(f"{first}{between}{last}", palette.muted)]
    rows = block_rows(stretched(shown, cells), cells, height, look, lambda _: palette.trend, high=most or 1.0)
    return [*rows, scale]
