"""Gather the data of one window's reports from the store, in one read transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from amt_console import __version__
from amt_console.alerts import as_of, told
from amt_console.analysis import AnalysisLimits, Window
from amt_console.analysis.phases import NO_PHASES, PhaseSummary, phase_summary
from amt_console.analysis.series import regroup_host
from amt_console.analysis.uptime.budgets import BURN_WINDOWS
from amt_console.config.defaults import MONITORING_DB
from amt_console.config.slos import slos_of
from amt_console.model import (
    RESOLUTIONS,
    AlertState,
    Criticality,
    Episode,
    ErrorClass,
    Gap,
    HostRollup,
    MonitorState,
    MonitorStatus,
    Rollup,
    ServiceState,
    ServiceStatus,
    ServiceView,
    Target,
    kind_of,
    series_of,
)
from amt_console.model.slo import Slo
from amt_console.operations.views import SILENT_AFTER_SECONDS, service_view
from amt_console.operations.windows import ServiceWindows
from amt_console.reports.gathering.data import AlertRecord, ReportData, ServiceRecord
from amt_console.reports.gathering.figures import gather_figures
from amt_console.reports.gathering.kept import deleted_of, whole_day
from amt_console.store import Reads, StateChangeRow

if TYPE_CHECKING:
    from amt_console.config import Settings

RESOURCE_METRICS = {
    "cpu": "cpu_usage",
    "memory": "memory_usage",
    "disk": "disk_usage",
    "connections": "active_connections",
}
"""Stored names of the host's resources."""
MAX_ALERTS = 1000
MAX_ALERTS_WITH_EVENTS = 200
PHASES_OF = timedelta(hours=24)
MOST_CHECKS, FEWEST_CHECKS = 6000, 30
"""Single checks that are read for phases: of all services together, and at least of each."""
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class _Then:
    """Data of the services, from the window's start to its end."""

    window: Window
    start: dict[str, ServiceStatus]
    end: dict[str, ServiceStatus]
    changes: dict[str, list[StateChangeRow]]
    buckets: dict[str, list[Rollup]]
    previous: dict[str, list[Rollup]]
    past: bool
    """Whether the window ended in the past."""
    deleted_before: datetime | None
    """Retention has deleted single checks before this moment."""


def gather(
    reads: Reads,
    *,
    targets: Sequence[Target],
    settings: Settings,
    window: Window,
    zone: str,
    made_at: datetime,
    counted: bool = True,
) -> ReportData:
    """All data of the reports on ``window``, as known at its end, whenever they are written.

    ``counted``: whether the raw rows are counted, as JSON tells them. To count those of a month takes half a second.
    """
    before = window.previous()
    resolution = source_resolution(window.step, window.start)
    changes: dict[str, list[StateChangeRow]] = {}
    for change in reads.services.state_changes(start=window.start, end=window.end):
        changes.setdefault(change.service, []).append(change)
    then = _Then(
        window=window,
        start=reads.services.statuses(window.start),
        end=reads.services.statuses(window.end),
        changes=changes,
        buckets=reads.services.steps(resolution=resolution, start=window.start, end=window.end, step=window.step),
        previous=reads.services.steps(resolution=resolution, start=before.start, end=before.end, step=before.step),
        past=window.end < made_at,
        deleted_before=reads.raw.extent("monitoring_logs").deleted_before,
    )
    last = [at for name in then.end.keys() | then.buckets.keys() if (at := _last_measured(then, name)) is not None]
    figures = gather_figures(reads, window)
    slos = slos_of(settings)
    return ReportData(
        window=window,
        made_at=made_at,
        version=__version__,
        zone=zone,
        limits=_limits(settings),
        rows=reads.raw.counts(window.start, window.end) if counted else {},
        deleted=deleted_of(reads, window),
        newest_rows=None if then.past else reads.raw.newest_ids(),
        monitor=_monitor(reads, window, targets, then),
        measured_until=max(last, default=None),
        simulated_until=_simulated_until(reads, window),
        services=_services(reads, then, targets),
        alerts=_alerts(reads, window, past=then.past),
        gaps=_gaps(reads, window),
        host=_host(reads, window, resolution),
        previous_host=_host(reads, before, resolution),
        disk_day=whole_day(reads, RESOURCE_METRICS["disk"], window.end),
        host_now=reads.host.sample(window.end),
        figures=figures.newest,
        means=figures.means,
        means_before=figures.means_before,
        history=figures.history,
        previous_history=figures.previous_history,
        daily=figures.daily,
        slos=slos,
        slo_totals=_slo_totals(reads, slos, window.end),
    )


def _simulated_until(reads: Reads, window: Window) -> datetime | None:
    """The end of simulated history within the window."""
    until = reads.monitor.simulated_until()
    return None if until is None or until <= window.start else min(until, window.end)


def source_resolution(step: int, start: datetime) -> int:
    """The coarsest stored resolution whose buckets a window's steps are made of; ``start`` is a whole minute."""
    begin = int(start.timestamp())
    return max((each for each in RESOLUTIONS if step % each == 0 == begin % each), default=RESOLUTIONS[0])


def _services(reads: Reads, then: _Then, targets: Sequence[Target]) -> tuple[ServiceRecord, ...]:
    records = [_configured(reads, then, target) for target in targets]
    known = {target.name for target in targets}
    gone = sorted(
        name
        for name, buckets in then.buckets.items()
        if name not in known and buckets and series_of(name, known | then.end.keys()) is None
    )
    return (*records, *(_removed(then, name) for name in gone))


def _last_measured(then: _Then, name: str) -> datetime | None:
    """The last measurement of a service in the window; exact to a bucket if its raw rows are deleted."""
    status = then.end.get(name)
    if status is not None:
        return status.last.timestamp if status.last.timestamp >= then.window.start else None
    known = [rollup for rollup in then.buckets.get(name, ()) if rollup.known_us]
    return min(then.window.end, known[-1].start + timedelta(seconds=known[-1].seconds)) if known else None


def _configured(reads: Reads, then: _Then, target: Target) -> ServiceRecord:
    now: ServiceView = service_view(target, then.end.get(target.name), ServiceWindows(), (), then.window.end)
    initial, initial_error = _initial(then, target.name)
    change = None
    if target.name not in then.end and _last_measured(then, target.name) is not None:
        change = reads.services.last_change(target.name, then.window.end)
    return ServiceRecord(
        name=target.name,
        # The monitor's own database is not part of the reports.
        url="" if target.name == MONITORING_DB else now.url,
        group=target.group,
        criticality=target.criticality,
        kind=kind_of(target).value,
        interval=target.interval,
        timeout=target.timeout,
        warning_ms=target.degraded_above_ms,
        depends_on=target.depends_on,
        state=now.state if change is None else change.state,
        since=now.since if change is None else change.at,
        last_checked=now.last_checked if change is None else _last_measured(then, target.name),
        response_time_ms=now.response_time_ms,
        error=now.error if change is None else change.error,
        tls_expires_at=now.tls_expires_at,
        initial=initial,
        initial_error=initial_error,
        error_classes=_error_classes(then, target.name),
        phases=_phases(reads, then, target.name),
        changes=_changes(then, target.name),
        buckets=tuple(then.buckets.get(target.name, ())),
        previous=tuple(then.previous.get(target.name, ())),
    )


def _removed(then: _Then, name: str) -> ServiceRecord:
    """A service that is not configured but was measured in the window."""
    initial, initial_error = _initial(then, name)
    return ServiceRecord(
        name=name,
        url="",
        group="",
        criticality=Criticality.LOW,
        warning_ms=None,
        configured=False,
        last_checked=_last_measured(then, name),
        initial=initial,
        initial_error=initial_error,
        error_classes=_error_classes(then, name),
        changes=_changes(then, name),
        buckets=tuple(then.buckets.get(name, ())),
        previous=tuple(then.previous.get(name, ())),
    )


def _initial(then: _Then, name: str) -> tuple[ServiceState, str | None]:
    """The state at the window's start, also if the raw rows of that time are deleted."""
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


def _error_classes(then: _Then, name: str) -> dict[datetime, ErrorClass]:
    found = {change.at: change.error_class for change in then.changes.get(name, ()) if change.error_class is not None}
    first = then.start.get(name)
    if first is not None and first.last.error_class is not None:
        found[then.window.start] = first.last.error_class
    return found


def _phases(reads: Reads, then: _Then, name: str) -> PhaseSummary:
    """Of the newest single checks of the window's last hours; nothing where retention has deleted any of them."""
    since = max(then.window.start, then.window.end - PHASES_OF)
    if then.deleted_before is not None and then.deleted_before > since:
        return NO_PHASES
    most = max(FEWEST_CHECKS, MOST_CHECKS // max(1, len(then.end)))
    return phase_summary(reads.services.timed_checks(service=name, start=since, end=then.window.end, limit=most))


def _slo_totals(reads: Reads, slos: Sequence[Slo], end: datetime) -> dict[str, dict[float, Rollup]]:
    """The totals that the error budgets need."""
    found: dict[str, dict[float, Rollup]] = {}
    for seconds in sorted({*BURN_WINDOWS, *(slo.window for slo in slos)}) if slos else ():
        names = sorted({name for slo in slos if seconds in (*BURN_WINDOWS, slo.window) for name in slo.services})
        totals = reads.services.totals(start=end - timedelta(seconds=seconds), end=end, services=names)
        for name, total in totals.items():
            found.setdefault(name, {})[seconds] = total
    return found


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
        check_interval=settings.check_interval,
        recheck=settings.recheck,
        results_kept_s=settings.retention.monitoring_logs,
        reminder_s=settings.notify.reminder,
    )


def _monitor(reads: Reads, window: Window, targets: Sequence[Target], then: _Then) -> MonitorStatus:
    """Whether a monitor ran at the window's end; with its identity if that is now.

    Each heartbeat overwrites the last, so for the past only stored results show that a monitor ran.
    """
    if then.past:
        intervals = {target.name: target.interval for target in targets}
        speaks = any(
            name in intervals and (window.end - status.last.timestamp).total_seconds() <= 1.5 * status.last.interval
            for name, status in then.end.items()
        )
        sampled = reads.host.sample(window.end)
        fresh = sampled is not None and (window.end - sampled.timestamp).total_seconds() <= SILENT_AFTER_SECONDS
        return MonitorStatus(MonitorState.RUNNING if speaks or fresh else MonitorState.STOPPED)
    row = reads.monitor.sign_of_life()
    if row is None:
        return MonitorStatus(MonitorState.STOPPED)
    quiet = (window.end - row.last_cycle_at).total_seconds()
    return MonitorStatus(
        state=MonitorState.STOPPED if quiet > SILENT_AFTER_SECONDS else MonitorState.RUNNING,
        host=row.host,
        pid=row.pid,
        started_at=row.started_at,
        last_cycle_at=row.last_cycle_at,
    )


def _alerts(reads: Reads, window: Window, *, past: bool) -> tuple[AlertRecord, ...]:
    """Alerts of this and the previous window as of its end, oldest first; events for the newest ones."""
    read = reads.alerts.episodes(start=window.previous().start, end=window.end + _INSTANT, limit=MAX_ALERTS)
    found = [_as_fired(episode) for episode in read]
    happened = reads.alerts.events_of([episode.id for episode in found if episode.id is not None])
    records = []
    for position, episode in enumerate(found):
        events = happened[episode.id or 0]
        then = as_of(episode, events, window.end)
        # Counters and the newest words are in no event: with them the report could not be made again.
        if not past and told(then) != told(episode):
            then = episode
        ended_before = then.resolved_at is not None and then.resolved_at < window.start
        shown = position < MAX_ALERTS_WITH_EVENTS and not ended_before
        by_then = tuple(event for event in events if event.at <= window.end) if shown else ()
        records.append(AlertRecord(then, by_then))
    return tuple(reversed(records))


def _as_fired(episode: Episode) -> Episode:
    """An alert; one of another program, without a rule, fired when it began and has ended if it says when."""
    if episode.rule_id or episode.fired_at is not None:
        return episode
    state = episode.state if episode.resolved_at is None else AlertState.RESOLVED
    return replace(episode, fired_at=episode.opened_at, state=state)


def _gaps(reads: Reads, window: Window) -> tuple[Gap, ...]:
    """Gaps that had ended by the window's end: a gap is recorded when it is over."""
    return tuple(gap for gap in reads.monitor.gaps(window.previous().start, window.end) if gap.ended_at <= window.end)


def _host(reads: Reads, window: Window, resolution: int) -> dict[str, tuple[HostRollup, ...]]:
    """The host's metrics on the window's steps; a step without samples is empty, so that a line breaks there."""
    found = reads.host.rollups(
        resolution=resolution, start=window.start, end=window.end, metrics=tuple(RESOURCE_METRICS.values())
    )
    return {
        name: tuple(regroup_host(found[metric], window)) for name, metric in RESOURCE_METRICS.items() if metric in found
    }
