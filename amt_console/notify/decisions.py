"""What the dispatcher decided about an alert's messages, for "why": grouped, over the cap, cancelled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from amt_console.model.notifications import Decision, DecisionOutcome, QueuedMessage, Stage


def grouped(rows: Sequence[QueuedMessage], *, message: int, now: datetime) -> list[Decision]:
    """One for each alert of a message that tells of several."""
    alerts = _alerts(rows)
    if len(alerts) < 2:
        return []
    reason = f"sent in one message with {len(alerts) - 1} other alert{'' if len(alerts) == 2 else 's'}"
    detail = f"channel {rows[0].channel}, message {message}"
    return [Decision(now, Stage.GROUPING, DecisionOutcome.SENT, reason, detail, alert) for alert in alerts]


def over_the_cap(rows: Sequence[QueuedMessage], *, cap: int, now: datetime) -> list[Decision]:
    """One for each alert that a digest tells of instead."""
    reason = f"part of a digest: the cap of {cap} messages an hour was reached"
    detail = f"channel {rows[0].channel}"
    return [Decision(now, Stage.LIMIT, DecisionOutcome.SUPPRESSED, reason, detail, alert) for alert in _alerts(rows)]


def cancelled(rows: Iterable[tuple[QueuedMessage, str]], *, now: datetime) -> list[Decision]:
    """One for each message that lost its purpose."""
    return [
        Decision(
            now,
            Stage.DELIVERY,
            DecisionOutcome.SUPPRESSED,
            f"{row.kind} was not sent: {why}",
            f"channel {row.channel}",
            row.alert_id,
        )
        for row, why in rows
        if row.alert_id is not None
    ]


def _alerts(rows: Iterable[QueuedMessage]) -> list[int]:
    return list(dict.fromkeys(row.alert_id for row in rows if row.alert_id is not None))
