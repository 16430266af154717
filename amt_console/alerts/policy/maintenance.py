"""Maintenance: which planned work a subject is part of."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from amt_console.alerts.policy.recurrence import running_until
from amt_console.model import belongs_to
from amt_console.model.policy import MaintenanceWindow


def maintenance_of(
    subject: str, group: str | None, windows: Iterable[MaintenanceWindow], at: datetime
) -> tuple[MaintenanceWindow, datetime] | None:
    """The window that holds the messages about a subject at a moment, and when it ends; of several the last to end.

    Args:
        subject: A service, a database or a part of the host.
        group: Its group, if it has one.
        windows: All windows.
        at: The moment.
    """
    found = [
        (window, end)
        for window in windows
        if _is_part(subject, group, window) and (end := window_until(window, at)) is not None
    ]
    return max(found, key=lambda item: item[1], default=None)


def _is_part(subject: str, group: str | None, window: MaintenanceWindow) -> bool:
    return group in window.groups or any(belongs_to(subject, service) for service in window.services)


def window_until(window: MaintenanceWindow, at: datetime) -> datetime | None:
    """When the work that runs at a moment ends; ``None`` if none runs."""
    if window.recurrence is not None:
        return running_until(window.recurrence, at)
    if window.ends_at is None or at >= window.ends_at or (window.starts_at is not None and at < window.starts_at):
        return None
    return window.ends_at
