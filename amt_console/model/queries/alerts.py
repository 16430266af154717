"""Alerts of a window, open and ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from amt_console.model.queries.base import Query
from amt_console.model.snapshot import AlertView


@dataclass(frozen=True, slots=True)
class AlertHistory:
    """Alerts, newest first, as of the moment that was asked for."""

    alerts: tuple[AlertView, ...] = ()
    more: bool = False
    """Whether there are older ones in the window."""


@dataclass(frozen=True, slots=True)
class AlertHistoryQuery(Query[AlertHistory]):
    """The alerts that were open at any time in the last hours."""

    name: ClassVar[str] = "alert_history"
    answer: ClassVar[Any] = AlertHistory
    hours: float = 24.0 * 7
    subject: str | None = None
    """Only those of one subject."""
    limit: int = 500
