"""What was sent to whom, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from amt_console.model import AlertType, Severity
from amt_console.model.notifications import Delivery, DeliveryAttempt, DeliveryState, NoticeKind
from amt_console.store.delivery.attempts import opened_error
from amt_console.store.outbox.tables import DeliveryAttemptRow, OutboxRow
from amt_console.store.readable import EARLIEST
from amt_console.store.reads import Reads
from amt_console.store.schema import table
from amt_console.store.values import Row, member

_OUTBOX, _ATTEMPTS = table(OutboxRow), table(DeliveryAttemptRow)
_PART = 500
LONGEST_WAY = timedelta(hours=24)
"""From the queue to the receiver: older rows have expired."""
_PAGES = tuple(kind.value for kind in NoticeKind if kind.pages)
_COLUMNS = [column for column in _OUTBOX.c if column.name != "payload"]


@dataclass(frozen=True, slots=True)
class ChannelResult:
    """The newest outcome on a channel."""

    state: DeliveryState
    """``DELIVERED`` or ``DEAD``."""
    at: datetime
    error: str | None = None
    critical: bool = False
    """Whether a critical page has died since the last delivery."""


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message that was delivered."""

    at: datetime
    critical_page: bool
    """Whether it told that a critical alert fires."""


def deliveries(
    reads: Reads,
    *,
    channel: str | None = None,
    alert_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    states: Collection[DeliveryState] | None = None,
    before: int | None = None,
    limit: int = 200,
) -> tuple[Delivery, ...]:
    """Rows of the outbox with their attempts, newest first; what is being sent has the state ``QUEUED``.

    With ``before``, only rows with a lower number; with ``since`` and ``until``, only rows that were queued in between.
    """
    query = select(*_COLUMNS).order_by(_OUTBOX.c.id.desc()).limit(limit)
    if channel is not None:
        query = query.where(_OUTBOX.c.channel == channel)
    if alert_id is not None:
        query = query.where(_OUTBOX.c.alert_id == alert_id)
    if before is not None:
        query = query.where(_OUTBOX.c.id < before)
    if since is not None:
        query = query.where(_OUTBOX.c.created_at >= since)
    if until is not None:
        query = query.where(_OUTBOX.c.created_at <= until)
    if states is not None:
        stored = {*states, DeliveryState.LEASED} if DeliveryState.QUEUED in states else set(states)
        query = query.where(_OUTBOX.c.state.in_(sorted(state.value for state in stored)))
    rows = reads._connection.execute(query).mappings().all()
    attempts = _attempts(reads, [int(row["id"]) for row in rows])
    return tuple(_delivery(row, attempts.get(int(row["id"]), ())) for row in rows)


def delivery_counts(reads: Reads) -> dict[tuple[str, str], int]:
    """Rows by channel and state; what is being sent counts as queued."""
    found: dict[tuple[str, str], int] = {}
    query = select(_OUTBOX.c.channel, _OUTBOX.c.state, func.count()).group_by(_OUTBOX.c.channel, _OUTBOX.c.state)
    for channel, state, count in reads._connection.execute(query):
        key = (channel, _shown(state).value)
        found[key] = found.get(key, 0) + int(count)
    return found


def waiting_count(reads: Reads, due: datetime) -> int:
    """The number of messages that were due by a moment and are not sent."""
    waits = _OUTBOX.c.state.in_((DeliveryState.QUEUED.value, DeliveryState.LEASED.value))
    query = select(func.count()).select_from(_OUTBOX).where(waits, _OUTBOX.c.next_at <= due)
    return int(reads._connection.execute(query).scalar() or 0)


def sent_since(reads: Reads, channel: str, since: datetime) -> tuple[SentMessage, ...]:
    """The messages that a channel delivered, oldest first; a group is one."""
    query = (
        select(_OUTBOX.c.batch, _OUTBOX.c.delivered_at, _OUTBOX.c.severity, _OUTBOX.c.kind)
        .where(
            _OUTBOX.c.channel == channel,
            _OUTBOX.c.state == DeliveryState.DELIVERED.value,
            _OUTBOX.c.delivered_at >= since,
            _OUTBOX.c.created_at >= since - LONGEST_WAY,
        )
        .order_by(_OUTBOX.c.delivered_at)
    )
    found: dict[int | None, SentMessage] = {}
    for batch, at, severity, kind in reads._connection.execute(query):
        critical = severity == Severity.CRITICAL.value and kind in _PAGES
        found[batch] = SentMessage(at, critical or (batch in found and found[batch].critical_page))
    return tuple(found.values())


def newest_result(reads: Reads, channel: str) -> ChannelResult | None:
    """What became of the newest message on a channel that was delivered or given up; ``None`` if there is none."""
    final = (DeliveryState.DELIVERED.value, DeliveryState.DEAD.value)
    query = (
        select(_ATTEMPTS.c.outbox_id, _ATTEMPTS.c.timestamp, _ATTEMPTS.c.error, _OUTBOX.c.state)
        .join(_OUTBOX, _OUTBOX.c.id == _ATTEMPTS.c.outbox_id)
        .where(_OUTBOX.c.channel == channel, _OUTBOX.c.state.in_(final))
        .order_by(_ATTEMPTS.c.id.desc())
        .limit(1)
    )
    row = reads._connection.execute(query).first()
    if row is None:
        return None
    state = DeliveryState(row.state)
    critical = state is DeliveryState.DEAD and _critical_died(reads, channel)
    error = opened_error(reads._keys, row.outbox_id, row.timestamp, row.error)
    return ChannelResult(state, row.timestamp, error, critical)


def _critical_died(reads: Reads, channel: str) -> bool:
    newest = select(func.max(_OUTBOX.c.delivered_at)).where(_OUTBOX.c.channel == channel).scalar_subquery()
    query = (
        select(_OUTBOX.c.id)
        .join(_ATTEMPTS, _ATTEMPTS.c.outbox_id == _OUTBOX.c.id)
        .where(
            _OUTBOX.c.channel == channel,
            _OUTBOX.c.state == DeliveryState.DEAD.value,
            _OUTBOX.c.severity == Severity.CRITICAL.value,
            _OUTBOX.c.kind.in_(_PAGES),
            _ATTEMPTS.c.timestamp > func.coalesce(newest, EARLIEST),
        )
        .limit(1)
    )
    return reads._connection.execute(query).first() is not None


def _attempts(reads: Reads, ids: list[int]) -> dict[int, tuple[DeliveryAttempt, ...]]:
    found: dict[int, list[DeliveryAttempt]] = {}
    for start in range(0, len(ids), _PART):
        query = select(_ATTEMPTS).where(_ATTEMPTS.c.outbox_id.in_(ids[start : start + _PART])).order_by(_ATTEMPTS.c.id)
        for row in reads._connection.execute(query).mappings():
            error = opened_error(reads._keys, row["outbox_id"], row["timestamp"], row["error"])
            attempt = DeliveryAttempt(row["timestamp"], row["status"], error)
            found.setdefault(int(row["outbox_id"]), []).append(attempt)
    return {number: tuple(attempts) for number, attempts in found.items()}


def _delivery(row: Row, attempts: Iterable[DeliveryAttempt]) -> Delivery:
    state = _shown(row["state"])
    return Delivery(
        id=int(row["id"]),
        alert_id=row["alert_id"],
        channel=row["channel"],
        receiver=row["receiver"],
        kind=member(NoticeKind, row["kind"]) or NoticeKind.FIRED,
        state=state,
        reason=row["reason"],
        created_at=row["created_at"],
        alert_type=member(AlertType, row["alert_type"]),
        subject=row["subject"],
        severity=member(Severity, row["severity"]),
        delivered_at=row["delivered_at"],
        next_at=None if state.final else row["next_at"],
        batch=row["batch"],
        attempts=tuple(attempts),
    )


def _shown(state: str) -> DeliveryState:
    known = member(DeliveryState, state) or DeliveryState.QUEUED
    return DeliveryState.QUEUED if known is DeliveryState.LEASED else known
