"""From results to findings: what of a window a person should know. A quiet window has none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

from amt_console.alerts import Needs
from amt_console.analysis.alert_noise import RuleRecord
from amt_console.analysis.behaviour import FigureBehaviour
from amt_console.analysis.change_points import ChangePoint
from amt_console.analysis.disks import DiskCourse
from amt_console.analysis.facts import ServiceFacts
from amt_console.analysis.findings import Finding, FindingKind
from amt_console.analysis.resources import ResourcePattern
from amt_console.analysis.series import Window
from amt_console.analysis.slowness import Slowness
from amt_console.analysis.trend import SIGNIFICANT_CHANGE, SIGNIFICANT_P, Trend
from amt_console.analysis.unusual import Unusual
from amt_console.analysis.uptime.incidents import MOSTLY, Incident, shared_seconds
from amt_console.text import duration, limit_percent, milliseconds, percent

HOST = "host"
MOST_INCIDENTS = 5
"""A service with more incidents has one finding about all of them."""
LEAST_SATURATED_S = 600.0
LEAST_SATURATED_PERCENT = 1.0
CONFIRMED_PERCENT = 5.0
"""A rise counts only if equal hours of the day are slower than in the window before by as much."""
WEEK = timedelta(days=6, hours=12)
LEAST_RISE_OF_DAYS = 0.4
_ORDER = list(FindingKind)


def service_findings(facts: Sequence[ServiceFacts]) -> Iterator[Finding]:
    """Incidents, shifts, trends and anomalies of the services."""
    yield from _incidents(facts)
    for service in facts:
        for shift in service.shifts:
            yield _shift(service.name, shift)
        if rises(service, len(facts)):
            assert service.latency.trend is not None
            yield _trend(service, service.latency.trend)
        for stretch in service.unusual:
            yield _anomaly(service.name, stretch, "the median response time", milliseconds)


def rises(service: ServiceFacts, tried: int = 1) -> bool:
    """Whether response times rise: no daily rhythm, no shift, and no chance among as many services as were tried."""
    trend = service.latency.trend
    if trend is None or trend.direction != "rising" or trend.p_value * max(1, tried) >= SIGNIFICANT_P:
        return False
    if service.shifts or (trend.relative_change or 0.0) < least_rise(service):
        return False
    if service.hours is None:
        return trend.seasonal
    return service.hours.typical_percent >= CONFIRMED_PERCENT


def least_rise(service: ServiceFacts) -> float:
    """The least reported rise: a window shorter than a week may just lead out of a weekend."""
    short = service.since is None or service.until is None or service.until - service.since < WEEK
    return LEAST_RISE_OF_DAYS if short else SIGNIFICANT_CHANGE


def host_findings(
    resources: Sequence[ResourcePattern], disk: DiskCourse, slow: Sequence[Slowness]
) -> Iterator[Finding]:
    """Saturation, the disk's end, and what correlates with slowness."""
    for resource in resources:
        if saturated(resource):
            assert resource.limit is not None
            worst, at = (resource.worst[1], resource.worst[0]) if resource.worst else (None, None)
            yield Finding(
                FindingKind.SATURATION,
                f"{HOST} {resource.name}",
                (
                    f"{resource.name} was over its limit of {limit_percent(resource.limit)} for "
                    f"{duration(resource.saturated_s)} ({percent(resource.saturated_percent)} of the measured time)",
                    f"95th percentile {percent(resource.p95)}, worst step {percent(worst)}",
                ),
                at=at,
            )
    if disk.full_at is not None:
        pace = "" if disk.per_day is None else f"; it grows {disk.per_day:.2g} points a day over the window"
        yield Finding(
            FindingKind.DISK_FULL,
            f"{HOST} disk",
            (
                f"the fullest disk will be full at {disk.full_at:%Y-%m-%d %H:%M} UTC",
                f"{percent(disk.used_percent)} used{pace}",
            ),
            at=disk.full_at,
            p_value=disk.p_value,
        )
    for one in slow:
        yield Finding(
            FindingKind.CORRELATION,
            one.service,
            (
                f"slow when the host's {one.resource} is busy: {milliseconds(one.busy_ms)} in the busiest tenth of "
                f"the time, else {milliseconds(one.calm_ms)}",
                f"rank correlation {one.rho:.2f} over {one.points} steps, p = {one.p_value:.2g}; they moved together, "
                "and neither needs to be the cause",
            ),
            since=one.since,
            until=one.until,
            p_value=one.p_value,
        )


def saturated(resource: ResourcePattern) -> bool:
    """Whether a resource was over its limit for long enough to matter."""
    return (
        resource.limit is not None
        and (resource.saturated_percent or 0.0) >= LEAST_SATURATED_PERCENT
        and resource.saturated_s >= LEAST_SATURATED_S
    )


def alert_findings(records: Sequence[RuleRecord]) -> Iterator[Finding]:
    """Noisy alerts."""
    for record in records:
        if record.noisy:
            yield Finding(
                FindingKind.NOISY_ALERT,
                record.subject,
                (
                    f"rule {record.rule} fired {record.fired} times, {record.noise} of them noise",
                    *noise_evidence(record),
                ),
                since=record.first,
                until=record.last,
            )


def noise_evidence(record: RuleRecord) -> tuple[str, ...]:
    """What makes the alerts of a rule noise."""
    found = []
    if record.median_s is not None:
        found.append(f"half of them were over within {duration(record.median_s)}")
    found.append(f"{record.acknowledged} acknowledged, {record.rated_noise} rated as noise")
    if record.refired:
        found.append(f"{record.refired} fired again within 15 minutes of their end")
    return tuple(found)


def behaviour_findings(figures: Sequence[FigureBehaviour]) -> Iterator[Finding]:
    """Unusual stretches of the platform's figures."""
    for figure in figures:
        for stretch in figure.unusual:
            yield _anomaly(figure.subject, stretch, figure.name.replace("_", " "), lambda value: f"{value or 0:,.4g}")


def in_order(findings: Sequence[Finding], window: Window) -> tuple[Finding, ...]:
    """By kind, the gravest first, then by time and subject."""
    return tuple(sorted(findings, key=lambda f: (_ORDER.index(f.kind), f.begin or window.start, f.subject, f.evidence)))


def _incidents(facts: Sequence[ServiceFacts]) -> Iterator[Finding]:
    needs = Needs({service.name: service.depends_on for service in facts})
    by_service = {service.name: service.incidents for service in facts if service.incidents}
    with_it: dict[int, list[str]] = {}
    leading: dict[str, list[Incident]] = {}
    for incident in (incident for own in by_service.values() for incident in own):
        cause = _cause(incident, by_service, needs)
        if cause is None:
            leading.setdefault(incident.service, []).append(incident)
        else:
            with_it.setdefault(id(cause), []).append(incident.service)
    for service, own in leading.items():
        if len(own) > MOST_INCIDENTS:
            yield _many(service, own, sorted({name for each in own for name in with_it.get(id(each), ())}))
        else:
            for incident in own:
                yield _incident(incident, sorted(set(with_it.get(id(incident), ()))))


def _cause(incident: Incident, by_service: Mapping[str, Sequence[Incident]], needs: Needs) -> Incident | None:
    """The incident of the farthest dependency that this one lies within."""
    above = [
        other
        for name, theirs in by_service.items()
        if needs.above(incident.service, name)
        for other in theirs
        if shared_seconds(incident, other) >= MOSTLY * incident.seconds
    ]
    return next((one for one in above if not any(needs.above(one.service, other.service) for other in above)), None)


def _incident(incident: Incident, followers: Sequence[str]) -> Finding:
    so_far = " so far" if incident.ongoing else ""
    evidence = [f"down for {duration(incident.seconds)}{so_far}: {incident.cause_class.replace('_', ' ')}"]
    if incident.cause:
        evidence.append(f"error: {incident.cause}")
    if incident.began_earlier:
        evidence.append("it began before the window")
    if followers:
        evidence.append(f"with it: {', '.join(followers)}")
    until = None if incident.ongoing else incident.end
    return Finding(FindingKind.INCIDENT, incident.service, tuple(evidence), since=incident.start, until=until)


def _many(service: str, own: Sequence[Incident], followers: Sequence[str]) -> Finding:
    longest = max(own, key=lambda each: each.seconds)
    causes: dict[str, int] = {}
    for each in own:
        causes[each.cause_class] = causes.get(each.cause_class, 0) + 1
    most = max(causes, key=lambda name: (causes[name], name))
    evidence = [
        f"down {len(own)} times, {duration(sum(each.down_s for each in own))} in all, mostly {most.replace('_', ' ')}",
        f"longest {duration(longest.seconds)} from {longest.start:%Y-%m-%d %H:%M} UTC",
    ]
    if followers:
        evidence.append(f"with it: {', '.join(followers)}")
    until = None if own[-1].ongoing else own[-1].end
    return Finding(FindingKind.INCIDENT, service, tuple(evidence), since=own[0].start, until=until)


def _shift(service: str, shift: ChangePoint) -> Finding:
    way = "slower" if shift.after > shift.before else "faster"
    part = 100 * (shift.after / shift.before - 1) if shift.before else 0.0
    return Finding(
        FindingKind.CHANGE_POINT,
        service,
        (
            f"{way} from here on: median {milliseconds(shift.before)} before, {milliseconds(shift.after)} after "
            f"({part:+.0f} %)",
            f"Pettitt's test, p = {shift.p_value:.2g}",
        ),
        at=shift.at,
        p_value=shift.p_value,
    )


def _trend(service: ServiceFacts, trend: Trend) -> Finding:
    return Finding(
        FindingKind.TREND,
        service.name,
        trend_evidence(trend),
        since=service.since,
        until=service.until,
        p_value=trend.p_value,
    )


def trend_evidence(trend: Trend) -> tuple[str, ...]:
    """What a rising trend rests on."""
    compared = "equal hours of the day compared" if trend.seasonal else "slower than in the window before, too"
    return (
        f"the median rose by {milliseconds(trend.change)} ({(trend.relative_change or 0) * 100:+.0f} %)",
        f"Mann-Kendall p = {trend.p_value:.2g} over {trend.points} points, {compared}",
    )


def _anomaly(subject: str, stretch: Unusual, what: str, shown: Callable[[float | None], str]) -> Finding:
    once = stretch.since == stretch.until
    return Finding(
        FindingKind.ANOMALY,
        subject,
        (f"{what} was {shown(stretch.value)}, usually {shown(stretch.usual)}", stretch.why),
        at=stretch.since if once else None,
        since=None if once else stretch.since,
        until=None if once else stretch.until,
    )
