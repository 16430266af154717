"""Revenue, chatbot and users: newest figures, how they went, and what of the platform was down at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.bindings import CHART_KEYS
from amt_console.console.cards.figure_detail import FigureDetail
from amt_console.console.cards.loading import Loader
from amt_console.console.cards.ranges import LONG_RANGES, USUAL_LONG_RANGE, TimeRange, moved
from amt_console.console.exporting import Export, ReportsExport
from amt_console.console.layout import plan_business
from amt_console.console.screens.lists import ListScreen
from amt_console.model import FigureKind, Series, ServiceView, Snapshot
from amt_console.model.queries import BusinessQuery
from amt_console.model.queries.base import FEW_BUCKETS, MANY_BUCKETS
from amt_console.model.queries.business import BusinessHistory, FigureCourse
from amt_console.operations.json_views import iso
from amt_console.text import figure_text, safe_text
from widgets.cells import Run, Runs
from widgets.figures_panel import has_source
from widgets.info_line import InfoLine
from widgets.live_table import LiveTable
from widgets.plot.scale import all_known
from widgets.tables.figure_table import GROUPS, FigureRow, FigureTable, change_percent, change_words, value_words

RELOAD_SECONDS = 60.0
_STAGES = ((FEW_BUCKETS, False), (MANY_BUCKETS, False), (MANY_BUCKETS, True))
"""Buckets, and whether with projections: a quick picture, the fine one, then what takes longest."""
_NOTHING: Mapping[str, tuple[Series, float | None]] = {}


@dataclass(frozen=True, slots=True)
class _Window:
    """What is loaded: a range, as of a moment."""

    span: TimeRange
    at: datetime | None


class BusinessScreen(ListScreen):
    """A table for each group, and the selected figure in full: below them, beside them, or one for each group."""

    BINDINGS: ClassVar[Sequence[BindingType]] = list(CHART_KEYS)
    AUTO_FOCUS = "#revenue"

    def __init__(self) -> None:
        super().__init__()
        self._range = USUAL_LONG_RANGE
        self._history: BusinessHistory | None = None
        self._courses: dict[FigureKind, dict[str, tuple[Series, float | None]]] = {}
        self._failure = ""
        self._asked: _Window | None = None
        self._drawn: _Window | None = None
        """The window of the history."""
        self._loaded_at = float("-inf")

    def body(self) -> Iterable[Widget]:
        """Tables and details."""
        look = self.look
        self._loader = Loader(self.host)
        with Container(id="business"):
            with Container(id="groups"):
                for group in GROUPS:
                    yield FigureTable(group, look=look, id=group.KIND.value)
            with Container(id="figure-details"):
                for group in GROUPS:
                    yield FigureDetail(group, look=look, id=f"detail-{group.KIND.value}")
        yield InfoLine(look=look, id="info")

    def panes(self) -> Sequence[LiveTable[Any]]:
        """Revenue, chatbot, users."""
        return tuple(self.query(FigureTable))

    @property
    def table(self) -> FigureTable:
        """The selected group."""
        pane = self.pane
        assert isinstance(pane, FigureTable)
        return pane

    @property
    def span(self) -> TimeRange:
        """The range."""
        return LONG_RANGES[self._range]

    def service_of(self, kind: FigureKind) -> ServiceView | None:
        """The service whose answer is read for a group."""
        shown = self.host.view.shown
        services = shown.services if shown is not None else ()
        return next((each for each in services if each.figures is kind), None)

    # Loading

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw the newest figures; load again for another moment, and from time to time."""
        host, now = self.host, self.now
        for table in self.query(FigureTable):
            courses = self._courses.get(table.kind, _NOTHING)
            table.show(snapshot.figures.get(table.kind), snapshot.figure_faults.get(table.kind), courses, now)
        if host.operations is not None and self.is_current:
            old = host.clock.monotonic() - self._loaded_at >= RELOAD_SECONDS
            if self._asked is None or self._asked.at != host.at:
                self.load()
            elif old and (host.at is None or self._loader.failed) and not (host.view.paused or self._loader.running):
                self._ask(self._asked, len(_STAGES) - 1)
        self.tell_selected()

    def moment_changed(self) -> None:
        """Load for another moment."""
        self.load()

    def load(self) -> None:
        """Load the range: quickly with few buckets, then with many, then with projections."""
        if self.host.operations is not None:
            self._asked = _Window(self.span, self.host.at)
            self._ask(self._asked, 0)

    def _ask(self, window: _Window, stage: int) -> None:
        operations = self.host.operations
        if operations is None:
            return
        buckets, projections = _STAGES[stage]
        query = BusinessQuery(window.span.hours, buckets, projections, at=window.at)
        self._loaded_at = self.host.clock.monotonic()
        self._loader.ask(
            lambda: operations.ask(query), partial(self._loaded, window, stage), partial(self._failed, window)
        )

    def _loaded(self, window: _Window, stage: int, history: BusinessHistory) -> None:
        if not self.is_mounted or window != self._asked:
            return
        self._history, self._drawn, self._failure = history, window, ""
        self._courses = {
            kind: {
                name: (all_known(each.values), change_percent(each.first, each.last)) for name, each in courses.items()
            }
            for kind, courses in history.figures.items()
        }
        self.redraw()
        if history.figures and stage + 1 < len(_STAGES):  # outages are the same at any stage
            self._ask(window, stage + 1)

    def _failed(self, window: _Window, why: str) -> None:
        if self.is_mounted and window == self._asked:
            self._failure = why
            if window != self._drawn:
                self._history, self._courses = None, {}
            self.redraw()

    # Drawing

    def on_resize(self, event: events.Resize) -> None:
        """Arrange for the size."""
        self.show_preview(None)

    def show_preview(self, snapshot: Snapshot | None) -> None:
        """Share the room, and show the selected figure of each visible group in full."""
        if not self.is_mounted or not self.query(FigureDetail):
            return
        self._arrange()
        shown = self.host.view.shown
        window = self._drawn.span.words if self._drawn is not None and not self._failure else self.span.words
        for table, detail in zip(self.query(FigureTable), self.query(FigureDetail), strict=True):
            if detail.display and shown is not None:
                detail.show(
                    table.chosen(),
                    self._history,
                    shown.figures,
                    self.now,
                    window=window,
                    failure=self._failure,
                    has_source=has_source(shown.figures.get(table.kind), shown.figure_faults.get(table.kind)),
                    look=self.look,
                )

    def _arrange(self) -> None:
        zoomed, selected = self.has_class("-zoomed"), self.pane
        tables = tuple(self.query(FigureTable))
        bars = 2 + int(self.query_one("#title").size.height or 1)
        plan = plan_business(
            self.size.width,
            self.size.height - bars,
            rows=[max(1, table.model.total) for table in tables],
            selected=tables.index(self.table),
            zoomed=zoomed,
        )
        for name in ("-stacked", "-two", "-three"):
            self.set_class(plan.arrangement == name, name)
        for table, detail, lines in zip(tables, self.query(FigureDetail), plan.lines, strict=True):
            table.display = not zoomed or table is selected
            detail.display = table is selected or plan.arrangement == "-three"
            if table.styles.height is None or table.styles.height.value != lines:
                table.styles.height = lines

    def relook(self) -> None:
        """Draw again with other colours."""
        super().relook()
        self.redraw()

    def row_line(self, row: object) -> Runs:
        """The figure in full: value, change, age, where it is read, what is wrong with it."""
        if not isinstance(row, FigureRow):
            return ()
        look, palette = self.look, self.look.palette
        if row.fault:
            return [(row.fault, palette.warning)]
        runs: list[Run] = [(f"{row.shown.label} ", palette.strong)]
        if row.value is None:
            runs.append((f"{look.missing} {row.figure.reason or 'no number'}", palette.muted))
        else:
            runs.append((value_words(row), palette.text))
        first = self._first(row)
        if row.change_percent is not None and first is not None:
            was = f"{figure_text(first, row.shown.unit)} {self.span.words} ago"
            runs += [(f"  {change_words(row.change_percent, look)}", palette.text), (f" from {was}", palette.muted)]
        if row.figure.suspect:
            runs.append((f"{look.dot}{row.figure.suspect}", palette.warning))
        return [*runs, *self._source(row)]

    def _source(self, row: FigureRow) -> Runs:
        """When the figure was read, and from which service in which state."""
        look, palette = self.look, self.look.palette
        shown, service = self.host.view.shown, self.service_of(row.kind)
        read = shown.figures.get(row.kind) if shown is not None else None
        runs: list[Run] = []
        if read is not None:
            runs.append((f"{look.dot}read {look.ago_words(read.timestamp, self.now)}", palette.muted))
        if service is not None:
            runs += [(f" from {service.name} ", palette.muted), look.state(service.state)]
        return runs

    def _first(self, row: FigureRow) -> float | None:
        history = self._history
        course = history.figures.get(row.kind, {}).get(row.name) if history is not None else None
        return course.first if course is not None else None

    def suggestion(self) -> Runs:
        """The figure that is drawn."""
        row = self.table.chosen()
        return () if row is None else self.row_line(row)

    # Keys

    def action_range(self, step: int) -> None:
        """A longer or shorter time range."""
        wanted = moved(self._range, step, LONG_RANGES)
        if wanted != self._range:
            self._range = wanted
            self.load()

    def action_pane(self, steps: int) -> None:
        """To the next group, also where one has the whole screen."""
        panes = self.panes()
        wanted = panes[(panes.index(self.pane) + steps) % len(panes)]
        wanted.display = True
        self.set_focus(wanted)

    def action_zoom(self) -> None:
        """Give the group the whole screen, or take it back."""
        self.set_class(not self.has_class("-zoomed"), "-zoomed")
        self.redraw()

    async def open_row(self, pane: LiveTable[Any], key: str) -> None:
        """Open the service that delivers the group."""
        from amt_console.console.screens.service_detail import ServiceDetailScreen

        assert isinstance(pane, FigureTable)
        service = self.service_of(pane.kind)
        if service is None:
            self.app.notify(f"No service is read for the figures of {pane.group.TITLE.lower()}.", markup=False)
        else:
            await self.app.push_screen(ServiceDetailScreen(service.name))

    def selection(self) -> Selection:
        """The service that delivers the group, and its worst alert."""
        service = self.service_of(self.table.kind)
        if service is None:
            return Selection(reason="There is nothing to act on here.")
        reason = f"{service.name} has no open alert." if service.alert_id is None else None
        return Selection(alert_id=service.alert_id, service=service.name, reason=reason, runbook=service.runbook)

    def exported(self) -> Export:
        """The dashboards of the range: that of the group which has the screen, or all three."""
        what = f"the last {self.span.words} of"
        if self.has_class("-zoomed"):
            title = self.table.group.TITLE.lower()
            return ReportsExport(f"{what} {title}", (self.table.kind.value,), self.span.hours)
        parts = tuple(group.KIND.value for group in GROUPS)
        return ReportsExport(f"{what} revenue, chatbot and users", parts, self.span.hours)

    def row_summary(self) -> str | None:
        """The figure as text."""
        row = self.table.chosen()
        return None if row is None else safe_text("".join(text for text, _ in self.row_line(row)))

    def row_document(self) -> object | None:
        """The figure, with its course over the range."""
        row = self.table.chosen()
        if row is None:
            return None
        history, shown = self._history, self.host.view.shown
        course = history.figures.get(row.kind, {}).get(row.name) if history is not None else None
        read = shown.figures.get(row.kind) if shown is not None else None
        projection = course.projection if course is not None else None
        points = [{**asdict(each), "at": iso(each.at)} for each in projection.points] if projection is not None else []
        return {
            "kind": row.kind.value,
            "name": row.name,
            "value": row.value,
            "unit": row.figure.unit or row.shown.unit.value,
            "read_at": iso(read.timestamp) if read is not None else None,
            "missing": row.figure.reason if row.value is None else None,
            "suspect": row.figure.suspect,
            "hours": self.span.hours,
            "first": course.first if course is not None else None,
            "change_percent": row.change_percent,
            "projection": None if projection is None else {**asdict(projection), "points": points},
        }


def _known_courses(courses: Mapping[str, FigureCourse]) -> dict[str, tuple[Series, float | None]]:
    """Values and change of each figure, without what is no number."""
    return {
        name: (all_known(course.values), change_percent(course.first, course.last)) for name, course in courses.items()
    }
