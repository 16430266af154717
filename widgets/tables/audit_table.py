"""The audit trail: who did what, and from where."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from rich.style import Style

from amt_console.model.queries.activity import AuditLine
from amt_console.text import short_moment
from widgets.cells import Runs, runs_width
from widgets.live_table import LiveTable
from widgets.look import PLAIN_LOOK, Look
from widgets.table_model import Column, SortValue


class AuditTable(LiveTable[AuditLine]):
    """A row per entry, newest first."""

    NAME: ClassVar[str] = "AUDIT"
    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("at", "", 12),
        Column("actor", "WHO", 6, grow=1, max_width=20),
        Column("action", "DID", 10, grow=1, max_width=24),
        Column("subject", "TO", 12, grow=4, max_width=44),
        Column("detail", "DETAIL", 12, grow=8, priority=1, sortable=False),
        Column("via", "FROM", 10, grow=1, max_width=24, priority=2),
    )

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._now: datetime | None = None
        self._refused: str | None = None

    def show(self, rows: Sequence[AuditLine], now: datetime, *, refused: str | None = None) -> None:
        """Show these, or why they may not be shown."""
        self._now, self._refused = now, refused
        self.can_focus = bool(rows)
        self.set_rows(rows)

    def row_key(self, row: AuditLine) -> str:
        """Its number."""
        return str(row.id)

    def search_text(self, row: AuditLine) -> str:
        """Everything that is said of it."""
        return " ".join((row.actor, row.action, row.subject, row.detail, row.via or ""))

    def sort_value(self, row: AuditLine, column: str) -> SortValue:
        """Newest first, names in order."""
        values: dict[str, SortValue] = {
            "at": -row.at.timestamp(),
            "actor": row.actor,
            "action": row.action,
            "subject": row.subject,
            "via": row.via,
        }
        return values[column]

    def widest(self, column: str) -> int | None:
        """What all but the detail need."""
        if column == "detail":
            return None
        return max((runs_width(self.cell(row, column, 0)) for row in self.model.rows()), default=None)

    def title(self) -> Runs:
        """Name of the pane."""
        return [(self.NAME, Style())]

    def placeholder(self) -> Runs:
        """Why there is nothing."""
        palette = self.look.palette
        if self._refused is not None:
            return [(self._refused, palette.muted)]
        if self._now is None:
            return [("reading" + self.look.ellipsis, palette.muted)]
        if self.model.filter_text and self.model.total:
            return [("no entry matches the filter; escape clears it", palette.muted)]
        return [("nobody did anything in this window", palette.muted)]

    def cell(self, row: AuditLine, column: str, width: int) -> Runs:
        """One cell."""
        palette, now = self.look.palette, self._now
        match column:
            case "at":
                return [("" if now is None else short_moment(row.at, now, self.look.zone), palette.muted)]
            case "actor":
                return [(row.actor, palette.accent)]
            case "action":
                return [(row.action, palette.strong)]
            case "subject":
                return [(row.subject, palette.text)]
            case "via":
                return [(row.via or self.look.missing, palette.muted)]
        return [(row.detail, palette.muted)]

    def summary(self, row: AuditLine) -> str:
        """The row as one line of text."""
        at = f"{self.look.local(row.at):%Y-%m-%d %H:%M:%S %Z}"
        parts = (f"{at} {row.actor}: {row.action} {row.subject}", row.detail, f"from {row.via}" if row.via else "")
        return self.look.dot.join(part for part in parts if part)
