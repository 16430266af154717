"""Messages enter the outbox in the transaction of the change that they tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from amt_console.model import AlertState, AlertType, Episode, Severity
from amt_console.model.notifications import DeliveryState, Notice, OutboxEntry
from amt_console.store.encryption.column import EncryptedCell, Sealed
from amt_console.store.encryption.keyring import Keyring
from amt_console.store.outbox.tables import OutboxRow
from amt_console.store.schema import table
from amt_console.store.values import clean, clean_text, instance_of, json_object, moment_of, to_json

_OUTBOX = table(OutboxRow)
_MOMENTS = ("opened_at", "fired_at", "resolved_at")


def add(connection: Connection, keys: Keyring, episode: Episode | None, entries: Sequence[OutboxEntry]) -> None:
    """Queue messages; those about an alert get its number and version.

    Raises:
        IntegrityError: A ``dedup_key`` is there already: the same transition was stored twice.
    """
    if entries:
        connection.execute(insert(_OUTBOX), [_row(keys, episode, entry) for entry in entries])


def unknown(connection: Connection, entries: Sequence[OutboxEntry]) -> list[OutboxEntry]:
    """Those whose ``dedup_key`` is not in the outbox."""
    if not entries:
        return []
    query = select(_OUTBOX.c.dedup_key).where(_OUTBOX.c.dedup_key.in_([entry.dedup_key for entry in entries]))
    known = set(connection.execute(query).scalars())
    return [entry for entry in entries if entry.dedup_key not in known]


def payload_cell(dedup_key: str) -> EncryptedCell:
    """The cell of a payload. The row's number is not known when it is encrypted."""
    return EncryptedCell(_OUTBOX.name, "payload", dedup_key)


@dataclass(frozen=True, slots=True)
class Payload:
    """The content of a message: a notice, or a text with files."""

    notice: Notice | None = None
    text: str | None = None
    attachments: tuple[str, ...] = ()


def payload_of(text: str) -> Payload:
    """The content of a row."""
    stored = json_object(text)
    if "alert_id" not in stored:
        lines = "\n".join(map(str, stored.get("lines", ())))
        return Payload(text=lines, attachments=tuple(map(str, stored.get("attachments", ()))))
    moments = {name: moment_of(stored.get(name)) for name in _MOMENTS}
    words = {
        "alert_type": AlertType(stored["alert_type"]),
        "severity": Severity(stored["severity"]),
        "state": AlertState(stored["state"]),
    }
    return Payload(instance_of(Notice, {**stored, **moments, **words}))


def _row(keys: Keyring, episode: Episode | None, entry: OutboxEntry) -> dict[str, Any]:
    notice = entry.notice
    if notice is not None and episode is not None:
        notice = replace(notice, alert_id=episode.id or 0, version=episode.version, simulated=episode.simulated)
    alert_id = None if episode is None else episode.id
    key = entry.dedup_key or _dedup_key(episode, entry)
    due_at = _later(entry.created_at, entry.not_before)
    # Texts are stored as one line, and these have several.
    payload = to_json(_summary(entry) if notice is None else asdict(notice))
    # A page is sent even when it cannot be encrypted: a lost key must not silence alerts.
    sealed = keys.seal(payload_cell(key), payload) or Sealed.plain(payload)
    return {
        "dedup_key": key,
        "alert_id": alert_id,
        "created_at": entry.created_at,
        "channel": clean_text(entry.channel),
        "receiver": clean_text(entry.receiver),
        "kind": entry.kind.value,
        "severity": None if notice is None else notice.severity.value,
        "alert_type": None if notice is None else notice.alert_type.value,
        "subject": None if notice is None else clean(notice.subject),
        "state": DeliveryState.QUEUED.value,
        "reason": clean_text(entry.reason),
        "payload": sealed,
        "due_at": due_at,
        "next_at": due_at,
        "expires_at": entry.expires_at,
        "simulated": bool(notice and notice.simulated),
    }


def _summary(entry: OutboxEntry) -> dict[str, Any]:
    lines = {"lines": (entry.text or "").splitlines()}
    return {**lines, "attachments": list(entry.attachments)} if entry.attachments else lines


def _later(one: datetime, other: datetime | None) -> datetime:
    return one if other is None else max(one, other)


def _dedup_key(episode: Episode | None, entry: OutboxEntry) -> str:
    """Unique per transition: every stored change of an alert has a version of its own."""
    if episode is None or episode.id is None:
        raise ValueError("a message without an alert needs a dedup_key of its own")
    return f"{episode.id}.{episode.version}.{entry.kind.value}.{entry.channel}.{entry.receiver}"
