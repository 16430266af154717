"""JSON of a service's detail, of history and of the audit trail, for ``--json`` and the API. Keys are stable."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from amt_console.model import AuditEntry, Phases, Rollup
from amt_console.operations.archive import BucketWindow, ValueBucket
from amt_console.operations.json_views import alert_json, iso, rounded, service_json
from amt_console.operations.protocol import ServiceDetail
from amt_console.text import safe_text

AUDIT_DETAILS = ("uid", "login", "via", "claims", "note", "reason", "status", "count", "before", "after")


def service_detail_json(detail: ServiceDetail) -> dict[str, Any]:
    """One service with its history over a window."""
    step = timedelta(seconds=detail.bucket_seconds)
    series = zip(detail.mean_ms, detail.p95_ms, detail.uptime, strict=True)
    return {
        **service_json(detail.service),
        "start": iso(detail.start),
        "end": iso(detail.end),
        "bucket_seconds": detail.bucket_seconds,
        "uptime_percent": rounded(detail.uptime_percent, 4),
        "coverage_percent": rounded(detail.coverage_percent, 4),
        "buckets": [
            {
                "start": iso(detail.start + index * step),
                "mean_ms": rounded(mean),
                "p95_ms": rounded(p95),
                "uptime_percent": rounded(uptime, 4),
            }
            for index, (mean, p95, uptime) in enumerate(series)
        ],
        "probes": [
            {
                "at": iso(probe.timestamp),
                "state": probe.state.value,
                "response_time_ms": rounded(probe.response_time_ms),
                "phases": phases_json(probe.phases),
                "status_code": probe.status_code,
                "error": probe.error,
                "attempt": probe.attempt,
                "location": probe.location,
            }
            for probe in detail.probes
        ],
        "changes": [
            {"at": iso(change.at), "state": change.state.value, "error": change.error} for change in detail.changes
        ],
        "alerts": [alert_json(alert) for alert in detail.alerts],
        "value_history": [
            {
                "name": history.name,
                "unit": history.unit,
                "min": history.least,
                "max": history.most,
                "buckets": [
                    {"start": iso(detail.start + index * step), "mean": mean}
                    for index, mean in enumerate(history.means)
                ],
            }
            for history in detail.values
        ],
        "facts": [{"label": label, "value": value} for label, value in detail.figures],
    }


def phases_json(phases: Phases) -> dict[str, float | None]:
    """The parts of a response time in milliseconds."""
    return {name: rounded(getattr(phases, name)) for name in phases.__slots__}


def service_history_json(name: str, window: BucketWindow, buckets: Iterable[Rollup]) -> dict[str, Any]:
    """A service in buckets."""
    return _history("service", name, window, [_service_bucket(bucket) for bucket in buckets])


def value_history_json(of: str, name: str, window: BucketWindow, buckets: Iterable[ValueBucket]) -> dict[str, Any]:
    """A metric of the ``host``, or a ``figure``, in buckets."""
    return _history(of, name, window, [_value_bucket(bucket) for bucket in buckets])


def _history(of: str, name: str, window: BucketWindow, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "of": of,
        "name": safe_text(name, 200),
        "start": iso(window.start),
        "end": iso(window.end),
        "resolution_seconds": window.resolution,
        "items": items,
    }


def _service_bucket(bucket: Rollup) -> dict[str, Any]:
    availability, histogram = bucket.availability, bucket.histogram
    return {
        "start": iso(bucket.start),
        "seconds": bucket.seconds,
        "samples": bucket.samples,
        "errors": bucket.errors,
        "up_seconds": rounded(bucket.up_s + bucket.degraded_s),
        "degraded_seconds": rounded(bucket.degraded_s),
        "down_seconds": rounded(bucket.down_s),
        "maintenance_seconds": rounded(bucket.maintenance_s),
        "unknown_seconds": rounded(bucket.unknown_s),
        "uptime_percent": None if availability is None else rounded(100 * availability, 4),
        "coverage_percent": rounded(100 * bucket.coverage, 4),
        "mean_ms": rounded(bucket.mean_ms),
        "p50_ms": rounded(histogram.quantile(0.5)),
        "p95_ms": rounded(histogram.quantile(0.95)),
        "p99_ms": rounded(histogram.quantile(0.99)),
    }


def _value_bucket(bucket: ValueBucket) -> dict[str, Any]:
    return {
        "start": iso(bucket.start),
        "seconds": bucket.seconds,
        "samples": bucket.samples,
        "mean": rounded(bucket.mean, 6),
        "least": rounded(bucket.least, 6),
        "most": rounded(bucket.most, 6),
    }


def audit_json(entry: AuditEntry) -> dict[str, Any]:
    """One row of ``audit list --json``."""
    return {
        "id": entry.id,
        "at": iso(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "hash": entry.hash,
        "previous": entry.previous,
        **{name: entry.detail.get(name) for name in AUDIT_DETAILS},
    }
