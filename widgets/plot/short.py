"""A plot in a room too low for axes: a sparkline for each line with its name and highest value, and when it began."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.style import Style
from textual.strip import Strip

from widgets.cells import NO_STYLE, Run, clean, crop, line, width_of
from widgets.look import Look
from widgets.plot.canvas import PENS
from widgets.plot.plot import ChartLine, Plot, stacked
from widgets.plot.scale import all_known, known, scale_of, value_label
from widgets.sparkline import merged, resample, stretched

_LEVELS, _ASCII_LEVELS = "▁▂▃▄▅▆▇█", ".:|#"
_NAME_CELLS = 8
_HOURS_UP_TO = 1.5 * 86_400
"""Seconds of a window whose begin and end are told as times of day: one of a day holds a whole bucket more."""
_TIMES_FROM = 3
"""Lines from which the last one tells begin and end."""


def short_strips(plot: Plot, width: int, height: int, look: Look) -> list[Strip]:
    """The most important lines as sparklines on one scale, exactly ``width`` times ``height`` cells."""
    timed = height >= _TIMES_FROM and plot.start is not None and plot.end is not None
    lines = _lines(plot)[: max(1, height - timed)]
    values = [value for each in lines for value in each.values if value is not None]
    unit = crop(clean(plot.unit), 8)
    scale = scale_of(values, rows=3, unit=unit, from_zero=plot.from_zero or not plot.lines, high=known(plot.high))
    names = [crop(clean(each.name), _NAME_CELLS, look.ellipsis) for each in lines]
    peaks = [_peak(each, unit) for each in lines]
    gutter, right = max(map(width_of, names), default=0), max(map(width_of, peaks), default=0)
    columns = width - gutter - right - 4
    if columns < 1:
        gutter, right, columns = 0, 0, max(1, width - 2)
    palette = look.palette
    styles = (palette.accent, palette.warning, palette.info, palette.muted)
    rows = max(1, (height - timed) // max(1, len(lines)))
    strips: list[Strip] = []
    for at, each in enumerate(lines):
        heights = [None if value is None else scale.place(value) for value in each.values]
        for below, bars in reversed(list(enumerate(_bars(plot, heights, columns, rows, styles[at], look)))):
            name, peak = (names[at], peaks[at]) if below == 0 else ("", "")
            runs: list[Run] = [(" ", palette.text), *bars]
            if gutter:
                left = f" {name}{' ' * (gutter - width_of(name))}"
                runs = [(left, styles[at]), *runs, (f"  {peak:>{right}}", palette.muted)]
            strips.append(line(runs, width, ellipsis=look.ellipsis))
    if timed and plot.start is not None and plot.end is not None:
        strips.append(_times(plot.start, plot.end, gutter, columns, width, look))
    return [*strips, *[Strip.blank(max(0, width))] * (height - len(strips))][: max(0, height)]


def _lines(plot: Plot) -> list[ChartLine]:
    """The lines; of phases their whole."""
    if plot.lines or not plot.phases:
        return [ChartLine(each.name, all_known(each.values)) for each in plot.lines[: len(PENS)]]
    phases = [ChartLine(each.name, all_known(each.values)) for each in plot.phases]
    return [ChartLine("all", tuple(None if each is None else each[-1] for each in stacked(phases)))]


def _peak(each: ChartLine, unit: str) -> str:
    measured = [value for value in each.values if value is not None]
    return f"max {value_label(max(measured), unit)}" if measured else "–"


def _bars(
    plot: Plot, heights: Sequence[float | None], columns: int, rows: int, style: Style, look: Look
) -> list[list[Run]]:
    """The rows of bars, the lowest first: a bar for each part of the time, or why there is none."""
    palette = look.palette
    levels = _ASCII_LEVELS if look.ascii_only else _LEVELS
    drawn = stretched(resample(tuple(heights), columns), columns) or (None,) * columns
    found: list[list[Run]] = []
    for row in range(rows):
        cells: list[Run] = []
        for column, value in enumerate(drawn):
            out = _is_out(plot, column, columns)
            ground = Style(bgcolor=palette.outage.bgcolor) if out else NO_STYLE
            if row == 0 and _has_failed(plot, column, columns):
                cells.append((look.glyph("✖", "X"), palette.critical))
            elif value is not None:
                filled = max(1, round(max(0.0, min(1.0, value)) * rows * len(levels))) - row * len(levels)
                cells.append((levels[min(filled, len(levels)) - 1] if filled > 0 else " ", style + ground))
            elif out:
                cells.append((look.glyph("░", ":"), palette.outage))
            else:
                cells.append((look.glyph("·", " ") if row == 0 else " ", palette.faint))
        found.append(merged(cells))
    return found


def _has_failed(plot: Plot, column: int, columns: int) -> bool:
    """Whether most checks failed in a part of the time."""
    total = len(plot.failed)
    first = column * total // columns
    return any(plot.failed[first : max(first + 1, (column + 1) * total // columns)])


def _is_out(plot: Plot, column: int, columns: int) -> bool:
    """Whether a part of the time lies in an outage."""
    if plot.start is None or plot.end is None or plot.end <= plot.start:
        return False
    whole = plot.end - plot.start
    begin, end = plot.start + whole * column / columns, plot.start + whole * (column + 1) / columns
    return any(first < end and last > begin for first, last in plot.outages)


def _times(start: datetime, end: datetime, gutter: int, columns: int, width: int, look: Look) -> Strip:
    """Begin and end below the bars."""
    form = "%H:%M" if (end - start).total_seconds() <= _HOURS_UP_TO else "%d %b"
    first, last = (f"{each.astimezone(look.zone):{form}}" for each in (start, end))
    left = gutter + 2 if gutter else 1
    between = max(1, columns - width_of(first) - width_of(last))
    return line([(" " * left + first + " " * between + last, look.palette.muted)], width, ellipsis="")
