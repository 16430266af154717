"""How a sheet shares its lines between its sections."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from amt_console.console.cards.sharing import Want, share_lines
from amt_console.console.cards.sheet import HEADINGS_FROM, Head, Section, Sheet
from widgets.cells import Runs

WANTS = st.lists(
    st.builds(
        lambda least, more, rank, weight, late: Want(least, least + more, rank, weight, late),
        st.integers(1, 9),
        st.integers(0, 30),
        st.integers(0, 12),
        st.integers(1, 4),
        st.booleans(),
    ),
    max_size=10,
)


@given(st.integers(-3, 120), WANTS)
def test_a_section_gets_nothing_or_something_between_its_least_and_its_most(total: int, wants: list[Want]) -> None:
    given_lines = share_lines(total, wants)
    assert len(given_lines) == len(wants)
    assert sum(given_lines) <= max(0, total)
    assert all(got == 0 or want.least <= got <= want.most for got, want in zip(given_lines, wants, strict=True))


@given(st.integers(0, 120), WANTS)
def test_no_line_is_left_while_a_shown_section_wants_it(total: int, wants: list[Want]) -> None:
    given_lines = share_lines(total, wants)
    wanted = sum(want.most for got, want in zip(given_lines, wants, strict=True) if got)
    assert sum(given_lines) == min(total, wanted)


@given(st.integers(0, 120), WANTS)
def test_what_is_more_important_is_not_left_out_for_what_is_less(total: int, wants: list[Want]) -> None:
    given_lines = share_lines(total, wants)
    for got, want in zip(given_lines, wants, strict=True):
        if got == 0:
            before = sum(_most_before(other, want) for other in wants if other is not want)
            assert before + want.least > total


def _most_before(other: Want, want: Want) -> int:
    """The lines that another section may get before this one gets its least."""
    if other.late is want.late:
        return other.least if other.rank <= want.rank else 0
    return other.most if want.late else 0


@given(st.integers(1, 12), st.integers(0, 12), st.integers(30, 200))
def test_what_is_cut_says_how_much(lines: int, count: int, width: int) -> None:
    section = Section("STORY", tuple(_text(f"line {number}") for number in range(lines)))
    strips = section.strips(width, count, Sheet().look)
    assert len(strips) == min(lines, count)
    if 0 < count < lines:
        assert strips[-1].text.rstrip().endswith(f"+{lines - count} more")
    assert all(strip.cell_length == width for strip in strips)


def test_the_most_telling_lines_stay_and_are_wrapped_where_there_is_room() -> None:
    section = Section("STORY", tuple(map(_text, "abcde")), telling=(1, 9, 1, 5, 9))
    shown = [strip.text.split()[0] for strip in section.strips(20, 3, Sheet().look)]
    assert shown == ["b", "d", "e"]
    long = Section("ALSO", (_text("aaaaaa bbbbbb cccccc"), _text("dddddd eeeeee ffffff")), telling=(9, 1))
    shown = [strip.text.split()[0] for strip in long.strips(9, 4, Sheet().look)]
    assert shown == ["aaaaaa", "bbbbbb", "cccccc", "dddddd"]
    assert [strip.text.split()[0] for strip in long.strips(9, 1, Sheet().look)] == ["aaaaaa"]


@given(st.integers(22, 220), st.integers(1, 70), st.integers(0, 5))
def test_a_sheet_fills_no_more_than_its_size(width: int, height: int, more: int) -> None:
    sheet = Sheet()
    words = _text("word " * 40)
    sections = [Section(f"PART {number}", (words,) * (1 + more * number), right=number > 3) for number in range(7)]
    sheet.show(Head(_text("what it is"), _text("who has it"), (_text("silenced"),)), sections)
    strips = sheet.build(width, height)
    assert len(strips) <= height
    assert all(strip.cell_length == width for strip in strips)


def test_headings_stand_beside_their_text_where_there_is_little_room() -> None:
    sheet = Sheet()
    sheet.show(Head(_text("head")), [Section("WHY", (_text("refused"),))])
    assert any(strip.text.split() == ["WHY", "refused"] for strip in sheet.build(80, 10))
    lines = [strip.text.split() for strip in sheet.build(80, HEADINGS_FROM + 1)]
    assert lines.index(["WHY"]) + 1 == lines.index(["refused"])


def _text(words: str) -> Runs:
    return [(words, Style())]
