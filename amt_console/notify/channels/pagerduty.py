"""PagerDuty, Events API v2: trigger, acknowledge and resolve with a key of our own."""

from __future__ import annotations

import hashlib
import json
from datetime import tzinfo
from typing import Any

from amt_console.clock import micros
from amt_console.model.notifications import Message, Notice, NoticeKind
from amt_console.model.states import AlertState, ChannelType, Severity
from amt_console.notify.channels.answers import at, said
from amt_console.notify.channels.channel import DeliveryError, FailureReason
from amt_console.notify.channels.receiver import HttpReceiver
from amt_console.notify.templates.content import content_of, single
from amt_console.notify.templates.html import web_link

BUSY_SECONDS = 120.0
"""PagerDuty asks for a few minutes when it is busy."""
MAX_KEY_CHARS = 255
MAX_SUMMARY_CHARS = 1024
_HASH_CHARS = 32


class PagerDutyChannel:
    """Sends an event for each alert; PagerDuty keeps their state, so alerts are never grouped into one."""

    type = ChannelType.PAGERDUTY
    groups = False

    def __init__(
        self, name: str, receiver: HttpReceiver, routing_key: str, *, instance: str, zone: tzinfo | None = None
    ) -> None:
        self.name = name
        self._receiver = receiver
        self._routing_key = routing_key
        self._instance = instance
        self._zone = zone

    async def send(self, message: Message) -> None:
        """Send the events of a message. A retry sends all of them again, which their keys make harmless.

        Raises:
            DeliveryError: Not accepted, or a message that is no alert.
        """
        if message.kind is NoticeKind.TEST:
            await self._test(message)
        elif message.notices:
            for notice in message.notices:
                await self._post(self._event(single(message, notice), notice))
        else:
            raise DeliveryError(
                FailureReason.UNSUPPORTED, f"PagerDuty takes alerts only: send each {message.kind} to another channel"
            )

    async def aclose(self) -> None:
        """Close kept connections."""
        await self._receiver.aclose()

    async def _test(self, message: Message) -> None:
        """An incident of the lowest severity, resolved at once."""
        key = _short(f"amt/{self._instance}/test:{message.id}:{micros(message.created_at)}")
        payload = {
            "summary": content_of(message, self._zone).subject,
            "source": self._instance,
            "severity": "info",
            "timestamp": at(message.created_at),
        }
        await self._post({"event_action": "trigger", "dedup_key": key, "payload": payload})
        await self._post({"event_action": "resolve", "dedup_key": key})

    def _event(self, message: Message, notice: Notice) -> dict[str, Any]:
        key = dedup_key(notice, self._instance)
        if notice.state is AlertState.RESOLVED:
            return {"event_action": "resolve", "dedup_key": key}
        if message.kind is NoticeKind.ACKNOWLEDGED:
            return {"event_action": "acknowledge", "dedup_key": key}
        content = content_of(message, self._zone)
        links = (("Acknowledge in amt-console", message.acknowledge_url), ("Runbook", web_link(notice.runbook)))
        return {
            "event_action": "trigger",
            "dedup_key": key,
            "client": "amt-console",
            "links": [{"href": url, "text": text} for text, url in links if url],
            "payload": {
                "summary": " ".join((*content.marks, notice.message))[:MAX_SUMMARY_CHARS],
                "source": notice.subject,
                "severity": severity_of(notice),
                "timestamp": at(notice.opened_at),
                "component": notice.subject,
                "group": notice.group or "",
                "class": str(notice.alert_type),
                "custom_details": {
                    **dict(content.facts),
                    **({"Answer": content.answer} if content.answer else {}),
                    **({"Acknowledge": content.command} if content.command else {}),
                },
            },
        }

    async def _post(self, event: dict[str, Any]) -> None:
        answer = await self._receiver.post_json({"routing_key": self._routing_key, **event})
        try:
            accepted = json.loads(answer.body).get("status") == "success"
        except (ValueError, AttributeError):
            accepted = False
        if answer.status != 202 or not accepted:
            raise DeliveryError(
                FailureReason.INVALID_RESPONSE,
                f"PagerDuty answered {answer.status} and accepted nothing: {said(answer) or 'no text'}",
                retry=True,
            )


def dedup_key(notice: Notice, instance: str) -> str:
    """The key of an alert's incident, equal from its first page to its end: ``amt/INSTANCE/RULE:SUBJECT:EPISODE``."""
    return _short(f"amt/{instance}/{notice.rule or notice.alert_type}:{notice.subject}:{notice.alert_id}")


def _short(key: str) -> str:
    if len(key) <= MAX_KEY_CHARS:
        return key
    return key[: MAX_KEY_CHARS - _HASH_CHARS - 1] + "~" + hashlib.sha256(key.encode()).hexdigest()[:_HASH_CHARS]


def severity_of(notice: Notice) -> str:
    """PagerDuty's word; a warning that was escalated is an ``error``."""
    if notice.severity is Severity.WARNING and notice.level > 1:
        return "error"
    return str(notice.severity)
