"""Draw the plot of a chart for a page: the marks of its specification as SVG, without axes and margins.

Reads the part of Vega-Lite that ``charts/`` writes: layers of lines, areas, rules, bars and rectangles, scales with a
domain, colours by name. ``svg.py`` draws the same specification with its axes for pictures, at many times the cost.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from amt_console.reports.page import PageChart
from amt_console.reports.palette import HATCH, hatch_pattern

Row = Mapping[str, Any]


def chart_marks(chart: PageChart) -> str:
    """The marks of a chart as an ``<svg>`` element that a page stretches, with ids of its own."""
    assert chart.spec is not None
    spec = chart.spec
    shared = spec.vega["data"]["values"]
    marks = "".join(_layer(layer, shared, spec.width, spec.height, spec.vega["config"]) for layer in spec.vega["layer"])
    if f'fill="{HATCH}"' in marks:
        name = f"{chart.id}-hatch"
        marks = hatch_pattern(name) + marks.replace(f'fill="{HATCH}"', f'fill="url(#{name})"')
    box = f'viewBox="0 0 {spec.width} {spec.height}"'
    return f'<svg class="marks" {box} preserveAspectRatio="none"><g fill="none">{marks}</g></svg>'


def _layer(layer: Row, shared: Sequence[Row], width: float, height: float, config: Row) -> str:
    rows: Sequence[Row] = layer["data"]["values"] if "data" in layer else shared
    encoding, mark = layer["encoding"], {**config.get(layer["mark"]["type"], {}), **layer["mark"]}
    x = _Channel(encoding.get("x"), width)
    y = _Channel(encoding.get("y"), height, upward=True)
    if mark["type"] in ("line", "area"):
        draw = _line if mark["type"] == "line" else _area
        outline = draw(rows, x, y, encoding)
        return f'<path d="{outline}"{_look(mark, {}, {})}/>' if outline else ""
    outlines = _rules if mark["type"] == "rule" else _boxes
    apart = mark.get("opacity", 1) != 1
    found = []
    # Neighbours that look the same are one path: a month of outages has thousands. Where they are seen through, the
    # overlap of two must stay darker than one.
    for number, (look, drawn) in enumerate(outlines(rows, x, y, encoding, mark)):
        found.append(((look, number if apart else 0), drawn))
    return "".join(
        f'<path d="{"".join(drawn for _, drawn in alike)}"{look}/>'
        for (look, _), alike in groupby(found, key=lambda each: each[0])
    )


class _Channel:
    """Where the values of a field stand in a plot, in pixels from the left or from above."""

    def __init__(self, field: Row | None, size: float, *, upward: bool = False) -> None:
        self.size = size
        self.field = str(field["field"]) if field is not None else ""
        self.band = 0.0
        """The room of one category."""
        if field is None:
            return
        scale, domain = field["scale"], field["scale"]["domain"]
        if field["type"] == "quantitative":
            low, unit = domain[0], size / (domain[1] - domain[0])
            self._first, self._unit, self._from = (size, -unit, low) if upward else (0.0, unit, low)
            return
        step = size / (len(domain) - scale["paddingInner"] + 2 * scale["paddingOuter"])
        self.band = step * (1 - scale["paddingInner"])
        middles = (step * (scale["paddingOuter"] + index) + self.band / 2 for index in range(len(domain)))
        self._middles: dict[Any, float] = dict(zip(domain, middles, strict=True))

    def place(self, value: Any) -> float:
        """Where a value stands; of a category its middle."""
        return self._middles[value] if self.band else float(self._first + (value - self._from) * self._unit)


def _line(rows: Sequence[Row], x: _Channel, y: _Channel, _: Row) -> str:
    """Lines through neighbours; what was not measured lifts the pen."""
    return "".join(f"M{'L'.join(_points(part, x, y, y.field))}" for part in _measured(rows, (y.field,)))


def _area(rows: Sequence[Row], x: _Channel, y: _Channel, encoding: Row) -> str:
    """The room between two lines."""
    other = encoding["y2"]["field"]
    return "".join(
        f"M{'L'.join([*_points(part, x, y, y.field), *_points(part[::-1], x, y, other)])}Z"
        for part in _measured(rows, (y.field, other))
    )


def _points(rows: Sequence[Row], x: _Channel, y: _Channel, field: str) -> list[str]:
    return [f"{_exact(x.place(row[x.field]))},{_rough(y.place(row[field]))}" for row in rows]


def _measured(rows: Sequence[Row], fields: Sequence[str]) -> Iterator[list[Row]]:
    """The runs of rows that have all of these fields."""
    for known, part in groupby(rows, key=lambda row: all(row[field] is not None for field in fields)):
        if known:
            yield list(part)


def _rules(rows: Sequence[Row], x: _Channel, y: _Channel, encoding: Row, mark: Row) -> Iterator[tuple[str, str]]:
    """Horizontal lines from ``x`` to ``x2``, without them over the whole width: look and outline."""
    look = _look(mark, encoding, {})
    for row in rows:
        begin, end = _ends(row, x, encoding)
        yield look, f"M{_exact(begin)},{_rough(y.place(row[y.field]))}h{_exact(end - begin)}"


def _boxes(rows: Sequence[Row], x: _Channel, y: _Channel, encoding: Row, mark: Row) -> Iterator[tuple[str, str]]:
    """Rectangles: spans of time in their lane or over the whole height, or columns from 0: look and outline."""
    decisive = [encoding[channel]["field"] for channel in ("color", "stroke", "strokeWidth") if channel in encoding]
    looks: dict[tuple[Any, ...], str] = {}
    for row in rows:
        if x.band:
            thick = x.band * mark["width"]["band"]
            begin, end = (x.place(row[x.field]) + side * thick / 2 for side in (-1, 1))
            top, bottom = sorted((y.place(row[y.field]), y.place(0)))
        else:
            begin, end = _ends(row, x, encoding)
            middle, thick = y.size / 2, y.size
            if y.band:
                middle, thick = y.place(row[y.field]), y.band * mark["height"]["band"]
            top, bottom = middle - thick / 2, middle + thick / 2
        width, height = _exact(end - begin), _rough(bottom - top)
        key = tuple(row[field] for field in decisive)
        if key not in looks:
            looks[key] = _look(mark, encoding, row)
        yield looks[key], f"M{_exact(begin)},{_rough(top)}h{width}v{height}h-{width}Z"


def _ends(row: Row, x: _Channel, encoding: Row) -> tuple[float, float]:
    return (x.place(row[x.field]), x.place(row[encoding["x2"]["field"]])) if x.field else (0.0, x.size)


def _look(mark: Row, encoding: Row, row: Row) -> str:
    """The attributes of a mark."""
    paint = "stroke" if mark["type"] in ("line", "rule") else "fill"
    told = {
        paint: _chosen(encoding.get("color"), row, mark.get("color")),
        "opacity": mark.get("opacity"),
        "stroke-dasharray": ",".join(map(str, mark.get("strokeDash", ()))),
        "stroke-linecap": mark.get("strokeCap"),
        "stroke-linejoin": mark.get("strokeJoin"),
    }
    edge = told.get("stroke") or _chosen(encoding.get("stroke"), row, mark.get("stroke"))
    width = _chosen(encoding.get("strokeWidth"), row, mark.get("strokeWidth", 1))
    if edge not in (None, "transparent") and width:
        told |= {"stroke": edge, "stroke-width": width}
    return "".join(f' {name}="{value}"' for name, value in told.items() if value not in (None, ""))


def _chosen(field: Row | None, row: Row, usual: Any) -> Any:
    """What a scale says of a row, or the field itself where it has no scale."""
    if field is None:
        return usual
    value, scale = row[field["field"]], field["scale"]
    return value if scale is None else scale["range"][scale["domain"].index(value)]


def _exact(pixels: float) -> str:
    """Across, where a reader can stretch a plot a hundred times."""
    return _short(round(pixels, 2))


def _rough(pixels: float) -> str:
    return _short(round(pixels, 1))


def _short(number: float) -> str:
    return str(int(number)) if number == math.trunc(number) else str(number)
