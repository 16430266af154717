"""Alert episodes as they are stored, stepped and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from amt_console.clock import Instant
from amt_console.model.evidence import Evidence
from amt_console.model.snapshot import AlertView
from amt_console.model.states import AlertState, AlertType, ErrorClass, Rating, Resolution, Severity

NETWORK_SUBJECT = "network"
"""The subject of the alert that this machine may be offline; its type is ``monitor``."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody to be told, on one channel."""

    channel: str
    name: str
    """A person's or the channel's name."""


@dataclass(frozen=True, slots=True)
class Paging:
    """How far an alert was told. ``alerts.policy`` alone changes it."""

    base: Instant | None = None
    """The delays of the escalation count from here; ``None`` while it does not run."""
    told: tuple[Receiver, ...] = ()
    """Everybody who was sent a page, in order: these are told of the end."""
    last_told: Instant | None = None
    """The newest page or reminder."""
    held: str | None = None
    """Why messages are held at the moment, as the stage and its reason; a change of it is a decision."""
    held_since: Instant | None = None
    released: Instant | None = None
    """When the alert that it follows from ended: its own next probes decide before anybody is told."""
    settled: bool = False
    """Whether it has waited for the verdict on a dependency that is being re-checked."""
    owner_reminded: bool = False
    """Whether the owner was reminded that the acknowledgement ends."""
    returning: str | None = None
    """The owner of the alert that this one follows within the reopen window; keeps it when it fires."""
    flips: tuple[datetime, ...] = ()
    """The newest confirmed changes between good and bad of this rule and subject, across episodes, oldest first."""
    flapping: bool = False


@dataclass(frozen=True, slots=True)
class Episode:
    """One alert from the first bad observation to its end: a row of ``alerts``.

    Three dimensions are kept apart: the condition (``state``), the handling (``acknowledged_*``) and the freshness of
    the data.
    """

    rule_id: str
    subject: str
    """The affected service, database or host part."""
    alert_type: AlertType
    severity: Severity
    message: str
    state: AlertState
    opened_at: datetime
    """First bad observation, aware UTC; shown as "since"."""
    id: int | None = None
    version: int = 0
    """Increases by one with every stored change; actions are compare-and-set on it."""
    bad_since: Instant | None = None
    """Start of the current run of bad observations; durations count from here."""
    ok_since: Instant | None = None
    """Start of the current run of good observations; of a resolved episode, its end."""
    bad_count: int = 0
    """Consecutive fresh observations that were warning or worse."""
    critical_count: int = 0
    """Consecutive fresh observations that were critical."""
    warning_count: int = 0
    """Consecutive fresh observations that were exactly warning (they step a critical episode down)."""
    ok_count: int = 0
    began: Instant | None = None
    """``opened_at`` on all of the clock's time bases; the duration counts from here."""
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    duration_seconds: float | None = None
    """From ``began`` to the end, for an ended episode; independent of steps of the wall clock."""
    resolution: Resolution | None = None
    value: float | None = None
    """The newest observed value, in the unit of the rule."""
    threshold: float | None = None
    error_class: ErrorClass | None = None
    """The error of the newest failed measurement, if known."""
    stale: bool = False
    """No fresh observation lately; the condition is held."""
    stale_since: Instant | None = None
    """When the data stopped; time without data never counts."""
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None
    acknowledged_until: datetime | None = None
    """When the acknowledgement ends."""
    snoozed_by: str | None = None
    """The person who snoozed it: no messages until ``snoozed_until``."""
    snoozed_until: datetime | None = None
    """``None`` while snoozed: until it recovers."""
    rating: Rating | None = None
    note: str | None = None
    escalation_level: int = 0
    """Levels of the escalation that were told; 0 before the first."""
    paging: Paging = Paging()
    previous_episode_id: int | None = None
    runbook: str | None = None
    simulated: bool = False

    @property
    def open(self) -> bool:
        """Whether the episode has not ended."""
        return self.state is not AlertState.RESOLVED


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One transition of an episode, append-only; ``seq`` counts from 1 within the episode."""

    kind: str
    """``opened``, ``fired``, ``severity``, ``recovering``, ``relapsed``, ``resolved``, ``cleared``, ``stale``,
    ``fresh``, ``error_changed``, ``acknowledged``, ``unacknowledged``, ``ack_revoked``, ``ack_expired``, ``snoozed``,
    ``snooze_ended``, ``rated``, ``step``, ``note``, ``undone``."""
    at: datetime
    state: AlertState
    severity: Severity
    message: str
    actor: str | None = None
    """The person, or ``None`` for the engine."""
    note: str | None = None
    value: float | None = None
    detail: Mapping[str, str] = field(default_factory=dict)
    """Of ``error_changed``: ``old_error`` and ``new_error``. Of ``acknowledged`` and ``snoozed``: ``until``, the end in
    ISO 8601; of ``acknowledged`` by somebody else than the actor: ``owner``, and ``from`` whom it was taken. Of
    ``rated``: ``rating``. Of ``undone``: the handling that is restored."""
    seq: int = 0
    alert_id: int | None = None


@dataclass(frozen=True, slots=True)
class AlertDetail:
    """An episode with its events."""

    episode: Episode
    alert: AlertView
    """The episode as it is shown."""
    events: tuple[AlertEvent, ...] = field(default=())
    cause: Episode | None = None
    """The open alert that it follows from."""
    evidence: Evidence | None = None
    """What was seen around its first failure."""
