"""Any receiver of JSON over HTTP: Alertmanager's body or a template, signed as Standard Webhooks says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from amt_console.clock import Clock
from amt_console.model.notifications import Message
from amt_console.model.states import ChannelType
from amt_console.notify.channels.alert_body import webhook_body
from amt_console.notify.channels.receiver import JSON, HttpReceiver
from amt_console.notify.channels.signature import signed_headers

Body = Callable[[Message], tuple[bytes, str]]
"""Makes the body of a message, and says of which content type it is. Raises DeliveryError."""


def alertmanager_body(instance: str) -> Body:
    """Alertmanager's webhook body."""

    def body(message: Message) -> tuple[bytes, str]:
        return json.dumps(webhook_body(message, instance), ensure_ascii=False).encode("utf-8", "replace"), JSON

    return body


class WebhookChannel:
    """Posts to one URL. ``webhook-id`` is the outbox row's id, so a receiver can drop what it has already seen."""

    type = ChannelType.WEBHOOK
    groups = True

    def __init__(
        self,
        name: str,
        receiver: HttpReceiver,
        clock: Clock,
        body: Body,
        *,
        secret: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self._receiver = receiver
        self._clock = clock
        self._body = body
        self._secret = secret
        self._headers = dict(headers or {})

    async def send(self, message: Message) -> None:
        """Post it. Raises DeliveryError."""
        body, content_type = self._body(message)
        signature = signed_headers(
            body,
            message_id=str(message.id),
            timestamp=int(self._clock.now().timestamp()),
            secret=self._secret,
        )
        await self._receiver.post(body, content_type, {**self._headers, **signature})

    async def aclose(self) -> None:
        """Close kept connections."""
        await self._receiver.aclose()
