"""Everything about one service: its state and why, states and response times over a range, alerts, errors, facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from textual import events
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.message import Message
from textual.widget import Widget

from amt_console.console.cards import facts, service_lines
from amt_console.console.cards.base import Card
from amt_console.console.cards.loading import Loader
from amt_console.console.cards.ranges import LAST_HOUR, RANGES, TimeRange, first_range, incidents, moved
from amt_console.console.cards.service_plots import phases_plot, response_plot
from amt_console.console.cards.value_lines import value_lines
from amt_console.model import AlertDetail, AlertView, ServiceView, Snapshot
from amt_console.model.queries.base import FEW_BUCKETS, MANY_BUCKETS
from amt_console.operations.evidence_facts import evidence_facts
from amt_console.operations.protocol import ServiceDetail
from amt_console.text import STATE_WORDS, milliseconds
from widgets.cells import Runs
from widgets.chart import Chart
from widgets.fact_lines import FactLines
from widgets.state_strip import StateStrip

TWO_COLUMNS_FROM = 104
"""Cells from which charts and lists stand beside each other."""
_LEAST_CHART_LINES, _MOST_CHART_LINES = 7, 20
_PROBES = 20


@dataclass(frozen=True, slots=True)
class _Window:
    """What is loaded: a range, as of a moment."""

    span: TimeRange
    at: datetime | None


class ServiceCard(Card):
    """Everything about one service. Ranges from 15 minutes to 30 days; it loads again by itself."""

    DEFAULT_CSS = """
    ServiceCard { height: auto; }
    ServiceCard LineView { height: auto; margin-bottom: 1; }
    ServiceCard .-over { margin-bottom: 0; }
    ServiceCard Chart { height: 9; }
    ServiceCard .-columns { height: auto; }
    ServiceCard .-columns > Vertical { height: auto; width: 1fr; }
    ServiceCard.-two .-columns { layout: horizontal; }
    ServiceCard.-two .-left { margin-right: 2; }
    """

    class AlertsChanged(Message):
        """Another alert can be opened."""

    def __init__(self, service: str, *, links: bool = False) -> None:
        """Args:
        service: Its name.
        links: Mark the alert that a key opens.
        """
        super().__init__()
        self._links = links
        self._loaders: tuple[Loader, Loader] | None = None
        self._awaited = False
        """Whether the service before it stays drawn until this one is loaded."""
        self._left = False
        """Whether an answer is not drawn because another service was selected."""
        self._begin(service)

    def _begin(self, service: str) -> None:
        """Nothing is known of the service yet."""
        self.service = service
        self._range: int | None = None
        self._view: ServiceView | None = None
        self._detail: ServiceDetail | None = None
        self._alert: AlertDetail | None = None
        self._asked: _Window | None = None
        self._seen: tuple[datetime | None] | None = None
        """The moment of the newest snapshot."""
        self._drawn: _Window | None = None
        """The window of the detail."""
        self._faults: dict[str, str] = {}
        """By part of the card: why it cannot be read."""
        self._chosen = 0
        self._loaded_at = float("-inf")

    def compose(self) -> ComposeResult:
        """Head, strip, charts, lists; what has nothing to tell is hidden."""
        look, small = self.look, not self._links  # on a page of its own its charts are large
        yield FactLines(look=look, id="head", wrap_at=2)
        yield self._optional("SEEN FROM", "locations")
        yield self._over("STATES", "states")
        yield StateStrip(look=look, id="strip")
        with Container(classes="-columns"):
            with Vertical(classes="-left"):
                yield self._over("RESPONSE", "response")
                yield Chart(look=look, small=small, id="chart")
                yield FactLines("ALERTS", look=look, id="alerts-of")
                yield self._optional("LAST ERRORS", "errors", wrap_at=4)
                yield self._optional("BODY", "answer", wrap_at=0)
                yield self._optional("EVIDENCE", "evidence", wrap_at=2)
            with Vertical(classes="-right"):
                yield self._over("PHASES", "phases-over")
                yield Chart(look=look, small=small, id="phases-chart")
                yield FactLines("LAST RESPONSE", look=look, id="phases")
                yield self._optional("VALUES", "values")
                yield FactLines("FACTS", look=look, id="facts")
                yield FactLines("RECENT PROBES", look=look, id="probes")

    def _over(self, title: str, name: str) -> FactLines:
        """A heading that belongs to the widget below it."""
        heading = FactLines(title, look=self.look, id=name, wrap_at=2)
        heading.add_class("-over")
        return heading

    def _optional(self, title: str, name: str, *, wrap_at: int | None = None) -> FactLines:
        lines = FactLines(title, look=self.look, id=name, wrap_at=wrap_at)
        lines.display = False
        return lines

    def on_mount(self) -> None:
        """Begin with the range that contains the incident."""
        self._loaders = Loader(self.host), Loader(self.host)
        self.query_one("#phases-over").display = self.query_one("#phases-chart").display = False
        self._fit()
        shown = self.host.view.shown
        if shown is not None:
            self.show_snapshot(shown)

    def on_resize(self, event: events.Resize) -> None:
        """One column or two, and charts as tall as the screen allows."""
        self._fit()

    def _fit(self) -> None:
        self.set_class(self.size.width >= TWO_COLUMNS_FROM, "-two")
        self._draw_head()
        self.call_after_refresh(self._fit_charts)

    def _fit_charts(self) -> None:
        """Charts reach to the end of the first screenful, but not more than half of it."""
        if not self.ready:
            return
        chart, parent = self.query_one("#chart", Chart), self.parent
        room = parent.size.height if isinstance(parent, Widget) else self.screen.size.height
        above = chart.region.y - self.region.y if chart.region.height else 0
        lines = min(_MOST_CHART_LINES, max(_LEAST_CHART_LINES, min(room - above, (room - 4) // 2)))
        for each in self.query(Chart):
            if each.styles.height is None or each.styles.height.value != lines:
                each.styles.height = lines

    # What others ask of it

    @property
    def span(self) -> TimeRange:
        """The range."""
        return RANGES[LAST_HOUR if self._range is None else self._range]

    @property
    def view(self) -> ServiceView | None:
        """The service as the snapshot tells it."""
        return self._view

    @property
    def alerts(self) -> tuple[AlertView, ...]:
        """Its alerts: the open ones first."""
        shown = self.host.view.shown
        return service_lines.alerts_of(self.service, self._detail, shown.alerts if shown is not None else ())

    @property
    def chosen(self) -> AlertView | None:
        """The alert that a key opens."""
        alerts = self.alerts
        return alerts[min(self._chosen, len(alerts) - 1)] if alerts else None

    def choose_next(self) -> None:
        """Mark the next alert."""
        alerts = self.alerts
        if alerts:
            self._chosen = (min(self._chosen, len(alerts) - 1) + 1) % len(alerts)
            self._draw_alerts()
            self.query_one("#alerts-of").scroll_visible(animate=False)

    def change_range(self, step: int) -> None:
        """A longer or shorter range."""
        before = LAST_HOUR if self._range is None else self._range
        wanted = moved(before, step)
        if wanted != before:
            self._range = wanted
            self.load()

    def row_summary(self) -> str | None:
        """The service as a line of text."""
        view = self._view
        if view is None:
            return None
        error = f", {view.error}" if view.error else ""
        return f"{view.name} {STATE_WORDS[view.state]}, {milliseconds(view.response_time_ms)}{error}, {view.url}"

    # Loading

    def load(self) -> None:
        """Load detail and states of the range, and the alert with what was seen of it."""
        operations, loaders = self.host.operations, self._loaders
        if operations is None or loaders is None or not self.ready:
            return
        window = _Window(self.span, self.host.at)
        if loaders[0].running and window == self._asked:
            return
        self._asked, self._loaded_at, self._left = window, self.host.clock.monotonic(), False
        coarse = window.span.long and window != self._drawn
        self._load_detail(window, FEW_BUCKETS if coarse else MANY_BUCKETS)
        self._load_alert()

    def leave(self) -> None:
        """Draw no answer to what is being loaded."""
        if any(loader.running for loader in self._loaders or ()):
            for loader in self._loaders or ():
                loader.forget()
            self._asked, self._left = None, True

    def show_other(self, other: Card) -> bool:
        """Show the service of another card."""
        if not isinstance(other, ServiceCard):
            return False
        if other.service == self.service:
            if self._left:
                self.load()
            return True
        for loader in self._loaders or ():
            loader.forget()
        self._begin(other.service)
        self._awaited = self.host.operations is not None
        shown = self.host.view.shown
        if shown is not None:
            self.show_snapshot(shown)
        self.load()
        if not self._awaited:
            self._draw_all()
        return True

    def _load_detail(self, window: _Window, most: int) -> None:
        """Load the detail; of a long range a quick picture first, then a fine one."""
        operations, loaders = self.host.operations, self._loaders
        if operations is None or loaders is None:
            return
        hours, at = window.span.hours, window.at
        loaders[0].ask(
            lambda: operations.service(self.service, hours=hours, at=at, most_buckets=most),
            partial(self._detail_loaded, window, most),
            partial(self._detail_failed, window),
        )

    def _load_alert(self) -> None:
        """Load the alert whose evidence is shown: the worst open one, else the newest one of the range."""
        operations, loaders, alerts = self.host.operations, self._loaders, self.alerts
        if operations is None or loaders is None:
            return
        if not alerts:
            self._alert = None
            return
        at, number = self.host.at, alerts[0].id
        loaders[1].ask(lambda: operations.alert(number, at=at), self._alert_loaded, self._alert_failed)

    def _detail_loaded(self, window: _Window, most: int, detail: ServiceDetail) -> None:
        if not self.ready:
            return
        if most < MANY_BUCKETS:
            self._load_detail(window, MANY_BUCKETS)
        known = self._detail is not None
        self._detail, self._drawn = detail, window
        self._faults.pop("detail", None)
        self._view = self._view or detail.service
        self._draw_loaded()
        self.call_after_refresh(self._fit_charts)
        if not known and not any(self._alert and self._alert.alert.id == each.id for each in self.alerts):
            self._load_alert()
        self.post_message(self.AlertsChanged())

    def _detail_failed(self, window: _Window, why: str) -> None:
        if self.ready:
            self._faults["detail"] = why
            if window != self._drawn:
                self._detail = self._drawn = None
            self._draw_loaded()

    def _alert_loaded(self, alert: AlertDetail) -> None:
        if self.ready:
            self._alert = alert
            self._faults.pop("alert", None)
            self._draw_alert()

    def _alert_failed(self, why: str) -> None:
        if self.ready:
            self._alert = None
            self._faults["alert"] = why
            self._draw_alert()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Draw the head; load again after a change of the service or its alert, and from time to time."""
        before = self._view
        self._view = next((each for each in snapshot.services if each.name == self.service), None)
        if self._view is not None and self._range is None:
            self._range = first_range(incidents(self._view, snapshot.alerts), snapshot.at or self.host.clock.now())
        self._draw_head()
        self._draw_alerts()
        view, host = self._view, self.host
        # What is loaded for a past moment already is not loaded again when the snapshot of that moment comes.
        seen, self._seen = self._seen, (snapshot.at,)
        travelled = seen != self._seen and self._asked is not None and self._asked.at == snapshot.at
        changed = (
            view is not None
            and before is not None
            and (view.state, view.alert_id) != (before.state, before.alert_id)
            and not travelled
        )
        old = host.clock.monotonic() - self._loaded_at >= self.span.reload_seconds
        again = host.at is None or any(each.failed for each in self._loaders or ())
        if (changed or (old and again and not host.view.paused)) and not self._left:
            self.load()

    # Drawing

    @property
    def _now(self) -> datetime:
        return self.host.view.now_of(self.host.clock.now())

    def relook(self) -> None:
        """Draw again with other colours."""
        self._draw_all()

    def _draw_all(self) -> None:
        self._awaited = False
        self._draw_head()
        self._draw_detail()
        self._draw_alert()

    def _draw_loaded(self) -> None:
        """The detail, and the rest too where another service is drawn."""
        if self._awaited:
            self._draw_all()
        else:
            self._draw_head()
            self._draw_detail()

    def _draw_head(self) -> None:
        if self._awaited:
            return
        view, look, now = self._view, self.look, self._now
        lines: list[Runs] = []
        if view is None:
            lines = [[(self.service, look.palette.strong)], [("is not in the configuration", look.palette.muted)]]
            if self._detail is None:
                lines = lines[:1]
        else:
            shown = self.host.view.shown
            alerts = shown.alerts if shown is not None else ()
            alert = next((each for each in alerts if each.id == view.alert_id), None)
            take = self.host.key_of("acknowledge") if self.host.view.can_act else ""
            subjects = {each.id: each.subject for each in alerts}
            lines = service_lines.head(view, alert, subjects, now, look, take_key=take, width=self.size.width - 1)
        self.query_one("#head", FactLines).show(lines)
        locations = view.locations if view is not None else ()
        self._show_optional("#locations", facts.seen_from(locations, now, look) if locations else [])

    def _draw_states(self) -> None:
        """The strip with the measured uptime, or why there is none."""
        detail, strip = self._detail, self.query_one(StateStrip)
        strip.display = detail is not None
        measured = "" if detail is None else f"{self.look.dot}{service_lines.measured_words(detail)}"
        self.query_one("#states", FactLines).show(self._fault("detail"), note=f"last {self._words}{measured}")
        if detail is not None:
            strip.show(detail.states, detail.start, detail.end)

    @property
    def _words(self) -> str:
        """The range that is drawn, in words."""
        return (self._drawn.span if self._drawn is not None else self.span).words

    def _draw_charts(self) -> None:
        detail, chart, phases_chart = (
            self._detail,
            self.query_one("#chart", Chart),
            self.query_one("#phases-chart", Chart),
        )
        over = self.query_one("#phases-over", FactLines)
        phases = None if detail is None else phases_plot(detail)
        chart.display = self.query_one("#response").display = detail is not None
        over.display = phases_chart.display = phases is not None
        note = f"last {self._words}"
        self.query_one("#response", FactLines).show((), note=note)
        if detail is not None:
            chart.show(response_plot(detail))
        if phases is not None:
            over.show((), note=note)
            phases_chart.show(phases)

    def _draw_detail(self) -> None:
        detail, look, now = self._detail, self.look, self._now
        self._draw_states()
        self._draw_charts()
        self._draw_alerts()
        if detail is None:
            self._draw_no_facts()
            return
        newest = next((probe for probe in detail.probes if probe.response_time_ms is not None), None)
        at = f"at {look.local(newest.timestamp):%H:%M:%S}" if newest is not None else ""
        self.query_one("#phases", FactLines).show(facts.phases(newest, look), note=at)
        errors = service_lines.error_lines(detail.states, detail.probes, now, look)
        self._show_optional("#errors", errors, note=f"last {self._words}")
        self._show_optional("#values", value_lines(detail.values, look), note=f"last {self._words}")
        self.query_one("#facts", FactLines).show(facts.labelled(detail.figures, look))
        self.query_one("#probes", FactLines).show(facts.probes(detail.probes[:_PROBES], now, look))

    def _draw_no_facts(self) -> None:
        for name in ("#phases", "#facts", "#probes"):
            self.query_one(name, FactLines).show(())
        for name in ("#errors", "#values"):
            self._show_optional(name, ())

    def _draw_alerts(self) -> None:
        if self._awaited:
            return
        alerts = self.alerts
        chosen = min(self._chosen, len(alerts) - 1) if self._links and alerts else None
        lines = service_lines.alert_lines(alerts, chosen, self._now, self.look)
        note = f"{self.host.key_of('open')} opens one" if chosen is not None else f"last {self._words}"
        self.query_one("#alerts-of", FactLines).show(lines, note=note)

    def _draw_alert(self) -> None:
        """What the service answered when it failed, and what was seen around it."""
        if self._awaited:
            return
        alert, look, fault = self._alert, self.look, self._fault("alert")
        answer = alert.alert.answer if alert is not None else None
        number = f"alert #{alert.alert.id}{look.dot}" if alert is not None else ""
        kept = f"{number}{look.local(answer.at):%H:%M:%S}" if answer is not None else ""
        self._show_optional("#answer", fault or (facts.answer(answer, look) if answer is not None else []), note=kept)
        evidence = alert.evidence if alert is not None else None
        seen = f"{number}{look.local(evidence.at):%H:%M:%S}" if evidence is not None else ""
        lines = facts.labelled(evidence_facts(evidence), look) if evidence is not None else []
        self._show_optional("#evidence", lines, note=seen)

    def _fault(self, part: str) -> list[Runs]:
        why = self._faults.get(part)
        return [] if why is None else [[(f"cannot be read: {why}", self.look.palette.warning)]]

    def _show_optional(self, name: str, lines: Sequence[Runs], *, note: str = "") -> None:
        """Show a section that has lines."""
        section = self.query_one(name, FactLines)
        section.display = bool(lines)
        section.show(lines, note=note)
