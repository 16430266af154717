"""Timeline charts: states of services, alerts in lanes of severity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from amt_console.analysis import StateSpan, Window
from amt_console.model import ServiceState, Severity
from amt_console.reports.charts.base import WIDE, Spec, frame, time_axis, values
from amt_console.reports.data import AlertRecord
from amt_console.reports.palette import light, severity_colour, state_colour
from amt_console.reports.times import Times, milliseconds_of

ROW = 30
SHORT_PIXELS = 3
"""Narrower spans are drawn as a line that can be seen."""
LABEL_CHARS = 24
LABEL_ROOM = 220
WIDEST_CHAR = 7.6
"""Mean character width of a name in the widest usual font, in pixels."""
MOST_SPANS = 390
"""Most spans in one strip; more are indistinguishable."""


def short_label(text: str, limit: int = LABEL_CHARS) -> str:
    """A label that fits beside a chart."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def state_strips(
    rows: Sequence[tuple[str, Sequence[StateSpan]]], window: Window, times: Times, *, width: int = WIDE
) -> Spec:
    """One strip per service: its states over the window, unmeasured time hatched.

    A span of less than a few pixels is a thin line, taller than the strip: it is seen, and looks no longer than it was.
    """
    names = unique_labels([name for name, _ in rows])
    least = pixel_seconds(window, width) * 1000
    bars: list[dict[str, Any]] = []
    ticks: list[dict[str, Any]] = []
    for label, (_, spans) in zip(names, rows, strict=True):
        for span in drawn_spans(spans, window):
            start, end = milliseconds_of(span.start), milliseconds_of(span.end)
            row = {"s": label, "t": start, "t2": end, "k": span.state.value, "z": _order(span)}
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
    return frame(
        [
            {
                "data": values(bars),
                "mark": {"type": "bar", "height": {"band": 0.62}},
                "encoding": {
                    "x": x,
                    "x2": {"field": "t2"},
                    "y": y,
                    "color": colour,
                    "stroke": edge,
                    "strokeWidth": {
                        "condition": {"test": f"datum.t2 - datum.t >= {4 * least}", "value": 1},
                        "value": 0,
                    },
                },
            },
            *([_thin_lines(ticks, ROW * 0.9, x, y, colour)] if ticks else []),
        ],
        width=width,
        height=ROW * max(1, len(names)) + 30,
    )


def pixel_seconds(window: Window, width: int = WIDE) -> float:
    """Time per pixel of a chart with lanes."""
    return window.seconds / (width - LABEL_ROOM)


def _thin_lines(rows: Sequence[Mapping[str, Any]], height: float, x: Spec, y: Spec, colour: Spec) -> Spec:
    return {
        "data": values(rows),
        "mark": {"type": "tick", "orient": "vertical", "thickness": 1.5, "size": height, "opacity": 1},
        "encoding": {"x": x, "y": y, "color": colour},
    }


def alert_lanes(alerts: Sequence[AlertRecord], window: Window, times: Times, *, width: int = WIDE) -> Spec:
    """One lane per severity; a bar from the first bad observation to the end, a diamond at the acknowledgement."""
    lanes = [severity.value for severity in (Severity.CRITICAL, Severity.WARNING, Severity.INFO)]
    least = pixel_seconds(window, width) * 1000
    low, high = milliseconds_of(window.start), milliseconds_of(window.end)
    bars: list[dict[str, Any]] = []
    ticks: list[dict[str, Any]] = []
    taken: list[dict[str, Any]] = []
    for record in alerts:
        episode = record.episode
        start = max(low, milliseconds_of(episode.opened_at))
        end = high if episode.resolved_at is None else milliseconds_of(episode.resolved_at)
        row = {"s": episode.severity.value, "t": start, "t2": min(high, end)}
        (bars if end - start >= least else ticks).append(row)
        if episode.acknowledged_at is not None and low <= milliseconds_of(episode.acknowledged_at) < high:
            taken.append({"s": episode.severity.value, "t": milliseconds_of(episode.acknowledged_at)})
    x, y = time_axis(window, times, most=12), _lane(lanes, grid=True)
    colours = [severity_colour(Severity(lane)) for lane in lanes]
    colour = {"field": "s", "type": "nominal", "scale": {"domain": lanes, "range": colours}, "legend": None}
    layers: list[Spec] = [
        {
            "data": values(bars),
            "mark": {"type": "bar", "height": {"band": 0.5}, "opacity": 0.75, "cornerRadius": 2},
            "encoding": {"x": x, "x2": {"field": "t2"}, "y": y, "color": colour},
        },
        *([_thin_lines(ticks, 17, x, y, colour)] if ticks else []),
        {
            "data": values(taken),
            "mark": {
                "type": "point",
                "shape": "diamond",
                "size": 60,
                "filled": True,
                "opacity": 1,
                "color": light("ink"),
            },
            "encoding": {"x": x, "y": y},
        },
    ]
    return frame(layers, width=width, height=34 * len(lanes) + 30)


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
        "scale": {"domain": list(names)},
        "axis": {"title": None, **axis},
    }


def _order(span: StateSpan) -> int:
    """The last drawn span is on top: a short outage must not vanish under its neighbours."""
    order = (ServiceState.UP, ServiceState.UNKNOWN, ServiceState.MAINTENANCE, ServiceState.DEGRADED, ServiceState.DOWN)
    return order.index(span.state)
