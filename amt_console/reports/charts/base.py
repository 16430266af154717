"""Shared parts of chart specifications: frame, axes, scales, colours."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from amt_console.analysis import Window
from amt_console.reports.page import Tick, TimeAxis, Unit
from amt_console.reports.palette import light
from amt_console.reports.times import Times, milliseconds_of

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
WIDE = 1000
"""Width in pixels of a chart that takes a whole row of a page."""
HALF = 470
GUTTER = 58
"""Left of the plot, for the labels of a scale."""
FOOT = 24
"""Below the plot, for the labels of the time axis."""

MS_LABELS = Unit.MS
PERCENT_LABELS = Unit.PERCENT
SECONDS_LABELS = Unit.SECONDS
COUNT_LABELS = Unit.COUNT


@dataclass(frozen=True, slots=True)
class NumberScale:
    """A scale of numbers from below to above, with its labels."""

    low: float
    high: float
    unit: Unit
    ticks: tuple[float, ...]

    def labels(self) -> tuple[Tick, ...]:
        """The labels at their places."""
        return tuple(
            Tick((tick - self.low) / (self.high - self.low), tick_label(tick, self.unit)) for tick in self.ticks
        )


def scale_of(low: float, high: float, unit: Unit, *, ticks: int = 4) -> NumberScale:
    """A scale with about ``ticks`` steps between round numbers."""
    step = _round_step((high - low) / ticks)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return NumberScale(low, high, unit, tuple(float(f"{n * step:.12g}") for n in range(first, last + 1)))


def tick_label(value: float, unit: Unit) -> str:
    """A round number as on an axis."""
    if unit is Unit.MS:
        return f"{value / 1000:.6g} s" if value >= 1000 else f"{value:.6g} ms"
    if unit is Unit.PERCENT:
        return f"{value:.6g} %"
    if unit is Unit.SECONDS:
        return f"{value:.6g} s"
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= max(size, 1e4):
            return f"{value / size:.6g}{letter}"
    return f"{value:,.6g}"


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
    """A layered chart of the given size in pixels, its axes included."""
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
    return {
        "field": "t",
        "type": "quantitative",
        "scale": {"domain": [milliseconds_of(window.start), milliseconds_of(window.end)], "nice": False, "zero": False},
        "axis": {
            "values": [tick for tick, _ in ticks],
            "labelExpr": _named(ticks),
            "title": None,
            "labels": labels,
            "labelFlush": False,
            "labelOverlap": True,
        },
    }


def time_ticks(window: Window, times: Times, *, most: int = 8) -> tuple[Tick, ...]:
    """The labels of ``time_axis``."""
    low, length = milliseconds_of(window.start), window.seconds * 1000
    return tuple(Tick((at - low) / length, label) for at, label in times.ticks(window, most=most))


def time_of(window: Window, times: Times) -> TimeAxis:
    """The window as a chart's time."""
    return TimeAxis(
        milliseconds_of(window.start), milliseconds_of(window.end), tuple(times.offsets(window.start, window.end))
    )


def value_axis(field: str, scale: NumberScale) -> Spec:
    """The y encoding of a number."""
    return {
        "field": field,
        "type": "quantitative",
        "scale": {"domain": [scale.low, scale.high], "nice": False},
        "axis": {
            "title": None,
            "values": list(scale.ticks),
            "labelExpr": _named([(tick, tick_label(tick, scale.unit)) for tick in scale.ticks]),
            "minExtent": 52,
        },
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


def quoted(text: str) -> str:
    """A string literal of the chart's expression language."""
    safe = "".join(char if char.isalnum() or char in " .,:;-_+%&/()…" else " " for char in text)
    return f"'{safe}'"


def _named(ticks: Sequence[tuple[float, str]]) -> str:
    """An expression for the labels of these values. They must be those of the axis."""
    if not ticks:
        return "''"
    return f"[{','.join(quoted(label) for _, label in ticks)}][indexof({[value for value, _ in ticks]}, datum.value)]"


def _round_step(least: float) -> float:
    """The nearest of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(least))
    part = least / power
    return power * (10 if part >= math.sqrt(50) else 5 if part >= math.sqrt(10) else 2 if part >= math.sqrt(2) else 1)
