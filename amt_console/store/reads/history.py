"""Reads of recorded history in order of time, for whoever goes through all of it: a backtest of rules.

Each call reads a bounded stretch. Rows come as plain tuples or with the few parts that rules judge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, Connection, Integer, Select, and_, bindparam, cast, func, or_, select, type_coerce

from amt_console.clock import SECOND, micros, moment
from amt_console.model import BusinessFigures, ErrorClass, HostSample, ProbeResult, ServiceState
from amt_console.model.histogram import bin_of, decode_counts
from amt_console.store.readable import readable
from amt_console.store.result_rows import result_of
from amt_console.store.rollups import horizon
from amt_console.store.rollups.samples import state_of
from amt_console.store.rollups.tables import ServiceRollupRow, StateChangeLog
from amt_console.store.sample_rows import figures_of, host_sample_of
from amt_console.store.schema import table
from amt_console.store.tables import BusinessFiguresRow, MonitoringLog, SystemMetric
from amt_console.store.values import clean, member

_LOGS, _ROLLUPS, _CHANGES = table(MonitoringLog), table(ServiceRollupRow), table(StateChangeLog)
_HOST, _FIGURES = table(SystemMetric), table(BusinessFiguresRow)
_GOOD = (ServiceState.UP.value, ServiceState.DEGRADED.value, ServiceState.MAINTENANCE.value)
_RESULT = (
    _LOGS.c.timestamp,
    _LOGS.c.status,
    _LOGS.c.response_us,
    _LOGS.c.error_class,
    _LOGS.c.error_message,
    _LOGS.c.attempt,
    _LOGS.c.interval_us,
)
_RESULTS_OF = (
    select(*_RESULT)
    .where(
        _LOGS.c.service_name == bindparam("service"),
        _LOGS.c.timestamp >= bindparam("low"),
        _LOGS.c.timestamp < bindparam("high"),
    )
    .order_by(_LOGS.c.timestamp, _LOGS.c.id)
    .limit(bindparam("most", type_=Integer))
)
"""Made once: that takes as long as a small answer."""
_BUCKET = (
    _ROLLUPS.c.service_name,
    _ROLLUPS.c.start,
    _ROLLUPS.c.samples,
    _ROLLUPS.c.errors,
    _ROLLUPS.c.up_us + _ROLLUPS.c.degraded_us,
    _ROLLUPS.c.down_us,
    _ROLLUPS.c.maintenance_us,
)


class Bucket(NamedTuple):
    """One rollup without its histogram; times in microseconds, ``start`` in seconds since 1970."""

    service: str
    start: int
    samples: int
    errors: int
    good_us: int
    down_us: int
    maintenance_us: int
    slow: int
    """Answers above the service's limit; 0 without one."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """A certificate of a service, by its end, and when it was seen first and last."""

    service: str
    expires_at: datetime
    first: datetime
    last: datetime


class HistoryReads:
    """Reads of one stretch of history."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def raw_from(self) -> datetime | None:
        """Before this moment raw rows of probes were deleted; ``None`` if none were."""
        kept = horizon.kept_from(self._connection, _LOGS.name)
        return None if kept is None else moment(kept)

    def troubles(
        self, start: datetime, end: datetime, slow_us: Mapping[str, int]
    ) -> Iterator[tuple[str, datetime, bool]]:
        """Raw rows that can open an alert, by time: failed, not measured, or slower than the service's limit.

        Each with its service, its time, and whether it was more than slow.

        Args:
            start: First moment.
            end: Behind the last one.
            slow_us: Limits in microseconds by service.
        """
        groups: dict[int, list[str]] = {}
        for name, limit in slow_us.items():
            groups.setdefault(limit, []).append(name)
        slow = [
            and_(_LOGS.c.response_us > limit, _LOGS.c.service_name.in_(sorted(names)))
            for limit, names in sorted(groups.items())
        ]
        query = (
            select(_LOGS.c.service_name, _LOGS.c.timestamp, _LOGS.c.status)
            .where(_LOGS.c.timestamp >= start, _LOGS.c.timestamp < end, or_(_LOGS.c.status.not_in(_GOOD), *slow))
            .order_by(_LOGS.c.timestamp)
        )
        for name, at, status in self._connection.execute(query):
            if at is not None:
                yield name, at, status not in _GOOD

    def valued(self, service: str, start: datetime, end: datetime, limit: int) -> list[ProbeResult]:
        """The oldest results of ``[start, end)`` of one service, with their values."""
        query = (
            select(_LOGS)
            .where(_LOGS.c.service_name == service, _LOGS.c.timestamp >= start, _LOGS.c.timestamp < end)
            .order_by(_LOGS.c.timestamp)
            .limit(limit)
        )
        return [result_of(row) for row in readable(self._connection.execute(query).mappings())]

    def results(self, service: str, start: datetime, end: datetime, limit: int) -> list[ProbeResult]:
        """The oldest results of ``[start, end)`` of one service, with what rules judge."""
        values = {"service": service, "low": start, "high": end, "most": limit}
        return [
            ProbeResult(
                service=service,
                timestamp=at,
                state=state_of(status),
                interval=interval / SECOND,
                response_time_ms=None if response is None else response / 1000,
                error_class=member(ErrorClass, error_class),
                error=clean(error),
                attempt=attempt,
            )
            for at, status, response, error_class, error, attempt, interval in self._connection.execute(
                _RESULTS_OF, values
            )
            if at is not None
        ]

    def buckets(self, resolution: int, start: datetime, end: datetime, slow_ms: Mapping[str, float]) -> list[Bucket]:
        """Finished rollups that begin in ``[start, end)``, by time.

        Args:
            resolution: 60, 300, 3600 or 86400 seconds.
            start: First moment.
            end: Behind the last one.
            slow_ms: Limits by service, to count the answers above them; if any, only these services are read.
        """
        query = _buckets(bool(slow_ms)).where(
            _ROLLUPS.c.resolution == resolution,
            _ROLLUPS.c.start >= micros(start) // SECOND,
            _ROLLUPS.c.start < micros(end) // SECOND,
        )
        if slow_ms:
            query = query.where(_ROLLUPS.c.service_name.in_(sorted(slow_ms)))
        return self._read_buckets(query, slow_ms)

    def named_buckets(
        self, resolution: int, service: str, starts: Sequence[int], slow_ms: Mapping[str, float]
    ) -> list[Bucket]:
        """Those of one service that begin at given moments, in seconds since 1970: the key begins with the time."""
        query = _buckets(service in slow_ms).where(
            _ROLLUPS.c.resolution == resolution, _ROLLUPS.c.start.in_(starts), _ROLLUPS.c.service_name == service
        )
        return self._read_buckets(query, slow_ms)

    def _read_buckets(self, query: Select[Any], slow_ms: Mapping[str, float]) -> list[Bucket]:
        found = []
        for name, *numbers, last in self._connection.execute(query.order_by(_ROLLUPS.c.start)):
            begin, samples, errors, good, down, planned = numbers
            limit = slow_ms.get(name)
            slow = 0 if limit is None else _above(bytes(last), limit)
            found.append(Bucket(name, begin, samples, errors, good, down, planned, slow))
        return found

    def changes(self, start: datetime, end: datetime) -> list[tuple[str, datetime, ServiceState, str | None]]:
        """Changes of state by time; kept for longer than single results."""
        query = (
            select(_CHANGES.c.service_name, _CHANGES.c.timestamp, _CHANGES.c.state, _CHANGES.c.error_message)
            .where(_CHANGES.c.timestamp >= start, _CHANGES.c.timestamp < end)
            .order_by(_CHANGES.c.timestamp, _CHANGES.c.id)
        )
        rows = self._connection.execute(query)
        return [(name, at, state_of(state), clean(error)) for name, at, state, error in rows if at is not None]

    def expiries(self, start: datetime, end: datetime, services: Collection[str]) -> list[Expiry]:
        """The certificates of some services, by when they were seen first."""
        # SQLite has no type JSON, and a cast to it makes a number.
        typed = cast if self._connection.dialect.name == "postgresql" else type_coerce
        ends = typed(_LOGS.c.metrics, JSON)["tls_expires_at"].as_string()
        query = (
            select(_LOGS.c.service_name, ends, func.min(_LOGS.c.timestamp), func.max(_LOGS.c.timestamp))
            .where(_LOGS.c.timestamp >= start, _LOGS.c.timestamp < end, _LOGS.c.service_name.in_(sorted(services)))
            .where(_LOGS.c.metrics.like('%"tls_expires_at"%'))
            .group_by(_LOGS.c.service_name, ends)
        )
        found = []
        for name, text, first, last in self._connection.execute(query):
            try:
                found.append(Expiry(name, datetime.fromisoformat(text), first, last))
            except (TypeError, ValueError):
                continue
        return sorted(found, key=lambda each: (each.service, each.first))

    def host_figures(
        self, start: datetime, end: datetime
    ) -> Iterator[tuple[datetime, float | None, float | None, float | None]]:
        """Time, CPU, memory and fullest disk of each sample, by time: enough to see that nothing is wrong."""
        query = select(_HOST.c.timestamp, _HOST.c.cpu_usage, _HOST.c.memory_usage, _HOST.c.disk_usage).where(
            _HOST.c.timestamp >= start, _HOST.c.timestamp < end
        )
        for at, cpu, memory, disk in self._connection.execute(query.order_by(_HOST.c.timestamp)):
            if at is not None:
                yield at, cpu, memory, disk

    def host_samples(self, start: datetime, end: datetime, limit: int) -> list[HostSample]:
        """The oldest samples of ``[start, end)``."""
        query = select(_HOST).where(_HOST.c.timestamp >= start, _HOST.c.timestamp < end)
        rows = self._connection.execute(query.order_by(_HOST.c.timestamp).limit(limit)).mappings()
        return [host_sample_of(row) for row in readable(rows)]

    def figures(self, start: datetime, end: datetime) -> Sequence[BusinessFigures]:
        """The platform's answers of ``[start, end)``, by time."""
        query = select(_FIGURES).where(_FIGURES.c.timestamp >= start, _FIGURES.c.timestamp < end)
        rows = self._connection.execute(query.order_by(_FIGURES.c.timestamp, _FIGURES.c.id)).mappings()
        return [figures for row in readable(rows) if (figures := figures_of(row)) is not None]


def _buckets(histograms: bool) -> Select[Any]:
    return select(*_BUCKET, _ROLLUPS.c.histogram if histograms else _ROLLUPS.c.timed)


def _above(histogram: bytes, limit_ms: float) -> int:
    edge = bin_of(round(limit_ms * 1000))
    return sum(count for index, count in decode_counts(histogram).items() if index > edge)
