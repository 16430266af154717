"""Moving everything from one database to another, e.g. from a file to a server.

Tables are copied in the order of their keys, in batches, each in a transaction that also notes how far it is: so an
interrupted copy goes on where it was. At the end every row of both is read, counted and summed up.
"""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psutil
from sqlalchemy import Connection, Row, Table, delete, func, select, tuple_

from amt_console.clock import Clock
from amt_console.store.cluster.lease import Lease
from amt_console.store.cluster.leases import lease_holder, take_lease
from amt_console.store.cluster.tables import LeaseRow, MemberRow, PresenceRow, ProbeSlotRow
from amt_console.store.engines.opening import dialect_of
from amt_console.store.errors import CopyDiffers, CopyRefused, MonitorRuns, SchemaTooOld, StoreUnavailable
from amt_console.store.foreign_times import NOTE
from amt_console.store.inbound.tables import RelayedRow
from amt_console.store.schema import table
from amt_console.store.store import Store
from amt_console.store.tables import AlertRow, MetaRow, MonitoringLog, SignOfLifeRow
from amt_console.store.upkeep.catalogue import all_tables
from amt_console.store.upkeep.copy_rows import Checksum, Cleaner

BATCH = 20_000
_META = table(MetaRow)
_OF_THE_DATABASE = (
    table(LeaseRow).name,
    *(table(each).name for each in (MemberRow, ProbeSlotRow, RelayedRow, PresenceRow)),
)
"""They say who works on this database, not what it holds."""
_MARK, _PROGRESS, _COMMITS = "copy of", "copied ", "commits"
_DAY_SECONDS = 86_400
_LEASE_TRIES, _LEASE_PAUSE = 16, 0.5
"""Together longer than a lease on a server lasts."""
CopyProgress = Callable[[str, int, int], None]
"""Takes the table, the rows done and the rows in all."""


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """What both databases hold of one table; ``checksum`` is over all values and does not depend on the order."""

    name: str
    rows: int
    checksum: str
    left_out: int = 0
    """Rows of the source without a readable time, as other programs may have written them."""


def copy_store(
    source_url: str,
    target_url: str,
    *,
    clock: Clock,
    progress: CopyProgress = lambda _what, _done, _all: None,
    batch: int = BATCH,
) -> tuple[CopiedTable, ...]:
    """Copy all tables; may be interrupted at any moment and called again. The source is only read.

    Args:
        source_url: Nobody may be monitoring it.
        target_url: Empty, or with what an interrupted copy of the same source has left. It gets the tables.
        clock: The time.
        progress: Told of each batch, first for the copying (``copying TABLE``), then for the check.
        batch: Rows of one transaction.

    Returns:
        The tables, all found equal.

    Raises:
        CopyRefused: The target holds other data, the source has changed since an interrupted copy, or they are the
            same; nothing was changed. ``MonitorRuns`` if a monitor runs on one of them.
        CopyDiffers: They are not equal at the end.
        StoreError: One of the databases failed.
    """
    with Store.open(source_url, clock=clock, read_only=True, patient=True) as source:
        _refuse_a_running_monitor(source, source_url)
        _refuse_an_older_target(target_url, clock)
        with _lease(target_url, clock) as lease, Store.open(target_url, clock=clock, patient=True) as target:
            if target.url == source.url:
                raise CopyRefused("Source and target are the same database.")
            lease.guard(target)
            with source.read() as reads:
                return _Copy(reads._connection, source.place, target, progress, batch).run()


class _Copy:
    def __init__(self, source: Connection, place: str, target: Store, progress: CopyProgress, batch: int) -> None:
        self._source = source
        self._place = place
        self._target = target
        self._progress = progress
        self._batch = batch
        self._tables = [each for each in all_tables() if each.name not in _OF_THE_DATABASE]
        self._totals = {each.name: _count(source, each) for each in self._tables}
        self._gone = _without_time(source)
        self._rows = sum(self._totals.values())
        self._done = 0

    def run(self) -> tuple[CopiedTable, ...]:
        self._mark()
        sums = {}
        for each in self._tables:
            sums[each.name] = self._copy(each)
        self._finish()
        self._done = 0
        found = tuple(self._compare(each, sums[each.name]) for each in self._tables)
        with self._target.transaction(durable=True) as writes:
            writes._connection.execute(delete(_META).where(_ours()))
        return found

    def _mark(self) -> None:
        """Note in the target what it is going to be a copy of."""
        fingerprint = _fingerprint(self._source, self._place, self._totals)
        with self._target.transaction(durable=True) as writes:
            connection = writes._connection
            mark = connection.execute(select(_META.c.content).where(_META.c.key == _MARK)).scalar()
            if mark is None:
                full = [each.name for each in self._tables if _has_rows(connection, each)]
                if full:
                    raise CopyRefused(
                        f"The target {self._target.place} holds other data ({', '.join(full)}). Name an empty database."
                    )
                _note(connection, _MARK, 0, fingerprint)
            elif mark != fingerprint:
                raise CopyRefused(
                    f"The target {self._target.place} holds the beginning of a copy of another database, or the source "
                    "has changed since. Empty the target, then copy again."
                )

    def _copy(self, each: Table) -> Checksum | None:
        """Copy the rest of a table; returns its sum if all of it was copied now."""
        rows, key = self._progress_of(each)
        cleaner = Cleaner(each, self._gone)
        total = Checksum() if not rows else None
        self._done += rows
        while True:
            found = _batch(self._source, each, key, self._batch)
            if not found:
                return total
            clean = cleaner.clean(found)
            key = tuple(found[-1]._mapping[column.name] for column in each.primary_key)
            rows += len(found)
            with self._target.transaction() as writes:
                connection = writes._connection
                if each.name == MonitoringLog.__tablename__:
                    times = [row._mapping["timestamp"] for row in found]
                    days = {int(time.timestamp()) // _DAY_SECONDS for time in times if time is not None}
                    self._target._dialect.make_room(connection, each, days)
                if clean:
                    self._target._dialect.load(connection, each, clean)
                _note(connection, _PROGRESS + each.name, rows, json.dumps(key))
            if total is not None:
                total = total.plus(clean)
            self._done += len(found)
            self._progress(f"copying {each.name}", self._done, self._rows)

    def _progress_of(self, each: Table) -> tuple[int, tuple[Any, ...] | None]:
        with self._target.read() as reads:
            query = select(_META.c.number, _META.c.content).where(_META.c.key == _PROGRESS + each.name)
            row = reads._connection.execute(query).first()
        return (0, None) if row is None else (row.number, tuple(json.loads(row.content)))

    def _finish(self) -> None:
        with self._target.transaction(durable=True) as writes:
            self._target._dialect.finish_load(writes._connection, self._tables)

    def _compare(self, each: Table, copied: Checksum | None) -> CopiedTable:
        there = copied if copied is not None else self._sum(self._source, each)
        with self._target.read() as reads:
            here = self._sum(reads._connection, each)
        if here != there:
            raise CopyDiffers(
                f"The copy of {each.name} differs from the source: {here.rows} rows with checksum {here.digest:016x} "
                f"instead of {there.rows} with {there.digest:016x}. Empty the target, then copy again."
            )
        rows = self._totals[each.name]
        self._done += rows
        self._progress(f"checking {each.name}", self._done, self._rows)
        return CopiedTable(each.name, there.rows, f"{there.digest:016x}", rows - there.rows)

    def _sum(self, connection: Connection, each: Table) -> Checksum:
        total, cleaner = Checksum(), Cleaner(each, self._gone)
        for found in _all(connection, each, self._batch):
            total = total.plus(cleaner.clean(found))
        return total


def _lease(target_url: str, clock: Clock) -> Lease:
    """That of the target. What a killed copy of this host has left on a server is waited for: it expires by itself."""
    for _ in range(_LEASE_TRIES):
        lease = take_lease(target_url, clock=clock)
        if lease is not None:
            return lease
        holder = lease_holder(target_url)
        if holder is not None and (holder.host != socket.gethostname() or psutil.pid_exists(holder.pid)):
            raise MonitorRuns(
                f"pid {holder.pid} on {holder.host} works on the target: a monitor, another copy, or it is the source "
                "itself. Stop it, then copy again."
            )
        threading.Event().wait(_LEASE_PAUSE)
    raise MonitorRuns("Another process has worked on the target until a moment ago. Copy again in some seconds.")


def _refuse_an_older_target(url: str, clock: Clock) -> None:
    """Before opening it for writing would upgrade it."""
    try:
        Store.open(url, clock=clock, read_only=True).close()
    except SchemaTooOld as error:
        raise CopyRefused(
            f"The target {dialect_of(url).place} holds a database of an older version. Name an empty one."
        ) from error
    except StoreUnavailable:
        # It does not exist or is empty, as it should be; whatever else is wrong is said by opening it for writing.
        return


def _refuse_a_running_monitor(source: Store, url: str) -> None:
    holder = lease_holder(url)
    if holder is not None:
        raise MonitorRuns(
            f"pid {holder.pid} on {holder.host} is the monitor of the source {source.place}, and writes into it. "
            "Stop it, then copy."
        )


def _select(each: Table) -> Any:
    query = select(each)
    if each.name == _META.name:
        query = query.where(~_ours(), _META.c.key != _COMMITS, ~_META.c.key.startswith(NOTE))
    return query


def _ours() -> Any:
    return (_META.c.key == _MARK) | _META.c.key.startswith(_PROGRESS)


def _count(connection: Connection, each: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(_select(each).subquery())).scalar_one())


def _without_time(connection: Connection) -> frozenset[int]:
    """The alerts whose time cannot be read."""
    alerts = table(AlertRow)
    rows = connection.execute(select(alerts.c.id, alerts.c.timestamp))
    return frozenset(number for number, time in rows if time is None)


def _has_rows(connection: Connection, each: Table) -> bool:
    return connection.execute(_select(each).limit(1)).first() is not None


def _batch(
    connection: Connection, each: Table, after: tuple[Any, ...] | None, limit: int
) -> Sequence[Row[tuple[Any, ...]]]:
    key = list(each.primary_key)
    query = _select(each).order_by(*key).limit(limit)
    if after is not None:
        query = query.where(key[0] > after[0] if len(key) == 1 else tuple_(*key) > after)
    return connection.execute(query).fetchall()


def _all(connection: Connection, each: Table, size: int) -> Iterator[Sequence[Row[tuple[Any, ...]]]]:
    result = connection.execution_options(yield_per=size).execute(_select(each))
    yield from result.partitions()


def _note(connection: Connection, key: str, number: int, content: str) -> None:
    connection.execute(delete(_META).where(_META.c.key == key))
    connection.execute(_META.insert(), [{"key": key, "number": number, "content": content}])


def _fingerprint(connection: Connection, place: str, totals: dict[str, int]) -> str:
    """What tells one state of a database from another without reading all of it."""
    logs, alerts, monitor = table(MonitoringLog), table(AlertRow), table(SignOfLifeRow)
    facts = [
        place,
        totals,
        connection.execute(select(func.max(logs.c.id))).scalar(),
        connection.execute(select(func.sum(alerts.c.version))).scalar(),
        connection.execute(select(func.max(monitor.c.last_cycle_at))).scalar(),
    ]
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()
