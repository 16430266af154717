"""All services and databases, by group, with the states of the last hour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual.containers import Horizontal
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.cards import facts
from amt_console.console.cards.base import Card
from amt_console.console.cards.loading import Loader
from amt_console.console.cards.preview import Preview
from amt_console.console.cards.service_card import ServiceCard
from amt_console.console.exporting import Export
from amt_console.console.screens.lists import ListScreen
from amt_console.console.screens.seen import service_list
from amt_console.model import ServiceView, Snapshot
from amt_console.model.queries import StatesQuery
from amt_console.model.queries.states import StateHistory
from amt_console.operations.json_views import service_json
from amt_console.text import STATE_WORDS, milliseconds
from widgets.cells import Runs
from widgets.info_line import InfoLine
from widgets.live_table import LiveTable
from widgets.tables.service_list import ServiceGroup, ServiceList, group_line

HOUR_SECONDS = 10.0
"""Seconds between two loads of the last hour, beside those after a change of state."""


class ServicesScreen(ListScreen):
    """The table of all services, and the selected one beside it."""

    AUTO_FOCUS = "#list"

    def __init__(self) -> None:
        super().__init__()
        self._loader: Loader | None = None
        self._loaded_at = float("-inf")
        self._states: tuple[object, ...] = ()
        """Names and states when the last hour was asked for."""

    def body(self) -> Iterable[Widget]:
        """The table and the preview."""
        look = self.look
        with Horizontal(id="beside"):
            yield ServiceList(look=look, id="list")
            yield Preview(id="preview")
        yield InfoLine(look=look, id="info")

    @property
    def services(self) -> ServiceList:
        """The table."""
        return self.query_one(ServiceList)

    def panes(self) -> Sequence[LiveTable[Any]]:
        """The table."""
        return (self.services,)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw a snapshot."""
        self.services.show(snapshot.services, self.now)
        self.tell_selected()
        self.show_preview(snapshot)
        states = tuple((each.name, each.state, each.since) for each in snapshot.services)
        old = self.host.clock.monotonic() - self._loaded_at >= HOUR_SECONDS
        # Before the first layout there is no room for it yet: it is asked for with the next snapshot.
        wanted = self.services.shows_hour and not self.host.view.paused
        if wanted and (states != self._states or (old and self.host.at is None)):
            self._states = states
            self._load_hour()

    def moment_changed(self) -> None:
        """Load the last hour before another moment."""
        super().moment_changed()
        self._load_hour()

    def _load_hour(self) -> None:
        """Load the states of the last hour, if there is room for them."""
        operations = self.host.operations
        if operations is None or not self.services.shows_hour:
            return
        self._loader = self._loader or Loader(self.host)
        self._loaded_at = self.host.clock.monotonic()
        at = self.host.at
        query = StatesQuery(hours=1.0, at=at)
        self._loader.ask(lambda: operations.ask(query), self._hour_loaded, self._hour_failed)

    def _hour_loaded(self, hour: StateHistory) -> None:
        if self.is_mounted:
            self.services.show_hour(hour)
            self.tell_selected()

    def _hour_failed(self, why: str) -> None:
        if self.is_mounted:
            self.services.show_hour(None, fault=why)
            self.tell_selected()

    def selection(self) -> Selection:
        """The selected service, with its worst open alert."""
        row = self.services.model.selected_row
        if row is None:
            return self.no_selection()
        if isinstance(row, ServiceGroup):
            return Selection(reason=f"{row.name} is a group: select one of its services.")
        reason = f"{row.name} has no open alert." if row.alert_id is None else None
        return Selection(alert_id=row.alert_id, service=row.name, reason=reason, runbook=row.runbook)

    def exported(self) -> Export:
        """The rows, those of folded groups included."""
        return service_list(self.services.services, self.services.model.filter_text)

    def row_summary(self) -> str | None:
        """The selected service or group as text."""
        row = self.services.model.selected_row
        if row is None:
            return None
        if isinstance(row, ServiceGroup):
            return "".join(text for text, _ in group_line(row, self.look))
        error = f", {row.error}" if row.error else ""
        return f"{row.name} {STATE_WORDS[row.state]}, {milliseconds(row.response_time_ms)}{error}, {row.url}"

    def row_document(self) -> object | None:
        """The selected service as in ``status --json``; of a group all of its services."""
        row = self.services.model.selected_row
        if isinstance(row, ServiceGroup):
            return [service_json(each) for each in self.services.services if each.group == row.name]
        return None if row is None else service_json(row)

    def row_line(self, row: object) -> Runs:
        """State and reason."""
        if isinstance(row, ServiceGroup):
            return group_line(row, self.look)
        return facts.service_line(row, self.now, self.look) if isinstance(row, ServiceView) else ()

    def suggestion(self) -> Runs:
        """Why the last hour is missing."""
        why = self.services.hour_fault
        return [(f"the last hour cannot be read: {why}", self.look.palette.warning)] if why else ()

    def card_of(self, key: str) -> Card | None:
        """Everything about the selected service; of a group about the one in the worst state."""
        row = self.services.model.row(key)
        return ServiceCard(row.worst if isinstance(row, ServiceGroup) else key)

    async def open_row(self, pane: LiveTable[Any], key: str) -> None:
        """Open a service; fold or unfold a group."""
        from amt_console.console.screens.service_detail import ServiceDetailScreen

        row = self.services.model.row(key)
        if isinstance(row, ServiceGroup):
            self.services.toggle(row)
        else:
            await self.app.push_screen(ServiceDetailScreen(key))

    # Keys

    def action_pane(self, steps: int) -> None:
        """Left folds the group of the selected row, right unfolds it."""
        row = self.services.model.selected_row
        if row is not None:
            self.services.fold(row, folded=steps < 0)

    async def action_open_row(self) -> None:
        """Open the selected row; without a selection the first service."""
        services = self.services
        if services.model.selected is None:
            first = next((key for key in services.model.keys if isinstance(services.model.row(key), ServiceView)), None)
            services.select(first)
        await super().action_open_row()
