"""Everything that can be asked.

Each question has an upper bound in time, so that the past can be asked like the present.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select

from amt_console.clock import Clock
from amt_console.model import (
    AlertEvent,
    AlertState,
    BusinessFigures,
    Episode,
    FigureKind,
    Gap,
    GapReason,
    HostRollup,
    HostSample,
    ProbeResult,
    Rollup,
    ServiceState,
)
from amt_console.store import episodes
from amt_console.store.readable import readable
from amt_console.store.result_rows import result_of, state_of
from amt_console.store.rollups import host, rebuild
from amt_console.store.rollups import reading as rollups
from amt_console.store.rollups.tables import ServiceStateRow, StateChangeLog
from amt_console.store.sample_rows import figure_of, figures_of
from amt_console.store.schema import table
from amt_console.store.tables import BusinessFiguresRow, GapRow, HeartbeatRow, MetaRow, MonitoringLog
from amt_console.store.utc import moment
from amt_console.store.values import clean, from_json

_LOGS = table(MonitoringLog)
_STATE = table(ServiceStateRow)
_CHANGES = table(StateChangeLog)
_FIGURES = table(BusinessFiguresRow)
_GAPS = table(GapRow)
_MONITOR = table(HeartbeatRow)
_META = table(MetaRow)
_STATES_BY_NAME = select(_STATE).order_by(_STATE.c.service_name)
_NEWEST_FIGURES = (
    select(_FIGURES)
    .where(_FIGURES.c.kind == bindparam("kind"))
    .order_by(_FIGURES.c.timestamp.desc(), _FIGURES.c.id.desc())
    .limit(1)
)
_FIGURES_UP_TO = _NEWEST_FIGURES.where(_FIGURES.c.timestamp <= bindparam("at"))
_NEWEST_MONITOR = select(_MONITOR)
_SIMULATED_UNTIL = select(_META.c.number).where(_META.c.key == "simulated_until")
_LONG_CHART = timedelta(days=2)
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """A service at one moment."""

    last: ProbeResult
    since: datetime
    """When it entered ``state``."""
    state: ServiceState


@dataclass(frozen=True, slots=True)
class StateChangeRow:
    """A service entered a state."""

    service: str
    at: datetime
    state: ServiceState
    previous: ServiceState | None
    """``None`` for the first result ever."""
    error: str | None


@dataclass(frozen=True, slots=True)
class MonitorRow:
    """The monitor's newest sign of life."""

    host: str
    pid: int
    started_at: datetime
    last_cycle_at: datetime


class Reads:
    """Questions within one transaction: all answers show the same moment of the database."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def service_statuses(self, at: datetime | None = None) -> dict[str, ServiceStatus]:
        """The newest result of each service, or the newest one up to a moment, and since when it is in its state."""
        rows = self._connection.execute(_STATES_BY_NAME).mappings().all()
        if at is None:
            return {
                row["service_name"]: ServiceStatus(result_of(row), row["since"], state_of(row["status"]))
                for row in rows
            }
        found: dict[str, ServiceStatus] = {}
        for row in rows:
            name = row["service_name"]
            if row["timestamp"] <= at:
                found[name] = ServiceStatus(result_of(row), row["since"], state_of(row["status"]))
            elif (past := rebuild.newest_row(self._connection, name, at + _INSTANT)) is not None:
                last = result_of(past)
                found[name] = ServiceStatus(last, self._since(name, at) or last.timestamp, last.state)
        return found

    def _since(self, service: str, at: datetime) -> datetime | None:
        since: datetime | None = self._connection.execute(
            select(_CHANGES.c.timestamp)
            .where(_CHANGES.c.service_name == service, _CHANGES.c.timestamp <= at)
            .order_by(_CHANGES.c.timestamp.desc())
            .limit(1)
        ).scalar()
        return since

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
        return rollups.read(
            self._connection,
            resolution=resolution,
            start=start,
            end=end,
            now=self._clock.now(),
            services=services,
            histograms=histograms,
        )

    def totals(self, *, start: datetime, end: datetime, services: Sequence[str] | None = None) -> dict[str, Rollup]:
        """One sum over ``[start, end)`` for each service, ``start`` rounded down to the minute.

        Its ``seconds`` are the window's.
        """
        return rollups.totals(self._connection, start=start, end=end, now=self._clock.now(), services=services)

    def host_rollups(
        self,
        *,
        resolution: int,
        start: datetime,
        end: datetime,
        metrics: Sequence[str] = host.HOST_METRICS,
        histograms: bool = True,
    ) -> dict[str, list[HostRollup]]:
        """Buckets of 60, 300, 3600 or 86400 seconds by figure, oldest first.

        Without ``histograms`` theirs are empty.
        """
        return host.rollups(
            self._connection, resolution=resolution, start=start, end=end, metrics=metrics, histograms=histograms
        )

    def host_sample(self, at: datetime | None = None) -> HostSample | None:
        """The newest sample of the host, or the newest one up to a moment."""
        return host.sample_at(self._connection, at)

    def host_samples(self, start: datetime, end: datetime) -> list[HostSample]:
        """The samples of ``[start, end)``, oldest first."""
        return host.samples(self._connection, start, end)

    def results(
        self, *, service: str | None, start: datetime, end: datetime, limit: int, newest_first: bool = True
    ) -> list[ProbeResult]:
        """Single results of ``[start, end)`` of one service or all."""
        query = select(_LOGS).where(_LOGS.c.timestamp >= start, _LOGS.c.timestamp < end)
        if service is not None:
            query = query.where(_LOGS.c.service_name == service)
        order = (_LOGS.c.timestamp.desc(), _LOGS.c.id.desc()) if newest_first else (_LOGS.c.timestamp, _LOGS.c.id)
        rows = self._connection.execute(query.order_by(*order).limit(limit)).mappings()
        return [result_of(row) for row in readable(rows)]

    def state_changes(
        self, *, start: datetime, end: datetime, services: Sequence[str] | None = None
    ) -> list[StateChangeRow]:
        """Changes of state in ``[start, end)``, oldest first."""
        query = select(_CHANGES).where(_CHANGES.c.timestamp >= start, _CHANGES.c.timestamp < end)
        if services is not None:
            query = query.where(_CHANGES.c.service_name.in_(sorted(services)))
        rows = self._connection.execute(query.order_by(_CHANGES.c.timestamp, _CHANGES.c.id)).mappings()
        return [
            StateChangeRow(
                service=row["service_name"],
                at=row["timestamp"],
                state=state_of(row["state"]),
                previous=None if row["previous"] is None else state_of(row["previous"]),
                error=clean(row["error_message"]),
            )
            for row in rows
        ]

    def open_episodes(self, at: datetime | None = None) -> list[Episode]:
        """Open alerts, oldest first.

        With ``at``, those that were open then, with the state, severity and handling of then.
        """
        return episodes.open_episodes(self._connection, at)

    def episode(self, alert_id: int) -> Episode | None:
        """One alert episode."""
        return episodes.episode(self._connection, alert_id)

    def episodes(
        self,
        *,
        start: datetime,
        end: datetime,
        states: Sequence[AlertState] | None = None,
        subject: str | None = None,
        limit: int,
    ) -> list[Episode]:
        """Episodes as they are now that were open at any time in ``[start, end)``, newest first."""
        return episodes.episodes(self._connection, start=start, end=end, states=states, subject=subject, limit=limit)

    def events(self, alert_id: int) -> list[AlertEvent]:
        """Everything that happened to an episode, oldest first."""
        return episodes.events(self._connection, alert_id)

    def figures(self, at: datetime | None = None) -> dict[FigureKind, BusinessFigures]:
        """The newest figures of each kind, or the newest up to a moment."""
        found: dict[FigureKind, BusinessFigures] = {}
        query, values = (_NEWEST_FIGURES, {}) if at is None else (_FIGURES_UP_TO, {"at": at})
        for kind in FigureKind:
            row = self._connection.execute(query, {"kind": kind.value, **values}).mappings().first()
            if row is not None and (figures := figures_of(row)) is not None:
                found[kind] = figures
        return found

    def figure_history(
        self, kind: FigureKind, name: str, start: datetime, end: datetime
    ) -> list[tuple[datetime, float]]:
        """A single-number figure over ``[start, end)``, oldest first.

        Hourly values where the window is longer than two days.
        """
        query = select(_FIGURES.c.timestamp, _FIGURES.c.figures).where(
            _FIGURES.c.kind == kind.value, _FIGURES.c.timestamp >= start, _FIGURES.c.timestamp < end
        )
        if end - start > _LONG_CHART:
            query = query.where(_FIGURES.c.hourly.is_(True))
        points: list[tuple[datetime, float]] = []
        for at, stored in self._connection.execute(query.order_by(_FIGURES.c.timestamp, _FIGURES.c.id)):
            value = figure_of((from_json(stored) or {}).get(name)).value
            if isinstance(value, (int, float)):
                points.append((at, float(value)))
        return points

    def gaps(self, start: datetime, end: datetime) -> list[Gap]:
        """Gaps that overlap ``[start, end)``, oldest first, not clipped."""
        rows = self._connection.execute(
            select(_GAPS)
            .where(_GAPS.c.ended_at > start, _GAPS.c.started_at < end)
            .order_by(_GAPS.c.started_at, _GAPS.c.ended_at, _GAPS.c.id)
        ).mappings()
        return [Gap(row["started_at"], row["ended_at"], GapReason(row["reason"])) for row in rows]

    def monitor(self) -> MonitorRow | None:
        """The newest sign of life of a monitor."""
        row = self._connection.execute(_NEWEST_MONITOR).mappings().first()
        if row is None:
            return None
        return MonitorRow(row["host"], row["pid"], row["started_at"], row["last_cycle_at"])

    def simulated_until(self) -> datetime | None:
        """The newest moment for which simulated data was stored; ``None`` if there is none."""
        number = self._connection.execute(_SIMULATED_UNTIL).scalar()
        return None if number is None else moment(number)
