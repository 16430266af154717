"""What was known of services at a past moment: newest result, newest change of state, results around a moment.

Each of all services in one query: one for each service would take several times as long as all the rest of a past
snapshot.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, true

from amt_console.clock import MICROSECOND
from amt_console.store.readable import EARLIEST, readable
from amt_console.store.rollups import rebuild
from amt_console.store.rollups.buckets import Sample
from amt_console.store.rollups.samples import sample_of_row
from amt_console.store.rollups.tables import ServiceStateRow, StateChangeLog
from amt_console.store.schema import table
from amt_console.store.tables import MonitoringLog
from amt_console.store.utc import moment
from amt_console.store.values import Row

_STATE, _LOGS, _CHANGES = table(ServiceStateRow), table(MonitoringLog), table(StateChangeLog)


def newest_results(connection: Connection, at: datetime, services: Collection[str] | None = None) -> dict[str, Row]:
    """The newest raw row up to a moment of each service, or of some, that went on after it."""
    return _newest_rows(connection, at, services, parts=False)


def _newest_rows(
    connection: Connection, at: datetime, services: Collection[str] | None, *, parts: bool
) -> dict[str, Row]:
    """With ``parts`` only what samples are made of, which takes half as long."""
    found: dict[str, Row] = {}
    query = _newest_results(connection.dialect.name, of_services=services is not None, parts=parts)
    values = {"at": at} if services is None else {"at": at, "services": sorted(services)}
    for row in connection.execute(query, values).mappings().all():
        name = row["service_name"]
        # Another program may have written a time that sorts among the others and cannot be read.
        known = row if row["timestamp"] is not None else rebuild.newest_row(connection, name, at + MICROSECOND)
        if known is not None:
            found[name] = known
    return found


def newest_changes(connection: Connection, at: datetime, services: Collection[str] | None = None) -> dict[str, Row]:
    """The newest change of each service, or of some, up to a moment."""
    query = _newest_changes(connection.dialect.name, of_services=services is not None)
    values = {"at": at} if services is None else {"at": at, "services": sorted(services)}
    rows = connection.execute(query, values).mappings().all()
    return {row["service_name"]: row for row in rows}


def samples_around(
    connection: Connection, services: Collection[str], start: int, end: int, *, interval: int | None = None
) -> dict[str, list[Sample]]:
    """The results in ``[start, end)``, in microseconds, and the one before, of services that went on after ``end``.

    Oldest first; services without any are left out.

    Args:
        connection: Of the transaction.
        services: Some, or all.
        start: First moment.
        end: Behind the last one.
        interval: Of most of the services, if they are most of all. Their results are read as they lie, from some time
            before ``start`` on: to seek for the one before of each takes twice as long.
    """
    values: dict[str, Any] = {"low": moment(start if interval is None else start - interval * 3 // 2)}
    values["high"] = moment(end)
    if interval is None:
        values["services"] = sorted(services)
    rows = connection.execute(_WITHIN if interval is None else _WITHIN_OF_ALL, values).mappings().all()
    found: dict[str, list[Sample]] = {name: [] for name in services}
    before: dict[str, Sample] = {}
    for row in readable(rows):
        name = row["service_name"]
        if name in found:
            sample = sample_of_row(row)
            if sample.at < start:
                before[name] = sample
            else:
                found[name].append(sample)
    if missing := [name for name in services if name not in before]:
        others = _newest_rows(connection, moment(start - 1), missing, parts=True)
        before.update((name, sample_of_row(row)) for name, row in others.items())
    for name, sample in before.items():
        found[name].insert(0, sample)
    return {name: samples for name, samples in found.items() if samples}


_OF_SERVICES = _STATE.c.service_name.in_(bindparam("services", expanding=True))
_SAMPLE = tuple(
    _LOGS.c[name]
    for name in (
        "service_name",
        "timestamp",
        "status",
        "response_us",
        "response_time_ms",
        "attempt",
        "interval_us",
    )
)
_WITHIN_OF_ALL = (
    select(*_SAMPLE)
    .where(_LOGS.c.timestamp >= bindparam("low"), _LOGS.c.timestamp < bindparam("high"))
    .order_by(_LOGS.c.timestamp, _LOGS.c.id)
)
_WITHIN = _WITHIN_OF_ALL.where(_LOGS.c.service_name.in_(bindparam("services", expanding=True)))


@cache
def _newest_results(dialect: str, *, of_services: bool, parts: bool) -> Select[Any]:
    query = _newest(_LOGS, dialect, _SAMPLE if parts else (_LOGS,)).where(_STATE.c.timestamp > bindparam("at"))
    return query.where(_OF_SERVICES) if of_services else query


@cache
def _newest_changes(dialect: str, *, of_services: bool) -> Select[Any]:
    query = _newest(_CHANGES, dialect, (_CHANGES,))
    return query.where(_OF_SERVICES) if of_services else query


def _newest(rows: Any, dialect: str, columns: Sequence[Any]) -> Select[Any]:
    def newest(source: Any, *columns: Any) -> Select[Any]:
        mine = source.c.service_name == _STATE.c.service_name
        upto = (source.c.timestamp >= EARLIEST, source.c.timestamp <= bindparam("at"))
        order = (source.c.timestamp.desc(), source.c.id.desc())
        return select(*columns).where(mine, *upto).order_by(*order).limit(1).correlate(_STATE)

    if dialect == "postgresql":
        each = newest(rows, *columns).lateral()
        return select(each).select_from(_STATE.join(each, true()))
    other = rows.alias()
    return select(*columns).select_from(_STATE.join(rows, rows.c.id == newest(other, other.c.id).scalar_subquery()))
