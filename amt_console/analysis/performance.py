"""The performance analysis of one window: all modules' results for all services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from types import MappingProxyType

from amt_console.analysis.findings import Finding
from amt_console.analysis.handling import Handling, handling
from amt_console.analysis.latency import LatencySummary, latency_summary
from amt_console.analysis.recommendations.advice import AnalysisLimits, Recommendation, ServiceFacts
from amt_console.analysis.recommendations.rules import recommendations
from amt_console.analysis.resources import ResourcePattern, resource_patterns
from amt_console.analysis.seasonal import HourlyComparison, compare_hours
from amt_console.analysis.series import Window, regroup
from amt_console.analysis.uptime.availability import NOTHING, Availability, availability
from amt_console.analysis.uptime.budgets import ErrorBudget, error_budget
from amt_console.analysis.uptime.incidents import Incident, StateSpan, incidents, state_spans, unmeasured_spans
from amt_console.analysis.uptime.outages import Outage, outages
from amt_console.analysis.uptime.policies import Policies, policies
from amt_console.model import AlertType, Episode, Gap, HostRollup, Rollup, ServiceState
from amt_console.model.slo import Slo

Host = Mapping[str, Sequence[HostRollup]]
"""By resource: ``cpu``, ``memory``, ``disk``, ``connections``."""
NO_HOST: Host = MappingProxyType({})
SloTotals = Mapping[str, Mapping[float, tuple[Rollup, ...]]]
NO_TOTALS: SloTotals = MappingProxyType({})
_ABOUT_OUTAGES = (AlertType.SERVICE_DOWN, AlertType.DATABASE)


@dataclass(frozen=True, slots=True)
class ServiceHistory:
    """The data of one service in a window and the previous one."""

    name: str
    buckets: Sequence[Rollup] = ()
    """Of the window, of any length that divides the window's step."""
    previous: Sequence[Rollup] = ()
    """Of the previous window."""
    initial: ServiceState = ServiceState.UNKNOWN
    """State at the window's start."""
    initial_error: str | None = None
    changes: Sequence[tuple[datetime, ServiceState, str | None]] = ()
    depends_on: Sequence[str] = ()
    """Its dependencies; their outages may cause its own."""
    warning_ms: float | None = None
    """Slower answers count as slow."""
    tls_expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServicePerformance:
    """The results for one service."""

    name: str
    buckets: tuple[Rollup, ...]
    """One for every step of the window."""
    latency: LatencySummary
    previous_latency: LatencySummary
    availability: Availability
    previous_availability: Availability
    spans: tuple[StateSpan, ...]
    incidents: tuple[Incident, ...]
    blips: tuple[Incident, ...]
    """Failures that re-checks did not confirm: downtime, but no incidents."""
    hours: HourlyComparison | None
    """Comparison with the previous window by hour of the day; ``None`` without enough data."""
    policies: Policies = field(default_factory=Policies)
    """Its availability by each named policy."""


@dataclass(frozen=True, slots=True)
class PerformanceAnalysis:
    """The results for one window."""

    window: Window
    services: tuple[ServicePerformance, ...] = ()
    availability: Availability = NOTHING
    """All services with enough data, each weighted by its measured time."""
    previous_availability: Availability = NOTHING
    incidents: tuple[Incident, ...] = ()
    """Of all services, oldest first."""
    outages: tuple[Outage, ...] = ()
    """The incidents, overlapping ones combined; oldest first."""
    resources: tuple[ResourcePattern, ...] = ()
    previous_resources: tuple[ResourcePattern, ...] = ()
    handling: Handling = field(default_factory=lambda: Handling(0, 0, 0, 0, 0, 0, 0, None, None, None, None))
    previous_handling: Handling = field(default_factory=lambda: Handling(0, 0, 0, 0, 0, 0, 0, None, None, None, None))
    policies: Policies = field(default_factory=Policies)
    """Of all services, each weighted by its time in the window."""
    budgets: tuple[ErrorBudget, ...] = ()
    """One for every objective."""
    findings: tuple[Finding, ...] = ()
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
    slos: Sequence[Slo] = (),
    slo_totals: SloTotals = NO_TOTALS,
) -> PerformanceAnalysis:
    """Analyse one window.

    Args:
        window: The window; ``services[].buckets`` and ``host`` lie in it.
        services: In display order.
        zone: For hours of the day.
        host: Rollups of the monitor's host by resource.
        previous_host: The same for the previous window.
        episodes: Alerts of this and the previous window.
        gaps: The monitor's gaps.
        limits: Limits of the configuration.
        slos: The objectives.
        slo_totals: By objective's name and window in seconds, the totals of its services up to the window's end.
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
        policies=policies(
            sum((service.availability for service in found), NOTHING),
            sum(blip.down_s for service in found for blip in service.blips),
        ),
        budgets=tuple(error_budget(slo, slo_totals.get(slo.name, {})) for slo in slos),
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
    failures = incidents(history.name, spans, began_earlier=history.initial is ServiceState.DOWN)
    confirmed, blips = _told_apart(failures, episodes)
    parts = availability(buckets, window.seconds)
    quiet = [bucket for bucket in buckets if not any(_touches(bucket, failure) for failure in failures)]
    return ServicePerformance(
        name=history.name,
        buckets=tuple(buckets),
        latency=latency_summary(buckets, zone=zone, limit_ms=history.warning_ms, quiet=quiet),
        previous_latency=latency_summary(previous, zone=zone, limit_ms=history.warning_ms),
        availability=parts,
        previous_availability=earlier,
        spans=tuple(spans),
        incidents=tuple(confirmed),
        blips=tuple(blips),
        hours=compare_hours(quiet, previous, zone) if earlier.sufficient else None,
        policies=policies(parts, sum(blip.down_s for blip in blips)),
    )


def _together(parts: Iterable[Availability]) -> Availability:
    """Combine the services with enough data, else those with any: a new service says nothing about the rest."""
    measured = [part for part in parts if part.measured_s > 0]
    return sum([part for part in measured if part.sufficient] or measured, NOTHING)


def _end(bucket: Rollup) -> datetime:
    return datetime.fromtimestamp(bucket.start.timestamp() + bucket.seconds, bucket.start.tzinfo)


def _told_apart(failures: Sequence[Incident], episodes: Sequence[Episode]) -> tuple[list[Incident], list[Incident]]:
    """Incidents with their first fired alert, and failures whose alerts all ended without firing."""
    confirmed, blips = [], []
    for failure in failures:
        about = sorted((e for e in episodes if _is_about(e, failure)), key=lambda e: e.opened_at)
        fired = [episode for episode in about if episode.fired_at is not None]
        if about and not fired and not any(episode.open for episode in about):
            blips.append(failure)
        else:
            confirmed.append(replace(failure, alert_id=fired[0].id if fired else None))
    return confirmed, blips


def _is_about(episode: Episode, failure: Incident) -> bool:
    """Whether an alert belongs to a failure: same subject, and open during it."""
    if episode.subject != failure.service or episode.alert_type not in _ABOUT_OUTAGES:
        return False
    return episode.opened_at <= failure.end and (episode.resolved_at is None or episode.resolved_at > failure.start)


def _touches(bucket: Rollup, failure: Incident) -> bool:
    return bucket.start < failure.end and _end(bucket) > failure.start


def _facts(service: ServicePerformance, history: ServiceHistory) -> ServiceFacts:
    calm = [b for b in service.buckets if not any(_touches(b, incident) for incident in service.incidents)]
    return ServiceFacts(
        name=service.name,
        latency=service.latency,
        availability=service.availability,
        incidents=service.incidents,
        checks_beside_outages=sum(bucket.samples for bucket in calm),
        failures_beside_outages=sum(bucket.errors for bucket in calm),
        depends_on=tuple(history.depends_on),
        hours=service.hours,
        tls_expires_at=history.tls_expires_at,
    )
