"""What a page's script needs: the numbers of its charts as JSON, and which labels fit on which width."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from amt_console.reports.page import ChartSpec, Mark, ReportPage, Series, Tick, TimeAxis
from amt_console.reports.times import milliseconds_of

_WIDTHS = (900, 430, 215)
"""Of a plot, in pixels: on a whole row, on half a row, on a phone. The style sheet switches at the same widths."""
_CHAR = 6.3
_AIR = 12
_PIN_AIR = 4
_PIN_ROOM = 0.02
_PIN_WIDTHS = (700, 330, 200)
"""Of the narrowest plots on a whole row, on half a row, on a phone, in pixels; lanes have names beside them."""
_ESCAPES = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def chart_data(page: ReportPage) -> str:
    """The data of a page's charts as JSON that can stand inside a ``<script>`` element."""
    charts = {chart.id: _chart(chart.spec) for chart in page.charts() if chart.spec is not None}
    text = json.dumps(charts, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    for char, escape in _ESCAPES.items():
        text = text.replace(char, escape)
    return text


def tick_classes(ticks: Sequence[Tick]) -> tuple[str | None, ...]:
    """For each label: ``None`` if no plot has room for it, else the classes of plots that leave it out.

    Narrower plots leave labels out and move none. Labels of a day (``Tue 00:00``) stay longer than those of an hour.
    """
    days = [index for index, tick in enumerate(ticks) if " " in tick.label]
    apart = days[2] - days[1] if 2 < len(days) < len(ticks) else 0
    first = days[1] if apart else 0
    kept = []
    stride = 1
    for width in _WIDTHS:
        before = stride
        while stride < len(ticks) and not (
            _fit(ticks[first % stride :: stride], width) and (apart == 0 or apart % stride == 0 or stride % apart == 0)
        ):
            stride += before
        kept.append(stride)
    classes: list[str | None] = []
    for index in range(len(ticks)):
        wide, middle, narrow = ((index - first) % each == 0 for each in kept)
        classes.append(None if not wide else "" if narrow else "middle" if middle else "wide middle")
    return tuple(classes)


def pin_labels(spec: ChartSpec) -> tuple[str, ...]:
    """The number over each mark of a chart; of marks that touch only the last has one, for all of them: ``2–3``."""
    if spec.time is None:
        return ()
    places = [where(spec.time, mark.at) for mark in spec.marks]
    found: list[str] = []
    first = 1
    for number, place in enumerate(places, start=1):
        if number < len(places) and places[number] - place < _PIN_ROOM:
            found.append("")
            continue
        found.append(str(number) if first == number else f"{first}–{number}")
        first = number + 1
    return tuple(found)


def marks_listed(page: ReportPage) -> frozenset[str]:
    """The charts that list their marks: of charts with the same marks the first."""
    lead = page.first_chart()
    charts = ([lead] if lead is not None else []) + list(page.charts())
    first: dict[tuple[Mark, ...], str] = {}
    for chart in charts:
        if chart.spec is not None and chart.spec.marks:
            first.setdefault(chart.spec.marks, chart.id)
    return frozenset(first.values())


def where(axis: TimeAxis, at: datetime) -> float:
    """The place of a moment on a time axis, as a fraction of it."""
    return (milliseconds_of(at) - axis.start) / (axis.end - axis.start)


def moment(axis: TimeAxis, at: datetime) -> str:
    """A moment in the zone of a time axis: ``Mon 5 Jan 12:00``."""
    seconds = next((offset for since, offset, _ in reversed(axis.offsets) if since <= milliseconds_of(at)), 0)
    local = at.astimezone(UTC) + timedelta(seconds=seconds)
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def pin_classes(spec: ChartSpec, labels: Sequence[str]) -> tuple[str | None, ...]:
    """For each label of ``pin_labels``: ``None`` if no plot has room for it, else the plots that leave it out."""
    found: dict[int, str] = {index: "" for index, label in enumerate(labels) if label}
    for width, without in zip(_PIN_WIDTHS, (None, "wide", "middle"), strict=True):
        edge = -1e9
        for index in [each for each, narrowest in found.items() if narrowest == ""]:
            assert spec.time is not None
            middle, half = where(spec.time, spec.marks[index].at) * width, len(labels[index]) * _CHAR / 2
            if middle - half >= edge:
                edge = middle + half + _PIN_AIR
            elif without is None:
                del found[index]
            else:
                found[index] = without
    return tuple(found.get(index) for index in range(len(labels)))


def _fit(ticks: Sequence[Tick], width: int) -> bool:
    edge = -1e9
    for tick in ticks:
        middle, half = tick.position * width, len(tick.label) * _CHAR / 2
        if middle - half < edge:
            return False
        edge = middle + half + _AIR
    return True


def _chart(spec: ChartSpec) -> dict[str, Any]:
    found: dict[str, Any] = {"unit": spec.unit.value, "series": [], "times": []}
    if spec.time is None:
        found["labels"] = [tick.label for tick in spec.x]
        found["series"] = [
            {"name": s.name, "colour": s.colour, "values": [v for _, v in s.points]} for s in spec.series
        ]
        return found
    start = spec.time.start
    found |= {"start": start, "end": spec.time.end, "offsets": spec.time.offsets}
    grids: dict[tuple[int, ...], int] = {}
    for series in spec.series:
        grid = tuple(round((at - start) / 1000) for at, _ in series.points)
        found["series"].append(_series(series, grids.setdefault(grid, len(grids))))
    found["times"] = [_times(grid) for grid in grids]
    if spec.lanes:
        found["lanes"] = [
            {
                "name": lane.name,
                "spans": [[round((a - start) / 1000), round((b - start) / 1000), word] for a, b, word in lane.spans],
            }
            for lane in spec.lanes
        ]
    if spec.marks:
        found["marks"] = [[milliseconds_of(mark.at), mark.label] for mark in spec.marks]
    return found


def _times(grid: tuple[int, ...]) -> dict[str, int] | tuple[int, ...]:
    """Seconds since the start: all of them, or where they are evenly spaced the first, the step and how many."""
    steps = {after - before for before, after in pairwise(grid)}
    return grid if len(grid) < 4 or len(steps) > 1 else {"first": grid[0], "step": steps.pop(), "count": len(grid)}


def _series(series: Series, grid: int) -> dict[str, Any]:
    values = [int(v) if v is not None and v == int(v) else v for _, v in series.points]
    return {"name": series.name, "colour": series.colour, "times": grid, "values": values}
