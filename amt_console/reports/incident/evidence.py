"""The evidence of an incident: charts of the time around it, the first failure, the kept answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from amt_console.analysis.correlation import Moved
from amt_console.operations.evidence_facts import evidence_facts
from amt_console.operations.history.moved_words import signal_words, value_words
from amt_console.operations.moved_together import DOWN_TIME, HOST
from amt_console.reports.charts.base import COUNT_LABELS
from amt_console.reports.charts.lines import history_chart, latency_chart, resource_chart
from amt_console.reports.incident.data import ChartSource, IncidentData
from amt_console.reports.incident.words import moved_words
from amt_console.reports.page import Block, Cell, ChartSpec, Heading, PageChart, Table
from amt_console.reports.times import Times
from amt_console.reports.words import listed
from amt_console.text import duration

_Numbers = Sequence[tuple[datetime, float | None]]


def evidence(data: IncidentData, times: Times) -> Iterator[Block]:
    """The blocks, charts first."""
    for number, source in enumerate(data.charts, start=1):
        yield _chart(source, number, data, times)
    facts = evidence_facts(data.evidence) if data.evidence is not None else []
    yield Table(
        "evidence-facts",
        "The first failure",
        (Heading("What"), Heading("Seen")),
        tuple((Cell(label), Cell(value)) for label, value in facts),
        empty="Nothing was kept of the first failure.",
        note=f"Seen at {times.short(data.evidence.at)}." if data.evidence is not None else "",
    )
    answer = data.answer
    lines = answer.text.splitlines() if answer is not None and answer.text else []
    yield Table(
        "evidence-answer",
        "The kept answer",
        (Heading("Line", number=True), Heading("Text")),
        tuple((Cell(str(number), number=True), Cell(line)) for number, line in enumerate(lines, start=1)),
        empty=(answer.unavailable if answer is not None else None) or "No answer was kept.",
        note=f"The beginning of what the service answered, kept at {times.short(answer.at)}." if answer else "",
    )


def _chart(source: ChartSource, number: int, data: IncidentData, times: Times) -> PageChart:
    span = f"{times.minute(source.window.start)} – {times.minute(source.window.end)}"
    moved = _moved(source, data)
    what = _state_words(source, data) if moved is None else moved_words(moved)
    heading = f"{source.subject}: {what}"
    spec, numbers, subtitle = _drawn(source, data, times)
    return PageChart(
        id=f"chart-{number}",
        title=heading,
        subtitle=f"{span}; {subtitle}" if subtitle else span,
        description=f"{heading}, {span}.",
        spec=spec,
        empty="Nothing is stored about this time.",
        table=_table(source, number, numbers, times) if spec is not None else None,
    )


def _moved(source: ChartSource, data: IncidentData) -> Moved | None:
    """What a chart shows of what moved: its signal, or the shaded time down of its service."""
    signals = {each.signal: each for each in data.moved if each.subject == source.subject}
    return signals.get(source.signal) or (signals.get(DOWN_TIME) if source.spans else None)


def _state_words(source: ChartSource, data: IncidentData) -> str:
    """What became of a service in the incident; the signal's name where that is not known."""
    hit = next((each for each in data.impact if each.service == source.subject), None)
    if hit is None or not source.spans:
        return signal_words(source.signal)
    parts = [
        f"{word} for {duration(seconds)}"
        for word, seconds in (("down", hit.down_s), ("slow", hit.degraded_s), ("not measured", hit.unknown_s))
        if seconds >= 1
    ]
    return f"response time; {listed(parts)} in the incident" if parts else signal_words(source.signal)


def _drawn(source: ChartSource, data: IncidentData, times: Times) -> tuple[ChartSpec | None, _Numbers, str]:
    """The chart, its numbers, and how to read it; no chart without data."""
    if source.subject == HOST:
        limit = dict(data.limits).get(source.signal)
        means = [(each.start, each.histogram.mean) for each in source.host]
        if all(value is None for _, value in means):
            return None, (), ""
        if limit is None:
            spec = resource_chart(source.host, source.window, times, limit=None, percent=False, labels=COUNT_LABELS)
        else:
            spec = resource_chart(source.host, source.window, times, limit=limit)
        return spec, means, "mean as a line, up to the highest value as a band"
    if any(not each.empty for each in source.buckets):
        spec = latency_chart(source.buckets, source.spans, source.window, times, limit_ms=source.limit_ms)
        means = [(each.start, each.mean_ms) for each in source.buckets]
        return spec, means, "median as a line, 95th percentile as a band, time down shaded"
    if source.points:
        spec = history_chart(source.points, source.window, times, labels=COUNT_LABELS, from_zero=False)
        return spec, source.points, ""
    return None, (), ""


def _table(source: ChartSource, number: int, numbers: _Numbers, times: Times) -> Table:
    return Table(
        f"numbers-{number}",
        "Figures",
        (Heading("From"), Heading("Mean", number=True)),
        tuple(
            (Cell(times.short(at), fixed=True), Cell(value_words(source.signal, value), number=True))
            for at, value in numbers
            if value is not None
        ),
        folded=True,
    )
