"""Who did what, which messages went out, who looks, and how the monitor itself does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.bindings import CHART_KEYS
from amt_console.console.cards.loading import Answer
from amt_console.console.cards.ranges import TimeRange, moved
from amt_console.console.exporting import Export, ListExport
from amt_console.console.screens.lists import ListScreen
from amt_console.console.screens.monitor import presence_lines
from amt_console.console.strips.activity_rows import activity_rows, measured_plot
from amt_console.model import Snapshot
from amt_console.model.notifications import Delivery
from amt_console.model.queries import ActivityQuery
from amt_console.model.queries.activity import Activity, AuditLine, MonitorHealth
from amt_console.operations.json_views import iso
from amt_console.operations.notification_json import delivery_json
from amt_console.text import byte_size, duration, short_moment
from widgets.cells import Runs
from widgets.chart import Chart
from widgets.fact_lines import FactLines
from widgets.info_line import InfoLine
from widgets.live_table import LiveTable
from widgets.look import Look
from widgets.tables.audit_table import AuditTable
from widgets.tables.message_table import MessageTable

RANGES = (TimeRange(1, "1 h"), TimeRange(24, "24 h"), TimeRange(168, "7 d"), TimeRange(720, "30 d"))
USUAL_RANGE = 1
REFRESH_SECONDS = 10.0
_GAPS = 3
_BETWEEN = 1
"""Lines between two panels."""
_LEAST_CHART = 8
"""Lines of the measured time: its heading, the blank line above it, a chart with axes."""
_LABEL = 10
"""Cells of the labels of the monitor's health."""


class ActivityScreen(ListScreen):
    """The audit and the messages, with the people and the monitor above them or beside them."""

    BINDINGS: ClassVar[Sequence[BindingType]] = list(CHART_KEYS)
    AUTO_FOCUS = "#audit"
    SHARED = "#tables"

    def __init__(self) -> None:
        super().__init__()
        self._range = USUAL_RANGE

    def body(self) -> Iterable[Widget]:
        """People and monitor, then the two tables."""
        look = self.look
        self._activity = Answer[Activity](self.host, self, self._draw)
        with Horizontal(id="health"):
            yield FactLines("MONITOR", look=look, id="monitor", wrap_at=_LABEL)
            yield FactLines("WHO IS LOOKING", look=look, id="presence", wrap_at=0)
        with Vertical(id="tables"):
            yield AuditTable(look=look, id="audit")
            yield MessageTable(look=look, id="messages")
            day = FactLines("OVER TIME", look=look, id="day")
            measured = Vertical(FactLines("MEASURED", look=look, id="measured-over"), Chart(look=look), id="measured")
            day.display = measured.display = False
            yield day
            yield measured
        yield InfoLine(look=look, id="info")

    @property
    def audit(self) -> AuditTable:
        """The audit."""
        return self.query_one(AuditTable)

    @property
    def messages(self) -> MessageTable:
        """The messages."""
        return self.query_one(MessageTable)

    def panes(self) -> Sequence[LiveTable[Any]]:
        """Audit, then messages."""
        return self.audit, self.messages

    def usual_pane(self) -> LiveTable[Any]:
        """The first one with rows."""
        return self.audit if self.audit.can_focus else self.messages

    def on_mount(self) -> None:
        """Load now and every ``REFRESH_SECONDS``."""
        self.load()
        self.set_interval(REFRESH_SECONDS, self._reload)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw who looks."""
        self.query_one("#presence", FactLines).show(presence_lines(snapshot, self.now, self.look))

    def moment_changed(self) -> None:
        """Load for another moment."""
        super().moment_changed()
        self.load()

    def _reload(self) -> None:
        if self.is_current and not self.host.view.paused and self.host.at is None:
            self.load()

    def load(self) -> None:
        """Load the activity of the range."""
        operations = self.host.operations
        if operations is None:
            return
        query = ActivityQuery(hours=RANGES[self._range].hours, at=self.host.at)
        self._activity.ask(lambda: operations.ask(query), query=query)

    def action_range(self, step: int) -> None:
        """A longer or shorter time range."""
        wanted = moved(self._range, step, RANGES)
        if wanted != self._range:
            self._range = wanted
            self.load()

    def selection(self) -> Selection:
        """The alert of the selected message."""
        row = self.messages.model.selected_row if self.pane is self.messages else None
        if row is None:
            return Selection(reason="There is nothing to act on here.")
        return Selection(alert_id=row.alert_id, reason=None if row.alert_id else "This message is about no alert.")

    def exported(self) -> Export:
        """The rows of the pane."""
        name = "messages" if self.pane is self.messages else "audit"
        rows = [_document(row) for row in self.rows_shown()]
        return ListExport(f"{len(rows)} rows of {name}", name, rows, tuple(rows[0]) if rows else ())

    def row_summary(self) -> str | None:
        """The selected row as text."""
        row = self.pane.model.selected_row
        if isinstance(row, AuditLine):
            return self.audit.summary(row)
        return self.messages.summary(row) if isinstance(row, Delivery) else None

    def row_document(self) -> object | None:
        """The selected row as JSON."""
        row = self.pane.model.selected_row
        return None if row is None else _document(row)

    def row_line(self, row: object) -> Runs:
        """The row in full."""
        return [(self.row_summary() or "", self.look.palette.text)]

    def suggestion(self) -> Runs:
        """The range."""
        keys = f"{self.host.key_of('longer')} and {self.host.key_of('shorter')} change it"
        return [(f"the last {RANGES[self._range].words}; {keys}", self.look.palette.muted)]

    async def open_row(self, pane: LiveTable[Any], key: str) -> None:
        """Open the alert of a message."""
        from amt_console.console.screens.alert_detail import AlertDetailScreen

        row = pane.model.row(key)
        if isinstance(row, Delivery) and row.alert_id:
            await self.app.push_screen(AlertDetailScreen(row.alert_id))

    def relook(self) -> None:
        """Draw again with other colours."""
        super().relook()
        self._draw()
        self.redraw()

    def _draw(self) -> None:
        found, failure, look = self._activity.value, self._activity.failure, self.look
        monitor = self.query_one("#monitor", FactLines)
        if failure:
            monitor.show([[(f"cannot be read: {failure}", look.palette.critical)]])
        if found is None:
            return
        if not failure:
            monitor.show(health_lines(found.health, found, look), note=f"last {RANGES[self._range].words}")
        self.audit.show(found.audit, found.end, refused=found.audit_refused)
        self.messages.show(found.messages, found.end)
        self.tell_selected()
        self.share_lines()

    def arrange_lines(self) -> None:
        """Below two short tables their rows stand over time, and below them how much was measured."""
        size, measured = self._shared_for, self.query_one("#measured")
        day = self.query_one("#day", FactLines)
        found, words = self._activity.value, RANGES[self._range].words
        rows = [1 + max(1, len(pane.model.keys)) for pane in self.panes()]
        left = 0 if found is None or self.has_class("-zoomed") else size.height - sum(rows) - _BETWEEN
        strips: list[Runs] = []
        if found is not None and left > 0:
            width = day.size.width or size.width
            rooms = (left - _LEAST_CHART, left)
            drawn = (
                activity_rows(found, ActivityQuery().limit, left=room, width=width, look=self.look) for room in rooms
            )
            strips = next((each for each in drawn if each), [])
            left -= _BETWEEN + 1 + len(strips) if strips else 0
            day.title = f"OVER TIME  last {words}"
            day.show(strips)
        day.display = bool(strips)
        measured.display = left >= _LEAST_CHART
        if found is not None and measured.display:
            over = self.query_one("#measured-over", FactLines)
            over.title = f"MEASURED  last {words}"
            over.show((), note="part of the time of all services")
            self.query_one(Chart).show(measured_plot(found))
        for pane, lines in zip(self.panes(), rows, strict=True):
            if strips or measured.display:
                pane.styles.height = lines
            else:
                pane.styles.clear_rule("height")


def health_lines(health: MonitorHealth, activity: Activity, look: Look) -> list[Runs]:
    """Results and what was expected, messages, database, gaps."""
    palette = look.palette
    expected = health.expected_last_hour
    results = f"{health.results_last_hour:,}"
    results += f" of {expected:,} in an hour" if expected else " in an hour"
    short = expected is not None and health.results_last_hour < 0.95 * expected
    lines: list[Runs] = [
        [("results   ", palette.muted), (results, palette.warning if short else palette.text)],
        [
            ("messages  ", palette.muted),
            (f"{health.waiting_messages} waiting", palette.warning if health.waiting_messages else palette.text),
            (look.dot, palette.faint),
            (f"{health.dead_messages} given up", palette.critical if health.dead_messages else palette.text),
        ],
    ]
    if health.database_bytes is not None:
        lines.append([("database  ", palette.muted), (byte_size(health.database_bytes), palette.text)])
    for gap in health.gaps[:_GAPS]:
        begin = short_moment(gap.started_at, activity.end, look.zone)
        length = duration((gap.ended_at - gap.started_at).total_seconds())
        lines.append([("blind     ", palette.muted), (f"{begin}, {length}: {gap.reason.value}", palette.warning)])
    return lines


def _document(row: object) -> dict[str, Any]:
    """One row as JSON."""
    if isinstance(row, AuditLine):
        return {**asdict(row), "at": iso(row.at)}
    assert isinstance(row, Delivery)
    return delivery_json(row)
