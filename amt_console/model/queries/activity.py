"""What people and the monitor itself did: audit, messages with their fate, the monitor's health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from amt_console.model.notifications import Delivery
from amt_console.model.queries.base import Query
from amt_console.model.results import Gap
from amt_console.model.snapshot import Series


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One row of the audit trail, in words."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str = ""
    """What else is known of it: the note, the reason, before and after."""
    via: str | None = None
    """Where the person came from."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the time of all services was measured, in equal buckets; the last one ends with the window."""

    start: datetime
    bucket_seconds: float
    percent: Series = ()
    """``None`` before the first result of the window."""


@dataclass(frozen=True, slots=True)
class MonitorHealth:
    """How the monitor itself does."""

    results_last_hour: int = 0
    """Stored probe results."""
    expected_last_hour: int | None = None
    """What the intervals of the services ask for; ``None`` in the first hour of a monitor."""
    database_bytes: int | None = None
    waiting_messages: int = 0
    """Queued and due."""
    dead_messages: int = 0
    """Given up in the window."""
    gaps: tuple[Gap, ...] = ()
    """When nothing was measured, newest first."""
    measured: Coverage | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """The activity of a window, each list newest first."""

    start: datetime
    end: datetime
    audit: tuple[AuditLine, ...] = ()
    audit_refused: str | None = None
    """Why the person may not read the audit."""
    messages: tuple[Delivery, ...] = ()
    health: MonitorHealth = MonitorHealth()


@dataclass(frozen=True, slots=True)
class ActivityQuery(Query[Activity]):
    """What happened in the last hours, at most ``limit`` of each kind."""

    name: ClassVar[str] = "activity"
    answer: ClassVar[Any] = Activity
    hours: float = 24.0
    limit: int = 300
