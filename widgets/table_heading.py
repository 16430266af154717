"""The first line of a live table: pane title, filter, order, column titles."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from widgets.cells import Runs, fit, runs_width, width_of
from widgets.look import Look
from widgets.table_model import Column, RowT, TableModel

EDGE = 1
"""Blank cells at both ends of a line."""


def heading(
    model: TableModel[RowT],
    columns: Sequence[tuple[Column, int]],
    name: str,
    counts: Runs,
    width: int,
    look: Look,
    style: Style,
) -> Strip:
    """Draw the line.

    Args:
        model: Knows filter and order.
        columns: The shown columns with their widths; the leading ones without a title give their room to the pane's.
        name: Title of the pane.
        counts: Title with counts, shown while no filter hides rows.
        width: Cells of the line.
        look: Glyphs.
        style: Of the whole line.
    """
    leading = [size for column, size in columns if not column.title]
    room = sum(leading) + max(0, len(leading) - 1)
    order = [(f" {text}", style) for text, _ in _order(model, columns, look)]
    hiding = _filter(model, name)
    title = [(text, style) for text, _ in hiding or counts]
    titled = [(column, size) for column, size in columns if column.title]
    while hiding and titled and runs_width([*title, *order]) > room:
        # What hides or marks rows matters more than the title of a column.
        room += 1 + titled.pop(0)[1]
    left = max(0, room - runs_width(order))
    segments = [Segment(" " * EDGE, style), *fit(title, left, ellipsis=look.ellipsis, fill=style)]
    segments.extend(fit(order, room - left, ellipsis=look.ellipsis, fill=style))
    for column, size in titled:
        arrow = _arrow(model, column.id, look)
        fits = width_of(column.title + arrow) <= size
        # A title as wide as its column has the mark in the blank before it.
        segments.append(Segment(arrow if arrow and not fits else " ", style))
        marked = column.title + arrow if fits else column.title
        segments.extend(fit([(marked, style)], size, align=column.align, ellipsis="", fill=style))
    return Strip(segments).adjust_cell_length(width, style)


def _filter(model: TableModel[RowT], name: str) -> Runs:
    """The filter and the marks replace the counts, so that a part is not mistaken for the whole."""
    marked = len(model.marked)
    if not model.filter_text:
        return [(f"{name} {marked} marked", Style())] if marked else ()
    words = f", {marked} marked" if marked else ""
    return [(f"{name} /{model.filter_text} ({len(model.keys)} of {model.total}{words})", Style())]


def _order(model: TableModel[RowT], columns: Sequence[tuple[Column, int]], look: Look) -> Runs:
    """The order by a column without a title."""
    column = model.sort_column
    if column is None or any(shown.id == column and shown.title for shown, _ in columns):
        return ()
    return [(f"{column}{_arrow(model, column, look)}", Style())]


def _arrow(model: TableModel[RowT], column: str, look: Look) -> str:
    if column != model.sort_column:
        return ""
    return look.glyph("↓", "v") if model.descending else look.glyph("↑", "^")
