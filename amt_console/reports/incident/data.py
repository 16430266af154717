"""The data of an incident's report: plain, picklable, gathered from the store. All text in it is untrusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from amt_console.analysis import Window
from amt_console.analysis.correlation import Moved
from amt_console.model import (
    AlertEvent,
    AuditEntry,
    Episode,
    Gap,
    HostRollup,
    KeptAnswer,
    ProbeResult,
    Rollup,
    StateSpan,
)
from amt_console.model.evidence import Evidence
from amt_console.model.notifications import Decision, Delivery
from amt_console.reports.gathering.data import ServiceRecord
from amt_console.store import StateChangeRow


class Source(StrEnum):
    """What an entry of the timeline comes from."""

    ALERT = "alert"
    PROBE = "probe"
    PERSON = "person"
    MESSAGE = "message"
    MONITOR = "monitor"


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """Something that happened."""

    at: datetime
    source: Source
    subject: str
    what: str
    who: str | None = None
    """A person; ``None`` for machines."""


@dataclass(frozen=True, slots=True)
class ServiceImpact:
    """One service over the incident."""

    service: str
    checks: int
    """Scheduled probes that measured something."""
    failed: int
    """Those that found it down."""
    down_s: float
    degraded_s: float
    unknown_s: float
    exact: bool = True
    """``False``: from sums of a longer time, because those of single minutes are deleted."""


@dataclass(frozen=True, slots=True)
class ChartSource:
    """The numbers of one chart around the incident: of a service, of the host or of a business figure."""

    subject: str
    signal: str
    window: Window
    buckets: tuple[Rollup, ...] = ()
    spans: tuple[StateSpan, ...] = ()
    limit_ms: float | None = None
    host: tuple[HostRollup, ...] = ()
    points: tuple[tuple[datetime, float], ...] = ()


@dataclass(frozen=True, slots=True)
class IncidentData:
    """One alert with everything around it."""

    episode: Episode
    asked: int
    """The alert that was asked for: this one, or one that follows from it."""
    made_at: datetime
    as_of: datetime
    """Up to when anything is known: now while it is open, else the last that happened."""
    version: str
    zone: str
    since: datetime
    """From when on it was looked at, for what is usual."""
    until: datetime
    """Up to when it was looked at: some time after its end, at most now."""
    watched: tuple[ServiceRecord, ...] = ()
    """The settings of the services and databases that are watched."""
    results_kept_s: float = 0.0
    """How long single results are kept."""
    rows: Mapping[str, int] = field(default_factory=dict)
    """The number of raw rows of that time by table."""
    newest_rows: Mapping[str, int] | None = None
    """The highest id of each of these tables when it was looked at up to now; ``None`` if all of it was over."""
    events: tuple[AlertEvent, ...] = ()
    followers: tuple[Episode, ...] = ()
    """The alerts that follow from it, oldest first."""
    cause: Episode | None = None
    """The open alert that this one follows from, where it was asked for by itself."""
    changes: tuple[StateChangeRow, ...] = ()
    """Of the subject, around the incident."""
    probes: tuple[ProbeResult, ...] = ()
    """Of the subject: the last good one, the first failing ones, the first good one after it; oldest first."""
    raw_deleted: bool = False
    """Whether retention has removed the single results of that time."""
    actions: tuple[AuditEntry, ...] = ()
    """What people did at that time beside handling the alert."""
    deliveries: tuple[Delivery, ...] = ()
    """Oldest first."""
    decisions: tuple[Decision, ...] = ()
    gaps: tuple[Gap, ...] = ()
    evidence: Evidence | None = None
    answer: KeptAnswer | None = None
    impact: tuple[ServiceImpact, ...] = ()
    moved: tuple[Moved, ...] = ()
    charts: tuple[ChartSource, ...] = ()
    limits: tuple[tuple[str, float], ...] = field(default=())
    """Limits in percent of the host's metrics, by name."""

    @property
    def services(self) -> tuple[str, ...]:
        """The names of the services and databases that are watched."""
        return tuple(each.name for each in self.watched)

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.episode.open

    @property
    def ended_at(self) -> datetime:
        """Its end, or up to when it is told."""
        return self.episode.resolved_at or self.as_of
