"""Why an alert was told to somebody, or not: what was stored when it was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from amt_console.model.alerts import Episode
from amt_console.model.notifications import Decision, Delivery


@dataclass(frozen=True, slots=True)
class Observed:
    """A step of the alert's condition, or a probe around it."""

    at: datetime
    kind: str
    """The event's kind, or ``probe``."""
    state: str
    """Of the alert after the event, or of the service by the probe."""
    message: str
    value: float | None = None
    """In the unit of the rule; of a probe the response time in milliseconds."""
    detail: Mapping[str, str] = field(default_factory=dict)
    """``count``, ``for`` and ``limit`` when it was judged."""


@dataclass(frozen=True, slots=True)
class AlertWhy:
    """One alert with all decisions about its messages."""

    episode: Episode
    observations: tuple[Observed, ...] = ()
    """Oldest first."""
    decisions: tuple[Decision, ...] = ()
    """Oldest first."""
    deliveries: tuple[Delivery, ...] = ()
    """Oldest first."""
