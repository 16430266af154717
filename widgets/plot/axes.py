"""The axes of a small chart beside a list, set as plotext sets them.

Nearly every console on a wide terminal shows such a chart, and plotext takes 5 MB: it is left to charts on pages.
"""

from __future__ import annotations

from functools import lru_cache

from widgets.cells import width_of


@lru_cache(maxsize=64)
def axes(
    columns: int,
    rows: int,
    value_labels: tuple[tuple[int, str], ...],
    time_labels: tuple[tuple[int, str], ...],
    gutter: int,
) -> tuple[str, ...]:
    """The left edge of each row with its label, then the two lines of the time axis.

    Args:
        columns: Cells between the axis and the right edge.
        rows: Lines above the time axis.
        value_labels: Rows from below and their labels.
        time_labels: Columns and their labels; one without room beside those before it is left out.
        gutter: Cells of the labels and the axis.
    """
    values = dict(value_labels)
    edges = [(values[row] + "┤" if row in values else "│").rjust(gutter) for row in reversed(range(rows))]
    axis, times = ["─"] * columns, [" "] * columns
    for column, label in time_labels:
        width = width_of(label)
        start = _free_place(times, column, width)
        if start is not None:
            axis[column] = "┬"
            # The second cell of a wide character is none of its own.
            times[start : start + width] = [*label, *[""] * (width - len(label))]
    return (*edges, "└".rjust(gutter) + "".join(axis), " " * gutter + "".join(times))


def _free_place(line: list[str], column: int, width: int) -> int | None:
    """Where a label above or around a column begins, as near to its centre as there is room."""
    centre = column - (width - 1) // 2
    for start in sorted(range(column - width + 1, column + 1), key=lambda start: abs(start - centre)):
        beside = line[max(0, start - 1) : start + width]
        if start >= 0 and start + width <= len(line) and not "".join(beside).strip():
            return start
    return None
