"""What is watched, and how it is: the snapshot and its parts."""

from __future__ import annotations

from datetime import datetime

from amt_console.api.documents.alerts import AlertDocument
from amt_console.api.documents.base import Document
from amt_console.model import Criticality, ErrorClass, MonitorState, Overall, ServiceState
from amt_console.model.inbound import HeartbeatState


class MonitorDocument(Document):
    """The monitor that probes."""

    running: bool
    state: MonitorState
    host: str | None
    pid: int | None
    started_at: datetime | None
    last_cycle_at: datetime | None
    """When it last stored results."""
    last_commit_at: datetime | None
    fault: str | None
    """Why nothing is stored."""


class LocationDocument(Document):
    """A service as seen from one location."""

    name: str
    state: ServiceState
    since: datetime | None
    last_checked: datetime
    response_time_ms: float | None
    error: str | None


class CheckValueDocument(Document):
    """A number that a database, plugin or query measured."""

    value: float
    unit: str | None
    warning: str | None
    """The range beyond which a plugin itself warns, as it wrote it."""
    critical: str | None
    min: float | None
    """The smallest possible value."""
    max: float | None


class ServiceDocument(Document):
    """One service or database. Times are milliseconds, rates percent."""

    name: str
    url: str
    """Without secrets."""
    group: str
    kind: str
    criticality: Criticality
    state: ServiceState
    since: datetime | None
    """When it entered ``state``."""
    response_time_ms: float | None
    p95_ms_24h: float | None
    uptime_percent_24h: float | None
    coverage_percent_24h: float
    """The measured part of the last 24 hours."""
    error_rate_percent_1h: float | None
    last_checked: datetime | None
    error_class: ErrorClass | None
    error: str | None
    tls_expires_at: datetime | None
    alert_id: int | None
    """Its worst open alert."""
    runbook: str | None
    locations: list[LocationDocument]
    values: dict[str, CheckValueDocument]
    """What the newest result measured besides its time, by name, the main value first."""


class DiskDocument(Document):
    """One file system of the host."""

    mount: str
    total_bytes: int
    used_bytes: int
    percent: float


class NetworkDocument(Document):
    """Traffic of all interfaces except loopback."""

    sent_bytes_per_s: float
    received_bytes_per_s: float
    errors_per_s: float
    drops_per_s: float


class HostDocument(Document):
    """The monitor's host at its last sample; null for what cannot be read."""

    timestamp: datetime
    cpu_usage: float | None
    memory_usage: float | None
    disk_usage: float | None
    """Percent of the fullest disk."""
    disks: list[DiskDocument]
    network_io: NetworkDocument | None
    active_connections: int | None
    load: list[float] | None
    swap_usage: float | None


class LabelledNumberDocument(Document):
    """One part of a breakdown."""

    label: str
    value: float


class FigureDocument(Document):
    """One business figure of the platform."""

    value: float | list[LabelledNumberDocument] | None
    unit: str | None
    read_at: datetime
    missing: str | None
    """Why there is no value."""
    suspect: str | None
    """What looks wrong."""
    remark: str | None
    """Which part of a value was left out."""


class FigureFaultDocument(Document):
    """Why the figures of an endpoint cannot be read now."""

    reason: str
    since: datetime | None


class FiguresDocument(Document):
    """The newest figures by kind and name, and the kinds that cannot be read now."""

    figures: dict[str, dict[str, FigureDocument]]
    figure_faults: dict[str, FigureFaultDocument]


class HeartbeatDocument(Document):
    """One job that must report."""

    name: str
    state: HeartbeatState
    group: str
    last_ping_at: datetime | None
    started_at: datetime | None
    last_exit_code: int | None
    last_duration_ms: float | None
    next_due_at: datetime | None
    """When it must have reported, without the grace."""
    message: str
    """Why it is in its state."""
    last_output: str | None
    runbook: str | None


class ViewerDocument(Document):
    """A person with an open console."""

    name: str
    since: datetime
    place: str


class OnCallNowDocument(Document):
    """Who is on call in one rota."""

    rota: str
    person: str | None
    until: datetime | None
    """Null: for good."""


class SnapshotDocument(Document):
    """Everything that a live screen shows, at one moment."""

    generated_at: datetime
    at: datetime | None
    """The past moment that was asked for; null for now."""
    overall: Overall
    monitor: MonitorDocument
    services: list[ServiceDocument]
    heartbeats: list[HeartbeatDocument]
    resources: HostDocument | None
    figures: dict[str, dict[str, FigureDocument]]
    figure_faults: dict[str, FigureFaultDocument]
    alerts: list[AlertDocument]
    """Open ones, worst first."""
    notices: list[str]
    faults: list[str]
    viewers: list[ViewerDocument]
    on_call: list[OnCallNowDocument]
    simulated_until: datetime | None


class ProbeDocument(Document):
    """One stored probe of a service."""

    at: datetime
    state: ServiceState
    response_time_ms: float | None
    phases: dict[str, float | None]
    """Milliseconds by phase of the request."""
    status_code: int | None
    error: str | None
    attempt: int
    location: str | None


class StateChangeDocument(Document):
    """A service entered a state."""

    at: datetime
    state: ServiceState
    error: str | None


class FactDocument(Document):
    """A fact of the newest probe, in words."""

    label: str
    value: str


class ServiceBucketDocument(Document):
    """A short stretch of a service's history."""

    start: datetime
    mean_ms: float | None
    p95_ms: float | None
    uptime_percent: float | None


class CheckValueBucketDocument(Document):
    """A value over a bucket."""

    start: datetime
    mean: float | None


class CheckValueHistoryDocument(Document):
    """A value over the window."""

    name: str
    unit: str | None
    min: float
    max: float
    buckets: list[CheckValueBucketDocument]


class ServiceDetailDocument(ServiceDocument):
    """One service with what happened in a window up to now, or up to ``at``."""

    start: datetime
    end: datetime
    bucket_seconds: float
    uptime_percent: float | None
    """Over the window, by time."""
    coverage_percent: float
    buckets: list[ServiceBucketDocument]
    probes: list[ProbeDocument]
    """Newest first, at most 50."""
    changes: list[StateChangeDocument]
    """Newest first, at most 50."""
    alerts: list[AlertDocument]
    """Those of the window and all open ones, newest first."""
    value_history: list[CheckValueHistoryDocument]
    facts: list[FactDocument]
