"""What is stored beyond the live screen: history, the audit trail, rules, health."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from amt_console.api.documents.base import Document
from amt_console.model import Severity


class ServiceHistoryBucketDocument(Document):
    """A service in one bucket. Seconds weigh results by the time for which they speak."""

    start: datetime
    seconds: float
    samples: int
    """Scheduled probes that measured something."""
    errors: int
    """Those of them that found the service down."""
    up_seconds: float
    """Including degraded time."""
    degraded_seconds: float
    down_seconds: float
    maintenance_seconds: float
    unknown_seconds: float
    uptime_percent: float | None
    coverage_percent: float
    mean_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None


class ValueBucketDocument(Document):
    """A metric of the host, or a figure, in one bucket."""

    start: datetime
    seconds: float
    samples: int
    mean: float | None
    least: float | None
    most: float | None


class HistoryDocument(Document):
    """One subject in equal buckets, oldest first; buckets without data are left out."""

    of: Literal["service", "host", "figure"]
    name: str
    start: datetime
    end: datetime
    resolution_seconds: int
    items: list[ServiceHistoryBucketDocument] | list[ValueBucketDocument]


class AuditEntryDocument(Document):
    """One row of the audit trail; ``hash`` covers the row and ``previous``."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    hash: str
    previous: str
    uid: int | None
    login: str | None
    via: str | None
    claims: dict[str, str] | None
    """What the caller said about itself; never trusted."""
    note: str | None
    reason: str | None
    status: Any
    count: Any
    before: Any
    """The values that a change replaced, by name."""
    after: Any


class RuleDocument(Document):
    """One rule that is judged."""

    name: str
    signal: str
    subject: str
    severity: Severity
    mode: Literal["on", "shadow"]
    would_have_sent: int
    """How often a rule in shadow mode would have sent a message."""


class HealthDocument(Document):
    """Whether it works."""

    status: str


class ReadinessDocument(Document):
    """Whether this process can answer."""

    status: Literal["ok", "unavailable"]
    reasons: list[str]
    """In words; empty while it can."""
