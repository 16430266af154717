"""Charts: scale, gaps, outages, failures, marks and phases, read from the lines of text."""

from __future__ import annotations

import threading
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color
from rich.style import Style
from textual.app import App, ComposeResult
from textual.strip import Strip

from widgets.chart import Chart, ChartLine, ChartMark, Plot, chart_strips
from widgets.look import PLAIN_LOOK, Look
from widgets.plot import frame

ASCII_LOOK = Look(PLAIN_LOOK.palette, ascii_only=True)
SHADED = replace(PLAIN_LOOK, palette=replace(PLAIN_LOOK.palette, outage=Style(color="red", bgcolor="blue")))
END = datetime(2026, 1, 5, 12, tzinfo=UTC)
START = END - timedelta(hours=1)
HOUR = Plot(start=START, end=END)
BRAILLE = range(0x2801, 0x2900)


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


def one(*values: float | None, **more: object) -> Plot:
    return replace(HOUR, lines=(ChartLine("mean", values),), **more)  # type: ignore[arg-type]


def texts(plot: Plot, width: int = 72, height: int = 12, look: Look = PLAIN_LOOK) -> list[str]:
    return [strip.text for strip in chart_strips(plot, width, height, look)]


def canvas(plot: Plot, width: int = 72, height: int = 12, look: Look = PLAIN_LOOK) -> list[str]:
    """What stands between the axes."""
    edge = "+|" if look.ascii_only else "┤│"
    lines = texts(plot, width, height, look)[1:-2]
    begins = [next((at for at, sign in enumerate(text) if sign in edge), None) for text in lines]
    return [text[begin + 1 :] for text, begin in zip(lines, begins, strict=True) if begin is not None and begin < 12]


def dots(text: str) -> list[int]:
    return [at for at, sign in enumerate(text) if ord(sign) in BRAILLE]


def style_at(strip: Strip, column: int) -> Style | None:
    styles = [segment.style for segment in strip for _ in segment.text]
    return styles[column]


@pytest.mark.parametrize("look", [PLAIN_LOOK, ASCII_LOOK])
@pytest.mark.parametrize("size", [(20, 4), (40, 5), (70, 12), (190, 30), (8, 2), (1, 1)])
def test_a_chart_is_exactly_as_large_as_its_room(look: Look, size: tuple[int, int]) -> None:
    lines = (ChartLine("mean", (1.0, None, 3.0, 4.0)), ChartLine("p95", (2.0, 2.0, 9.0, None)))
    strips = chart_strips(replace(HOUR, lines=lines), *size, look)
    assert len(strips) == size[1]
    assert {strip.cell_length for strip in strips} == {size[0]}


def test_round_values_with_their_unit_stand_at_the_axis_and_round_times_of_the_zone_below() -> None:
    lines = texts(one(*[250.0] * 60))
    labels = [text.split("┤")[0].strip() for text in lines if "┤" in text]
    assert labels == ["300 ms", "200 ms", "100 ms", "0"]
    assert lines[-1].split() == ["11:00", "11:10", "11:20", "11:30", "11:40", "11:50", "12:00"]
    berlin = replace(PLAIN_LOOK, zone=ZoneInfo("Europe/Berlin"))
    assert texts(one(*[250.0] * 60), look=berlin)[-1].split()[0] == "12:00"
    assert "highest 250 ms" in lines[0]


def test_a_gap_is_not_joined_over_and_has_a_dot_on_the_axis() -> None:
    rows = canvas(one(*[250.0] * 20, *[None] * 20, *[250.0] * 20))
    (row,) = [row for row in rows if dots(row)]
    width = len(row)
    assert not any(width * 0.34 < at < width * 0.66 for at in dots(row))
    assert min(dots(row)) < width * 0.05
    assert max(dots(row)) > width * 0.93
    assert rows[-1].strip() == "·" * (width // 3)


def test_nan_and_infinite_values_are_gaps_and_negative_ones_have_a_scale() -> None:
    nan, infinite = float("nan"), float("inf")
    assert texts(one(5.0, nan, infinite, 5.0)) == texts(one(5.0, None, None, 5.0))
    lines = texts(one(-50.0, 20.0, -10.0))
    assert any(text.strip().startswith("-60 ms┤") for text in lines)
    assert any(text.strip().startswith("0┤") for text in lines)


def test_one_value_is_a_dash_that_can_be_seen() -> None:
    assert sum(len(dots(row)) for row in canvas(one(7.0))) >= 2
    assert sum(len(dots(row)) for row in canvas(one(None, None, 7.0, None))) >= 2


def test_a_peak_is_drawn_however_many_values_there_are() -> None:
    values = [1.0] * 10_000
    values[7_123] = 1_000.0
    flat = ChartLine("others", tuple([1.0] * 10_000))
    for at in range(3):
        lines = [flat, flat, flat]
        lines[at] = ChartLine("peak", tuple(values))
        rows = canvas(replace(HOUR, lines=tuple(lines)))
        assert [round(at / len(rows[0]), 1) for at in dots(rows[0])] == [0.7]


def test_lines_differ_in_their_dashes_and_have_a_legend() -> None:
    lines = tuple(
        ChartLine(name, tuple([height] * 60)) for name, height in (("p50", 10.0), ("p95", 50.0), ("p99", 90.0))
    )
    legend, *_ = texts(replace(HOUR, lines=lines))
    assert "━ p50   ╍ p95   ┈ p99" in legend
    third, second, first = [row.strip() for row in canvas(replace(HOUR, lines=lines)) if dots(row)]
    assert len(set(first[1:-1])) == 1
    assert " " in second
    assert set(third) != set(first)
    plain = [row.strip() for row in canvas(replace(HOUR, lines=lines), look=ASCII_LOOK) if set(row.strip())]
    assert [set(row) for row in plain] == [{"."}, {"+"}, {"*"}]


def test_an_outage_is_shaded_and_what_lies_over_it_keeps_its_sign() -> None:
    plot = one(*[250.0] * 60, outages=((minute(15), minute(30)),))
    rows = canvas(plot)
    width = len(rows[0])
    assert rows[0].strip() == "░" * (rows[0].rindex("░") - rows[0].index("░") + 1)
    assert abs(rows[0].index("░") - width / 4) <= 1
    assert abs(rows[0].count("░") - width / 4) <= 1
    assert "░ outage" in texts(plot)[0]
    assert ":" in canvas(plot, look=ASCII_LOOK)[0]
    strips = chart_strips(plot, 72, 12, SHADED)
    line = next(strip for strip in strips if len(dots(strip.text)) > 40)
    within, outside = style_at(line, 30), style_at(line, 60)
    assert within is not None
    assert within.bgcolor == Color.parse("blue")
    assert outside is not None
    assert outside.bgcolor is None


def test_a_short_outage_takes_one_cell_and_one_outside_of_the_window_none() -> None:
    rows = canvas(one(*[250.0] * 60, outages=((minute(30), minute(30.01)),)))
    assert rows[0].count("░") == 1
    assert "outage" not in texts(one(1.0, outages=((minute(-30), minute(-10)), (minute(70), minute(80)))))[0]


def test_failures_are_marked_at_their_time_even_if_nothing_was_measured() -> None:
    failed = tuple(30 <= at < 45 for at in range(60))
    lines = texts(one(*[None if bad else 5.0 for bad in failed], failed=failed))
    marks = lines[1]
    assert 13 <= marks.count("✖") <= 17
    assert abs(marks.index("✖") - 40) <= 3
    nothing = texts(one(*[None] * 60, failed=failed))
    assert "no answer in this window" in nothing[0]
    assert "✖" in nothing[1]
    assert "✖" in "".join(texts(one(*[None] * 60, failed=failed), 40, 5))
    assert "12:00" in nothing[-1]


def test_only_where_nothing_at_all_was_measured_it_says_so() -> None:
    words = "nothing was measured in this window"
    assert words in texts(one(None, None, failed=(False, False)))[0]
    assert words in texts(Plot())[0]
    assert words not in " ".join(texts(one(None, None, failed=(False, True))))
    assert words not in " ".join(texts(one(None, None, outages=((minute(1), minute(2)),))))
    assert "no room" in texts(one(1.0), 10, 12)[0]


def test_a_mark_is_a_vertical_line_with_its_label() -> None:
    rows = canvas(one(*[250.0] * 60, marks=(ChartMark(minute(30), "fired"), ChartMark(minute(59), "shown"))))
    column = rows[0].index("╎")
    assert abs(column - len(rows[0]) / 2) <= 1
    assert rows[0][column + 1 :].startswith("fired")
    assert "shown╎" in rows[0]
    assert all(row[column] == "╎" or ord(row[column]) in BRAILLE for row in rows)
    assert "╎" not in "".join(canvas(one(1.0, marks=(ChartMark(minute(61)),))))


def test_a_limit_near_the_values_is_a_line_and_one_far_above_is_only_told() -> None:
    rows = canvas(one(*[100.0] * 60, limit=200.0))
    assert rows[0].count("╌") > 50
    far = texts(one(*[100.0] * 60, limit=5_000.0))
    assert "limit 5 s is off the scale" in far[0]
    assert "╌╌" not in "".join(far[1:])


def test_phases_are_stacked_in_their_order_with_a_texture_each() -> None:
    phases = (ChartLine("DNS", tuple([20.0] * 60)), ChartLine("TLS", tuple([20.0] * 60)))
    plot = replace(HOUR, phases=(*phases, ChartLine("first byte", tuple([40.0] * 40 + [None] * 20))))
    column = [row[5] for row in canvas(plot, height=15)]
    assert "".join(dict.fromkeys(column)).strip() == "░▒█"
    assert [column.count(sign) for sign in "░▒█"] == sorted((column.count(sign) for sign in "░▒█"), reverse=True)
    assert "░" not in "".join(row[50:] for row in canvas(plot, height=15))
    assert "highest 80 ms" in texts(plot)[0]
    assert "█ DNS" in texts(plot)[0]
    assert "first byte" in texts(plot, width=40)[0]


def test_a_scale_without_zero_shows_the_range_and_a_fixed_end_stays() -> None:
    lines = texts(one(1_000_000.0, 1_000_100.0, unit="", from_zero=False))
    assert not any(text.strip().startswith("0┤") for text in lines)
    percent = texts(one(3.0, 4.0, unit="%", high=100.0))
    assert any(text.strip().startswith("100 %┤") for text in percent)
    assert any("1.0 GiB┤" in text for text in texts(one(float(1 << 30), unit="B")))


def test_given_labels_replace_the_times() -> None:
    months = tuple(f"{month:02}" for month in range(1, 13))
    values = tuple(float(month) for month in range(12))
    lines = texts(Plot((ChartLine("MRR", values),), labels=months, unit="EUR"), width=120)
    assert lines[-1].split() == list(months)
    names = tuple(f"month {month}" for month in range(1, 13))
    some = texts(Plot((ChartLine("MRR", values),), labels=names, unit="EUR"), width=72)[-1]
    assert some.split()[::2] == ["month"] * 6
    assert texts(Plot((ChartLine("MRR", values),), labels=("a", "b")))[-1].split() == ["a", "b"]


def test_an_equal_plot_draws_nothing() -> None:
    drawn: list[int] = []

    class Counted(Chart):
        def rebuild(self) -> None:
            drawn.append(1)

    chart = Counted()
    chart.show(one(1.0, 2.0))
    chart.show(one(1.0, 2.0))
    assert len(drawn) == 1
    chart.show(one(1.0, 3.0))
    assert len(drawn) == 2


anything = st.none() | st.floats() | st.integers(-(10**9), 10**9).map(float)
series = st.lists(anything, max_size=80).map(tuple)
moments = st.floats(-100, 160).map(minute)
plots = st.builds(
    Plot,
    lines=st.lists(st.builds(ChartLine, st.text(max_size=12), series), max_size=5).map(tuple),
    start=st.just(START) | st.none(),
    end=st.just(END) | st.none() | st.just(START),
    labels=st.lists(st.text(max_size=12), max_size=6).map(tuple),
    unit=st.sampled_from(("ms", "B", "%", "", "日本\x1b[31m")),
    phases=st.lists(st.builds(ChartLine, st.text(max_size=12), series), max_size=7).map(tuple),
    failed=st.lists(st.booleans(), max_size=80).map(tuple),
    outages=st.lists(st.tuples(moments, moments), max_size=3).map(tuple),
    marks=st.lists(st.builds(ChartMark, moments, st.text(max_size=12)), max_size=3).map(tuple),
    limit=anything,
    from_zero=st.booleans(),
    high=anything,
)


@pytest.mark.slow
@given(plots, st.integers(1, 130), st.integers(1, 30), st.booleans())
def test_no_value_breaks_a_chart(plot: Plot, width: int, height: int, plain: bool) -> None:
    strips = chart_strips(plot, width, height, ASCII_LOOK if plain else SHADED)
    assert len(strips) == height
    for strip in strips:
        assert strip.cell_length == width == sum(segment.cell_length for segment in strip)
        assert not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in strip.text)


class OneChart(App[None]):
    def compose(self) -> ComposeResult:
        chart = Chart()
        chart.styles.height = 8
        chart.show(one(*[250.0] * 60))
        yield chart


async def test_the_first_chart_waits_for_plotext_without_stopping_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "_loaded", threading.Event())
    released = threading.Event()
    load = frame.load

    def slow() -> object:
        released.wait(30)
        return load()

    monkeypatch.setattr("widgets.chart.load", slow)
    app = OneChart()
    async with app.run_test(size=(60, 10)) as pilot:
        await pilot.pause()
        assert "".join(app.query_one(Chart).plain_lines).strip() == ""
        released.set()
        await app.workers.wait_for_complete()
        assert "highest 250 ms" in app.query_one(Chart).plain_lines[0]


async def test_without_plotext_the_chart_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame, "_loaded", threading.Event())

    def missing() -> object:
        raise OSError("libstdc++.so.6 is missing")

    monkeypatch.setattr("widgets.chart.load", missing)
    app = OneChart()
    async with app.run_test(size=(72, 10)):
        await app.workers.wait_for_complete()
        assert "cannot be drawn: libstdc++.so.6 is missing" in app.query_one(Chart).plain_lines[0]


@pytest.mark.parametrize("height", range(1, 6))
def test_a_room_too_low_for_axes_has_a_sparkline_with_the_highest_value(height: int) -> None:
    values = tuple(10.0 + at % 7 for at in range(60))
    begin = datetime(2026, 1, 5, 11, tzinfo=UTC)
    plot = Plot((ChartLine("mean", values), ChartLine("peak", (*values[:-1], 90.0))), begin, begin + timedelta(hours=1))
    drawn = texts(replace(plot, unit="%", high=100.0), 30, height)
    assert len(drawn) == height
    assert not any(sign in "".join(drawn) for sign in "┤│└")
    assert drawn[0].startswith(" mean ") or drawn[1].startswith(" mean ")
    assert "max 16 %" in "".join(drawn)
    if height >= 2:
        assert "max 90 %" in "".join(drawn)
    if height >= 3:
        assert ["11:00", "12:00"] in [each.split() for each in drawn]


def test_a_low_chart_tells_failures_outages_and_gaps_apart() -> None:
    begin = datetime(2026, 1, 5, 11, tzinfo=UTC)
    values = (*[5.0] * 20, *[None] * 40)
    failed = tuple(20 <= at < 30 for at in range(60))
    out = (begin + timedelta(minutes=40), begin + timedelta(minutes=50))
    plot = Plot((ChartLine("p50", values),), begin, begin + timedelta(hours=1), failed=failed, outages=(out,))
    row = texts(plot, 80, 2)[1]
    assert row.index("✖") < row.index("·") < row.index("░") < row.rindex("·")
    assert texts(plot, 80, 2, ASCII_LOOK)[1].isascii()


def test_in_few_lines_a_window_of_a_day_is_told_in_times_and_longer_ones_in_days() -> None:
    day = one(1, 2, start=END - timedelta(hours=24, minutes=5))
    assert texts(day, 40, 4)[-1].split() == ["11:55", "12:00"]
    week = one(1, 2, start=END - timedelta(days=7))
    assert texts(week, 40, 4)[-1].split() == ["29", "Dec", "05", "Jan"]
