from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import report_samples as samples

from amt_console.analysis import Window
from amt_console.analysis.seasonal import change
from amt_console.model import FigureUnit, ServiceState, StateSpan
from amt_console.reports.charts.base import round_top
from amt_console.reports.charts.timeline import drawn_spans
from amt_console.reports.csv_tables import number_cell, safe_cell
from amt_console.reports.figures import change_text, written, written_apart
from amt_console.reports.files import FILE_MODE, PlanError, plan, write_file
from amt_console.reports.gathering.clean import cleaned
from amt_console.reports.pages.histories import stepped
from amt_console.reports.palette import COLOURS
from amt_console.reports.times import Times, UnknownZoneError, host_zone, milliseconds_of, zone_of


@pytest.mark.parametrize("text", ["=1+1", "+1", "-cmd", "@SUM(A1)", "\tx", "\rx"])
def test_cells_that_a_spreadsheet_would_run_are_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "cell"), [(1234.5, "1234.5"), (-3.0, "-3"), (12, "12"), (0.0, "0"), (99.99996, "100"), (1e6, "1000000")]
)
def test_numbers_are_plain(value: float, cell: str) -> None:
    assert number_cell(value) == cell


@given(st.text())
def test_no_cell_starts_a_formula(text: str) -> None:
    assert not safe_cell(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_parts_and_formats_that_do_not_exist_are_refused_with_what_there_is() -> None:
    with pytest.raises(PlanError, match="there are all, overview"):
        plan(["everything"])
    with pytest.raises(PlanError, match="html, json, png"):
        plan(["all"], ["pdf"])
    with pytest.raises(PlanError, match="monitoring comes as json"):
        plan(["monitoring"], ["png"])
    assert [name for _, _, name in plan(["revenue", "executive"])] == [
        "revenue_dashboard.html",
        "executive_summary.html",
        "executive_summary.json",
    ]
    assert [name for _, _, name in plan(["all"], ["png"])] == ["performance_analysis.png"]


def test_files_are_whole_private_and_never_overwritten_half(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    write_file(path, b"{}")
    assert path.read_bytes() == b"{}"
    assert path.stat().st_mode & 0o777 == FILE_MODE
    with pytest.raises(FileExistsError):
        write_file(path, b"half")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, FigureUnit.COUNT, "–"),
        (12480.0, FigureUnit.COUNT, "12,480"),
        (4.25, FigureUnit.PERCENT, "4.2 %"),
        (99.996, FigureUnit.PERCENT, "99.9 %"),
        (48210.4, FigureUnit.MONEY, "48,210"),
        (43.1, FigureUnit.MONEY, "43.10"),
        (312.0, FigureUnit.SECONDS, "5 m 12 s"),
        (0.25, FigureUnit.SECONDS, "250 ms"),
        (4.31, FigureUnit.SCORE, "4.31 of 5"),
    ],
)
def test_figures_are_written_in_their_unit(value: float | None, unit: FigureUnit, text: str) -> None:
    assert written(value, unit) == text


@pytest.mark.parametrize(
    ("now", "before", "unit", "text"),
    [
        (110.0, 100.0, FigureUnit.COUNT, "▲ 10.0 %"),
        (90.0, 100.0, FigureUnit.COUNT, "▼ 10.0 %"),
        (4.2, 4.0, FigureUnit.PERCENT, "▲ 0.2 points"),
        (5.0, 5.0, FigureUnit.COUNT, "steady"),
        (100.4, 100.0, FigureUnit.COUNT, "steady"),
        (5.0, 0.0, FigureUnit.COUNT, "▲ from 0"),
        (5.0, None, FigureUnit.COUNT, ""),
    ],
)
def test_changes_are_relative_or_in_points(now: float, before: float | None, unit: FigureUnit, text: str) -> None:
    assert change_text(change(now, before), unit) == text


@pytest.mark.parametrize(("day", "hours", "second"), [("2026-03-29", 23, "04:00"), ("2026-10-25", 25, "03:00")])
def test_a_day_of_23_and_of_25_hours_has_its_ticks_at_local_times(day: str, hours: int, second: str) -> None:
    zone = zone_of("Europe/Berlin")
    start = datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=zone).astimezone(UTC)
    window = Window(start, start + timedelta(hours=hours), 300)
    ticks = Times(zone).ticks(window, most=12)
    assert [label for _, label in ticks][:2] == ["Sun 00:00", second]
    assert ticks[-1][1] == "Mon 00:00"
    assert len({at for at, _ in ticks}) == len(ticks)
    for at, label in ticks:
        assert f"{datetime.fromtimestamp(at / 1000, zone):%H:%M}" == label[-5:]


@given(st.floats(0.2, 5000), st.sampled_from(["UTC", "Asia/Kathmandu", "America/New_York"]))
def test_ticks_lie_in_the_window_and_are_few(hours: float, name: str) -> None:
    window = Window(samples.NOW - timedelta(hours=hours), samples.NOW, 60)
    ticks = Times(zone_of(name)).ticks(window)
    assert len(ticks) <= 9
    assert all(milliseconds_of(window.start) <= at <= milliseconds_of(window.end) for at, _ in ticks)


def test_an_end_on_the_same_day_is_only_a_time() -> None:
    times = Times(zone_of("Europe/Berlin"))
    start = datetime(2026, 1, 5, 21, 30, tzinfo=UTC)
    assert times.until(start, start + timedelta(minutes=20)) == "22:50:00"
    assert times.until(start, start + timedelta(hours=2)) == "Tue 6 Jan 00:30:00"
    assert times.until(start, None) == "–"


def test_zones(tmp_path: Path) -> None:
    with pytest.raises(UnknownZoneError, match="Mars"):
        zone_of("Mars/Base")
    assert Times(zone_of("Etc/UTC")).name == "UTC"
    assert host_zone({"TZ": ":Europe/Berlin"}) == "Europe/Berlin"
    assert host_zone({"TZ": "nonsense"}, tmp_path / "missing") == "UTC"


@given(st.floats(1e-6, 1e12))
def test_scales_end_at_a_round_number_above_the_highest_value(highest: float) -> None:
    assert highest <= round_top(highest) <= 2.1 * highest


def test_cleaning_keeps_clean_objects_as_they_are() -> None:
    data = samples.one_point()
    assert cleaned(data.services) is data.services
    assert cleaned(replace(data.services[0], response_time_ms=float("nan"))).response_time_ms is None
    assert cleaned({"a\x00": [float("inf"), "b\ud800"]}) == {"a\u2400": [None, "b\ufffd"]}


def test_a_line_breaks_where_readings_are_missing_and_keeps_the_last_value_of_a_step() -> None:
    start = samples.NOW - timedelta(hours=10)
    window = Window(start, samples.NOW, 300)
    minutes = [*range(0, 100, 5), *range(300, 400, 5)]
    points = stepped([(start + timedelta(minutes=m), float(m)) for m in (*minutes[:1], 1, *minutes[1:])], window)
    assert points[0] == (start + timedelta(minutes=1), 1.0)
    assert [value for _, value in points].count(None) == 1
    assert len(points) == len(minutes) + 1


def test_a_chart_s_colours_can_be_told_apart_in_the_dark() -> None:
    light = [pair[0] for pair in COLOURS.values()]
    assert len(light) == len(set(light))


def test_very_many_spans_are_drawn_as_the_worst_of_each_slot() -> None:
    window = Window(samples.NOW - timedelta(hours=1), samples.NOW, 60)
    states = (ServiceState.UP, ServiceState.DOWN)
    edges = [window.start + timedelta(seconds=3600 * i / 1000) for i in range(1001)]
    spans = [StateSpan(a, b, states[i % 2]) for i, (a, b) in enumerate(pairwise(edges))]
    drawn = drawn_spans(spans, window)
    assert [(span.start, span.end, span.state) for span in drawn] == [(window.start, window.end, ServiceState.DOWN)]
    calm = [StateSpan(edges[0], edges[500], ServiceState.UP), StateSpan(edges[500], edges[1000], ServiceState.DOWN)]
    assert drawn_spans(calm, window) is calm
    mixed = drawn_spans(spans[:500] + calm[1:], window)
    assert len(mixed) <= 200
    assert (mixed[0].start, mixed[-1].end) == (window.start, window.end)


def test_a_quarter_of_an_hour_has_more_than_one_tick() -> None:
    end = datetime(2026, 1, 12, 9, 53, tzinfo=UTC)
    labels = [label for _, label in Times(zone_of("UTC")).ticks(Window(end - timedelta(minutes=17), end, 60))]
    assert labels == ["Mon 09:40", "09:45", "09:50"]


@pytest.mark.parametrize(
    ("low", "high", "unit", "expected"),
    [
        (3.212, 3.221, FigureUnit.PERCENT, ("3.21 %", "3.22 %")),
        (3.0, 4.0, FigureUnit.PERCENT, ("3.0 %", "4.0 %")),
        (48210.2, 48210.4, FigureUnit.MONEY, ("48,210.2", "48,210.4")),
        (0.8101, 0.8104, FigureUnit.SECONDS, ("810.1 ms", "810.4 ms")),
        (4.301, 4.304, FigureUnit.SCORE, ("4.301 of 5", "4.304 of 5")),
        (5.0, 5.0, FigureUnit.COUNT, ("5", "5")),
        (5.00000001, 5.00000002, FigureUnit.COUNT, ("5.0000", "5.0000")),
    ],
)
def test_two_figures_are_written_with_enough_digits_to_differ(
    low: float, high: float, unit: FigureUnit, expected: tuple[str, str]
) -> None:
    assert written_apart(low, high, unit) == expected
