"""Line charts over the window: response times, resources, figures of the platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from amt_console.analysis import Window
from amt_console.model import HostRollup, Rollup, ServiceState, StateSpan
from amt_console.reports.charts.base import (
    FOOT,
    GUTTER,
    HALF,
    MS_LABELS,
    PERCENT_LABELS,
    WIDE,
    NumberScale,
    Spec,
    frame,
    lonely,
    round_top,
    scale_of,
    time_axis,
    time_of,
    time_ticks,
    top_of,
    value_axis,
    values,
)
from amt_console.reports.charts.timeline import drawn_spans
from amt_console.reports.page import ChartSpec, Mark, Series, Unit
from amt_console.reports.palette import HATCH, light
from amt_console.reports.times import Times, milliseconds_of

Points = Sequence[tuple[datetime, float | None]]
"""Moments and values, oldest first; ``None`` breaks the line."""
_BREAK = "break-paths-show-path-domains"


class Projected(Protocol):
    """One point of a forecast, with the band that it is expected in."""

    @property
    def at(self) -> datetime: ...
    @property
    def value(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def latency_rows(buckets: Sequence[Rollup]) -> list[dict[str, Any]]:
    """Median and 95th percentile per bucket, in its middle; ``None`` without a timed sample."""
    from amt_console.model.many_histograms import quantiles_of_each

    return [
        {"t": milliseconds_of(bucket.start) + round(bucket.seconds * 500), "p50": _rounded(p50), "p95": _rounded(p95)}
        for bucket, (p50, p95) in zip(
            buckets, quantiles_of_each([bucket.histogram for bucket in buckets], 0.5, 0.95), strict=True
        )
    ]


def latency_chart(
    buckets: Sequence[Rollup],
    spans: Sequence[StateSpan],
    window: Window,
    times: Times,
    *,
    limit_ms: float | None,
    previous: Sequence[Rollup] = (),
    marks: Sequence[Mark] = (),
    width: int = HALF,
    height: int = 150,
) -> ChartSpec:
    """Median and 95th percentile of one service, its limit, outages shaded and unmeasured time hatched.

    ``previous`` are the buckets of the window before; their median is a faint line at the same time of this window.
    """
    rows = latency_rows(buckets)
    earlier = _aligned([(row["t"], row["p50"]) for row in latency_rows(previous)], window)
    highest = max(top_of([row["p95"] for row in rows]), top_of([row["v"] for row in earlier]))
    show_limit = limit_ms is not None and highest >= 0.5 * limit_ms
    top = round_top(max(highest, limit_ms or 0.0) if show_limit else highest)
    scale = scale_of(0.0, top, MS_LABELS, ticks=3)
    x = time_axis(window, times, most=_most(width))
    y = value_axis("p95", scale)
    layers = [*_shades(drawn_spans(spans, window), x)]
    layers.append(
        {
            "data": values(rows),
            "mark": {"type": "area", "color": light("accent-faint"), "invalid": _BREAK},
            "encoding": {"x": x, "y": y, "y2": {"field": "p50"}},
        }
    )
    layers += _faint(earlier, x, scale)
    for field, colour, strength in (("p95", "accent-soft", 1.1), ("p50", "accent", 1.7)):
        layers += line_layers(rows, field, colour=light(colour), x=x, y=value_axis(field, scale), strength=strength)
    if show_limit:
        layers.append(_limit_line(limit_ms or 0.0, scale))
    series = (_series("median", "accent", rows, "p50"), _series("95th percentile", "accent-soft", rows, "p95"))
    return _line_spec(
        layers,
        window,
        times,
        scale=scale,
        series=series,
        earlier=earlier,
        before="median before",
        marks=marks,
        width=width,
        height=height,
    )


def resource_chart(
    rollups: Sequence[HostRollup],
    window: Window,
    times: Times,
    *,
    limit: float | None,
    previous: Sequence[HostRollup] = (),
    marks: Sequence[Mark] = (),
    width: int = HALF,
    height: int = 120,
    percent: bool = True,
    labels: Unit = PERCENT_LABELS,
) -> ChartSpec:
    """One resource: the mean per bucket as a line, up to the maximum as a band; percent on a fixed scale of 0-100.

    ``previous`` are the rollups of the window before; their mean is a faint line at the same time of this window.
    """
    rows = _host_rows(rollups)
    earlier = _aligned([(row["t"], row["mean"]) for row in _host_rows(previous)], window)
    top = 100.0 if percent else round_top(top_of([row["max"] for row in rows] + [row["v"] for row in earlier]))
    scale = scale_of(0.0, top, labels)
    x = time_axis(window, times, most=_most(width))
    band: Spec = {
        "data": values(rows),
        "mark": {"type": "area", "color": light("accent-faint"), "invalid": _BREAK},
        "encoding": {"x": x, "y": value_axis("max", scale), "y2": {"field": "mean"}},
    }
    mean = value_axis("mean", scale)
    layers = [band, *_faint(earlier, x, scale), *line_layers(rows, "mean", colour=light("accent"), x=x, y=mean)]
    if limit is not None and percent:
        layers.append(_limit_line(limit, scale))
    series = (_series("mean", "accent", rows, "mean"), _series("highest", "accent-soft", rows, "max"))
    return _line_spec(
        layers,
        window,
        times,
        scale=scale,
        series=series,
        earlier=earlier,
        before="mean before",
        marks=marks,
        width=width,
        height=height,
    )


def history_chart(
    points: Points,
    window: Window,
    times: Times,
    *,
    labels: Unit,
    from_zero: bool = True,
    name: str = "value",
    previous: Points = (),
    forecast: Sequence[Projected] = (),
    marks: Sequence[Mark] = (),
    width: int = HALF,
    height: int = 150,
) -> ChartSpec:
    """One figure of the platform over the window; ``None`` breaks the line.

    ``previous`` are its values in the window before, a faint line at the same time of this window. ``forecast`` is
    dashed inside its band; the window must reach to its end. ``name`` is the figure's in the read-out.
    """
    rows = [{"t": milliseconds_of(at), "v": value} for at, value in points]
    earlier = _aligned([(milliseconds_of(at), value) for at, value in previous], window)
    ahead = [{"t": milliseconds_of(p.at), "v": p.value, "low": p.low, "high": p.high} for p in forecast]
    known = [row["v"] for row in (*rows, *earlier, *ahead) if row["v"] is not None]
    known += [row[edge] for row in ahead for edge in ("low", "high")]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    begin, end = (0.0, round_top(top_of(known))) if from_zero and low >= 0 else _around(low, high)
    scale = scale_of(begin, end, labels)
    x = time_axis(window, times, most=_most(width))
    y = value_axis("v", scale)
    layers = [*_faint(earlier, x, scale), *line_layers(rows, "v", colour=light("accent"), x=x, y=y)]
    series = [_series(name, "accent", rows, "v")]
    legend: tuple[tuple[str, str], ...] = ()
    if ahead:
        layers = [*_forecast_layers(ahead, x, scale), *layers]
        series += [
            _series(f"forecast{word}", "second", ahead, field)
            for word, field in (("", "v"), (", low", "low"), (", high", "high"))
        ]
        legend = (("forecast", "forecast and its band"),)
    if earlier:
        legend = (("previous", "the period before, at the same time"), *legend)
    return _line_spec(
        layers,
        window,
        times,
        scale=scale,
        series=tuple(series),
        earlier=earlier,
        before="before",
        marks=marks,
        legend=legend,
        width=width,
        height=height,
    )


def line_layers(
    rows: Sequence[Mapping[str, Any]],
    field: str,
    *,
    colour: str,
    x: Spec,
    y: Spec,
    strength: float = 1.6,
) -> list[Spec]:
    """A line that breaks at unmeasured time, and a dot for a point without neighbours."""
    line: Spec = {
        "data": values(rows),
        "mark": {"type": "line", "color": colour, "strokeWidth": strength, "invalid": _BREAK},
        "encoding": {"x": x, "y": y},
    }
    alone = lonely(rows, field)
    if not alone:
        return [line]
    # A rule without length and with a round end is a dot that stays round where a page stretches the plot.
    dots: Spec = {
        "data": values([{**row, "t2": row["t"]} for row in alone]),
        "mark": {"type": "rule", "color": colour, "strokeWidth": 4.5, "strokeCap": "round"},
        "encoding": {"x": x, "x2": {"field": "t2"}, "y": y},
    }
    return [line, dots]


def _line_spec(
    layers: Sequence[Spec],
    window: Window,
    times: Times,
    *,
    scale: NumberScale,
    series: tuple[Series, ...],
    earlier: Sequence[Mapping[str, Any]],
    before: str,
    marks: Sequence[Mark],
    width: int,
    height: int,
    legend: tuple[tuple[str, str], ...] = (),
) -> ChartSpec:
    if earlier:
        series = (*series, _series(before, "previous", earlier, "v"))
    return ChartSpec(
        vega=frame(layers, width=width, height=height),
        width=width - GUTTER,
        height=height - FOOT,
        x=time_ticks(window, times, most=_most(width)),
        y=scale.labels(),
        time=time_of(window, times),
        unit=scale.unit,
        series=series,
        marks=tuple(mark for mark in marks if window.start <= mark.at < window.end),
        legend=legend,
    )


def _most(width: int) -> int:
    return max(4, width // 80) if width >= WIDE else max(4, width // 58)


def _aligned(points: Sequence[tuple[int, float | None]], window: Window) -> list[dict[str, Any]]:
    """Points of the window before at the same distance from the start of this one."""
    shift = round((window.end - window.start) / timedelta(milliseconds=1))
    low, high = milliseconds_of(window.start), milliseconds_of(window.end)
    rows = [{"t": at + shift, "v": value} for at, value in points if low <= at + shift < high]
    return rows if any(row["v"] is not None for row in rows) else []


def _faint(earlier: Sequence[Mapping[str, Any]], x: Spec, scale: NumberScale) -> list[Spec]:
    if not earlier:
        return []
    return line_layers(earlier, "v", colour=light("previous"), x=x, y=value_axis("v", scale), strength=1.2)


def _forecast_layers(rows: Sequence[Mapping[str, Any]], x: Spec, scale: NumberScale) -> list[Spec]:
    band: Spec = {
        "data": values(rows),
        "mark": {"type": "area", "color": light("second"), "opacity": 0.18},
        "encoding": {"x": x, "y": value_axis("high", scale), "y2": {"field": "low"}},
    }
    line: Spec = {
        "data": values(rows),
        "mark": {"type": "line", "color": light("second"), "strokeDash": [5, 4]},
        "encoding": {"x": x, "y": value_axis("v", scale)},
    }
    return [band, line]


def _host_rows(rollups: Sequence[HostRollup]) -> list[dict[str, Any]]:
    return [
        {"t": milliseconds_of(each.start), "mean": _rounded(each.histogram.mean), "max": _rounded(each.histogram.high)}
        for each in rollups
    ]


def _series(name: str, colour: str, rows: Sequence[Mapping[str, Any]], field: str) -> Series:
    return Series(name, colour, tuple((row["t"], _rounded(row[field])) for row in rows))


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


def _limit_line(limit: float, scale: NumberScale) -> Spec:
    return {
        "data": values([{"v": limit}]),
        "mark": {"type": "rule", "color": light("critical"), "strokeDash": [5, 4], "strokeWidth": 1},
        "encoding": {"y": value_axis("v", scale)},
    }


def _around(low: float, high: float) -> tuple[float, float]:
    """A scale around both values with a margin, for figures that never come near 0."""
    air = (high - low) * 0.15 or abs(high) * 0.05 or 1.0
    return (max(0.0, low - air) if low >= 0 else low - air, high + air)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")
