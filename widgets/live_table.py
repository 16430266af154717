"""A table of live rows on the Line API: repaints only the cells that changed, and keeps its cursor on a key."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.scrollbar import ScrollBar
from textual.strip import Strip

from widgets.below import OnStyle
from widgets.cells import NO_STYLE, Runs, changed_span, fit
from widgets.look import PLAIN_LOOK, Look
from widgets.table_heading import EDGE, heading
from widgets.table_model import Column, RowT, SortValue, TableModel, plan_columns

_log = logging.getLogger(__name__)


class LiveTable(OnStyle, ScrollView, Generic[RowT], can_focus=True, inherit_bindings=False):
    """Base of the tables: a subclass defines the columns and the cells.

    The first line is the heading: the pane title over the leading columns without a title, then the column titles. It
    does not scroll.
    """

    ALLOW_SELECT: ClassVar[bool] = False
    NAME: ClassVar[str] = ""
    """Title of the pane."""
    COLUMNS: ClassVar[Sequence[Column]] = ()
    DEFAULT_CSS = """
    LiveTable { overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; }
    """

    @dataclass
    class RowOpened(Message):
        """A row was opened with the mouse."""

        table: LiveTable[object]
        key: str

    @dataclass
    class RowSelected(Message):
        """The selection moved to another key, or to none."""

        table: LiveTable[object]
        key: str | None

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.look = look
        self.model: TableModel[RowT] = TableModel(self.row_key, self.sort_value, self.search_text)
        self._painted: list[Strip] = []
        self._columns: tuple[tuple[Column, int], ...] = ()
        self._drawn: dict[str, tuple[RowT, object, Strip]] = {}
        self._planned: tuple[Sequence[Column], int] | None = None
        """What the columns were planned for."""
        self._headed: tuple[object, Strip] | None = None
        """The heading that was drawn last, after all that it depends on."""
        self._checked: set[str] = set()
        """Keys of the rows whose line is right until the next ``rebuild``."""
        self._counts: Runs | None = None
        """The title until then."""

    def columns(self) -> Sequence[Column]:
        """The columns that there can be now."""
        return self.COLUMNS

    def row_key(self, row: RowT) -> str:
        """The permanent key of a row."""
        raise NotImplementedError

    def cell(self, row: RowT, column: str, width: int) -> Runs:
        """The content of a cell."""
        raise NotImplementedError

    def sort_value(self, row: RowT, column: str) -> SortValue:
        """The sort value of a cell."""
        raise NotImplementedError

    def search_text(self, row: RowT) -> str:
        """The text that the filter searches."""
        raise NotImplementedError

    def widest(self, column: str) -> int | None:
        """Width of the widest value, for a column that needs no more; ``None`` for the column's own rule."""
        return None

    @property
    def title_room(self) -> int:
        """Cells for the title of the pane: those of the leading columns without a title."""
        leading = [size for column, size in self._columns if not column.title]
        return sum(leading) + max(0, len(leading) - 1)

    def title(self) -> Runs:
        """Title of the pane, with its counts."""
        raise NotImplementedError

    def placeholder(self) -> Runs:
        """The text of an empty table."""
        return ()

    def spans(self, row: RowT, shown: Sequence[str]) -> Mapping[str, int]:
        """Columns whose cell spans further columns in this row, with the number of spanned columns."""
        return {}

    def aging(self, row: RowT) -> object:
        """The parts of a row that change with time alone; an equal row is redrawn only if this differs."""
        return None

    def set_rows(self, rows: Iterable[RowT]) -> None:
        """Show rows; paints only differences, once."""
        before = self.model.selected
        self.model.set_rows(rows)
        self._sized()
        self.rebuild()
        if self.model.selected != before:
            self._announce()

    def set_look(self, look: Look) -> None:
        """Draw with another palette or alphabet."""
        self.look = look
        self._drawn.clear()
        self.rebuild()

    def set_filter(self, text: str) -> None:
        """Show only rows that contain the text."""
        self.model.set_filter(text)
        self._sized()
        self.scroll_to(y=0, animate=False, immediate=True)
        self.rebuild()

    def next_sort(self) -> None:
        """Order by the next sortable column that is shown, first one way, then the other; after the last as given."""
        ids = [column.id for column, _ in self._columns if column.sortable]
        orders = [(None, False), *((name, turned) for name in ids for turned in (False, True))]
        now = (self.model.sort_column, self.model.descending)
        at = orders.index(now) if now in orders else 0
        column, descending = orders[(at + 1) % len(orders)]
        self.model.sort_by(column, descending=descending)
        self.rebuild()

    def move(self, steps: int) -> None:
        """Move the cursor by rows and keep it visible."""
        self.model.move(steps)
        self._show_selected()
        self._repaint()
        self._announce()

    def move_page(self, pages: int) -> None:
        """Move the cursor by screenfuls."""
        self.move(pages * max(1, self.size.height - 2))

    def move_to_end(self, *, last: bool) -> None:
        """Move the cursor to the first or the last row."""
        if self.model.keys:
            self.model.select(self.model.keys[-1 if last else 0])
        self._show_selected()
        self._repaint()
        self._announce()

    def toggle_mark(self, key: str) -> None:
        """Mark a row, or take its mark away."""
        self.model.toggle_mark(key)
        self.rebuild()

    def clear_marks(self) -> None:
        """Take all marks away."""
        self.model.clear_marks()
        self.rebuild()

    def select(self, key: str | None) -> None:
        """Move the cursor to a key, or remove it."""
        self.model.select(key)
        self._repaint()
        self._announce()

    def rebuild(self) -> None:
        """Draw all visible lines, as far as they can have changed, and repaint the cells that differ."""
        self._checked.clear()
        self._counts = None
        self._repaint()

    def _repaint(self) -> None:
        """Repaint the cells that differ while neither rows nor ages have changed."""
        if not self.is_mounted or self.size.width <= 0:
            return
        before, self._painted = self._painted, self._visible_lines()
        if len(before) != len(self._painted):
            self.refresh()
            return
        spans = [changed_span(old, new) for old, new in zip(before, self._painted, strict=True)]
        changed = [Region(span[0], y, span[1], 1) for y, span in enumerate(spans) if span is not None]
        if changed:
            self.refresh(*changed)

    def render_line(self, y: int) -> Strip:
        """A line as it was last drawn."""
        return self._painted[y] if y < len(self._painted) else Strip.blank(self.size.width)

    def let_go(self) -> None:
        """Forget what was made of the lines."""
        self._painted = [Strip(strip, strip.cell_length) for strip in self._painted]
        self._drawn, self._headed = {}, None

    @property
    def plain_lines(self) -> tuple[str, ...]:
        """The displayed text without styles."""
        return tuple(strip.text for strip in self._painted)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw the lines that became visible; Textual's own paints the whole table."""
        if self.show_vertical_scrollbar:
            self._move_scrollbar(new_value)
        if round(old_value) != round(new_value):
            self._repaint()

    def _move_scrollbar(self, position: float) -> None:
        """Paint the scrollbar if it looks different: a row of a long list moves it by less than it can show."""
        bar = self.vertical_scrollbar
        if _thumb(bar, position) == _thumb(bar, bar.position):
            bar.set_reactive(ScrollBar.position, position)
        else:
            bar.position = position

    def on_resize(self) -> None:
        """Choose the columns for the new size."""
        self._sized()
        self._painted = self._visible_lines()
        self.refresh()

    def watch_has_focus(self, has_focus: bool) -> None:
        """No style depends on the focus: styled anew, as Textual does, the whole table would be painted."""

    def on_focus(self, event: events.Focus) -> None:
        """Redraw the heading as focused."""
        self._focus_moved(event, events.DescendantFocus(self), here=True)

    def on_blur(self, event: events.Blur) -> None:
        """Redraw the heading as not focused."""
        self._focus_moved(event, events.DescendantBlur(self), here=False)

    def _focus_moved(self, event: events.Event, told: events.Event, *, here: bool) -> None:
        """Do what Textual does, but do not paint the whole table."""
        event.prevent_default()
        self.has_focus = here
        if self.parent is not None:
            self.parent.post_message(told)
        self._repaint()

    def on_click(self, event: events.Click) -> None:
        """Select the row under the pointer; a double click opens it."""
        index = event.y - 1 + self.scroll_offset.y
        if event.y < 1 or index >= len(self.model.keys):
            return
        key = self.model.keys[index]
        self.select(key)
        if event.chain == 2:
            self.post_message(self.RowOpened(self, key))  # type: ignore[arg-type]

    def _announce(self) -> None:
        self.post_message(self.RowSelected(self, self.model.selected))  # type: ignore[arg-type]

    def _sized(self) -> None:
        self.virtual_size = Size(self.size.width, len(self.model.keys) + 1)
        wanted = [column.fitted(self.widest(column.id)) for column in self.columns()]
        room = max(1, self.size.width - 2 * EDGE)
        if self._planned == (wanted, room):
            return
        self._planned = wanted, room
        columns = plan_columns(wanted, room)
        if columns != self._columns:
            self._columns = columns
            self._drawn.clear()
            self._counts = None

    def _show_selected(self) -> None:
        selected = self.model.selected
        index = None if selected is None else self.model.index(selected)
        if index is None:
            return
        room = max(1, self.size.height - 1)
        top = self.scroll_offset.y
        if index < top:
            self.scroll_to(y=index, animate=False, immediate=True)
        elif index >= top + room:
            self.scroll_to(y=index - room + 1, animate=False, immediate=True)

    def _visible_lines(self) -> list[Strip]:
        width, height = self.size
        if height == 1 and not self.model.total:
            return [self._nothing(width)]
        lines = [self._heading(width)]
        if not self.model.keys and height > 1:
            lines.append(self._nothing(width))
        first = self.scroll_offset.y
        drawn: dict[str, tuple[RowT, object, Strip]] = {}
        for key in self.model.keys[first : first + max(0, height - 1)]:
            row = self.model.row(key)
            if row is not None:
                drawn[key] = self._drawn_row(row, key, width)
                lines.append(self._with_cursor(drawn[key][2], key))
        self._drawn = drawn
        lines.extend(Strip.blank(width) for _ in range(height - len(lines)))
        return lines[:height]

    def _nothing(self, width: int) -> Strip:
        return Strip(fit([(" ", NO_STYLE), *self.placeholder()], width, ellipsis=self.look.ellipsis), width)

    @property
    def _has_keys(self) -> bool:
        """Whether the table has the focus; ``has_focus`` changes only after ``on_blur``."""
        return self.screen.focused is self

    def _heading(self, width: int) -> Strip:
        palette = self.look.palette
        style = palette.heading_focus if self._has_keys else palette.heading
        if self._counts is None:
            self._counts = self.title()
        model, title = self.model, self._counts
        order = (model.sort_column, model.descending)
        counts = (model.filter_text, len(model.marked), len(model.keys), model.total)
        seen = (self.look, style, width, self._columns, order, counts, list(title))
        if self._headed is None or self._headed[0] != seen:
            self._headed = seen, heading(model, self._columns, self.NAME, title, width, self.look, style)
        return self._headed[1]

    def _drawn_row(self, row: RowT, key: str, width: int) -> tuple[RowT, object, Strip]:
        """The line of a row; the previous one if nothing in it can have changed."""
        before = self._drawn.get(key)
        if before is not None and key in self._checked and before[2].cell_length == width:
            return before
        self._checked.add(key)
        aging = self.aging(row)
        if before is not None and before[2].cell_length == width and before[1] == aging and before[0] == row:
            return before
        return row, aging, self._row_drawn(row, width).simplify()

    def _row_drawn(self, row: RowT, width: int) -> Strip:
        """The line; a row that cannot be drawn says so in its place, and the others go on."""
        try:
            return self._row_line(row, width)
        except Exception as error:
            _log.exception("a row of %s cannot be drawn", self.NAME)
            words = f"cannot be drawn ({type(error).__name__}): a fault of amt-console, see its log"
            critical = self.look.palette.critical
            return Strip(fit([(" ", critical), (words, critical)], width, ellipsis=self.look.ellipsis), width)

    def _with_cursor(self, strip: Strip, key: str) -> Strip:
        """The line with its mark and under the cursor."""
        if self.model.is_marked(key):
            strip = self._with_mark(strip)
        if key != self.model.selected:
            return strip
        palette = self.look.palette
        return strip.apply_style(palette.cursor if self._has_keys else palette.cursor_blur)

    def _with_mark(self, strip: Strip) -> Strip:
        look = self.look
        mark = Strip([Segment(look.glyph("◆", "*"), look.palette.key)], EDGE)
        return Strip.join([mark, strip.crop(EDGE).apply_style(Style(bold=True))])

    def _row_line(self, row: RowT, width: int) -> Strip:
        shown = [column.id for column, _ in self._columns]
        spans = self.spans(row, shown)
        segments = [Segment(" " * EDGE, NO_STYLE)]
        used, at = EDGE, 0
        while at < len(self._columns):
            column, size = self._columns[at]
            covered = spans.get(column.id, 1)
            size += sum(extra + 1 for _, extra in self._columns[at + 1 : at + covered])
            align = column.align if covered == 1 else "left"
            if at:
                segments.append(Segment(" ", NO_STYLE))
            segments.extend(fit(self.cell(row, column.id, size), size, align=align, ellipsis=self.look.ellipsis))
            used += size + (at > 0)
            at += covered
        return Strip(segments, used).adjust_cell_length(width, NO_STYLE)


def _thumb(bar: ScrollBar, position: float) -> int:
    """Where Textual draws the thumb of a vertical scrollbar, in eighths of a cell."""
    size, hidden = bar.size.height, bar.window_virtual_size - bar.window_size
    if not size or not bar.window_size or hidden <= 0:
        return 0
    thumb = max(1.0, bar.window_size * size / bar.window_virtual_size)
    return int((size - thumb) * position / hidden * 8)
