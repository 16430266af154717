"""Lists of bars: alignment, folding, missing values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from widgets.bars import Bar, Bars, bar_rows
from widgets.cells import runs_width
from widgets.look import PLAIN_LOOK, Look

ASCII_LOOK = Look(PLAIN_LOOK.palette, ascii_only=True)
PLANS = (Bar("Starter", 812.0), Bar("Enterprise", 177.0), Bar("Professional", 1_548.0))


def texts(bars: tuple[Bar, ...], width: int = 60, height: int | None = None, **more: object) -> list[str]:
    rows = bar_rows(bars, width, height, ASCII_LOOK, **more)  # type: ignore[arg-type]
    return ["".join(text for text, _ in row) for row in rows]


def test_the_largest_comes_first_and_values_end_in_one_column() -> None:
    rows = texts(PLANS)
    assert [row.split()[0] for row in rows] == ["Professional", "Starter", "Enterprise"]
    assert [row.index(value) + len(value) for row, value in zip(rows, ("1,548", "812", "177"), strict=True)] == [19] * 3
    lengths = [row.count("=") for row in rows]
    assert lengths[0] == 60 - 12 - 5 - 4
    assert lengths[1] == round(lengths[0] * 812 / 1548)


def test_a_unit_and_a_share_stand_beside_the_value() -> None:
    row = texts((Bar("de", 25.0), Bar("en", 75.0)), unit="chats", shares=True)[0]
    assert row.startswith("en  75 chats   75 %  ===")


def test_what_has_no_line_is_folded_into_other() -> None:
    rows = texts(tuple(Bar(f"page {at}", 10.0 * at) for at in range(1, 8)), height=3)
    assert [row.split("  ")[0] for row in rows] == ["page 7", "page 6", "other (5)"]
    assert "150" in rows[2]


def test_hours_keep_their_order_and_neighbours_are_folded() -> None:
    hours = tuple(Bar(f"{hour:02}", 10.0) for hour in range(24))
    rows = texts(hours, height=8, ordered=True)
    assert [row.split()[0] for row in rows][:3] == ["00-02", "03-05", "06-08"]
    assert len(rows) == 8
    assert len(texts(hours, height=24, ordered=True)) == 24


def test_missing_values_have_no_bar_and_the_smallest_value_has_one() -> None:
    nan, infinite = float("nan"), float("inf")
    rows = texts((Bar("a", None), Bar("b", nan), Bar("c", infinite), Bar("d", -5.0), Bar("e", 1e9), Bar("f", 1e-9)))
    found = {row.split()[0]: row for row in rows}
    assert all("-" in found[name] and "=" not in found[name] for name in "abcd")
    assert found["f"].count("=") == 1
    assert texts(()) == ["nothing to show"]


def test_a_long_label_is_cut_and_a_narrow_list_has_no_bars() -> None:
    assert texts((Bar("x" * 80, 5.0),), 40)[0].startswith("x" * 15 + "~  5  ==")
    assert "=" not in texts(PLANS, 18)[0]


def test_an_equal_list_draws_nothing() -> None:
    drawn: list[int] = []

    class Counted(Bars):
        def rebuild(self) -> None:
            drawn.append(1)

    view = Counted()
    view.show(PLANS)
    view.show(PLANS)
    assert len(drawn) == 1


bars_strategy = st.lists(
    st.builds(Bar, st.text(max_size=30), st.none() | st.floats() | st.integers(-(10**6), 10**6).map(float)), max_size=12
).map(tuple)


@given(
    bars_strategy,
    st.integers(0, 130),
    st.none() | st.integers(0, 12),
    st.booleans(),
    st.booleans(),
    st.text(max_size=5),
)
def test_no_value_breaks_a_list(
    bars: tuple[Bar, ...], width: int, height: int | None, ordered: bool, shares: bool, unit: str
) -> None:
    rows = bar_rows(bars, width, height, PLAIN_LOOK, unit=unit, ordered=ordered, shares=shares)
    assert height is None or len(rows) <= height
    assert all(runs_width(row) <= width for row in rows)
