"""A rehearsal: a synthetic alert on the way of every real one, and its end."""

from __future__ import annotations

from datetime import datetime

from amt_console.model.notifications import Notice, NoticeKind, OutboxEntry
from amt_console.model.states import AlertState, AlertType, Severity

SUBJECT = "drill"


def drill_entry(channel: str, *, key: str, by: str, began: datetime, now: datetime, over: bool = False) -> OutboxEntry:
    """The page of a drill on one channel, or its end.

    Args:
        channel: Which one.
        key: Of this drill, unique.
        by: Who started it.
        began: When it began.
        now: The wall clock.
        over: Whether this is the end.
    """
    notice = Notice(
        alert_id=0,
        version=0,
        alert_type=AlertType.MONITOR,
        severity=Severity.CRITICAL,
        subject=SUBJECT,
        message=f"drill: {by} tests whether this page arrives",
        state=AlertState.RESOLVED if over else AlertState.FIRING,
        opened_at=began,
        fired_at=began,
        resolved_at=now if over else None,
        duration_seconds=max(0.0, (now - began).total_seconds()) if over else None,
        rule=SUBJECT,
        simulated=True,
    )
    return OutboxEntry(
        channel=channel,
        receiver=channel,
        kind=NoticeKind.DRILL,
        reason=f"a drill, started by {by}",
        created_at=now,
        notice=notice,
        dedup_key=f"drill.{key}.{channel}.{'over' if over else 'page'}",
    )
