"""The first stage: what a channel is still to be told of each alert, what has no purpose any more, and what must wait.

Messages about one alert keep their order on a channel. Several that wait are told as one: the newest facts replace
older ones, and an end whose page still waits becomes "fired and recovered". Channels for machines get every step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from amt_console.model.notifications import NoticeKind, QueuedMessage
from amt_console.model.states import AlertType, Severity

LONGEST_PAUSE = timedelta(minutes=15)
"""Between two attempts, whatever a receiver asks for."""
PAGE_EXPIRES = timedelta(hours=24)
_ALONE = frozenset((NoticeKind.DIGEST, NoticeKind.HANDOVER, NoticeKind.REPORT, NoticeKind.DRILL, NoticeKind.TEST))
UNTOLD = "its page was not delivered on this channel, so its end is not sent either"
OWN_FAULT = "the alert is about this channel itself"


class Tells(StrEnum):
    """What a message says; only messages that say the same are grouped."""

    FIRES = "fires"
    HANDLED = "handled"
    ENDED = "ended"
    ALONE = "alone"
    """A text of its own, or a drill."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The rows that tell one thing about one alert on one channel, oldest first."""

    rows: tuple[QueuedMessage, ...]
    due_at: datetime
    batch: int | None = None
    """The id of a message that was tried before and goes out again as it was; it may hold rows of several alerts."""

    @property
    def newest(self) -> QueuedMessage:
        """The row with the newest facts."""
        return self.rows[-1]

    @property
    def critical(self) -> bool:
        """Whether a critical alert is among them."""
        return any(row.severity is Severity.CRITICAL for row in self.rows)

    @property
    def held(self) -> bool:
        """Whether it was kept back on purpose."""
        return self.newest.held

    @property
    def tells(self) -> Tells:
        """What it says."""
        if self.newest.kind in _ALONE:
            return Tells.ALONE
        if self.newest.kind is NoticeKind.RESOLVED:
            return Tells.ENDED
        return Tells.FIRES if any(row.kind.pages for row in self.rows) else Tells.HANDLED


@dataclass(frozen=True, slots=True)
class Settled:
    """The result of the stage."""

    bundles: tuple[Bundle, ...] = ()
    cancelled: tuple[tuple[QueuedMessage, str], ...] = ()
    """Rows without a purpose, and why."""
    expired: tuple[QueuedMessage, ...] = ()
    leased_until: datetime | None = None
    """When the first row that another process sends can be taken over."""


def settle(rows: Sequence[QueuedMessage], *, groups: bool, now: datetime, reminder: float = 0.0) -> Settled:
    """Settle the rows of one channel that are not final.

    Args:
        rows: In the order in which they were queued.
        groups: Whether the channel is for people; others get a page and its end as two messages.
        now: The wall clock.
        reminder: Seconds between two reminders, after which one has lost its purpose.
    """
    leases = [row.leased_until for row in rows if row.leased_until is not None and row.leased_until > now]
    cancelled = [(row, OWN_FAULT) for row in rows if row.alert_type is AlertType.NOTIFY and row.subject == row.channel]
    own = {row.id for row, _ in cancelled}
    expired: list[QueuedMessage] = []
    free: list[list[QueuedMessage]] = []
    for alert in _by_alert(row for row in rows if row.id not in own):
        if any(row.leased_until is not None and row.leased_until > now for row in alert):
            continue
        late = [row for row in alert if expires_at(row, reminder) <= now]
        # What is newer tells the old as well.
        if groups and late and late[-1] is not alert[-1]:
            late = []
        expired += late
        left = [row for row in alert if row not in late]
        while left and not left[0].kind.pages and left[0].alert_id is not None and not left[0].told:
            cancelled.append((left.pop(0), UNTOLD))
        if left:
            free.append(left)
    bundles = [*_again(free, groups=groups, now=now)]
    repeated = {row.id for bundle in bundles for row in bundle.rows}
    for alert in free:
        if not any(row.id in repeated for row in alert):
            bundles.append(_bundle(alert if groups else _first_step(alert), now))
    return Settled(tuple(bundles), tuple(cancelled), tuple(expired), min(leases, default=None))


def due_at(row: QueuedMessage, now: datetime) -> datetime:
    """When a row may be sent. A clock that was set back delays nothing but what was held on purpose."""
    if row.attempts:
        return now if row.next_at - now > LONGEST_PAUSE else row.next_at
    return row.next_at if row.held else min(row.next_at, now)


def expires_at(row: QueuedMessage, reminder: float) -> datetime:
    """When a message has lost its purpose: a reminder when the next one comes, anything else after a day."""
    if row.expires_at is not None:
        return row.expires_at
    if row.kind is NoticeKind.REMINDER and reminder > 0:
        return row.due_at + timedelta(seconds=reminder)
    return row.due_at + PAGE_EXPIRES


def _by_alert(rows: Iterable[QueuedMessage]) -> list[list[QueuedMessage]]:
    found: dict[tuple[bool, int], list[QueuedMessage]] = {}
    for row in rows:
        together = row.alert_id is not None and row.kind not in _ALONE
        key = (True, row.alert_id or 0) if together else (False, row.id)
        found.setdefault(key, []).append(row)
    return list(found.values())


def _again(alerts: Sequence[Sequence[QueuedMessage]], *, groups: bool, now: datetime) -> list[Bundle]:
    """Messages that were tried before. A receiver may have got them, so they keep their content and their id.

    One whose last attempt failed is given up in favour of the newer facts, if there are any.
    """
    batches: dict[int, list[QueuedMessage]] = {}
    outdated: set[int] = set()
    for alert in alerts:
        for row in alert:
            if row.batch is None:
                continue
            batches.setdefault(row.batch, []).append(row)
            if groups and row.attempts and alert[-1].batch != row.batch:
                outdated.add(row.batch)
    return [
        Bundle(tuple(rows), max(due_at(row, now) for row in rows), number)
        for number, rows in batches.items()
        if number not in outdated
    ]


def _bundle(rows: Sequence[QueuedMessage], now: datetime) -> Bundle:
    pages = [row for row in rows if row.kind.pages]
    # An end or an answer never goes out before the page that it follows would have.
    due = [due_at(row, now) for row in ([*pages[-1:], rows[-1]])]
    return Bundle(tuple(rows), max(due))


def _first_step(rows: Sequence[QueuedMessage]) -> list[QueuedMessage]:
    """The pages at the beginning, or the first message that is no page."""
    if not rows[0].kind.pages:
        return [rows[0]]
    end = next((index for index, row in enumerate(rows) if not row.kind.pages), len(rows))
    return list(rows[:end])
