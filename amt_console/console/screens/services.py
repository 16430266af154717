"""All services and databases, by group, with the states of the last hour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.cards import facts, service_lines
from amt_console.console.cards.base import Card
from amt_console.console.cards.loading import Loader
from amt_console.console.cards.preview import Preview
from amt_console.console.cards.service_card import ServiceCard
from amt_console.console.exporting import Export
from amt_console.console.screens.lists import ListScreen
from amt_console.console.screens.seen import service_list
from amt_console.console.strips.state_rows import day_room, state_rows
from amt_console.model import ServiceView, Snapshot
from amt_console.model.queries import StatesQuery
from amt_console.model.queries.states import StateHistory
from amt_console.operations.json_views import service_json
from widgets.cells import Runs
from widgets.fact_lines import FactLines
from widgets.info_line import InfoLine
from widgets.live_table import LiveTable
from widgets.tables.service_list import ServiceGroup, ServiceList, group_line

HOUR_SECONDS = 10.0
"""Seconds between two loads of the last hour, beside those after a change of state."""
EVENT_HOURS = 24
EVENT_SECONDS = 60.0
"""Seconds between two loads of the times of trouble that stand below a short list."""
_LEAST_EVENTS = 3


class ServicesScreen(ListScreen):
    """The table of all services, and the selected one beside it."""

    AUTO_FOCUS = "#list"

    def __init__(self) -> None:
        super().__init__()
        self._loaders: tuple[Loader, Loader] | None = None
        self._events: StateHistory | None = None
        self._events_at = float("-inf")
        self._events_fault = ""
        self._loaded_at = float("-inf")
        self._states: tuple[object, ...] = ()
        """Names and states when the last hour was asked for."""

    def body(self) -> Iterable[Widget]:
        """The table and the preview."""
        look = self.look
        with Horizontal(id="beside"):
            with Vertical(id="panes"):
                yield ServiceList(look=look, id="list")
                events = FactLines(f"LAST {EVENT_HOURS} H", look=look, id="events")
                events.display = False
                yield events
                day = FactLines(f"STATES  last {EVENT_HOURS} h", look=look, id="day")
                day.display = False
                yield day
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
        again = self.host.at is None or any(each.failed for each in self._loads())
        if wanted and (states != self._states or (old and again)):
            if states != self._states or self._events_fault:
                self._events_at = float("-inf")
            self._states = states
            self._load_hour()
            self._load_events()
        self.share_lines()

    def moment_changed(self) -> None:
        """Load the last hour, and the day, before another moment."""
        super().moment_changed()
        self._events_at = float("-inf")
        self._load_hour()
        self._load_events()

    def arrange_lines(self) -> None:
        """A short list leaves room for the times of trouble of the last day."""
        table, events = self.services, self.query_one("#events", FactLines)
        rows = 1 + max(1, len(table.model.keys))
        left = self.query_one("#panes").size.height - rows - 2
        short = left >= _LEAST_EVENTS and not self.has_class("-zoomed")
        if short:
            table.styles.height = rows
        else:
            table.styles.clear_rule("height")
        appeared = short and not events.display
        events.display = short
        if short:
            self._draw_events(left)
        else:
            self.query_one("#day").display = False
        if appeared:
            self._load_events()

    def _draw_events(self, most: int) -> None:
        """Draw the times of trouble, and in the room that they leave the states of the day, a strip a service."""
        events, day, look = self.query_one("#events", FactLines), self.query_one("#day", FactLines), self.look
        found, names = self._events, [each.name for each in self.services.services]
        if found is None:
            day.display = False
            events.show(
                [[(f"cannot be read: {self._events_fault}", look.palette.warning)]] if self._events_fault else []
            )
            return
        most, strip = day_room(most, len(service_lines.event_lines(found, self.now, look, most)), len(names))
        events.show(service_lines.event_lines(found, self.now, look, most))
        day.display = strip > 0
        if strip:
            day.show(state_rows(found, names, day.size.width or self.services.size.width, strip, look))

    def _load_events(self) -> None:
        """Load the times of trouble, if there is room for them and the last load is long enough ago."""
        operations, now = self.host.operations, self.host.clock.monotonic()
        if operations is None or now - self._events_at < EVENT_SECONDS or not self.query_one("#events").display:
            return
        self._events_at = now
        query = StatesQuery(hours=float(EVENT_HOURS), at=self.host.at)
        self._loads()[1].ask(lambda: operations.ask(query), self._events_loaded, self._events_failed, query=query)

    def _events_loaded(self, events: StateHistory) -> None:
        self._events, self._events_fault = events, ""
        if self.is_mounted:
            self.share_lines()

    def _events_failed(self, why: str) -> None:
        self._events, self._events_fault = None, why
        if self.is_mounted:
            self.share_lines()

    def _loads(self) -> tuple[Loader, Loader]:
        if self._loaders is None:
            self._loaders = Loader(self.host), Loader(self.host)
        return self._loaders

    def _load_hour(self) -> None:
        """Load the states of the last hour, if there is room for them."""
        operations = self.host.operations
        if operations is None or not self.services.shows_hour:
            return
        self._loaded_at = self.host.clock.monotonic()
        at = self.host.at
        query = StatesQuery(hours=1.0, at=at)
        self._loads()[0].ask(lambda: operations.ask(query), self._hour_loaded, self._hour_failed, query=query)

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
        return facts.service_summary(row)

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
