"""Rules about one service: reliability, speed and upkeep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from amt_console.analysis.detection import least_rise, rises, trend_evidence
from amt_console.analysis.facts import AnalysisLimits, ServiceFacts
from amt_console.analysis.percentiles import median
from amt_console.analysis.recommendations import changes
from amt_console.analysis.recommendations.advice import Recommendation
from amt_console.analysis.recommendations.folding import BELOW_TARGET
from amt_console.analysis.uptime.availability import GOOD_COVERAGE_PERCENT
from amt_console.model import Severity
from amt_console.text import duration, limit_percent, milliseconds, percent

FLAPPING_INCIDENTS = 4
RHYTHM_DAYS = 3
"""An hour of the day must have been slow on this many days, on most measured days, and near the limit."""
SHIFT_PERCENT = 25.0
"""Least reported shift of the typical response time against the previous window."""
TLS_DAYS = 21
COARSE_INCIDENTS = 3
COARSE_INTERVALS = 2.0
"""Incidents usually shorter than this many intervals are measured too coarsely."""


def reliability(service: ServiceFacts, limits: AnalysisLimits) -> Iterator[Recommendation]:
    """Availability, outages and failed checks beside them."""
    parts = service.availability
    shown = parts.availability_percent
    if shown is not None and parts.sufficient and shown < limits.uptime_percent:
        yield below_target(service, limits)
    elif len(service.incidents) >= FLAPPING_INCIDENTS:
        yield Recommendation(
            "many-incidents",
            Severity.WARNING,
            service.name,
            "Look for one cause behind the outages: a restart loop, too strict a health check, an unstable dependency.",
            _outage_evidence(service),
        )
    yield from _coarse(service, limits)
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


def below_target(service: ServiceFacts, limits: AnalysisLimits) -> Recommendation:
    """The availability target was missed."""
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


def _coarse(service: ServiceFacts, limits: AnalysisLimits) -> Iterator[Recommendation]:
    whole = [incident.seconds for incident in service.incidents if not incident.ongoing and not incident.began_earlier]
    usual = median(whole)
    own = service.interval != limits.check_interval
    if own or usual is None or len(whole) < COARSE_INCIDENTS or usual > COARSE_INTERVALS * service.interval:
        return
    change = changes.shorter_interval(limits)
    if change is not None:
        yield Recommendation(
            "coarse-checks",
            Severity.INFO,
            service.name,
            "Check more often: its incidents are hardly longer than the time between two checks.",
            (
                f"half of {len(whole)} incidents lasted at most {duration(usual)}, with a check every "
                f"{duration(service.interval)}",
            ),
            change=change,
        )


def speed(service: ServiceFacts, limits: AnalysisLimits, tried: int) -> Iterator[Recommendation]:
    """Slow answers, and answers that become slower. ``tried`` services were looked at."""
    latency = service.latency
    limit = latency.limit_ms or limits.response_time_warning_ms
    slow = latency.p95_ms is not None and latency.p95_ms > limit
    if slow and latency.within_limit_percent is not None:
        always = latency.p50_ms is not None and latency.p50_ms > limit and limit == limits.response_time_warning_ms
        yield Recommendation(
            "slow",
            Severity.WARNING,
            service.name,
            "Profile its slowest requests: more than one answer in twenty is over the limit."
            + (" If it is meant to be so slow, raise the limit." if always else ""),
            (
                f"95th percentile {milliseconds(latency.p95_ms)}, limit {milliseconds(limit)}",
                f"{percent(latency.within_limit_percent)} of {latency.timed:,} answers within the limit",
            ),
            change=changes.raised_response_limit(latency.p99_ms or limit, limits) if always else None,
        )
    worse = [shift for shift in service.shifts if shift.after > shift.before]
    if rises(service, tried) and latency.trend is not None:
        yield Recommendation(
            "rising-response-time",
            Severity.INFO,
            service.name,
            "Compare the releases and the load from before and after the rise: response times keep growing.",
            trend_evidence(latency.trend),
        )
    elif worse:
        last = worse[-1]
        yield Recommendation(
            "level-shift",
            Severity.INFO,
            service.name,
            f"Look at what was released or changed around {last.at:%Y-%m-%d %H:%M} UTC: it is slower since then.",
            (
                f"median {milliseconds(last.before)} before, {milliseconds(last.after)} after",
                f"Pettitt's test, p = {last.p_value:.2g}",
            ),
        )
    elif service.hours is not None and service.hours.typical_percent >= max(SHIFT_PERCENT, 100 * least_rise(service)):
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


def upkeep(service: ServiceFacts, now: datetime) -> Iterator[Recommendation]:
    """Coverage and certificates."""
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
