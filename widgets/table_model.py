"""The model of a live table: rows by key, order, filter and selection. No drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from widgets.cells import Align

RowT = TypeVar("RowT")
SortValue = float | str | None


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a live table."""

    id: str
    title: str
    width: int
    """Least width in cells."""
    priority: int = 0
    """0 is always shown; without enough room the highest number is dropped first."""
    grow: int = 0
    """Share of the remaining width."""
    max_width: int | None = None
    align: Align = "left"
    sortable: bool = True
    from_width: int = 0
    """Shown only in tables of at least this width."""

    wanted: int = 0
    """Width that it reaches before other columns grow."""

    def fitted(self, needed: int | None) -> Column:
        """The column with at most ``needed`` cells, but with room for its title and its least width."""
        if needed is None:
            return self
        most = max(needed, len(self.title), self.width)
        most = most if self.max_width is None else min(most, self.max_width)
        return replace(self, max_width=most, wanted=most)


def plan_columns(columns: Sequence[Column], width: int, *, gap: int = 1) -> tuple[tuple[Column, int], ...]:
    """Choose the columns that fit into ``width`` and share the remaining width.

    Returns:
        Columns in their order, each with its width. The least important columns are dropped until the rest fits.
    """
    shown = [column for column in columns if width >= column.from_width]
    while len(shown) > 1 and sum(column.width + gap for column in shown) - gap > width:
        droppable = [column for column in shown if column.priority > 0]
        if not droppable:
            break
        shown.remove(max(reversed(droppable), key=lambda column: column.priority))
    widths = {column.id: column.width for column in shown}
    spare = width - (sum(widths.values()) + gap * (len(shown) - 1))
    for column in shown:
        given = max(0, min(spare, column.wanted - column.width))
        widths[column.id] += given
        spare -= given
    while spare > 0:
        growing = [c for c in shown if c.grow and (c.max_width is None or widths[c.id] < c.max_width)]
        if not growing:
            break
        total = sum(column.grow for column in growing)
        for column in growing:
            share = max(1, spare * column.grow // total)
            room = share if column.max_width is None else min(share, column.max_width - widths[column.id])
            widths[column.id] += min(room, width - sum(widths.values()) - gap * (len(shown) - 1))
        left = width - (sum(widths.values()) + gap * (len(shown) - 1))
        if left == spare:
            break
        spare = left
    return tuple((column, widths[column.id]) for column in shown)


class TableModel(Generic[RowT]):
    """Rows by key in a shown order, and one selected key.

    The selection belongs to a key and follows its row. When the row vanishes, nothing is selected, and the next
    movement starts at the old position: no action can hit a row that moved under the cursor.
    """

    def __init__(
        self,
        key: Callable[[RowT], str],
        sort_value: Callable[[RowT, str], SortValue],
        search_text: Callable[[RowT], str],
    ) -> None:
        self._key = key
        self._sort_value = sort_value
        self._search_text = search_text
        self._rows: dict[str, RowT] = {}
        self._order: tuple[str, ...] = ()
        self._positions: Mapping[str, int] = {}
        self._last_index = 0
        self.selected: str | None = None
        self.sort_column: str | None = None
        """``None`` keeps the given order."""
        self.descending = False
        self.filter_text = ""
        self._marked: frozenset[str] = frozenset()

    def set_rows(self, rows: Iterable[RowT]) -> None:
        """Replace all rows; the selection stays on its key, if that is still there."""
        self._rows = {self._key(row): row for row in rows}
        self._marked &= self._rows.keys()
        self._arrange()

    def set_filter(self, text: str) -> None:
        """Show only rows that contain ``text``, ignoring case; a leading ``!`` inverts."""
        self.filter_text = text
        self._arrange()

    def sort_by(self, column: str | None, *, descending: bool = False) -> None:
        """Order by a column, missing values last; ``None`` for the given order."""
        self.sort_column, self.descending = column, descending
        self._arrange()

    def select(self, key: str | None) -> None:
        """Select a shown row; a key that is not shown selects nothing."""
        self.selected = key if key in self._positions else None
        if self.selected is not None:
            self._last_index = self._positions[self.selected]

    def move(self, steps: int) -> None:
        """Move the selection by rows, stopping at both ends; with none selected, start from where it was last."""
        if not self._order:
            return
        if self.selected is None:
            index = min(self._last_index, len(self._order) - 1)
        else:
            index = max(0, min(len(self._order) - 1, self._positions[self.selected] + steps))
        self.select(self._order[index])

    def toggle_mark(self, key: str) -> None:
        """Mark a row, or take its mark away. A mark belongs to a key and goes with its row."""
        if key in self._rows:
            self._marked ^= {key}

    def clear_marks(self) -> None:
        """Take all marks away."""
        self._marked = frozenset()

    @property
    def marked(self) -> tuple[str, ...]:
        """Keys of the marked rows that are shown, in their order: what a filter hides is not acted on."""
        return tuple(key for key in self._order if key in self._marked) if self._marked else ()

    def is_marked(self, key: str) -> bool:
        """Whether a row is marked, shown or not."""
        return key in self._marked

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the shown rows in order."""
        return self._order

    @property
    def total(self) -> int:
        """Number of rows, hidden ones included."""
        return len(self._rows)

    def row(self, key: str) -> RowT | None:
        """The row of a key, shown or not."""
        return self._rows.get(key)

    def rows(self) -> tuple[RowT, ...]:
        """All rows, hidden ones included, as given."""
        return tuple(self._rows.values())

    def index(self, key: str) -> int | None:
        """Place of a shown row, from 0."""
        return self._positions.get(key)

    @property
    def selected_row(self) -> RowT | None:
        """The selected row."""
        return None if self.selected is None else self._rows.get(self.selected)

    def _arrange(self) -> None:
        keys = self._matching()
        column = self.sort_column
        if column is not None:
            values = {key: self._sort_value(self._rows[key], column) for key in keys}
            known = [key for key in keys if values[key] is not None]
            known.sort(key=lambda key: _orderable(values[key]), reverse=self.descending)
            keys = known + [key for key in keys if values[key] is None]
        if self.selected is not None and self.selected in self._positions:
            self._last_index = self._positions[self.selected]
        order = tuple(keys)
        if order != self._order:  # with each snapshot it is the same
            self._order = order
            self._positions = {key: index for index, key in enumerate(keys)}
        if self.selected is not None and self.selected not in self._positions:
            self.selected = None

    def _matching(self) -> list[str]:
        """Keys of the rows that contain the filter, as given."""
        wanted = self.filter_text.casefold()
        inverse = wanted.startswith("!")
        needle = wanted[1:] if inverse else wanted
        if not needle:
            return list(self._rows)
        search = self._search_text
        return [key for key, row in self._rows.items() if (needle in search(row).casefold()) is not inverse]


def _orderable(value: SortValue) -> tuple[int, float, str]:
    if isinstance(value, str):
        return 1, 0.0, value.casefold()
    return 0, float(value or 0.0), ""
