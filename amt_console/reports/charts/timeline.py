"""Timeline charts: states of services, alerts in lanes of severity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from amt_console.analysis import Window
from amt_console.model import ServiceState, Severity, StateSpan
from amt_console.reports.charts.base import WIDE, Spec, frame, time_axis, time_of, time_ticks, values
from amt_console.reports.gathering.data import AlertRecord
from amt_console.reports.page import ChartSpec, Lane, Mark
from amt_console.reports.palette import light, severity_colour, state_colour
from amt_console.reports.times import Times, milliseconds_of
from amt_console.text import SEVERITY_WORDS

ROW = 30
SHORT_PIXELS = 3
"""Narrower spans are drawn as a line that can be seen."""
LABEL_CHARS = 24
LABEL_ROOM = 220
WIDEST_CHAR = 7.6
"""Mean character width of a name in the widest usual font, in pixels."""
STATE_WORDS = {
    ServiceState.UP: "up",
    ServiceState.DEGRADED: "slow",
    ServiceState.DOWN: "down",
    ServiceState.MAINTENANCE: "maintenance",
    ServiceState.UNKNOWN: "no data",
}
"""States as legends and read-outs name them."""
MOST_SPANS = 390
"""Most spans in one strip; more are indistinguishable."""


def short_label(text: str, limit: int = LABEL_CHARS) -> str:
    """A label that fits beside a chart."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def state_strips(
    rows: Sequence[tuple[str, Sequence[StateSpan]]],
    window: Window,
    times: Times,
    *,
    marks: Sequence[Mark] = (),
    width: int = WIDE,
) -> ChartSpec:
    """One strip per service: its states over the window, unmeasured time hatched.

    A span of less than a few pixels is a thin line, taller than the strip: it is seen, and looks no longer than it was.
    """
    names = unique_labels([name for name, _ in rows])
    least = pixel_seconds(window, width) * 1000
    bars: list[dict[str, Any]] = []
    ticks: list[dict[str, Any]] = []
    lanes: list[Lane] = []
    for label, (name, spans) in zip(names, rows, strict=True):
        drawn = drawn_spans(spans, window)
        lanes.append(
            Lane(name, tuple((milliseconds_of(s.start), milliseconds_of(s.end), STATE_WORDS[s.state]) for s in drawn))
        )
        for span in drawn:
            start, end = milliseconds_of(span.start), milliseconds_of(span.end)
            wide = int(end - start >= 4 * least)
            row = {"s": label, "t": start, "t2": end, "k": span.state.value, "z": _order(span), "w": wide}
            short = end - start < SHORT_PIXELS * least and span.state not in (ServiceState.UP, ServiceState.UNKNOWN)
            (ticks if short else bars).append(row)
    bars.sort(key=lambda row: (row["z"], row["s"], row["t"]))
    ticks.sort(key=lambda row: (row["z"], row["s"], row["t"]))
    states = list(ServiceState)
    x, y = time_axis(window, times, most=12), _lane(names)
    domain = [state.value for state in states]
    colour = {
        "field": "k",
        "type": "nominal",
        "scale": {"domain": domain, "range": [state_colour(state) for state in states]},
        "legend": None,
    }
    edges = [light("critical") if state is ServiceState.DOWN else "transparent" for state in states]
    edge = {**colour, "scale": {"domain": domain, "range": edges}}
    layers: list[Spec] = [
        {
            "data": values(bars),
            "mark": {"type": "bar", "height": {"band": 0.62}},
            "encoding": {
                "x": x,
                "x2": {"field": "t2"},
                "y": y,
                "color": colour,
                "stroke": edge,
                "strokeWidth": {"field": "w", "type": "quantitative", "scale": None},
            },
        },
        *_thin_lines(ticks, "k", {state.value: state_colour(state) for state in states}, band=0.9, x=x, y=y),
    ]
    return _lane_spec(layers, window, times, lanes=lanes, marks=marks, width=width)


def pixel_seconds(window: Window, width: int = WIDE) -> float:
    """Time per pixel of a chart with lanes."""
    return window.seconds / (width - LABEL_ROOM)


def _thin_lines(
    rows: Sequence[Mapping[str, Any]], field: str, colours: Mapping[str, str], *, band: float, x: Spec, y: Spec
) -> list[Spec]:
    """Bars as long as they were, with an edge that keeps them visible; one layer for each colour."""
    layers: list[Spec] = []
    for value, colour in colours.items():
        chosen = [row for row in rows if row[field] == value]
        mark = {"type": "bar", "height": {"band": band}, "color": colour, "stroke": colour, "strokeWidth": 1.4}
        if chosen:
            layers.append({"data": values(chosen), "mark": mark, "encoding": {"x": x, "x2": {"field": "t2"}, "y": y}})
    return layers


def alert_lanes(
    alerts: Sequence[AlertRecord],
    window: Window,
    times: Times,
    *,
    marks: Sequence[Mark] = (),
    width: int = WIDE,
) -> ChartSpec:
    """One lane per severity; a bar from the first bad observation to the end, a diamond at the acknowledgement."""
    lanes = [severity.value for severity in (Severity.CRITICAL, Severity.WARNING, Severity.INFO)]
    least = pixel_seconds(window, width) * 1000
    low, high = milliseconds_of(window.start), milliseconds_of(window.end)
    bars: list[dict[str, Any]] = []
    ticks: list[dict[str, Any]] = []
    taken: list[dict[str, Any]] = []
    spans: dict[str, list[tuple[int, int, str]]] = {lane: [] for lane in lanes}
    for record in alerts:
        episode = record.episode
        start = max(low, milliseconds_of(episode.opened_at))
        end = high if episode.resolved_at is None else milliseconds_of(episode.resolved_at)
        row = {"s": episode.severity.value, "t": start, "t2": min(high, end)}
        (bars if end - start >= least else ticks).append(row)
        spans[episode.severity.value].append(
            (start, max(start, min(high, end)), f"{episode.subject}: {episode.message}")
        )
        if episode.acknowledged_at is not None and low <= milliseconds_of(episode.acknowledged_at) < high:
            taken.append({"s": episode.severity.value, "t": milliseconds_of(episode.acknowledged_at)})
    x, y = time_axis(window, times, most=12), _lane(lanes, grid=True)
    colours = [severity_colour(Severity(lane)) for lane in lanes]
    colour = {"field": "s", "type": "nominal", "scale": {"domain": lanes, "range": colours}, "legend": None}
    layers: list[Spec] = [
        {
            "data": values(bars),
            "mark": {"type": "bar", "height": {"band": 0.5}, "opacity": 0.75},
            "encoding": {"x": x, "x2": {"field": "t2"}, "y": y, "color": colour},
        },
        *_thin_lines(ticks, "s", dict(zip(lanes, colours, strict=True)), band=0.5, x=x, y=y),
        {
            "data": values([{**row, "t2": row["t"]} for row in taken]),
            "mark": {"type": "rule", "strokeWidth": 7, "strokeCap": "round", "color": light("ink")},
            "encoding": {"x": x, "x2": {"field": "t2"}, "y": y},
        },
    ]
    named = [Lane(SEVERITY_WORDS[Severity(lane)].capitalize(), tuple(spans[lane])) for lane in lanes]
    return _lane_spec(layers, window, times, lanes=named, marks=marks, width=width)


def _lane_spec(
    layers: Sequence[Spec],
    window: Window,
    times: Times,
    *,
    lanes: Sequence[Lane],
    marks: Sequence[Mark],
    width: int,
) -> ChartSpec:
    height = ROW * max(1, len(lanes))
    return ChartSpec(
        vega=frame(layers, width=width, height=height + 30),
        width=width - LABEL_ROOM,
        height=height,
        x=time_ticks(window, times, most=12),
        lanes=tuple(lanes),
        time=time_of(window, times),
        marks=tuple(mark for mark in marks if window.start <= mark.at < window.end),
    )


def drawn_spans(spans: Sequence[StateSpan], window: Window) -> Sequence[StateSpan]:
    """The drawable spans: of too many, the worst state in each of ``MOST_SPANS`` equal slots."""
    if len(spans) <= MOST_SPANS:
        return spans
    slot = window.seconds / MOST_SPANS
    worst: list[StateSpan | None] = [None] * MOST_SPANS
    for span in spans:
        first = int((span.start - window.start).total_seconds() / slot)
        last = int(((span.end - window.start).total_seconds() - 1e-6) / slot)
        for index in range(max(0, first), min(MOST_SPANS - 1, last) + 1):
            found = worst[index]
            if found is None or _order(span) > _order(found):
                worst[index] = span
    edges = [window.start + timedelta(seconds=slot * index) for index in range(MOST_SPANS)] + [window.end]
    drawn: list[StateSpan] = []
    for index, seen in enumerate(worst):
        if seen is None:
            continue
        if drawn and drawn[-1].state is seen.state and drawn[-1].end == edges[index]:
            drawn[-1] = StateSpan(drawn[-1].start, edges[index + 1], seen.state)
        else:
            drawn.append(StateSpan(edges[index], edges[index + 1], seen.state))
    return drawn


def unique_labels(names: Sequence[str]) -> list[str]:
    """Short labels that stay distinct."""
    seen: dict[str, int] = {}
    labels = []
    for name in names:
        label = short_label(name)
        seen[label] = seen.get(label, 0) + 1
        labels.append(label if seen[label] == 1 else f"{short_label(name, LABEL_CHARS - 4)} ({seen[label]})")
    return labels


def _lane(names: Sequence[str], *, grid: bool = False) -> Spec:
    # The renderer measures its own font; a reader's may be wider, so names get more room.
    room = min(LABEL_ROOM, max((len(name) for name in names), default=0) * WIDEST_CHAR)
    axis = {"labelLimit": LABEL_ROOM, "minExtent": room, "labelFontSize": 12, "labelColor": light("ink"), "grid": grid}
    return {
        "field": "s",
        "type": "nominal",
        "sort": list(names),
        "scale": {"domain": list(names), "paddingInner": 0.1, "paddingOuter": 0.05},
        "axis": {"title": None, **axis},
    }


def _order(span: StateSpan) -> int:
    """The last drawn span is on top: a short outage must not vanish under its neighbours."""
    order = (ServiceState.UP, ServiceState.UNKNOWN, ServiceState.MAINTENANCE, ServiceState.DEGRADED, ServiceState.DOWN)
    return order.index(span.state)
