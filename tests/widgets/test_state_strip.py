"""State strips: each state's share of the cells, blips, marks, words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from amt_console.model import ServiceState, StateSpan
from widgets.look import PLAIN_LOOK, Look
from widgets.state_strip import StateStrip, StripMark, cell_states, state_words, strip_runs

UP, SLOW, DOWN = ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN
UNKNOWN, MAINTENANCE = ServiceState.UNKNOWN, ServiceState.MAINTENANCE
ASCII_LOOK = Look(PLAIN_LOOK.palette, ascii_only=True)
END = datetime(2026, 1, 5, 12, tzinfo=UTC)
START = END - timedelta(hours=1)


def minute(number: float) -> datetime:
    return START + timedelta(minutes=number)


def states(*changes: tuple[float, ServiceState]) -> list[StateSpan]:
    """Spans that each last until the next change, the last one until the end."""
    ends = [*(begin for begin, _ in changes[1:]), 60.0]
    return [StateSpan(minute(begin), minute(end), state) for (begin, state), end in zip(changes, ends, strict=True)]


def strip(spans: list[StateSpan], width: int = 60, look: Look = ASCII_LOOK) -> str:
    return "".join(text for text, _ in strip_runs(spans, START, END, width, look))


def words(spans: list[StateSpan]) -> str:
    return "".join(text for text, _ in state_words(spans, START, END, PLAIN_LOOK))


def test_each_state_has_its_share_and_a_sign_of_its_own() -> None:
    spans = states((0, UP), (20, SLOW), (30, DOWN), (50, MAINTENANCE), (55, UNKNOWN))
    assert strip(spans) == "-" * 20 + "!" * 10 + "X" * 20 + "=" * 5 + "." * 5
    assert strip(spans, look=PLAIN_LOOK) == "▂" * 20 + "▅" * 10 + "█" * 20 + "░" * 5 + "·" * 5
    assert strip(spans, 12) == "----!!XXXX=."


def test_a_blip_keeps_one_cell_and_a_longer_outage_is_no_wider_than_its_share() -> None:
    assert strip(states((0, UP), (30, DOWN), (30.1, UP))).count("X") == 1
    assert strip(states((0, UP), (29.4, DOWN), (31.4, UP))).count("X") == 2
    assert strip(states((0, UP), (30, SLOW), (30.1, DOWN), (30.2, UP)), 10).count("X") == 1
    assert (
        strip(states((0, UP), (30, DOWN), (30.1, UP), (45, SLOW), (45.1, UP)))
        == "-" * 30 + "X" + "-" * 14 + "!" + "-" * 14
    )


def test_what_no_span_covers_is_unknown_and_what_lies_outside_is_left_out() -> None:
    assert strip([StateSpan(minute(-30), minute(15), UP), StateSpan(minute(45), minute(90), DOWN)], 4) == "-..X"
    assert strip([StateSpan(minute(-30), minute(-20), DOWN), StateSpan(minute(70), minute(80), DOWN)], 4) == "...."
    assert strip([], 4) == "...."
    assert strip_runs([], END, START, 4, PLAIN_LOOK)[0][0] == "····"
    assert strip_runs([], START, END, 0, PLAIN_LOOK) == []


def test_each_state_has_its_own_style() -> None:
    green, yellow, red = Style(color="green"), Style(color="yellow"), Style(color="red")
    look = replace(PLAIN_LOOK, palette=replace(PLAIN_LOOK.palette, ok=green, warning=yellow, critical=red))
    styles = [style for _, style in strip_runs(states((0, UP), (20, SLOW), (40, DOWN)), START, END, 3, look)]
    assert styles == [green, yellow, red]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([(0.0, UP)], "well all the time"),
        ([(0.0, UP), (39.0, DOWN)], "✖ DOWN for 21m · well until 11:39"),
        ([(0.0, DOWN)], "✖ DOWN for more than 1h · not well in this window"),
        ([(0.0, UP), (39.0, DOWN), (45.0, UP)], "well since 11:45 · down 6m before"),
        ([(0.0, UP), (20.0, SLOW), (30.0, DOWN), (45.0, SLOW)], "▲ SLOW for 15m · well until 11:20"),
        ([(0.0, UP), (30.0, UNKNOWN)], "○ UNKNOWN for 30m · well until 11:30"),
        ([(0.0, UNKNOWN)], "no data in this window"),
        ([(0.0, DOWN), (30.0, MAINTENANCE)], "‖ MAINT for 30m · down 30m before"),
    ],
)
def test_the_words_say_since_when_and_until_when_it_was_well(
    changes: list[tuple[float, ServiceState]], said: str
) -> None:
    assert words(states(*changes)) == said


def test_the_words_take_time_without_a_span_for_unknown() -> None:
    assert words([]) == "no data in this window"
    assert words([StateSpan(minute(0), minute(30), UP)]) == "○ UNKNOWN for 30m · well until 11:30"


def test_a_strip_shows_words_marks_and_times_below_their_cells() -> None:
    view = StateStrip(look=ASCII_LOOK)
    marks = [StripMark(minute(30), text="began"), StripMark(minute(40), "●", "*", "ada took it")]
    view.show(states((0, UP), (30, DOWN)), START, END, marks=marks)
    head, bars, below, axis = [each.text for each in view.build(62, None)]
    assert head.strip() == "X DOWN for 30m | well until 11:30"
    assert bars.strip() == "-" * 30 + "X" * 30
    assert below.index("^ began") == bars.index("X") == 31
    assert below.index("* ada took it") == 41
    assert axis.split() == ["11:00", "11:15", "11:30", "11:45", "12:00"]
    assert axis.index("11:30") == 31


def test_words_of_marks_never_cover_another_mark() -> None:
    view = StateStrip(look=ASCII_LOOK)
    marks = [StripMark(minute(at), text="a long story") for at in (10, 12, 58)]
    view.show(states((0, UP)), START, END, marks=marks)
    below = view.build(62, None)[2].text
    assert below.count("^") == 3
    assert "^ a long story" in below
    assert below.rstrip().endswith("a long story ^")


def test_with_little_height_the_strip_itself_remains() -> None:
    view = StateStrip(look=ASCII_LOOK)
    view.show(states((0, UP)), START, END, marks=[StripMark(minute(30))])
    cells = "-" * 28
    assert [each.text.strip() for each in view.build(30, 3)] == [
        "well all the time",
        cells,
        "11:00                  12:00",
    ]
    assert [each.text.strip() for each in view.build(30, 2)] == ["well all the time", cells]
    assert [each.text.strip() for each in view.build(30, 1)] == [cells]


def test_a_tall_strip_has_two_lines_and_the_worse_the_higher() -> None:
    view = StateStrip(look=PLAIN_LOOK)
    view.show(states((0, UP), (20, SLOW), (40, DOWN)), START, END, tall=True, words=(), axis=False)
    upper, lower = [each.text.strip(" ") for each in view.build(32, None)]
    assert (upper, lower) == ("▁" * 10 + "█" * 10, "▂" * 10 + "█" * 20)


spans_strategy = st.lists(
    st.tuples(st.floats(-100, 160), st.floats(-100, 160), st.sampled_from(ServiceState)).map(
        lambda each: StateSpan(minute(each[0]), minute(each[1]), each[2])
    ),
    max_size=12,
)


@given(spans_strategy, st.integers(0, 130))
def test_a_strip_is_as_wide_as_asked_and_hides_no_outage(spans: list[StateSpan], width: int) -> None:
    cells = cell_states(spans, START, END, width)
    assert len(cells) == width == len(strip(spans, width))
    inside = any(each.start < min(each.end, END) and each.end > START and each.state is DOWN for each in spans)
    assert (DOWN in cells) == (inside and width > 0)


@given(spans_strategy, st.integers(1, 130), st.lists(st.tuples(st.floats(-5, 65), st.text(max_size=20)), max_size=5))
def test_no_spans_or_marks_break_the_view(spans: list[StateSpan], width: int, marks: list[tuple[float, str]]) -> None:
    view = StateStrip(look=PLAIN_LOOK)
    view.show(spans, START, END, marks=[StripMark(minute(at), text, text, text) for at, text in marks], tall=True)
    assert all(each.cell_length == width for each in view.build(width, None))
