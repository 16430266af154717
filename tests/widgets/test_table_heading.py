"""The heading of a table: its filter and its marks are read before the titles of columns."""

from __future__ import annotations

import pytest
from rich.style import Style

from widgets.look import PLAIN_LOOK
from widgets.table_heading import heading
from widgets.table_model import Column, TableModel
from widgets.tables.message_table import MessageTable

NARROW = ((Column("at", "", 12), 12), (Column("who", "WHO", 6), 6), (Column("did", "DID", 10), 10))
WIDE = ((Column("at", "", 40), 40), *NARROW[1:])


def _model(text: str) -> TableModel[str]:
    model: TableModel[str] = TableModel(lambda row: row, lambda row, column: row, lambda row: row)
    model.set_rows(["ann", "ben", "dead"])
    model.set_filter(text)
    return model


def _line(text: str, columns: tuple[tuple[Column, int], ...], width: int = 60) -> str:
    counts = [("MESSAGES 3", Style())]
    return heading(_model(text), columns, "MESSAGES", counts, width, PLAIN_LOOK, Style()).text


def test_a_filter_takes_the_room_of_as_many_titles_as_it_needs() -> None:
    assert _line("", NARROW).split() == ["MESSAGES", "3", "WHO", "DID"]
    assert _line("dead", NARROW).split() == ["MESSAGES", "/dead", "(1", "of", "3)"]
    assert _line("dead", WIDE).split() == ["MESSAGES", "/dead", "(1", "of", "3)", "WHO", "DID"]


@pytest.mark.parametrize("width", [20, 31, 60])
def test_a_heading_is_as_wide_as_its_table(width: int) -> None:
    for text in ("", "dead", "dead" * 20):
        assert len(_line(text, NARROW, width)) == width


def test_an_empty_list_of_messages_says_so() -> None:
    first = MessageTable.COLUMNS[0]
    assert first.width >= len("MESSAGES none")
