"""The performance analysis of one window: everything the other modules find, for all services together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from types import MappingProxyType

from amt_console.analysis.availability import NOTHING, Availability, availability
from amt_console.analysis.handling import Handling, handling
from amt_console.analysis.incidents import Incident, StateSpan, incidents, state_spans, unmeasured_spans
from amt_console.analysis.latency import LatencySummary, latency_summary
from amt_console.analysis.outages import Outage, outages
from amt_console.analysis.recommendations import AnalysisLimits, Recommendation, ServiceFacts, recommendations
from amt_console.analysis.resources import ResourcePattern, resource_patterns
from amt_console.analysis.seasonal import HourlyComparison, compare_hours
from amt_console.analysis.series import Window, regroup
from amt_console.model import AlertType, Episode, Gap, HostRollup, Rollup, ServiceState

Host = Mapping[str, Sequence[HostRollup]]
"""By resource: ``cpu``, ``memory``, ``disk``, ``connections``."""
NO_HOST: Host = MappingProxyType({})
_ABOUT_OUTAGES = (AlertType.SERVICE_DOWN, AlertType.DATABASE)


@dataclass(frozen=True, slots=True)
class ServiceHistory:
    """What is known of one service in a window and the one before."""

    name: str
    buckets: Sequence[Rollup] = ()
    """Of the window, of any length that divides the window's step."""
    previous: Sequence[Rollup] = ()
    """Of the window before."""
    initial: ServiceState = ServiceState.UNKNOWN
    """State at the window's start."""
    initial_error: str | None = None
    changes: Sequence[tuple[datetime, ServiceState, str | None]] = ()
    warning_ms: float | None = None
    """Slower answers count as slow."""
    tls_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServicePerformance:
    """What the analysis found about one service."""

    name: str
    buckets: tuple[Rollup, ...]
    """One for every step of the window."""
    latency: LatencySummary
    previous_latency: LatencySummary
    availability: Availability
    previous_availability: Availability
    spans: tuple[StateSpan, ...]
    incidents: tuple[Incident, ...]
    hours: HourlyComparison | None
    """Against the window before, hour of the day by hour of the day; ``None`` when too little of that was measured."""


@dataclass(frozen=True, slots=True)
class PerformanceAnalysis:
    """What the analysis found in one window."""

    window: Window
    services: tuple[ServicePerformance, ...] = ()
    availability: Availability = NOTHING
    """All services with enough data together, each weighted by its measured time."""
    previous_availability: Availability = NOTHING
    incidents: tuple[Incident, ...] = ()
    """Of all services, oldest first."""
    outages: tuple[Outage, ...] = ()
    """The incidents, those that overlap in time as one; oldest first."""
    resources: tuple[ResourcePattern, ...] = ()
    previous_resources: tuple[ResourcePattern, ...] = ()
    handling: Handling = field(default_factory=lambda: Handling(0, 0, 0, 0, 0, 0, 0, None, None, None, None))
    previous_handling: Handling = field(default_factory=lambda: Handling(0, 0, 0, 0, 0, 0, 0, None, None, None, None))
    recommendations: tuple[Recommendation, ...] = ()


def analyse(
    window: Window,
    services: Sequence[ServiceHistory],
    *,
    zone: tzinfo,
    host: Host = NO_HOST,
    previous_host: Host = NO_HOST,
    episodes: Sequence[Episode] = (),
    gaps: Sequence[Gap] = (),
    limits: AnalysisLimits,
) -> PerformanceAnalysis:
    """Analyse one window.

    Args:
        window: The window; ``services[].buckets`` and ``host`` lie in it.
        services: In the order in which they are to be shown.
        zone: For hours of the day.
        host: Rollups of the monitor's host by resource.
        previous_host: The same of the window before.
        episodes: Alerts of the window and of the window before.
        gaps: When the monitor measured nothing.
        limits: What the figures are held against.
    """
    holes = unmeasured_spans(gaps, window.start, window.end)
    found = tuple(_service(window, history, holes, episodes, zone) for history in services)
    before = window.previous()
    resources = resource_patterns(host, zone)
    handled = handling(episodes, start=window.start, end=window.end)
    every = tuple(sorted((i for service in found for i in service.incidents), key=lambda i: (i.start, i.service)))
    whole = PerformanceAnalysis(
        window=window,
        services=found,
        availability=_together(service.availability for service in found),
        previous_availability=_together(service.previous_availability for service in found),
        incidents=every,
        outages=outages(every, (span for service in found for span in service.spans)),
        resources=resources,
        previous_resources=resource_patterns(previous_host, zone),
        handling=handled,
        previous_handling=handling(episodes, start=before.start, end=before.end),
    )
    facts = [_facts(service, history) for service, history in zip(found, services, strict=True)]
    return replace(
        whole,
        recommendations=recommendations(facts, resources, handled, limits=limits, now=window.end, hours=window.hours),
    )


def _service(
    window: Window,
    history: ServiceHistory,
    holes: Sequence[tuple[datetime, datetime]],
    episodes: Sequence[Episode],
    zone: tzinfo,
) -> ServicePerformance:
    before = window.previous()
    buckets = regroup(history.buckets, window)
    previous = regroup(history.previous, before)
    empty = [
        (bucket.start, min(window.end, _end(bucket)))
        for bucket in buckets
        if not bucket.known_us and bucket.seconds >= window.step / 2
    ]
    spans = state_spans(
        history.initial,
        history.changes,
        start=window.start,
        end=window.end,
        unmeasured=[*holes, *empty],
        initial_error=history.initial_error,
    )
    earlier = availability(previous, before.seconds)
    outages = incidents(history.name, spans, began_earlier=history.initial is ServiceState.DOWN)
    return ServicePerformance(
        name=history.name,
        buckets=tuple(buckets),
        latency=latency_summary(buckets, zone=zone, limit_ms=history.warning_ms),
        previous_latency=latency_summary(previous, zone=zone, limit_ms=history.warning_ms),
        availability=availability(buckets, window.seconds),
        previous_availability=earlier,
        spans=tuple(spans),
        incidents=tuple(replace(outage, alert_id=_alert_of(outage, episodes)) for outage in outages),
        hours=compare_hours(buckets, previous, zone) if earlier.sufficient else None,
    )


def _together(parts: Iterable[Availability]) -> Availability:
    """The sum over the services with enough data, else over those with any: a new one says nothing about the rest."""
    measured = [part for part in parts if part.measured_s > 0]
    return sum([part for part in measured if part.sufficient] or measured, NOTHING)


def _end(bucket: Rollup) -> datetime:
    return datetime.fromtimestamp(bucket.start.timestamp() + bucket.seconds, bucket.start.tzinfo)


def _alert_of(outage: Incident, episodes: Sequence[Episode]) -> int | None:
    """The first alert about the outage: same subject, and open at some time during it."""
    for episode in sorted(episodes, key=lambda e: e.opened_at):
        about = episode.subject == outage.service and episode.alert_type in _ABOUT_OUTAGES
        if (
            about
            and episode.opened_at <= outage.end
            and (episode.resolved_at is None or episode.resolved_at > outage.start)
        ):
            return episode.id
    return None


def _facts(service: ServicePerformance, history: ServiceHistory) -> ServiceFacts:
    return ServiceFacts(
        name=service.name,
        latency=service.latency,
        availability=service.availability,
        incidents=len(service.incidents),
        down_s=service.availability.down_s,
        longest_incident_s=max((incident.seconds for incident in service.incidents), default=0.0),
        hours=service.hours,
        tls_expires_at=history.tls_expires_at,
    )
