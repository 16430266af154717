"""Parts of the JSON reports that come from the analysis: services, incidents, resources, handling, advice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from amt_console.analysis import (
    AnalysisLimits,
    Availability,
    Handling,
    Incident,
    LatencySummary,
    Outage,
    ResourcePattern,
    ServicePerformance,
    Trend,
)
from amt_console.model import HostSample, Rollup
from amt_console.reports.analysis_documents import (
    phases_json,
    policies_json,
    reliability_json,
    rounded,
    shift_json,
    significant,
    unusual_json,
)
from amt_console.reports.gathering.data import SINGLE_CHECKS, ServiceRecord
from amt_console.reports.view import ReportView

Document = dict[str, Any]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def availability_json(parts: Availability) -> Document:
    """Seconds by state; percentages are ``null`` without measured time.

    ``up_seconds`` includes degraded seconds, as in the formula of the availability.
    """
    return {
        "availability_percent": rounded(parts.availability_percent, 4) if parts.sufficient else None,
        "coverage_percent": rounded(parts.coverage_percent, 4),
        "worst_case_percent": rounded(parts.worst_case_percent, 4),
        "sufficient": parts.sufficient,
        "up_seconds": rounded(parts.up_s + parts.degraded_s),
        "degraded_seconds": rounded(parts.degraded_s),
        "down_seconds": rounded(parts.down_s),
        "maintenance_seconds": rounded(parts.maintenance_s),
        "unknown_seconds": rounded(parts.unknown_s),
    }


def service_now_json(record: ServiceRecord, found: ServicePerformance, view: ReportView) -> Document:
    """A service at the window's end, with its results in the window."""
    iso = view.times.iso
    return {
        "name": record.name,
        "url": record.url,
        "group": record.group,
        "kind": record.kind,
        "criticality": record.criticality.value,
        "configured": record.configured,
        "state": record.state.value,
        "since": iso(record.since),
        "last_checked": iso(record.last_checked),
        "response_time_ms": rounded(record.response_time_ms),
        "error": record.error,
        "tls_expires_at": iso(record.tls_expires_at),
        "availability": availability_json(found.availability),
        "latency": latency_json(found.latency),
        "incidents": len(found.incidents),
    }


def _why_no_phases(view: ReportView) -> str:
    if any(each.what == SINGLE_CHECKS for each in view.data.deleted):
        return "retention has deleted single checks of that time"
    return "no check succeeded in that time"


def service_json(service: ServicePerformance, view: ReportView) -> Document:
    """The analysis of one service."""
    iso = view.times.iso
    hours = service.hours
    return {
        "name": service.name,
        "availability": availability_json(service.availability),
        "previous_availability": availability_json(service.previous_availability),
        "latency": latency_json(service.latency),
        "previous_latency": latency_json(service.previous_latency),
        "trend": trend_json(service.latency.trend),
        "same_hours_change_percent": rounded(hours.typical_percent) if hours else None,
        "incidents": len(service.incidents),
        "unconfirmed": len(service.blips),
        "policies": policies_json(service.policies),
        "reliability": reliability_json(service.reliability),
        "change_points": [shift_json(shift, view.times) for shift in service.shifts],
        "anomalies": [unusual_json(stretch, view.times) for stretch in service.unusual],
        "phases": phases_json(service.phases, view.times),
        "phases_reason": None if service.phases.samples else _why_no_phases(view),
        "hours": [
            {"hour": each.hour, "count": each.samples, "p50_ms": rounded(each.p50_ms), "p95_ms": rounded(each.p95_ms)}
            for each in service.hours_of_day
        ],
        "series": [
            _step_json(bucket, percentiles, start)
            for bucket, percentiles, start in zip(service.buckets, service.percentiles, view.step_starts, strict=True)
        ],
        "states": [
            {"start": iso(span.start), "end": iso(span.end), "state": span.state.value, "error": span.error}
            for span in service.spans
        ],
    }


def _step_json(bucket: Rollup, percentiles: Sequence[float | None], start: str) -> Document:
    """The results of one step of the window: checks, and response times of those with an answer."""
    p50, p95, p99 = percentiles
    return {
        "start": start,
        "count": bucket.samples,
        "up": bucket.samples - bucket.errors,
        "down": bucket.errors,
        "p50_ms": rounded(p50),
        "p95_ms": rounded(p95),
        "p99_ms": rounded(p99),
    }


def latency_json(latency: LatencySummary) -> Document:
    """Response times in milliseconds."""
    slowest = latency.slowest_hour
    return {
        "samples": latency.samples,
        "errors": latency.errors,
        "error_rate_percent": rounded(latency.error_rate_percent, 4),
        "mean_ms": rounded(latency.mean_ms),
        "min_ms": rounded(latency.min_ms),
        "p50_ms": rounded(latency.p50_ms),
        "p95_ms": rounded(latency.p95_ms),
        "p99_ms": rounded(latency.p99_ms),
        "max_ms": rounded(latency.max_ms),
        "limit_ms": rounded(latency.limit_ms),
        "within_limit_percent": rounded(latency.within_limit_percent, 4),
        "slowest_hour": {"hour": slowest[0], "p95_ms": rounded(slowest[1])} if slowest else None,
    }


def trend_json(trend: Trend | None) -> Document | None:
    """The trend of the median response time; ``null`` with too few points."""
    if trend is None:
        return None
    return {
        "direction": trend.direction,
        "slope_ms_per_hour": rounded(trend.slope_per_hour, 6),
        "change_ms": rounded(trend.change),
        "change_percent": None if trend.relative_change is None else rounded(100 * trend.relative_change),
        "p_value": significant(trend.p_value),
        "points": trend.points,
        "seasonal": trend.seasonal,
    }


def incident_json(incident: Incident, view: ReportView) -> Document:
    """One outage of one service, and its owner."""
    record = next(
        (r for r in view.data.alerts if incident.alert_id is not None and r.episode.id == incident.alert_id), None
    )
    return {
        "service": incident.service,
        "started_at": view.times.iso(incident.start),
        "ended_at": None if incident.ongoing else view.times.iso(incident.end),
        "ongoing": incident.ongoing,
        "began_before_window": incident.began_earlier,
        "seconds": rounded(incident.seconds),
        "measured_down_seconds": rounded(incident.down_s),
        "cause": incident.cause,
        "cause_class": incident.cause_class,
        "alert_id": incident.alert_id,
        "acknowledged_by": record.episode.acknowledged_by if record else None,
        "acknowledged_at": view.times.iso(record.episode.acknowledged_at) if record else None,
        "note": record.episode.note if record else None,
    }


def outage_json(outage: Outage, view: ReportView) -> Document:
    """Overlapping incidents as one event."""
    return {
        "started_at": view.times.iso(outage.start),
        "ended_at": None if outage.ongoing else view.times.iso(outage.end),
        "ongoing": outage.ongoing,
        "services": list(outage.services),
        "measured_down_seconds": rounded(outage.down_s),
        "service_seconds": rounded(outage.service_s),
    }


def resource_json(pattern: ResourcePattern, limits: AnalysisLimits) -> Document:
    """One resource of the monitor's host over the window."""
    busiest = pattern.busiest_hour
    return {
        "name": pattern.name,
        "mean": rounded(pattern.mean),
        "p95": rounded(pattern.p95),
        "max": rounded(pattern.max),
        "limit": limits.of_resource(pattern.name),
        "busiest_hour": {"hour": busiest[0], "mean": rounded(busiest[1])} if busiest else None,
        "saturated_percent": rounded(pattern.saturated_percent, 4),
        "saturated_seconds": rounded(pattern.saturated_s),
        "headroom": rounded(pattern.headroom),
        "hours": [{"hour": hour, "mean": rounded(value)} for hour, value in pattern.hours],
        "weekdays": [{"weekday": WEEKDAYS[day], "mean": rounded(value)} for day, value in pattern.weekdays],
    }


def host_json(sample: HostSample | None, view: ReportView) -> Document | None:
    """The monitor's host at its last sample."""
    if sample is None:
        return None
    return {
        "timestamp": view.times.iso(sample.timestamp),
        "cpu_usage": rounded(sample.cpu_usage),
        "memory_usage": rounded(sample.memory_usage),
        "disk_usage": rounded(sample.disk_usage),
        "disks": [{"mount": disk.mount, "percent": rounded(disk.percent)} for disk in sample.disks],
        "active_connections": sample.active_connections,
    }


def handling_json(handled: Handling) -> Document:
    """The handling of alerts; seconds."""
    return {
        "fired": handled.fired,
        "critical": handled.critical,
        "warning": handled.warning,
        "info": handled.info,
        "acknowledged": handled.acknowledged,
        "resolved": handled.resolved,
        "still_open": handled.still_open,
        "mean_seconds_to_acknowledge": rounded(handled.mtta_s),
        "median_seconds_to_acknowledge": rounded(handled.median_tta_s),
        "mean_seconds_to_resolve": rounded(handled.mttr_s),
        "median_seconds_to_resolve": rounded(handled.median_ttr_s),
    }
