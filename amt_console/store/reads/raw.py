"""Raw rows, streamed: for exports of single measurements, and for computing reports anew.

Rows whose time cannot be read are left out, as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, Table, and_, cast, func, or_, select

from amt_console.model import BusinessFigures, Episode, HostSample, ServiceState
from amt_console.store.episode_rows import episode_of
from amt_console.store.readable import first, readable
from amt_console.store.rollups import horizon
from amt_console.store.rollups.samples import state_of
from amt_console.store.rollups.tables import HostRollupRow, ServiceRollupRow
from amt_console.store.sample_rows import figures_of, host_sample_of
from amt_console.store.schema import table
from amt_console.store.tables import AlertRow, BusinessFiguresRow, MonitoringLog, SystemMetric
from amt_console.store.utc import SECOND, micros, moment
from amt_console.store.values import Row, clean, number

_LOGS = table(MonitoringLog)
_HOST = table(SystemMetric)
_FIGURES = table(BusinessFiguresRow)
_ALERTS = table(AlertRow)
_ROLLUPS, _HOST_ROLLUPS = table(ServiceRollupRow), table(HostRollupRow)
RAW_TABLES: Mapping[str, Table] = {each.name: each for each in (_LOGS, _HOST, _FIGURES)}
_AT_ONCE = 5000
"""Rows in memory at a time."""
_PROBE_COLUMNS = (
    _LOGS.c.timestamp,
    _LOGS.c.service_name,
    _LOGS.c.status,
    _LOGS.c.interval_us,
    _LOGS.c.attempt,
    _LOGS.c.response_us,
    _LOGS.c.response_time_ms,
    _LOGS.c.error_message,
)


class RawProbe(NamedTuple):
    """The part of a row of ``monitoring_logs`` that reports are made of; times in microseconds."""

    at_us: int
    service: str
    state: ServiceState
    interval_us: int
    attempt: int
    response_us: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class RawExtent:
    """What is left of the raw rows of one table."""

    oldest: datetime | None
    newest: datetime | None
    deleted_before: datetime | None
    """Retention deleted the rows before this moment; ``None`` if it deleted none."""


class RawReads:
    """Reads of raw rows."""

    def __init__(self, connection: Connection, known: Mapping[str, int] | None = None) -> None:
        """Args:
        connection: A read transaction.
        known: The highest id of each table that counts, as ``newest_ids`` gave it; by default all rows do.
        """
        self._connection = connection
        self._known = known

    def counts(self, start: datetime, end: datetime) -> dict[str, int]:
        """The number of rows of each table in ``[start, end)``."""
        return {name: self._count(rows, start, end) for name, rows in RAW_TABLES.items()}

    def newest_ids(self) -> dict[str, int]:
        """The highest id of each table; 0 without rows."""
        return {
            name: int(self._connection.execute(select(func.max(rows.c.id))).scalar() or 0)
            for name, rows in RAW_TABLES.items()
        }

    def extent(self, name: str) -> RawExtent:
        """What is left of a table, by its name."""
        time = RAW_TABLES[name].c.timestamp
        oldest, newest = (first(self._connection, select(time), time, order) for order in (time, time.desc()))
        kept = horizon.kept_from(self._connection, name)
        return RawExtent(
            None if oldest is None else oldest["timestamp"],
            None if newest is None else newest["timestamp"],
            None if kept is None else moment(kept),
        )

    def services(self, start: datetime, end: datetime) -> list[str]:
        """The services with probes in ``[start, end)`` or with sums of days that touch it."""
        probed = self._within(select(_LOGS.c.service_name).distinct(), _LOGS, start, end)
        day = 86_400
        summed = select(_ROLLUPS.c.service_name).where(
            _ROLLUPS.c.resolution == day,
            _ROLLUPS.c.start >= micros(start) // SECOND // day * day,
            _ROLLUPS.c.start < micros(end) // SECOND,
        )
        return sorted({*self._connection.execute(probed).scalars(), *self._connection.execute(summed).scalars()})

    def oldest_sum(self) -> datetime | None:
        """The start of the oldest sum of services or of the host."""
        starts = []
        for sums in (_ROLLUPS, _HOST_ROLLUPS):
            of_days = select(func.min(sums.c.start)).where(sums.c.resolution == 86_400)
            of_minutes = select(func.min(sums.c.start)).where(sums.c.resolution == 60)
            starts += [self._connection.execute(query).scalar() for query in (of_days, of_minutes)]
        known = [int(start) for start in starts if start is not None]
        return moment(min(known) * SECOND) if known else None

    def oldest_alert(self) -> datetime | None:
        """When the oldest alert began."""
        time = _ALERTS.c.timestamp
        row = first(self._connection, select(time), time, time)
        return None if row is None else row["timestamp"]

    def alerts(self, start: datetime, end: datetime) -> Iterator[Episode]:
        """The alerts that fired or ended in ``[start, end)``."""
        fired, ended = _ALERTS.c.fired_at, _ALERTS.c.resolved_at
        query = select(_ALERTS).where(or_(and_(fired >= start, fired < end), and_(ended >= start, ended < end)))
        return map(episode_of, self._streamed(query.order_by(_ALERTS.c.timestamp, _ALERTS.c.id)))

    def probes(self, start: datetime, end: datetime) -> Iterator[RawProbe]:
        """The probes of all services in ``[start, end)``, by time and service."""
        query = self._within(select(*_PROBE_COLUMNS), _LOGS, start, end).order_by(
            _LOGS.c.timestamp, _LOGS.c.service_name, _LOGS.c.id
        )
        return map(_probe_of, self._streamed(query))

    def probes_of(self, service: str, start: datetime, end: datetime) -> Iterator[RawProbe]:
        """The last probe of a service before ``start``, if there is one, and those in ``[start, end)``, by time."""
        mine = self.known(select(*_PROBE_COLUMNS).where(_LOGS.c.service_name == service), _LOGS)
        time = _LOGS.c.timestamp
        before = first(self._connection, mine, time, time.desc(), _LOGS.c.id.desc(), high=time < start)
        if before is not None:
            yield _probe_of(before)
        inside = self._within(mine, _LOGS, start, end).order_by(time, _LOGS.c.id)
        yield from map(_probe_of, self._streamed(inside))

    def contradictions(self, start: datetime, end: datetime) -> int:
        """The number of probes in ``[start, end)`` whose response time in milliseconds is not the rounded microseconds.

        The monitor stores both; all numbers come from the microseconds, and other programs read the milliseconds.
        """
        exact, rounded = _LOGS.c.response_us, cast(_LOGS.c.response_time_ms, BigInteger)
        apart = or_(rounded.is_(None), func.abs(exact - rounded * 1000) > 500)
        query = self._within(select(func.count()), _LOGS, start, end)
        within = query.where(exact.is_not(None), exact < 0x7FFFFFFF * 1000, apart)
        return int(self._connection.execute(within).scalar() or 0)

    def host_samples(self, start: datetime, end: datetime) -> Iterator[HostSample]:
        """The samples of the host in ``[start, end)``, oldest first."""
        query = self._within(select(_HOST), _HOST, start, end)
        return map(host_sample_of, self._streamed(query.order_by(_HOST.c.timestamp, _HOST.c.id)))

    def figures(self, start: datetime, end: datetime) -> Iterator[BusinessFigures]:
        """The answers with business figures in ``[start, end)``, oldest first."""
        query = self._within(select(_FIGURES), _FIGURES, start, end)
        for row in self._streamed(query.order_by(_FIGURES.c.timestamp, _FIGURES.c.kind, _FIGURES.c.id)):
            found = figures_of(row)
            if found is not None:
                yield found

    def _count(self, rows: Table, start: datetime, end: datetime) -> int:
        """The number of rows in ``[start, end)``.

        SQLite counts a whole table several times as fast as a range of it: where most rows are in the window, all are
        counted, and then those outside.
        """
        inside = self._within(select(func.count()), rows, start, end)
        if self._known is not None or self._connection.dialect.name != "sqlite" or not self._mostly(rows, start, end):
            return self._number(inside)
        time, every = rows.c.timestamp, select(func.count()).select_from(rows)
        outside = (every.where(time < start), every.where(time >= end), every.where(time.is_(None)))
        return self._number(every) - sum(map(self._number, outside))

    def _mostly(self, rows: Table, start: datetime, end: datetime) -> bool:
        """Whether a window covers more than half of the time of a table."""
        extent = self.extent(rows.name)
        if extent.oldest is None or extent.newest is None:
            return False
        covered = min(end, extent.newest) - max(start, extent.oldest)
        return 2 * covered > extent.newest - extent.oldest

    def _number(self, query: Select[Any]) -> int:
        return int(self._connection.execute(query).scalar() or 0)

    def known(self, query: Select[Any], rows: Table) -> Select[Any]:
        """A query of rows, without those that do not count."""
        return query if self._known is None else query.where(rows.c.id <= self._known.get(rows.name, 0))

    def _within(self, query: Select[Any], rows: Table, start: datetime, end: datetime) -> Select[Any]:
        time: ColumnElement[Any] = rows.c.timestamp
        return self.known(query.select_from(rows).where(time >= start, time < end), rows)

    def _streamed(self, query: Select[Any]) -> Iterator[Row]:
        """The readable rows, a few thousand at a time in memory."""
        return readable(self._connection.execute(query, execution_options={"yield_per": _AT_ONCE}).mappings())


def _probe_of(row: Row) -> RawProbe:
    response, rounded = row["response_us"], number(row["response_time_ms"])
    if response is None and rounded is not None:
        response = int(rounded) * 1000
    return RawProbe(
        micros(row["timestamp"]),
        row["service_name"],
        state_of(row["status"]),
        int(row["interval_us"]),
        int(row["attempt"]),
        response,
        clean(row["error_message"]),
    )
