"""The dispatcher's side of the outbox: look what waits, claim it, and mark what became of it.

A claimed row is leased. When the lease ends without a mark, its process has died between the claim and the mark, and
the row is taken over; its message may have been sent, so it is sent again under the same number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Text, and_, bindparam, func, insert, or_, select, update

from amt_console.model import AlertState, AlertType, Severity
from amt_console.model.notifications import DeliveryState, Notice, NoticeKind, OutboxEntry, QueuedMessage
from amt_console.store.delivery.attempts import sealed_error
from amt_console.store.encryption.keyring import Keyring, Unavailable
from amt_console.store.outbox import queue
from amt_console.store.outbox.tables import DeliveryAttemptRow, OutboxRow
from amt_console.store.reads import Reads
from amt_console.store.schema import BIG, table
from amt_console.store.utc import UtcDateTime
from amt_console.store.values import Row, clean, clean_text, member
from amt_console.store.writes import Writes

VIEW = 500
"""Rows of one look: messages of a minute at the fastest rate."""
_OUTBOX, _ATTEMPTS = table(OutboxRow), table(DeliveryAttemptRow)
_PAGES = tuple(kind.value for kind in NoticeKind if kind.pages)
_WAITING = _OUTBOX.c.state.in_((DeliveryState.QUEUED.value, DeliveryState.LEASED.value))
_CHANNELS_WAITING = select(_OUTBOX.c.channel, func.max(_OUTBOX.c.id)).where(_WAITING).group_by(_OUTBOX.c.channel)
_COLUMNS = [column for column in _OUTBOX.c if column.name not in ("payload", "dedup_key")]

# The statements of each message are built once: building them costs more than running them.
_IDS = _OUTBOX.c.id.in_(bindparam("ids", expanding=True))
_EXPIRED = and_(_OUTBOX.c.state == DeliveryState.LEASED.value, _OUTBOX.c.lease_until <= bindparam("now"))
_CLAIMABLE = (
    select(_OUTBOX)
    .where(_IDS, or_(_OUTBOX.c.state == DeliveryState.QUEUED.value, _EXPIRED))
    .order_by(_OUTBOX.c.id)
    .with_for_update(skip_locked=True)
)
_OF_ALERTS = select(_OUTBOX.c.alert_id, _OUTBOX.c.id).where(
    _OUTBOX.c.alert_id.in_(bindparam("alerts", expanding=True)), _OUTBOX.c.channel == bindparam("channel"), _WAITING
)
_LEASE = (
    update(_OUTBOX)
    .where(_IDS)
    .values(
        state=DeliveryState.LEASED.value,
        holder=bindparam("by"),
        lease_until=bindparam("until"),
        batch=bindparam("number"),
    )
)
_MARK = (
    update(_OUTBOX)
    .where(_IDS, _WAITING)
    .values(
        state=bindparam("new_state"),
        holder=None,
        lease_until=None,
        attempts=_OUTBOX.c.attempts + bindparam("tried", type_=Integer),
        delivered_at=func.coalesce(bindparam("delivered", type_=UtcDateTime), _OUTBOX.c.delivered_at),
        next_at=func.coalesce(bindparam("next", type_=UtcDateTime), _OUTBOX.c.next_at),
        batch=func.coalesce(bindparam("number", type_=BIG), _OUTBOX.c.batch),
        reason=func.coalesce(bindparam("why", type_=Text), _OUTBOX.c.reason),
    )
)
_MARK_OWN = _MARK.where(_OUTBOX.c.holder == bindparam("by"))


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A leased row with its content."""

    row: QueuedMessage
    notice: Notice | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MessageClaim:
    """The rows of one message, oldest first."""

    batch: int
    """The id of the message."""
    messages: tuple[ClaimedMessage, ...]

    @property
    def ids(self) -> tuple[int, ...]:
        """The numbers of the rows."""
        return tuple(message.row.id for message in self.messages)


@dataclass(frozen=True, slots=True)
class DeliveryMark:
    """What became of some rows."""

    ids: tuple[int, ...]
    state: DeliveryState
    """``QUEUED``: it is tried again at ``next_at``."""
    at: datetime
    status: str | None = None
    """Of the attempt, ``delivered`` or the reason's name; ``None`` where there was none."""
    error: str | None = None
    next_at: datetime | None = None
    reason: str | None = None
    """In place of the stored one, e.g. why it was cancelled."""
    batch: int | None = None
    """Of suppressed rows: the digest."""


def waiting_channels(reads: Reads) -> dict[str, int]:
    """The channels with rows that are not final, each with its newest such row. Cheap."""
    return {channel: int(newest) for channel, newest in reads._connection.execute(_CHANNELS_WAITING)}


def waiting_messages(reads: Reads, channel: str, *, limit: int = VIEW) -> tuple[QueuedMessage, ...]:
    """Rows of a channel that are not final, in the order in which they were queued.

    The ones that are due first and the critical ones, at most ``limit`` of each; with a row come all others of its
    alert and of its batch.
    """
    connection, mine = reads._connection, and_(_WAITING, _OUTBOX.c.channel == channel)
    found = _first(connection, mine, limit)
    if len(found) >= limit:
        found |= _first(connection, and_(mine, _OUTBOX.c.severity == Severity.CRITICAL.value), limit)
        alerts = {row["alert_id"] for row in found.values() if row["alert_id"] is not None}
        batches = {row["batch"] for row in found.values() if row["batch"] is not None}
        for column, values in ((_OUTBOX.c.alert_id, alerts), (_OUTBOX.c.batch, batches)):
            for part in _parts(values):
                found |= _rows(connection, and_(mine, column.in_(part)))
    answers = {row["alert_id"] for row in found.values() if row["kind"] not in _PAGES and row["alert_id"] is not None}
    told = _told(connection, channel, answers)
    return tuple(_queued(found[number], told) for number in sorted(found))


def claim_messages(
    writes: Writes, ids: Sequence[int], *, holder: str, now: datetime, until: datetime, batch: int | None = None
) -> MessageClaim | None:
    """Lease the rows of one message; ``None`` if others have them all.

    Rows that another process has, or that an earlier row of the same alert holds up there, are left out.

    Args:
        writes: The transaction.
        ids: The rows.
        holder: Who sends them.
        now: The wall clock.
        until: When another process may take them over.
        batch: The id of a message that was tried before; by default the newest row's number.
    """
    connection = writes._connection
    found = connection.execute(_CLAIMABLE, {"ids": list(ids), "now": now}).mappings().all()
    rows = _in_order(connection, found)
    if not rows:
        return None
    number = batch or int(rows[-1]["id"])
    leased = {"ids": [row["id"] for row in rows], "by": holder, "until": until, "number": number}
    connection.execute(_LEASE, leased)
    return MessageClaim(number, tuple(claimed(row, writes._keys) for row in rows))


def read_messages(reads: Reads, ids: Sequence[int], *, batch: int | None = None) -> MessageClaim | None:
    """The rows of one message without a lease: for the only process of a file on a full disk."""
    rows = reads._connection.execute(select(_OUTBOX).where(_OUTBOX.c.id.in_(ids)).order_by(_OUTBOX.c.id)).mappings()
    messages = tuple(claimed(row, reads._keys) for row in rows)
    return MessageClaim(batch or messages[-1].row.id, messages) if messages else None


def mark_messages(writes: Writes, done: DeliveryMark, *, holder: str | None = None) -> int:
    """Note what became of rows, with an attempt for each if there was one; returns how many were not final before.

    Args:
        writes: The transaction.
        done: The rows and their new state.
        holder: Who sent them: rows to be tried again that somebody else has taken over are left alone.
    """
    connection = writes._connection
    values = {
        "ids": list(done.ids),
        "new_state": done.state.value,
        "tried": int(done.status is not None),
        "delivered": done.at if done.state is DeliveryState.DELIVERED else None,
        "next": done.next_at,
        "number": done.batch,
        "why": clean(done.reason),
    }
    if done.state is DeliveryState.QUEUED and holder is not None:
        changed = connection.execute(_MARK_OWN, {**values, "by": holder}).rowcount
    else:
        changed = connection.execute(_MARK, values).rowcount
    if done.status is not None:
        attempt = {"timestamp": done.at, "status": clean_text(done.status)}
        error = clean(done.error)
        rows = [
            {"outbox_id": number, **attempt, "error": sealed_error(writes._keys, number, done.at, error)}
            for number in done.ids
        ]
        connection.execute(insert(_ATTEMPTS), rows)
    return changed


def release_messages(writes: Writes, holder: str | None = None) -> int:
    """End leases without a mark: what was leased may have been sent, and is sent again under the same number.

    Args:
        writes: The transaction.
        holder: Whose; ``None`` for all, where there can be one process only.
    """
    leased = _OUTBOX.c.state == DeliveryState.LEASED.value
    which = leased if holder is None else and_(leased, _OUTBOX.c.holder == holder)
    values = {"state": DeliveryState.QUEUED.value, "holder": None, "lease_until": None}
    return writes._connection.execute(update(_OUTBOX).where(which).values(values)).rowcount


def queue_digest(writes: Writes, entry: OutboxEntry, ids: Sequence[int], *, now: datetime, reason: str) -> bool:
    """Queue a digest in place of rows that nobody has leased; ``False`` if some were taken meanwhile."""
    connection = writes._connection
    free = and_(_OUTBOX.c.id.in_(ids), _OUTBOX.c.state == DeliveryState.QUEUED.value)
    found = connection.execute(select(_OUTBOX.c.id).where(free).with_for_update(skip_locked=True)).all()
    if len(found) < len(ids):
        return False
    writes.queue(None, [entry])
    number = connection.execute(select(_OUTBOX.c.id).where(_OUTBOX.c.dedup_key == entry.dedup_key)).scalar_one()
    mark_messages(writes, DeliveryMark(tuple(ids), DeliveryState.SUPPRESSED, now, reason=reason, batch=int(number)))
    return True


def notices_of(reads: Reads, ids: Collection[int]) -> dict[int, Notice]:
    """The notices of rows, by number."""
    found: dict[int, Notice] = {}
    for part in _parts(ids):
        for row in reads._connection.execute(select(_OUTBOX).where(_OUTBOX.c.id.in_(part))).mappings():
            notice = _content(row, reads._keys).notice
            if notice is not None:
                found[int(row["id"])] = notice
    return found


def _first(connection: Connection, which: ColumnElement[bool], limit: int) -> dict[int, Row]:
    query = select(*_COLUMNS).where(which).order_by(_OUTBOX.c.next_at, _OUTBOX.c.id).limit(limit)
    return {int(row["id"]): row for row in connection.execute(query).mappings()}


def _rows(connection: Connection, which: ColumnElement[bool]) -> dict[int, Row]:
    return {int(row["id"]): row for row in connection.execute(select(*_COLUMNS).where(which)).mappings()}


def _parts(values: Iterable[Any]) -> Iterable[list[Any]]:
    """In parts that fit into one statement."""
    found = list(values)
    return (found[start : start + VIEW] for start in range(0, len(found), VIEW))


def _told(connection: Connection, channel: str, alerts: Collection[int]) -> frozenset[int]:
    """The alerts of which this channel has delivered a page, by itself or in a digest."""
    summary = _OUTBOX.alias("summary")
    in_digest = select(summary.c.id).where(
        summary.c.id == _OUTBOX.c.batch, summary.c.state == DeliveryState.DELIVERED.value
    )
    told = or_(
        _OUTBOX.c.state == DeliveryState.DELIVERED.value,
        and_(_OUTBOX.c.state == DeliveryState.SUPPRESSED.value, in_digest.exists()),
    )
    found: set[int] = set()
    for part in _parts(alerts):
        query = select(_OUTBOX.c.alert_id).distinct()
        query = query.where(_OUTBOX.c.alert_id.in_(part), _OUTBOX.c.channel == channel, _OUTBOX.c.kind.in_(_PAGES))
        found.update(connection.execute(query.where(told)).scalars())
    return frozenset(found)


def _in_order(connection: Connection, rows: Sequence[Row]) -> Sequence[Row]:
    """Without the rows of alerts of which somebody else has an earlier row."""
    alerts = {row["alert_id"] for row in rows if row["alert_id"] is not None}
    if not alerts:
        return rows
    mine, channel = {row["id"] for row in rows}, rows[0]["channel"]
    earlier: dict[int, int] = {}
    for part in _parts(alerts):
        for alert_id, number in connection.execute(_OF_ALERTS, {"alerts": part, "channel": channel}):
            if number not in mine:
                earlier[alert_id] = min(number, earlier.get(alert_id, number))
    return [row for row in rows if row["alert_id"] not in earlier or row["id"] < earlier[row["alert_id"]]]


def _queued(row: Row, told: Collection[int] = ()) -> QueuedMessage:
    leased = row["state"] == DeliveryState.LEASED.value
    return QueuedMessage(
        id=int(row["id"]),
        channel=row["channel"],
        receiver=row["receiver"],
        kind=member(NoticeKind, row["kind"]) or NoticeKind.FIRED,
        created_at=row["created_at"],
        due_at=row["due_at"],
        next_at=row["next_at"],
        alert_id=row["alert_id"],
        alert_type=member(AlertType, row["alert_type"]),
        severity=member(Severity, row["severity"]),
        subject=row["subject"],
        reason=row["reason"],
        attempts=row["attempts"],
        expires_at=row["expires_at"],
        batch=row["batch"],
        leased_until=row["lease_until"] if leased else None,
        told=row["alert_id"] in told,
    )


def claimed(row: Row, keys: Keyring) -> ClaimedMessage:
    """A row with its content."""
    content = _content(row, keys)
    return ClaimedMessage(_queued(row), content.notice, content.text, content.attachments)


def _content(row: Row, keys: Keyring) -> queue.Payload:
    """What a row says. If its key is lost, what stands in its readable columns: a page is sent in any case."""
    try:
        return queue.payload_of(keys.open(queue.payload_cell(row["dedup_key"]), row["payload"]))
    except (Unavailable, ValueError, KeyError, TypeError) as error:
        lost = f"the details cannot be read: {error}"
    if row["alert_id"] is None:
        return queue.Payload(text=f"{row['reason']}; {lost}")
    kind, severity = member(AlertType, row["alert_type"]), member(Severity, row["severity"])
    notice = Notice(
        alert_id=row["alert_id"],
        version=0,
        alert_type=kind or AlertType.MONITOR,
        severity=severity or Severity.CRITICAL,
        subject=row["subject"] or "",
        message=f"{row['subject']}: {(kind or AlertType.MONITOR).value.replace('_', ' ')}; {lost}",
        state=AlertState.RESOLVED if row["kind"] == NoticeKind.RESOLVED.value else AlertState.FIRING,
        opened_at=row["created_at"],
    )
    return queue.Payload(notice)
