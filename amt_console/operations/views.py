"""Views of stored data: one service, its locations, faults of figures, and the overall state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from amt_console.model import (
    FORGOTTEN_AFTER,
    AlertState,
    AlertView,
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
    kind_of,
    series_of,
)
from amt_console.operations.alert_views import worst_of
from amt_console.operations.windows import ServiceWindows
from amt_console.text import public_url, safe_text

SILENT_AFTER_SECONDS = 30.0
"""A monitor without writes for longer is silent."""
UNHEARD = "no result since then"
NO_ENDPOINT = "no endpoint is configured"
MAX_REASON_CHARS = 100
_STALE_INTERVALS = 3


def has_fallen_silent(target: Target, last: ProbeResult, now: datetime) -> bool:
    """Whether the newest result is too old to be valid."""
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
    """One target at ``now``; a result older than three intervals is no longer valid."""
    last = status.last if status else None
    state, since = ServiceState.UNKNOWN, None
    error_class = last.error_class if last else None
    error = last.error if last else None
    if status is not None and last is not None:
        if has_fallen_silent(target, last, now):
            since, error_class, error = last.timestamp, None, UNHEARD
        else:
            state, since = status.state, status.since
    worst = worst_of(alerts, target.name)
    return ServiceView(
        name=safe_text(target.name, 100),
        url=_shown_url(target.url),
        group=target.group,
        criticality=target.criticality,
        state=state,
        since=since,
        interval=target.interval,
        kind=kind_of(target).value,
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
        values=last.values if last is not None and state is not ServiceState.UNKNOWN else {},
        figures=target.figures if isinstance(target, Service) else None,
    )


def location_views(
    statuses: Mapping[str, ServiceStatus], targets: Iterable[Target], now: datetime
) -> dict[str, tuple[LocationView, ...]]:
    """The locations of each target with more than one, by name; those of the last day.

    Args:
        statuses: All stored states.
        targets: The watched targets.
        now: The displayed moment.
    """
    watched = {target.name: target for target in targets}
    found: dict[str, list[LocationView]] = {}
    for name in sorted(statuses):
        series = series_of(name, watched)
        if series is not None and name not in watched and now - statuses[name].last.timestamp <= FORGOTTEN_AFTER:
            service, location = series
            found.setdefault(service, []).append(_location_view(watched[service], location, statuses[name], now))
    return {service: tuple(views) for service, views in found.items() if len(views) > 1}


def _location_view(target: Target, location: str, status: ServiceStatus, now: datetime) -> LocationView:
    last = status.last
    silent = has_fallen_silent(target, last, now)
    return LocationView(
        name=location,
        state=ServiceState.UNKNOWN if silent else status.state,
        since=last.timestamp if silent else status.since,
        last_checked=last.timestamp,
        response_time_ms=None if silent else last.response_time_ms,
        error=UNHEARD if silent else safe_text(last.error) if last.error else None,
    )


def figure_faults(
    targets: Iterable[Target], statuses: Mapping[str, ServiceStatus], now: datetime
) -> dict[FigureKind, FigureFault]:
    """The kinds of figures that cannot be read at ``now``, with the reason: no endpoint with them answers."""
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


def overall(services: Sequence[ServiceView], alerts: Sequence[AlertView], monitor: MonitorState) -> Overall:
    """The overall state.

    A firing critical alert counts in any case: no data never resolves it. Only planned work is left out. Otherwise the
    state is unknown when the monitor hangs, or when none runs and nothing is fresh. A service without any result counts
    only when none has one.
    """
    unplanned = [alert for alert in alerts if alert.state is not AlertState.PENDING and alert.maintenance is None]
    severities = {alert.severity for alert in unplanned}
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
