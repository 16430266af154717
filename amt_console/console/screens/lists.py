"""Base of the screens with tables: moving, filtering, ordering, marking, opening, and a preview on wide screens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import Size
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.bindings import LIST_KEYS
from amt_console.console.cards.base import Card
from amt_console.console.cards.preview import Preview
from amt_console.console.layout import preview_width
from amt_console.console.screens.base import ConsoleScreen
from amt_console.model import AlertView, Snapshot
from amt_console.text import safe_text
from widgets.cells import Runs
from widgets.info_line import InfoLine
from widgets.live_table import LiveTable
from widgets.prompt import Prompt


class ListScreen(ConsoleScreen):
    """Tables of which one gets the keys, the selected row in full below, and its card beside them on wide screens.

    A subclass composes its tables, an ``InfoLine``, and a ``Preview`` if it has cards.
    """

    BINDINGS: ClassVar[Sequence[BindingType]] = list(LIST_KEYS)
    SHARED: ClassVar[str] = ""
    """Names the panel whose lines are shared, anew with each of its sizes; none where that is not to be followed."""

    def __init__(self) -> None:
        super().__init__()
        self._pane: LiveTable[Any] | None = None
        self._shared_for = Size()
        """Of the panel, when its lines were shared last."""
        self._elsewhen = False
        """Whether the preview is of another moment than the one that is to be shown."""

    # What a subclass says

    def panes(self) -> Sequence[LiveTable[Any]]:
        """The tables, from top to bottom."""
        raise NotImplementedError

    def usual_pane(self) -> LiveTable[Any]:
        """The table that gets the keys when none was chosen, or the chosen one is empty."""
        return self.panes()[0]

    def row_line(self, row: object) -> Runs:
        """The selected row in full."""
        raise NotImplementedError

    def arrange_lines(self) -> None:
        """Share the lines among the tables and what stands below short ones."""

    def suggestion(self) -> Runs:
        """What stands there without a selection."""
        return ()

    def card_of(self, key: str) -> Card | None:
        """The card of a selected row."""
        return None

    async def open_row(self, pane: LiveTable[Any], key: str) -> None:
        """Open a row."""
        raise NotImplementedError

    # Shared

    @property
    def pane(self) -> LiveTable[Any]:
        """The table that gets the keys."""
        pane = self._pane
        return pane if pane is not None and pane.can_focus and pane.display else self.usual_pane()

    @property
    def info(self) -> InfoLine:
        """The text of the selected row."""
        return self.query_one(InfoLine)

    def preview(self) -> Preview | None:
        """The preview, if there is one."""
        return self.query_one_optional(Preview)

    def marked(self) -> tuple[int, ...]:
        """The alerts of the marked rows; of a service its worst open one."""
        model = self.pane.model
        rows = (model.row(key) for key in model.marked)
        numbers = (row.id if isinstance(row, AlertView) else getattr(row, "alert_id", None) for row in rows)
        return tuple(dict.fromkeys(number for number in numbers if number is not None))

    def clear_marks(self) -> None:
        """Take the marks of all tables away."""
        for pane in self.panes():
            pane.clear_marks()

    def mark(self) -> None:
        """Mark the selected row for the next action, or take its mark away, and move on to the next row."""
        pane = self.pane
        key = pane.model.selected
        if key is None:
            pane.move_to_end(last=False)
            key = pane.model.selected
        if key is None:
            self.app.notify("There is nothing to mark here.", markup=False)
        elif not self.can_mark(pane.model.row(key)):
            self.app.notify("This row has no alert to mark.", markup=False)
        else:
            pane.toggle_mark(key)
            pane.move(1)

    def can_mark(self, row: object) -> bool:
        """Whether a row stands for an alert."""
        return isinstance(row, AlertView) or getattr(row, "alert_id", None) is not None

    def no_selection(self) -> Selection:
        """The selection without a selected row; never a row that a filter hides."""
        model = self.pane.model
        if model.filter_text and not model.keys:
            text = safe_text(model.filter_text, 60)
            return Selection(reason=f"No row matches the filter '{text}': escape clears it.")
        return Selection(reason="Select a row first.")

    def rows_shown(self) -> Iterable[object]:
        """The rows of the pane that match the filter."""
        model = self.pane.model
        return (row for key in model.keys if (row := model.row(key)) is not None)

    def set_focus(self, widget: Widget | None, *arguments: Any, **options: Any) -> None:
        """Remember the focused table: keys go there also while the prompt has the focus."""
        if isinstance(widget, LiveTable):
            self._pane = widget
        super().set_focus(widget, *arguments, **options)
        if self.is_mounted:
            self.tell_selected()

    def compose(self) -> ComposeResult:
        """As in each screen, with the preview where there is room."""
        # Not after this: then all widgets would be styled a second time.
        self.set_class(preview_width(self.size.width) > 0, "-preview")
        yield from super().compose()

    def on_resize(self, event: events.Resize) -> None:
        """Show the preview where there is room."""
        self._make_room(event.size.width)

    def on_mount(self) -> None:
        """Show the preview where there is room."""
        self._make_room(self.size.width)

    def _make_room(self, width: int) -> None:
        preview, cells = self.preview(), preview_width(width)
        if preview is not None:
            preview.styles.width = cells
            self.set_class(cells > 0, "-preview")

    def show_preview(self, snapshot: Snapshot | None) -> None:
        """Show the card of the selected row, or of the first one; call it after the tables were filled."""
        preview = self.preview() if self.has_class("-preview") else None
        if preview is None:
            return
        pane, key = self.first_row()
        name = None if key is None else f"{pane.id} {key}"
        show = preview.show
        if self._elsewhen and snapshot is not None and snapshot.at == self.host.at:
            self._elsewhen, show = False, preview.show_moment
        show(name, lambda: None if key is None else self.card_of(key))
        if snapshot is not None:
            preview.show_snapshot(snapshot)

    def first_row(self) -> tuple[LiveTable[Any], str | None]:
        """The selected row with its pane, without one the first row: what the preview shows."""
        model = self.pane.model
        return self.pane, model.selected or next(iter(model.keys), None)

    def moment_changed(self) -> None:
        """Load the preview with the snapshot of the other moment: only that tells what is selected then."""
        self._elsewhen = True

    def relook(self) -> None:
        """Draw again with other colours: lines contain styles."""
        if not self.is_mounted:
            return
        super().relook()
        preview = self.preview()
        if preview is not None:
            preview.relook()
        self.tell_selected()

    @on(LiveTable.RowSelected)
    def tell_selected(self) -> None:
        """Show the text and the card of the selected row."""
        row = self.pane.model.selected_row
        self.info.show(self.suggestion() if row is None else self.row_line(row))
        self.show_preview(None)

    @on(LiveTable.RowOpened)
    async def _row_opened(self, event: LiveTable.RowOpened) -> None:
        await self.open_row(event.table, event.key)

    # Keys

    def action_move(self, steps: int) -> None:
        """Move to the previous or next row."""
        self.pane.move(steps)
        self.tell_selected()

    def action_page(self, pages: int) -> None:
        """Move by a screenful."""
        self.pane.move_page(pages)
        self.tell_selected()

    def action_jump(self, last: bool) -> None:
        """Jump to the first or the last line."""
        self.pane.move_to_end(last=last)
        self.tell_selected()

    def action_pane(self, steps: int) -> None:
        """Focus the next pane, of those that take keys."""
        panes = [pane for pane in self.panes() if pane.can_focus and pane.display]
        if panes:
            at = panes.index(self.pane) if self.pane in panes else 0
            self.set_focus(panes[(at + steps) % len(panes)])

    def action_sort(self) -> None:
        """Order by the next column."""
        self.pane.next_sort()

    def zoom(self) -> None:
        """Give the focused pane the whole screen, or take it back."""
        zoomed = not self.has_class("-zoomed")
        self.set_class(zoomed, "-zoomed")
        for pane in self.panes():
            pane.set_class(zoomed and pane is self.pane, "-zoom")
        self.redraw()
        self.share_lines()

    def share_lines(self) -> None:
        """Arrange what is shown for the size that the screen has now."""
        if self.SHARED:
            self._shared_for = self.query_one(self.SHARED).size
        self.arrange_lines()

    def laid_out(self) -> None:
        """Share the lines anew if there are more or fewer."""
        if self.SHARED and self.query_one(self.SHARED).size != self._shared_for:
            self.share_lines()

    def action_filter(self) -> None:
        """Ask for a filter; it applies while typing."""
        pane = self.pane
        before = pane.model.filter_text
        self.query_one(Prompt).ask(
            f"Filter {pane.NAME.lower()}:",
            lambda text: pane.set_filter(text),
            answer=before,
            placeholder="part of a name, a state or an error; ! inverts",
            on_change=pane.set_filter,
            on_cancel=lambda: pane.set_filter(""),
        )

    async def action_clear(self) -> None:
        """Clear the filter, then the marks, then the zoom, then the selection; then back to the overview."""
        pane = self.pane
        if pane.model.filter_text:
            pane.set_filter("")
        elif pane.model.marked:
            pane.clear_marks()
        elif self.has_class("-zoomed"):
            self.zoom()
        elif pane.model.selected is not None:
            pane.select(None)
        else:
            await self.host.leave_place()

    async def action_open_row(self) -> None:
        """Open the selected row; without a selection the first one."""
        pane = self.pane
        if pane.model.selected is None:
            pane.move_to_end(last=False)
        if pane.model.selected is not None:
            await self.open_row(pane, pane.model.selected)
