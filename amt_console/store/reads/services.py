"""Reads of services: newest states, results, state changes and rollups."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, Select, String, bindparam, func, or_, select

from amt_console.clock import Clock
from amt_console.model import ErrorClass, ProbeResult, Rollup, ServiceState, ServiceStatus, TimedCheck
from amt_console.store.readable import readable
from amt_console.store.result_rows import result_of, timed_check_of
from amt_console.store.rollups import finished, past_states, reading
from amt_console.store.rollups.samples import sample_of_row, state_of
from amt_console.store.rollups.tables import ServiceStateRow, StateChangeLog
from amt_console.store.rollups.unfinished import Unfinished
from amt_console.store.schema import table
from amt_console.store.tables import MonitoringLog
from amt_console.store.utc import micros, moment
from amt_console.store.values import Row, clean, member

_LOGS = table(MonitoringLog)
_STATE = table(ServiceStateRow)
_CHANGES = table(StateChangeLog)
_STATES_BY_NAME = select(_STATE).order_by(_STATE.c.service_name)
_STATES_OF = _STATES_BY_NAME.where(_STATE.c.service_name.in_(bindparam("services", expanding=True)))
_SERIES = select(_STATE.c.service_name).where(
    or_(
        _STATE.c.service_name == bindparam("service"),
        func.substr(_STATE.c.service_name, 1, func.length(bindparam("before", type_=String))) == bindparam("before"),
    )
)
_CHANGE_COLUMNS = ("service_name", "timestamp", "state", "previous", "error_message", "error_class")
_CHANGE_VALUES = select(*(_CHANGES.c[name] for name in _CHANGE_COLUMNS))
_NEWEST_CHANGES_FIRST = (_CHANGES.c.timestamp.desc(), _CHANGES.c.id.desc())
_TIMED_CHECKS = (
    select(*(_LOGS.c[name] for name in ("timestamp", "status", "response_us", "response_time_ms", "metrics")))
    .where(
        _LOGS.c.service_name == bindparam("service"),
        _LOGS.c.timestamp >= bindparam("start"),
        _LOGS.c.timestamp < bindparam("end"),
    )
    .order_by(_LOGS.c.timestamp.desc(), _LOGS.c.id.desc())
    .limit(bindparam("most", type_=Integer))
)
"""Built once: that takes as long as its answer."""
_NONE_KNOWN: Mapping[str, ServiceStatus] = {}


@dataclass(frozen=True, slots=True)
class StateChangeRow:
    """A service entered a state."""

    service: str
    at: datetime
    state: ServiceState
    previous: ServiceState | None
    """``None`` for the first result ever."""
    error: str | None
    error_class: ErrorClass | None = None
    """Of the failure that it entered the state with."""


class ServiceReads:
    """Reads of services."""

    def __init__(self, connection: Connection, clock: Clock, *, only_reads: bool = True) -> None:
        """Args:
        connection: Of the transaction.
        clock: The time.
        only_reads: Whether the transaction shows one moment from its first to its last read.
        """
        self._connection = connection
        self._clock = clock
        self._unfinished = Unfinished(connection, kept=only_reads)

    def statuses(
        self,
        at: datetime | None = None,
        services: Collection[str] | None = None,
        *,
        known: Mapping[str, ServiceStatus] = _NONE_KNOWN,
    ) -> dict[str, ServiceStatus]:
        """The newest result of each service, and since when it is in its state.

        Args:
            at: Up to a moment; by default now.
            services: Only these.
            known: What was read before: what has not changed since is taken from here, which is quicker.
        """
        if services is None:
            rows = self._connection.execute(_STATES_BY_NAME).mappings().all()
        else:
            rows = self._connection.execute(_STATES_OF, {"services": sorted(services)}).mappings().all()
        if at is None:
            return {row["service_name"]: _status_of(row, known.get(row["service_name"])) for row in rows}
        found: dict[str, ServiceStatus] = {}
        past, changes = (
            past_states.newest_results(self._connection, at, services),
            past_states.newest_changes(self._connection, at, services),
        )
        for row in rows:
            name = row["service_name"]
            if row["timestamp"] <= at:
                found[name] = _status_of(row, known.get(name))
            elif name in past:
                last = result_of(past[name])
                since = changes[name]["timestamp"] if name in changes else last.timestamp
                found[name] = ServiceStatus(last, since, last.state)
        return found

    def series(self, service: str) -> list[str]:
        """The stored names of a service and its locations."""
        return list(self._connection.execute(_SERIES, {"service": service, "before": f"{service}@"}).scalars())

    def heard(self, at: datetime, services: Sequence[str] | None = None) -> dict[str, tuple[datetime, datetime]]:
        """When the newest result up to a moment was measured, and until when it speaks at most; of all or some."""
        limit = micros(at)
        samples = {
            state.service: state.newest for state in self._unfinished.opened(services) if state.newest.at <= limit
        }
        for name, row in past_states.newest_results(self._connection, at, services).items():
            samples[name] = sample_of_row(row)
        return {name: (moment(sample.at), moment(sample.speaks_until)) for name, sample in samples.items()}

    def last_changes(self, at: datetime, services: Collection[str] | None = None) -> dict[str, StateChangeRow]:
        """The newest change of state up to a moment of all services or some; kept for longer than single results."""
        found = past_states.newest_changes(self._connection, at, services)
        return {name: _change_of(row) for name, row in found.items()}

    def changes_beside(self, at: datetime, *, later: bool, limit: int) -> list[StateChangeRow]:
        """Changes of state of all services: the newest before a moment, newest first, or the first ones after it."""
        time = _CHANGES.c.timestamp
        query = select(_CHANGES).where(time > at if later else time < at).limit(limit)
        order = (time, _CHANGES.c.id) if later else _NEWEST_CHANGES_FIRST
        return [_change_of(row) for row in self._connection.execute(query.order_by(*order)).mappings()]

    def unmeasured(
        self, *, resolution: int, start: datetime, until: Mapping[str, datetime]
    ) -> dict[str, list[tuple[datetime, datetime]]] | None:
        """The time from ``start`` on, up to a moment of each service, in which nothing was measured; oldest first.

        Exact to a bucket of ``resolution`` seconds; ``None`` if there is no such bucket at all.
        """
        return finished.unmeasured(self._connection, resolution, start, until)

    def rollups(
        self,
        *,
        resolution: int,
        start: datetime,
        end: datetime,
        services: Sequence[str] | None = None,
        histograms: bool = True,
    ) -> dict[str, list[Rollup]]:
        """Buckets of 60, 300, 3600 or 86400 seconds by service, oldest first; buckets without any data are left out.

        The first bucket is the whole one that holds ``start``; the last one is cut at ``end`` exactly, as it was known
        then, and counts the newest result for as long as it may speak, up to now. Without ``histograms`` theirs lack
        values and nothing else is different: quicker, for charts of means and availability.
        """
        return reading.read(
            self._connection,
            self._unfinished,
            resolution=resolution,
            start=start,
            end=end,
            now=self._clock.now(),
            services=services,
            histograms=histograms,
        )

    def courses(
        self, *, resolution: int, windows: Sequence[tuple[datetime, datetime]], services: Sequence[str] | None = None
    ) -> dict[str, list[finished.Measured]]:
        """The buckets of all services, or of some, as few numbers: quick enough to compare a whole fleet.

        Args:
            resolution: Of the buckets, in seconds.
            windows: Each from the start of a bucket; the last bucket of one that ends within it is cut there.
        services: Only these.
        """
        now = self._clock.now()
        return reading.read_courses(
            self._connection, self._unfinished, resolution=resolution, windows=windows, now=now, services=services
        )

    def steps(self, *, resolution: int, start: datetime, end: datetime, step: int) -> dict[str, list[Rollup]]:
        """The sums of the steps of ``[start, end)`` by service, oldest first, without empty ones; the last one cut.

        Args:
            resolution: Of the buckets that they are made of, in seconds.
            start: That of a bucket.
            end: Behind the last moment.
            step: Seconds; a multiple of ``resolution``.
        """
        now = self._clock.now()
        return reading.read_steps(
            self._connection, self._unfinished, resolution=resolution, start=start, end=end, step=step, now=now
        )

    def totals(
        self,
        *,
        start: datetime,
        end: datetime,
        services: Sequence[str] | None = None,
        histograms: bool = True,
        exact: bool = False,
    ) -> dict[str, Rollup]:
        """One sum over ``[start, end)`` for each service, ``start`` rounded down to the minute unless ``exact``.

        Its ``seconds`` are the window's. Without ``histograms`` theirs lack most values: quicker, for counts and times.
        """
        return reading.totals(
            self._connection,
            self._unfinished,
            start=start,
            end=end,
            now=self._clock.now(),
            services=services,
            histograms=histograms,
            exact=exact,
        )

    def results(
        self, *, service: str | None, start: datetime, end: datetime, limit: int, newest_first: bool = True
    ) -> list[ProbeResult]:
        """Single results of ``[start, end)`` of one service or all."""
        query = self._known(select(_LOGS).where(_LOGS.c.timestamp >= start, _LOGS.c.timestamp < end))
        if service is not None:
            query = query.where(_LOGS.c.service_name == service)
        order = (_LOGS.c.timestamp.desc(), _LOGS.c.id.desc()) if newest_first else (_LOGS.c.timestamp, _LOGS.c.id)
        rows = self._connection.execute(query.order_by(*order).limit(limit)).mappings()
        return [result_of(row) for row in readable(rows)]

    def timed_checks(self, *, service: str, start: datetime, end: datetime, limit: int) -> list[TimedCheck]:
        """The times of the newest results of a service in ``[start, end)``: quicker than ``results``."""
        values = {"service": service, "start": start, "end": end, "most": limit}
        rows = self._connection.execute(self._known(_TIMED_CHECKS), values)
        return [timed_check_of(*row) for row in rows if row[0] is not None]

    def _known(self, query: Select[Any]) -> Select[Any]:
        """A query of single results, without those that do not count."""
        return query

    def state_changes(
        self, *, start: datetime, end: datetime, services: Sequence[str] | None = None
    ) -> list[StateChangeRow]:
        """Changes of state in ``[start, end)``, oldest first."""
        query = _CHANGE_VALUES.where(_CHANGES.c.timestamp >= start, _CHANGES.c.timestamp < end)
        if services is not None:
            query = query.where(_CHANGES.c.service_name.in_(sorted(services)))
        rows = self._connection.execute(query.order_by(_CHANGES.c.timestamp, _CHANGES.c.id)).all()
        return [_change_of_values(*row) for row in rows]

    def last_change(self, service: str, at: datetime) -> StateChangeRow | None:
        """The newest change of state of a service up to a moment; kept for longer than its single results."""
        query = select(_CHANGES).where(_CHANGES.c.service_name == service, _CHANGES.c.timestamp <= at)
        newest = query.order_by(*_NEWEST_CHANGES_FIRST).limit(1)
        row = self._connection.execute(newest).mappings().first()
        return None if row is None else _change_of(row)


def _status_of(row: Row, known: ServiceStatus | None) -> ServiceStatus:
    """A service has one result of a moment."""
    since, state = row["since"], state_of(row["status"])
    if known is not None and (known.last.timestamp, known.since, known.state) == (row["timestamp"], since, state):
        return known
    return ServiceStatus(result_of(row), since, state)


def _change_of(row: Row) -> StateChangeRow:
    return _change_of_values(*[row[name] for name in _CHANGE_COLUMNS])


def _change_of_values(
    service: str, at: datetime, state: str, previous: str | None, error: str | None, error_class: str | None
) -> StateChangeRow:
    return StateChangeRow(
        service,
        at,
        state_of(state),
        None if previous is None else state_of(previous),
        clean(error),
        member(ErrorClass, error_class),
    )
