"""Moving everything from one database to another, e.g. from a file to a server.

Tables are copied in the order of their keys, in batches, each in a transaction that also notes how far it is: so an
interrupted copy goes on where it was. At the end every row of both is read, counted and summed up.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Integer, Row, Table, Text, delete, func, select, tuple_

from amt_console.clock import Clock
from amt_console.store.errors import CopyRefused, StoreError
from amt_console.store.lease import Lease
from amt_console.store.schema import StoreTable, table
from amt_console.store.sharing_tables import ProbeSlotRow, RelayedRow, SharerRow
from amt_console.store.store import Store
from amt_console.store.tables import AlertRow, HeartbeatRow, LeaseRow, MetaRow, MonitoringLog

BATCH = 20_000
_META = table(MetaRow)
_OF_THE_DATABASE = (table(LeaseRow).name, *(table(each).name for each in (SharerRow, ProbeSlotRow, RelayedRow)))
"""They say who works on this database, not what it holds."""
_FOREIGN = ("monitoring_logs", "alerts", "system_metrics")
"""Others may write these too, with values that only SQLite takes."""
_MARK, _PROGRESS, _COMMITS = "copy of", "copied ", "commits"
_LARGEST_INTEGER = 2**31 - 1
_DAY_SECONDS = 86_400
CopyProgress = Callable[[str, int, int], None]
"""Takes the table, the rows done and the rows in all."""


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """What both databases hold of one table; ``checksum`` is over all values and does not depend on the order."""

    name: str
    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class _Sum:
    rows: int = 0
    digest: int = 0

    def plus(self, rows: Sequence[tuple[Any, ...]]) -> _Sum:
        digest = self.digest
        for row in rows:
            digest += int.from_bytes(hashlib.blake2b(repr(row).encode("utf-8", "replace"), digest_size=8).digest())
        return _Sum(self.rows + len(rows), digest % 2**64)


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
        CopyRefused: A monitor runs on one of them, the target holds other data, the source has changed since an
            interrupted copy, or they are the same; nothing was changed.
        StoreError: One of the databases failed, or they differ at the end.
    """
    with Store.open(source_url, clock=clock, read_only=True) as source:
        _refuse_a_running_monitor(source, source_url)
        lease = Lease.acquire(target_url, clock=clock)
        if lease is None:
            raise CopyRefused(
                "A monitor runs on the target, or it is the source itself. Stop the monitor, then copy again."
            )
        with lease, Store.open(target_url, clock=clock) as target:
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
        self._tables = [each for each in StoreTable.metadata.sorted_tables if each.name not in _OF_THE_DATABASE]
        self._totals = {each.name: _count(source, each) for each in self._tables}
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

    def _copy(self, each: Table) -> _Sum | None:
        """Copy the rest of a table; returns its sum if all of it was copied now."""
        rows, key = self._progress_of(each)
        cleaner = _Cleaner(each)
        total = _Sum() if not rows else None
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
                    days = {int(row._mapping["timestamp"].timestamp()) // _DAY_SECONDS for row in found}
                    self._target._dialect.make_room(connection, each, days)
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

    def _compare(self, each: Table, copied: _Sum | None) -> CopiedTable:
        there = copied if copied is not None else self._sum(self._source, each)
        with self._target.read() as reads:
            here = self._sum(reads._connection, each)
        if here != there:
            raise StoreError(
                f"The copy of {each.name} differs from the source: {here.rows} rows with checksum {here.digest:016x} "
                f"instead of {there.rows} with {there.digest:016x}. Empty the target, then copy again."
            )
        self._done += there.rows
        self._progress(f"checking {each.name}", self._done, self._rows)
        return CopiedTable(each.name, there.rows, f"{there.digest:016x}")

    def _sum(self, connection: Connection, each: Table) -> _Sum:
        total, cleaner = _Sum(), _Cleaner(each)
        for found in _all(connection, each, self._batch):
            total = total.plus(cleaner.clean(found))
        return total


def _refuse_a_running_monitor(source: Store, url: str) -> None:
    holder = Lease.holder(url)
    if holder is not None:
        raise CopyRefused(
            f"pid {holder.pid} on {holder.host} is the monitor of the source {source.place}, and writes into it. "
            "Stop it, then copy."
        )


def _select(each: Table) -> Any:
    query = select(each)
    if each.name == _META.name:
        query = query.where(~_ours(), _META.c.key != _COMMITS)
    return query


def _ours() -> Any:
    return (_META.c.key == _MARK) | _META.c.key.startswith(_PROGRESS)


def _count(connection: Connection, each: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(_select(each).subquery())).scalar_one())


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


class _Cleaner:
    """Gives the values as both databases can hold them: no fractions in whole numbers, no NUL in texts."""

    def __init__(self, each: Table) -> None:
        columns = list(enumerate(each.columns)) if each.name in _FOREIGN else []
        self._whole = [index for index, column in columns if isinstance(column.type, Integer)]
        self._small = {index for index, column in columns if type(column.type) is Integer}
        self._texts = [index for index, column in columns if isinstance(column.type, Text)]

    def clean(self, rows: Sequence[Row[tuple[Any, ...]]]) -> list[tuple[Any, ...]]:
        if not self._whole:
            return [tuple(row) for row in rows]
        return [self._cleaned(row) for row in rows]

    def _cleaned(self, row: Row[tuple[Any, ...]]) -> tuple[Any, ...]:
        values: list[Any] = list(row)
        for index in self._whole:
            value = values[index]
            if type(value) is float or (value is not None and index in self._small and abs(value) > _LARGEST_INTEGER):
                values[index] = self._number(index, value)
        for index in self._texts:
            value = values[index]
            if value is not None and "\0" in value:
                values[index] = value.replace("\0", "\u2400")
        return tuple(values)

    def _number(self, index: int, value: float) -> int | None:
        whole = round(value)
        return None if index in self._small and abs(whole) > _LARGEST_INTEGER else whole


def _note(connection: Connection, key: str, number: int, content: str) -> None:
    connection.execute(delete(_META).where(_META.c.key == key))
    connection.execute(_META.insert(), [{"key": key, "number": number, "content": content}])


def _fingerprint(connection: Connection, place: str, totals: dict[str, int]) -> str:
    """What tells one state of a database from another without reading all of it."""
    logs, alerts, monitor = table(MonitoringLog), table(AlertRow), table(HeartbeatRow)
    facts = [
        place,
        totals,
        connection.execute(select(func.max(logs.c.id))).scalar(),
        connection.execute(select(func.sum(alerts.c.version))).scalar(),
        connection.execute(select(func.max(monitor.c.last_cycle_at))).scalar(),
    ]
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()
