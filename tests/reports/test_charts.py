"""What the charts draw, read from their specifications and from the finished SVG."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from support import report_samples as samples

from amt_console.analysis import window_of
from amt_console.model import ServiceState, StateSpan
from amt_console.reports.charts.timeline import alert_lanes, state_strips
from amt_console.reports.gathering.data import AlertRecord
from amt_console.reports.page import PageChart
from amt_console.reports.palette import state_colour
from amt_console.reports.svg import chart_marks
from amt_console.reports.times import Times, zone_of

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
