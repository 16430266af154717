"""Alerts: what they are, what happened to them, and why somebody was told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from amt_console.api.documents.base import Document
from amt_console.model import AlertState, AlertType, Rating, Resolution, Severity
from amt_console.model.notifications import DecisionOutcome, DeliveryState, NoticeKind, Stage


class AlertDocument(Document):
    """One alert, the same in lists, in the snapshot and in the answers of actions."""

    id: int
    version: int
    """Increases with every stored change; give it back as ``expected_version``."""
    rule: str
    alert_type: AlertType
    severity: Severity
    subject: str
    """The affected service, database or host part."""
    group: str | None
    message: str
    state: AlertState
    opened_at: datetime
    """The first bad observation."""
    fired_at: datetime | None
    resolved_at: datetime | None
    duration_seconds: float | None
    """Independent of steps of the clock; null while open."""
    times_today: int
    """How many alerts of this rule and subject were firing today."""
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    acknowledged_until: datetime | None
    snoozed_by: str | None
    snoozed_until: datetime | None
    """Null while snoozed: until it recovers."""
    silenced_by: list[str]
    """Ids of the silences that mute it."""
    maintenance: str | None
    """The planned work that its subject is part of."""
    rating: Rating | None
    note: str | None
    escalation_level: int
    stale: bool
    """No fresh observation lately."""
    value: float | None
    threshold: float | None
    runbook: str | None
    simulated: bool
    follows_from: int | None
    """The open alert that caused this one."""
    followers: list[int]
    answer: str | None
    """The beginning of the failing answer, without secrets."""
    answer_at: datetime | None
    answer_unavailable: str | None
    """Why the kept answer cannot be read."""


class AlertEventDocument(Document):
    """One thing that happened to an alert."""

    seq: int
    """Counts from 1 within the alert."""
    at: datetime
    kind: str
    state: AlertState
    severity: Severity
    message: str
    actor: str | None
    """The person; null for the monitor."""
    note: str | None
    value: float | None
    detail: dict[str, str]


class ProcessUseDocument(Document):
    """One process when an alert began."""

    pid: int
    name: str
    cpu_percent: float
    memory_percent: float


class DiskShareDocument(Document):
    """One file system when an alert began."""

    mount: str
    percent: float


class EvidenceDocument(Document):
    """What was seen around the first failure of an alert."""

    at: datetime
    dns: list[str]
    address: str | None
    url: str | None
    status: int | None
    http_version: str | None
    tls_version: str | None
    certificate_ends_at: datetime | None
    phases: dict[str, float | None]
    """Milliseconds by phase of the request."""
    cpu_percent: float | None
    memory_percent: float | None
    load: list[float]
    processes: list[ProcessUseDocument]
    disks: list[DiskShareDocument]


class AlertDetailDocument(AlertDocument):
    """One alert with everything that happened to it."""

    rule_id: str
    resolution: Resolution | None
    """How it ended."""
    events: list[AlertEventDocument]
    evidence: EvidenceDocument | None


class DeliveryAttemptDocument(Document):
    """One attempt to deliver a message."""

    at: datetime
    status: str
    error: str | None


class DeliveryDocument(Document):
    """One message to one receiver on one channel, with what became of it."""

    id: int
    alert_id: int | None
    alert_type: AlertType | None
    subject: str | None
    kind: NoticeKind
    channel: str
    receiver: str
    state: DeliveryState
    reason: str
    attempts: list[DeliveryAttemptDocument]
    created_at: datetime
    delivered_at: datetime | None
    next_at: datetime | None
    """When it is tried next."""
    batch: int | None
    """The newest row of the message that it is part of."""


class DecisionDocument(Document):
    """Why a message was sent, held or not made."""

    at: datetime
    stage: Stage
    outcome: DecisionOutcome
    reason: str
    detail: Any = Field(description="What the decision was made from.")


class ObservationDocument(Document):
    """A step of the alert's condition, or a probe around it."""

    at: datetime
    kind: str
    state: str
    message: str
    value: float | None
    detail: dict[str, str]


class AlertWhyDocument(Document):
    """Why an alert was told to somebody, or not, as it was stored when it was decided."""

    alert_id: int
    rule: str
    decisions: list[DecisionDocument]
    observations: list[ObservationDocument]
    deliveries: list[DeliveryDocument]
