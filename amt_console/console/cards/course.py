"""The course of an alert's subject: strip or bars with what they say, and the chart. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache, partial

from textual.strip import Strip

from amt_console.console.cards.alert_known import AlertKnown, Failure
from amt_console.console.cards.alert_lines import before
from amt_console.console.cards.history import IncidentWindow, response_plot
from amt_console.console.cards.sheet import Section
from amt_console.model.queries.host import MetricCourse
from amt_console.model.queries.states import StateHistory
from amt_console.operations.protocol import ServiceDetail
from amt_console.text import near_moment, percent
from widgets.cells import Run, Runs, line
from widgets.chart import ChartLine, ChartMark, Plot, chart_strips
from widgets.look import Look
from widgets.sparkline import resample, spark_runs, stretched
from widgets.state_strip import StripMark, axis_runs, mark_runs, state_words, strip_runs

LAST_HOUR = "LAST HOUR"
INCIDENT = "INCIDENT"
"""Heading where the last hour does not contain the incident."""
CHART_FROM = 34
"""From this many lines of the screen there is a chart."""


def heading(known: AlertKnown, name: str | None) -> str:
    """``LAST HOUR``, ``INCIDENT``, or the range that was asked for."""
    if name is not None and name != "1 h":
        return f"LAST {name.upper()}"
    return LAST_HOUR if known.window is None or known.window.last_hour else INCIDENT


def course(known: AlertKnown, look: Look, *, range_name: str | None) -> Section | None:
    """The strip of its states, or the bars of its metric, with when it was last well and the outage before."""
    window = known.window
    last = before(known, look)
    note = "" if window is None or window.last_hour else _span(window, known.now, look)
    title = heading(known, range_name)
    make = partial(Section, title, rank=1, least=2, note=note)
    for part in (known.states, known.metric):
        if isinstance(part, Failure):
            return make(lines=([(f"cannot be read: {part.words}", look.palette.warning)], last), least=1)
    if isinstance(known.states, StateHistory):
        return make(draw=partial(_strip, known, known.states, last, look), most=5)
    if isinstance(known.metric, MetricCourse) and window is not None:
        return make(draw=partial(_bars, known, known.metric, window, last, look), most=4)
    if last:
        return make(lines=(last,), least=1)
    if known.detail is None:
        return make(lines=([(f"loading{look.ellipsis}", look.palette.muted)],), least=1)
    return None


def chart(known: AlertKnown, look: Look, *, lines: int) -> Section | None:
    """The response time of its subject, or its metric, below the strip."""
    plot: Plot | None = None
    if isinstance(known.history, ServiceDetail):
        plot = response_plot(known.history, known.history.service.name, known.episode)
    elif isinstance(known.metric, MetricCourse) and known.window is not None and known.metric_name is not None:
        name, alert = known.metric_name.replace("_", " "), known.alert
        parts = ChartLine(name, known.metric.means), ChartLine("highest", known.metric.highs)
        begin = () if alert is None else (ChartMark(alert.opened_at, "began"),)
        limit = None if alert is None else alert.threshold
        plot = Plot(parts, known.window.start, known.window.end, unit="%", limit=limit, high=100.0, marks=begin)
    if plot is None:
        return None
    drawn = plot
    return Section("", rank=9, least=8, most=lines, draw=lambda width, height: _chart(drawn, width, height, look))


@lru_cache(maxsize=8)
def _chart(plot: Plot, width: int, height: int, look: Look) -> tuple[Strip, ...]:
    """A chart takes some milliseconds, and most redraws leave it as it is. It is drawn on the loop: without plotext."""
    return tuple(chart_strips(plot, width, height, look, small=True))


def _span(window: IncidentWindow, now: datetime, look: Look) -> str:
    end = "now" if window.open_end else near_moment(window.end, now, look.zone)
    return f"{near_moment(window.start, now, look.zone)} to {end}"


def _strip(known: AlertKnown, states: StateHistory, last: Runs, look: Look, width: int, count: int) -> Sequence[Strip]:
    """With little room: words and strip; then the outage before, the times, and the marks."""
    start, end = states.start, states.end
    spans = states.spans.get(known.subject, ())
    words: list[Run] = state_words(spans, start, end, look)
    strip = strip_runs(spans, start, end, width, look)
    return _lines(known, (start, end), words, strip, last, look, width, count)


def _bars(
    known: AlertKnown, metric: MetricCourse, window: IncidentWindow, last: Runs, look: Look, width: int, count: int
) -> Sequence[Strip]:
    palette, alert = look.palette, known.alert
    measured = [value for value in metric.means if value is not None]
    parts = [f"{percent(measured[-1])} at last" if measured else "nothing was measured"]
    parts += [f"mean {percent(metric.mean)}"] if metric.mean is not None else []
    parts += [f"highest {percent(metric.high)}"] if metric.high is not None else []
    words: list[Run] = [(look.dot.join(parts), palette.text)]
    if alert is not None and alert.threshold is not None:
        words.append((f"{look.dot}limit {percent(alert.threshold)}", palette.muted))
    values = stretched(resample(metric.highs, width), width)
    bars = spark_runs(values, width, look, palette.trend, low=0.0, high=100.0)
    return _lines(known, (window.start, window.end), words, bars, last, look, width, count)


def _lines(
    known: AlertKnown,
    window: tuple[datetime, datetime],
    words: Sequence[Run],
    strip: Runs,
    last: Runs,
    look: Look,
    width: int,
    count: int,
) -> Sequence[Strip]:
    lead = list(words)
    if count < 3 and last:
        lead += [(look.dot, look.palette.faint), *last]
    parts: list[Runs] = [lead] if count > 1 or not strip else []
    parts.append(strip)
    if count > 4:
        parts.append(mark_runs(_marks(known), *window, width, look))
    if count > 3:
        parts.append(axis_runs(*window, width, look))
    if count > 2 and last:
        parts.append(last)
    return [line(runs, width, ellipsis=look.ellipsis) for runs in parts]


def _marks(known: AlertKnown) -> list[StripMark]:
    alert = known.alert
    if alert is None:
        return []
    marks = [StripMark(alert.opened_at, text="began")]
    if alert.acknowledged_at is not None and alert.acknowledged_by is not None:
        marks.append(StripMark(alert.acknowledged_at, "△", "a", alert.acknowledged_by))
    return marks
