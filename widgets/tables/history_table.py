"""Alerts of a window, open and ended, newest first: when, how long, who, how it was rated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from rich.style import Style

from amt_console.model import AlertState, AlertView
from amt_console.text import SEVERITY_WORDS, duration, reason_of
from widgets.alert_table import noted
from widgets.cells import Run, Runs, runs_width
from widgets.look import PLAIN_LOOK, Look
from widgets.table_model import Column, SortValue
from widgets.tables.aging_table import AgingTable


def below_causes(alerts: Sequence[AlertView]) -> tuple[list[AlertView], frozenset[int]]:
    """The alerts with each follower below its cause, and the numbers of those that stand there."""
    known = {alert.id for alert in alerts}
    followers: dict[int, list[AlertView]] = {}
    for alert in alerts:
        if alert.follows_from in known and alert.follows_from != alert.id:
            followers.setdefault(alert.follows_from, []).append(alert)
    under = frozenset(alert.id for group in followers.values() for alert in group)
    rows: list[AlertView] = []
    waiting = [alert for alert in reversed(alerts) if alert.id not in under]
    while waiting:
        rows.append(waiting.pop())
        waiting.extend(reversed(followers.get(rows[-1].id, ())))
    if len(rows) < len(alerts):  # what follows from itself in a circle has no place below anything
        return list(alerts), frozenset()
    return rows, under


class HistoryTable(AgingTable[AlertView]):
    """A row per alert, keyed by its number."""

    NAME: ClassVar[str] = "HISTORY"
    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("severity", "", 10),
        Column("subject", "", 16, grow=2, max_width=34),
        Column("began", "BEGAN", 12),
        Column("lasted", "LASTED", 6, align="right"),
        Column("who", "WHO", 6, grow=1, max_width=16),
        Column("rated", "RATED", 10, priority=2, from_width=96),
        Column("message", "MESSAGE", 10, grow=8, priority=1, sortable=False),
    )

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._span, self._more, self._failure = "", False, ""

    def show(self, alerts: Sequence[AlertView], now: datetime, *, span: str, more: bool) -> None:
        """Show these.

        Args:
            alerts: Newest first.
            now: The reference moment.
            span: How far back they reach.
            more: Whether there are older ones.
        """
        self._now, self._span, self._more, self._failure = now, span, more, ""
        rows, self._under = below_causes(alerts)
        self.set_rows(rows)

    def show_failure(self, words: str) -> None:
        """Say in their place why they cannot be shown."""
        self._failure = words
        self.set_rows(())

    def row_key(self, row: AlertView) -> str:
        """The episode's number as text."""
        return str(row.id)

    def search_text(self, row: AlertView) -> str:
        """Everything that is said of it."""
        rating = row.rating.value if row.rating is not None else ""
        parts = (SEVERITY_WORDS[row.severity], row.subject, row.message, row.acknowledged_by, row.note, rating)
        return " ".join(part for part in parts if part)

    def sort_value(self, row: AlertView, column: str) -> SortValue:
        """Severities worst first, times newest first, lengths longest first."""
        values: dict[str, SortValue] = {
            "severity": -row.severity.rank,
            "subject": row.subject,
            "began": -row.opened_at.timestamp(),
            "lasted": -self._seconds(row),
            "who": row.acknowledged_by,
            "rated": row.rating.value if row.rating is not None else None,
        }
        return values[column]

    def widest(self, column: str) -> int | None:
        """Subject and person take what they need; the message gets the rest."""
        if column not in ("subject", "who"):
            return None
        return max((runs_width(self.cell(row, column, 0)) for row in self.model.rows()), default=None)

    def title(self) -> Runs:
        """Number of alerts, and how far back."""
        count = f"{self.model.total}{'+' if self._more else ''}" if self.model.total else "none"
        return [(f"{self.NAME} {count}{self.look.dot}{self._span}" if self._span else self.NAME, Style())]

    def placeholder(self) -> Runs:
        """Why it is empty."""
        palette = self.look.palette
        if self._failure:
            return [(f"cannot be read: {self._failure}", palette.warning)]
        if self._now is None:
            return [(f"reading{self.look.ellipsis}", palette.muted)]
        if self.model.filter_text and self.model.total:
            return [("no alert matches the filter; escape clears it", palette.muted)]
        return [(f"no alert in the last {self._span}", palette.muted)]

    def aging(self, row: AlertView) -> object:
        """How long an open one lasts, and whether it hangs from the line above."""
        lasting = None if row.state is AlertState.RESOLVED else self.look.lasting(self._seconds(row))
        return lasting, self._hangs(row)

    def _hangs(self, row: AlertView) -> bool:
        """Whether the line above is its cause or another follower of it."""
        return row.id in self._under and self.model.sort_column is None and not self.model.filter_text

    def cell(self, row: AlertView, column: str, width: int) -> Runs:
        """One cell."""
        look, palette = self.look, self.look.palette
        ended = row.state is AlertState.RESOLVED
        match column:
            case "severity":
                text, style = look.severity(row.severity)
                return [(text, palette.muted if ended else style)]
            case "subject":
                mark = look.glyph("└ ", "\\- ") if self._hangs(row) else ""
                return [(f"{mark}{row.subject}", palette.text if ended else palette.strong)]
            case "began":
                return [(f"{look.local(row.opened_at):%d %b %H:%M}", palette.muted)]
            case "lasted":
                seconds = self._seconds(row)
                return [(duration(seconds), palette.text) if ended else (look.lasting(seconds), palette.warning)]
            case "who":
                return [(row.acknowledged_by or look.missing, palette.accent if row.acknowledged_by else palette.muted)]
            case "rated":
                return [(row.rating.value if row.rating is not None else look.missing, palette.muted)]
        runs: list[Run] = []
        for text, first in noted(row.note, reason_of(row.message, row.subject), width, look):
            quiet = not first or (ended and not row.note)
            runs += [*([] if first else [(look.dot, palette.muted)]), (text, palette.muted if quiet else palette.text)]
        return runs

    def _seconds(self, row: AlertView) -> float:
        if row.duration_seconds is not None:
            return row.duration_seconds
        end = row.resolved_at or self._now or row.opened_at
        return (end - row.opened_at).total_seconds()
