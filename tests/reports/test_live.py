"""What the script of a page is given, and which labels are shown where."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support import report_samples as samples

from amt_console.analysis import Window, window_of
from amt_console.reports.charts.base import COUNT_LABELS, time_ticks
from amt_console.reports.charts.lines import history_chart
from amt_console.reports.live import chart_data, moment, pin_classes, pin_labels, tick_classes, where
from amt_console.reports.page import Mark, MarkKind, PageChart, PageSection, ReportPage, Tick
from amt_console.reports.pages.performance import performance_page
from amt_console.reports.times import Times, zone_of
from amt_console.reports.tone import ReportVerdict, Tone
from amt_console.reports.view import build_view

BERLIN = Times(zone_of("Europe/Berlin"))


@pytest.mark.slow
def test_hostile_names_cannot_end_the_script_element_and_are_still_whole() -> None:
    page = performance_page(build_view(samples.hostile()))
    text = chart_data(page)
    assert not any(char in text for char in "<>&\u2028\u2029")
    names = [lane["name"] for chart in json.loads(text).values() for lane in chart.get("lanes", [])]
    assert any("</script><img src=x" in name for name in names)


def chart_of(points: Sequence[tuple[datetime, float | None]], window: Window) -> Any:
    """What the page's script gets of one line."""
    spec = history_chart(points, window, BERLIN, labels=COUNT_LABELS, name="users")
    section = PageSection("s", "S", (PageChart("c", "C", "", "", spec),))
    verdict = ReportVerdict(Tone.OK, "OK", "")
    return json.loads(chart_data(ReportPage("o", "x.html", "X", "", (), (), verdict, (), (section,), (), ())))["c"]


def test_evenly_spaced_times_are_told_by_their_step() -> None:
    window = window_of(datetime(2026, 1, 12, tzinfo=UTC), 1)
    even = [(window.start + timedelta(minutes=4 * n), 1.0) for n in range(1, 11)]
    assert chart_of(even, window)["times"] == [{"first": 240, "step": 240, "count": 10}]
    assert chart_of(even[:3], window)["times"] == [[240, 480, 720]]
    assert chart_of([*even[:5], *even[6:]], window)["times"] == [[240, 480, 720, 960, 1200, 1680, 1920, 2160, 2400]]


def test_the_numbers_are_those_of_the_chart_with_gaps() -> None:
    window = window_of(datetime(2026, 1, 12, tzinfo=UTC), 1)
    start = window.start
    points = [(start, 1.0), (start + timedelta(minutes=1), None), (start + timedelta(minutes=2), 3.5)]
    before = [(start - (window.end - start) + timedelta(minutes=5), 7.0)]
    spec = history_chart(points, window, BERLIN, labels=COUNT_LABELS, name="users", previous=before)
    page = ReportPage(
        "overview",
        "x.html",
        "X",
        "",
        (),
        (),
        ReportVerdict(Tone.OK, "OK", ""),
        (),
        (PageSection("s", "S", (PageChart("c", "C", "", "", spec),)),),
        (),
        (),
    )
    chart = json.loads(chart_data(page))["c"]
    assert [(s["name"], chart["times"][s["times"]], s["values"]) for s in chart["series"]] == [
        ("users", [0, 60, 120], [1, None, 3.5]),
        ("before", [300], [7]),
    ]
    assert chart["offsets"] == [[chart["start"], 3600, "CET"]]


def test_a_zone_s_offsets_change_with_the_clocks() -> None:
    start, end = datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC)
    offsets = BERLIN.offsets(start, end)
    assert [(seconds, name) for _, seconds, name in offsets] == [(3600, "CET"), (7200, "CEST"), (3600, "CET")]
    changes = [datetime.fromtimestamp(at / 1000, UTC) for at, _, _ in offsets[1:]]
    assert changes == [datetime(2025, 3, 30, 1, tzinfo=UTC), datetime(2025, 10, 26, 1, tzinfo=UTC)]
    assert Times(zone_of("UTC")).offsets(start, end) == [(round(start.timestamp() * 1000), 0, "UTC")]


def test_moments_are_written_in_the_zone_and_placed_on_the_axis() -> None:
    window = window_of(datetime(2025, 10, 26, 12, tzinfo=UTC), 24)
    spec = history_chart([], window, BERLIN, labels=COUNT_LABELS)
    assert spec.time is not None
    assert moment(spec.time, datetime(2025, 10, 26, 0, 30, tzinfo=UTC)) == "Sun 26 Oct 02:30"
    assert moment(spec.time, datetime(2025, 10, 26, 1, 30, tzinfo=UTC)) == "Sun 26 Oct 02:30"
    assert where(spec.time, window.start + timedelta(hours=6)) == 0.25


def test_marks_that_touch_share_one_number() -> None:
    window = window_of(datetime(2026, 1, 12, tzinfo=UTC), 24)
    marks = [Mark(window.start + timedelta(minutes=m), MarkKind.INCIDENT, "x") for m in (60, 70, 600, 1000, 1001)]
    spec = history_chart([], window, BERLIN, labels=COUNT_LABELS, marks=marks)
    assert pin_labels(spec) == ("", "1–2", "3", "", "4–5")


def test_numbers_of_marks_are_left_out_where_a_plot_has_no_room_for_them() -> None:
    window = window_of(datetime(2026, 1, 12, tzinfo=UTC), 24)
    marks = [Mark(window.start + timedelta(minutes=m), MarkKind.INCIDENT, "x") for m in (60, 95, 170, 900)]
    spec = history_chart([], window, BERLIN, labels=COUNT_LABELS, marks=marks)
    assert pin_classes(spec, ("22", "23–24", "25", "26")) == ("", None, "middle", "")
    assert pin_classes(spec, ("", "", "3", "4")) == (None, None, "", "")


def test_narrow_plots_leave_out_hours_before_days() -> None:
    ticks = time_ticks(window_of(datetime(2026, 1, 12, 9, 40, tzinfo=UTC), 168), BERLIN, most=15)
    narrow = [tick.label for tick, name in zip(ticks, tick_classes(ticks), strict=True) if name == ""]
    assert len(narrow) >= 2
    assert all(label.endswith("00:00") for label in narrow)


def test_labels_that_all_fit_are_all_shown() -> None:
    assert tick_classes([Tick(0.2, "a"), Tick(0.8, "b")]) == ("", "")
    assert tick_classes([]) == ()
    crowd = [Tick(index / 200, "2026-01") for index in range(200)]
    shown = [name for name in tick_classes(crowd) if name == ""]
    assert 1 <= len(shown) <= 4
