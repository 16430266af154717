"""Shared parts of chart specifications: frame, axes, time scale, colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amt_console.analysis import Window
from amt_console.reports.palette import light
from amt_console.reports.times import Times, milliseconds_of

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
WIDE = 1000
"""Width in pixels of a chart that takes a whole row of a page."""
HALF = 470

MS_LABELS = "datum.value >= 1000 ? format(datum.value / 1000, '~g') + ' s' : format(datum.value, '~g') + ' ms'"
PERCENT_LABELS = "format(datum.value, '~g') + ' %'"
SECONDS_LABELS = "format(datum.value, '~g') + ' s'"
COUNT_LABELS = "abs(datum.value) >= 10000 ? format(datum.value, '~s') : format(datum.value, ',~g')"


def config() -> Spec:
    """The look of every chart."""
    axis = {
        "labelColor": light("muted"),
        "labelFontSize": 11,
        "domainColor": light("axis"),
        "tickColor": light("axis"),
        "gridColor": light("rule"),
        "titleColor": light("muted"),
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "labelPadding": 5,
    }
    return {
        "aria": False,
        "background": "transparent",
        "font": FONT,
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {"grid": False},
        "axisY": {"domain": False, "ticks": False, "tickCount": 4},
        "line": {"strokeWidth": 1.6, "strokeJoin": "round", "strokeCap": "round"},
    }


def frame(layers: Sequence[Spec], *, width: int, height: int, data: Sequence[Mapping[str, Any]] = ()) -> Spec:
    """A layered chart of the given inner size in pixels."""
    return {
        "$schema": SCHEMA,
        "config": config(),
        "padding": 2,
        "autosize": {"type": "fit", "contains": "padding"},
        "width": width,
        "height": height,
        "data": {"values": list(data)},
        "layer": list(layers),
    }


def values(rows: Sequence[Mapping[str, Any]]) -> Spec:
    """Inline data."""
    return {"values": list(rows)}


def time_axis(window: Window, times: Times, *, most: int = 8, labels: bool = True) -> Spec:
    """The x encoding of a field ``t`` in Unix milliseconds.

    A linear scale with prepared tick labels: a time scale would use the zone of the reader or the renderer.
    """
    ticks = times.ticks(window, most=most)
    names = ",".join(f"'{tick}':'{label}'" for tick, label in ticks)
    return {
        "field": "t",
        "type": "quantitative",
        "scale": {"domain": [milliseconds_of(window.start), milliseconds_of(window.end)], "nice": False, "zero": False},
        "axis": {
            "values": [tick for tick, _ in ticks],
            "labelExpr": f"{{{names}}}[toString(datum.value)]" if ticks else "''",
            "title": None,
            "labels": labels,
            "labelFlush": False,
            "labelOverlap": True,
        },
    }


def value_axis(field: str, *, labels: str, domain: Sequence[float] | None = None, ticks: int = 4) -> Spec:
    """The y encoding of a number; starts at 0 unless ``domain`` is given."""
    scale: Spec = {"zero": True, "nice": True}
    if domain is not None:
        scale = {"domain": list(domain), "nice": False}
    return {
        "field": field,
        "type": "quantitative",
        "scale": scale,
        "axis": {"title": None, "labelExpr": labels, "tickCount": ticks, "minExtent": 52},
    }


def top_of(numbers: Sequence[float | None]) -> float:
    """Upper end of a scale from 0 that holds the numbers; 1 when there is nothing above 0."""
    highest = max((number for number in numbers if number is not None), default=0.0)
    return highest if highest > 0 else 1.0


def round_top(highest: float) -> float:
    """The next round number (1, 1.5, 2, 3, 4, 5, 6, 8 times a power of ten) at or above ``highest``."""
    power = 1.0
    while power * 10 <= highest:
        power *= 10
    while power > highest:
        power /= 10
    return next((power * step for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if power * step >= highest), power * 10)


def lonely(rows: Sequence[Mapping[str, Any]], field: str) -> list[Mapping[str, Any]]:
    """The points without a neighbour to draw a line to."""
    known = [row.get(field) is not None for row in rows]
    return [
        row
        for index, row in enumerate(rows)
        if known[index] and not (index > 0 and known[index - 1]) and not (index + 1 < len(rows) and known[index + 1])
    ]
