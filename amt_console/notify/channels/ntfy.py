"""ntfy: push messages to phones, with a button to acknowledge."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from amt_console.model.notifications import Message
from amt_console.model.states import ChannelType
from amt_console.notify.channels.receiver import HttpReceiver
from amt_console.notify.templates.content import Content, MessageTone, content_of
from amt_console.notify.templates.html import web_link
from amt_console.notify.templates.plain import short_text

MAX_BYTES = 3800
"""ntfy makes an attachment of a longer text."""
PRIORITIES = {MessageTone.CRITICAL: 5, MessageTone.WARNING: 4, MessageTone.INFO: 2, MessageTone.GOOD: 3}
"""5 rings through the phone's quiet hours, if its owner allows it."""
TAGS = {
    MessageTone.CRITICAL: "rotating_light",
    MessageTone.WARNING: "warning",
    MessageTone.INFO: "information_source",
    MessageTone.GOOD: "white_check_mark",
}


class NtfyChannel:
    """Publishes to one topic."""

    type = ChannelType.NTFY
    groups = True

    def __init__(
        self, name: str, receiver: HttpReceiver, topic: str, *, token: str | None = None, zone: tzinfo | None = None
    ) -> None:
        self.name = name
        self._receiver = receiver
        self._topic = topic
        self._headers = {} if token is None else {"authorization": f"Bearer {token}"}
        self._zone = zone

    async def send(self, message: Message) -> None:
        """Publish it. Raises DeliveryError."""
        document = ntfy_document(content_of(message, self._zone))
        await self._receiver.post_json({"topic": self._topic, **document}, self._headers)

    async def aclose(self) -> None:
        """Close kept connections."""
        await self._receiver.aclose()


def server_and_topic(url: str) -> tuple[str, str]:
    """The parts of a topic's URL: JSON is published at the server's root."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "/", "", "")), parts.path.strip("/")


def ntfy_document(content: Content) -> dict[str, Any]:
    """A message as ntfy shows it, without its topic."""
    runbook = web_link(content.runbook)
    document: dict[str, Any] = {
        "title": content.subject,
        "message": _cut(short_text(content)),
        "priority": PRIORITIES[content.tone],
        "tags": [TAGS[content.tone]],
        "actions": _actions(content.acknowledge_url, runbook),
    }
    return {**document, "click": runbook} if runbook else document


def _actions(acknowledge: str | None, runbook: str | None) -> list[dict[str, Any]]:
    actions: list[dict[str, Any]] = []
    if acknowledge:
        actions.append({"action": "http", "label": "Acknowledge", "url": acknowledge, "method": "POST", "clear": True})
    if runbook:
        actions.append({"action": "view", "label": "Runbook", "url": runbook})
    return actions


def _cut(text: str) -> str:
    content = text.encode()
    return text if len(content) <= MAX_BYTES else content[:MAX_BYTES].decode("utf-8", "ignore") + "…"
