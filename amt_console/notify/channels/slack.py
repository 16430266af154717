"""Slack, through an incoming webhook."""

from __future__ import annotations

from datetime import tzinfo

from amt_console.model.notifications import Message
from amt_console.model.states import ChannelType
from amt_console.notify.channels.answers import said
from amt_console.notify.channels.channel import DeliveryError, FailureReason
from amt_console.notify.channels.receiver import HttpReceiver
from amt_console.notify.templates.content import content_of
from amt_console.notify.templates.slack import slack_message


class SlackChannel:
    """Posts blocks to one Slack channel. A webhook cannot edit, so each change is a message."""

    type = ChannelType.SLACK
    groups = True

    def __init__(self, name: str, receiver: HttpReceiver, *, zone: tzinfo | None = None) -> None:
        self.name = name
        self._receiver = receiver
        self._zone = zone

    async def send(self, message: Message) -> None:
        """Post it. Slack says ``ok``; anything else is a failure, whatever the status. Raises DeliveryError."""
        answer = await self._receiver.post_json(slack_message(content_of(message, self._zone)))
        if answer.body.strip() != "ok":
            raise DeliveryError(FailureReason.INVALID_RESPONSE, f"Slack accepted nothing: {said(answer) or 'no text'}")

    async def aclose(self) -> None:
        """Close kept connections."""
        await self._receiver.aclose()
