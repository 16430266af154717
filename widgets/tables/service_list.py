"""The list of all services: by group, with the states of the last hour; flat as soon as it is filtered or ordered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from rich.style import Style

from amt_console.model import ServiceState, ServiceView
from amt_console.model.queries.states import StateHistory
from amt_console.text import STATE_WORDS, plural, state_glyph
from widgets.cells import Run, Runs, joined, widest, width_of
from widgets.live_table import LiveTable
from widgets.look import PLAIN_LOOK, Look
from widgets.state_strip import strip_runs
from widgets.table_model import Column, SortValue
from widgets.tables.service_cells import (
    ServiceCells,
    service_search_text,
    service_sort_value,
    service_spans,
    state_counts,
)

_GROUP_COLUMN = Column("group", "GROUP", 8, grow=1, max_width=18, priority=2)


@dataclass(frozen=True, slots=True)
class ServiceGroup:
    """The heading of a group."""

    name: str
    services: int
    counts: tuple[tuple[ServiceState, int], ...]
    """Services in each state other than up, worst first."""
    folded: bool
    worst: str
    """Name of the service in the worst state."""


ServiceRow = ServiceView | ServiceGroup


class ServiceList(LiveTable[ServiceRow]):
    """A row per service below the heading of its group, which folds it; without headings if all are of one group."""

    NAME: ClassVar[str] = "SERVICES"
    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("state", "", 9),
        Column("service", "", 16, grow=6, max_width=40),
        Column("since", "FOR", 4, align="right"),
        Column("response", "RESP", 7, align="right"),
        Column("trend", "TREND", 8, grow=1, max_width=16, priority=3, sortable=False),
        Column("p95", "P95", 7, align="right", priority=5),
        Column("uptime", "UP 24H", 7, align="right", priority=2),
        Column("hour", "LAST HOUR", 12, grow=3, max_width=60, priority=1, sortable=False),
        Column("checked", "CHECKED", 7, align="right", priority=4),
        Column("error", "ERROR", 20, grow=8, priority=6),
    )

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._now: datetime | None = None
        self._services: tuple[ServiceView, ...] = ()
        self._folded: set[str] = set()
        self._hour: StateHistory | None = None
        self._hour_fault: str | None = None

    # What it shows

    def show(self, services: Sequence[ServiceView], now: datetime) -> None:
        """Show these services with ages as of ``now``."""
        self._now, self._services = now, tuple(services)
        self._arrange()

    def show_hour(self, hour: StateHistory | None, *, fault: str | None = None) -> None:
        """Show the states of the last hour, or why they cannot be read."""
        self._hour, self._hour_fault = hour, fault
        self.rebuild()

    @property
    def hour_fault(self) -> str | None:
        """Why the states of the last hour cannot be read."""
        return self._hour_fault

    @property
    def shows_hour(self) -> bool:
        """Whether there is room for the states of the last hour."""
        return any(column.id == "hour" for column, _ in self._columns)

    @property
    def services(self) -> tuple[ServiceView, ...]:
        """The services that match the filter, in the order shown, folded ones included."""
        if not self._flat:
            return self._services
        rows = map(self.model.row, self.model.keys)
        return tuple(row for row in rows if isinstance(row, ServiceView))

    # Groups

    def fold(self, row: ServiceRow, *, folded: bool) -> bool:
        """Fold or unfold the group of a row; the heading is then selected.

        Returns:
            Whether that changed anything.
        """
        name = row.name if isinstance(row, ServiceGroup) else row.group
        if self._flat or not self._grouped or (name in self._folded) is folded:
            return False
        self._folded ^= {name}
        self._arrange()
        self.select(_group_key(name))
        self._show_selected()
        return True

    def toggle(self, row: ServiceGroup) -> None:
        """Fold or unfold a group."""
        self.fold(row, folded=not row.folded)

    def set_filter(self, text: str) -> None:
        """Show only rows that contain the text."""
        super().set_filter(text)
        self._arrange()

    def next_sort(self) -> None:
        """Order by the next column."""
        super().next_sort()
        self._arrange()

    @property
    def _flat(self) -> bool:
        """Whether there are no headings: a filter and an order treat each service by itself."""
        return bool(self.model.filter_text) or self.model.sort_column is not None

    @property
    def _grouped(self) -> bool:
        return any(each.group != self._services[0].group for each in self._services)

    def _arrange(self) -> None:
        if self._flat or not self._grouped:
            self.set_rows(self._services)
            return
        groups: dict[str, list[ServiceView]] = {}
        for each in self._services:
            groups.setdefault(each.group, []).append(each)
        rows: list[ServiceRow] = []
        for name, members in groups.items():
            folded = name in self._folded
            worst = min(members, key=lambda each: service_sort_value(each, "state") or 0)
            rows.append(ServiceGroup(name, len(members), tuple(state_counts(members)), folded, worst.name))
            if not folded:
                rows.extend(members)
        self.set_rows(rows)

    # What the table asks

    def columns(self) -> Sequence[Column]:
        """With the group as a column where there are no headings of groups."""
        if self._flat and self._grouped:
            return *self.COLUMNS[:-1], _GROUP_COLUMN, self.COLUMNS[-1]
        return self.COLUMNS

    def row_key(self, row: ServiceRow) -> str:
        """The service's name; that of a group is no name of a service."""
        return _group_key(row.name) if isinstance(row, ServiceGroup) else row.name

    def search_text(self, row: ServiceRow) -> str:
        """Name, group, state and error."""
        return row.name if isinstance(row, ServiceGroup) else service_search_text(row)

    def sort_value(self, row: ServiceRow, column: str) -> SortValue:
        """States worst first; times and figures by value."""
        return None if isinstance(row, ServiceGroup) else service_sort_value(row, column)

    def widest(self, column: str) -> int | None:
        """Names and groups take the width they need."""
        if column not in ("service", "group"):
            return None
        return widest(tuple(each.name if column == "service" else each.group for each in self._services))

    def title(self) -> Runs:
        """Pane name, number of services, number per state other than up; with signs where words have no room."""
        if not self._services:
            return [(self.NAME, Style())]
        counts = state_counts(self._services)
        first = f"{self.NAME} {len(self._services):,}"
        words = self.look.dot.join([first, *(f"{number:,} {STATE_WORDS[state].lower()}" for state, number in counts)])
        leading = [size for column, size in self._columns if not column.title]
        if width_of(words) > sum(leading) + len(leading) - 1:
            signs = (f"{state_glyph(state, ascii_only=self.look.ascii_only)}{number}" for state, number in counts)
            words = " ".join([first, *signs])
        return [(words, Style())]

    def placeholder(self) -> Runs:
        """The text of an empty table."""
        muted = self.look.palette.muted
        if self._now is None:
            return [("starting" + self.look.ellipsis, muted)]
        if self.model.filter_text and self.model.total:
            return [("no service matches the filter; escape clears it", muted)]
        return [("no services yet", muted)]

    def aging(self, row: ServiceRow) -> object:
        """The ages in the row, and the last hour that is drawn."""
        if isinstance(row, ServiceGroup):
            return None
        return ServiceCells(self.look, self._now).aging(row), id(self._hour), self._hour_fault

    def spans(self, row: ServiceRow, shown: Sequence[str]) -> Mapping[str, int]:
        """A heading spans everything; the error of a service in trouble its figures."""
        return {shown[0]: len(shown)} if isinstance(row, ServiceGroup) else service_spans(row, shown)

    def cell(self, row: ServiceRow, column: str, width: int) -> Runs:
        """One cell."""
        if isinstance(row, ServiceGroup):
            return self._heading_of(row)
        if column == "hour":
            return self._strip(row, width)
        spanned = self.spans(row, [each.id for each, _ in self._columns]).get(column, 1) > 1
        return ServiceCells(self.look, self._now).cell(row, column, width, spanned=spanned)

    def _strip(self, row: ServiceView, width: int) -> Runs:
        if self._hour is None:
            return [("not read" if self._hour_fault else "", self.look.palette.muted)]
        return strip_runs(self._hour.spans.get(row.name, ()), self._hour.start, self._hour.end, width, self.look)

    def _heading_of(self, row: ServiceGroup) -> Runs:
        look, palette = self.look, self.look.palette
        mark = look.glyph("▸", "+") if row.folded else look.glyph("▾", "-")
        parts: list[Runs] = [
            [(f"{number} {STATE_WORDS[state].lower()}", look.state_style(state))] for state, number in row.counts
        ]
        well = row.services - sum(number for _, number in row.counts)
        if well:
            parts.append([("all up" if not row.counts else f"{well} up", palette.muted)])
        runs: list[Run] = [(f"{mark} {row.name}", palette.strong), ("  ", palette.text)]
        return [*runs, *joined(parts, (look.dot, palette.faint))]


def _group_key(name: str) -> str:
    """A key that no service has: names are one line."""
    return f"\n{name}"


def group_line(row: ServiceGroup, look: Look) -> Runs:
    """A group in words."""
    palette = look.palette
    counts = [f"{number} {STATE_WORDS[state].lower()}" for state, number in row.counts]
    words = look.dot.join([plural(row.services, "service"), *(counts or ["all up"])])
    return [(f"{row.name}: ", palette.strong), (words, palette.text)]
