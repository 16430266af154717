"""Incidents: when, how long, who handled them and how fast."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from rich.style import Style

from amt_console.model import AlertState
from amt_console.model.queries.incidents import IncidentHistory, IncidentRow
from amt_console.text import SEVERITY_WORDS, duration, reason_of, short_moment
from widgets.cells import Runs, runs_width
from widgets.look import PLAIN_LOOK, Look
from widgets.table_model import Column, SortValue
from widgets.tables.aging_table import AgingTable


class IncidentTable(AgingTable[IncidentRow]):
    """A row per incident, newest first."""

    NAME: ClassVar[str] = "INCIDENTS"
    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("severity", "", 10),
        Column("subject", "", 14, grow=3, max_width=30),
        Column("began", "BEGAN", 12),
        Column("lasted", "LASTED", 7, align="right"),
        Column("taken", "TAKEN", 6, align="right"),
        Column("people", "WHO", 8, grow=2, max_width=24, priority=2, sortable=False),
        Column("followers", "+", 3, align="right", priority=4),
        Column("message", "WHY", 12, grow=8, priority=1, sortable=False),
    )

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._end: datetime | None = None
        """Until when what is shown was counted."""
        self._more = False

    def show(self, history: IncidentHistory) -> None:
        """Show the incidents of a window."""
        self._now = self._end = history.end
        self._more = history.more
        self.set_rows(history.incidents)

    def row_key(self, row: IncidentRow) -> str:
        """The number of the alert."""
        return str(row.alert.id)

    def search_text(self, row: IncidentRow) -> str:
        """Everything that is said of it."""
        alert = row.alert
        open_now = "" if alert.state is AlertState.RESOLVED else "open"
        words = (
            SEVERITY_WORDS[alert.severity],
            alert.subject,
            alert.message,
            *row.people,
            row.last_note or "",
            open_now,
        )
        return " ".join(words)

    def sort_value(self, row: IncidentRow, column: str) -> SortValue:
        """The worst, newest, longest and slowest first."""
        values: dict[str, SortValue] = {
            "severity": -row.alert.severity.rank,
            "subject": row.alert.subject,
            "began": -row.alert.opened_at.timestamp(),
            "lasted": -row.lasted_seconds,
            "taken": None if row.acknowledged_after_seconds is None else -row.acknowledged_after_seconds,
            "followers": -row.followers,
        }
        return values[column]

    def widest(self, column: str) -> int | None:
        """What names and moments need."""
        if column not in ("began", "people", "subject"):
            return None
        return max((runs_width(self.cell(row, column, 0)) for row in self.model.rows()), default=None)

    def title(self) -> Runs:
        """Name of the pane, and how many there are."""
        total = f"{self.model.total}{'+' if self._more else ''}"
        return [(f"{self.NAME} {total if self.model.total else 'none'}", Style())]

    def placeholder(self) -> Runs:
        """That there was none."""
        palette = self.look.palette
        if self._now is None:
            return [("reading" + self.look.ellipsis, palette.muted)]
        if self.model.filter_text and self.model.total:
            return [("no incident matches the filter; escape clears it", palette.muted)]
        return [("no incident in this window", palette.ok)]

    def aging(self, row: IncidentRow) -> object:
        """How long an open one lasts."""
        return None if row.alert.state is AlertState.RESOLVED else self._lasts(row)

    def cell(self, row: IncidentRow, column: str, width: int) -> Runs:
        """One cell."""
        palette, alert, now = self.look.palette, row.alert, self._now
        over = alert.state is AlertState.RESOLVED
        match column:
            case "severity":
                glyph, style = self.look.severity(alert.severity)
                return [(glyph, palette.muted if over else style)]
            case "subject":
                return [(alert.subject, palette.text if over else palette.strong)]
            case "began":
                return [("" if now is None else short_moment(alert.opened_at, now, self.look.zone), palette.muted)]
            case "lasted":
                text = duration(row.lasted_seconds) if over else self._lasts(row)
                return [(text, palette.text if over else palette.warning)]
            case "taken":
                seconds = row.acknowledged_after_seconds
                if seconds is not None:
                    return [(duration(seconds), palette.text)]
                return [("never" if over else self.look.missing, palette.muted if over else palette.warning)]
            case "people":
                return [(", ".join(row.people) or self.look.missing, palette.accent if row.people else palette.muted)]
            case "followers":
                return [(str(row.followers) if row.followers else "", palette.muted)]
        return [(reason_of(alert.message, alert.subject), palette.text)]

    def _lasts(self, row: IncidentRow) -> str:
        since = 0.0 if self._now is None or self._end is None else (self._now - self._end).total_seconds()
        return self.look.lasting(max(0.0, row.lasted_seconds + since))
