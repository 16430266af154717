"""The audit trail: people's actions as a hash chain.

A row that is changed, removed or moved breaks the chain; ``verify`` names the first bad row.
Numbers have no gaps. Expired rows go from the beginning of the chain; the row that records it keeps the number and the
hash of the last one that went, so that what is left still has a beginning that can be checked.

The hashes are plain SHA-256: anybody can check any copy, and a lost key never makes the trail unreadable. But anybody
can compute them. With a data key, each row also has a seal, a keyed hash over its ``hash``: without the key
nobody can rewrite the chain from a row on, or cut rows off its end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Executable, Index, RowMapping, Text, func, insert, select
from sqlmodel import Field

from amt_console.model import AuditEntry
from amt_console.redaction import without_remembered
from amt_console.store.encryption.keyring import Keyring
from amt_console.store.reads import Reads
from amt_console.store.schema import BIG, GIVEN, StoreTable, table
from amt_console.store.tables import MetaRow
from amt_console.store.utc import UtcDateTime
from amt_console.store.values import clean_text, json_object, to_json
from amt_console.text import safe_text


class AuditRow(StoreTable, table=True):
    """A person's action: a row of the hash chain (``audit``). Never changed; deleted only when expired."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_timestamp", "timestamp"),)
    id: int = Field(primary_key=True, sa_type=BIG, sa_column_kwargs=GIVEN)
    """Counts from 1, without gaps."""
    timestamp: datetime = Field(sa_type=UtcDateTime)
    actor: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    detail: str = Field(sa_type=Text)
    previous: str = Field(sa_type=Text)
    """``hash`` of the row before."""
    hash: str = Field(sa_type=Text)
    seal: str | None = Field(default=None, sa_type=Text)
    """Over ``hash``, made with a key that is not in the database."""


GENESIS = "0" * 64
"""The previous hash of the first row."""
EXPIRED = "audit expired"
"""The action of a row that records that older ones were deleted."""
_AUDIT, _META = table(AuditRow), table(MetaRow)
_HEAD = "audit_head"
"""The key under which ``store_meta`` keeps number and hash of the newest row."""
_HEAD_ROW = select(_META.c.number, _META.c.content).where(_META.c.key == _HEAD)
_MAX_CHARS = 255
_BATCH = 1000
_SEAL, _HEAD_SEAL = "audit seal", "audit head"
"""The purpose of the derived keys of seals."""
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class AuditFault:
    """The first bad row of the chain."""

    id: int
    reason: str


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """The result of a verification."""

    rows: int
    first: int | None
    """Number of the oldest remaining row."""
    last: int | None
    head: str
    """Hash of the newest row. A copy kept elsewhere reveals a chain that was rewritten completely."""
    sealed: int = 0
    """Rows with a seal that was made with a known key."""
    unknown_keys: tuple[str, ...] = ()
    """Ids of the keys of other seals, which cannot be checked here."""
    fault: AuditFault | None = None


def append(connection: Connection, upsert_meta: Executable, entry: AuditEntry, keys: Keyring) -> AuditEntry:
    """Append a row in a writing transaction of the store. Writing transactions take turns, so the chain never forks."""
    number, before, _ = _head(connection)
    row = {
        "id": number + 1,
        "timestamp": entry.at,
        "actor": clean_text(entry.actor, _MAX_CHARS),
        "action": clean_text(entry.action, _MAX_CHARS),
        "subject": without_remembered(clean_text(entry.subject, _MAX_CHARS)),
        "detail": without_remembered(to_json(dict(entry.detail))),
        "previous": before,
    }
    digest = row_hash(row)
    connection.execute(insert(_AUDIT), [{**row, "hash": digest, "seal": keys.mark(_SEAL, digest)}])
    seal = keys.mark(_HEAD_SEAL, _head_text(number + 1, digest))
    content = digest if seal is None else f"{digest} {seal}"
    connection.execute(upsert_meta, [{"key": _HEAD, "number": number + 1, "content": content}])
    return replace(entry, id=number + 1, previous=before, hash=digest)


def row_hash(row: Mapping[str, Any] | RowMapping) -> str:
    """SHA-256 over the hash of the row before and the row as canonical JSON, as hex."""
    at = row["timestamp"]
    values = {name: row[name] for name in ("id", "actor", "action", "subject", "detail")}
    values["timestamp"] = None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")
    canonical = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
    return hashlib.sha256(f"{row['previous']}{canonical}".encode("ascii", "backslashreplace")).hexdigest()


def audit_entries(
    reads: Reads,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    actions: Collection[str] | None = None,
    subject: str | None = None,
    actors: Collection[str] | None = None,
    before: int | None = None,
    limit: int = 200,
) -> list[AuditEntry]:
    """The newest entries, newest first.

    Only those of some ``actions``, ``actors`` or one ``subject``, in ``[since, until]``, ``before`` a number.
    """
    query = select(_AUDIT).order_by(_AUDIT.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(_AUDIT.c.id < before)
    if since is not None:
        query = query.where(_AUDIT.c.timestamp >= since)
    if until is not None:
        query = query.where(_AUDIT.c.timestamp <= until)
    if actions is not None:
        query = query.where(_AUDIT.c.action.in_(sorted(actions)))
    if subject is not None:
        query = query.where(_AUDIT.c.subject == subject)
    if actors is not None:
        query = query.where(_AUDIT.c.actor.in_(sorted(actors)))
    return [_entry(row) for row in reads._connection.execute(query).mappings()]


def all_entries(reads: Reads, *, since: datetime | None = None) -> Iterator[AuditEntry]:
    """Every entry since a moment, oldest first; read in parts."""
    query = select(_AUDIT).order_by(_AUDIT.c.id).execution_options(yield_per=_BATCH)
    if since is not None:
        query = query.where(_AUDIT.c.timestamp >= since)
    for row in reads._connection.execute(query).mappings():
        yield _entry(row)


def _entry(row: RowMapping) -> AuditEntry:
    return AuditEntry(
        id=row["id"],
        at=row["timestamp"],
        actor=safe_text(row["actor"], _MAX_CHARS),
        action=safe_text(row["action"], _MAX_CHARS),
        subject=safe_text(row["subject"], _MAX_CHARS),
        detail=json_object(row["detail"]),
        previous=safe_text(row["previous"], 64),
        hash=safe_text(row["hash"], 64),
    )


def verify(reads: Reads) -> AuditVerdict:
    """Verify the whole chain, oldest row first."""
    walk = _Walk(reads._keys)
    query = select(_AUDIT).order_by(_AUDIT.c.id).execution_options(yield_per=_BATCH)
    for row in reads._connection.execute(query).mappings():
        walk.add(row)
    return walk.verdict(*_head(reads._connection))


def expired_before(before: datetime) -> ColumnElement[bool]:
    """The rows at the beginning of the chain that are older than a moment, up to the first that is not."""
    kept = select(_AUDIT.c.id).where(_AUDIT.c.timestamp >= before).order_by(_AUDIT.c.id).limit(1).scalar_subquery()
    return _AUDIT.c.id < func.coalesce(kept, _LARGEST)


class _Walk:
    def __init__(self, keys: Keyring) -> None:
        self._keys = keys
        self._rows = 0
        self._sealed = 0
        self._unknown: set[str] = set()
        self._first: RowMapping | None = None
        self._last: RowMapping | None = None
        self._bare: int | None = None
        """The first of the rows without a seal behind the newest one that has a good one."""
        self._expired: set[tuple[object, object]] = set()
        """Number and hash of the rows up to which rows were deleted, as rows of the chain say."""
        self._fault: AuditFault | None = None

    def add(self, row: RowMapping) -> None:
        """The next row."""
        fault = _place_fault(row, self._last) or self._seal_fault(row)
        self._fault = self._fault or fault
        self._rows += 1
        self._first = self._first or row
        self._last = row
        if row["action"] == EXPIRED:
            gone = json_object(row["detail"])
            self._expired.add((gone.get("upto"), gone.get("hash")))

    def _seal_fault(self, row: RowMapping) -> AuditFault | None:
        number, seal = int(row["id"]), row["seal"]
        if seal is None:
            if self._sealed and self._bare is None:
                self._bare = number
            return None
        good = self._keys.is_marked(_SEAL, str(row["hash"]), seal)
        if good is None:
            self._unknown.add(safe_text(seal.split(":")[1] if seal.count(":") == 2 else seal, 16))
        elif good:
            self._sealed += 1
            self._bare = None
        return AuditFault(number, "its seal is not genuine") if good is False else None

    def verdict(self, number: int, head: str, seal: str | None) -> AuditVerdict:
        """After the last row; number, hash and seal are those of the newest row that was written."""
        first, last = self._first, self._last
        return AuditVerdict(
            rows=self._rows,
            first=None if first is None else int(first["id"]),
            last=None if last is None else int(last["id"]),
            head=GENESIS if last is None else str(last["hash"]),
            sealed=self._sealed,
            unknown_keys=tuple(sorted(self._unknown)),
            fault=self._beginning_fault() or self._fault or self._end_fault(number, head, seal),
        )

    def _beginning_fault(self) -> AuditFault | None:
        first = self._first
        if first is None or first["id"] <= 1 or (first["id"] - 1, first["previous"]) in self._expired:
            return None
        return AuditFault(int(first["id"]), "the rows before it are missing, and no row says that they have expired")

    def _end_fault(self, number: int, head: str, seal: str | None) -> AuditFault | None:
        last = 0 if self._last is None else int(self._last["id"])
        if last < number:
            return AuditFault(last + 1, "it is missing")
        if self._last is not None and (last, self._last["hash"]) != (number, head):
            return AuditFault(last, "it is not the newest row that was written")
        if self._bare is not None:
            return AuditFault(self._bare, "it has no seal, and rows before it have one")
        genuine = None if seal is None else self._keys.is_marked(_HEAD_SEAL, _head_text(number, head), seal)
        if genuine is False or (seal is None and self._sealed):
            return AuditFault(last, "what says that it is the newest row is not genuine")
        return None


def _place_fault(row: RowMapping, before: RowMapping | None) -> AuditFault | None:
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


def _head(connection: Connection) -> tuple[int, str, str | None]:
    """Number and hash of the newest row that was written, and the seal over both."""
    found = connection.execute(_HEAD_ROW).first()
    if found is None:
        return 0, GENESIS, None
    digest, _, seal = str(found.content).partition(" ")
    return int(found.number), digest, seal or None


def _head_text(number: int, digest: str) -> str:
    return f"{number} {digest}"
