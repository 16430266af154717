"""The performance analysis as one picture: verdict, states, response times, resources, alerts."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from amt_console.analysis import ServicePerformance
from amt_console.reports.charts.base import FONT
from amt_console.reports.charts.lines import latency_chart, resource_chart
from amt_console.reports.charts.timeline import alert_lanes, short_label, state_strips
from amt_console.reports.page import ChartSpec
from amt_console.reports.pages.services import worst_services
from amt_console.reports.palette import light
from amt_console.reports.svg import drawing, svg_png
from amt_console.reports.tone import Tone
from amt_console.reports.view import ReportView
from amt_console.reports.words import listed
from amt_console.text import duration, milliseconds, percent

WIDTH = 1100
SCALE = 1.6
"""1,760 pixels wide."""
_MARGIN = 40
_INNER = WIDTH - 2 * _MARGIN
_GUTTER = 24
_COLUMNS = 3
_CELL = (_INNER - (_COLUMNS - 1) * _GUTTER) // _COLUMNS
_MOST_SERVICES = 9
_MOST_STRIPS = 24
_MOST_OUTAGES = 5
_WORD_COLOURS = {Tone.OK: "ok", Tone.WARNING: "warning", Tone.CRITICAL: "critical"}


@dataclass(frozen=True, slots=True)
class PosterPanel:
    """One chart with its title, or the reason why it is missing."""

    title: str
    subtitle: str
    spec: ChartSpec | None
    empty: str = "no data in this period"


class _Canvas:
    """Collects SVG from top to bottom."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.y = 0.0

    def text(
        self, x: float, text: str, *, size: float, colour: str = "ink", bold: bool = False, dy: float = 0.0
    ) -> None:
        weight = ' font-weight="bold"' if bold else ""
        self.parts.append(
            f'<text x="{x:g}" y="{self.y + dy:g}" font-family="{FONT}" font-size="{size:g}" '
            f'fill="{light(colour)}"{weight}>{escape(text)}</text>'
        )

    def rule(self) -> None:
        self.parts.append(
            f'<line x1="{_MARGIN}" x2="{WIDTH - _MARGIN}" y1="{self.y:g}" y2="{self.y:g}" stroke="{light("rule")}"/>'
        )

    def row(self, panels: Sequence[PosterPanel], width: float) -> None:
        """Panels side by side; the tallest sets the height of the row."""
        tallest = 0.0
        for index, panel in enumerate(panels):
            x = _MARGIN + index * (width + _GUTTER)
            limit = int(width / 7.2)
            self.text(x, short_label(panel.title, limit), size=13.5, bold=True, dy=14)
            self.text(x, short_label(panel.subtitle, int(width / 5.4)), size=11, colour="muted", dy=30)
            height = 60.0
            if panel.spec is None:
                self.text(x, panel.empty, size=12, colour="muted", dy=62)
            else:
                inner, box = drawing(panel.spec.vega, f"p{len(self.parts)}")
                natural_width, natural_height = (float(part) for part in box.split()[2:])
                scale = width / natural_width
                height = natural_height * scale
                self.parts.append(f'<g transform="translate({x:g},{self.y + 38:g}) scale({scale:.5f})">{inner}</g>')
            tallest = max(tallest, height)
        self.y += 38 + tallest + 20


def poster_png(view: ReportView) -> bytes:
    """The picture as PNG. Raises ChartError."""
    canvas = _Canvas()
    _head(canvas, view)
    window, times, analysis = view.data.window, view.times, view.analysis
    strips = [(s.name, s.spans) for s in worst_services(analysis.services, _MOST_STRIPS)]
    shown = analysis.availability.availability_percent
    title = (
        f"Availability {percent(shown, 2)}, {percent(analysis.availability.coverage_percent)} of the period measured"
        if shown is not None and analysis.availability.sufficient
        else "Availability"
    )
    legend = "green: up, amber: slow, red: down, hatched: no data"
    if len(analysis.services) > len(strips):
        legend += f"; the {len(strips)} of {len(analysis.services)} services that were down longest"
    canvas.row([PosterPanel(title, legend, state_strips(strips, window, times) if strips else None)], _INNER)
    _outages(canvas, view)
    latency = [_latency_panel(view, service) for service in worst_services(analysis.services, _MOST_SERVICES)]
    for start in range(0, len(latency), _COLUMNS):
        canvas.row(latency[start : start + _COLUMNS], _CELL)
    canvas.row([_resource_panel(view, name) for name in ("cpu", "memory", "disk")], _CELL)
    alerts = view.window_alerts
    count = f"{len(alerts)} alert{'s' * (len(alerts) != 1)} in the period"
    lanes = alert_lanes(alerts, window, times) if alerts else None
    canvas.row(
        [PosterPanel(count, "from first bad observation to end; a dot at the acknowledgement", lanes, "none")], _INNER
    )
    height = canvas.y + 8
    ground = f'<rect width="{WIDTH}" height="{height:g}" fill="{light("surface")}"/>'
    frame = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}" viewBox="0 0 {WIDTH} {height:g}">'
    )
    return svg_png(f"{frame}{ground}{''.join(canvas.parts)}</svg>", scale=SCALE)


def _outages(canvas: _Canvas, view: ReportView) -> None:
    """The longest outages, oldest first, a line each."""
    found = view.analysis.outages
    longest = sorted(sorted(found, key=lambda each: -each.down_s)[:_MOST_OUTAGES], key=lambda each: each.start)
    title = "Outages" if found else "No outage"
    if len(found) > len(longest):
        title = f"The {len(longest)} longest of {len(found)} outages"
    canvas.text(_MARGIN, title, size=13.5, bold=True, dy=14)
    canvas.y += 22
    for outage in longest:
        length = f"{duration(outage.down_s)}{', ongoing' if outage.ongoing else ''}"
        canvas.text(_MARGIN, f"{view.times.short(outage.start)}, {length}: {listed(outage.services)}", size=12, dy=12)
        canvas.y += 18
    canvas.y += 18


def _head(canvas: _Canvas, view: ReportView) -> None:
    data, times = view.data, view.times
    canvas.y = 58
    canvas.text(_MARGIN, "Performance analysis", size=26, bold=True)
    canvas.y += 24
    span = f"{times.minute(data.window.start)} – {times.minute(data.window.end)} {times.name} ({view.span})"
    canvas.text(
        _MARGIN,
        f"{span}; amt-console {short_label(data.version)}",
        size=12,
        colour="muted",
    )
    if view.simulated:
        canvas.y += 20
        until = times.full(data.simulated_until)
        canvas.text(
            _MARGIN,
            f"Simulated history up to {until}: generated, never measured.",
            size=12,
            colour="warning",
            bold=True,
        )
    canvas.y += 18
    canvas.rule()
    canvas.y += 26
    word = view.verdict.word
    canvas.text(_MARGIN, word, size=15, colour=_WORD_COLOURS.get(view.verdict.tone, "unknown"), bold=True)
    for line in textwrap.wrap(view.verdict.sentence, 128)[:3]:
        canvas.text(_MARGIN + 96, line, size=14)
        canvas.y += 20
    canvas.y += 8


def _latency_panel(view: ReportView, service: ServicePerformance) -> PosterPanel:
    latency = service.latency
    if latency.p95_ms is None:
        return PosterPanel(service.name, "response time", None)
    subtitle = f"median {milliseconds(latency.p50_ms)}, p95 {milliseconds(latency.p95_ms)}"
    spec = latency_chart(
        service.buckets, service.spans, view.data.window, view.times, limit_ms=latency.limit_ms, width=_CELL, height=140
    )
    return PosterPanel(service.name, subtitle, spec)


def _resource_panel(view: ReportView, name: str) -> PosterPanel:
    pattern = next(p for p in view.analysis.resources if p.name == name)
    label = {"cpu": "CPU of the host", "memory": "Memory of the host", "disk": "Fullest disk of the host"}[name]
    if not pattern.samples:
        return PosterPanel(label, "", None)
    limit = view.data.limits.of_resource(name)
    spec = resource_chart(view.data.host[name], view.data.window, view.times, limit=limit, width=_CELL, height=110)
    return PosterPanel(label, f"mean {percent(pattern.mean)}, highest {percent(pattern.max)}", spec)
