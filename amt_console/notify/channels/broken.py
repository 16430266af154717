"""A channel that cannot be used as it is configured."""

from __future__ import annotations

from amt_console.model.notifications import Message
from amt_console.model.states import ChannelType
from amt_console.notify.channels.channel import DeliveryError, FailureReason


class BrokenChannel:
    """Refuses every message with the reason, so that the other channels tell of it."""

    groups = True

    def __init__(self, name: str, kind: ChannelType, reason: str) -> None:
        self.name = name
        self.type = kind
        self._reason = reason

    async def send(self, message: Message) -> None:
        """Raises DeliveryError."""
        raise DeliveryError(FailureReason.CONFIGURATION, f"channel {self.name} cannot be used: {self._reason}")

    async def aclose(self) -> None:
        """Nothing is open."""
