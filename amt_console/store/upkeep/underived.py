"""Raw rows without sums, as other programs write them: found before they are deleted, and summed up first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from amt_console.model import RESOLUTIONS, ServiceState
from amt_console.store.rollups import horizon
from amt_console.store.rollups.buckets import OpenBuckets, floor
from amt_console.store.rollups.tables import HostRollupRow, ServiceRollupRow, ServiceStateRow
from amt_console.store.schema import table
from amt_console.store.tables import MonitoringLog, SystemMetric
from amt_console.store.utc import SECOND, micros, moment
from amt_console.store.writes import Writes

_LOGS, _METRICS = table(MonitoringLog), table(SystemMetric)
_STATE, _ROLLUPS, _HOST = table(ServiceStateRow), table(ServiceRollupRow), table(HostRollupRow)
_SPAN = {_LOGS.name: timedelta(hours=1), _METRICS.name: timedelta(days=1)}
"""What is looked at and deleted at a time: few enough rows to be counted within milliseconds."""
_MEASURED = tuple(state.value for state in (ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN))
_DAY = timedelta(days=1)
_HOUR = RESOLUTIONS.index(3600)


@dataclass(frozen=True, slots=True)
class Missing:
    """A stretch of which a service, or the host (``None``), has rows that are in no sum."""

    service: str | None
    start: datetime
    end: datetime


def stretch_of(raw: str, oldest: datetime) -> tuple[datetime, datetime]:
    """The stretch that holds the oldest row of a table."""
    length = _SPAN[raw]
    start = moment(floor(micros(oldest), length // timedelta(microseconds=1)))
    return start, start + length


def missing(connection: Connection, raw: str, start: datetime, end: datetime) -> list[Missing]:
    """What has to be summed up before the rows of a stretch may go."""
    return list((_services if raw == _LOGS.name else _host)(connection, start, end))


def derive(writes: Writes, stretch: Missing) -> None:
    """Sum it up."""
    if stretch.service is None:
        writes._ingesters.host.rebuild(writes._connection, stretch.start, stretch.end)
    else:
        ingest = writes._ingesters.results
        ingest.rebuild(writes._connection, stretch.service, micros(stretch.start), micros(stretch.end))


def _services(connection: Connection, start: datetime, end: datetime) -> Iterator[Missing]:
    query = select(_LOGS.c.service_name, func.count()).where(
        _LOGS.c.timestamp >= start, _LOGS.c.timestamp < end, _LOGS.c.attempt == 1, _LOGS.c.status.in_(_MEASURED)
    )
    counted = {name: int(rows) for name, rows in connection.execute(query.group_by(_LOGS.c.service_name))}
    summed = _samples(connection, micros(start))
    for service in sorted(counted):
        if counted[service] > summed.get(service, 0):
            yield Missing(service, start, end)


def _samples(connection: Connection, hour: int) -> dict[str, int]:
    """How many samples of an hour are in sums, finished or not, by service."""
    query = select(_ROLLUPS.c.service_name, _ROLLUPS.c.samples).where(
        _ROLLUPS.c.resolution == RESOLUTIONS[_HOUR], _ROLLUPS.c.start == hour // SECOND
    )
    found = {name: int(samples) for name, samples in connection.execute(query)}
    unfinished = select(_STATE.c.service_name, _STATE.c.open_buckets).where(_STATE.c.timestamp < moment(hour) + _DAY)
    for name, packed in connection.execute(unfinished):
        current = OpenBuckets.unpacked(bytes(packed)).current(_HOUR)
        if current.start_us == hour:
            found[name] = found.get(name, 0) + current.samples
    return found


def _host(connection: Connection, start: datetime, end: datetime) -> Iterator[Missing]:
    kept = horizon.kept_from(connection, _METRICS.name)
    if kept is not None and kept > micros(start):
        # A part of the day is gone already, and was summed up before.
        return
    rows = connection.execute(
        select(func.count()).where(_METRICS.c.timestamp >= start, _METRICS.c.timestamp < end, _METRICS.c.cpu_usage >= 0)
    ).scalar()
    summed = connection.execute(
        select(_HOST.c.samples).where(
            _HOST.c.resolution == RESOLUTIONS[-1],
            _HOST.c.start == micros(start) // SECOND,
            _HOST.c.metric == "cpu_usage",
        )
    ).scalar()
    if (rows or 0) > (summed or 0):
        yield Missing(None, start, end)
