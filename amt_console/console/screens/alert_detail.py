"""One alert: everything that is known about it, and everything that happened to it."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import Container, Vertical, VerticalScroll
from textual.widget import Widget

from amt_console.console.actions import Selection
from amt_console.console.screens import facts
from amt_console.console.screens.detail import DetailScreen
from amt_console.model import AlertDetail, Snapshot
from amt_console.text import SEVERITY_WORDS
from widgets.fact_lines import FactLines


class AlertDetailScreen(DetailScreen):
    """Reached with enter on an alert."""

    ALSO_OFFERED = frozenset({"unacknowledge", "note"})

    def __init__(self, alert_id: int) -> None:
        super().__init__()
        self._alert_id = alert_id
        self._detail: AlertDetail | None = None
        self._version: tuple[int | None, ...] = ()

    def body(self) -> Iterable[Widget]:
        """Head, facts and timeline."""
        look = self.look
        answer = FactLines("BODY", look=look, id="answer", wrap_at=0)
        answer.display = False
        with VerticalScroll(id="detail", can_focus=True):
            yield FactLines(look=look, id="head", wrap_at=0)
            yield answer
            with Container(id="columns"):
                with Vertical(id="left"):
                    yield FactLines("FACTS", look=look, id="facts")
                with Vertical(id="right"):
                    yield FactLines("STORY", look=look, id="timeline", wrap_at=facts.EVENT_INDENT)

    def selection(self) -> Selection:
        """This alert, and its subject if that is a service."""
        if self._detail is None:
            return Selection(alert_id=self._alert_id)
        subject = self._detail.episode.subject
        shown = self.host.view.shown
        known = shown is not None and any(service.name == subject for service in shown.services)
        return Selection(alert_id=self._alert_id, service=subject if known else None)

    def row_summary(self) -> str | None:
        """The alert as text."""
        if self._detail is None:
            return None
        episode = self._detail.episode
        return f"{SEVERITY_WORDS[episode.severity]} {episode.subject}: {episode.message}"

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Read the alert again when its version moved, it left the open ones, or it follows from another one."""
        view = next((alert for alert in snapshot.alerts if alert.id == self._alert_id), None)
        cause = next((alert for alert in snapshot.alerts if view is not None and alert.id == view.follows_from), None)
        version = tuple(alert.version if alert is not None else None for alert in (view, cause))
        if version != self._version:
            self._version = version
            self.load()
        self._draw()

    def load(self) -> None:
        """Read the episode with its events."""
        operations = self.host.operations
        if operations is not None:
            self.host.job(lambda: operations.alert(self._alert_id, at=self.host.at), self._loaded)

    def relook(self) -> None:
        """Draw with other colours: the facts hold styles of their own."""
        super().relook()
        self._draw()

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
        answer = self.query_one("#answer", FactLines)
        answer.display = detail.alert.answer is not None
        if detail.alert.answer is not None:
            kept = look.local(detail.alert.answer.at)
            answer.show(facts.answer(detail.alert.answer, look), note=f"answered at {kept:%H:%M:%S}")
        self.query_one("#facts", FactLines).show(facts.alert_facts(detail.episode, now, look))
        self.query_one("#timeline", FactLines).show(facts.timeline(detail, look), note=f"{len(detail.events)} events")
