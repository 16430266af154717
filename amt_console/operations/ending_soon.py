"""Acknowledgements, silences and planned work that end soon: whoever relies on them should know before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, tzinfo

from amt_console.model import AlertView
from amt_console.model.policy import MaintenanceWindow, Policies, Silence
from amt_console.text import age, near_moment, safe_text

SOON = timedelta(minutes=10)


def ending_soon(
    alerts: Iterable[AlertView], policies: Policies, now: datetime, zone: tzinfo | None = None
) -> tuple[str, ...]:
    """A sentence for each that ends within ``SOON``; of silences and work those that people added.

    Args:
        alerts: The open alerts.
        policies: What mutes messages.
        now: The moment.
        zone: Of the times in the sentences; by default the host's.
    """
    return tuple(
        f"{safe_text(what, 150)} ends at {near_moment(end, now, zone)}."
        for what, end in _ends(alerts, policies, now)
        if end is not None and now < end <= now + SOON
    )


def _ends(alerts: Iterable[AlertView], policies: Policies, now: datetime) -> Iterator[tuple[str, datetime | None]]:
    for alert in alerts:
        yield f"The acknowledgement of {alert.subject} by {alert.acknowledged_by}", alert.acknowledged_until
    for silence in policies.silences:
        if _runs(silence, now):
            yield f"Silence {silence.id} of {silence.what} {_author(silence, now)}", silence.ends_at
    for window in policies.maintenance:
        if _runs(window, now):
            yield f"Maintenance {window.name} {_author(window, now)}", window.ends_at


def _runs(added: Silence | MaintenanceWindow, now: datetime) -> bool:
    return added.created_at is not None and (added.starts_at is None or added.starts_at <= now)


def _author(added: Silence | MaintenanceWindow, now: datetime) -> str:
    return f"(by {added.created_by}, {age(added.created_at, now)} ago)"
