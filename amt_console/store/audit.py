"""The audit: what people did, as a chain of rows of which each holds the hash of the one before.

A row that is changed, removed or moved later breaks the chain, and ``verify`` names the first row that does not fit.
Numbers have no gaps. Expired rows go from the beginning of the chain; the row that records it keeps the number and the
hash of the last one that went, so that what is left still has a beginning that can be checked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, RowMapping, delete, func, insert, select

from amt_console.model import AuditEntry
from amt_console.store.engines.dialect import Dialect
from amt_console.store.reads import Reads
from amt_console.store.schema import table
from amt_console.store.tables import AuditRow, MetaRow
from amt_console.store.values import clean_text, json_object, to_json
from amt_console.text import safe_text

GENESIS = "0" * 64
"""What stands for the hash of the row before the first one."""
EXPIRED = "audit expired"
"""The action of a row that records that older ones were deleted."""
_AUDIT, _META = table(AuditRow), table(MetaRow)
_HEAD = "audit_head"
"""The key under which ``store_meta`` keeps number and hash of the newest row."""
_HEAD_ROW = select(_META.c.number, _META.c.content).where(_META.c.key == _HEAD)
_MAX_CHARS = 255
_BATCH = 1000
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class AuditFault:
    """The first row that does not fit into the chain."""

    id: int
    reason: str


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """What a walk along the chain has found."""

    rows: int
    first: int | None
    """Number of the oldest row that is left."""
    last: int | None
    head: str
    """Hash of the newest row, to be kept elsewhere by whoever wants to notice that all of it was written anew."""
    fault: AuditFault | None = None


def append(connection: Connection, upsert_meta: Executable, entry: AuditEntry) -> AuditEntry:
    """Add a row to the chain, in a writing transaction of the store: those take turns, so the chain never forks."""
    number, before = _head(connection)
    row = {
        "id": number + 1,
        "timestamp": entry.at,
        "actor": clean_text(entry.actor, _MAX_CHARS),
        "action": clean_text(entry.action, _MAX_CHARS),
        "subject": clean_text(entry.subject, _MAX_CHARS),
        "detail": to_json(dict(entry.detail)),
        "previous": before,
    }
    digest = row_hash(row)
    connection.execute(insert(_AUDIT), [{**row, "hash": digest}])
    connection.execute(upsert_meta, [{"key": _HEAD, "number": number + 1, "content": digest}])
    return replace(entry, id=number + 1, previous=before, hash=digest)


def row_hash(row: Mapping[str, Any] | RowMapping) -> str:
    """SHA-256 over the hash of the row before and the row as canonical JSON, as hex."""
    at = row["timestamp"]
    values = {name: row[name] for name in ("id", "actor", "action", "subject", "detail")}
    values["timestamp"] = None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return hashlib.sha256(f"{row['previous']}{canonical}".encode("ascii", "backslashreplace")).hexdigest()


def audit_entries(reads: Reads, *, since: datetime | None = None, limit: int = 200) -> list[AuditEntry]:
    """The newest entries, newest first."""
    query = select(_AUDIT).order_by(_AUDIT.c.timestamp.desc(), _AUDIT.c.id.desc()).limit(limit)
    if since is not None:
        query = query.where(_AUDIT.c.timestamp >= since)
    return [
        AuditEntry(
            id=row["id"],
            at=row["timestamp"],
            actor=safe_text(row["actor"], _MAX_CHARS),
            action=safe_text(row["action"], _MAX_CHARS),
            subject=safe_text(row["subject"], _MAX_CHARS),
            detail=json_object(row["detail"]),
            previous=safe_text(row["previous"], 64),
            hash=safe_text(row["hash"], 64),
        )
        for row in reads._connection.execute(query).mappings()
    ]


def verify(reads: Reads) -> AuditVerdict:
    """Walk along the whole chain, oldest row first."""
    rows, first, last = 0, None, None
    fault: AuditFault | None = None
    expired: set[tuple[object, object]] = set()
    query = select(_AUDIT).order_by(_AUDIT.c.id).execution_options(yield_per=_BATCH)
    for row in reads._connection.execute(query).mappings():
        rows += 1
        first = first or row
        fault = fault or _fault_of(row, last)
        if row["action"] == EXPIRED:
            gone = json_object(row["detail"])
            expired.add((gone.get("upto"), gone.get("hash")))
        last = row
    number, head = _head(reads._connection)
    if first is not None and first["id"] > 1 and (first["id"] - 1, first["previous"]) not in expired:
        fault = AuditFault(first["id"], "the rows before it are missing, and no row says that they have expired")
    newest = 0 if last is None else int(last["id"])
    if fault is None and newest < number:
        fault = AuditFault(newest + 1, "it is missing")
    if fault is None and last is not None and (newest, last["hash"]) != (number, head):
        fault = AuditFault(newest, "it is not the newest row that was written")
    return AuditVerdict(
        rows=rows,
        first=None if first is None else int(first["id"]),
        last=None if last is None else int(last["id"]),
        head=GENESIS if last is None else str(last["hash"]),
        fault=fault,
    )


def expire(
    connection: Connection, dialect: Dialect, upsert_meta: Executable, *, before: datetime, now: datetime, limit: int
) -> int:
    """Delete at most so many of the oldest rows, up to the first that is not older than ``before``; how many went."""
    doomed = select(_AUDIT.c.id, _AUDIT.c.hash).where(expired_before(before)).order_by(_AUDIT.c.id).limit(limit)
    rows = connection.execute(doomed).all()
    if not rows:
        return 0
    upto, digest = rows[-1]
    lift, restore = dialect.deletable(_AUDIT.name)
    for statement in lift:
        connection.exec_driver_sql(statement)
    connection.execute(delete(_AUDIT).where(_AUDIT.c.id <= upto))
    for statement in restore:
        connection.exec_driver_sql(statement)
    note = {"upto": int(upto), "hash": digest, "rows": len(rows)}
    append(connection, upsert_meta, AuditEntry("amt-console", EXPIRED, "audit", now, note))
    return len(rows)


def expired_before(before: datetime) -> ColumnElement[bool]:
    """The rows at the beginning of the chain that are older than a moment, up to the first that is not."""
    kept = select(_AUDIT.c.id).where(_AUDIT.c.timestamp >= before).order_by(_AUDIT.c.id).limit(1).scalar_subquery()
    return _AUDIT.c.id < func.coalesce(kept, _LARGEST)


def _fault_of(row: RowMapping, before: RowMapping | None) -> AuditFault | None:
    number = int(row["id"])
    if before is None:
        if number == 1 and row["previous"] != GENESIS:
            return AuditFault(number, "it does not begin the chain")
    elif number != before["id"] + 1:
        return AuditFault(int(before["id"]) + 1, "it is missing")
    elif row["previous"] != before["hash"]:
        return AuditFault(number, "it does not follow from the row before it")
    if row["hash"] != row_hash(row):
        return AuditFault(number, "it was changed")
    return None


def _head(connection: Connection) -> tuple[int, str]:
    found = connection.execute(_HEAD_ROW).first()
    return (0, GENESIS) if found is None else (int(found.number), str(found.content))
