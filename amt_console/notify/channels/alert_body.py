"""Alerts as Alertmanager writes them: its webhook's body (version 4), and the labels that identify an alert."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from amt_console.model.notifications import Message, Notice, NoticeKind
from amt_console.model.states import AlertState
from amt_console.notify.channels.answers import at

FIRING = "firing"
RESOLVED = "resolved"
_NEVER = "0001-01-01T00:00:00Z"
"""Of an alert that has not ended."""


def labels_of(notice: Notice, instance: str) -> dict[str, str]:
    """What identifies an alert: nothing in it changes while the alert lasts, but for its severity."""
    labels = {
        "alertname": notice.rule or str(notice.alert_type),
        "service": notice.subject,
        "severity": str(notice.severity),
        "instance": instance,
    }
    return {**labels, "group": notice.group} if notice.group else labels


def annotations_of(message: Message, notice: Notice) -> dict[str, str]:
    """What is said about an alert."""
    found: dict[str, str | None] = {
        "summary": notice.message,
        "description": notice.answer_line or notice.message,
        "runbook_url": notice.runbook,
        "alert_id": str(notice.alert_id) if notice.alert_id else None,
        "ack_url": message.acknowledge_url if notice.state is not AlertState.RESOLVED else None,
        "duration_seconds": None if notice.duration_seconds is None else f"{notice.duration_seconds:.3f}",
        "kind": str(message.kind),
        "reason": message.reason,
        "owner": notice.owner,
        "drill": "true" if message.drill else None,
    }
    return {name: value for name, value in found.items() if value}


def alert_of(message: Message, notice: Notice, instance: str) -> dict[str, Any]:
    """One alert of the body."""
    ended = notice.resolved_at if notice.state is AlertState.RESOLVED else None
    return _alert(labels_of(notice, instance), annotations_of(message, notice), notice.opened_at, ended)


def text_alert(message: Message, instance: str) -> dict[str, Any]:
    """A test, hand-over or report as an alert that has ended: nothing fires, and nothing stays open."""
    labels = {"alertname": f"amt_{message.kind}", "severity": "info", "instance": instance}
    text = (message.text or "").strip()
    summary = text.splitlines()[0] if text else f"{message.kind} of channel {message.channel}"
    annotations = {"summary": summary, "description": text or summary, "kind": str(message.kind)}
    return _alert(labels, annotations, message.created_at, message.created_at)


def webhook_body(message: Message, instance: str) -> dict[str, Any]:
    """The whole body."""
    alerts = [alert_of(message, notice, instance) for notice in message.notices] or [text_alert(message, instance)]
    labels, annotations = ([alert[key] for alert in alerts] for key in ("labels", "annotations"))
    return {
        "version": "4",
        "groupKey": _group_key(message, alerts),
        "truncatedAlerts": 0,
        "status": FIRING if any(alert["status"] == FIRING for alert in alerts) else RESOLVED,
        "receiver": message.channel,
        "groupLabels": {},
        "commonLabels": _common(labels),
        "commonAnnotations": _common(annotations),
        "externalURL": "",
        "alerts": alerts,
    }


def _alert(
    labels: dict[str, str], annotations: dict[str, str], starts: datetime, ends: datetime | None
) -> dict[str, Any]:
    return {
        "status": FIRING if ends is None else RESOLVED,
        "labels": labels,
        "annotations": annotations,
        "startsAt": at(starts),
        "endsAt": _NEVER if ends is None else at(ends),
        "generatorURL": "",
        "fingerprint": fingerprint(labels),
    }


def fingerprint(labels: Mapping[str, str]) -> str:
    """16 hexadecimal digits that depend on the labels alone."""
    text = "\x00".join(f"{name}\x01{labels[name]}" for name in sorted(labels))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _group_key(message: Message, alerts: Sequence[Mapping[str, Any]]) -> str:
    one = alerts[0]["fingerprint"] if len(alerts) == 1 else "group"
    return f'{{}}/{{receiver="{message.channel}"}}:{one}' if message.kind is not NoticeKind.TEST else "{}:test"


def _common(tables: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {name: value for name, value in tables[0].items() if all(table.get(name) == value for table in tables)}
