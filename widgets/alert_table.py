"""The alerts: open ones worst first, followers folded into one line; then those that ended recently."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from rich.style import Style

from amt_console.model import AlertState, AlertView
from amt_console.text import ALERT_STATE_WORDS, SEVERITY_WORDS, follows_words, reason_of
from widgets.cells import NO_STYLE, Runs, clean, crop, runs_width, width_of
from widgets.live_table import LiveTable
from widgets.look import PLAIN_LOOK, Look
from widgets.table_model import Column, SortValue

_COUNTED = re.compile(r" \((\d+) of \1\)$")
"""``(3 of 3)``: all needed checks agreed, which every firing alert implies."""
FOLDED_FROM = 2
"""From this many on, followers of one alert are folded into one line."""


@dataclass(frozen=True, slots=True)
class Followers:
    """The folded followers of an alert."""

    cause: AlertView
    alerts: tuple[AlertView, ...]
    unfolded: bool


AlertRow = AlertView | Followers
_BOTH_FROM = 28
"""Cells from which the start of a note and that of the reason both say something."""


class AlertTable(LiveTable[AlertRow]):
    """A row per episode, keyed by its number; one row for all followers of an alert until it is unfolded."""

    NAME: ClassVar[str] = "ALERTS"
    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("severity", "", 10),
        Column("subject", "", 16, grow=2, max_width=34),
        Column("since", "FOR", 4, align="right"),
        Column("owner", "OWNER", 6, grow=3, max_width=28),
        Column("state", "STATE", 10, priority=2, sortable=False, from_width=96),
        Column("message", "MESSAGE", 12, grow=8, priority=1, sortable=False),
    )

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._now: datetime | None = None
        self._alerts: tuple[AlertView, ...] = ()
        self._subjects: dict[int, str] = {}
        self._unfolded: set[int] = set()

    def show(self, alerts: Sequence[AlertView], now: datetime) -> None:
        """Show these alerts, open ones before resolved ones, with ages as of ``now``."""
        self._now = now
        self._alerts = tuple(alerts)
        self._subjects = {alert.id: alert.subject for alert in alerts}
        self.can_focus = bool(alerts)
        self._arrange()

    def toggle(self, row: Followers) -> None:
        """Unfold or fold the followers of an alert."""
        self._unfolded ^= {row.cause.id}
        self._arrange()

    def set_filter(self, text: str) -> None:
        """Show only rows that contain the text."""
        super().set_filter(text)
        self._arrange()

    def next_sort(self) -> None:
        """Order by the next column."""
        super().next_sort()
        self._arrange()

    def _arrange(self) -> None:
        """Arrange the rows, with followers folded."""
        if self._flat:
            self.set_rows(self._alerts)
            return
        after: dict[int, list[AlertView]] = {}
        for alert in self._alerts:
            if alert.follows_from in self._subjects and alert.follows_from is not None:
                after.setdefault(alert.follows_from, []).append(alert)
        rows: list[AlertRow] = []
        for alert in self._alerts:
            if alert.follows_from in after:
                continue
            rows.append(alert)
            followers = tuple(after.get(alert.id, ()))
            unfolded = alert.id in self._unfolded
            if len(followers) >= FOLDED_FROM:
                rows.append(Followers(alert, followers, unfolded))
            if unfolded or len(followers) < FOLDED_FROM:
                rows.extend(followers)
        self.set_rows(rows)

    @property
    def _flat(self) -> bool:
        """Whether nothing is folded: a filter and an order treat each alert by itself."""
        return bool(self.model.filter_text) or self.model.sort_column is not None

    def row_key(self, row: AlertRow) -> str:
        """The episode's number as text."""
        return f"{row.cause.id}+" if isinstance(row, Followers) else str(row.id)

    def search_text(self, row: AlertRow) -> str:
        """Severity, subject, message, owner or what it follows from, and the note."""
        if isinstance(row, Followers):
            return " ".join(map(self.search_text, row.alerts))
        owner = " ".join(filter(None, (row.acknowledged_by, self._cause(row), row.mute)))
        return " ".join((SEVERITY_WORDS[row.severity], row.subject, row.message, owner, row.note or ""))

    def sort_value(self, row: AlertRow, column: str) -> SortValue:
        """Severities worst first, times newest first."""
        if isinstance(row, Followers):
            return None
        values: dict[str, SortValue] = {
            "severity": -row.severity.rank,
            "subject": row.subject,
            "since": -row.opened_at.timestamp(),
            "owner": row.acknowledged_by or self._cause(row),
            "state": ALERT_STATE_WORDS[row.state],
        }
        return values[column]

    def widest(self, column: str) -> int | None:
        """Subject and owner take the width they need; the message gets the rest."""
        if column not in ("subject", "owner") or self._now is None:
            return None
        return max((runs_width(self.cell(row, column, 0)) for row in self.model.rows()), default=None)

    def title(self) -> Runs:
        """Pane name, number of open alerts, number of unacknowledged ones."""
        heading = NO_STYLE
        opened = [alert for alert in self._alerts if alert.state is not AlertState.RESOLVED]
        if not opened:
            return [(f"{self.NAME} none", heading)]
        alone = sum(alert.needs_somebody for alert in opened)
        parts = [f"{self.NAME} {len(opened)}", *([f"{alone} unacknowledged"] if alone else [])]
        return [(self.look.dot.join(parts), heading)]

    def placeholder(self) -> Runs:
        """The text of an empty table."""
        palette = self.look.palette
        if self._now is None:
            return [("starting" + self.look.ellipsis, palette.muted)]
        if self.model.filter_text and self.model.total:
            return [("no alert matches the filter; escape clears it", palette.muted)]
        return [(self.look.glyph("✓ ", ""), palette.ok), ("no active alerts", palette.muted)]

    def aging(self, row: AlertRow) -> object:
        """The ages in the row: open or ended, and acknowledged."""
        if self._now is None or isinstance(row, Followers):
            return None
        age = self.look.age
        return age(row.resolved_at or row.opened_at, self._now), age(row.acknowledged_at, self._now)

    def cell(self, row: AlertRow, column: str, width: int) -> Runs:
        """One cell."""
        if isinstance(row, Followers):
            return self._followers(row, column)
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
                return [(look.value(self.look.age(moment, self._now)) if self._now else "", palette.muted)]
            case "owner":
                return self._owner(row, resolved)
            case "state":
                return [(self._state(row), palette.muted)]
        return self._message(row, width, quiet)

    def _followers(self, row: Followers, column: str) -> Runs:
        look, muted = self.look, self.look.palette.muted
        if column == "subject":
            mark = look.glyph("▾", "-") if row.unfolded else look.glyph("▸", "+")
            return [(f"{mark} {len(row.alerts)} follow", muted)]
        if column == "message" and not row.unfolded:
            return [(", ".join(alert.subject for alert in row.alerts), muted)]
        return ()

    def _owner(self, row: AlertView, resolved: bool) -> Runs:
        palette = self.look.palette
        if row.acknowledged_by is not None:
            since = f" {self.look.age(row.acknowledged_at, self._now)}" if row.acknowledged_at and self._now else ""
            return [(row.acknowledged_by, palette.muted if resolved else palette.accent), (since, palette.muted)]
        if row.follows_from in self._subjects and not self._flat:
            return [("follows", palette.muted)]
        if row.mute is not None and not resolved:
            return [(row.mute, palette.muted)]
        if resolved or not row.needs_somebody:
            return [(self._cause(row) or self.look.missing, palette.muted)]
        return [("nobody", palette.warning)]

    def _cause(self, row: AlertView) -> str | None:
        return follows_words(row.follows_from, self._subjects) if row.follows_from is not None else None

    def _state(self, row: AlertView) -> str:
        return "no data" if row.stale else ALERT_STATE_WORDS[row.state]

    def _message(self, row: AlertView, width: int, quiet: bool) -> Runs:
        """The reason with the note, and the state where it has no column."""
        palette, dot = self.look.palette, self.look.dot
        usual = row.state in (AlertState.FIRING, AlertState.RESOLVED) and not row.stale
        reason = _COUNTED.sub("", reason_of(row.message, row.subject))
        parts: list[tuple[str, Style]] = []
        for text, first in noted(row.note, reason, width, self.look):
            if text is reason and not usual and not any(column.id == "state" for column, _ in self._columns):
                parts.append((self._state(row), palette.muted))
            parts.append((text, palette.text if first and not quiet else palette.muted))
        if row.simulated:
            parts.append(("simulated", palette.muted))
        return [run for at, part in enumerate(parts) for run in ([(dot, palette.muted)] if at else []) + [part]]


def noted(note: str | None, reason: str, width: int, look: Look) -> list[tuple[str, bool]]:
    """A reason and what was said of it, each with whether it is the first.

    The note comes first and leaves the reason some room: saved output of a command fills any line. Where both have no
    room the reason comes first.

    Args:
        note: What was said.
        reason: Of the alert.
        width: Cells for both.
        look: Alphabet.
    """
    if not note:
        return [(reason, True)]
    if width < _BOTH_FROM:
        return [(reason, True), (note, False)]
    room = max(width // 2, width - width_of(look.dot) - width_of(clean(reason)))
    return [(crop(clean(note), room, look.ellipsis), True), (reason, False)]
