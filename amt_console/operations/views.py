"""From what is stored to what is shown: one service, one alert, the worst of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from amt_console.alerts import consequences
from amt_console.model import (
    MAX_NOTE_CHARS,
    AlertState,
    AlertView,
    Database,
    Episode,
    ErrorClass,
    FigureFault,
    FigureKind,
    LocationView,
    MonitorState,
    Overall,
    ProbeResult,
    Service,
    ServiceState,
    ServiceStatus,
    ServiceView,
    Severity,
    Target,
)
from amt_console.operations.windows import ServiceWindows
from amt_console.text import public_url, safe_text

UNHEARD = "no result since then"
NO_ENDPOINT = "no endpoint is configured"
MAX_REASON_CHARS = 100
_STALE_INTERVALS = 3


def has_fallen_silent(target: Target, last: ProbeResult, now: datetime) -> bool:
    """Whether the newest result is so old that it speaks for nothing any more."""
    limit = _STALE_INTERVALS * max(target.interval, last.interval, 5.0) + target.timeout
    return (now - last.timestamp).total_seconds() > limit


def service_view(
    target: Target,
    status: ServiceStatus | None,
    windows: ServiceWindows,
    alerts: Sequence[AlertView],
    now: datetime,
    *,
    locations: tuple[LocationView, ...] = (),
) -> ServiceView:
    """One target as it is at ``now``; a result that is older than three intervals speaks for nothing any more."""
    last = status.last if status else None
    state, since = ServiceState.UNKNOWN, None
    error_class = last.error_class if last else None
    error = last.error if last else None
    if status is not None and last is not None:
        if has_fallen_silent(target, last, now):
            since, error_class, error = last.timestamp, None, UNHEARD
        else:
            state, since = status.state, status.since
    worst = min((alert for alert in alerts if alert.subject == target.name), key=_urgency, default=None)
    return ServiceView(
        name=safe_text(target.name, 100),
        url=_shown_url(target.url),
        group=target.group,
        criticality=target.criticality,
        state=state,
        since=since,
        interval=target.interval,
        kind="database" if isinstance(target, Database) else "http",
        response_time_ms=last.response_time_ms if last else None,
        p95_ms=windows.p95_ms,
        sparkline=windows.sparkline,
        uptime_percent_24h=windows.uptime_percent_24h,
        coverage_percent_24h=windows.coverage_percent_24h,
        error_rate_percent_1h=windows.error_rate_percent_1h,
        last_checked=last.timestamp if last else None,
        error_class=error_class,
        error=safe_text(error) if error else None,
        tls_expires_at=last.tls_expires_at if last else None,
        alert_id=worst.id if worst is not None else None,
        runbook=target.runbook,
        locations=locations,
    )


def figure_faults(
    targets: Iterable[Target], statuses: Mapping[str, ServiceStatus], now: datetime
) -> dict[FigureKind, FigureFault]:
    """The kinds of figures that cannot be read at ``now``, with the reason: no endpoint that has them answers."""
    endpoints: dict[FigureKind, list[Service]] = {kind: [] for kind in FigureKind}
    for target in targets:
        if isinstance(target, Service) and target.figures is not None:
            endpoints[target.figures].append(target)
    found: dict[FigureKind, FigureFault] = {}
    for kind, services in endpoints.items():
        faults = [_figure_fault(service, statuses.get(service.name), now) for service in services]
        if not services:
            found[kind] = FigureFault(NO_ENDPOINT)
        elif (first := faults[0]) is not None and None not in faults:
            found[kind] = first
    return found


def _figure_fault(service: Service, status: ServiceStatus | None, now: datetime) -> FigureFault | None:
    if status is None:
        return None
    last = status.last
    if has_fallen_silent(service, last, now):
        return FigureFault("no result", last.timestamp)
    if status.state in (ServiceState.UP, ServiceState.DEGRADED):
        return None
    if last.error_class is ErrorClass.HTTP_STATUS and last.status_code is not None:
        return FigureFault(str(last.status_code), status.since)
    if last.error_class is ErrorClass.CONNECT_REFUSED:
        return FigureFault("connection refused", status.since)
    return FigureFault(safe_text(last.error or "no answer", MAX_REASON_CHARS), status.since)


@lru_cache(maxsize=4096)
def _shown_url(url: str) -> str:
    return safe_text(public_url(url))


def alert_view(episode: Episode, *, follows_from: int | None = None) -> AlertView:
    """A stored episode as it is shown, with the open alert that it follows from. The episode has an id."""
    assert episode.id is not None
    return AlertView(
        id=episode.id,
        version=episode.version,
        alert_type=episode.alert_type,
        severity=episode.severity,
        subject=safe_text(episode.subject, 100),
        message=safe_text(episode.message),
        state=episode.state,
        opened_at=episode.opened_at,
        fired_at=episode.fired_at,
        resolved_at=episode.resolved_at,
        acknowledged_by=safe_text(episode.acknowledged_by, 64) if episode.acknowledged_by else None,
        acknowledged_at=episode.acknowledged_at,
        note=safe_text(episode.note, MAX_NOTE_CHARS) if episode.note else None,
        escalation_level=episode.escalation_level,
        stale=episode.stale,
        value=episode.value,
        threshold=episode.threshold,
        runbook=episode.runbook,
        simulated=episode.simulated,
        follows_from=follows_from,
    )


def causes(episodes: Iterable[Episode], targets: Iterable[Target]) -> dict[int, int]:
    """For the ids of alerts that follow from another open one: the id of that, by what the targets depend on."""
    return consequences(episodes, {target.name: target.depends_on for target in targets})


def worst_first(episodes: Sequence[Episode], targets: Iterable[Target] = ()) -> tuple[AlertView, ...]:
    """By severity, firing before pending, unacknowledged before acknowledged, oldest first.

    What follows from an alert comes directly after it, in the same order.
    """
    followed = causes(episodes, targets)
    views = sorted((alert_view(episode) for episode in episodes), key=_urgency)
    after: dict[int, list[AlertView]] = {}
    for view in views:
        if (cause := followed.get(view.id)) is not None:
            after.setdefault(cause, []).append(replace(view, follows_from=cause))
    return tuple(each for view in views if view.id not in followed for each in (view, *after.get(view.id, ())))


def _urgency(alert: AlertView) -> tuple[int, bool, bool, datetime, int]:
    return (
        -alert.severity.rank,
        alert.state is AlertState.PENDING,
        alert.acknowledged_by is not None,
        alert.opened_at,
        alert.id,
    )


def overall(services: Sequence[ServiceView], alerts: Sequence[AlertView], monitor: MonitorState) -> Overall:
    """The worst of everything.

    A firing critical alert counts whatever the monitor does: no data never resolves it. Else the whole is unknown when
    the monitor hangs, or when none runs and nothing is fresh. A service that was never measured counts only when none
    was.
    """
    severities = {alert.severity for alert in alerts if alert.state is not AlertState.PENDING}
    if Severity.CRITICAL in severities:
        return Overall.CRITICAL
    states = {service.state for service in services if service.last_checked is not None}
    stale = monitor is MonitorState.STOPPED and states <= {ServiceState.UNKNOWN}
    if monitor is MonitorState.SILENT or stale or not states:
        return Overall.UNKNOWN
    if ServiceState.DOWN in states:
        return Overall.CRITICAL
    if Severity.WARNING in severities or ServiceState.DEGRADED in states:
        return Overall.WARNING
    return Overall.UNKNOWN if ServiceState.UNKNOWN in states else Overall.OK
