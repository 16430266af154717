"""The detail of a service: state, chart over a time range, phases of the response time, probes, changes, alerts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.bindings import CHART_KEYS
from amt_console.console.cards import facts, history
from amt_console.console.cards.history import RANGES
from amt_console.console.cards.value_lines import value_lines
from amt_console.console.exporting import Export, ReportsExport
from amt_console.console.screens.detail import DetailScreen
from amt_console.model import ServiceView, Snapshot
from amt_console.operations.protocol import ServiceDetail
from amt_console.text import STATE_WORDS, percent, safe_text
from widgets.chart import Chart
from widgets.fact_lines import FactLines
from widgets.uptime_bar import UptimeBar


class ServiceDetailScreen(DetailScreen):
    """Opened with enter on a service."""

    BINDINGS: ClassVar[Sequence[BindingType]] = list(CHART_KEYS)

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service
        self._range = 0
        self._detail: ServiceDetail | None = None
        self._view: ServiceView | None = None

    def body(self) -> Iterable[Widget]:
        """Head, chart and lists."""
        look = self.look
        locations = FactLines("SEEN FROM", look=look, id="locations")
        locations.display = False
        with VerticalScroll(id="detail", can_focus=True):
            yield FactLines(look=look, id="head")
            yield locations
            with Container(id="columns"):
                with Vertical(id="left"):
                    yield Chart(look=look, id="chart")
                    yield UptimeBar(look=look, id="uptime")
                    yield FactLines("LAST RESPONSE", look=look, id="phases")
                    values = FactLines("VALUES", look=look, id="values")
                    values.display = False
                    yield values
                    yield FactLines("FACTS", look=look, id="facts")
                with Vertical(id="right"):
                    yield FactLines("ALERTS", look=look, id="alerts-of")
                    yield FactLines("STATE CHANGES", look=look, id="changes")
                    yield FactLines("RECENT PROBES", look=look, id="probes")

    def selection(self) -> Selection:
        """This service and its worst open alert."""
        view = self._view
        if view is None or view.alert_id is None:
            return Selection(service=self._service, reason=f"{self._service} has no open alert.")
        return Selection(alert_id=view.alert_id, service=self._service)

    def row_summary(self) -> str | None:
        """The service as text."""
        view = self._view
        return f"{view.name} {STATE_WORDS[view.state]} {view.error or ''} {view.url}" if view else None

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Redraw the head; load the history again after a change of state."""
        view = next((service for service in snapshot.services if service.name == self._service), None)
        changed = self._view is not None and view is not None and view.state is not self._view.state
        self._view = view
        self._draw_head()
        if changed and self.is_current:
            self.load()

    def on_mount(self) -> None:
        """Start with the range that contains the incident."""
        shown = self.host.view.shown
        view = next((each for each in shown.services if each.name == self._service), None) if shown else None
        if shown is not None and view is not None:
            self._range = history.first_range(history.incidents(view, shown.alerts), self.now)

    def exported(self) -> Export:
        """The performance of this service over the range."""
        hours, words = RANGES[self._range]
        what = f"the last {words} of {safe_text(self._service, 40)}"
        return ReportsExport(what, ("performance",), hours, self._service)

    def load(self) -> None:
        """Load the history of the range."""
        operations = self.host.operations
        if operations is None:
            return
        hours = RANGES[self._range][0]
        self.host.job(lambda: operations.service(self._service, hours=hours, at=self.host.at), self._loaded)

    def action_range(self, step: int) -> None:
        """A longer or shorter time range."""
        wanted = min(max(self._range + step, 0), len(RANGES) - 1)
        if wanted != self._range:
            self._range = wanted
            self.load()

    def relook(self) -> None:
        """Redraw with other colours: the lines contain styles."""
        super().relook()
        self._draw_head()
        self._draw_history()

    def _loaded(self, detail: ServiceDetail) -> None:
        if not self.is_mounted:
            return
        self._detail = detail
        self._view = self._view or detail.service
        self._draw_head()
        self._draw_history()

    def _draw_head(self) -> None:
        if self._view is not None:
            self.query_one("#head", FactLines).show(facts.service_head(self._view, self.now, self.look))
            locations = self.query_one("#locations", FactLines)
            locations.display = bool(self._view.locations)
            locations.show(facts.seen_from(self._view.locations, self.now, self.look))

    def _draw_history(self) -> None:
        detail = self._detail
        if detail is None:
            return
        look, now = self.look, self.now
        name = RANGES[self._range][1]
        self.query_one(Chart).show(history.response_plot(detail, f"last {name}"))
        self.query_one(UptimeBar).show(detail.uptime, summary=_uptime_words(detail), span=name)
        newest = next((probe for probe in detail.probes if probe.response_time_ms is not None), None)
        self.query_one("#phases", FactLines).show(facts.phases(newest, look))
        values = self.query_one("#values", FactLines)
        values.display = bool(detail.values)
        values.show(value_lines(detail.values, look), note=f"last {name}")
        self.query_one("#facts", FactLines).show(facts.labelled(detail.figures, look))
        self.query_one("#alerts-of", FactLines).show(facts.alerts(detail.alerts, now, look), note=f"last {name}")
        self.query_one("#changes", FactLines).show(facts.changes(detail.changes[:12], now, look))
        self.query_one("#probes", FactLines).show(facts.probes(detail.probes[:20], now, look))


def _uptime_words(detail: ServiceDetail) -> str:
    """The uptime of the range, with the measured part."""
    covered = detail.coverage_percent
    if detail.uptime_percent is None:
        return "nothing was measured"
    if covered < 50:
        return f"not enough data: {covered:.0f} % of the time was measured"
    return percent(detail.uptime_percent, 2) + (f" of the {covered:.0f} % that was measured" if covered < 90 else "")
