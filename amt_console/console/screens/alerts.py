"""Alerts: the open ones, those of the last days, and what is silenced, each in a table behind a tab."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.bindings import CHART_KEYS, LIST_KEYS, MUTED_KEYS
from amt_console.console.cards import facts
from amt_console.console.cards.alert_card import AlertCard
from amt_console.console.cards.base import Card
from amt_console.console.cards.loading import Loader
from amt_console.console.cards.preview import Preview
from amt_console.console.cards.ranges import RANGES, moved
from amt_console.console.exporting import Export
from amt_console.console.screens.lists import ListScreen
from amt_console.console.screens.muted import muted_document, read_muted
from amt_console.console.screens.seen import alert_list, muted_list
from amt_console.console.screens.tab_line import TabLine
from amt_console.console.strips.state_rows import alert_rows
from amt_console.model import AlertView, Snapshot
from amt_console.model.policy import MaintenanceWindow, Silence
from amt_console.model.queries import AlertHistoryQuery
from amt_console.model.queries.alerts import AlertHistory
from amt_console.operations.json_views import alert_json
from amt_console.text import SEVERITY_WORDS, follows_words
from widgets.alert_table import AlertTable, Followers
from widgets.cells import Runs
from widgets.fact_lines import FactLines
from widgets.info_line import InfoLine
from widgets.live_table import LiveTable
from widgets.tables.history_table import HistoryTable
from widgets.tables.muted_table import Muted, MutedTable

ACTIVE, HISTORY, SILENCES = range(3)
"""The tabs."""
BOTH_FROM = 34
"""From this many lines the open alerts and the history are shown together."""
_FIRST_RANGE = next(at for at, each in enumerate(RANGES) if each.hours == 168)


class AlertsScreen(ListScreen):
    """Three tables, of which one is shown, and the selected row's card beside it."""

    AUTO_FOCUS = "#list"
    SHARED = "#tables"
    BINDINGS: ClassVar[Sequence[BindingType]] = [*LIST_KEYS, *CHART_KEYS, *MUTED_KEYS]

    def __init__(self) -> None:
        super().__init__()
        self._tab = ACTIVE
        self._range = _FIRST_RANGE
        self._versions: tuple[object, ...] = ()
        self._muted_by: tuple[object, ...] | None = None

    def body(self) -> Iterable[Widget]:
        """The tabs, the tables and the preview."""
        look = self.look
        yield TabLine(look=look, id="tabs")
        with Horizontal(id="beside"):
            with Vertical(id="tables"):
                yield AlertTable(look=look, id="list")
                history, muted = HistoryTable(look=look, id="history"), MutedTable(look=look, id="muted")
                history.display = muted.display = False
                yield history
                yield muted
                day = FactLines("OVER TIME", look=look, id="day")
                day.display = False
                yield day
            yield Preview(id="preview")
        yield InfoLine(look=look, id="info")

    def on_mount(self) -> None:
        """Prepare for loading."""
        self._loader, self._muted_loader = Loader(self.host), Loader(self.host)

    @property
    def tab(self) -> int:
        """The chosen tab."""
        return self._tab

    @property
    def alerts(self) -> AlertTable:
        """The open alerts, and those that ended within the hour."""
        return self.query_one(AlertTable)

    @property
    def history(self) -> HistoryTable:
        """Those of the last days."""
        return self.query_one(HistoryTable)

    @property
    def muted(self) -> MutedTable:
        """Silences and planned work."""
        return self.query_one(MutedTable)

    def panes(self) -> Sequence[LiveTable[Any]]:
        """The tables behind the tabs."""
        return (self.alerts, self.history, self.muted)

    @property
    def pane(self) -> LiveTable[Any]:
        """The shown table."""
        return self.panes()[self._tab]

    def show_tab(self, tab: int) -> None:
        """Show another table."""
        self._tab = tab % 3
        self.share_lines()
        self.set_focus(self.pane)
        self._load_shown()
        self.refresh_keys()
        self.redraw()

    @property
    def _both(self) -> bool:
        """Whether the open alerts and the history stand below each other."""
        return self.size.height >= BOTH_FROM and self._tab != SILENCES

    def arrange_lines(self) -> None:
        """Show the tables of the tab, the open alerts as high as they are up to half of the room."""
        zoomed = self.has_class("-zoomed")
        both = self._both and not zoomed
        for at, pane in enumerate(self.panes()):
            pane.display = at == self._tab or (both and at in (ACTIVE, HISTORY))
            pane.set_class(zoomed and at == self._tab, "-zoom")
        above = min(self.alerts.model.total + 3, self.size.height // 2)
        self.alerts.styles.height = above if both else "1fr"
        self._share_history(above if both else None)
        self._make_room(self.size.width)

    def _lasted(self, alert: AlertView) -> float:
        if alert.duration_seconds is not None:
            return alert.duration_seconds
        return self.look.in_steps((self.now - alert.opened_at).total_seconds())

    def _share_history(self, above: int | None) -> None:
        """Below a short history its alerts stand over time, a strip for each subject.

        Args:
            above: Lines of the open alerts; ``None`` where the history does not stand below them.
        """
        history, day, now, span = self.history, self.query_one("#day", FactLines), self.now, RANGES[self._range]
        shown = []
        if above is not None:
            shown = [row for key in history.model.keys if (row := history.model.row(key)) is not None]
        rows, strips = 1 + len(shown), []
        if above is not None and rows < self.size.height:
            lasted = ((row, self._lasted(row)) for row in shown)
            left, width = self._shared_for.height - above - rows - 1, day.size.width or history.size.width
            begin = now - timedelta(hours=span.hours)
            strips = alert_rows(begin, now, lasted, left=left, width=width, look=self.look)
        if strips:
            day.title = f"OVER TIME  last {span.words}"
            day.show(strips)
        day.display = bool(strips)
        history.styles.height = rows if strips else "1fr"

    def _make_room(self, width: int) -> None:
        """Show the preview where there is room, and something to show."""
        super()._make_room(0 if self._tab == SILENCES else width)

    def on_resize(self, event: events.Resize) -> None:
        """Show one table or two."""
        self.share_lines()
        self._load_shown()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw a snapshot; load again what has changed."""
        self.alerts.show([*snapshot.alerts, *snapshot.recently_resolved], self.now)
        self.history.grow_older(self.now)
        self.share_lines()
        versions = tuple((each.id, each.version) for each in (*snapshot.alerts, *snapshot.recently_resolved))
        if versions != self._versions:
            self._versions = versions
            self._load_shown()
        muted = tuple((each.id, each.silenced_by, each.maintenance) for each in snapshot.alerts)
        if muted != self._muted_by:
            self._muted_by = muted
            self._load_muted()
        self._draw_tabs()
        self.tell_selected()
        self.show_preview(snapshot)

    def moment_changed(self) -> None:
        """Load for another moment."""
        super().moment_changed()
        self._muted_by = None
        self._load_shown()

    def relook(self) -> None:
        """Draw with other colours."""
        super().relook()
        self._draw_tabs()

    # What keys act on

    def selection(self) -> Selection:
        """The selected alert."""
        row = self.pane.model.selected_row
        if isinstance(row, AlertView):
            return Selection(alert_id=row.id, began=row.opened_at, runbook=row.runbook)
        if isinstance(row, Followers):
            return Selection(
                reason=f"{self.host.key_of('open')} shows the alerts that follow from {row.cause.subject}."
            )
        if isinstance(row, Silence | MaintenanceWindow):
            return Selection(reason=f"{self.host.key_of('end_muted')} ends it; other keys act on alerts.")
        return self.no_selection()

    def exported(self) -> Export:
        """The rows of the shown table."""
        rows, text = list(self.rows_shown()), self.pane.model.filter_text
        if self._tab == SILENCES:
            return muted_list([row for row in rows if isinstance(row, Silence | MaintenanceWindow)])
        return alert_list([row for row in rows if isinstance(row, AlertView | Followers)], text)

    def row_summary(self) -> str | None:
        """The selected row as text."""
        row = self.pane.model.selected_row
        if isinstance(row, Silence | MaintenanceWindow):
            return self.muted.summary(row)
        return f"{SEVERITY_WORDS[row.severity]} {row.subject}: {row.message}" if isinstance(row, AlertView) else None

    def row_document(self) -> object | None:
        """The selected row as its ``list --json`` has it."""
        row = self.pane.model.selected_row
        if isinstance(row, Silence | MaintenanceWindow):
            return muted_document(row)
        return alert_json(row) if isinstance(row, AlertView) else None

    def row_line(self, row: object) -> Runs:
        """The reason, or what is muted."""
        if isinstance(row, Followers):
            return facts.followers_line(row.cause, row.alerts, self.look)
        if isinstance(row, Silence | MaintenanceWindow):
            return [(self.muted.summary(row), self.look.palette.text)]
        if not isinstance(row, AlertView):
            return ()
        shown = self.host.view.shown
        subjects = {each.id: each.subject for each in shown.alerts} if shown is not None else {}
        follows = None if row.follows_from is None else follows_words(row.follows_from, subjects)
        return facts.alert_line(row, self.now, self.look, follows=follows)

    def card_of(self, key: str) -> Card | None:
        """The card of an alert, or of the cause of followers."""
        row = self.pane.model.row(key)
        alert = row.cause if isinstance(row, Followers) else row
        return AlertCard(alert.id, subject=alert.subject) if isinstance(alert, AlertView) else None

    async def open_row(self, pane: LiveTable[Any], key: str) -> None:
        """Open an alert, or unfold followers."""
        from amt_console.console.screens.alert_detail import AlertDetailScreen

        row = pane.model.row(key)
        if isinstance(row, Followers):
            self.alerts.toggle(row)
        elif isinstance(row, AlertView):
            await self.app.push_screen(AlertDetailScreen(row.id, subject=row.subject))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of a table work where it is shown."""
        if action == "range":
            return self._tab == HISTORY or self._both
        if action in ("end_muted", "plan_work"):
            return self._tab == SILENCES
        return True

    def action_pane(self, steps: int) -> None:
        """The next tab, or the previous one."""
        self.show_tab(self._tab + steps)

    @on(TabLine.Chosen)
    def _tab_chosen(self, event: TabLine.Chosen) -> None:
        self.show_tab(event.index)

    def action_range(self, steps: int) -> None:
        """A longer or shorter history."""
        wanted = moved(self._range, steps)
        if wanted == self._range:
            self.app.notify("There is no longer time." if steps > 0 else "There is no shorter time.", markup=False)
        else:
            self._range = wanted
            self._load_history()
            self._draw_tabs()

    def action_plan_work(self) -> None:
        """Announce planned work."""
        self.host.plan_work(self._load_muted)

    def action_end_muted(self) -> None:
        """End the selected silence or work."""
        row = self.muted.model.selected_row
        if row is None:
            self.app.notify("Select what to end first.", severity="warning", markup=False)
        else:
            self.host.end_muted(row, self._load_muted)

    # Loading

    def _load_shown(self) -> None:
        if self._tab == HISTORY or self._both:
            self._load_history()
        elif self._tab == SILENCES:
            self._load_muted()

    def _load_history(self) -> None:
        operations, span = self.host.operations, RANGES[self._range]
        query = AlertHistoryQuery(hours=span.hours, at=self.host.at)
        if operations is not None:
            self._loader.ask(
                lambda: operations.ask(query),
                partial(self._history_loaded, span.words),
                self._history_failed,
                query=query,
            )

    def _history_loaded(self, span: str, found: AlertHistory) -> None:
        if self.is_mounted:
            self.host.view.remember_ended(found.alerts)
            self.history.show(found.alerts, self.now, span=span, more=found.more)
            self.share_lines()
            self._draw_tabs()
            self.tell_selected()

    def _history_failed(self, reason: str) -> None:
        if self.is_mounted:
            self.history.show_failure(reason)

    def _load_muted(self) -> None:
        operations = self.host.operations
        if operations is not None:
            self._muted_loader.ask(
                partial(read_muted, operations, self.host.at), self._muted_loaded, self._muted_failed
            )

    def _muted_loaded(self, rows: tuple[Muted, ...]) -> None:
        if self.is_mounted:
            key = self.host.key_of
            hint = f"{key('silence')} silences, {key('plan_work')} plans work" if self.host.view.can_act else ""
            self.muted.show(rows, self.now, hint=hint)
            self._draw_tabs()
            self.tell_selected()

    def _muted_failed(self, reason: str) -> None:
        if self.is_mounted:
            self.muted.show_failure(reason, self.now)
            self._draw_tabs()

    def _draw_tabs(self) -> None:
        shown = self.host.view.shown
        opened = len(shown.alerts) if shown is not None else 0
        names = (
            f"ACTIVE {opened}",
            f"HISTORY {RANGES[self._range].words}",
            f"SILENCES {'?' if self.muted.failed else self.muted.model.total}",
        )
        self.query_one(TabLine).show(names, self._tab, hint=f"{self.host.key_of('next_pane')} switches")
