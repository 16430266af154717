"""What came in and waits for the monitor that evaluates: any process stores it, that one takes it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from amt_console.model.inbound import Arrival, ExternalAlert, Ping, PingKind
from amt_console.model.states import Severity
from amt_console.store.encryption.column import EncryptedCell, Sealed
from amt_console.store.encryption.keyring import Keyring, Unavailable
from amt_console.store.engines.queues import Queue
from amt_console.store.inbound.tables import ArrivalRow, HeartbeatRow, WebhookIdRow
from amt_console.store.schema import table
from amt_console.store.values import Row, json_object, moment_of, to_json

logger = logging.getLogger("amt_console.store")
MOST_TAKEN = 1000
"""Arrivals that the evaluator has in hand at a time; the rest waits in the database."""
IDS_KEPT = timedelta(days=7)
"""How long the numbers of signed messages are remembered: senders repeat for some days."""
_ARRIVALS = table(ArrivalRow)
_IDS = table(WebhookIdRow)
_OLDEST_FIRST = select(_ARRIVALS).order_by(_ARRIVALS.c.id)
_PING, _ALERT = "ping", "alert"


def output_cell(heartbeat: str) -> EncryptedCell:
    """Where the output of a job stands."""
    return EncryptedCell(table(HeartbeatRow).name, "last_output", heartbeat)


def arrival_cell(stored: Mapping[str, Any]) -> EncryptedCell:
    """The cell of an arrival's output, from its content: that of its job, or one of its own for an alert."""
    if "heartbeat" in stored:
        return output_cell(str(stored["heartbeat"]))
    return EncryptedCell(_ARRIVALS.name, "output", f"{stored.get('source')}/{stored.get('fingerprint')}")


class ArrivalReads:
    """Reads what waits."""

    def __init__(self, connection: Connection, keys: Keyring) -> None:
        self._connection = connection
        self._keys = keys

    def waiting(self) -> int:
        """How many wait."""
        return int(self._connection.execute(select(func.count()).select_from(_ARRIVALS)).scalar_one())

    def after(self, known: Collection[int]) -> tuple[set[int], list[Arrival]]:
        """Which of the known ones still wait, and the unknown ones, oldest first, up to ``MOST_TAKEN`` in all.

        Numbers are given before the commit, so a lower one may become visible after a higher one.
        """
        number = _ARRIVALS.c.id
        there = set(self._connection.execute(select(number).where(number.in_(known))).scalars()) if known else set()
        room = MOST_TAKEN - len(there)
        if room <= 0:
            return there, []
        query = _OLDEST_FIRST.where(number.not_in(known)) if known else _OLDEST_FIRST
        query = query.limit(room)
        return there, [self._arrival(row) for row in self._connection.execute(query).mappings()]

    def _arrival(self, row: Row) -> Arrival:
        number, at = int(row["id"]), row["received_at"]
        try:
            stored = json_object(row["content"])
            output = self._output(stored, row["output"])
            if row["kind"] == _PING:
                return Arrival(number, at, ping=_ping(stored, at, output))
            return Arrival(number, at, alert=_alert(stored, output))
        except (KeyError, ValueError, TypeError) as error:
            # Without content it is dropped like any other that means nothing.
            logger.warning("an arrival cannot be read: %s", type(error).__name__)
            return Arrival(number, at)

    def _output(self, stored: dict[str, Any], sealed: Sealed | None) -> str | None:
        if sealed is None:
            return None
        try:
            return self._keys.open(arrival_cell(stored), sealed)
        except Unavailable:
            return None


class ArrivalWrites(ArrivalReads):
    """Adds to what waits, and removes it."""

    def __init__(self, connection: Connection, keys: Keyring, touched: set[Queue]) -> None:
        """Args:
        connection: Of the transaction.
        keys: For what is encrypted.
        touched: Told that what waits is changed.
        """
        super().__init__(connection, keys)
        self._touched = touched

    def add_pings(self, pings: Sequence[Ping]) -> None:
        """Pings of jobs."""
        rows = []
        for ping in pings:
            stored = {
                "heartbeat": ping.heartbeat,
                "kind": ping.kind.value,
                "exit_code": ping.exit_code,
                "duration_ms": ping.duration_ms,
                "run": ping.run,
            }
            rows.append(self._row(_PING, ping.at, stored, ping.output))
        self._add(rows)

    def add_alerts(self, alerts: Sequence[ExternalAlert], at: datetime) -> None:
        """Alerts of other programs."""
        self._add([self._row(_ALERT, at, asdict(replace(alert, answer=None)), alert.answer) for alert in alerts])

    def note_webhook(self, webhook_id: str, at: datetime) -> bool:
        """Remember the number of a signed message; ``False`` if it is known already."""
        self._connection.execute(delete(_IDS).where(_IDS.c.received_at < at - IDS_KEPT))
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(_IDS), [{"id": webhook_id, "received_at": at}])
        except IntegrityError:
            return False
        return True

    def remove(self, numbers: Sequence[int]) -> None:
        """What this transaction evaluates waits no more."""
        if numbers:
            self._touched.add("arrivals")
            self._connection.execute(delete(_ARRIVALS).where(_ARRIVALS.c.id.in_(numbers)))

    def _row(self, kind: str, at: datetime, content: dict[str, Any], output: str | None) -> dict[str, Any]:
        sealed = None if output is None else self._keys.seal(arrival_cell(content), output)
        return {"received_at": at, "kind": kind, "content": to_json(content), "output": sealed}

    def _add(self, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._touched.add("arrivals")
            self._connection.execute(insert(_ARRIVALS), rows)


def _ping(stored: dict[str, Any], at: datetime, output: str | None) -> Ping:
    return Ping(
        str(stored["heartbeat"]),
        PingKind(stored["kind"]),
        at,
        stored["exit_code"],
        stored["duration_ms"],
        output,
        stored.get("run"),
    )


def _alert(stored: dict[str, Any], answer: str | None) -> ExternalAlert:
    started_at = moment_of(stored["started_at"])
    if started_at is None:
        raise ValueError("no start")
    return ExternalAlert(
        **{
            **stored,
            "severity": Severity(stored["severity"]),
            "started_at": started_at,
            "ends_at": moment_of(stored["ends_at"]),
            "answer": answer,
        }
    )
