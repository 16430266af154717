"""All services and databases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual.containers import Horizontal
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.cards import facts
from amt_console.console.cards.base import Card
from amt_console.console.cards.preview import Preview
from amt_console.console.cards.service_card import ServiceCard
from amt_console.console.exporting import Export
from amt_console.console.screens.lists import ListScreen
from amt_console.console.screens.seen import service_list
from amt_console.model import ServiceView, Snapshot
from amt_console.operations.json_views import service_json
from amt_console.text import STATE_WORDS, milliseconds
from widgets.cells import Runs
from widgets.info_line import InfoLine
from widgets.live_table import LiveTable
from widgets.service_table import ServiceTable


class ServicesScreen(ListScreen):
    """The table of all services, and the selected one beside it."""

    AUTO_FOCUS = "#list"

    def body(self) -> Iterable[Widget]:
        """The table and the preview."""
        look = self.look
        with Horizontal(id="beside"):
            yield ServiceTable(look=look, id="list")
            yield Preview(id="preview")
        yield InfoLine(look=look, id="info")

    @property
    def services(self) -> ServiceTable:
        """The table."""
        return self.query_one(ServiceTable)

    def panes(self) -> Sequence[LiveTable[Any]]:
        """The table."""
        return (self.services,)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw a snapshot."""
        self.services.show(snapshot.services, self.now)
        self.tell_selected()
        self.show_preview(snapshot)

    def selection(self) -> Selection:
        """The selected service, with its worst open alert."""
        row = self.services.model.selected_row
        if row is None:
            return self.no_selection()
        reason = f"{row.name} has no open alert." if row.alert_id is None else None
        return Selection(alert_id=row.alert_id, service=row.name, reason=reason, runbook=row.runbook)

    def exported(self) -> Export:
        """The rows."""
        rows = [row for row in self.rows_shown() if isinstance(row, ServiceView)]
        return service_list(rows, self.services.model.filter_text)

    def row_summary(self) -> str | None:
        """The selected service as text."""
        row = self.services.model.selected_row
        if row is None:
            return None
        error = f", {row.error}" if row.error else ""
        return f"{row.name} {STATE_WORDS[row.state]}, {milliseconds(row.response_time_ms)}{error}, {row.url}"

    def row_document(self) -> object | None:
        """The selected service as in ``status --json``."""
        row = self.services.model.selected_row
        return None if row is None else service_json(row)

    def row_line(self, row: object) -> Runs:
        """State and reason."""
        return facts.service_line(row, self.now, self.look) if isinstance(row, ServiceView) else ()

    def card_of(self, key: str) -> Card | None:
        """Everything about the selected service."""
        return ServiceCard(key)

    async def open_row(self, pane: LiveTable[Any], key: str) -> None:
        """Open a service."""
        from amt_console.console.screens.service_detail import ServiceDetailScreen

        await self.app.push_screen(ServiceDetailScreen(key))
