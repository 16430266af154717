"""What the charts draw, read from their specifications and from the finished SVG."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import vl_convert
from support import report_samples as samples

from amt_console.analysis import window_of
from amt_console.model import ServiceState, StateSpan
from amt_console.reports.build import layout
from amt_console.reports.charts.timeline import alert_lanes, state_strips
from amt_console.reports.drawing import chart_marks
from amt_console.reports.gathering.data import AlertRecord, ReportData
from amt_console.reports.page import ChartSpec, PageChart
from amt_console.reports.palette import state_colour
from amt_console.reports.svg import VL_VERSION
from amt_console.reports.times import Times, zone_of
from amt_console.reports.view import build_view

pytestmark = pytest.mark.slow

DAY = window_of(samples.NOW, 24)
TIMES = Times(zone_of("UTC"))
BLIP = DAY.start + timedelta(hours=10)


def drawn_widths(svg: str, colour: str) -> list[float]:
    """Widths in pixels of what is filled with a colour, with its stroke."""
    found = []
    for path in re.findall(r"<path[^>]*>", svg):
        if f'fill="{colour}"' in path or f'stroke="{colour}"' in path:
            for move in re.findall(r"M([-\d.]+),[-\d.]+h([-\d.]+)", path):
                stroke = re.search(r'stroke-width="([\d.]+)"', path)
                edged = stroke and 'stroke="transparent"' not in path and "stroke=" in path
                found.append(float(move[1]) + (float(stroke[1]) if stroke and edged else 0.0))
    return found


def test_a_blip_is_a_thin_line_and_an_outage_is_as_wide_as_it_was_long() -> None:
    spans = [
        StateSpan(DAY.start, BLIP, ServiceState.UP),
        StateSpan(BLIP, BLIP + timedelta(seconds=1), ServiceState.DOWN),
        StateSpan(BLIP + timedelta(seconds=1), BLIP + timedelta(hours=1), ServiceState.UP),
        StateSpan(BLIP + timedelta(hours=1), BLIP + timedelta(hours=3), ServiceState.DOWN),
        StateSpan(BLIP + timedelta(hours=3), DAY.end, ServiceState.UP),
    ]
    svg = chart_marks(PageChart("c", "", "", "", state_strips([("api", spans)], DAY, TIMES)))
    blip, outage = sorted(drawn_widths(svg, state_colour(ServiceState.DOWN)))
    up = max(drawn_widths(svg, state_colour(ServiceState.UP)))
    minute = up / 60 / 11
    assert blip <= 1.5
    assert blip < 3 * minute
    assert abs(outage - 120 * minute) < 3


def test_a_short_alert_is_a_thin_line_too() -> None:
    episode = samples.week(hours=24).alerts[0].episode
    short = replace(episode, opened_at=BLIP, resolved_at=BLIP + timedelta(seconds=9), acknowledged_at=None)
    spec = alert_lanes([AlertRecord(short)], DAY, TIMES).vega
    marks = [layer["mark"] for layer in spec["layer"] if layer["data"]["values"]]
    assert [mark["strokeWidth"] for mark in marks] == [1.4]


def drawn_by_vega(spec: ChartSpec) -> str:
    """The marks of a chart, drawn by the renderer of Vega-Lite."""

    def bare(layer: Mapping[str, Any]) -> dict[str, Any]:
        encoding = {
            channel: {**field, "axis": None} if channel in ("x", "y") else field
            for channel, field in layer["encoding"].items()
        }
        return {**layer, "encoding": encoding}

    size = {"width": spec.width, "height": spec.height, "padding": 0, "autosize": "none"}
    plot = {**spec.vega, **size, "layer": [bare(layer) for layer in spec.vega["layer"]]}
    text: str = vl_convert.vegalite_to_svg(json.dumps(plot), vl_version=VL_VERSION)
    return text


def corners(svg: str) -> dict[str, list[tuple[float, float]]]:
    """The corners of what is drawn in each colour, in order; of an upright box all four."""
    found: dict[str, list[tuple[float, float]]] = {}
    for name, told in re.findall(r"<(path|line)([^>]*)>", svg):
        about = dict(re.findall(r'([\w-]+)="([^"]*)"', told))
        fill, stroke = about.get("fill", ""), about.get("stroke", "")
        look = "hatch" if fill.startswith("url") or fill == "#c4ccd5" else fill or stroke
        if not look:
            continue
        points = found.setdefault(look, [])
        if name == "line":
            x, y = (float(number) for number in re.findall(r"-?[\d.]+", about["transform"]))
            points += sorted([(x, y), (x + float(about.get("x2", 0)), y)])
            continue
        here = (0.0, 0.0)
        for step, numbers in re.findall(r"([MLhv])([-\d.,]+)", about["d"]):
            values = [float(number) for number in numbers.split(",")]
            moved = {"h": (here[0] + values[0], here[1]), "v": (here[0], here[1] + values[0])}
            here = (values[0], values[1]) if step in "ML" else moved[step]
            points.append(here)
    return found


@pytest.mark.parametrize("sample", [samples.week, samples.hostile, samples.one_point])
def test_a_page_draws_the_marks_where_vega_lite_puts_them(sample: Callable[[], ReportData]) -> None:
    view = build_view(sample())
    pages = [layout(view, part) for part in ("overview", "chatbot", "revenue", "performance")]
    charts = [chart for page in pages for chart in page.charts() if chart.spec is not None]
    assert charts
    for chart in charts:
        assert chart.spec is not None
        ours, theirs = corners(chart_marks(chart)), corners(drawn_by_vega(chart.spec))
        assert ours.keys() == theirs.keys(), chart.id
        for look, points in theirs.items():
            assert len(ours[look]) == len(points), (chart.id, look)
            for one, other in zip(ours[look], points, strict=True):
                assert one == pytest.approx(other, abs=0.11), (chart.id, look)
