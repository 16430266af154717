"""The open alerts, worst first, each with those that follow from it; below them those just resolved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from rich.style import Style

from amt_console.model import AlertState, AlertView
from amt_console.text import ALERT_STATE_WORDS, SEVERITY_WORDS, age, follows_words
from widgets.cells import Runs
from widgets.live_table import LiveTable
from widgets.look import PLAIN_LOOK, Look
from widgets.table_model import Column, SortValue


class AlertTable(LiveTable[AlertView]):
    """One row an episode; its key is the episode's number."""

    NAME: ClassVar[str] = "ALERTS"
    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("severity", "", 10),
        Column("subject", "", 16, grow=2, max_width=34),
        Column("since", "SINCE", 5, align="right"),
        Column("who", "WHO HAS IT", 10, grow=3, max_width=24),
        Column("state", "STATE", 10, priority=2, sortable=False, from_width=96),
        Column("message", "MESSAGE", 12, grow=8, priority=1, sortable=False),
    )

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._now: datetime | None = None
        self._subjects: dict[int, str] = {}

    def show(self, alerts: Sequence[AlertView], now: datetime) -> None:
        """Show these alerts, open ones before resolved ones, with ages as of ``now``."""
        self._now = now
        self._subjects = {alert.id: alert.subject for alert in alerts}
        self.can_focus = bool(alerts)
        self.set_rows(alerts)

    def row_key(self, row: AlertView) -> str:
        """The episode's number as text."""
        return str(row.id)

    def search_text(self, row: AlertView) -> str:
        """Severity, subject, message, who has it or what it follows from, and the note."""
        who = row.acknowledged_by or self._cause(row) or ""
        return " ".join((SEVERITY_WORDS[row.severity], row.subject, row.message, who, row.note or ""))

    def sort_value(self, row: AlertView, column: str) -> SortValue:
        """Severities worst first, times newest first."""
        values: dict[str, SortValue] = {
            "severity": -row.severity.rank,
            "subject": row.subject,
            "since": -row.opened_at.timestamp(),
            "who": row.acknowledged_by or self._cause(row),
            "state": ALERT_STATE_WORDS[row.state],
        }
        return values[column]

    def title(self) -> Runs:
        """Name of the pane, number of open alerts, and how many nobody has."""
        heading = Style()
        opened = [alert for alert in self.model.rows() if alert.state is not AlertState.RESOLVED]
        if not opened:
            return [(f"{self.NAME} none", heading)]
        alone = sum(alert.needs_somebody for alert in opened)
        parts = [f"{self.NAME} {len(opened)}", *([f"{alone} nobody has"] if alone else [])]
        return [(self.look.dot.join(parts), heading)]

    def placeholder(self) -> Runs:
        """Why there is nothing."""
        palette = self.look.palette
        if self._now is None:
            return [("starting" + self.look.ellipsis, palette.muted)]
        if self.model.filter_text and self.model.total:
            return [("no alert matches the filter; escape clears it", palette.muted)]
        return [(self.look.glyph("✓ ", ""), palette.ok), ("no active alerts", palette.muted)]

    def aging(self, row: AlertView) -> object:
        """How long it is open, or closed."""
        return age(row.resolved_at or row.opened_at, self._now) if self._now is not None else None

    def cell(self, row: AlertView, column: str, width: int) -> Runs:
        """One cell."""
        look, palette = self.look, self.look.palette
        resolved = row.state is AlertState.RESOLVED
        quiet = resolved or row.follows_from is not None
        match column:
            case "severity":
                if resolved:
                    return [(look.glyph("✓", "v") + " resolved", palette.muted)]
                text, style = look.severity(row.severity)
                return [(text, palette.muted if quiet or row.state is AlertState.PENDING else style)]
            case "subject":
                mark = look.glyph("└ ", "\\- ") if row.follows_from is not None else ""
                return [(f"{mark}{row.subject}", palette.muted if quiet else palette.strong)]
            case "since":
                moment = row.resolved_at if resolved else row.opened_at
                return [(look.value(age(moment, self._now)) if self._now else "", palette.muted)]
            case "who":
                return self._who(row, resolved)
            case "state":
                return [(self._state(row), palette.muted)]
        return self._message(row, quiet)

    def _who(self, row: AlertView, resolved: bool) -> Runs:
        palette = self.look.palette
        if row.acknowledged_by is not None:
            return [(row.acknowledged_by, palette.muted if resolved else palette.accent)]
        if resolved or not row.needs_somebody:
            return [(self._cause(row) or self.look.missing, palette.muted)]
        return [("nobody", palette.warning)]

    def _cause(self, row: AlertView) -> str | None:
        return follows_words(row.follows_from, self._subjects) if row.follows_from is not None else None

    def _state(self, row: AlertView) -> str:
        if row.stale:
            return "no data"
        return ALERT_STATE_WORDS[row.state]

    def _message(self, row: AlertView, quiet: bool) -> Runs:
        palette = self.look.palette
        message = row.message.removeprefix(row.subject).lstrip(" :") or row.message
        runs = [(message, palette.muted if quiet else palette.text)]
        if row.note:
            runs.append((f"{self.look.dot}{row.note}", palette.muted))
        if row.simulated:
            runs.append((f"{self.look.dot}simulated", palette.muted))
        return runs
