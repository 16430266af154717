"""Silences and planned work: who muted what until when. One ends from here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import BindingType
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.bindings import DETAIL_KEYS, MUTED_KEYS
from amt_console.console.exporting import Export
from amt_console.console.screens.detail import DetailScreen
from amt_console.console.screens.seen import muted_list
from amt_console.model import Snapshot
from amt_console.operations.protocol import Operations
from widgets.info_line import InfoLine
from widgets.live_table import LiveTable
from widgets.muted_table import Muted, MutedTable


class MutedScreen(DetailScreen):
    """Reached with its key from every screen."""

    BINDINGS: ClassVar[Sequence[BindingType]] = [*DETAIL_KEYS, *MUTED_KEYS]

    def __init__(self) -> None:
        super().__init__()
        self._muted: tuple[object, ...] = ()

    def body(self) -> Iterable[Widget]:
        """One table, and the selected row in full."""
        yield MutedTable(look=self.look, id="detail")
        yield InfoLine(look=self.look, id="info")

    @property
    def table(self) -> MutedTable:
        """The table."""
        return self.query_one(MutedTable)

    def selection(self) -> Selection:
        """Nothing that other keys act on."""
        return Selection()

    def row_summary(self) -> str | None:
        """The selected row as text."""
        row = self.table.model.selected_row
        return None if row is None else self.table.summary(row)

    def exported(self) -> Export:
        """The table."""
        model = self.table.model
        return muted_list([row for key in model.keys if (row := model.row(key)) is not None])

    def load(self) -> None:
        """Read both lists."""
        operations = self.host.operations
        if operations is not None:
            self.host.job(partial(_read, operations), self._loaded)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Read again when an alert is muted by something else than before."""
        muted = tuple((alert.id, alert.silenced_by, alert.maintenance) for alert in snapshot.alerts)
        if muted != self._muted:
            self._muted = muted
            self.load()

    def _loaded(self, rows: tuple[Muted, ...]) -> None:
        if self.is_mounted:
            self.table.show(rows, self.now)
            self._tell_selected()

    @on(LiveTable.RowSelected)
    def _tell_selected(self) -> None:
        words, palette = self.row_summary(), self.look.palette
        self.query_one(InfoLine).show([(words, palette.text)] if words else ())

    # Keys

    def action_scroll(self, lines: int) -> None:
        """By rows."""
        self.table.move(lines)

    def action_scroll_page(self, pages: int) -> None:
        """By screenfuls."""
        self.table.move_page(pages)

    def action_jump(self, last: bool) -> None:
        """To an end."""
        self.table.move_to_end(last=last)

    def action_plan_work(self) -> None:
        """Announce planned work."""
        self.host.plan_work(self.load)

    def action_end_muted(self) -> None:
        """End the selected silence or work."""
        row = self.table.model.selected_row
        if row is None:
            self.app.notify("Select what to end first.", severity="warning", markup=False)
        else:
            self.host.end_muted(row, self.load)


def _read(operations: Operations) -> tuple[Muted, ...]:
    return (*operations.silences(), *operations.maintenance())
