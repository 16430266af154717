"""Deleting what has expired: the oldest first, in transactions so short that nobody waits for them.

Whole days (UTC) expire. Single probes and samples are deleted only when the sums of their day are there; those of rows
that others wrote are made first. Sums outlive what they were made of: an old window says the same before and after.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select, tuple_

from amt_console.clock import Clock
from amt_console.model import AuditEntry
from amt_console.store.audit import EXPIRED, AuditRow
from amt_console.store.engines.dialect import Dialect
from amt_console.store.readable import first
from amt_console.store.rollups import horizon
from amt_console.store.schema import table
from amt_console.store.store import Store
from amt_console.store.upkeep import retention_rules, underived
from amt_console.store.upkeep.retention_rules import RetentionPolicy, RetentionRule
from amt_console.store.upkeep.underived import Missing
from amt_console.store.utc import micros
from amt_console.store.writes import Writes

LONGEST = 0.012
"""Seconds that a transaction should take; a longer one makes the next one smaller."""
_FIRST, _LEAST, _MOST = 200, 20, 2000


@dataclass(frozen=True, slots=True)
class Expired:
    """What may go of one kind of data."""

    what: str
    before: datetime
    """Everything older."""
    rows: int


@dataclass(frozen=True, slots=True)
class RetentionStep:
    """One short transaction."""

    what: str
    rows: int
    """Deleted; 0 when sums were made first."""
    seconds: float


def expired(store: Store, policy: RetentionPolicy, now: datetime) -> list[Expired]:
    """What would be deleted now, by kind; counts only. Raises StoreError."""
    found = []
    for rule, before in retention_rules.due(policy, now):
        with store.read() as reads:
            query = select(func.count()).select_from(rule.table).where(rule.expired(before))
            found.append(Expired(rule.what, before, int(reads._connection.execute(query).scalar() or 0)))
    return found


class Retention:
    """One run over everything that has expired by now, a step at a time. Give it up at any moment.

    Args:
        store: Open for writing.
        policy: How long things are kept.
        clock: The time.
    """

    def __init__(self, store: Store, policy: RetentionPolicy, *, clock: Clock) -> None:
        self.deleted: dict[str, int] = {}
        """Rows by kind so far."""
        self._store = store
        self._clock = clock
        self._left = deque(retention_rules.due(policy, clock.now()))
        self._limit = _FIRST
        self._missing: deque[Missing] = deque()
        self._derived: tuple[str, datetime] | None = None

    def step(self) -> RetentionStep | None:
        """Do the next short transaction; ``None`` when nothing is left. Raises StoreError, and may be called again."""
        while self._left:
            rule, before = self._left[0]
            if self._missing:
                return self._derive(rule)
            upto = self._upto(rule, before)
            if upto is not None:
                if self._missing:
                    continue
                step = self._delete(rule, upto)
                if step.rows:
                    return step
            elif rule.raw:
                self._note(rule, before)
            self._left.popleft()
            self._limit = _FIRST
        return None

    def shrink(self) -> None:
        """Take less at once: the disk is slow or full."""
        self._limit = max(_LEAST, self._limit // 4)

    def _upto(self, rule: RetentionRule, before: datetime) -> datetime | None:
        """Up to when rows may go in the next step; for raw rows the end of the oldest hour or day with all its sums."""
        if not rule.raw:
            return before
        with self._store.read() as reads:
            connection = reads._connection
            day = self._store._dialect.oldest_day(connection, rule.table)
            oldest = _oldest(connection, rule) if day is None else day
            if oldest is None or oldest >= before:
                return None
            start, end = underived.stretch_of(rule.what, oldest)
            # A table that is kept by day loses a day at once, when all its hours have their sums. So has the hour
            # behind, into which the last of those rows speak.
            last = end if day is None else day + retention_rules.DAY
            while (rule.what, start) != self._derived and start <= last:
                self._missing.extend(underived.missing(connection, rule.what, start, end))
                start, end = end, end + (end - start)
            self._derived = (rule.what, underived.stretch_of(rule.what, oldest)[0])
        return min(before, last)

    def _note(self, rule: RetentionRule, before: datetime) -> None:
        """All that has expired is gone, also where there was nothing: nothing is to be made anew from so far back, for
        the finer sums that it would be made of go next.
        """
        with self._store.read() as reads:
            kept = horizon.kept_from(reads._connection, rule.what)
        if kept is None or kept < micros(before):
            with self._store.transaction() as writes:
                horizon.note(writes._connection, writes._ingesters.upsert_meta, rule.what, before)

    def _derive(self, rule: RetentionRule) -> RetentionStep:
        with self._store.transaction() as writes:
            begin = self._clock.monotonic()
            underived.derive(writes, self._missing[0])
        self._missing.popleft()
        return RetentionStep(rule.what, 0, self._clock.monotonic() - begin)

    def _delete(self, rule: RetentionRule, upto: datetime) -> RetentionStep:
        with self._store.transaction() as writes:
            begin = self._clock.monotonic()
            rows = _delete(writes, self._store._dialect, rule, upto, self._limit)
        seconds = self._clock.monotonic() - begin
        if rows:
            self.deleted[rule.what] = self.deleted.get(rule.what, 0) + rows
        self._adapt(rows, seconds)
        return RetentionStep(rule.what, rows, seconds)

    def _adapt(self, rows: int, seconds: float) -> None:
        if seconds > LONGEST:
            self._limit = max(_LEAST, int(rows * LONGEST / seconds * 0.7))
        elif seconds < LONGEST / 2 and rows >= self._limit:
            self._limit = min(_MOST, self._limit * 3 // 2)


def _oldest(connection: Connection, rule: RetentionRule) -> datetime | None:
    row = first(connection, select(rule.time), rule.time, rule.time)
    return None if row is None else row["timestamp"]


def _delete(writes: Writes, dialect: Dialect, rule: RetentionRule, upto: datetime, limit: int) -> int:
    connection = writes._connection
    if rule.raw:
        horizon.note(connection, writes._ingesters.upsert_meta, rule.what, upto)
    if dialect.oldest_day(connection, rule.table) is not None:
        writes._ingesters.forget()
        return dialect.drop_days(connection, rule.table, upto)
    if rule.table is table(AuditRow):
        return _delete_audit(writes, dialect, rule, upto, limit)
    keys = list(rule.table.primary_key)
    doomed = select(*keys).where(rule.expired(upto)).order_by(rule.time).limit(limit)
    key = keys[0] if len(keys) == 1 else tuple_(*keys)
    return int(connection.execute(delete(rule.table).where(key.in_(doomed))).rowcount)


def _delete_audit(writes: Writes, dialect: Dialect, rule: RetentionRule, upto: datetime, limit: int) -> int:
    """From the beginning of the chain; a new row keeps what the rest is checked against."""
    connection, rows = writes._connection, table(AuditRow)
    doomed = connection.execute(
        select(rows.c.id, rows.c.hash).where(rule.expired(upto)).order_by(rows.c.id).limit(limit)
    ).all()
    if not doomed:
        return 0
    last, digest = doomed[-1]
    lift, restore = dialect.deletable(rows.name)
    for statement in lift:
        connection.exec_driver_sql(statement)
    connection.execute(delete(rows).where(rows.c.id <= last))
    for statement in restore:
        connection.exec_driver_sql(statement)
    gone = {"upto": int(last), "hash": digest, "rows": len(doomed)}
    writes.add_audit(AuditEntry("amt-console", EXPIRED, "audit", writes._clock.now(), gone))
    return len(doomed)
