"""Recommendations about the findings: simple rules, each with its evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from amt_console.analysis.handling import Handling
from amt_console.analysis.recommendations.advice import AnalysisLimits, Recommendation, ServiceFacts
from amt_console.analysis.recommendations.folding import BELOW_TARGET, folded
from amt_console.analysis.resources import ResourcePattern
from amt_console.analysis.uptime.availability import GOOD_COVERAGE_PERCENT
from amt_console.model import Severity
from amt_console.text import duration, limit_percent, milliseconds, percent, window_length

FLAPPING_INCIDENTS = 4
SLOW_ACKNOWLEDGE_S = 900.0
RHYTHM_DAYS = 3
"""An hour of the day must have been slow on this many days, on most measured days, and near the limit."""
SHIFT_PERCENT = 25.0
"""Least reported shift of the typical response time against the previous window."""
CONFIRMED_PERCENT = 5.0
"""A rise counts only if equal hours of the day are slower by as much; else it is the daily rhythm."""
TLS_DAYS = 21
HEADROOM_PERCENT = 10.0
"""Reported when closer to a resource's limit than this."""


def recommendations(
    services: Sequence[ServiceFacts],
    resources: Sequence[ResourcePattern],
    handled: Handling,
    *,
    limits: AnalysisLimits,
    now: datetime,
    hours: float,
) -> tuple[Recommendation, ...]:
    """All rules over all facts, folded under their causes; worst first, then in the order of the services."""
    found: list[Recommendation] = []
    if services and all(service.availability.measured_s <= 0 for service in services):
        advice = "Start the monitor, best as a service of the system, so that it runs without a break."
        evidence = (f"nothing was measured in this window, of {len(services)} services",)
        found.append(Recommendation("not-measured", Severity.WARNING, "monitor", advice, evidence))
        services = ()
    by_service = {
        service.name: [*_reliability(service, limits), *_speed(service, limits), *_upkeep(service, now)]
        for service in services
    }
    found += folded(by_service, services, lambda service: _below_target(service, limits))
    found += _host(resources, limits)
    found += _people(handled, hours)
    return tuple(sorted(found, key=lambda r: -r.severity.rank))


def _reliability(service: ServiceFacts, limits: AnalysisLimits) -> Iterator[Recommendation]:
    parts = service.availability
    shown = parts.availability_percent
    if shown is not None and parts.sufficient and shown < limits.uptime_percent:
        yield _below_target(service, limits)
    elif len(service.incidents) >= FLAPPING_INCIDENTS:
        yield Recommendation(
            "many-incidents",
            Severity.WARNING,
            service.name,
            "Look for one cause behind the outages: a restart loop, too strict a health check, an unstable dependency.",
            _outage_evidence(service),
        )
    checks, failures = service.checks_beside_outages, service.failures_beside_outages
    rate = 100 * failures / checks if checks else 0.0
    if rate > limits.error_rate_warning_percent:
        severe = rate > limits.error_rate_percent
        limit = limits.error_rate_percent if severe else limits.error_rate_warning_percent
        yield Recommendation(
            "error-rate",
            Severity.CRITICAL if severe else Severity.WARNING,
            service.name,
            "Group the failed checks by error and mend the most frequent one first.",
            (
                f"{percent(rate, 2)} of {checks:,} checks failed"
                + (" beside the outages" if service.incidents else ""),
                f"limit {limit_percent(limit)}",
            ),
        )


def _below_target(service: ServiceFacts, limits: AnalysisLimits) -> Recommendation:
    shown = percent(service.availability.availability_percent, 2)
    return Recommendation(
        BELOW_TARGET,
        Severity.CRITICAL,
        service.name,
        "Find out what took it down before anything else: the availability target was missed.",
        (f"availability {shown}, target {limit_percent(limits.uptime_percent)}", *_outage_evidence(service)),
    )


def _outage_evidence(service: ServiceFacts) -> tuple[str, ...]:
    incidents = service.incidents
    longest = max((incident.seconds for incident in incidents), default=0.0)
    found = [
        f"{len(incidents)} incident{'s' * (len(incidents) != 1)}, {duration(service.availability.down_s)} down, "
        f"longest {duration(longest)}"
    ]
    errors = Counter(incident.cause for incident in incidents if incident.cause)
    for error, times in errors.most_common(1):
        often = f" ({times} of {len(incidents)} incidents)" if len(incidents) > 1 else ""
        found.append(f"error: {error}{often}")
    return tuple(found)


def _speed(service: ServiceFacts, limits: AnalysisLimits) -> Iterator[Recommendation]:
    latency = service.latency
    limit = latency.limit_ms or limits.response_time_warning_ms
    slow = latency.p95_ms is not None and latency.p95_ms > limit
    if slow and latency.within_limit_percent is not None:
        yield Recommendation(
            "slow",
            Severity.WARNING,
            service.name,
            "Profile its slowest requests: more than one answer in twenty is over the limit.",
            (
                f"95th percentile {milliseconds(latency.p95_ms)}, limit {milliseconds(limit)}",
                f"{percent(latency.within_limit_percent)} of {latency.timed:,} answers within the limit",
            ),
        )
    trend = latency.trend
    confirmed = service.hours is None or service.hours.typical_percent >= CONFIRMED_PERCENT
    if trend is not None and trend.direction == "rising" and confirmed:
        yield Recommendation(
            "rising-response-time",
            Severity.INFO,
            service.name,
            "Compare releases and load from before the rise; at this pace it will not stay unnoticed.",
            (
                f"the median rose by {milliseconds(trend.change)} ({(trend.relative_change or 0) * 100:+.0f} %)",
                f"Mann-Kendall p = {trend.p_value:.2g} over {trend.points} points"
                + (
                    ", equal hours of the day compared"
                    if trend.seasonal
                    else "; may be the daily rhythm in so short a window"
                ),
            ),
        )
    elif service.hours is not None and service.hours.typical_percent >= SHIFT_PERCENT:
        yield Recommendation(
            "slower-than-before",
            Severity.INFO,
            service.name,
            "Look at what changed between this window and the one before: it is slower at the same hours of the day.",
            (
                f"typically {service.hours.typical_percent:+.0f} % at equal hours of the day",
                f"{len(service.hours.hours)} hours of the day compared",
            ),
        )
    slow_days, days = latency.slowest_hour_days
    hour, value = latency.slowest_hour or (0, 0.0)
    if slow_days >= RHYTHM_DAYS and slow_days > days / 2 and limit / 2 < value and not slow:
        yield Recommendation(
            "slow-hour",
            Severity.INFO,
            service.name,
            f"Look at what runs between {hour:02d}:00 and {(hour + 1) % 24:02d}:00: it is slowest then, day after day.",
            (
                f"95th percentile {milliseconds(value)} in that hour, median {milliseconds(latency.p50_ms)}",
                f"slow on {slow_days} of {days} days",
            ),
        )


def _upkeep(service: ServiceFacts, now: datetime) -> Iterator[Recommendation]:
    coverage = service.availability.coverage_percent
    if coverage == 0:
        yield Recommendation(
            "not-measured",
            Severity.INFO,
            service.name,
            "Check that the monitor probes it, or take it out of the configuration.",
            ("nothing was measured in this window",),
        )
    elif coverage is not None and coverage < GOOD_COVERAGE_PERCENT:
        yield Recommendation(
            "low-coverage",
            Severity.INFO,
            service.name,
            "Keep the monitor running without a break, as a service of the system: what is not measured is not known.",
            (
                f"measured {percent(coverage)} of the window",
                f"availability between {percent(service.availability.worst_case_percent, 2)} (worst case) and "
                f"{percent(service.availability.availability_percent, 2)} (as measured)",
            ),
        )
    if service.tls_expires_at is not None:
        left = (service.tls_expires_at - now).total_seconds()
        if left < TLS_DAYS * 86400:
            yield Recommendation(
                "certificate",
                Severity.CRITICAL if left < 3 * 86400 else Severity.WARNING,
                service.name,
                "Renew its certificate and check that renewal is automatic.",
                (
                    f"valid until {service.tls_expires_at:%Y-%m-%d %H:%M} UTC",
                    "expired" if left <= 0 else f"{duration(left)} left",
                ),
            )


def _host(resources: Sequence[ResourcePattern], limits: AnalysisLimits) -> Iterator[Recommendation]:
    advice = {
        "cpu": "Move work away from its busiest hour or give the host more cores.",
        "memory": "Find the process that grows, or give the host more memory, before the kernel chooses one to end.",
        "disk": "Free space or enlarge the disk now; a full disk stops the monitor's own records too.",
    }
    for resource in resources:
        limit = limits.of_resource(resource.name)
        figure = resource.max if resource.name == "disk" else resource.p95
        if limit is None or figure is None or figure < limit - HEADROOM_PERCENT:
            continue
        over = figure >= limit
        what = "highest" if resource.name == "disk" else "95th percentile"
        evidence = [f"{what} {percent(figure)}, limit {limit_percent(limit)}"]
        if resource.busiest_hour is not None and resource.name != "disk":
            evidence.append(
                f"busiest hour of the day {resource.busiest_hour[0]:02d}:00, mean {percent(resource.busiest_hour[1])}"
            )
        yield Recommendation(
            f"host-{resource.name}",
            Severity.WARNING if over else Severity.INFO,
            "host",
            advice[resource.name],
            tuple(evidence),
        )


def _people(handled: Handling, hours: float) -> Iterator[Recommendation]:
    if handled.median_tta_s is not None and handled.median_tta_s > SLOW_ACKNOWLEDGE_S:
        yield Recommendation(
            "slow-acknowledgement",
            Severity.WARNING,
            "on-call",
            "Check that alerts reach the person on call: they were taken late.",
            (f"half of them took longer than {duration(handled.median_tta_s)}", f"{handled.acknowledged} acknowledged"),
        )
    untaken = handled.fired - handled.acknowledged
    if handled.critical and untaken > handled.fired / 2:
        yield Recommendation(
            "unacknowledged-alerts",
            Severity.INFO,
            "on-call",
            "Acknowledge alerts when somebody works on them, so that nobody works on them twice or not at all.",
            (f"{untaken} of {handled.fired} fired alerts in {window_length(hours)} were never acknowledged",),
        )
