"""Stores results: raw row, state of the service, state changes and rollups, in one transaction.

A result in order, as nearly all are, costs one raw row and one state row; finished buckets are inserted once. For a
late result ``rebuild`` recomputes the buckets around it. A second result of the same service and moment is ignored, and
so is one so late that the raw rows of its time have been deleted.

After the clock was set back, stored results lie ahead. They keep their time, but they are not the current state: new
results count as late, and determine the state of the service until time has caught up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from amt_console.clock import Clock
from amt_console.model import ProbeResult
from amt_console.store.engines.dialect import Dialect
from amt_console.store.result_rows import LOG_COLUMNS, LogValues, result_values
from amt_console.store.rollups import horizon, rebuild
from amt_console.store.rollups.buckets import OpenBuckets, Sample
from amt_console.store.rollups.rows import ROLLUP_COLUMNS, rollup_values
from amt_console.store.rollups.samples import sample_of, sample_of_row
from amt_console.store.rollups.tables import ServiceRollupRow, ServiceStateRow, StateChangeLog
from amt_console.store.rollups.value_sums import ValueIngest
from amt_console.store.schema import table
from amt_console.store.tables import MetaRow, MonitoringLog
from amt_console.store.utc import SECOND, micros, moment

_LOGS = table(MonitoringLog)
_STATE = table(ServiceStateRow)
_CHANGES = table(StateChangeLog)
_ROLLUPS = table(ServiceRollupRow)
_DAY = 86_400 * SECOND
_STATE_COLUMNS = (
    "timestamp",
    "service_name",
    "status",
    "since",
    "response_us",
    "error_class",
    "error_message",
    "attempt",
    "interval_us",
    "metrics",
    "open_buckets",
)
_CHANGE_COLUMNS = ("timestamp", "service_name", "state", "previous", "error_class", "error_message")
_META = table(MetaRow)
_AHEAD = "ahead "
"""How the keys begin under which ``store_meta`` keeps up to when services have results that are ahead of the clock."""
_TOLERANCE = 1 * SECOND
"""Tolerance for results ahead of the clock without a clock step."""


@dataclass(slots=True)
class _Known:
    """The cached state of a service: its newest sample, the start of its state, and its unfinished buckets."""

    newest: Sample
    since: object
    """As the driver stores it."""
    open: OpenBuckets


class Ingest:
    """Writes results. Remembers the services' newest samples between transactions until told to forget."""

    def __init__(self, dialect: Dialect, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._ahead: dict[str, int] | None = None
        """Up to when services have results, of those that have some ahead of the clock; ``None`` until read."""
        self._days: set[int] = set()
        self._dialect = dialect
        self._moment_value = dialect.moment_value
        self._insert_logs = dialect.bulk(_LOGS, LOG_COLUMNS)
        self._insert_changes = dialect.bulk(_CHANGES, _CHANGE_COLUMNS)
        self._replace_states = dialect.bulk(_STATE, _STATE_COLUMNS, replace=True)
        self.replace_rollups = dialect.bulk(_ROLLUPS, ROLLUP_COLUMNS, replace=True)
        """Driver's statement for rows of ``rollup_values``."""
        self.upsert_state = dialect.upsert(_STATE)
        self._upsert_meta = dialect.upsert(_META)
        self._values = ValueIngest(dialect)

    def forget(self) -> None:
        """Clear the cache: another process wrote, or a transaction was rolled back."""
        self._known.clear()
        self._days.clear()
        self._ahead = None

    def add(self, connection: Connection, results: Sequence[ProbeResult], *, simulated: bool) -> None:
        """Store results in any order."""
        by_service: dict[str, list[tuple[Sample, ProbeResult]]] = {}
        for result in results:
            by_service.setdefault(result.service, []).append((sample_of(result), result))
        self._load(connection, by_service)
        batch = _Batch(self._moment_value, simulated)
        late: dict[str, list[tuple[Sample, ProbeResult]]] = {}
        for service, arrived in by_service.items():
            if len(arrived) > 1:
                arrived.sort(key=_time)
            if self._lies_ahead(connection, service, arrived[0][0]):
                late[service] = arrived
                continue
            for sample, result in arrived:
                known = self._known.get(service)
                if known is not None and sample.at <= known.newest.at:
                    late.setdefault(service, []).append((sample, result))
                else:
                    self._known[service] = batch.append(known, sample, result)
        self._store(connection, batch)
        for service, arrived in late.items():
            self._add_late(connection, service, arrived, simulated)

    def rebuild(self, connection: Connection, service: str, start: int, end: int) -> None:
        """Recompute what is derived from a service's raw rows in ``[start, end)``, in microseconds."""
        until = self._latest() if service in self._marks(connection) else None
        rebuild.service(connection, service, start, end, self.replace_rollups, self.upsert_state, until=until)
        self._known.pop(service, None)

    def _marks(self, connection: Connection) -> dict[str, int]:
        if self._ahead is None:
            found = connection.execute(select(_META.c.key, _META.c.number).where(_META.c.key.startswith(_AHEAD)))
            self._ahead = {str(key).removeprefix(_AHEAD): int(number) for key, number in found}
        return self._ahead

    def _latest(self) -> int:
        """The latest moment that a result of now can have."""
        return micros(self._clock.now()) + _TOLERANCE

    def _lies_ahead(self, connection: Connection, service: str, first: Sample) -> bool:
        """Whether what is stored of a service is ahead of the clock, noted with the first result that tells so."""
        marks = self._marks(connection)
        known = self._known.get(service)
        if service in marks:
            return True
        if known is None or first.at > known.newest.at or known.newest.at <= self._latest():
            return False
        marks[service] = known.newest.at
        connection.execute(self._upsert_meta, [{"key": _AHEAD + service, "number": known.newest.at, "content": None}])
        return True

    def _catch_up(self, connection: Connection, service: str, newest: int) -> None:
        """The newest result of a service with results ahead was stored: finish what was open, and look whether time
        has caught up.
        """
        known, marks = self._known.get(service), self._marks(connection)
        if known is not None:
            self.rebuild(connection, service, known.newest.at, known.newest.at + 1)
        if newest > marks[service]:
            connection.execute(delete(_META).where(_META.c.key == _AHEAD + service))
            last = marks.pop(service)
            self.rebuild(connection, service, last, last + 1)

    def _load(self, connection: Connection, services: Iterable[str]) -> None:
        missing = [service for service in services if service not in self._known]
        for begin in range(0, len(missing), 500):
            query = select(_STATE).where(_STATE.c.service_name.in_(missing[begin : begin + 500]))
            for row in connection.execute(query).mappings():
                self._known[row["service_name"]] = _Known(
                    sample_of_row(row),
                    self._moment_value(row["since"]),
                    OpenBuckets.unpacked(bytes(row["open_buckets"])),
                )

    def _store(self, connection: Connection, batch: _Batch) -> None:
        if not batch.logs:
            return
        self._make_room(connection, batch.days)
        connection.exec_driver_sql(self._insert_logs, batch.logs)
        if batch.valued:
            self._values.add(connection, batch.valued)
        if batch.changes:
            connection.exec_driver_sql(self._insert_changes, batch.changes)
        if batch.rollups:
            connection.exec_driver_sql(self.replace_rollups, batch.rollups)
        states = []
        for service, row in batch.newest.items():
            known = self._known[service]
            states.append(
                (
                    row.timestamp,
                    service,
                    row.status,
                    known.since,
                    row.response_us,
                    row.error_class,
                    row.error_message,
                    row.attempt,
                    row.interval_us,
                    row.metrics,
                    known.open.pack(),
                )
            )
        connection.exec_driver_sql(self._replace_states, states)

    def _add_late(
        self, connection: Connection, service: str, arrived: list[tuple[Sample, ProbeResult]], simulated: bool
    ) -> None:
        kept = horizon.kept_from(connection, _LOGS.name)
        arrived = [each for each in arrived if horizon.recomputable(each[0], kept)]
        if not arrived:
            return
        stored = connection.execute(
            select(_LOGS.c.timestamp).where(
                _LOGS.c.service_name == service,
                _LOGS.c.timestamp.between(moment(arrived[0][0].at), moment(arrived[-1][0].at)),
            )
        ).scalars()
        seen = set(stored)
        rows = []
        touched = []
        stored_now: list[ProbeResult] = []
        for sample, result in arrived:
            if result.timestamp not in seen:
                seen.add(result.timestamp)
                touched.append(sample.at)
                rows.append(result_values(result, sample, self._moment_value(result.timestamp), simulated))
                stored_now.append(result)
        if rows:
            self._make_room(connection, {at // _DAY for at in touched})
            connection.exec_driver_sql(self._insert_logs, rows)
            self._values.add(connection, stored_now)
            if service in self._marks(connection):
                self._catch_up(connection, service, touched[-1])
            self.rebuild(connection, service, touched[0], touched[-1] + 1)

    def _make_room(self, connection: Connection, days: set[int]) -> None:
        if not days <= self._days:
            self._dialect.make_room(connection, _LOGS, days)
            self._days |= days


class _Batch:
    """The rows of one call."""

    def __init__(self, moment_value: Callable[[datetime], object], simulated: bool) -> None:
        self._moment_value = moment_value
        self._simulated = simulated
        self.logs: list[LogValues] = []
        self.changes: list[tuple[Any, ...]] = []
        self.rollups: list[tuple[Any, ...]] = []
        self.newest: dict[str, LogValues] = {}
        self.valued: list[ProbeResult] = []
        """Those with values."""
        self.days: set[int] = set()
        """Counted from 1970."""

    def append(self, known: _Known | None, sample: Sample, result: ProbeResult) -> _Known:
        """Add the next result of a service; returns its new state."""
        at = self._moment_value(result.timestamp)
        row = result_values(result, sample, at, self._simulated)
        service = result.service
        self.logs.append(row)
        if result.values:
            self.valued.append(result)
        self.days.add(sample.at // _DAY)
        self.newest[service] = row
        if known is None:
            known = _Known(sample, at, OpenBuckets.at(sample.at))
            known.open.append(None, sample)
            self._changed(row, None)
            return known
        before = known.newest
        for resolution, bucket in known.open.append(before, sample):
            self.rollups.append(rollup_values(service, resolution, bucket))
        known.newest = sample
        if before.state is not sample.state:
            known.since = at
            self._changed(row, before.state.value)
        return known

    def _changed(self, row: LogValues, previous: str | None) -> None:
        self.changes.append((row.timestamp, row.service_name, row.status, previous, row.error_class, row.error_message))


def _time(arrived: tuple[Sample, ProbeResult]) -> int:
    return arrived[0].at
