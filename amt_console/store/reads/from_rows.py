"""The reads of reports from raw rows alone, to check what the stored sums say.

Nothing here uses the code that fills the sums: a probe speaks for ``[t, t + min(1.5 x interval, next - t))``, as the
accounting of reports declares. Where retention deleted raw rows the stored sums are all there is; ``whole_from`` tells
since when rows are complete.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select

from amt_console.clock import Clock
from amt_console.model import (
    ErrorClass,
    HostRollup,
    HostSample,
    LatencyHistogram,
    Rollup,
    ServiceState,
    ServiceStatus,
)
from amt_console.store.readable import Bound, first, readable
from amt_console.store.reads import Reads
from amt_console.store.reads.figures import FigureReads
from amt_console.store.reads.host import HostReads
from amt_console.store.reads.raw import RawProbe, RawReads
from amt_console.store.reads.services import ServiceReads, StateChangeRow
from amt_console.store.result_rows import result_of
from amt_console.store.rollups import rebuild
from amt_console.store.rollups.finished import Measured
from amt_console.store.rollups.host import HOST_METRICS
from amt_console.store.rollups.samples import state_of
from amt_console.store.sample_rows import host_sample_of
from amt_console.store.schema import table
from amt_console.store.tables import BusinessFiguresRow, MonitoringLog, SystemMetric
from amt_console.store.utc import SECOND, micros, moment
from amt_console.store.values import Row, clean, member

_LOGS, _HOST, _FIGURES = table(MonitoringLog), table(SystemMetric), table(BusinessFiguresRow)
_MINUTE = 60 * SECOND
_STEPS_AT_ONCE = 24


class ReadsFromRows(Reads):
    """``Reads`` whose services and host come from raw rows."""

    services: ServicesFromRows
    host: HostFromRows

    def __init__(self, reads: Reads, clock: Clock, known: Mapping[str, int] | None = None) -> None:
        """Args:
        reads: Of an open transaction.
        clock: The time.
        known: The highest id of each table that counts, as ``RawReads.newest_ids`` gave it; by default all rows do.
        """
        super().__init__(reads._connection, clock, reads._keys)
        self.raw = RawReads(reads._connection, known)
        newest = None if known is None else known.get(_FIGURES.name, 0)
        self.figures = FigureReads(reads._connection, newest)
        self.services = ServicesFromRows(self.raw, clock)
        self.host = HostFromRows(self.raw)


class ServicesFromRows(ServiceReads):
    """Reads of services from ``monitoring_logs``."""

    def __init__(self, raw: RawReads, clock: Clock) -> None:
        super().__init__(raw._connection, clock)
        self._raw = raw
        self._whole: dict[str, int | None] = {}

    def whole_from(self, service: str) -> datetime | None:
        """The first hour of a service that its rows tell wholly; ``None`` if retention deleted none of them."""
        whole = self._whole_from(service)
        return None if whole is None else moment(whole)

    def names(self) -> list[str]:
        """All services with rows, and those whose rows are deleted."""
        connection = self._connection
        return sorted({*rebuild.services(connection), *rebuild.services_without_state(connection)})

    def statuses(
        self,
        at: datetime | None = None,
        services: Collection[str] | None = None,
        *,
        known: Mapping[str, ServiceStatus] | None = None,
    ) -> dict[str, ServiceStatus]:
        """The newest result of each service up to a moment, by default now, and since when it is in its state."""
        found = {}
        for name in self.names() if services is None else sorted(services):
            last = self._first(
                self._rows_of(name), newest=True, high=_LOGS.c.timestamp <= (self._clock.now() if at is None else at)
            )
            if last is not None:
                found[name] = ServiceStatus(result_of(last), self._since(name, last), state_of(last["status"]))
        return found

    def rollups(
        self,
        *,
        resolution: int,
        start: datetime,
        end: datetime,
        services: Sequence[str] | None = None,
        histograms: bool = True,
    ) -> dict[str, list[Rollup]]:
        """As ``ServiceReads.rollups``; of time without complete rows the stored buckets."""
        length = resolution * SECOND
        low = _down(micros(start), length)
        names = [name for name in self.names() if services is None or name in services]
        since = {name: max(low, _up(self._whole_from(name) or low, length)) for name in names}
        older = [name for name in names if since[name] > low]
        stored = super().rollups(resolution=resolution, start=start, end=end, services=older) if older else {}
        found = {}
        for name in names:
            kept = [bucket for bucket in stored.get(name, ()) if bucket.start_us < since[name]]
            found[name] = kept + self._counted(name, since[name], end, length)
        return found

    def courses(
        self, *, resolution: int, windows: Sequence[tuple[datetime, datetime]], services: Sequence[str] | None = None
    ) -> dict[str, list[Measured]]:
        """As ``ServiceReads.courses``."""
        found: dict[str, list[Measured]] = {}
        for start, end in windows:
            for name, buckets in self.rollups(resolution=resolution, start=start, end=end, services=services).items():
                found.setdefault(name, []).extend(map(_measured, buckets))
        return found

    def steps(self, *, resolution: int, start: datetime, end: datetime, step: int) -> dict[str, list[Rollup]]:
        """As ``ServiceReads.steps``; read piece by piece, because histograms need much memory."""
        whole, low, high = step * SECOND, micros(start), micros(end)
        found: dict[str, dict[int, Rollup]] = {}
        for begin in range(low, high, whole * _STEPS_AT_ONCE):
            upto = moment(min(high, begin + whole * _STEPS_AT_ONCE))
            for name, buckets in self.rollups(resolution=resolution, start=moment(begin), end=upto).items():
                parts: dict[int, list[Rollup]] = {}
                for bucket in buckets:
                    parts.setdefault((bucket.start_us - low) // whole, []).append(bucket)
                for index, part in parts.items():
                    first = low + index * whole
                    total = Rollup.merged(part, start_us=first, length_us=min(whole, high - first))
                    if not total.empty:
                        found.setdefault(name, {})[index] = total
        return {name: [steps[index] for index in sorted(steps)] for name, steps in sorted(found.items())}

    def totals(
        self,
        *,
        start: datetime,
        end: datetime,
        services: Sequence[str] | None = None,
        histograms: bool = True,
        exact: bool = False,
    ) -> dict[str, Rollup]:
        """As ``ServiceReads.totals``; of time without complete rows the stored sums."""
        low, high = micros(start) if exact else _down(micros(start), _MINUTE), micros(end)
        found = {}
        for name in self.names():
            if services is not None and name not in services:
                continue
            since = min(high, max(low, self._whole_from(name) or low))
            parts = self._counted(name, since, end, high - since) if since < high else []
            if since > low:
                stored = super().totals(start=start, end=moment(since), services=[name], exact=exact)
                parts += [stored[name]] if name in stored else []
            found[name] = Rollup.merged(parts, start_us=low, length_us=high - low)
        return found

    def state_changes(
        self, *, start: datetime, end: datetime, services: Sequence[str] | None = None
    ) -> list[StateChangeRow]:
        """As ``ServiceReads.state_changes``; of time without complete rows the stored ones."""
        stored = super().state_changes(start=start, end=end, services=services)
        since = {name: self._whole_from(name) or 0 for name in self.names()}
        found = [each for each in stored if micros(each.at) < since.get(each.service, 0)]
        for change in self._changed(start, end, services):
            if micros(change.at) >= since.get(change.service, 0):
                found.append(change)
        return sorted(found, key=lambda each: each.at)

    def _known(self, query: Select[Any]) -> Select[Any]:
        return self._raw.known(query, _LOGS)

    def _whole_from(self, name: str) -> int | None:
        if name not in self._whole:
            self._whole[name] = rebuild.whole_from(self._connection, name)
        return self._whole[name]

    def _counted(self, name: str, low: int, end: datetime, length: int) -> list[Rollup]:
        """The buckets of ``[low, end)`` with anything in them, oldest first."""
        high = micros(end)
        if low >= high:
            return []
        probes = self._raw.probes_of(name, moment(low), end)
        spoken = min(high, micros(self._clock.now()))
        buckets = count_probes(probes, low, spoken, length).items()
        return [bucket for _, bucket in sorted(buckets) if not bucket.empty]

    def _changed(self, start: datetime, end: datetime, services: Sequence[str] | None) -> Iterator[StateChangeRow]:
        """The rows in a window whose state is not that of the row before."""
        time = _LOGS.c.timestamp
        before = func.lag(_LOGS.c.status).over(partition_by=_LOGS.c.service_name, order_by=(time, _LOGS.c.id))
        columns = (time, _LOGS.c.service_name, _LOGS.c.status, _LOGS.c.error_message, _LOGS.c.error_class)
        query = self._raw.known(select(*columns, before.label("previous")), _LOGS)
        query = query.where(time >= start, time < end)
        if services is not None:
            query = query.where(_LOGS.c.service_name.in_(sorted(services)))
        each = query.subquery()
        changed = select(each).where(or_(each.c.previous.is_(None), each.c.previous != each.c.status))
        for row in readable(self._connection.execute(changed.order_by(each.c.timestamp)).mappings()):
            previous = row["previous"] or self._state_before(row["service_name"], start)
            if previous != row["status"]:
                yield StateChangeRow(
                    service=row["service_name"],
                    at=row["timestamp"],
                    state=state_of(row["status"]),
                    previous=None if previous is None else state_of(previous),
                    error=clean(row["error_message"]),
                    error_class=member(ErrorClass, row["error_class"]),
                )

    def _state_before(self, name: str, start: datetime) -> str | None:
        """The state of a service before a moment, by its last row or, if that is deleted, by its last change."""
        query = select(_LOGS.c.timestamp, _LOGS.c.status).where(_LOGS.c.service_name == name)
        row = self._first(query, newest=True, high=_LOGS.c.timestamp < start)
        if row is not None:
            return str(row["status"])
        change = None if self._whole_from(name) is None else self.last_change(name, start)
        return None if change is None else change.state.value

    def _since(self, name: str, last: Row) -> datetime:
        """When a service entered the state of a row; by its last change where the rows of then are deleted."""
        mine, upto = self._rows_of(name), _LOGS.c.timestamp <= last["timestamp"]
        other = self._first(mine.where(_LOGS.c.status != last["status"]), newest=True, high=upto)
        if other is None and self._whole_from(name) is not None:
            change = self.last_change(name, last["timestamp"])
            return last["timestamp"] if change is None else change.at
        low = None if other is None else _LOGS.c.timestamp > other["timestamp"]
        entered = self._first(mine.where(_LOGS.c.status == last["status"]), newest=False, low=low, high=upto)
        since: datetime = (entered or last)["timestamp"]
        return since

    def _rows_of(self, name: str) -> Any:
        return select(_LOGS).where(_LOGS.c.service_name == name)

    def _first(self, query: Any, *, newest: bool, low: Bound = None, high: Bound = None) -> Row | None:
        number = _LOGS.c.id
        order = (_LOGS.c.timestamp.desc(), number.desc()) if newest else (_LOGS.c.timestamp, number)
        return first(self._connection, self._raw.known(query, _LOGS), _LOGS.c.timestamp, *order, low=low, high=high)


class HostFromRows(HostReads):
    """Reads of the host from ``system_metrics``."""

    def __init__(self, raw: RawReads) -> None:
        super().__init__(raw._connection)
        self._raw = raw

    def whole_from(self) -> datetime | None:
        """Since when the samples are complete; ``None`` if retention deleted none."""
        return self._raw.extent(_HOST.name).deleted_before

    def rollups(
        self,
        *,
        resolution: int,
        start: datetime,
        end: datetime,
        metrics: Sequence[str] = HOST_METRICS,
        histograms: bool = True,
    ) -> dict[str, list[HostRollup]]:
        """As ``HostReads.rollups``; of time without complete samples the stored buckets."""
        length = resolution * SECOND
        low = _down(micros(start), length)
        deleted = self.whole_from()
        since = low if deleted is None else max(low, _up(micros(deleted), length))
        found: dict[str, list[HostRollup]] = {}
        if since > low:
            stored = super().rollups(
                resolution=resolution, start=start, end=end, metrics=metrics, histograms=histograms
            )
            found = {name: [each for each in rows if each.start_us < since] for name, rows in stored.items()}
        buckets: dict[tuple[int, str], list[int]] = {}
        for sample in self._raw.host_samples(moment(since), end) if since < micros(end) else ():
            begin = _down(micros(sample.timestamp), length)
            for metric, value in host_numbers(sample):
                if metric in metrics:
                    buckets.setdefault((begin, metric), []).append(value)
        for (begin, metric), values in sorted(buckets.items()):
            counted = LatencyHistogram().plus(values)
            kept = counted if histograms else replace(counted, counts={})
            found.setdefault(metric, []).append(HostRollup(begin, length, kept))
        return {metric: rows for metric, rows in found.items() if rows}

    def sample(self, at: datetime | None = None) -> HostSample | None:
        """The newest sample of the host, or the newest one up to a moment."""
        query, time = self._raw.known(select(_HOST), _HOST), _HOST.c.timestamp
        high = None if at is None else time <= at
        row = first(self._connection, query, time, time.desc(), _HOST.c.id.desc(), high=high)
        return None if row is None else host_sample_of(row)


def count_probes(probes: Iterable[RawProbe], low: int, high: int, length: int) -> dict[int, Rollup]:
    """The sums of ``[low, high)`` in buckets of ``length`` from ``low`` on, by their start; all in microseconds.

    Args:
        probes: Of one service, ordered by time; those before ``low`` only speak.
        low: The first bucket's start.
        high: The end.
        length: Of one bucket.
    """
    found: dict[int, _Bucket] = {}

    def bucket(at: int) -> _Bucket:
        begin = low + (at - low) // length * length
        return found.setdefault(begin, _Bucket())

    def speak(probe: RawProbe, until: int) -> None:
        at, end = max(probe.at_us, low), min(until, probe.at_us + probe.interval_us * 3 // 2)
        while at < end:
            upto = min(end, low + ((at - low) // length + 1) * length)
            bucket(at).spent[probe.state] += upto - at
            at = upto

    last: RawProbe | None = None
    for probe in probes:
        if last is not None:
            speak(last, probe.at_us)
        last = probe
        if probe.at_us >= low and probe.attempt == 1 and probe.state not in _NO_CHECK:
            bucket(probe.at_us).count(probe)
    if last is not None:
        speak(last, high)
    return {begin: each.rollup(begin, length) for begin, each in found.items()}


_NO_CHECK = (ServiceState.UNKNOWN, ServiceState.MAINTENANCE)


class _Bucket:
    __slots__ = ("checks", "errors", "spent", "times")

    def __init__(self) -> None:
        self.checks = self.errors = 0
        self.spent = dict.fromkeys(ServiceState, 0)
        self.times: list[int] = []

    def count(self, probe: RawProbe) -> None:
        self.checks += 1
        if probe.state is ServiceState.DOWN:
            self.errors += 1
        elif probe.response_us is not None:
            self.times.append(probe.response_us)

    def rollup(self, begin: int, length: int) -> Rollup:
        spent = self.spent
        return Rollup(
            begin,
            length,
            samples=self.checks,
            errors=self.errors,
            up_us=spent[ServiceState.UP],
            degraded_us=spent[ServiceState.DEGRADED],
            down_us=spent[ServiceState.DOWN],
            maintenance_us=spent[ServiceState.MAINTENANCE],
            histogram=LatencyHistogram().plus(self.times),
        )


def host_numbers(sample: HostSample) -> Iterator[tuple[str, int]]:
    """The figures of a sample by their stored names, in thousandths of their unit."""
    network = sample.network
    values = {
        "cpu_usage": sample.cpu_usage,
        "memory_usage": sample.memory_usage,
        "disk_usage": sample.disk_usage,
        "sent_bytes": None if network is None else network.sent_bytes,
        "received_bytes": None if network is None else network.received_bytes,
        "active_connections": sample.active_connections,
    }
    for name, value in values.items():
        if value is not None and 0 <= value < 1e15:
            yield name, round(value * 1000)


def _down(at: int, length: int) -> int:
    return at - at % length


def _up(at: int, length: int) -> int:
    return -(-at // length) * length


def _measured(bucket: Rollup) -> Measured:
    times = bucket.histogram
    known = bucket.up_us + bucket.degraded_us + bucket.down_us
    return bucket.start_us, known, bucket.down_us, times.count, times.total
