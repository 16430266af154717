"""The read model: all data of a live screen at one moment, immutable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from amt_console.model.inbound import HeartbeatView
from amt_console.model.oncall import OnCall
from amt_console.model.results import BusinessFigures, HostSample, Value
from amt_console.model.states import (
    AlertState,
    AlertType,
    Criticality,
    ErrorClass,
    FigureKind,
    MonitorState,
    Overall,
    Rating,
    ServiceState,
    Severity,
)

Series = tuple[float | None, ...]
"""Equally spaced values, oldest first; ``None`` where nothing was measured."""


@dataclass(frozen=True, slots=True)
class LocationView:
    """A service as seen from one location."""

    name: str
    state: ServiceState
    since: datetime | None
    """When it entered ``state``."""
    last_checked: datetime
    response_time_ms: float | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceView:
    """One service or database as it is now."""

    name: str
    url: str
    """Without user name, password or secret query values."""
    group: str
    criticality: Criticality
    state: ServiceState
    since: datetime | None
    """When it entered ``state``; ``None`` before the first result."""
    interval: float
    kind: str = "http"
    """A ``TargetKind``."""
    response_time_ms: float | None = None
    p95_ms: float | None = None
    """Over the last 24 hours."""
    sparkline: Series = ()
    """Mean response time per minute over the last 30 minutes, in milliseconds."""
    uptime_percent_24h: float | None = None
    """Up over up and down, time-weighted; ``None`` with too little data."""
    coverage_percent_24h: float = 0.0
    """Measured part of the window."""
    error_rate_percent_1h: float | None = None
    last_checked: datetime | None = None
    error_class: ErrorClass | None = None
    error: str | None = None
    tls_expires_at: datetime | None = None
    alert_id: int | None = None
    """Its worst open alert."""
    runbook: str | None = None
    locations: tuple[LocationView, ...] = ()
    """By name, if more than one watches it; ``state`` is then the majority's."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """What the newest result measured besides its time, by name, the main value first."""
    figures: FigureKind | None = None
    """The business figures that its answer is read for."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """The beginning of what a service answered when its failure was first seen, or became another one."""

    at: datetime
    """When it was kept."""
    text: str | None = field(repr=False)
    """Safe to show and without secrets; ``None`` if it cannot be read."""
    unavailable: str | None = None
    """Why it cannot be read."""


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert episode as it is now."""

    id: int
    version: int
    alert_type: AlertType
    severity: Severity
    subject: str
    message: str
    state: AlertState
    opened_at: datetime
    rule: str = ""
    group: str | None = None
    """Group of the service; host parts have none."""
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    duration_seconds: float | None = None
    """From the first bad observation to the end, independent of the wall clock; ``None`` while open."""
    times_today: int = 0
    """Number of firing alerts of this rule and subject today, this one included."""
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    acknowledged_until: datetime | None = None
    """When the acknowledgement ends."""
    snoozed_by: str | None = None
    """The person who snoozed it: no messages until ``snoozed_until``."""
    snoozed_until: datetime | None = None
    """``None`` while snoozed: until it recovers."""
    rating: Rating | None = None
    silenced_by: tuple[str, ...] = ()
    """The silences that mute it, by id, the one that lasts longest first."""
    maintenance: str | None = None
    """The planned work that its subject is part of."""
    note: str | None = None
    escalation_level: int = 0
    stale: bool = False
    value: float | None = None
    threshold: float | None = None
    runbook: str | None = None
    simulated: bool = False
    follows_from: int | None = None
    """The open alert that caused this one: a dependency of its subject is down."""
    followers: tuple[int, ...] = ()
    """The open alerts that this one caused."""
    answer: KeptAnswer | None = None

    @property
    def mute(self) -> str | None:
        """What holds its messages, in one word; ``None`` if nothing does."""
        if self.state is AlertState.RESOLVED:
            return None
        if self.snoozed_by is not None:
            return "snoozed"
        if self.silenced_by:
            return "silenced"
        return None if self.maintenance is None else "maintenance"

    @property
    def is_confirmed(self) -> bool:
        """Not pending any more: before that it cannot be acknowledged."""
        return self.state is not AlertState.PENDING

    @property
    def needs_somebody(self) -> bool:
        """Firing or recovering, above info, unacknowledged, neither a follower nor part of planned work."""
        confirmed = self.state in (AlertState.FIRING, AlertState.RECOVERING) and self.severity is not Severity.INFO
        owned = self.acknowledged_by is not None
        return confirmed and not owned and self.follows_from is None and self.maintenance is None


@dataclass(frozen=True, slots=True)
class ResourcesView:
    """The host now, and its last 30 minutes by the minute (percent, fixed bounds 0-100)."""

    sample: HostSample | None = None
    cpu: Series = ()
    memory: Series = ()
    disk: Series = ()


@dataclass(frozen=True, slots=True)
class FigureFault:
    """Why the figures of an endpoint cannot be read now."""

    reason: str
    """Such as ``500`` or ``connection refused``."""
    since: datetime | None = None
    """``None`` if it has no start: without a configured endpoint."""

    @property
    def is_missing_endpoint(self) -> bool:
        """Whether nothing is configured to be read."""
        return self.since is None


@dataclass(frozen=True, slots=True)
class Commits:
    """Whether a monitor stores what it measures."""

    last_at: datetime | None = None
    """When it last committed; ``None`` where that is not known."""
    fault: str | None = None
    """Why nothing is stored, for people: the database file is lost, or nothing was committed for too long."""


@dataclass(frozen=True, slots=True)
class MonitorStatus:
    """The probing monitor, and whether it still works."""

    state: MonitorState
    host: str | None = None
    pid: int | None = None
    started_at: datetime | None = None
    last_cycle_at: datetime | None = None
    """When a monitor last stored results."""
    last_commit_at: datetime | None = None
    """When a monitor last committed anything, as far as is known."""
    fault: str | None = None
    """Why nothing is stored, for people."""

    @property
    def works(self) -> bool:
        """Whether it probes and stores."""
        return self.state is MonitorState.RUNNING and self.fault is None


@dataclass(frozen=True, slots=True)
class PresentPerson:
    """A person with an open console."""

    name: str
    since: datetime
    place: str
    """Origin of the console: its process on the monitor's host, or its address."""
    may_monitor: bool = False
    """Whether its console becomes the monitor when none runs."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All data of a live screen. ``version`` changes exactly when anything other than ``generated_at`` does."""

    version: int
    generated_at: datetime
    overall: Overall
    monitor: MonitorStatus
    at: datetime | None = None
    """The requested past moment; ``None`` for now."""
    services: tuple[ServiceView, ...] = ()
    """In the order of the configuration."""
    alerts: tuple[AlertView, ...] = ()
    """Open alerts, worst first: by severity, firing before pending, unacknowledged before acknowledged, then oldest
    first; followers come directly after their cause, in the same order.
    """
    recently_resolved: tuple[AlertView, ...] = ()
    """Closed within the last hour after having fired, newest first."""
    resources: ResourcesView = field(default_factory=ResourcesView)
    figures: Mapping[FigureKind, BusinessFigures] = field(default_factory=dict)
    """The newest figures of each endpoint, however old."""
    figure_faults: Mapping[FigureKind, FigureFault] = field(default_factory=dict)
    """The endpoints that cannot be read now."""
    notices: tuple[str, ...] = ()
    """Notices about the console itself, e.g. that no channel is configured."""
    faults: tuple[str, ...] = ()
    """The first of ``notices`` that reports a failure of monitoring itself."""
    presence: tuple[PresentPerson, ...] = ()
    """Who is present, longest first."""
    on_call: tuple[OnCall, ...] = ()
    """Who is on call, in the order of the configuration, the rota of all people first."""
    heartbeats: tuple[HeartbeatView, ...] = ()
    """Jobs that must report, in the order of the configuration."""
    simulated_until: datetime | None = None
    """End of the simulated history; ``None`` outside a demo's database."""
