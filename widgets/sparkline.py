"""Sparklines as styled runs, with optional fixed bounds, and gaps where nothing was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.style import Style

from amt_console.model import Series
from amt_console.text import sparkline
from widgets.cells import Run
from widgets.look import Look

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_ASCII = " .:|#"

StyleOf = Callable[[float], Style]
"""The style of a bar by its value."""


def resample(values: Series, width: int) -> Series:
    """At most ``width`` values: neighbours are merged into their maximum, so that no peak is lost."""
    if len(values) <= width or width <= 0:
        return values
    merged: list[float | None] = []
    for cell in range(width):
        part = values[cell * len(values) // width : (cell + 1) * len(values) // width]
        known = [value for value in part if value is not None]
        merged.append(max(known) if known else None)
    return tuple(merged)


def stretched(values: Series, width: int) -> Series:
    """A short series with repeated values, as wide as ``width``."""
    if not values or len(values) >= width:
        return values
    return tuple(values[cell * len(values) // width] for cell in range(width))


def trend_height(values: Series) -> float | None:
    """Upper bound that puts a steady series at half height, so that both calm and peaks are visible."""
    known = sorted(value for value in values if value is not None)
    return max(known[-1], 2 * known[len(known) // 2]) if known else None


def spark_runs(
    values: Series, width: int, look: Look, style: Style, *, low: float | None = None, high: float | None = None
) -> list[Run]:
    """One line of bars as a single run."""
    return [(sparkline(values, width, low=low, high=high, ascii_only=look.ascii_only), style)]


def block_rows(
    values: Series, width: int, height: int, look: Look, style_of: StyleOf, *, low: float = 0.0, high: float = 100.0
) -> list[list[Run]]:
    """A bar chart of ``height`` lines with fixed bounds, newest at the right; runs of equal style are merged."""
    drawn = resample(values, width)[-width:]
    padding: tuple[float | None, ...] = (None,) * (width - len(drawn))
    bars = padding + drawn
    styles = [look.palette.faint if value is None else style_of(value) for value in bars]
    return bar_cells(bars, styles, height, look, low=low, high=high)


def bar_cells(
    bars: Series, styles: Sequence[Style], height: int, look: Look, *, low: float = 0.0, high: float = 100.0
) -> list[list[Run]]:
    """A bar in each cell, with a style for each."""
    levels = _ASCII if look.ascii_only else _EIGHTHS
    steps = len(levels) - 1
    span = high - low
    rows: list[list[Run]] = []
    for row in range(height - 1, -1, -1):
        cells: list[tuple[str, Style]] = []
        for value, style in zip(bars, styles, strict=True):
            if value is None:
                cells.append((look.glyph("·", " ") if row == 0 else " ", look.palette.faint))
                continue
            filled = round(max(0.0, min(1.0, (value - low) / span)) * height * steps) if span > 0 else 0
            level = max(1 if row == 0 else 0, min(steps, filled - row * steps))
            cells.append((levels[level], style))
        rows.append(merged(cells))
    return rows


def gauge(value: float | None, width: int, look: Look, style: Style) -> list[Run]:
    """A horizontal bar from 0 to 100; empty when nothing is known."""
    filled = 0 if value is None else round(max(0.0, min(100.0, value)) / 100 * width)
    full, empty = look.glyph("━", "="), look.glyph("─", ".")
    return [(full * filled, style), (empty * (width - filled), look.palette.faint)]


def merged(cells: Sequence[Run]) -> list[Run]:
    """Neighbours of the same style as one run."""
    runs: list[Run] = []
    for text, style in cells:
        if runs and runs[-1][1] == style:
            runs[-1] = (runs[-1][0] + text, style)
        else:
            runs.append((text, style))
    return runs
