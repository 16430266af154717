"""One alert: who has it, what the service answered, its subject's chart over the incident, facts, and the story."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from textual.containers import Container, Vertical, VerticalScroll
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.cards import facts, history
from amt_console.console.exporting import Export, ListExport, ReportsExport
from amt_console.console.screens.detail import DetailScreen
from amt_console.console.screens.seen import sections_of
from amt_console.model import AlertDetail, Snapshot
from amt_console.operations.evidence_facts import evidence_facts
from amt_console.operations.json_views import alert_detail_json
from amt_console.operations.protocol import ServiceDetail
from amt_console.text import SEVERITY_WORDS, near_moment
from widgets.cells import Runs
from widgets.chart import Chart
from widgets.fact_lines import FactLines

LAST_HOUR = "LAST HOUR"
INCIDENT = "INCIDENT"
"""Heading of the chart where the last hour does not contain the incident."""


class AlertDetailScreen(DetailScreen):
    """Opened with enter on an alert."""

    ALSO_OFFERED = frozenset({"unacknowledge", "claim", "snooze", "note", "silence"})

    def __init__(self, alert_id: int) -> None:
        super().__init__()
        self._alert_id = alert_id
        self._detail: AlertDetail | None = None
        self._history: ServiceDetail | None = None
        self._window: history.IncidentWindow | None = None
        self._version: tuple[object, ...] = ()

    def body(self) -> Iterable[Widget]:
        """Head, answer, chart, facts and timeline."""
        look = self.look
        answer = FactLines("BODY", look=look, id="answer", wrap_at=0)
        heading, chart = FactLines(LAST_HOUR, look=look, id="window"), Chart(look=look, id="chart")
        evidence = FactLines("PHASE", look=look, id="evidence")
        others, runbook = (
            FactLines("ALSO", look=look, id="also"),
            FactLines("RUNBOOK", look=look, id="runbook", wrap_at=0),
        )
        for optional in (answer, heading, chart, evidence, others, runbook):
            optional.display = False
        with VerticalScroll(id="detail", can_focus=True):
            yield FactLines(look=look, id="head", wrap_at=0)
            yield FactLines("WHY", look=look, id="why", wrap_at=0)
            yield answer
            with Container(id="columns"):
                with Vertical(id="left"):
                    yield heading
                    yield chart
                    yield FactLines("FACTS", look=look, id="facts")
                    yield evidence
                with Vertical(id="right"):
                    yield others
                    yield runbook
                    yield FactLines("STORY", look=look, id="timeline", wrap_at=facts.EVENT_INDENT)

    def selection(self) -> Selection:
        """This alert, and its subject if that is a service."""
        if self._detail is None:
            return Selection(alert_id=self._alert_id)
        return Selection(alert_id=self._alert_id, service=self._service())

    def _service(self) -> str | None:
        """The subject, if it is a service."""
        subject = self._detail.episode.subject if self._detail is not None else None
        shown = self.host.view.shown
        return next((each.name for each in shown.services if each.name == subject), None) if shown else None

    def row_summary(self) -> str | None:
        """The alert as text."""
        if self._detail is None:
            return None
        episode = self._detail.episode
        return f"{SEVERITY_WORDS[episode.severity]} {episode.subject}: {episode.message}"

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Load the alert again if its version, its openness or its cause changed."""
        view = next((alert for alert in snapshot.alerts if alert.id == self._alert_id), None)
        cause = next((alert for alert in snapshot.alerts if view is not None and alert.id == view.follows_from), None)
        version = tuple((each.version, each.silenced_by, each.maintenance) if each else None for each in (view, cause))
        if version != self._version:
            self._version = version
            self._load_alert(self._loaded)
        self._draw()

    def exported(self) -> Export:
        """The draft of a post-mortem; far from the database the lines, or the document of ``alerts show --json``."""
        if self.host.view.facts.reports is not None and self.host.at is None and not self.host.view.paused:
            return ReportsExport(f"the incident of alert {self._alert_id}", incident=self._alert_id)
        document = {} if self._detail is None else alert_detail_json(self._detail)
        return ListExport(f"alert {self._alert_id}", f"alert-{self._alert_id}", document, sections=sections_of(self))

    def load(self) -> None:
        """Load the episode with its events, then the history of its subject."""
        self._load_alert(self._loaded_first)

    def _load_alert(self, done: Callable[[AlertDetail], None]) -> None:
        operations = self.host.operations
        if operations is not None:
            self.host.job(lambda: operations.alert(self._alert_id, at=self.host.at), done)

    def _loaded_first(self, detail: AlertDetail) -> None:
        self._loaded(detail)
        self._load_history()

    def _load_history(self) -> None:
        operations, service = self.host.operations, self._service()
        if operations is None or service is None or self._detail is None:
            return
        window = history.window_of(self._detail.episode, self.now)
        at = self.host.at if window.open_end else window.end
        self.host.job(
            lambda: operations.service(service, hours=window.hours, at=at), partial(self._loaded_history, window)
        )

    def _loaded_history(self, window: history.IncidentWindow, found: ServiceDetail) -> None:
        if self.is_mounted:
            self._window, self._history = window, found
            self._draw_history()

    def relook(self) -> None:
        """Redraw with other colours: the lines contain styles."""
        super().relook()
        self._draw()
        self._draw_history()

    def _loaded(self, detail: AlertDetail) -> None:
        if self.is_mounted:
            self._detail = detail
            self._draw()

    def _draw(self) -> None:
        detail = self._detail
        if detail is None:
            return
        now, look = self.now, self.look
        take_key = self.host.key_of("acknowledge") if self.host.view.can_act else None
        self.query_one("#head", FactLines).show(facts.alert_head(detail, now, look, take_key=take_key))
        self.query_one("#why", FactLines).show(facts.alert_why(detail.episode, look, why_key=self.host.key_of("why")))
        shown = self.host.view.shown
        also = facts.also(detail, shown.alerts if shown is not None else (), now, look)
        self._show_optional("#also", also)
        runbook = detail.episode.runbook
        self._show_optional("#runbook", [[(look.value(runbook), look.palette.accent)]] if runbook else [])
        answer = self.query_one("#answer", FactLines)
        answer.display = detail.alert.answer is not None
        if detail.alert.answer is not None:
            kept = look.local(detail.alert.answer.at)
            answer.show(facts.answer(detail.alert.answer, look), note=f"answered at {kept:%H:%M:%S}")
        evidence = self.query_one("#evidence", FactLines)
        evidence.display = detail.evidence is not None
        if detail.evidence is not None:
            seen = look.local(detail.evidence.at)
            evidence.show(facts.labelled(evidence_facts(detail.evidence), look), note=f"first failure {seen:%H:%M:%S}")
        self.query_one("#facts", FactLines).show(facts.alert_facts(detail.episode, now, look))
        self.query_one("#timeline", FactLines).show(facts.timeline(detail, look), note=f"{len(detail.events)} events")

    def _show_optional(self, section: str, lines: Sequence[Runs]) -> None:
        """Show a section that has lines."""
        found = self.query_one(section, FactLines)
        found.display = bool(lines)
        found.show(lines)

    def _draw_history(self) -> None:
        window, found, look = self._window, self._history, self.look
        if window is None or found is None:
            return
        chart, heading = self.query_one(Chart), self.query_one("#window", FactLines)
        chart.display = heading.display = True
        end = "now" if window.open_end else near_moment(window.end, self.now, look.zone)
        note = "" if window.last_hour else f"{near_moment(window.start, self.now, look.zone)} to {end}"
        heading.title = LAST_HOUR if window.last_hour else INCIDENT
        heading.show((), note=note)
        episode = self._detail.episode if self._detail is not None else None
        chart.show(history.response_plot(found, found.service.name, episode))
