"""The host: processor, memory, disks with the time until they are full, network, connections, and its alerts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.geometry import Size
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.bindings import CHART_KEYS, DETAIL_KEYS, LINK_KEYS
from amt_console.console.cards import resource_lines, service_lines
from amt_console.console.cards.loading import Loader
from amt_console.console.cards.ranges import LAST_HOUR, RANGES, TimeRange, first_range, moved
from amt_console.console.exporting import Export, ListExport
from amt_console.console.screens.base import ConsoleScreen
from amt_console.model import AlertState, AlertView, Snapshot
from amt_console.model.queries import AlertHistoryQuery, HostQuery
from amt_console.model.queries.base import FEW_BUCKETS, MANY_BUCKETS
from amt_console.model.queries.host import HostHistory
from amt_console.operations.json_views import alert_json, iso
from widgets.chart import Chart, Plot
from widgets.fact_lines import FactLines
from widgets.host_panel import HostLimits

DISK_SECONDS = 60.0
"""Seconds between two forecasts of the disks."""
_DISK_HOURS = 24.0
_THREE_FROM = 160
"""Cells from which three charts stand beside each other."""
_GAP_FROM = 30
"""Lines from which rows of charts have a blank line between them."""
_MOST_ALERTS = 3
_MOST_MARKS = 20
"""Alerts of a long range that are marked in a chart, the newest."""
_LEAST_FIGURES = 6
"""Lines of the table of figures without which it is left out."""


class ResourcesScreen(ConsoleScreen):
    """A grid of charts that fills the screen."""

    BINDINGS: ClassVar[Sequence[BindingType]] = [*DETAIL_KEYS[:3], *CHART_KEYS, *LINK_KEYS]

    def __init__(self) -> None:
        super().__init__()
        self._range: int | None = None
        self._history: HostHistory | None = None
        self._disks: HostHistory | None = None
        self._drawn: tuple[TimeRange, object] | None = None
        """Range and moment of the history."""
        self._ended: tuple[AlertView, ...] = ()
        """Alerts of a long range that are no more in the snapshot, for their marks."""
        self._drawn_for: tuple[Size, ...] = ()
        """Sizes of the panels."""
        self._faults: dict[str, str] = {}
        self._loaded_at = self._disks_at = float("-inf")
        self._chosen = 0
        self._chart: str | None = None
        """The marked chart."""
        self._loaders: tuple[Loader, Loader] | None = None

    def body(self) -> Iterable[Widget]:
        """A line about the host, its alerts, and the charts."""
        look = self.look
        with Vertical(id="host-screen"):
            yield FactLines("HOST", look=look, id="host-head", wrap_at=2)
            yield FactLines(look=look, id="host-alerts")
            with Container(id="host-grid"):
                for figure in resource_lines.FIGURES:
                    with Vertical():
                        yield FactLines(figure.title, look=look, id=f"{figure.name}-over")
                        yield Chart(look=look, id=figure.name)
                with Vertical():
                    yield FactLines("DISKS", look=look, id="disks", wrap_at=2)
                    yield FactLines(resource_lines.FIGURES_HEADING, look=look, id="host-figures")

    # Loading

    @property
    def span(self) -> TimeRange:
        """The range."""
        return RANGES[LAST_HOUR if self._range is None else self._range]

    def load(self) -> None:
        """Load the course of the range, a quick picture of a long one first; sometimes also the disks."""
        if self.host.operations is None or not self.is_mounted:
            return
        self._loaders = self._loaders or (Loader(self.host), Loader(self.host))
        window = (self.span, self.host.at)
        self._loaded_at = self.host.clock.monotonic()
        coarse = window[0].long and window != self._drawn
        self._load_course(window, FEW_BUCKETS if coarse else MANY_BUCKETS)

    def _load_course(self, window: tuple[TimeRange, object], most: int) -> None:
        operations, loaders = self.host.operations, self._loaders
        if operations is None or loaders is None:
            return
        query = HostQuery(hours=window[0].hours, most_buckets=most, at=self.host.at)
        subjects = self._subjects() if window[0].long and most == MANY_BUCKETS else ()

        def read() -> tuple[HostHistory, tuple[AlertView, ...]]:
            asked = (AlertHistoryQuery(query.hours, each, _MOST_MARKS, at=query.at) for each in subjects)
            return operations.ask(query), tuple(alert for each in asked for alert in operations.ask(each).alerts)

        done, failed = partial(self._loaded, window, most), partial(self._failed, window)
        loaders[0].ask(read, done, failed)

    def _subjects(self) -> tuple[str, ...]:
        """The subjects of alerts about what has a chart."""
        fullest = self._disks.disks[:1] if self._disks is not None else ()
        return "cpu", "memory", *(f"disk {each.mount}" for each in fullest)

    def _load_disks(self) -> None:
        operations = self.host.operations
        if operations is None or not self.is_mounted:
            return
        self._loaders = self._loaders or (Loader(self.host), Loader(self.host))
        self._disks_at = self.host.clock.monotonic()
        query = HostQuery(hours=_DISK_HOURS, most_buckets=MANY_BUCKETS, disks=True, at=self.host.at)
        self._loaders[1].ask(lambda: operations.ask(query), self._disks_loaded, self._disks_failed)

    def _loaded(
        self, window: tuple[TimeRange, object], most: int, found: tuple[HostHistory, tuple[AlertView, ...]]
    ) -> None:
        if not self.is_mounted:
            return
        history, self._ended = found
        if most < MANY_BUCKETS:
            self._load_course(window, MANY_BUCKETS)
        self._history, self._drawn = history, window
        self._faults.pop("course", None)
        self._draw()

    def _failed(self, window: tuple[TimeRange, object], why: str) -> None:
        if self.is_mounted:
            self._faults["course"] = why
            if window != self._drawn:
                self._history = self._drawn = None
            self._draw()

    def _disks_loaded(self, history: HostHistory) -> None:
        if self.is_mounted:
            self._disks = history
            self._faults.pop("disks", None)
            self._draw()

    def _disks_failed(self, why: str) -> None:
        if self.is_mounted:
            self._disks = None
            self._faults["disks"] = why
            self._draw()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw what the snapshot tells, and load again from time to time."""
        if self._range is None:
            opened = [each.opened_at for each in self._alerts if each.state is not AlertState.RESOLVED]
            self._range = first_range(opened, self.now)
        self._draw()
        host, now = self.host, self.host.clock.monotonic()
        first = self._loaded_at == float("-inf")
        failed = any(each.failed for each in self._loaders or ())
        if not first and (host.view.paused or (host.at is not None and not failed)):
            return
        if now - self._loaded_at >= self.span.reload_seconds:
            self.load()
        if now - self._disks_at >= DISK_SECONDS:
            self._load_disks()

    def moment_changed(self) -> None:
        """Load for another moment."""
        self.load()
        self._load_disks()

    # Drawing

    @property
    def _alerts(self) -> tuple[AlertView, ...]:
        shown = self.host.view.shown
        return () if shown is None else resource_lines.host_alerts(shown)

    def relook(self) -> None:
        """Draw again with other colours."""
        super().relook()
        self._draw()

    def on_mount(self) -> None:
        """Share the room."""
        self._fit(self.size.width, self.size.height)

    def on_resize(self, event: events.Resize) -> None:
        """Two or three charts beside each other."""
        self._fit(event.size.width, event.size.height)

    def _fit(self, width: int, height: int) -> None:
        self.set_class(width >= _THREE_FROM, "-three")
        self.set_class(height >= _GAP_FROM, "-gaps")

    def _sizes(self) -> tuple[Size, ...]:
        """Sizes that decide what is drawn."""
        headings = (self.query_one(f"#{figure.name}-over", FactLines) for figure in resource_lines.FIGURES)
        disks = self.query_one("#disks", FactLines)
        parent = disks.parent
        return (*(each.size for each in headings), disks.size, parent.size if isinstance(parent, Widget) else Size())

    def laid_out(self) -> None:
        """Draw for the sizes that the panels have taken."""
        if self._sizes() != self._drawn_for:
            self._draw()

    def _draw(self) -> None:
        self._drawn_for = self._sizes()
        shown, history, look, now = self.host.view.shown, self._history, self.look, self.now
        sample = shown.resources.sample if shown is not None else None
        alerts = self._alerts
        self._draw_alerts(alerts)
        known = {each.id for each in alerts}
        ended = tuple(each for each in self._ended if each.id not in known)
        words = (self._drawn[0] if self._drawn is not None else self.span).words
        head = self.query_one("#host-head", FactLines)
        head.title = f"HOST  last {words}"
        why = self._faults.get("course")
        head.show(
            [] if why is None else [[(f"cannot be read: {why}", look.palette.warning)]],
            note=resource_lines.head_note(sample, now, look, width=self.size.width - len(head.title) - 4),
        )
        for figure in resource_lines.FIGURES:
            limit = resource_lines.limit_of(figure, alerts)
            heading = self.query_one(f"#{figure.name}-over", FactLines)
            heading.marked = figure.name == self._chart
            width = heading.size.width or self.size.width // (3 if self.has_class("-three") else 2)
            heading.show((), note=resource_lines.note(figure, history, sample, limit, look, width=width))
            drawn = Plot() if history is None else resource_lines.plot(figure, history, alerts, ended)
            self.query_one(f"#{figure.name}", Chart).show(drawn)
        self._draw_disks()
        table = self.query_one("#host-figures", FactLines)
        lines = resource_lines.figure_lines(history, sample, look)
        room = table.parent.size.height if isinstance(table.parent, Widget) else 0
        left = room - self.query_one("#disks").size.height - 2
        table.display = left >= _LEAST_FIGURES
        table.show(lines[: max(0, left)])

    def _draw_disks(self) -> None:
        panel, look, why = self.query_one("#disks", FactLines), self.look, self._faults.get("disks")
        if why is not None:
            panel.show([[(f"cannot be read: {why}", look.palette.warning)]])
        elif self._disks is not None:
            disk = next(each for each in resource_lines.FIGURES if each.name == "disk")
            limit = resource_lines.limit_of(disk, self._alerts) or HostLimits().disk
            panel.show(resource_lines.disk_lines(self._disks.disks, limit, self.now, panel.size.width - 1, look))

    def _draw_alerts(self, alerts: Sequence[AlertView]) -> None:
        panel = self.query_one("#host-alerts", FactLines)
        most = _MOST_ALERTS if self.size.height >= _GAP_FROM else 1
        chosen = self._chosen_at(alerts)
        first = 0 if chosen is None else max(0, min(chosen, len(alerts) - most))
        lines = service_lines.alert_lines(alerts, chosen, self.now, self.look)[first : first + most]
        panel.display = bool(alerts)
        panel.show(lines if alerts else [])

    def _chosen_at(self, alerts: Sequence[AlertView]) -> int | None:
        return min(self._chosen, len(alerts) - 1) if alerts else None

    # Keys

    @property
    def chosen(self) -> AlertView | None:
        """The marked alert of the host."""
        alerts = self._alerts
        at = self._chosen_at(alerts)
        return None if at is None else alerts[at]

    def selection(self) -> Selection:
        """The marked alert."""
        chosen = self.chosen
        if chosen is None:
            return Selection(reason="The host has no alert.")
        return Selection(alert_id=chosen.id, began=chosen.opened_at, runbook=chosen.runbook)

    def exported(self) -> Export:
        """The course of the range."""
        rows = resource_lines.course_rows(self._history) if self._history is not None else []
        return ListExport(f"the host, last {self.span.words}", "resources", rows, resource_lines.ROW_COLUMNS)

    def row_summary(self) -> str | None:
        """The newest values, and when the fullest disk is full."""
        shown = self.host.view.shown
        if shown is None:
            return None
        disks = self._disks.disks if self._disks is not None else ()
        return resource_lines.summary(shown.resources.sample, disks, self.now, self.look)

    def row_document(self) -> object | None:
        """Mean and highest value of each figure in the range, the disks, the alerts."""
        history = self._history
        if history is None:
            return None
        disks = self._disks.disks if self._disks is not None else ()
        return {
            "start": iso(history.start),
            "end": iso(history.end),
            "metrics": {name: {"mean": each.mean, "high": each.high} for name, each in history.metrics.items()},
            "disks": [
                {
                    "mount": disk.mount,
                    "percent": disk.percent,
                    "free_bytes": disk.free_bytes,
                    "full_at": iso(disk.full_at),
                }
                for disk in disks
            ],
            "alerts": [alert_json(each) for each in self._alerts],
        }

    def action_range(self, step: int) -> None:
        """A longer or shorter time range."""
        before = LAST_HOUR if self._range is None else self._range
        wanted = moved(before, step)
        if wanted != before:
            self._range = wanted
            self.load()

    def action_next_link(self) -> None:
        """Mark the next alert of the host."""
        alerts = self._alerts
        if self._chart is not None:
            self._mark_chart(None, enlarged=False)
        elif alerts:
            self._chosen = ((self._chosen_at(alerts) or 0) + 1) % len(alerts)
            self._draw_alerts(alerts)

    async def action_open_link(self) -> None:
        """Open the marked alert; of a marked chart, and without an alert, enlarge the chart."""
        from amt_console.console.screens.alert_detail import AlertDetailScreen

        chosen = self.chosen
        if chosen is None or self._chart is not None:
            self.zoom()
        else:
            await self.app.push_screen(AlertDetailScreen(chosen.id))

    def action_scroll(self, steps: int) -> None:
        """Mark the next chart; the one that has the screen gives it to that."""
        names = [figure.name for figure in resource_lines.FIGURES]
        at = names.index(self._chart) + steps if self._chart in names else min(0, steps)
        self._mark_chart(names[at % len(names)], enlarged=self.has_class("-zoomed"))

    def zoom(self) -> None:
        """Give the marked chart, or the first one, the whole screen, or take it back."""
        self._mark_chart(self._chart or resource_lines.FIGURES[0].name, enlarged=not self.has_class("-zoomed"))

    def _mark_chart(self, name: str | None, *, enlarged: bool) -> None:
        self._chart = name
        self.set_class(enlarged, "-zoomed")
        for figure in resource_lines.FIGURES:
            panel = self.query_one(f"#{figure.name}").parent
            if isinstance(panel, Widget):
                panel.set_class(enlarged and figure.name == name, "-zoom")
        self._draw()

    async def action_back(self) -> None:
        """Take the screen back from a chart, then its mark; then to the overview."""
        if self.has_class("-zoomed") or self._chart is not None:
            self._mark_chart(self._chart if self.has_class("-zoomed") else None, enlarged=False)
        else:
            await self.host.leave_place()
