"""Runs of text fitted to cells: exact widths, and nothing hostile left."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style
from textual.strip import Strip

from widgets.cells import changed_span, clean, fit, line, wrapped

PLAIN = Style()
RED = Style(color="red")
anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)


@given(
    st.lists(st.tuples(anything, st.just(PLAIN)), max_size=4), st.integers(0, 40), st.sampled_from(["left", "right"])
)
def test_fitting_gives_exactly_the_width(runs: list[tuple[str, Style]], width: int, align: str) -> None:
    segments = fit(runs, width, align=align)  # type: ignore[arg-type]
    assert sum(cell_len(segment.text) for segment in segments) == width


@given(anything)
def test_cleaned_text_has_no_control_bidi_or_joining_characters(text: str) -> None:
    result = clean(text)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in result)
    assert not set(result) & set("\u200d\ufe0f\u200b\u202e\u2066\u200f\x1b\x00")


def test_a_huge_line_is_cut_before_it_is_looked_at() -> None:
    assert len(clean("x" * 2_000_000)) <= 1000


def test_a_line_that_was_cut_ends_in_the_ellipsis() -> None:
    assert clean("é" * 1000) == "é" * 1000
    assert clean("é" * 1001) == "é" * 999 + "…"
    assert clean("e\u0301" * 2000) == "é" * 999 + "…", "what is joined counts once"


def test_joined_emoji_are_split() -> None:
    assert clean("👩\u200d👩\u200d👧 \u2602\ufe0f") == "👩👩👧 \u2602"


def test_a_cropped_text_ends_in_the_ellipsis() -> None:
    assert "".join(s.text for s in fit([("backend-", PLAIN), ("api", RED)], 9)) == "backend-…"
    assert "".join(s.text for s in fit([("ab", PLAIN)], 2)) == "ab"
    assert "".join(s.text for s in fit([("日本語", PLAIN)], 4, ellipsis="~")) == "日 ~"


def test_a_line_keeps_its_right_side() -> None:
    strip = line([("a long text at the left", PLAIN)], 20, right=[("now ", PLAIN)])
    assert strip.text == "a long text at …now "
    assert strip.cell_length == 20


def test_only_the_cells_that_differ_are_a_change() -> None:
    old = line([("response ", PLAIN), ("12 ms", PLAIN)], 30)
    new = line([("response ", PLAIN), ("13 ms", PLAIN)], 30)
    assert changed_span(old, old) is None
    assert changed_span(old, new) == (10, 1)


def test_a_change_of_style_is_a_change() -> None:
    assert changed_span(Strip(fit([("up", PLAIN)], 4)), Strip(fit([("up", RED)], 4))) == (0, 2)


def test_the_same_text_in_other_pieces_is_no_change() -> None:
    assert changed_span(Strip(fit([("a", PLAIN), ("b", PLAIN)], 2)), Strip(fit([("ab", PLAIN)], 2))) is None


_pieces = st.lists(st.tuples(st.text("ab ", max_size=5), st.sampled_from([PLAIN, RED])), max_size=5)


@given(_pieces, _pieces)
def test_a_change_is_from_the_first_to_the_last_cell_that_differs(
    before: list[tuple[str, Style]], after: list[tuple[str, Style]]
) -> None:
    old, new = Strip(fit(before, 12)), Strip(fit(after, 12))

    def cells(strip: Strip) -> list[tuple[str, Style | None]]:
        return [(char, segment.style) for segment in strip for char in segment.text]

    differ = [at for at, (one, other) in enumerate(zip(cells(old), cells(new), strict=True)) if one != other]
    assert changed_span(old, new) == ((differ[0], differ[-1] - differ[0] + 1) if differ else None)


def test_wide_characters_are_never_painted_by_half() -> None:
    assert changed_span(line([("日本", PLAIN)], 8), line([("日木", PLAIN)], 8)) == (0, 8)


def test_a_blank_at_the_end_of_a_line_takes_no_cell() -> None:
    lines = wrapped([("1234 567 89", Style())], 8)
    assert ["".join(text for text, _ in line) for line in lines] == ["1234 567", "89"]
