"""The table of services: state and its age, response time with trend, p95, uptime, last check, error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from amt_console.model import ServiceView
from amt_console.text import STATE_WORDS
from widgets.cells import NO_STYLE, Runs, widest, width_of
from widgets.live_table import LiveTable
from widgets.look import PLAIN_LOOK, Look
from widgets.table_model import Column, SortValue
from widgets.tables.service_cells import (
    ServiceCells,
    service_search_text,
    service_sort_value,
    service_spans,
    state_counts,
)


class ServiceTable(LiveTable[ServiceView]):
    """A row per service, in the order of the configuration."""

    NAME: ClassVar[str] = "SERVICES"
    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("state", "", 9),
        Column("service", "", 16, grow=6, max_width=30),
        Column("since", "FOR", 4, align="right"),
        Column("response", "RESP", 7, align="right"),
        Column("trend", "TREND", 8, grow=1, max_width=30, priority=3, sortable=False),
        Column("p95", "P95", 7, align="right", priority=4),
        Column("uptime", "UP 24H", 7, align="right", priority=1),
        Column("checked", "CHECKED", 7, align="right", priority=2),
        Column("error", "ERROR", 20, grow=8, priority=6),
    )

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._now: datetime | None = None

    def show(self, services: Sequence[ServiceView], now: datetime) -> None:
        """Show these services with ages as of ``now``."""
        self._now = now
        self.set_rows(services)

    def row_key(self, row: ServiceView) -> str:
        """The service's name."""
        return row.name

    def search_text(self, row: ServiceView) -> str:
        """Name, group, state and error."""
        return service_search_text(row)

    def sort_value(self, row: ServiceView, column: str) -> SortValue:
        """States worst first; times and figures by value."""
        return service_sort_value(row, column)

    def title(self) -> Runs:
        """Pane name, number of services, number per state other than up."""
        heading = NO_STYLE
        services = self.model.rows()
        if not services:
            return [(self.NAME, heading)]
        counts, name = state_counts(services), f"{self.NAME} {len(services)}"
        words = self.look.dot.join([name, *(f"{number} {STATE_WORDS[state].lower()}" for state, number in counts)])
        if width_of(words) <= self.title_room:
            return [(words, heading)]
        signs = (f"{self.look.state(state)[0].partition(' ')[0]}{number}" for state, number in counts)
        return [(" ".join([name, *signs]), heading)]

    def placeholder(self) -> Runs:
        """The text of an empty table."""
        muted = self.look.palette.muted
        if self._now is None:
            return [("starting" + self.look.ellipsis, muted)]
        if self.model.filter_text and self.model.total:
            return [("no service matches the filter; escape clears it", muted)]
        return [("no services yet", muted)]

    def aging(self, row: ServiceView) -> object:
        """The two ages, and whether the next result is late."""
        return ServiceCells(self.look, self._now).aging(row)

    def widest(self, column: str) -> int | None:
        """Names take the width they need; trend and error get the rest."""
        return widest(tuple(row.name for row in self.model.rows())) if column == "service" else None

    def spans(self, row: ServiceView, shown: Sequence[str]) -> Mapping[str, int]:
        """The error of a service in trouble spans its figures; ``not enough data`` those of the last 24 hours."""
        return service_spans(row, shown)

    def cell(self, row: ServiceView, column: str, width: int) -> Runs:
        """One cell."""
        spanned = self.spans(row, [each.id for each, _ in self._columns]).get(column, 1) > 1
        return ServiceCells(self.look, self._now).cell(row, column, width, spanned=spanned)
