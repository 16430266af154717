"""JSON of the views, for ``--json`` and the API. Keys are stable."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from amt_console.model import (
    AlertDetail,
    AlertEvent,
    AlertView,
    Figure,
    HostSample,
    LocationView,
    ServiceView,
    Snapshot,
    Value,
)
from amt_console.model.evidence import Evidence
from amt_console.model.inbound import HeartbeatView
from amt_console.model.oncall import OncallPlan
from amt_console.model.policy import MaintenanceWindow, RotaOverride, Silence


def iso(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with offset, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds") if moment else None


def snapshot_json(snapshot: Snapshot) -> dict[str, Any]:
    """The document of ``status --json``."""
    monitor = snapshot.monitor
    return {
        "generated_at": iso(snapshot.generated_at),
        "at": iso(snapshot.at),
        "overall": snapshot.overall.value,
        "monitor": {
            "running": monitor.state.value == "running",
            "state": monitor.state.value,
            "host": monitor.host,
            "pid": monitor.pid,
            "started_at": iso(monitor.started_at),
            "last_cycle_at": iso(monitor.last_cycle_at),
            "last_commit_at": iso(monitor.last_commit_at),
            "fault": monitor.fault,
        },
        "services": [service_json(service) for service in snapshot.services],
        "resources": host_json(snapshot.resources.sample),
        **figures_json(snapshot),
        "alerts": [alert_json(alert) for alert in snapshot.alerts],
        "notices": list(snapshot.notices),
        "faults": list(snapshot.faults),
        "viewers": [
            {"name": person.name, "since": iso(person.since), "place": person.place} for person in snapshot.presence
        ],
        "on_call": [{"rota": item.rota, "person": item.person, "until": iso(item.until)} for item in snapshot.on_call],
        "heartbeats": [heartbeat_json(heartbeat) for heartbeat in snapshot.heartbeats],
        "simulated_until": iso(snapshot.simulated_until),
    }


def figures_json(snapshot: Snapshot) -> dict[str, Any]:
    """The business figures, and the kinds of which they cannot be read."""
    return {
        "figures": {
            kind.value: {name: figure_json(figure, read.timestamp) for name, figure in read.figures.items()}
            for kind, read in snapshot.figures.items()
        },
        "figure_faults": {
            kind.value: {"reason": fault.reason, "since": iso(fault.since)}
            for kind, fault in snapshot.figure_faults.items()
        },
    }


def heartbeat_json(heartbeat: HeartbeatView) -> dict[str, Any]:
    """One job that must report."""
    return {
        "name": heartbeat.name,
        "state": heartbeat.state.value,
        "group": heartbeat.group,
        "last_ping_at": iso(heartbeat.last_ping_at),
        "started_at": iso(heartbeat.started_at),
        "last_exit_code": heartbeat.last_exit_code,
        "last_duration_ms": rounded(heartbeat.last_duration_ms),
        "next_due_at": iso(heartbeat.next_due_at),
        "message": heartbeat.message,
        "last_output": heartbeat.last_output,
        "runbook": heartbeat.runbook,
    }


def oncall_json(plan: OncallPlan) -> dict[str, Any]:
    """The document of ``oncall --json``; ``until`` is null for good."""
    now = [rota.now for rota in plan.rotas if rota.now is not None]
    following = [rota.next for rota in plan.rotas if rota.next is not None]
    return {
        "now": [{"rota": shift.rota, "person": shift.person, "until": iso(shift.ends_at)} for shift in now],
        "next": [{"rota": shift.rota, "person": shift.person, "from": iso(shift.starts_at)} for shift in following],
    }


def override_json(override: RotaOverride) -> dict[str, Any]:
    """One override of a rota that a person added."""
    return {
        "id": override.id,
        "rota": override.rota,
        "person": override.person,
        "from": iso(override.starts_at),
        "until": iso(override.ends_at),
        "created_by": override.created_by,
    }


def coverage_json(plan: OncallPlan) -> dict[str, Any]:
    """The document of ``oncall --check --json``."""
    return {
        "gaps": [
            {"rota": gap.rota, "from": iso(gap.starts_at), "to": iso(gap.ends_at)}
            for rota in plan.rotas
            for gap in rota.gaps
        ],
        "unreachable": [{"person": item.person, "reason": item.reason} for item in plan.unreachable],
    }


def shifts_json(plan: OncallPlan) -> list[dict[str, Any]]:
    """The document of ``oncall export --json``; ``from`` and ``until`` are null where there is no end."""
    return [
        {
            "rota": shift.rota,
            "person": shift.person,
            "from": iso(shift.starts_at),
            "until": iso(shift.ends_at),
        }
        for rota in plan.rotas
        for shift in rota.shifts
    ]


def service_json(service: ServiceView) -> dict[str, Any]:
    """One service of ``status --json``; times in milliseconds, rates in percent."""
    return {
        "name": service.name,
        "url": service.url,
        "group": service.group,
        "kind": service.kind,
        "criticality": service.criticality.value,
        "state": service.state.value,
        "since": iso(service.since),
        "response_time_ms": rounded(service.response_time_ms),
        "p95_ms_24h": rounded(service.p95_ms),
        "uptime_percent_24h": rounded(service.uptime_percent_24h, 4),
        "coverage_percent_24h": rounded(service.coverage_percent_24h, 4),
        "error_rate_percent_1h": rounded(service.error_rate_percent_1h, 4),
        "last_checked": iso(service.last_checked),
        "error_class": service.error_class.value if service.error_class else None,
        "error": service.error,
        "tls_expires_at": iso(service.tls_expires_at),
        "alert_id": service.alert_id,
        "runbook": service.runbook,
        "locations": [_location_json(location) for location in service.locations],
        "values": {name: _check_value_json(value) for name, value in service.values.items()},
    }


def _check_value_json(value: Value) -> dict[str, Any]:
    return {
        "value": value.value,
        "unit": value.unit,
        "warning": value.warning,
        "critical": value.critical,
        "min": value.low,
        "max": value.high,
    }


def _location_json(location: LocationView) -> dict[str, Any]:
    return {
        "name": location.name,
        "state": location.state.value,
        "since": iso(location.since),
        "last_checked": iso(location.last_checked),
        "response_time_ms": rounded(location.response_time_ms),
        "error": location.error,
    }


def host_json(sample: HostSample | None) -> dict[str, Any] | None:
    """The host at its last sample; ``null`` for an unreadable metric."""
    if sample is None:
        return None
    network = sample.network
    return {
        "timestamp": iso(sample.timestamp),
        "cpu_usage": rounded(sample.cpu_usage),
        "memory_usage": rounded(sample.memory_usage),
        "disk_usage": rounded(sample.disk_usage),
        "disks": [
            {
                "mount": disk.mount,
                "total_bytes": disk.total_bytes,
                "used_bytes": disk.used_bytes,
                "percent": disk.percent,
            }
            for disk in sample.disks
        ],
        "network_io": None
        if network is None
        else {
            "sent_bytes_per_s": rounded(network.sent_bytes),
            "received_bytes_per_s": rounded(network.received_bytes),
            "errors_per_s": rounded(network.errors),
            "drops_per_s": rounded(network.drops),
        },
        "active_connections": sample.active_connections,
        "load": list(sample.load) if sample.load else None,
        "swap_usage": rounded(sample.swap_usage),
    }


def figure_json(figure: Figure, read_at: datetime) -> dict[str, Any]:
    """One figure of the platform; ``remark`` names the part of a value that was left out."""
    value = figure.value
    pairs = [{"label": label, "value": number} for label, number in value] if isinstance(value, tuple) else value
    return {
        "value": pairs,
        "unit": figure.unit,
        "read_at": iso(read_at),
        "missing": figure.reason if value is None else None,
        "suspect": figure.suspect,
        "remark": None if value is None else figure.reason,
    }


def alert_json(alert: AlertView) -> dict[str, Any]:
    """One alert, the same in ``status``, ``alerts list`` and ``alerts show``."""
    return {
        "id": alert.id,
        "version": alert.version,
        "rule": alert.rule,
        "alert_type": alert.alert_type.value,
        "severity": alert.severity.value,
        "subject": alert.subject,
        "group": alert.group,
        "message": alert.message,
        "state": alert.state.value,
        "opened_at": iso(alert.opened_at),
        "fired_at": iso(alert.fired_at),
        "resolved_at": iso(alert.resolved_at),
        "duration_seconds": rounded(alert.duration_seconds),
        "times_today": alert.times_today,
        "acknowledged_by": alert.acknowledged_by,
        "acknowledged_at": iso(alert.acknowledged_at),
        "acknowledged_until": iso(alert.acknowledged_until),
        "snoozed_by": alert.snoozed_by,
        "snoozed_until": iso(alert.snoozed_until),
        "silenced_by": list(alert.silenced_by),
        "maintenance": alert.maintenance,
        "rating": None if alert.rating is None else alert.rating.value,
        "note": alert.note,
        "escalation_level": alert.escalation_level,
        "stale": alert.stale,
        "value": alert.value,
        "threshold": alert.threshold,
        "runbook": alert.runbook,
        "simulated": alert.simulated,
        "follows_from": alert.follows_from,
        "followers": list(alert.followers),
        "answer": None if alert.answer is None else alert.answer.text,
        "answer_at": None if alert.answer is None else iso(alert.answer.at),
        "answer_unavailable": None if alert.answer is None else alert.answer.unavailable,
    }


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """What was seen around the first failure of an alert."""
    phases = evidence.phases
    return {
        "at": iso(evidence.at),
        "dns": list(evidence.dns),
        "address": evidence.address,
        "url": evidence.url,
        "status": evidence.status,
        "http_version": evidence.http_version,
        "tls_version": evidence.tls_version,
        "certificate_ends_at": iso(evidence.certificate_ends_at),
        "phases": {name: rounded(getattr(phases, name)) for name in phases.__slots__},
        "cpu_percent": evidence.cpu_percent,
        "memory_percent": evidence.memory_percent,
        "load": list(evidence.load),
        "processes": [
            {"pid": use.pid, "name": use.name, "cpu_percent": use.cpu_percent, "memory_percent": use.memory_percent}
            for use in evidence.processes
        ],
        "disks": [{"mount": mount, "percent": percent} for mount, percent in evidence.disks],
    }


def silence_json(silence: Silence) -> dict[str, Any]:
    """One silence; one of the configuration has no ``created_at``."""
    return {
        "id": silence.id,
        "reason": silence.reason,
        "services": list(silence.services),
        "groups": list(silence.groups),
        "alert_types": [kind.value for kind in silence.alert_types],
        "severity": None if silence.severity is None else silence.severity.value,
        "match": silence.match,
        "created_by": silence.created_by,
        "created_at": iso(silence.created_at),
        "starts_at": iso(silence.starts_at),
        "ends_at": iso(silence.ends_at),
        "ended_by": silence.ended_by,
        "source": _source(silence.created_at),
    }


def maintenance_json(window: MaintenanceWindow) -> dict[str, Any]:
    """One maintenance window; recurring ones have ``recurrence`` in place of ``starts_at`` and ``ends_at``."""
    recurrence = window.recurrence
    return {
        "name": window.name,
        "services": list(window.services),
        "groups": list(window.groups),
        "starts_at": iso(window.starts_at),
        "ends_at": iso(window.ends_at),
        "recurrence": None
        if recurrence is None
        else {
            "start": recurrence.start.isoformat(timespec="minutes"),
            "duration_seconds": recurrence.duration,
            "weekdays": list(recurrence.weekdays),
            "time_zone": recurrence.zone.key,
        },
        "note": window.note,
        "created_by": window.created_by,
        "created_at": iso(window.created_at),
        "ended_by": window.ended_by,
        "source": _source(window.created_at),
    }


def _source(created_at: datetime | None) -> str:
    return "configuration" if created_at is None else "person"


def alert_detail_json(detail: AlertDetail) -> dict[str, Any]:
    """One alert with its events."""
    return {
        **alert_json(detail.alert),
        "rule_id": detail.episode.rule_id,
        "resolution": detail.episode.resolution.value if detail.episode.resolution else None,
        "events": [_event_json(event) for event in detail.events],
        "evidence": None if detail.evidence is None else evidence_json(detail.evidence),
    }


def _event_json(event: AlertEvent) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "at": iso(event.at),
        "kind": event.kind,
        "state": event.state.value,
        "severity": event.severity.value,
        "message": event.message,
        "actor": event.actor,
        "note": event.note,
        "value": event.value,
        "detail": dict(event.detail),
    }


def rounded(value: float | None, digits: int = 3) -> float | None:
    """A number with few digits."""
    return None if value is None else round(value, digits)
