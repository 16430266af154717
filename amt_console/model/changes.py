"""The rows stored together when an alert changes or a person acts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from amt_console.model.alerts import AlertEvent, Episode
from amt_console.model.notifications import Decision, OutboxEntry


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One action of a person, append-only."""

    actor: str
    action: str
    subject: str
    """The object of the action, in words."""
    at: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)
    """The origin of the action, and the person's words."""
    id: int | None = None
    """Assigned when stored, like ``previous`` and ``hash``."""
    previous: str | None = None
    """``hash`` of the previous entry."""
    hash: str | None = None
    """Hash over ``previous`` and all other stored values."""


@dataclass(frozen=True, slots=True)
class EpisodeChange:
    """An episode's new state with everything that is stored in the same transaction."""

    episode: Episode
    """The new state; its ``version`` is still the one that was read."""
    events: tuple[AlertEvent, ...] = ()
    """Its new events, in order. ``seq`` and ``alert_id`` are assigned when stored."""
    audit: AuditEntry | None = None
    """The audit entry of the person's action; the monitor's changes have none."""
    answer: str | None = field(default=None, repr=False)
    """The service's answer, to be kept in place of an earlier one."""
    outbox: tuple[OutboxEntry, ...] = ()
    """Messages to send. Numbers of alert and version are assigned when stored."""
    decisions: tuple[Decision, ...] = ()
    """Why messages are sent or not."""
