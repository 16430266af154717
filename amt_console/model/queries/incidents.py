"""Incidents of a window: confirmed alerts that have no cause among the alerts, with who handled them and how fast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from amt_console.model.queries.base import Query
from amt_console.model.snapshot import AlertView


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident."""

    alert: AlertView
    """The alert that everything else follows from, as of the moment that was asked for."""
    lasted_seconds: float
    """Up to its end, or up to now."""
    acknowledged_after_seconds: float | None = None
    """From the page to the first acknowledgement."""
    people: tuple[str, ...] = ()
    """Who did something about it, in order, each once."""
    followers: int = 0
    """Alerts that followed from it."""
    notes: int = 0
    last_note: str | None = None


@dataclass(frozen=True, slots=True)
class IncidentHistory:
    """The incidents of a window, newest first, and their figures."""

    start: datetime
    end: datetime
    incidents: tuple[IncidentRow, ...] = ()
    more: bool = False
    """Whether there are older ones in the window."""
    mtta_seconds: float | None = None
    """Mean time to acknowledge, of those that were."""
    mttr_seconds: float | None = None
    """Mean time to resolve, of those that ended."""
    unacknowledged: int = 0
    """Ended without anybody having acknowledged them."""


@dataclass(frozen=True, slots=True)
class IncidentsQuery(Query[IncidentHistory]):
    """The incidents of the last hours."""

    name: ClassVar[str] = "incidents"
    answer: ClassVar[Any] = IncidentHistory
    hours: float = 24.0 * 30
    limit: int = 500
