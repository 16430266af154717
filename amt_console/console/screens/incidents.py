"""Past and present incidents: how long they lasted, and who handled them how fast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.bindings import CHART_KEYS
from amt_console.console.cards.base import Card
from amt_console.console.cards.loading import Answer
from amt_console.console.cards.preview import Preview
from amt_console.console.cards.ranges import LONG_RANGES, USUAL_LONG_RANGE, moved
from amt_console.console.exporting import Export, ListExport
from amt_console.console.screens.lists import ListScreen
from amt_console.console.strips.state_rows import alert_rows
from amt_console.model import Snapshot
from amt_console.model.queries import IncidentsQuery
from amt_console.model.queries.incidents import IncidentHistory, IncidentRow
from amt_console.operations.json_views import alert_json
from amt_console.text import duration, plural, reason_of, safe_text
from widgets.cells import Runs, joined
from widgets.fact_lines import FactLines
from widgets.info_line import InfoLine
from widgets.live_table import LiveTable
from widgets.look import Look
from widgets.tables.incident_table import IncidentTable

COLUMNS = (
    "id",
    "severity",
    "subject",
    "opened_at",
    "resolved_at",
    "lasted_seconds",
    "acknowledged_after_seconds",
    "people",
)


class IncidentsScreen(ListScreen):
    """The table of incidents with their figures above, and the story of the selected one beside it."""

    BINDINGS: ClassVar[Sequence[BindingType]] = list(CHART_KEYS)
    AUTO_FOCUS = "#list"
    SHARED = "#panes"

    def __init__(self) -> None:
        super().__init__()
        self._range = USUAL_LONG_RANGE
        self._alerts: tuple[object, ...] | None = None

    def body(self) -> Iterable[Widget]:
        """The figures, the table and the preview."""
        look = self.look
        self._history = Answer[IncidentHistory](self.host, self, self._draw)
        yield FactLines(look=look, id="figures", wrap_at=0)
        with Horizontal(id="beside"):
            with Vertical(id="panes"):
                yield IncidentTable(look=look, id="list")
                day = FactLines("OVER TIME", look=look, id="day")
                day.display = False
                yield day
            yield Preview(id="preview")
        yield InfoLine(look=look, id="info")

    @property
    def table(self) -> IncidentTable:
        """The table."""
        return self.query_one(IncidentTable)

    def panes(self) -> Sequence[LiveTable[Any]]:
        """The table."""
        return (self.table,)

    def on_mount(self) -> None:
        """Say that it is being read."""
        self._draw_figures()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Load again when an alert began, ended or changed hands."""
        alerts = tuple((each.id, each.version) for each in (*snapshot.alerts, *snapshot.recently_resolved))
        if alerts != self._alerts:
            self._alerts = alerts
            self.load()
        self.table.grow_older(self.now)
        self.show_preview(snapshot)
        self.share_lines()

    def arrange_lines(self) -> None:
        """A short list leaves room for the incidents over time, a strip for each subject."""
        table, day, history = self.table, self.query_one("#day", FactLines), self._history.value
        rows = 1 + max(1, len(table.model.keys))
        strips = []
        if history is not None and not self.has_class("-zoomed"):
            lasted = ((row.alert, row.lasted_seconds) for row in history.incidents)
            left, width = self._shared_for.height - rows, day.size.width or table.size.width
            strips = alert_rows(history.start, history.end, lasted, left=left, width=width, look=self.look)
        day.display = bool(strips)
        if strips:
            day.title = f"OVER TIME  last {LONG_RANGES[self._range].words}"
            day.show(strips)
            table.styles.height = rows
        else:
            table.styles.clear_rule("height")

    def moment_changed(self) -> None:
        """Load for another moment."""
        super().moment_changed()
        self.load()

    def load(self) -> None:
        """Load the incidents of the range."""
        operations = self.host.operations
        if operations is None:
            return
        query = IncidentsQuery(hours=LONG_RANGES[self._range].hours, at=self.host.at)
        self._history.ask(lambda: operations.ask(query), query=query)

    def action_range(self, step: int) -> None:
        """A longer or shorter time range."""
        wanted = moved(self._range, step, LONG_RANGES)
        if wanted != self._range:
            self._range = wanted
            self._draw_figures()
            self.load()

    def selection(self) -> Selection:
        """The alert of the selected incident."""
        row = self.table.model.selected_row
        if row is None:
            return self.no_selection()
        return Selection(alert_id=row.alert.id, began=row.alert.opened_at, runbook=row.alert.runbook)

    def exported(self) -> Export:
        """The rows."""
        rows = [_document(row) for row in self.rows_shown() if isinstance(row, IncidentRow)]
        count = plural(len(rows), "incident")
        return ListExport(f"{count} of the last {LONG_RANGES[self._range].words}", "incidents", rows, COLUMNS)

    def row_summary(self) -> str | None:
        """The selected incident as text."""
        row = self.table.model.selected_row
        if row is None:
            return None
        began = f"{self.look.local(row.alert.opened_at):%Y-%m-%d %H:%M:%S %Z}"
        return f"{row.alert.subject}: {row.alert.message} (began {began}, lasted {duration(row.lasted_seconds)})"

    def row_document(self) -> object | None:
        """The selected incident."""
        row = self.table.model.selected_row
        return None if row is None else _document(row)

    def row_line(self, row: object) -> Runs:
        """Subject, reason, last note."""
        if not isinstance(row, IncidentRow):
            return ()
        palette, alert = self.look.palette, row.alert
        note = [(f"{self.look.dot}{safe_text(row.last_note)}", palette.muted)] if row.last_note else []
        return [(f"{alert.subject}: ", palette.strong), (reason_of(alert.message, alert.subject), palette.text), *note]

    def card_of(self, key: str) -> Card | None:
        """The story of the incident."""
        from amt_console.console.cards.alert_card import AlertCard

        return AlertCard(int(key))

    async def open_row(self, pane: LiveTable[Any], key: str) -> None:
        """Open the incident as a story."""
        from amt_console.console.screens.alert_detail import AlertDetailScreen

        await self.app.push_screen(AlertDetailScreen(int(key)))

    def relook(self) -> None:
        """Draw again with other colours."""
        super().relook()
        self._draw_figures()

    def _draw(self) -> None:
        if self._history.value is not None:
            self.table.show(self._history.value)
            self.tell_selected()
            self.share_lines()
        self._draw_figures()

    def _draw_figures(self) -> None:
        shown = self.query_one("#figures", FactLines)
        palette, name = self.look.palette, f"last {LONG_RANGES[self._range].words}"
        history = self._history
        if history.failure:
            shown.show([[(f"{name}: cannot be read: {history.failure}", palette.critical)]])
        elif history.value is None:
            shown.show([[(f"{name}: reading{self.look.ellipsis}", palette.muted)]])
        else:
            shown.show([figure_runs(history.value, name, self.look)])


def figure_runs(history: IncidentHistory, name: str, look: Look) -> Runs:
    """How many, how fast they were taken, how long they lasted."""
    palette = look.palette
    count = f"{len(history.incidents)}{'+' if history.more else ''}"
    parts: list[Runs] = [
        [(f"{name}: ", palette.muted), (f"{count} incident{'' if count == '1' else 's'}", palette.strong)]
    ]
    for label, seconds in (("MTTA", history.mtta_seconds), ("MTTR", history.mttr_seconds)):
        if seconds is not None:
            parts.append([(f"{label} ", palette.muted), (duration(seconds), palette.text)])
    if history.unacknowledged:
        parts.append([(f"{history.unacknowledged} never acknowledged", palette.warning)])
    return joined(parts, (look.dot, palette.faint))


def _document(row: IncidentRow) -> dict[str, Any]:
    """One incident as JSON."""
    facts = asdict(row)
    del facts["alert"]
    return {**alert_json(row.alert), **facts, "people": list(row.people)}
