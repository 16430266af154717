"""Messages under test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from amt_console.model import AlertState, AlertType, Severity
from amt_console.model.notifications import Message, Notice, NoticeKind

OPENED = datetime(2026, 1, 5, 11, 57, tzinfo=UTC)
SENT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)

NOTICE = Notice(
    alert_id=118,
    version=3,
    alert_type=AlertType.SERVICE_DOWN,
    severity=Severity.CRITICAL,
    subject="backend-api",
    message="backend-api is down: HTTP 503 (3 of 3)",
    state=AlertState.FIRING,
    opened_at=OPENED,
    fired_at=OPENED + timedelta(seconds=3),
    rule="service_down",
    group="platform",
    runbook="https://wiki.example/backend",
    answer_line='{"error": "no database"}',
)


def notice(**changes: Any) -> Notice:
    """The alert that backend-api is down for three minutes, changed."""
    return replace(NOTICE, **changes)


def recovered(**changes: Any) -> Notice:
    """The same alert, ended."""
    ended = {"state": AlertState.RESOLVED, "resolved_at": SENT, "duration_seconds": 180.0, "resolution": "recovered"}
    return replace(NOTICE, **{**ended, **changes})


def message(*notices: Notice, **changes: Any) -> Message:
    """A message about these alerts, by default about the one above."""
    told = notices or (NOTICE,)
    kind = NoticeKind.RESOLVED if told[0].state is AlertState.RESOLVED else NoticeKind.FIRED
    return replace(Message(41, kind, "ops", "ops", SENT, told, "critical at once"), **changes)


def text_message(kind: NoticeKind = NoticeKind.TEST, text: str | None = None, **changes: Any) -> Message:
    """A message that is a text."""
    return replace(Message(42, kind, "ops", "ops", SENT, (), text=text), **changes)
