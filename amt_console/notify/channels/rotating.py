"""A channel whose secrets may change while the program runs, e.g. in files that a secret manager writes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence

from amt_console.config.faults import Refused
from amt_console.model.notifications import Message
from amt_console.model.states import ChannelType
from amt_console.notify.channels.channel import Channel, DeliveryError, FailureReason, RefreshingChannel

_REFUSALS = frozenset((FailureReason.AUTH, FailureReason.CLIENT_ERROR))


class RotatingChannel:
    """Reads the secrets again when the receiver refuses them, and sends once more if they have changed.

    Args:
        channel: Built with the secrets of now.
        build: Builds it anew. Raises Refused.
        secrets: Reads them. Raises Refused.
    """

    def __init__(self, channel: Channel, build: Callable[[], Channel], secrets: Callable[[], tuple[str, ...]]) -> None:
        self._channel = channel
        self._build = build
        self._secrets = secrets
        self._used = secrets()

    @property
    def name(self) -> str:
        """As configured."""
        return self._channel.name

    @property
    def type(self) -> ChannelType:
        """What kind of receiver it is."""
        return self._channel.type

    @property
    def groups(self) -> bool:
        """Whether several alerts may be one message."""
        return self._channel.groups

    @property
    def refresh_seconds(self) -> float | None:
        """How often the receiver must be told again; ``None``: never."""
        return self._channel.refresh_seconds if isinstance(self._channel, RefreshingChannel) else None

    async def refresh(self, messages: Sequence[Message]) -> None:
        """Tell again what was delivered. Raises DeliveryError."""
        if isinstance(self._channel, RefreshingChannel):
            await self._channel.refresh(messages)

    async def send(self, message: Message) -> None:
        """Deliver it. Raises DeliveryError."""
        try:
            await self._channel.send(message)
        except DeliveryError as error:
            if error.retry or error.reason not in _REFUSALS or not await self._renewed():
                raise
            await self._channel.send(message)

    async def aclose(self) -> None:
        """Close kept connections."""
        await self._channel.aclose()

    async def _renewed(self) -> bool:
        with contextlib.suppress(Refused):
            secrets = self._secrets()
            if secrets != self._used:
                former, self._channel, self._used = self._channel, self._build(), secrets
                await former.aclose()
                return True
        return False
