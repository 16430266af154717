"""Alerts: the open ones and those that ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual.containers import Horizontal
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.cards import facts
from amt_console.console.cards.preview import Preview
from amt_console.console.exporting import Export
from amt_console.console.screens.lists import ListScreen
from amt_console.console.screens.seen import alert_list
from amt_console.model import AlertView, Snapshot
from amt_console.operations.json_views import alert_json
from amt_console.text import SEVERITY_WORDS, follows_words
from widgets.alert_table import AlertTable, Followers
from widgets.cells import Runs
from widgets.info_line import InfoLine
from widgets.live_table import LiveTable


class AlertsScreen(ListScreen):
    """The table of all alerts, and the selected one beside it."""

    AUTO_FOCUS = "#list"

    def body(self) -> Iterable[Widget]:
        """The table and the preview."""
        look = self.look
        with Horizontal(id="beside"):
            yield AlertTable(look=look, id="list")
            yield Preview(id="preview")
        yield InfoLine(look=look, id="info")

    @property
    def alerts(self) -> AlertTable:
        """The table."""
        return self.query_one(AlertTable)

    def panes(self) -> Sequence[LiveTable[Any]]:
        """The table."""
        return (self.alerts,)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw a snapshot."""
        self.alerts.show([*snapshot.alerts, *snapshot.recently_resolved], self.now)
        self.tell_selected()
        self.show_preview(snapshot)

    def selection(self) -> Selection:
        """The selected alert."""
        row = self.alerts.model.selected_row
        if isinstance(row, AlertView):
            return Selection(alert_id=row.id, began=row.opened_at, runbook=row.runbook)
        if isinstance(row, Followers):
            return Selection(
                reason=f"{self.host.key_of('open')} shows the alerts that follow from {row.cause.subject}."
            )
        return self.no_selection()

    def exported(self) -> Export:
        """The rows."""
        rows = [row for row in self.rows_shown() if isinstance(row, AlertView | Followers)]
        return alert_list(rows, self.alerts.model.filter_text)

    def row_summary(self) -> str | None:
        """The selected alert as text."""
        row = self.alerts.model.selected_row
        if not isinstance(row, AlertView):
            return None
        return f"{SEVERITY_WORDS[row.severity]} {row.subject}: {row.message}"

    def row_document(self) -> object | None:
        """The selected alert as in ``alerts list --json``."""
        row = self.alerts.model.selected_row
        return alert_json(row) if isinstance(row, AlertView) else None

    def row_line(self, row: object) -> Runs:
        """The reason."""
        if isinstance(row, Followers):
            return facts.followers_line(row.cause, row.alerts, self.look)
        if not isinstance(row, AlertView):
            return ()
        shown = self.host.view.shown
        subjects = {each.id: each.subject for each in shown.alerts} if shown is not None else {}
        follows = None if row.follows_from is None else follows_words(row.follows_from, subjects)
        return facts.alert_line(row, self.now, self.look, follows=follows)

    async def open_row(self, pane: LiveTable[Any], key: str) -> None:
        """Open an alert, or unfold followers."""
        from amt_console.console.screens.alert_detail import AlertDetailScreen

        row = pane.model.row(key)
        if isinstance(row, Followers):
            self.alerts.toggle(row)
        else:
            await self.app.push_screen(AlertDetailScreen(int(key)))
