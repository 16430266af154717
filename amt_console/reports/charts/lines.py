"""Line charts over time: response times, resources, figures of the platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from amt_console.analysis import StateSpan, Window
from amt_console.model import HostRollup, Rollup, ServiceState
from amt_console.reports.charts.base import (
    HALF,
    MS_LABELS,
    PERCENT_LABELS,
    Spec,
    frame,
    lonely,
    round_top,
    time_axis,
    top_of,
    value_axis,
    values,
)
from amt_console.reports.charts.timeline import drawn_spans
from amt_console.reports.palette import HATCH, light
from amt_console.reports.times import Times, milliseconds_of


def latency_rows(buckets: Sequence[Rollup]) -> list[dict[str, Any]]:
    """Median and 95th percentile per bucket, in its middle; ``None`` without a timed sample."""
    return [
        {
            "t": milliseconds_of(bucket.start) + round(bucket.seconds * 500),
            "p50": _rounded(bucket.histogram.quantile(0.5)),
            "p95": _rounded(bucket.histogram.quantile(0.95)),
        }
        for bucket in buckets
    ]


def latency_chart(
    buckets: Sequence[Rollup],
    spans: Sequence[StateSpan],
    window: Window,
    times: Times,
    *,
    limit_ms: float | None,
    width: int = HALF,
    height: int = 150,
) -> Spec:
    """Median and 95th percentile of one service, its limit, outages shaded and unmeasured time hatched."""
    rows = latency_rows(buckets)
    highest = top_of([row["p95"] for row in rows])
    show_limit = limit_ms is not None and highest >= 0.5 * limit_ms
    top = round_top(max(highest, limit_ms or 0.0) if show_limit else highest)
    x = time_axis(window, times, most=max(4, width // 66))
    layers = [*_shades(drawn_spans(spans, window), x)]
    layers.append(
        {
            "data": values(rows),
            "mark": {"type": "area", "color": light("accent-faint"), "invalid": "break-paths-show-path-domains"},
            "encoding": {
                "x": x,
                "y": value_axis("p95", labels=MS_LABELS, domain=(0, top), ticks=3),
                "y2": {"field": "p50"},
            },
        }
    )
    for field, colour, strength in (("p95", "accent-soft", 1.1), ("p50", "accent", 1.7)):
        y = value_axis(field, labels=MS_LABELS, domain=(0, top), ticks=3)
        layers += line_layers(rows, field, colour=light(colour), x=x, y=y, strength=strength)
    if show_limit:
        layers.append(_limit_line(limit_ms or 0.0))
    return frame(layers, width=width, height=height)


def resource_chart(
    rollups: Sequence[HostRollup],
    window: Window,
    times: Times,
    *,
    limit: float | None,
    width: int = HALF,
    height: int = 120,
    percent: bool = True,
    labels: str = PERCENT_LABELS,
) -> Spec:
    """One resource: the mean per bucket as a line, up to the maximum as a band; percent on a fixed scale of 0-100."""
    rows = [
        {"t": milliseconds_of(each.start), "mean": _rounded(each.histogram.mean), "max": _rounded(each.histogram.high)}
        for each in rollups
    ]
    top = 100.0 if percent else round_top(top_of([row["max"] for row in rows]))
    x = time_axis(window, times, most=max(4, width // 66))
    y = value_axis("mean", labels=labels, domain=(0, top), ticks=4)
    band: Spec = {
        "data": values(rows),
        "mark": {"type": "area", "color": light("accent-faint"), "invalid": "break-paths-show-path-domains"},
        "encoding": {"x": x, "y": {**y, "field": "max"}, "y2": {"field": "mean"}},
    }
    layers = [band, *line_layers(rows, "mean", colour=light("accent"), x=x, y=y)]
    if limit is not None and percent:
        layers.append(_limit_line(limit))
    return frame(layers, width=width, height=height)


def history_chart(
    points: Sequence[tuple[datetime, float | None]],
    window: Window,
    times: Times,
    *,
    labels: str,
    from_zero: bool = True,
    width: int = HALF,
    height: int = 150,
) -> Spec:
    """One figure of the platform over the window; ``None`` breaks the line."""
    rows = [{"t": milliseconds_of(at), "v": value} for at, value in points]
    known = [row["v"] for row in rows if row["v"] is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    domain = (0.0, round_top(top_of(known))) if from_zero else _around(low, high)
    x = time_axis(window, times, most=max(4, width // 66))
    y = value_axis("v", labels=labels, domain=domain, ticks=4)
    return frame(line_layers(rows, "v", colour=light("accent"), x=x, y=y), width=width, height=height)


def line_layers(
    rows: Sequence[Mapping[str, Any]], field: str, *, colour: str, x: Spec, y: Spec, strength: float = 1.6
) -> list[Spec]:
    """A line that breaks at unmeasured time, and a dot for a point without neighbours."""
    line: Spec = {
        "data": values(rows),
        "mark": {
            "type": "line",
            "color": colour,
            "strokeWidth": strength,
            "invalid": "break-paths-show-path-domains",
        },
        "encoding": {"x": x, "y": y},
    }
    alone = lonely(rows, field)
    if not alone:
        return [line]
    dots: Spec = {
        "data": values(alone),
        "mark": {"type": "circle", "color": colour, "size": 16, "opacity": 1},
        "encoding": {"x": x, "y": y},
    }
    return [line, dots]


def _shades(spans: Sequence[StateSpan], x: Spec) -> list[Spec]:
    layers: list[Spec] = []
    for state, colour, opacity in (
        (ServiceState.UNKNOWN, HATCH, 1.0),
        (ServiceState.DOWN, light("critical-mark"), 0.28),
    ):
        rows = [
            {"t": milliseconds_of(span.start), "t2": milliseconds_of(span.end)} for span in spans if span.state is state
        ]
        if rows:
            mark = {"type": "rect", "color": colour, "opacity": opacity}
            layers.append({"data": values(rows), "mark": mark, "encoding": {"x": x, "x2": {"field": "t2"}}})
    return layers


def _limit_line(limit: float) -> Spec:
    return {
        "data": values([{"v": limit}]),
        "mark": {"type": "rule", "color": light("critical"), "strokeDash": [5, 4], "strokeWidth": 1},
        "encoding": {"y": {"field": "v", "type": "quantitative"}},
    }


def _around(low: float, high: float) -> tuple[float, float]:
    """A scale around both values with a margin, for figures that never come near 0."""
    air = (high - low) * 0.15 or abs(high) * 0.05 or 1.0
    return (max(0.0, low - air) if low >= 0 else low - air, high + air)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")
