"""Host samples and their rollups: average, minimum, maximum and percentiles of each figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, select

from amt_console.model import RESOLUTIONS, HostRollup, HostSample, LatencyHistogram
from amt_console.model.histogram import SCALE, decode_counts, encode_counts
from amt_console.model.rollup import NO_VALUES
from amt_console.store.engines.dialect import Dialect
from amt_console.store.readable import first, first_of, in_order, readable, sortable
from amt_console.store.rollups.buckets import floor
from amt_console.store.rollups.tables import HostRollupRow
from amt_console.store.sample_rows import HOST_COLUMNS, disk_percents, host_sample_of, host_values
from amt_console.store.schema import table
from amt_console.store.tables import SystemMetric
from amt_console.store.utc import SECOND, micros, moment

_METRICS = table(SystemMetric)
_ROLLUPS = table(HostRollupRow)
_NEWEST_FIRST = (_METRICS.c.timestamp, _METRICS.c.timestamp.desc(), _METRICS.c.id.desc())
_NEWEST = in_order(select(_METRICS), *_NEWEST_FIRST)
_NEWEST_UP_TO = in_order(select(_METRICS), *_NEWEST_FIRST, high=_METRICS.c.timestamp <= bindparam("at"))
_AFTER = _METRICS.c.timestamp >= bindparam("end")
_LATER = select(_METRICS.c.id).where(sortable(_METRICS.c.timestamp, low=_AFTER)).limit(1)
_MOMENTS = (
    select(_METRICS.c.timestamp, _METRICS.c.id)
    .where(_METRICS.c.timestamp >= bindparam("start"), _METRICS.c.timestamp < bindparam("end"))
    .order_by(_METRICS.c.timestamp, _METRICS.c.id)
)
_DETAILS = select(_METRICS.c.id, _METRICS.c.details).where(_METRICS.c.id.in_(bindparam("numbers", expanding=True)))
_ROWS_AT_ONCE = 200
"""Fewer than the bound values that any database takes in one statement."""
_ROLLUP_COLUMNS = ("resolution", "start", "metric", "samples", "total", "least", "most", "histogram")
HOST_METRICS = (
    "cpu_usage",
    "memory_usage",
    "disk_usage",
    "sent_bytes",
    "received_bytes",
    "active_connections",
)
"""What is rolled up: percentages, bytes per second, and a count."""


_Key = tuple[int, int, str]


class HostIngest:
    """Writes host samples. Buckets touched in a transaction are written once, when it ends.

    Remembers the newest sample's time and the newest buckets between transactions until told to forget.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._insert = dialect.bulk(_METRICS, HOST_COLUMNS)
        self._replace = dialect.bulk(_ROLLUPS, _ROLLUP_COLUMNS, replace=True)
        self._moment_value = dialect.moment_value
        self._stored: dict[_Key, LatencyHistogram] = {}
        self._added: dict[_Key, list[int]] = {}
        self._newest: datetime | None = None

    def forget(self) -> None:
        """Somebody else wrote, or a transaction was rolled back: read again what is needed."""
        self._stored.clear()
        self._added.clear()
        self._newest = None

    def add(self, connection: Connection, sample: HostSample, *, simulated: bool) -> None:
        """Store a sample; a second one of the same moment is ignored."""
        if self._newest is None:
            time = _METRICS.c.timestamp
            newest = first(connection, select(time), time, time.desc())
            self._newest = None if newest is None else newest["timestamp"]
        before = -1 if self._newest is None else micros(self._newest)
        if self._newest is not None and sample.timestamp <= self._newest:
            same = select(_METRICS.c.id).where(_METRICS.c.timestamp == sample.timestamp).limit(1)
            if connection.execute(same).first() is not None:
                return
        else:
            self._newest = sample.timestamp
        row = host_values(sample, self._moment_value(sample.timestamp), simulated)
        connection.exec_driver_sql(self._insert, [row])
        for key, value in _keyed(sample):
            if key not in self._stored:
                begun = key[1] * SECOND <= before
                self._stored[key] = _load(connection, key) if begun else NO_VALUES
            self._added.setdefault(key, []).append(value)

    def flush(self, connection: Connection) -> None:
        """Write the touched buckets."""
        if not self._added:
            return
        touched = {key: self._stored.get(key, NO_VALUES).plus(self._added[key]) for key in sorted(self._added)}
        connection.exec_driver_sql(self._replace, [_row(key, histogram) for key, histogram in touched.items()])
        newest = {resolution: max(k[1] for k in touched if k[0] == resolution) for resolution in RESOLUTIONS}
        self._stored = {key: touched[key] for key in touched if key[1] == newest[key[0]]}
        self._added.clear()

    def rebuild(self, connection: Connection, start: datetime, end: datetime) -> None:
        """Recompute all buckets that touch ``[start, end)`` from the samples."""
        self.forget()
        day = RESOLUTIONS[-1] * SECOND
        low, high = floor(micros(start), day), -(-micros(end) // day) * day
        connection.execute(delete(_ROLLUPS).where(_ROLLUPS.c.start >= low // SECOND, _ROLLUPS.c.start < high // SECOND))
        for sample in samples(connection, moment(low), moment(high)):
            for key, value in _keyed(sample):
                self._added.setdefault(key, []).append(value)
        self.flush(connection)


def sample_at(connection: Connection, at: datetime | None) -> HostSample | None:
    """The newest sample, or the newest one up to a moment."""
    row = first_of(connection, _NEWEST) if at is None else first_of(connection, _NEWEST_UP_TO, at=at)
    return None if row is None else host_sample_of(row)


def samples(connection: Connection, start: datetime, end: datetime) -> list[HostSample]:
    """The samples of ``[start, end)``, oldest first."""
    query = select(_METRICS).where(_METRICS.c.timestamp >= start, _METRICS.c.timestamp < end)
    rows = connection.execute(query.order_by(_METRICS.c.timestamp, _METRICS.c.id)).mappings()
    return [host_sample_of(row) for row in readable(rows)]


def disks(connection: Connection, start: datetime, end: datetime, step: int) -> dict[str, list[HostRollup]]:
    """Percent used by mount, oldest first: the first sample of each ``step`` seconds of ``[start, end)``."""
    length = step * SECOND
    chosen: dict[int, int] = {}
    newest = None
    for at, number in connection.execute(_MOMENTS, {"start": start, "end": end}).all():
        begin = None if at is None else floor(micros(at), length)
        if begin is not None and begin != newest:
            newest = begin
            chosen[number] = begin
    found: dict[str, list[HostRollup]] = {}
    numbers = list(chosen)
    for first_of_part in range(0, len(numbers), _ROWS_AT_ONCE):
        part = numbers[first_of_part : first_of_part + _ROWS_AT_ONCE]
        details = dict[int, str | None](map(tuple, connection.execute(_DETAILS, {"numbers": part}).all()))
        for number in part:
            for mount, percent in disk_percents(details[number]):
                bucket = HostRollup(chosen[number], length, NO_VALUES.plus([round(percent * SCALE)]))
                found.setdefault(mount, []).append(bucket)
    return found


def rollups(
    connection: Connection,
    *,
    resolution: int,
    start: datetime,
    end: datetime,
    metrics: Sequence[str] = HOST_METRICS,
    histograms: bool = True,
) -> dict[str, list[HostRollup]]:
    """By figure, oldest first: the buckets that begin in ``[start rounded down, end)``, the last one cut at ``end``;
    without ``histograms`` theirs are empty.
    """
    if resolution not in RESOLUTIONS:
        raise ValueError(f"there are rollups of {RESOLUTIONS} seconds, not of {resolution}")
    low, high = floor(micros(start), resolution * SECOND), micros(end)
    found = _stored(connection, resolution, low, high, metrics, histograms=histograms)
    last = floor(high, resolution * SECOND)
    if last < high and connection.execute(_LATER, {"end": end}).first() is not None:
        # Also where the part before the end is empty: all of the stored bucket came later then.
        found = {metric: [each for each in rows if each.start_us < last] for metric, rows in found.items()}
        for metric, rollup in _part(connection, resolution, last, high, metrics).items():
            cut = rollup if histograms else replace(rollup, histogram=replace(rollup.histogram, counts={}))
            found.setdefault(metric, []).append(cut)
    return {metric: rows for metric, rows in found.items() if rows}


def _stored(
    connection: Connection, resolution: int, low: int, high: int, metrics: Sequence[str], *, histograms: bool
) -> dict[str, list[HostRollup]]:
    """The stored buckets that begin in ``[low, high)``, in microseconds."""
    values = {
        "resolution": resolution,
        "low": low // SECOND,
        "high": -(-high // SECOND),
        "metrics": list(metrics),
    }
    found: dict[str, list[HostRollup]] = {}
    for row in connection.execute(_within(histograms), values).all():
        start, metric, count, total, least, most, *stored = row
        counts = decode_counts(bytes(stored[0])) if stored else {}
        bucket = HostRollup(start * SECOND, resolution * SECOND, LatencyHistogram(counts, count, total, least, most))
        found.setdefault(metric, []).append(bucket)
    return found


def _part(
    connection: Connection, resolution: int, begin: int, end: int, metrics: Sequence[str]
) -> dict[str, HostRollup]:
    """The first part of a bucket that went on after ``end``: from finer ones and, within the last minute, samples."""
    parts: dict[str, list[LatencyHistogram]] = {metric: [] for metric in metrics}
    at = begin
    for finer in reversed(RESOLUTIONS[: RESOLUTIONS.index(resolution)]):
        upto = floor(end, finer * SECOND)
        if at < upto:
            for metric, rows in _stored(connection, finer, at, upto, metrics, histograms=True).items():
                parts[metric] += [row.histogram for row in rows]
        at = upto
    raw: dict[str, list[int]] = {}
    for sample in samples(connection, moment(at), moment(end)):
        for metric, value in _values(sample):
            raw.setdefault(metric, []).append(value)
    merged = {
        metric: LatencyHistogram.merged([*found, NO_VALUES.plus(raw.get(metric, ()))])
        for metric, found in parts.items()
    }
    return {metric: HostRollup(begin, end - begin, values) for metric, values in merged.items() if values.count}


@cache
def _within(histograms: bool) -> Select[Any]:
    columns = [_ROLLUPS.c[name] for name in _ROLLUP_COLUMNS[1:] if histograms or name != "histogram"]
    return (
        select(*columns)
        .where(
            _ROLLUPS.c.resolution == bindparam("resolution"),
            _ROLLUPS.c.start >= bindparam("low"),
            _ROLLUPS.c.start < bindparam("high"),
            _ROLLUPS.c.metric.in_(bindparam("metrics", expanding=True)),
        )
        .order_by(_ROLLUPS.c.start)
    )


def _values(sample: HostSample) -> Iterator[tuple[str, int]]:
    network = sample.network
    figures: tuple[float | None, ...] = (
        sample.cpu_usage,
        sample.memory_usage,
        sample.disk_usage,
        None if network is None else network.sent_bytes,
        None if network is None else network.received_bytes,
        sample.active_connections,
    )
    for metric, value in zip(HOST_METRICS, figures, strict=True):
        if value is not None and 0 <= value < 1e15:
            yield metric, round(value * SCALE)


def _keyed(sample: HostSample) -> Iterator[tuple[_Key, int]]:
    """The buckets that the sample's figures belong to, with the value of each."""
    at = micros(sample.timestamp)
    starts = [(resolution, floor(at, resolution * SECOND) // SECOND) for resolution in RESOLUTIONS]
    for metric, value in _values(sample):
        for resolution, start in starts:
            yield (resolution, start, metric), value


def _load(connection: Connection, key: _Key) -> LatencyHistogram:
    row = (
        connection.execute(
            select(_ROLLUPS).where(
                _ROLLUPS.c.resolution == key[0], _ROLLUPS.c.start == key[1], _ROLLUPS.c.metric == key[2]
            )
        )
        .mappings()
        .first()
    )
    if row is None:
        return NO_VALUES
    counts = decode_counts(bytes(row["histogram"]))
    return LatencyHistogram(counts, row["samples"], row["total"], row["least"], row["most"])


def _row(key: _Key, values: LatencyHistogram) -> tuple[Any, ...]:
    return (*key, values.count, values.total, values.least, values.most, encode_counts(values.counts))
