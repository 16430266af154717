"""The data of the reports: plain, picklable, gathered from the store by ``operations.report_data``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from amt_console.analysis import AnalysisLimits, Window
from amt_console.analysis.phases import NO_PHASES, PhaseSummary
from amt_console.model import (
    AlertEvent,
    BusinessFigures,
    Criticality,
    Episode,
    ErrorClass,
    FigureKind,
    Gap,
    HostRollup,
    HostSample,
    MonitorState,
    MonitorStatus,
    Rollup,
    ServiceState,
)
from amt_console.model.slo import Slo

STALE_AFTER_S = 300.0
"""If the newest measurement is older than this, the current state is not known."""
SINGLE_CHECKS = "single checks"
FigureName = tuple[FigureKind, str]
History = tuple[tuple[datetime, float | None], ...]
"""Moments and values, oldest first; ``None`` for an unusable value."""


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """One service or database: its state, and its results in this and the previous window."""

    name: str
    url: str
    """Without user name, password or secret query values."""
    group: str
    criticality: Criticality = Criticality.NORMAL
    kind: str = "http"
    interval: float = 60.0
    timeout: float = 10.0
    warning_ms: float | None = 2000.0
    depends_on: tuple[str, ...] = ()
    configured: bool = True
    """Whether it is still configured; a removed service keeps its history."""
    state: ServiceState = ServiceState.UNKNOWN
    """At the window's end."""
    since: datetime | None = None
    last_checked: datetime | None = None
    response_time_ms: float | None = None
    """Of the last probe."""
    error: str | None = None
    tls_expires_at: datetime | None = None
    initial: ServiceState = ServiceState.UNKNOWN
    """At the window's start."""
    initial_error: str | None = None
    error_classes: Mapping[datetime, ErrorClass] = field(default_factory=dict)
    """Of its failures, by the moment of the change; that of the initial state at the window's start."""
    phases: PhaseSummary = NO_PHASES
    """Of its newest single checks in the window; none if retention has deleted some of them."""
    changes: tuple[tuple[datetime, ServiceState, str | None], ...] = ()
    buckets: tuple[Rollup, ...] = ()
    previous: tuple[Rollup, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """One alert episode with its events."""

    episode: Episode
    events: tuple[AlertEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Deleted:
    """Raw rows of the window that retention has deleted."""

    what: str
    before: datetime
    """At most the window's end."""


@dataclass(frozen=True, slots=True)
class ReportData:
    """All data of one window's reports, before analysis. All text in it is untrusted."""

    window: Window
    made_at: datetime
    """When the reports were written; their content is as known at the window's end."""
    version: str
    zone: str = "UTC"
    """IANA name of the zone for times."""
    compare: bool = True
    """Whether the reports compare the window with the previous one."""
    limits: AnalysisLimits = field(default_factory=AnalysisLimits)
    rows: Mapping[str, int] = field(default_factory=dict)
    """The number of raw rows of the window by table; empty where they were not counted."""
    deleted: tuple[Deleted, ...] = ()
    newest_rows: Mapping[str, int] | None = None
    """The highest id of each of these tables when the window ends now: what is stored later does not count. ``None``
    for a window of the past."""
    monitor: MonitorStatus = field(default_factory=lambda: MonitorStatus(MonitorState.STOPPED))
    measured_until: datetime | None = None
    """The newest measurement in the window."""
    simulated_until: datetime | None = None
    """History up to here is simulated."""
    services: tuple[ServiceRecord, ...] = ()
    alerts: tuple[AlertRecord, ...] = ()
    """Open at the window's end, or fired, open or ended in this or the previous window; oldest first."""
    gaps: tuple[Gap, ...] = ()
    host: Mapping[str, tuple[HostRollup, ...]] = field(default_factory=dict)
    """By resource, one rollup per step of the window; without resources that were never sampled."""
    previous_host: Mapping[str, tuple[HostRollup, ...]] = field(default_factory=dict)
    host_now: HostSample | None = None
    figures: Mapping[FigureKind, BusinessFigures] = field(default_factory=dict)
    """The newest reading of each kind in the window."""
    means: Mapping[FigureName, float] = field(default_factory=dict)
    """Means of the single-number figures over all values in the window."""
    means_before: Mapping[FigureName, float] = field(default_factory=dict)
    """The same for the previous window, if it has enough values."""
    history: Mapping[FigureName, History] = field(default_factory=dict)
    """Stored values of the figures over the window."""
    previous_history: Mapping[FigureName, History] = field(default_factory=dict)
    """The same for the previous window."""
    daily: Mapping[FigureName, History] = field(default_factory=dict)
    """One value per day of the figures with a forecast, over at most 400 days before the window's end."""
    slos: tuple[Slo, ...] = ()
    slo_totals: Mapping[str, Mapping[float, Rollup]] = field(default_factory=dict)
    """By service and length in seconds, the totals up to the window's end that error budgets need."""
    disk_day: tuple[HostRollup, ...] = ()
    """The fullest disk over the 24 hours before the window's end; empty if any of it is deleted."""

    only: str | None = None
    """The service to which the data is limited."""

    def of_service(self, name: str) -> ReportData:
        """The data of one service and its alerts, with that of the host and the figures."""
        return replace(
            self,
            only=name,
            services=tuple(service for service in self.services if service.name == name),
            alerts=tuple(alert for alert in self.alerts if alert.episode.subject == name),
            slos=tuple(slo for slo in self.slos if slo.services == (name,)),
        )

    @property
    def past(self) -> bool:
        """Whether the window had ended when the reports were written."""
        return self.window.end < self.made_at

    @property
    def stale_for(self) -> float | None:
        """Seconds from the newest measurement to the window's end, if too long to know the state at the end.

        ``None`` when it is fresh, and when there is none.
        """
        if self.measured_until is None:
            return None
        old = (self.window.end - self.measured_until).total_seconds()
        return old if old > STALE_AFTER_S else None
