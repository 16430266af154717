"""The overview: what is broken, since when, and who has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.containers import Container, Horizontal, Vertical
from textual.screen import Screen
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.cards import facts
from amt_console.console.cards.base import Card
from amt_console.console.cards.loading import Loader
from amt_console.console.cards.preview import Preview
from amt_console.console.exporting import Export, ReportsExport
from amt_console.console.layout import RESOLVED_FROM_HEIGHT, info_lines, plan_overview, preview_width
from amt_console.console.screens.lists import ListScreen
from amt_console.model import AlertView, ServiceState, ServiceView, Snapshot, StateSpan
from amt_console.operations.protocol import Operations
from amt_console.text import SEVERITY_WORDS, follows_words, jobs_words, plural
from widgets.alert_table import AlertTable, Followers
from widgets.business_panels import ChatbotPanel, OverviewPanel, RevenuePanel
from widgets.cells import Runs
from widgets.figures_panel import FiguresPanel
from widgets.host_panel import HostPanel
from widgets.info_line import InfoLine
from widgets.last_hour import LastHour
from widgets.live_table import LiveTable
from widgets.prompt import Prompt
from widgets.service_table import ServiceTable

if TYPE_CHECKING:
    from amt_console.model.queries import StatesQuery

MOST_RESOLVED = 5
"""Most recently ended alerts that are listed, if there is room."""
USUAL_SERVICES = 8
"""Services to make room for in the first frame, before any are known."""
HOUR_SECONDS = 10.0
"""Seconds between two loads of the last hour, beside those after a change of state."""
AWAY_SECONDS = 120.0
"""Without a key for so long nobody is in the middle of anything."""
_PANEL_CLASSES = ("-host", "-lines", "-bare", "-one", "-two", "-four")


class OverviewScreen(ListScreen):
    """Alerts at the top, services below, host and figures at the bottom."""

    AUTO_FOCUS = "#services"

    def __init__(self) -> None:
        super().__init__()
        self._began = False
        self._chose_pane = False
        """Whether the person went to a pane."""
        self._quiet = False
        """Whether no alert was open."""
        self._leads = False
        """Whether the first alert since came while nobody was there, and nobody has come yet."""
        self._states: tuple[ServiceState, ...] = ()
        self._figures: tuple[FiguresPanel, ...] = ()

    def body(self) -> Iterable[Widget]:
        """The panes."""
        look = self.look
        self._figures = (
            RevenuePanel(look=look, id="revenue"),
            ChatbotPanel(look=look, id="chatbot"),
            OverviewPanel(look=look, id="overview"),
        )
        with Horizontal(id="beside"):
            with Vertical(id="panes"):
                yield AlertTable(look=look, id="alerts")
                yield LastHour(look=look, id="hour")
                yield ServiceTable(look=look, id="services")
                with Container(id="panels"):
                    yield HostPanel(look=look, id="host")
                    yield from self._figures
            yield Preview(id="preview")
        yield InfoLine(look=look, id="info")

    @property
    def alerts(self) -> AlertTable:
        """The alerts' pane."""
        return self.query_one(AlertTable)

    @property
    def services(self) -> ServiceTable:
        """The services' pane."""
        return self.query_one(ServiceTable)

    def panes(self) -> Sequence[LiveTable[Any]]:
        """Alerts, then services."""
        return self.alerts, self.services

    def usual_pane(self) -> LiveTable[Any]:
        """The services."""
        return self.services

    def on_mount(self) -> None:
        """Share the lines before the first snapshot, for a usual number of services."""
        self._share_lines(0, USUAL_SERVICES)
        self._hours = Loader(self.host)
        self.set_interval(HOUR_SECONDS, self._load_hour)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw a snapshot."""
        now = self.now
        alerts = list(snapshot.alerts)
        if self.size.height >= RESOLVED_FROM_HEIGHT:
            alerts.extend(snapshot.recently_resolved[:MOST_RESOLVED])
        if not alerts and self.focused in (None, self.alerts) and not self.query_one(Prompt).is_open:
            self.set_focus(self.services)
        self.alerts.show(alerts, now)
        self.services.show(snapshot.services, now)
        self.query_one(HostPanel).show(snapshot.resources)
        for panel in self._figures:
            panel.show(snapshot.figures, snapshot.figure_faults, now)
        self._share_lines(self.alerts.model.total, len(snapshot.services))
        self._begin(snapshot)
        self._lead(snapshot)
        states = tuple(service.state for service in snapshot.services)
        if states != self._states:
            self._states = states
            self.call_after_refresh(self._load_hour)
        self.tell_selected()
        self.show_preview(snapshot)

    def moment_changed(self) -> None:
        """Load the hour before another moment."""
        super().moment_changed()
        self._load_hour()

    def _load_hour(self) -> None:
        """Load the last hour; while another screen is on top, nobody sees it."""
        operations = self.host.operations
        if operations is None or not self.is_current or self.host.view.paused:
            return
        from amt_console.model.queries import StatesQuery  # not for the first frame

        query = StatesQuery(at=self.host.at)
        failed = self.query_one(LastHour).show_failure
        self._hours.ask(lambda: _hour(operations, query), partial(self._loaded_hour, query.at), failed, query=query)

    def _loaded_hour(self, at: datetime | None, hour: tuple[Sequence[StateSpan], datetime, datetime]) -> None:
        if self.is_mounted and at == self.host.at:
            self.query_one(LastHour).show(*hour)

    def _begin(self, snapshot: Snapshot) -> None:
        """With the first snapshot, focus the alerts if any are open."""
        if not self._began and snapshot.alerts and self.focused is self.services:
            self.set_focus(self.alerts)
        self._began = True

    def set_focus(self, widget: Widget | None, *arguments: Any, **options: Any) -> None:
        """Remember that the person went to another pane: they stay there."""
        self._chose_pane |= self._began and isinstance(widget, LiveTable) and widget is not self.pane
        super().set_focus(widget, *arguments, **options)

    def first_row(self) -> tuple[LiveTable[Any], str | None]:
        """Where nobody chose a pane or a row, an alert: alerts may have come later than the keys."""
        model, alerts = self.services.model, self.alerts.model.keys
        unused = self.pane is self.services and not self._chose_pane and not model.filter_text and not model.marked
        if unused and model.selected is None and alerts:
            named = self._named()
            return self.alerts, str(named.id) if named is not None and str(named.id) in alerts else next(iter(alerts))
        return super().first_row()

    def _named(self) -> AlertView | None:
        """The alert that the line above the keys names: nobody has it, and the acknowledge key would take it."""
        worst = self.host.view.worst_unacknowledged(self.no_selection().shown)
        return worst if worst is not None and worst.needs_somebody and self.host.view.can_act else None

    async def action_open_row(self) -> None:
        """Open the selected row; without a selection the first one, or the alert that the line above the keys names."""
        pane, key = self.first_row()
        if pane is not self.pane and key is not None:
            self.set_focus(pane)
            pane.select(key)
        await super().action_open_row()

    def _lead(self, snapshot: Snapshot) -> None:
        """Select the worst alert where the first one came while nobody was there; else only the person selects."""
        view = self.host.view
        if self.host.at is not None or view.paused:
            return
        away = self.host.clock.monotonic() - view.pressed_at >= AWAY_SECONDS
        self._leads = bool(snapshot.alerts) and away and (self._leads or self._quiet)
        self._quiet = not snapshot.alerts
        worst = view.worst_unacknowledged() if self._leads and not self.query_one(Prompt).is_open else None
        if worst is None or str(worst.id) not in self.alerts.model.keys:
            return
        if self.has_class("-zoomed") and self.pane is not self.alerts:
            self.zoom()
        if self.pane is not self.alerts:
            self.set_focus(self.alerts)
        if self.alerts.model.selected != str(worst.id):
            self.alerts.select(str(worst.id))

    def selection(self) -> Selection:
        """The selected alert, or the selected service with its alert."""
        if self.pane is self.alerts:
            alert = self.alerts.model.selected_row
            if alert is None:
                return self.no_selection()
            if isinstance(alert, Followers):
                return Selection(reason=f"{self._key('open')} shows the alerts that follow from {alert.cause.subject}.")
            subject = self._service_of(alert)
            return Selection(alert_id=alert.id, service=subject, began=alert.opened_at, runbook=alert.runbook)
        service = self.services.model.selected_row
        if service is None:
            return self.no_selection()
        if service.alert_id is None:
            reason = f"{service.name} has no open alert."
            return Selection(service=service.name, reason=reason, runbook=service.runbook)
        return Selection(alert_id=service.alert_id, service=service.name, runbook=service.runbook)

    def no_selection(self) -> Selection:
        """The selection without a selected row; never an alert that a filter hides."""
        pane, alerts = self.pane.model, self.alerts.model
        if pane.filter_text and not pane.keys:
            return super().no_selection()
        return Selection(shown=frozenset(row.id for row in self._filtered()) if alerts.filter_text else None)

    def _filtered(self) -> Iterable[AlertView]:
        """The alerts that match the filter."""
        model = self.alerts.model
        return (row for key in model.keys if isinstance(row := model.row(key), AlertView))

    def exported(self) -> Export:
        """The rows that match the filter; without one all reports."""
        model = self.pane.model
        if not model.filter_text:
            return ReportsExport()
        from amt_console.console.screens.seen import alert_list, service_list  # the first frame needs none of it

        rows = [row for key in model.keys if (row := model.row(key)) is not None]
        return (alert_list if self.pane is self.alerts else service_list)(rows, model.filter_text)

    def row_summary(self) -> str | None:
        """The selected row as text."""
        row = self.pane.model.selected_row
        if isinstance(row, AlertView):
            who = row.acknowledged_by or self._follows(row) or "nobody has it"
            since = f"since {self.look.local(row.opened_at):%Y-%m-%d %H:%M:%S %Z}"
            return f"{SEVERITY_WORDS[row.severity]} {row.subject}: {row.message} ({since}; {who})"
        return facts.service_summary(row) if isinstance(row, ServiceView) else None

    def row_document(self) -> object | None:
        """The selected row as in ``status --json``."""
        from amt_console.operations.json_views import alert_json, service_json  # the first frame needs none of it

        row = self.pane.model.selected_row
        if isinstance(row, AlertView):
            return alert_json(row)
        return service_json(row) if isinstance(row, ServiceView) else None

    def _follows(self, alert: AlertView) -> str | None:
        if alert.follows_from is None:
            return None
        shown = self.host.view.shown
        return follows_words(alert.follows_from, {row.id: row.subject for row in shown.alerts} if shown else {})

    def _service_of(self, alert: AlertView) -> str | None:
        return alert.subject if self.services.model.row(alert.subject) is not None else None

    def _share_lines(self, alerts: int, services: int) -> None:
        title = self.query_one("#title").styles.height
        self.info.styles.height = info = info_lines(self.size.width, self.size.height)
        bars = 1 + info + (int(title.value) if title is not None else 1)
        preview = preview_width(self.size.width)
        width = self.size.width - preview - 2 * (preview > 0)
        figures = any(panel.has_source for panel in self._figures)
        plan = plan_overview(width, self.size.height - bars, alerts=alerts, services=services, figures=figures)
        panels = self.query_one("#panels")
        for table, lines in ((self.alerts, plan.alerts), (self.services, plan.services)):
            if table.styles.height is None or table.styles.height.value != lines:
                table.styles.height = lines
        panels.styles.height = plan.bottom
        gap = plan.gap > 0
        # A class of the whole screen would restyle every widget of it.
        panels.update_classes({**{name: plan.panels == name for name in _PANEL_CLASSES}, "-gap": gap}, animate=False)
        self.query_one(LastHour).set_class(gap, "-gap")

    def row_line(self, row: object) -> Runs:
        """The reason of an alert, or the state of a service."""
        now, look = self.now, self.look
        if isinstance(row, AlertView):
            return facts.alert_line(row, now, look, follows=self._follows(row))
        if isinstance(row, Followers):
            return facts.followers_line(row.cause, row.alerts, look)
        return facts.service_line(row, now, look) if isinstance(row, ServiceView) else ()

    def card_of(self, key: str) -> Card | None:
        """The card of an alert, of the cause of followers, or of a service."""
        from amt_console.console.cards.alert_card import AlertCard
        from amt_console.console.cards.service_card import ServiceCard

        pane, _ = self.first_row()
        row = pane.model.row(key)
        if isinstance(row, Followers):
            return AlertCard(row.cause.id, subject=row.cause.subject)
        if isinstance(row, AlertView):
            return AlertCard(row.id, subject=row.subject)
        return ServiceCard(key) if row is not None else None

    def prepare_cards(self) -> None:
        """Mount the cards of both tables, hidden: to select a row of the other kind takes many paints less then."""
        from amt_console.console.cards.alert_card import AlertCard
        from amt_console.console.cards.service_card import ServiceCard

        preview = self.preview() if self.has_class("-preview") else None
        if preview is not None and preview.card is not None:
            preview.prepare(ServiceCard(""))
            preview.prepare(AlertCard(0))

    def suggestion(self) -> Runs:
        """The alert that the acknowledge key would take, notices, jobs."""
        host, look = self.host, self.look
        selection = self.no_selection()
        if selection.reason is not None:
            return [(selection.reason, look.palette.muted)]
        named = self._named()
        if named is not None:
            return [
                (f"{self._key('acknowledge')} acknowledges ", look.palette.muted),
                *facts.alert_line(named, self.now, look),
            ]
        notices = len(host.view.notices())
        words = [f"{plural(notices, 'notice')}, shown by {self._key('monitor')}"] if notices else []
        shown = host.view.shown
        if shown is not None and shown.heartbeats:
            words.append(jobs_words(shown.heartbeats))
        return [("; ".join(words), look.palette.muted)] if words else ()

    def _key(self, name: str) -> str:
        return self.host.key_of(name)

    async def open_row(self, pane: LiveTable[Any], key: str) -> None:
        """Open an alert or a service, or unfold followers."""
        from amt_console.console.screens.alert_detail import AlertDetailScreen
        from amt_console.console.screens.service_detail import ServiceDetailScreen

        row = pane.model.row(key)
        if isinstance(row, Followers):
            self.alerts.toggle(row)
            self._share_lines(self.alerts.model.total, self.services.model.total)
        elif pane is self.alerts:
            await self.app.push_screen(AlertDetailScreen(int(key)))
        else:
            await self.app.push_screen(ServiceDetailScreen(key))


def prepare_cards(screen: Screen[Any]) -> None:
    """Let the overview prepare its cards, if it is shown."""
    if isinstance(screen, OverviewScreen):
        screen.prepare_cards()


def _hour(operations: Operations, query: StatesQuery) -> tuple[Sequence[StateSpan], datetime, datetime]:
    """The worst state over time, computed off the loop."""
    found = operations.ask(query)
    return found.worst(), found.start, found.end
