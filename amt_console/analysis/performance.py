"""The performance analysis of one window: all modules' results for all services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from types import MappingProxyType

from amt_console.analysis.alert_noise import Responder, RuleRecord, responders, rule_records
from amt_console.analysis.behaviour import FigureBehaviour, FigureName, behaviour
from amt_console.analysis.comparison import Compared, compared
from amt_console.analysis.detection import (
    alert_findings,
    behaviour_findings,
    host_findings,
    in_order,
    service_findings,
)
from amt_console.analysis.disks import NO_DISK, DiskCourse, disk_course
from amt_console.analysis.facts import AnalysisLimits, ServiceFacts
from amt_console.analysis.findings import Finding
from amt_console.analysis.handling import Handling, handling
from amt_console.analysis.recommendations.advice import Recommendation
from amt_console.analysis.recommendations.rules import Surroundings, recommendations
from amt_console.analysis.resources import RESOURCES, ResourcePattern, resource_patterns
from amt_console.analysis.series import Window
from amt_console.analysis.service import ServiceHistory, ServicePerformance, analyse_service, facts_of
from amt_console.analysis.slowness import Slowness, slow_with
from amt_console.analysis.uptime.availability import NOTHING, Availability
from amt_console.analysis.uptime.budgets import ErrorBudget, Totals, error_budgets
from amt_console.analysis.uptime.incidents import Incident, unmeasured_spans
from amt_console.analysis.uptime.outages import Outage, outages
from amt_console.analysis.uptime.policies import UptimeByPolicy, policies
from amt_console.analysis.uptime.reliability import NO_INCIDENTS, Frequency, Reliability, frequency, reliability
from amt_console.model import Episode, Gap, HostRollup, StateSpan
from amt_console.model.slo import Slo

Host = Mapping[str, Sequence[HostRollup]]
"""By resource: ``cpu``, ``memory``, ``disk``, ``connections``."""
NO_HOST: Host = MappingProxyType({})
SloTotals = Mapping[str, Totals]
"""By service."""
NO_TOTALS: SloTotals = MappingProxyType({})
Figures = Mapping[FigureName, Sequence[tuple[datetime, float | None]]]
NO_FIGURES: Figures = MappingProxyType({})


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
    policies: UptimeByPolicy = field(default_factory=UptimeByPolicy)
    """Of all services, with their time added up."""
    budgets: tuple[ErrorBudget, ...] = ()
    """One for every objective and service."""
    reliability: Reliability = field(default_factory=lambda: NO_INCIDENTS)
    """Of all services, with their time added up."""
    frequency: Frequency = field(default_factory=lambda: Frequency(0.0, (), None))
    """Of outages."""
    comparison: tuple[Compared, ...] = ()
    """All services, the slowest first."""
    disk: DiskCourse = field(default_factory=lambda: NO_DISK)
    slow_with: tuple[Slowness, ...] = ()
    rules: tuple[RuleRecord, ...] = ()
    """The alerts by rule and subject, the most frequent first."""
    responders: tuple[Responder, ...] = ()
    behaviour: tuple[FigureBehaviour, ...] = ()
    findings: tuple[Finding, ...] = ()
    recommendations: tuple[Recommendation, ...] = ()


def analyse(
    window: Window,
    services: Sequence[ServiceHistory],
    *,
    zone: tzinfo,
    host: Host = NO_HOST,
    previous_host: Host = NO_HOST,
    disk_day: Sequence[HostRollup] = (),
    episodes: Sequence[Episode] = (),
    gaps: Sequence[Gap] = (),
    limits: AnalysisLimits,
    slos: Sequence[Slo] = (),
    slo_totals: SloTotals = NO_TOTALS,
    figures: Figures = NO_FIGURES,
) -> PerformanceAnalysis:
    """Analyse one window.

    Args:
        window: The window; ``services[].buckets`` and ``host`` lie in it.
        services: In display order.
        zone: For hours of the day.
        host: Rollups of the monitor's host by resource.
        previous_host: The same for the previous window.
        disk_day: Rollups of the fullest disk over the 24 hours before the window's end.
        episodes: Alerts of this and the previous window.
        gaps: The monitor's gaps.
        limits: Limits of the configuration.
        slos: The objectives.
        slo_totals: Totals by service and window in seconds, for the objectives' windows and those of the burn rates,
            up to the window's end.
        figures: The platform's figures over the window.
    """
    holes = unmeasured_spans(gaps, window.start, window.end)
    about: dict[str, list[Episode]] = {}
    for episode in episodes:
        about.setdefault(episode.subject, []).append(episode)
    found = tuple(analyse_service(window, history, holes, about.get(history.name, ()), zone) for history in services)
    before = window.previous()
    start, end = window.start, window.end
    resources = resource_patterns(host, zone, {name: limits.of_resource(name) for name in RESOURCES})
    every = tuple(sorted((i for service in found for i in service.incidents), key=lambda i: (i.start, i.service)))
    combined = outages(every, (span for service in found for span in _confirmed(service)))
    parts = sum((service.availability for service in found), NOTHING)
    whole = PerformanceAnalysis(
        window=window,
        services=found,
        availability=_together(service.availability for service in found),
        previous_availability=_together(service.previous_availability for service in found),
        incidents=every,
        outages=combined,
        resources=resources,
        previous_resources=resource_patterns(previous_host, zone),
        handling=handling(episodes, start=start, end=end),
        previous_handling=handling(episodes, start=before.start, end=before.end),
        policies=policies(parts, sum(blip.down_s for service in found for blip in service.blips)),
        budgets=tuple(budget for slo in slos for budget in error_budgets(slo, slo_totals)),
        reliability=reliability(parts, every),
        frequency=frequency((one.start for one in combined if one.start > start), window, zone),
        comparison=compared([(s.name, s.latency, s.availability) for s in found], window.hours),
        disk=disk_course(window, host.get("disk", ()), disk_day),
        slow_with=slow_with(
            {service.name: service.medians for service in found},
            {name: host[name] for name in ("cpu", "memory") if name in host},
            zone,
        ),
        rules=rule_records(episodes, start=start, end=end),
        responders=responders(episodes, start=start, end=end),
        behaviour=behaviour(figures, zone),
    )
    facts = [facts_of(service, history) for service, history in zip(found, services, strict=True)]
    return replace(whole, findings=_findings(whole, facts), recommendations=_advice(whole, facts, limits))


def _findings(whole: PerformanceAnalysis, facts: Sequence[ServiceFacts]) -> tuple[Finding, ...]:
    found = [
        *service_findings(facts),
        *host_findings(whole.resources, whole.disk, whole.slow_with),
        *alert_findings(whole.rules),
        *behaviour_findings(whole.behaviour),
    ]
    return in_order(found, whole.window)


def _advice(
    whole: PerformanceAnalysis, facts: Sequence[ServiceFacts], limits: AnalysisLimits
) -> tuple[Recommendation, ...]:
    around = Surroundings(whole.resources, whole.disk, whole.slow_with, whole.budgets, whole.handling, whole.rules)
    return recommendations(facts, around, limits=limits, now=whole.window.end, hours=whole.window.hours)


def _together(parts: Iterable[Availability]) -> Availability:
    """Combine the services with enough data, else those with any: a new service says nothing about the rest."""
    measured = [part for part in parts if part.measured_s > 0]
    return sum([part for part in measured if part.sufficient] or measured, NOTHING)


def _confirmed(service: ServicePerformance) -> Iterator[StateSpan]:
    """The states of a service within its incidents: an unconfirmed failure is no part of another one's outage."""
    for span in service.spans:
        if any(incident.start <= span.start and span.end <= incident.end for incident in service.incidents):
            yield span
