"""The model of the live table: order, filter, and a selection that belongs to a key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.table_model import Column, SortValue, TableModel, plan_columns

Row = tuple[str, float | None]


def make() -> TableModel[Row]:
    def sort_value(row: Row, column: str) -> SortValue:
        return row[1] if column == "value" else row[0]

    return TableModel(lambda row: row[0], sort_value, lambda row: row[0])


rows = st.lists(
    st.tuples(st.sampled_from("abcdefghij"), st.one_of(st.none(), st.floats(-5, 5))), unique_by=lambda row: row[0]
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("rows"), rows),
        st.tuples(st.just("sort"), st.tuples(st.sampled_from([None, "value", "name"]), st.booleans())),
        st.tuples(st.just("filter"), st.sampled_from(["", "a", "!a", "b", "zz"])),
    )
)


@pytest.mark.slow
@given(rows, st.integers(0, 9), steps)
def test_the_selection_never_changes_its_key_unless_it_vanishes(start: list[Row], at: int, later: list[object]) -> None:
    model = make()
    model.set_rows(start)
    if not start:
        return
    key = start[at % len(start)][0]
    model.select(key)
    for kind, value in later:  # type: ignore[misc]
        if kind == "rows":
            model.set_rows(value)
        elif kind == "sort":
            model.sort_by(value[0], descending=value[1])
        else:
            model.set_filter(value)
        if key in model.keys and model.selected is not None:
            assert model.selected == key
        else:
            assert model.selected is None
            return


@pytest.mark.slow
@given(rows, st.booleans())
def test_sorting_keeps_all_rows_and_puts_missing_values_last(start: list[Row], descending: bool) -> None:
    model = make()
    model.set_rows(start)
    model.sort_by("value", descending=descending)
    assert sorted(model.keys) == sorted(name for name, _ in start)
    values = [dict(start)[key] for key in model.keys]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=descending)
    assert all(value is None for value in values[len(known) :])


def test_equal_values_keep_the_given_order() -> None:
    model = make()
    model.set_rows([("c", 1.0), ("a", 1.0), ("b", 0.0)])
    model.sort_by("value")
    assert model.keys == ("b", "c", "a")


def test_after_the_row_vanished_moving_starts_where_it_stood() -> None:
    model = make()
    model.set_rows([("a", None), ("b", None), ("c", None), ("d", None)])
    model.select("c")
    model.set_rows([("a", None), ("b", None), ("d", None)])
    assert model.selected is None
    model.move(1)
    assert model.selected == "d"


def test_moving_stops_at_both_ends() -> None:
    model = make()
    model.set_rows([("a", None), ("b", None)])
    model.move(1)
    assert model.selected == "a", "the first movement only shows the cursor"
    model.move(-5)
    assert model.selected == "a"
    model.move(50)
    assert model.selected == "b"


def test_an_inverted_filter_shows_what_does_not_match() -> None:
    model = make()
    model.set_rows([("Apple", None), ("pear", None)])
    model.set_filter("!APP")
    assert model.keys == ("pear",)
    model.set_filter("app")
    assert model.keys == ("Apple",)
    assert model.total == 2


COLUMNS = (
    Column("name", "", 10, grow=1, max_width=20),
    Column("since", "S", 5),
    Column("p95", "P", 6, priority=2),
    Column("error", "E", 10, priority=5, grow=4),
)


@pytest.mark.slow
@given(st.integers(1, 300))
def test_columns_fit_whatever_the_width(width: int) -> None:
    planned = plan_columns(COLUMNS, width)
    used = sum(size for _, size in planned) + len(planned) - 1
    assert used <= max(width, 16), "the columns that are always shown may be wider than the terminal"
    assert {"name", "since"} <= {column.id for column, _ in planned}


def test_the_least_important_column_goes_first() -> None:
    assert [column.id for column, _ in plan_columns(COLUMNS, 40)] == ["name", "since", "p95", "error"]
    assert [column.id for column, _ in plan_columns(COLUMNS, 30)] == ["name", "since", "p95"]
    assert [column.id for column, _ in plan_columns(COLUMNS, 20)] == ["name", "since"]


def test_growth_stops_at_the_widest() -> None:
    widths = {column.id: size for column, size in plan_columns(COLUMNS, 200)}
    assert widths["name"] == 20
    assert sum(widths.values()) + 3 == 200
