"""What comes in from outside: pings of jobs, and alerts that other programs raise."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from amt_console.model.states import Severity

EXTERNAL_PREFIX = "external/"
"""How the rule of an alert from outside begins: its source and its identity there follow."""
HEARTBEAT_RULE = "heartbeat"
"""The rule of all heartbeats; the subject is the heartbeat's name."""
MAX_OUTPUT_BYTES = 4096
"""What is kept of a job's output."""


class HeartbeatState(StrEnum):
    """Whether a job has reported as it should."""

    NEW = "new"
    """It never has; nobody is told."""
    UP = "up"
    LATE = "late"
    """It is due, and the grace runs; or it has started and should have ended by now."""
    DOWN = "down"


class PingKind(StrEnum):
    """What a job reports."""

    SUCCESS = "success"
    START = "start"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A job that is expected to report, as the configuration says."""

    name: str
    period: float | None = None
    """Seconds between two reports; ``None`` with a schedule."""
    schedule: str | None = None
    """As in a crontab."""
    zone: tzinfo = UTC
    grace: float = 3600.0
    """Seconds that a report may be late."""
    severity: Severity = Severity.CRITICAL
    group: str = "jobs"
    runbook: str | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    """One report of a job."""

    heartbeat: str
    """Its name."""
    kind: PingKind
    at: datetime
    """When it came in, aware UTC."""
    exit_code: int | None = None
    duration_ms: float | None = None
    """As the job measured it."""
    output: str | None = field(default=None, repr=False)
    """The end of what it printed, safe and without secrets."""
    run: str | None = None
    """Which run of the job, where several may overlap."""


@dataclass(frozen=True, slots=True)
class HeartbeatRecord:
    """What is known of a job: the sum of its pings."""

    name: str
    last_ping_at: datetime | None = None
    """When it last said how it ended."""
    started_at: datetime | None = None
    """Since when it runs, if it said so."""
    failed: bool = False
    """Whether it ended with a failure the last time."""
    last_exit_code: int | None = None
    last_duration_ms: float | None = None
    last_output: str | None = field(default=None, repr=False)
    runs: tuple[tuple[str, datetime], ...] = ()
    """The runs that named themselves and have not ended, with their starts, oldest first. Not stored."""

    @property
    def known(self) -> bool:
        """Whether it has ever reported anything."""
        return self.last_ping_at is not None or self.started_at is not None


@dataclass(frozen=True, slots=True)
class HeartbeatView:
    """One job as it is now."""

    name: str
    state: HeartbeatState
    group: str
    last_ping_at: datetime | None = None
    started_at: datetime | None = None
    last_exit_code: int | None = None
    last_duration_ms: float | None = None
    next_due_at: datetime | None = None
    """When it must have reported, without the grace."""
    message: str = ""
    """Why it is in its state, in one line."""
    last_output: str | None = field(default=None, repr=False)
    runbook: str | None = None


@dataclass(frozen=True, slots=True)
class ExternalAlert:
    """An alert as another program tells of it; all texts are safe."""

    source: str
    """``alertmanager``, ``grafana`` or ``generic``."""
    fingerprint: str
    """Its identity at the source."""
    firing: bool
    subject: str
    severity: Severity
    message: str
    started_at: datetime
    """When it began, by the sender's clock; another one is another episode."""
    ends_at: datetime | None = None
    """When it ends unless it is told of again; ``None`` if the sender does not say."""
    runbook: str | None = None
    answer: str | None = field(default=None, repr=False)
    """Its labels and annotations, for people."""

    @property
    def key(self) -> str:
        """Its identity among all sources: the rule of its episode."""
        return f"{EXTERNAL_PREFIX}{self.source}/{self.fingerprint}"


@dataclass(frozen=True, slots=True)
class ExternalRecord:
    """What is known of an alert from outside, so that what is repeated or late changes nothing."""

    key: str
    subject: str
    firing: bool
    started_at: datetime
    """The newest that was told of."""
    seen_at: datetime
    """When it was last told of."""
    ends_at: datetime | None = None
    stale: bool = False
    """Whether it fires and has not been told of again for too long."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something that came in and waits to be evaluated."""

    number: int
    """Of its row."""
    received_at: datetime
    ping: Ping | None = None
    alert: ExternalAlert | None = None
