"""What is known of jobs that report and of alerts that others raised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from amt_console.alerts import take_ping
from amt_console.model.inbound import ExternalRecord, HeartbeatRecord, Ping, PingKind
from amt_console.store.encryption.column import Sealed
from amt_console.store.encryption.keyring import Keyring, Unavailable
from amt_console.store.engines.queues import Queue
from amt_console.store.inbound.arrivals import ArrivalReads, ArrivalWrites, output_cell
from amt_console.store.inbound.tables import ExternalAlertRow, HeartbeatPingRow, HeartbeatRow
from amt_console.store.schema import table
from amt_console.store.values import Row, clean_text, finite, instance_of

_HEARTBEATS = table(HeartbeatRow)
_PINGS = table(HeartbeatPingRow)
_EXTERNAL = table(ExternalAlertRow)
_PAST_PINGS = 20
"""Reports before a moment that say what was known then."""


class InboundReads:
    """Reads of one transaction."""

    def __init__(self, connection: Connection, keys: Keyring) -> None:
        self._connection = connection
        self._keys = keys
        self.arrivals = ArrivalReads(connection, keys)

    def heartbeats(self, names: Sequence[str], at: datetime | None = None) -> dict[str, HeartbeatRecord]:
        """What is known of jobs by name, now or at a past moment; nothing of those that never reported."""
        rows = self._connection.execute(select(_HEARTBEATS).where(_HEARTBEATS.c.name.in_(names))).mappings()
        found = {row["name"]: self._record(row) for row in rows}
        if at is None:
            return found
        past = {name: self._as_of(record, at) for name, record in found.items()}
        return {name: record for name, record in past.items() if record is not None}

    def external(self) -> list[ExternalRecord]:
        """Every alert of others that is remembered."""
        rows = self._connection.execute(select(_EXTERNAL)).mappings()
        return [instance_of(ExternalRecord, dict(row)) for row in rows]

    def _as_of(self, record: HeartbeatRecord, at: datetime) -> HeartbeatRecord | None:
        query = select(_PINGS).where(_PINGS.c.heartbeat == record.name, _PINGS.c.timestamp <= at)
        newest = query.order_by(_PINGS.c.timestamp.desc(), _PINGS.c.id.desc()).limit(_PAST_PINGS)
        pings = [_ping(row) for row in self._connection.execute(newest).mappings()]
        if pings:
            then = HeartbeatRecord(record.name)
            for ping in reversed(pings):
                then = take_ping(then, ping)
            return then
        # Its reports of that time have expired.
        return record if record.last_ping_at is not None and record.last_ping_at <= at else None

    def _record(self, row: Row) -> HeartbeatRecord:
        values = {**row, "failed": bool(row["failed"]), "last_output": self._open(row["name"], row["last_output"])}
        return instance_of(HeartbeatRecord, values)

    def _open(self, name: str, sealed: Sealed | None) -> str | None:
        try:
            return None if sealed is None else self._keys.open(output_cell(name), sealed)
        except Unavailable:
            return None


class InboundWrites(InboundReads):
    """Writes of one transaction."""

    def __init__(self, connection: Connection, keys: Keyring, touched: set[Queue]) -> None:
        """Args:
        connection: Of the transaction.
        keys: For what is encrypted.
        touched: The queues that the transaction changes.
        """
        super().__init__(connection, keys)
        self.arrivals: ArrivalWrites = ArrivalWrites(connection, keys, touched)

    def keep_heartbeat(self, record: HeartbeatRecord, ping: Ping | None) -> None:
        """What is known of a job now, and the report that says so."""
        output = record.last_output
        row = {
            "name": record.name,
            "last_ping_at": record.last_ping_at,
            "started_at": record.started_at,
            "failed": record.failed,
            "last_exit_code": record.last_exit_code,
            "last_duration_ms": finite(record.last_duration_ms),
            "last_output": None if output is None else self._keys.seal(output_cell(record.name), output),
        }
        self._connection.execute(delete(_HEARTBEATS).where(_HEARTBEATS.c.name == record.name))
        self._connection.execute(insert(_HEARTBEATS), [row])
        if ping is not None:
            told = {
                "timestamp": ping.at,
                "heartbeat": ping.heartbeat,
                "kind": ping.kind.value,
                "exit_code": ping.exit_code,
                "duration_ms": finite(ping.duration_ms),
            }
            self._connection.execute(insert(_PINGS), [told])

    def keep_external(self, records: Sequence[ExternalRecord]) -> None:
        """What is known of alerts of others now; of several records of one alert the last counts."""
        rows = {row["key"]: row for row in map(_external_row, records)}
        if rows:
            self._connection.execute(delete(_EXTERNAL).where(_EXTERNAL.c.key.in_(list(rows))))
            self._connection.execute(insert(_EXTERNAL), list(rows.values()))


def _external_row(record: ExternalRecord) -> dict[str, Any]:
    return {
        "key": clean_text(record.key, 255),
        "subject": clean_text(record.subject),
        "firing": record.firing,
        "started_at": record.started_at,
        "seen_at": record.seen_at,
        "ends_at": record.ends_at,
        "stale": record.stale,
    }


def _ping(row: Row) -> Ping:
    return Ping(row["heartbeat"], PingKind(row["kind"]), row["timestamp"], row["exit_code"], row["duration_ms"])
