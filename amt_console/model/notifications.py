"""Messages about alerts: what waits in the outbox, what was delivered, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from amt_console.model.states import AlertState, AlertType, Severity


class NoticeKind(StrEnum):
    """Why a message is sent."""

    FIRED = "fired"
    SEVERITY = "severity"
    REMINDER = "reminder"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    CATCH_UP = "catch_up"
    """A suppression ended and the alert still fires."""
    FLAPPING = "flapping"
    DIGEST = "digest"
    HANDOVER = "handover"
    REPORT = "report"
    DRILL = "drill"
    TEST = "test"

    @property
    def pages(self) -> bool:
        """Whether it tells that an alert fires."""
        return self in _PAGES


_PAGES = frozenset(
    (
        NoticeKind.FIRED,
        NoticeKind.SEVERITY,
        NoticeKind.REMINDER,
        NoticeKind.ESCALATED,
        NoticeKind.CATCH_UP,
        NoticeKind.FLAPPING,
        NoticeKind.DRILL,
    )
)


class DeliveryState(StrEnum):
    """The state of an outbox row."""

    QUEUED = "queued"
    LEASED = "leased"
    """A process is sending it; the log shows ``queued``."""
    DELIVERED = "delivered"
    DEAD = "dead"
    """It cannot be delivered, or expired."""
    CANCELLED = "cancelled"
    """It lost its purpose before it was sent."""
    SUPPRESSED = "suppressed"
    """Part of a digest instead, because of the hourly cap."""

    @property
    def final(self) -> bool:
        """Whether nothing more happens to the row."""
        return self not in (DeliveryState.QUEUED, DeliveryState.LEASED)


class Stage(StrEnum):
    """Where a decision about an alert's messages is made, in the order in which they are asked."""

    LIFECYCLE = "lifecycle"
    """The alert's condition: not confirmed, informational, ended."""
    HANDLING = "handling"
    """A person has it: acknowledged or snoozed."""
    SETTLE = "settle"
    """A dependency is being re-checked."""
    INHIBIT = "inhibit"
    """It follows from another alert."""
    MAINTENANCE = "maintenance"
    SILENCE = "silence"
    FLAPPING = "flapping"
    SHADOW = "shadow"
    """The rule only counts what it would have sent."""
    ESCALATION = "escalation"
    QUIET_HOURS = "quiet_hours"
    GROUPING = "grouping"
    LIMIT = "limit"
    """The hourly cap."""
    DELIVERY = "delivery"


class DecisionOutcome(StrEnum):
    """What a stage decided."""

    SENT = "sent"
    SUPPRESSED = "suppressed"
    HELD = "held"
    ESCALATED = "escalated"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Decision:
    """One stored decision about an alert's messages; never reconstructed later."""

    at: datetime
    stage: Stage
    outcome: DecisionOutcome
    reason: str
    """One sentence for people."""
    detail: str | None = None
    """Receivers, thresholds, the silence's number ..."""
    alert_id: int | None = None
    """Assigned when stored."""


@dataclass(frozen=True, slots=True)
class Notice:
    """The facts about one alert that a message tells, as they were when it was queued."""

    alert_id: int
    """0 for tests; assigned when stored."""
    version: int
    """The version that an acknowledgement by link expects."""
    alert_type: AlertType
    severity: Severity
    subject: str
    message: str
    """What is wrong, as the screen says it."""
    state: AlertState
    opened_at: datetime
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    duration_seconds: float | None = None
    """Of an ended alert."""
    rule: str = ""
    group: str | None = None
    value: float | None = None
    threshold: float | None = None
    owner: str | None = None
    note: str | None = None
    runbook: str | None = None
    answer_line: str | None = None
    """The first line of the failing answer."""
    times_today: int = 0
    level: int = 0
    """The escalation level that is told, from 1; 0 for none."""
    followers: int = 0
    """Alerts that follow from this one."""
    resolution: str | None = None
    """How it ended, e.g. ``manual``."""
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """A message to one receiver on one channel, before it is stored."""

    channel: str
    receiver: str
    """A person's or the channel's name."""
    kind: NoticeKind
    reason: str
    """Why it is sent, e.g. ``nobody acknowledged within 10 min``."""
    created_at: datetime
    notice: Notice | None = field(default=None, repr=False)
    """``None`` for a summary, whose ``text`` is the message."""
    text: str | None = field(default=None, repr=False)
    """Of digests, hand-overs and reports."""
    attachments: tuple[str, ...] = ()
    """Paths of the files of a report; a mail has them attached."""
    not_before: datetime | None = None
    """Held until then, e.g. to the end of the quiet hours."""
    expires_at: datetime | None = None
    """Not sent any more after it."""
    dedup_key: str = ""
    """Unique; by default built from alert, version, kind, channel and receiver when stored."""


@dataclass(frozen=True, slots=True)
class DeliveryAttempt:
    """One attempt to deliver an outbox row."""

    at: datetime
    status: str
    """``delivered``, or the reason's name: ``rate_limited``, ``auth``, ``timeout``, ``refused``, ``server`` ..."""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """A stored outbox row, with its attempts."""

    id: int
    alert_id: int | None
    channel: str
    receiver: str
    kind: NoticeKind
    state: DeliveryState
    reason: str
    created_at: datetime
    alert_type: AlertType | None = None
    subject: str | None = None
    severity: Severity | None = None
    delivered_at: datetime | None = None
    next_at: datetime | None = None
    """When it is tried next."""
    batch: int | None = None
    """The newest row of the message that it is part of; rows of one batch are one message."""
    attempts: tuple[DeliveryAttempt, ...] = ()


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A row of the outbox that is not final, as the dispatcher sees it."""

    id: int
    channel: str
    receiver: str
    kind: NoticeKind
    created_at: datetime
    due_at: datetime
    """When it was meant to be sent first."""
    next_at: datetime
    """Not tried before."""
    alert_id: int | None = None
    alert_type: AlertType | None = None
    severity: Severity | None = None
    subject: str | None = None
    reason: str = ""
    attempts: int = 0
    expires_at: datetime | None = None
    batch: int | None = None
    """Of an earlier attempt: the id of the message that it was part of."""
    leased_until: datetime | None = None
    """Another process may be sending it; from then on it is taken over."""
    told: bool = False
    """Whether this channel has delivered a page of the alert."""

    @property
    def held(self) -> bool:
        """Whether it was kept back on purpose, e.g. to the end of the quiet hours."""
        return self.due_at > self.created_at


@dataclass(frozen=True, slots=True)
class Message:
    """One message as a channel sends it: one notice, or several that were grouped."""

    id: int
    """The outbox row's number, equal in every retry."""
    kind: NoticeKind
    channel: str
    receiver: str
    created_at: datetime
    notices: tuple[Notice, ...] = ()
    """Worst first."""
    reason: str = ""
    text: str | None = None
    """Of digests, hand-overs, reports and tests: the message itself."""
    attachments: tuple[str, ...] = ()
    """Paths of files; those that cannot be read are left out."""
    delayed_seconds: float = 0.0
    """How late it is sent, beyond what was intended."""
    acknowledge_url: str | None = None
    """A signed link, where the API has a public URL."""
    drill: bool = False
