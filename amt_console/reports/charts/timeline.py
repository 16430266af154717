"""Charts whose marks are stretches of time: states of services, alerts in lanes of severity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from amt_console.analysis import StateSpan, Window
from amt_console.model import ServiceState, Severity
from amt_console.reports.charts.base import WIDE, Spec, frame, time_axis
from amt_console.reports.data import AlertRecord
from amt_console.reports.palette import light, severity_colour, state_colour
from amt_console.reports.times import Times, milliseconds_of

ROW = 30
LABEL_CHARS = 24
LABEL_ROOM = 220
WIDEST_CHAR = 7.6
"""Mean width of a character of a name in the widest usual font, in pixels."""
MOST_SPANS = 200
"""Spans in one strip; more cannot be told apart."""


def short_label(text: str, limit: int = LABEL_CHARS) -> str:
    """A label that fits beside a chart."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def state_strips(
    rows: Sequence[tuple[str, Sequence[StateSpan]]], window: Window, times: Times, *, width: int = WIDE
) -> Spec:
    """One strip a service: what it was from the window's start to its end, unmeasured time hatched."""
    names = unique_labels([name for name, _ in rows])
    least = window.seconds * 1000 / width
    data = []
    for label, (_, spans) in zip(names, rows, strict=True):
        for span in drawn_spans(spans, window):
            start, end = milliseconds_of(span.start), milliseconds_of(span.end)
            shown_end = end if span.state in (ServiceState.UP, ServiceState.UNKNOWN) else max(end, start + 2 * least)
            data.append(
                {
                    "s": label,
                    "t": start,
                    "t2": min(shown_end, milliseconds_of(window.end)),
                    "k": span.state.value,
                    "z": _order(span),
                }
            )
    data.sort(key=lambda row: (row["z"], row["s"], row["t"]))
    states = list(ServiceState)
    x = time_axis(window, times, most=12)
    layer: Spec = {
        "mark": {"type": "bar", "height": {"band": 0.62}},
        "encoding": {
            "x": x,
            "x2": {"field": "t2"},
            "y": _lane(names),
            "color": {
                "field": "k",
                "type": "nominal",
                "scale": {"domain": [s.value for s in states], "range": [state_colour(s) for s in states]},
                "legend": None,
            },
            "stroke": {
                "field": "k",
                "type": "nominal",
                "scale": {
                    "domain": [s.value for s in states],
                    "range": [light("critical") if s is ServiceState.DOWN else "transparent" for s in states],
                },
                "legend": None,
            },
            "strokeWidth": {"value": 1},
        },
    }
    return frame([layer], width=width, height=ROW * max(1, len(names)) + 30, data=data)


def alert_lanes(alerts: Sequence[AlertRecord], window: Window, times: Times, *, width: int = WIDE) -> Spec:
    """One lane a severity; a bar from first bad observation to the end, a tick where somebody took it."""
    lanes = [severity.value for severity in (Severity.CRITICAL, Severity.WARNING, Severity.INFO)]
    least = window.seconds * 1000 / width * 5
    low, high = milliseconds_of(window.start), milliseconds_of(window.end)
    bars, taken = [], []
    for record in alerts:
        episode = record.episode
        start = max(low, milliseconds_of(episode.opened_at))
        end = high if episode.resolved_at is None else milliseconds_of(episode.resolved_at)
        bars.append({"s": episode.severity.value, "t": start, "t2": min(high, max(end, start + least))})
        if episode.acknowledged_at is not None and low <= milliseconds_of(episode.acknowledged_at) < high:
            taken.append({"s": episode.severity.value, "t": milliseconds_of(episode.acknowledged_at)})
    x = time_axis(window, times, most=12)
    colours = [severity_colour(Severity(lane)) for lane in lanes]
    colour = {"field": "s", "type": "nominal", "scale": {"domain": lanes, "range": colours}, "legend": None}
    layers: list[Spec] = [
        {
            "data": {"values": bars},
            "mark": {"type": "bar", "height": {"band": 0.5}, "opacity": 0.75, "cornerRadius": 2},
            "encoding": {"x": x, "x2": {"field": "t2"}, "y": _lane(lanes, grid=True), "color": colour},
        },
        {
            "data": {"values": taken},
            "mark": {
                "type": "point",
                "shape": "diamond",
                "size": 60,
                "filled": True,
                "opacity": 1,
                "color": light("ink"),
            },
            "encoding": {"x": x, "y": _lane(lanes, grid=True)},
        },
    ]
    return frame(layers, width=width, height=34 * len(lanes) + 30)


def drawn_spans(spans: Sequence[StateSpan], window: Window) -> Sequence[StateSpan]:
    """The spans as they can be drawn: of very many, the worst state in each of ``MOST_SPANS`` equal slots."""
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
    # The renderer measures its own font; where a reader has only a wider one, the names need more room.
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
    """What is drawn last is seen: a short outage must not vanish under its neighbours."""
    order = (ServiceState.UP, ServiceState.UNKNOWN, ServiceState.MAINTENANCE, ServiceState.DEGRADED, ServiceState.DOWN)
    return order.index(span.state)
