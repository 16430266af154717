"""Recomputes derived data from raw rows: rollups, state changes and the newest state of a service.

Minutes and five minutes come from raw rows, hours and days from the rollups below them: the same additions as for
results in order, so the outcome is the same to the microsecond.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Executable, delete, insert, select

from amt_console.model import RESOLUTIONS, Rollup
from amt_console.store.readable import first, readable, sortable
from amt_console.store.rollups import horizon
from amt_console.store.rollups.buckets import LENGTHS, OpenBuckets, Sample, floor, fold, minutes_of
from amt_console.store.rollups.rows import rollup_of_row, rollup_values
from amt_console.store.rollups.samples import sample_of_row
from amt_console.store.rollups.tables import ServiceRollupRow, ServiceStateRow, StateChangeLog
from amt_console.store.schema import table
from amt_console.store.tables import MonitoringLog
from amt_console.store.utc import SECOND, micros, moment
from amt_console.store.values import Row

_LOGS = table(MonitoringLog)
_STATE = table(ServiceStateRow)
_CHANGES = table(StateChangeLog)
_ROLLUPS = table(ServiceRollupRow)
_MINUTE, _FIVE, _HOUR, _DAY = LENGTHS


def services(connection: Connection) -> list[str]:
    """All services that ever had a result."""
    return list(connection.execute(select(_STATE.c.service_name).order_by(_STATE.c.service_name)).scalars())


def whole_from(connection: Connection, name: str) -> int | None:
    """The first hour of a service that its raw rows tell wholly, in microseconds; ``None`` if none were deleted."""
    interval = connection.execute(select(_STATE.c.interval_us).where(_STATE.c.service_name == name)).scalar()
    whole = horizon.first_whole(connection, _LOGS.name, int(interval or 0), _HOUR)
    if whole is None or not _summed_before(connection, name, whole):
        return whole
    # A result that was deleted may have spoken for longer than those of today do: until the first that is left.
    time = _LOGS.c.timestamp
    oldest = first(connection, select(time).where(_LOGS.c.service_name == name), time, time)
    return whole if oldest is None else max(whole, -(-micros(oldest["timestamp"]) // _HOUR) * _HOUR)


def _summed_before(connection: Connection, name: str, at: int) -> bool:
    """Whether a service has sums of days that began before a moment."""
    query = select(_ROLLUPS.c.start).where(
        _ROLLUPS.c.resolution == RESOLUTIONS[-1], _ROLLUPS.c.start < at // SECOND, _ROLLUPS.c.service_name == name
    )
    return connection.execute(query.limit(1)).first() is not None


def whole_days(connection: Connection, name: str, low: int, high: int) -> Iterator[tuple[int, int]]:
    """The days in ``[low, high)`` that the raw rows of a service tell wholly, or what they tell of one; microseconds.

    Up to the newest row where rows were deleted: behind it is nothing but what they may have begun.
    """
    whole = whole_from(connection, name)
    if whole is not None:
        rows = extent(connection, name)
        low, high = max(low, whole), low if rows is None else min(high, micros(rows[1]))
    while low < high:
        end = floor(low, _DAY) + _DAY
        yield low, end
        low = end


def services_without_state(connection: Connection) -> list[str]:
    """Services that have raw rows and nothing else."""
    query = select(_LOGS.c.service_name).distinct().where(_LOGS.c.service_name.not_in(select(_STATE.c.service_name)))
    return sorted(connection.execute(query.where(sortable(_LOGS.c.timestamp))).scalars())


def extent(connection: Connection, service: str | None = None) -> tuple[datetime, datetime] | None:
    """From the oldest raw row, of all or of one service, to just behind the newest one; ``None`` if there is none."""
    time = _LOGS.c.timestamp
    query = select(time) if service is None else select(time).where(_LOGS.c.service_name == service)
    oldest, newest = (first(connection, query, time, order) for order in (time, time.desc()))
    if oldest is None or newest is None:
        return None
    return oldest["timestamp"], newest["timestamp"] + timedelta(microseconds=1)


def newest_row(connection: Connection, service: str, before: datetime | None = None) -> Row | None:
    """The newest raw row of a service, or the newest one before a moment."""
    query = select(_LOGS).where(_LOGS.c.service_name == service)
    time = _LOGS.c.timestamp
    high = None if before is None else time < before
    return first(connection, query, time, time.desc(), _LOGS.c.id.desc(), high=high)


def rows_around(connection: Connection, service: str, start: int, end: int) -> list[Row]:
    """The raw rows of a service that matter to ``[start, end)``: those inside and one on either side, oldest first."""
    before = newest_row(connection, service, moment(start))
    mine, time = select(_LOGS).where(_LOGS.c.service_name == service), _LOGS.c.timestamp
    within = mine.where(time >= moment(start), time < moment(end)).order_by(time, _LOGS.c.id)
    inside = readable(connection.execute(within).mappings())
    after = first(connection, mine, time, time, _LOGS.c.id, low=time >= moment(end))
    return [row for row in (before, *inside, after) if row is not None]


def service(
    connection: Connection,
    name: str,
    start: int,
    end: int,
    upsert_rollups: str,
    upsert_state: Executable,
    *,
    until: int | None = None,
) -> None:
    """Recompute everything of a service that its results in ``[start, end)`` (microseconds) have a part in.

    Its state is that of its newest result, or with ``until`` of the newest one up to then, if there is one.
    """
    newest = None if until is None else newest_row(connection, name, moment(until + 1))
    newest = newest or newest_row(connection, name)
    if newest is None:
        if horizon.kept_from(connection, _LOGS.name) is None:
            connection.execute(delete(_STATE).where(_STATE.c.service_name == name))
        # Else its rows have expired: its state and the sums that it holds are all that is left.
        return
    newest_sample = sample_of_row(newest)
    around = rows_around(connection, name, start, end)
    _rewrite_changes(connection, name, around, start, end)
    low = floor(start, _FIVE)
    high = floor(_touched_until(around, end) - 1, _FIVE) + _FIVE
    open_minute = _rewrite_fine(connection, name, low, high, newest_sample.at, upsert_rollups)
    for child, length in ((_FIVE, _HOUR), (_HOUR, _DAY)):
        _rewrite_folded(connection, name, floor(low, length), high, child, length, newest_sample.at, upsert_rollups)
    _rewrite_state(connection, name, newest, newest_sample.at, open_minute, upsert_state)


def _touched_until(rows: Sequence[Row], end: int) -> int:
    """Where the time ends that the results before ``end`` speak for, given the first result after them."""
    samples = [sample_of_row(row) for row in rows]
    following = min((sample.at for sample in samples if sample.at >= end), default=end)
    spoken = max((sample.speaks_until for sample in samples if sample.at < end), default=end)
    return max(end, min(following, spoken))


def _rewrite_fine(connection: Connection, name: str, low: int, high: int, newest: int, upsert: str) -> Rollup | None:
    """Minutes and five minutes of ``[low, high)``; returns the minute of the newest sample if it is among them."""
    samples = [sample_of_row(row) for row in rows_around(connection, name, low, high)]
    minutes = minutes_of(samples, low, high)
    open_minute = minutes.pop(floor(newest, _MINUTE), None)
    by_five: dict[int, list[Rollup]] = {}
    for minute in minutes.values():
        by_five.setdefault(floor(minute.start_us, _FIVE), []).append(minute)
    by_five.pop(floor(newest, _FIVE), None)
    fives = [fold(start, _FIVE, parts) for start, parts in by_five.items()]
    _replace(connection, name, _MINUTE, low, high, list(minutes.values()), upsert)
    _replace(connection, name, _FIVE, low, high, fives, upsert)
    return open_minute


def _rewrite_folded(
    connection: Connection, name: str, low: int, high: int, child: int, length: int, newest: int, upsert: str
) -> None:
    parts: dict[int, list[Rollup]] = {}
    for bucket in stored(connection, name, child, low, floor(high - 1, length) + length):
        parts.setdefault(floor(bucket.start_us, length), []).append(bucket)
    parts.pop(floor(newest, length), None)
    whole = [fold(start, length, buckets) for start, buckets in parts.items()]
    _replace(connection, name, length, low, high, whole, upsert)


def stored(connection: Connection, name: str, length: int, low: int, high: int) -> Iterator[Rollup]:
    """The stored buckets of a service with a start in ``[low, high)``, all in microseconds."""
    starts = list(range(floor(low + length - 1, length) // SECOND, -(-high // SECOND), length // SECOND))
    for begin in range(0, len(starts), 5000):
        rows = connection.execute(
            select(_ROLLUPS)
            .where(
                _ROLLUPS.c.resolution == length // SECOND,
                _ROLLUPS.c.start.in_(starts[begin : begin + 5000]),
                _ROLLUPS.c.service_name == name,
            )
            .order_by(_ROLLUPS.c.start)
        )
        for row in rows.mappings():
            yield rollup_of_row(row)


def _replace(
    connection: Connection, name: str, length: int, low: int, high: int, buckets: Sequence[Rollup], upsert: str
) -> None:
    starts = list(range(floor(low, length) // SECOND, -(-high // SECOND), length // SECOND))
    for begin in range(0, len(starts), 5000):
        connection.execute(
            delete(_ROLLUPS).where(
                _ROLLUPS.c.resolution == length // SECOND,
                _ROLLUPS.c.start.in_(starts[begin : begin + 5000]),
                _ROLLUPS.c.service_name == name,
            )
        )
    rows = [rollup_values(name, length // SECOND, bucket) for bucket in buckets if not bucket.empty]
    if rows:
        connection.exec_driver_sql(upsert, rows)


def _rewrite_changes(connection: Connection, name: str, rows: Sequence[Row], start: int, end: int) -> None:
    connection.execute(
        delete(_CHANGES).where(
            _CHANGES.c.service_name == name,
            _CHANGES.c.timestamp >= moment(start),
            _CHANGES.c.timestamp <= max(rows[-1]["timestamp"], moment(end - 1)),
        )
    )
    changes: list[dict[str, Any]] = []
    before = _state_before(connection, name, start)
    for row in rows:
        if micros(row["timestamp"]) >= start and before != row["status"]:
            changes.append(
                {
                    "timestamp": row["timestamp"],
                    "service_name": name,
                    "state": row["status"],
                    "previous": before,
                    "error_class": row["error_class"],
                    "error_message": row["error_message"],
                }
            )
        before = row["status"]
    if changes:
        connection.execute(insert(_CHANGES), changes)


def _state_before(connection: Connection, name: str, start: int) -> str | None:
    """Of the newest change before a moment: the result that made it may have expired."""
    return connection.execute(
        select(_CHANGES.c.state)
        .where(_CHANGES.c.service_name == name, _CHANGES.c.timestamp < moment(start))
        .order_by(_CHANGES.c.timestamp.desc())
        .limit(1)
    ).scalar()


def _rewrite_state(
    connection: Connection, name: str, newest: Row, at: int, open_minute: Rollup | None, upsert: Executable
) -> None:
    minute, five, hour, day = (floor(at, length) for length in (_MINUTE, _FIVE, _HOUR, _DAY))
    if open_minute is None:
        samples: list[Sample] = [sample_of_row(row) for row in rows_around(connection, name, minute, minute + _MINUTE)]
        open_minute = minutes_of(samples, minute, minute + _MINUTE).get(minute, Rollup(minute, _MINUTE))
    levels = [
        open_minute,
        fold(five, _FIVE, stored(connection, name, _MINUTE, five, minute)),
        fold(hour, _HOUR, stored(connection, name, _FIVE, hour, five)),
        fold(day, _DAY, stored(connection, name, _HOUR, day, hour)),
    ]
    since = connection.execute(
        select(_CHANGES.c.timestamp)
        .where(_CHANGES.c.service_name == name, _CHANGES.c.timestamp <= moment(at))
        .order_by(_CHANGES.c.timestamp.desc())
        .limit(1)
    ).scalar()
    row = {column.name: newest[column.name] for column in _STATE.columns if column.name in newest}
    connection.execute(
        upsert,
        [row | {"since": since or newest["timestamp"], "open_buckets": OpenBuckets.of(levels).pack()}],
    )
