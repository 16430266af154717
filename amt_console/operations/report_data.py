"""Gathers what the reports of one window are made of from the store, in one read transaction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from amt_console import __version__
from amt_console.analysis import AnalysisLimits, HostBucket, Window
from amt_console.config.defaults import MONITORING_DB
from amt_console.model import (
    RESOLUTIONS,
    Criticality,
    Database,
    FigureKind,
    MonitorState,
    MonitorStatus,
    Rollup,
    ServiceState,
    ServiceView,
    Target,
    series_of,
)
from amt_console.operations.snapshot_builder import SILENT_AFTER_SECONDS
from amt_console.operations.views import service_view
from amt_console.operations.windows import ServiceWindows
from amt_console.reports.data import AlertRecord, FigureName, History, ReportData, ServiceRecord
from amt_console.store import Reads, ServiceStatus, StateChangeRow

if TYPE_CHECKING:
    from amt_console.config import Settings

MAX_ALERTS = 1000
MAX_ALERTS_WITH_EVENTS = 200
HISTORIES: tuple[FigureName, ...] = (
    (FigureKind.OVERVIEW, "total_users"),
    (FigureKind.OVERVIEW, "daily_active_users"),
    (FigureKind.OVERVIEW, "page_views"),
    (FigureKind.OVERVIEW, "bounce_rate"),
    (FigureKind.CHATBOT, "conversations"),
    (FigureKind.CHATBOT, "satisfaction"),
    (FigureKind.CHATBOT, "resolution_rate"),
    (FigureKind.CHATBOT, "response_time"),
    (FigureKind.REVENUE, "mrr"),
    (FigureKind.REVENUE, "paying_users"),
    (FigureKind.REVENUE, "churn_rate"),
    (FigureKind.REVENUE, "arpu"),
)
"""The figures that the pages draw over the window."""


@dataclass(frozen=True, slots=True)
class _Then:
    """What is known of the services, from the window's start to its end."""

    window: Window
    start: dict[str, ServiceStatus]
    end: dict[str, ServiceStatus]
    changes: dict[str, list[StateChangeRow]]
    buckets: dict[str, list[Rollup]]
    previous: dict[str, list[Rollup]]


def gather(reads: Reads, *, targets: Sequence[Target], settings: Settings, window: Window, zone: str) -> ReportData:
    """Everything that the reports of ``window`` say; the window's end is taken for now."""
    before = window.previous()
    resolution = source_resolution(window.step)
    changes: dict[str, list[StateChangeRow]] = {}
    for change in reads.services.state_changes(start=window.start, end=window.end):
        changes.setdefault(change.service, []).append(change)
    then = _Then(
        window=window,
        start=reads.services.statuses(window.start),
        end=reads.services.statuses(window.end),
        changes=changes,
        buckets=reads.services.rollups(resolution=resolution, start=window.start, end=window.end),
        previous=reads.services.rollups(resolution=resolution, start=before.start, end=before.end),
    )
    last = [status.last.timestamp for status in then.end.values() if status.last.timestamp >= window.start]
    return ReportData(
        window=window,
        made_at=window.end,
        version=__version__,
        zone=zone,
        limits=_limits(settings),
        monitor=_monitor(reads, window.end),
        measured_until=max(last, default=None),
        simulated_until=reads.monitor.simulated_until(),
        services=_services(then, targets),
        alerts=_alerts(reads, window),
        gaps=tuple(reads.monitor.gaps(before.start, window.end)),
        host=_host(reads, window, resolution),
        previous_host=_host(reads, before, resolution),
        host_now=reads.host.sample(window.end),
        figures={
            kind: figures
            for kind, figures in reads.figures.newest(window.end).items()
            if figures.timestamp >= window.start
        },
        figures_before={
            kind: figures
            for kind, figures in reads.figures.newest(window.start).items()
            if figures.timestamp >= before.start
        },
        history={key: _history(reads, key, window) for key in HISTORIES},
    )


def source_resolution(step: int) -> int:
    """The coarsest stored buckets that a window's steps can be put together from."""
    return max(resolution for resolution in RESOLUTIONS if step % resolution == 0)


def _services(then: _Then, targets: Sequence[Target]) -> tuple[ServiceRecord, ...]:
    records = [_configured(then, target) for target in targets]
    known = {target.name for target in targets}
    gone = sorted(
        name
        for name, buckets in then.buckets.items()
        if name not in known and buckets and series_of(name, known | then.end.keys()) is None
    )
    return (*records, *(_removed(then, name) for name in gone))


def _configured(then: _Then, target: Target) -> ServiceRecord:
    now: ServiceView = service_view(target, then.end.get(target.name), ServiceWindows(), (), then.window.end)
    initial, initial_error = _initial(then, target.name)
    return ServiceRecord(
        name=target.name,
        # Where the monitor keeps its data is no part of what it reports on.
        url="" if target.name == MONITORING_DB else now.url,
        group=target.group,
        criticality=target.criticality,
        kind="database" if isinstance(target, Database) else "http",
        interval=target.interval,
        warning_ms=target.degraded_above_ms,
        state=now.state,
        since=now.since,
        last_checked=now.last_checked,
        response_time_ms=now.response_time_ms,
        error=now.error,
        tls_expires_at=now.tls_expires_at,
        initial=initial,
        initial_error=initial_error,
        changes=_changes(then, target.name),
        buckets=tuple(then.buckets.get(target.name, ())),
        previous=tuple(then.previous.get(target.name, ())),
    )


def _removed(then: _Then, name: str) -> ServiceRecord:
    """A service that is no longer configured but was measured in the window."""
    status = then.end.get(name)
    initial, initial_error = _initial(then, name)
    return ServiceRecord(
        name=name,
        url="",
        group="",
        criticality=Criticality.LOW,
        warning_ms=None,
        configured=False,
        last_checked=status.last.timestamp if status else None,
        initial=initial,
        initial_error=initial_error,
        changes=_changes(then, name),
        buckets=tuple(then.buckets.get(name, ())),
        previous=tuple(then.previous.get(name, ())),
    )


def _initial(then: _Then, name: str) -> tuple[ServiceState, str | None]:
    """The state at the window's start, also when the single results of that time are gone."""
    status = then.start.get(name)
    if status is not None:
        return status.state, status.last.error
    changes = then.changes.get(name)
    if changes:
        return changes[0].previous or ServiceState.UNKNOWN, None
    now = then.end.get(name)
    if now is not None and now.since <= then.window.start:
        return now.state, now.last.error
    return ServiceState.UNKNOWN, None


def _changes(then: _Then, name: str) -> tuple[tuple[datetime, ServiceState, str | None], ...]:
    return tuple((change.at, change.state, change.error) for change in then.changes.get(name, ()))


def _limits(settings: Settings) -> AnalysisLimits:
    wanted = settings.alert_thresholds
    return AnalysisLimits(
        response_time_warning_ms=wanted.response_time_warning_ms,
        response_time_ms=wanted.response_time_ms,
        error_rate_warning_percent=wanted.error_rate_warning_percent,
        error_rate_percent=wanted.error_rate_percent,
        cpu_usage_percent=wanted.cpu_usage_percent,
        memory_usage_percent=wanted.memory_usage_percent,
        disk_usage_percent=wanted.disk_usage_percent,
        uptime_percent=wanted.uptime_percent,
    )


def _monitor(reads: Reads, now: datetime) -> MonitorStatus:
    row = reads.monitor.sign_of_life()
    if row is None:
        return MonitorStatus(MonitorState.STOPPED)
    quiet = (now - row.last_cycle_at).total_seconds()
    return MonitorStatus(
        state=MonitorState.STOPPED if quiet > SILENT_AFTER_SECONDS else MonitorState.RUNNING,
        host=row.host,
        pid=row.pid,
        started_at=row.started_at,
        last_cycle_at=row.last_cycle_at,
    )


def _alerts(reads: Reads, window: Window) -> tuple[AlertRecord, ...]:
    """Alerts of this window and the one before, oldest first; events for the newest of this window."""
    found = reads.alerts.episodes(
        start=window.previous().start, end=window.end + timedelta(microseconds=1), limit=MAX_ALERTS
    )
    records = []
    for position, episode in enumerate(found):
        ended_before = episode.resolved_at is not None and episode.resolved_at < window.start
        wanted = position < MAX_ALERTS_WITH_EVENTS and not ended_before and episode.id is not None
        records.append(AlertRecord(episode, tuple(reads.alerts.events(episode.id or 0)) if wanted else ()))
    return tuple(reversed(records))


def _host(reads: Reads, window: Window, resolution: int) -> tuple[HostBucket, ...]:
    """The host's figures on the window's steps; a step without samples stays empty, so that a line breaks there."""
    found = reads.host.rollups(resolution=resolution, start=window.start, end=window.end)
    sums: dict[str, dict[int, tuple[int, float, float]]] = {}
    for metric in ("cpu_usage", "memory_usage", "disk_usage", "active_connections"):
        steps = sums.setdefault(metric, {})
        for row in found.get(metric, ()):
            count, total, high = steps.get(window.index(row.start), (0, 0.0, -math.inf))
            entry = (
                count + row.samples,
                total + (row.histogram.mean or 0.0) * row.samples,
                max(high, row.histogram.high or 0.0),
            )
            steps[window.index(row.start)] = entry
    if not any(sums.values()):
        return ()
    buckets = []
    for index, start in enumerate(window.starts()):
        cpu, memory, disk, connections = (_mean_max(steps.get(index)) for steps in sums.values())
        buckets.append(HostBucket(start, window.step, *cpu, *memory, *disk, *connections))
    return tuple(buckets)


def _mean_max(entry: tuple[int, float, float] | None) -> tuple[float | None, float | None]:
    if entry is None or not entry[0]:
        return None, None
    return entry[1] / entry[0], entry[2]


def _history(reads: Reads, key: FigureName, window: Window) -> History:
    kind, name = key
    return tuple(reads.figures.history(kind, name, window.start, window.end))
