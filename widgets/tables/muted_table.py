"""What mutes messages: silences and planned work, each with author, age and end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from rich.style import Style

from amt_console.model.policy import MaintenanceWindow, Silence
from amt_console.text import duration, near_moment
from widgets.cells import Runs, runs_width
from widgets.live_table import LiveTable
from widgets.look import PLAIN_LOOK, Look
from widgets.table_model import Column, SortValue

CONFIGURED = "configuration"
Muted = Silence | MaintenanceWindow


class MutedTable(LiveTable[Muted]):
    """One row for each silence and for each work, in the given order."""

    NAME: ClassVar[str] = "SILENCES AND MAINTENANCE"
    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("name", "", 12, grow=1, max_width=34),
        Column("what", "", 14, grow=3, max_width=50),
        Column("ends", "ENDS", 12, grow=1, max_width=26),
        Column("age", "AGE", 4, align="right"),
        Column("by", "BY", 6, grow=1, max_width=20),
        Column("reason", "REASON", 10, grow=6, priority=1, sortable=False),
    )

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._now: datetime | None = None
        self._hint = self._failure = ""

    @property
    def failed(self) -> bool:
        """Whether it could not be read: then nobody knows what is muted."""
        return bool(self._failure)

    def show(self, rows: Sequence[Muted], now: datetime, *, hint: str = "") -> None:
        """Show these, with ages as of ``now``; without any, what to do to have some."""
        self._now, self._hint, self._failure = now, hint, ""
        self.set_rows(rows)

    def show_failure(self, words: str, now: datetime) -> None:
        """Say in their place why they cannot be shown."""
        self._now, self._failure = now, words
        self.set_rows(())

    def row_key(self, row: Muted) -> str:
        """Its kind with its id or name."""
        return f"silence {row.id}" if isinstance(row, Silence) else f"maintenance {row.name}"

    def search_text(self, row: Muted) -> str:
        """Everything that is said of it."""
        return " ".join((self.row_key(row), row.what, row.created_by or CONFIGURED, _reason(row)))

    def summary(self, row: Muted) -> str:
        """The row as one line of text."""
        ends = self._ends(row, self._now) if self._now is not None else self.look.missing
        once = row.ends_at is not None
        parts = (row.what, _reason(row), f"by {row.created_by or CONFIGURED}", f"until {ends}" if once else ends)
        return f"{self.row_key(row)}: {self.look.dot.join(part for part in parts if part)}"

    def sort_value(self, row: Muted, column: str) -> SortValue:
        """Ends soonest first, ages oldest first."""
        values: dict[str, SortValue] = {
            "name": self.row_key(row),
            "what": row.what,
            "ends": None if row.ends_at is None else row.ends_at.timestamp(),
            "age": None if row.created_at is None else row.created_at.timestamp(),
            "by": row.created_by or CONFIGURED,
        }
        return values[column]

    def widest(self, column: str) -> int | None:
        """All but the reason take what they need."""
        if column in ("reason", "age") or self._now is None:
            return None
        return max((runs_width(self.cell(row, column, 0)) for row in self.model.rows()), default=None)

    def title(self) -> Runs:
        """Name of the pane and number of rows."""
        return [(f"{self.NAME} {'' if self.failed else self.model.total or 'none'}", Style())]

    def placeholder(self) -> Runs:
        """That nothing is muted."""
        palette = self.look.palette
        if self._now is None:
            return [("reading" + self.look.ellipsis, palette.muted)]
        if self._failure:
            return [(f"cannot be read: {self._failure}", palette.critical)]
        words = "nothing is silenced, and no work is planned"
        return [(f"{words}{self.look.dot}{self._hint}" if self._hint else words, palette.muted)]

    def aging(self, row: Muted) -> object:
        """Its age, and whether it runs."""
        return None if self._now is None else (self.look.age(row.created_at, self._now), _begins_later(row, self._now))

    def cell(self, row: Muted, column: str, width: int) -> Runs:
        """One cell."""
        palette, now = self.look.palette, self._now
        if now is None:
            return ()
        match column:
            case "name":
                later = _begins_later(row, now)
                return [(self.row_key(row), palette.muted if later else palette.strong)]
            case "what":
                return [(row.what, palette.text)]
            case "ends":
                return [(self._ends(row, now), palette.text)]
            case "age":
                return [(self.look.value(self.look.age(row.created_at, now)), palette.muted)]
            case "by":
                return [(row.created_by or CONFIGURED, palette.accent if row.created_by else palette.muted)]
        return [(_reason(row), palette.muted)]

    def _ends(self, row: Muted, now: datetime) -> str:
        if isinstance(row, MaintenanceWindow) and row.recurrence is not None:
            days = " ".join(row.recurrence.weekdays) or "daily"
            return f"{days} {row.recurrence.start:%H:%M}, {duration(row.recurrence.duration)}"
        if row.ends_at is None:
            return self.look.missing
        end = near_moment(row.ends_at, now, self.look.zone)
        begin = row.starts_at
        return end if begin is None or begin <= now else f"{near_moment(begin, now, self.look.zone)} to {end}"


def _begins_later(row: Muted, now: datetime) -> bool:
    return row.starts_at is not None and row.starts_at > now


def _reason(row: Muted) -> str:
    return (row.reason if isinstance(row, Silence) else row.note) or ""
