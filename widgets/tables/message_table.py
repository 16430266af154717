"""Messages and their fate: sent, waiting, given up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from rich.style import Style

from amt_console.model.notifications import Delivery, DeliveryState
from amt_console.text import plural, short_moment
from widgets.cells import Runs, runs_width
from widgets.live_table import LiveTable
from widgets.look import PLAIN_LOOK, Look
from widgets.table_model import Column, SortValue

_WAITING = (DeliveryState.QUEUED, DeliveryState.LEASED)
_ORDER = (DeliveryState.DEAD, *_WAITING, DeliveryState.SUPPRESSED, DeliveryState.CANCELLED, DeliveryState.DELIVERED)


class MessageTable(LiveTable[Delivery]):
    """A row per message to one receiver, newest first."""

    NAME: ClassVar[str] = "MESSAGES"
    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("at", "", 13),  # as wide as ``MESSAGES none``
        Column("state", "STATE", 11),
        Column("kind", "KIND", 8, grow=1, max_width=12, priority=2),
        Column("subject", "ABOUT", 12, grow=3, max_width=34),
        Column("receiver", "TO", 10, grow=2, max_width=34),
        Column("attempts", "TRIES", 5, align="right", priority=4),
        Column("reason", "WHY", 12, grow=8, priority=1, sortable=False),
    )

    def __init__(self, *, look: Look = PLAIN_LOOK, id: str | None = None) -> None:  # noqa: A002
        super().__init__(look=look, id=id)
        self._now: datetime | None = None

    def show(self, rows: Sequence[Delivery], now: datetime) -> None:
        """Show these."""
        self._now = now
        self.can_focus = bool(rows)
        self.set_rows(rows)

    def row_key(self, row: Delivery) -> str:
        """Its number."""
        return str(row.id)

    def search_text(self, row: Delivery) -> str:
        """Everything that is said of it."""
        words = (row.state.value, row.kind.value, row.subject or "", row.channel, row.receiver, row.reason)
        return " ".join(words)

    def sort_value(self, row: Delivery, column: str) -> SortValue:
        """Newest first, the undelivered before the others."""
        values: dict[str, SortValue] = {
            "at": -row.created_at.timestamp(),
            "state": _ORDER.index(row.state),
            "kind": row.kind.value,
            "subject": row.subject,
            "receiver": self._receiver(row),
            "attempts": -len(row.attempts),
        }
        return values[column]

    def widest(self, column: str) -> int | None:
        """What all but the reason need."""
        if column == "reason":
            return None
        return max((runs_width(self.cell(row, column, 0)) for row in self.model.rows()), default=None)

    def title(self) -> Runs:
        """Name of the pane, and how many did not arrive."""
        counts = Counter(row.state for row in self.model.rows())
        waiting = sum(counts[state] for state in _WAITING)
        parts = [f"{self.NAME} {self.model.total or 'none'}"]
        parts += [f"{counts[DeliveryState.DEAD]} given up"] if counts[DeliveryState.DEAD] else []
        parts += [f"{waiting} waiting"] if waiting else []
        return [(self.look.dot.join(parts), Style())]

    def placeholder(self) -> Runs:
        """Why there is nothing."""
        palette = self.look.palette
        if self._now is None:
            return [("reading" + self.look.ellipsis, palette.muted)]
        if self.model.filter_text and self.model.total:
            return [("no message matches the filter; escape clears it", palette.muted)]
        return [("no message in this window", palette.muted)]

    def cell(self, row: Delivery, column: str, width: int) -> Runs:
        """One cell."""
        palette, now = self.look.palette, self._now
        match column:
            case "at":
                return [("" if now is None else short_moment(row.created_at, now, self.look.zone), palette.muted)]
            case "state":
                return [self._state(row)]
            case "kind":
                return [(row.kind.value.replace("_", " "), palette.text)]
            case "subject":
                return [(row.subject or self.look.missing, palette.text)]
            case "receiver":
                return [(self._receiver(row), palette.accent)]
            case "attempts":
                return [(str(len(row.attempts)), palette.muted)]
        return [(self._reason(row), palette.muted)]

    def summary(self, row: Delivery) -> str:
        """The row as one line of text."""
        at = f"{self.look.local(row.created_at):%Y-%m-%d %H:%M:%S %Z}"
        tries = plural(len(row.attempts), "attempt")
        parts = (
            at,
            row.state.value,
            f"{row.subject or row.kind.value} to {self._receiver(row)}",
            self._reason(row),
            tries,
        )
        return self.look.dot.join(parts)

    def _state(self, row: Delivery) -> tuple[str, Style]:
        palette, look = self.look.palette, self.look
        if row.state is DeliveryState.DELIVERED:
            return f"{look.glyph('✓', '+')} delivered", palette.ok
        if row.state is DeliveryState.DEAD:
            return f"{look.glyph('✖', 'X')} given up", palette.critical
        if row.state in _WAITING:
            return f"{look.glyph('○', '?')} waiting", palette.warning
        return f"{look.glyph('‖', '=')} {row.state.value}", palette.muted

    @staticmethod
    def _receiver(row: Delivery) -> str:
        return row.channel if row.receiver in ("", row.channel) else f"{row.receiver} by {row.channel}"

    @staticmethod
    def _reason(row: Delivery) -> str:
        """Why it was sent; of one that has failed, the last error."""
        error = next((each.error for each in reversed(row.attempts) if each.error), None)
        return error if error is not None and row.state is not DeliveryState.DELIVERED else row.reason
