"""What people and the monitor itself did in a window."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from amt_console.model import Role
from amt_console.model.notifications import Delivery, DeliveryState
from amt_console.model.queries import ActivityQuery
from amt_console.model.queries.activity import Activity, AuditLine, MonitorHealth
from amt_console.operations.answering.coverage import coverage
from amt_console.operations.answering.scene import Asked
from amt_console.operations.history.audit_words import audit_line
from amt_console.operations.history.grid import check_hours
from amt_console.operations.history.messages import messages_within
from amt_console.operations.history.states import known_gaps
from amt_console.store import audit_entries, waiting_count

_HOUR = timedelta(hours=1)
_MOST_MESSAGES = 5000
"""Of a window that are looked at for the health of the monitor."""


def activity(query: ActivityQuery, asked: Asked) -> Activity:
    """Each kind newest first. The audit trail names people and addresses: it is for admins."""
    check_hours(query.hours)
    end = asked.end(query)
    start, most = end - timedelta(hours=query.hours), max(0, query.limit)
    past = query.at is not None
    messages = messages_within(asked.reads, start, end, past=past, limit=_MOST_MESSAGES)
    role = asked.actor.role
    allowed = role.includes(Role.ADMIN)
    return Activity(
        start=start,
        end=end,
        audit=_audit(asked, start, end, most) if allowed else (),
        audit_refused=None if allowed else f"your role is {role.value}: the audit trail is for role admin",
        messages=messages[:most],
        health=_health(asked, start, end, messages, past=past),
    )


def _audit(asked: Asked, start: datetime, end: datetime, limit: int) -> tuple[AuditLine, ...]:
    return tuple(map(audit_line, audit_entries(asked.reads, since=start, until=end, limit=limit)))


def _health(asked: Asked, start: datetime, end: datetime, messages: Sequence[Delivery], *, past: bool) -> MonitorHealth:
    reads, names = asked.reads, [target.name for target in asked.targets]
    hour = reads.services.totals(start=end - _HOUR, end=end, services=names, histograms=False)
    life = reads.monitor.sign_of_life()
    first_hour = life is not None and end - _HOUR < life.started_at <= end
    waiting = sum(each.state is DeliveryState.QUEUED for each in messages) if past else waiting_count(reads, end)
    return MonitorHealth(
        results_last_hour=sum(each.samples for each in hour.values()),
        expected_last_hour=None if first_hour else round(sum(3600 / target.interval for target in asked.targets)),
        database_bytes=None if past else reads.monitor.database_bytes(),
        waiting_messages=waiting,
        dead_messages=sum(each.state is DeliveryState.DEAD for each in messages),
        gaps=known_gaps(reads, start, end),
        measured=coverage(asked, start, end),
    )
