"""What every channel does: send one message, or say why not."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol, runtime_checkable

from amt_console.model.notifications import Message
from amt_console.model.states import ChannelType
from amt_console.redaction import redacted
from amt_console.text import safe_text

MAX_ERROR_CHARS = 300


class FailureReason(StrEnum):
    """Why a delivery failed, in a word for logs and metrics; Alertmanager's where it has one."""

    AUTH = "auth"
    """The receiver refuses our credentials."""
    RATE_LIMITED = "rateLimited"
    TIMEOUT = "timeout"
    """It may have arrived all the same: a retry has the same id."""
    NETWORK = "network"
    TLS = "tls"
    CLIENT_ERROR = "clientError"
    """The receiver refuses the message or does not exist any more."""
    SERVER_ERROR = "serverError"
    INVALID_RESPONSE = "invalidResponse"
    """The receiver accepted the request and says that it failed."""
    BLOCKED_ADDRESS = "blockedAddress"
    """The receiver's address is not allowed."""
    UNSUPPORTED = "unsupported"
    """This kind of message cannot be sent on this channel."""
    CONFIGURATION = "configuration"
    """The channel cannot be used as it is configured."""


class DeliveryError(Exception):
    """A message that was not delivered.

    Attributes:
        reason: Why, in a word.
        retry: Whether another attempt may succeed.
        retry_after: Seconds that the receiver asks to wait, or ``None``.
    """

    def __init__(
        self, reason: FailureReason, message: str, *, retry: bool = False, retry_after: float | None = None
    ) -> None:
        self.reason = reason
        self.retry = retry
        self.retry_after = retry_after
        super().__init__(safe_text(redacted(message), MAX_ERROR_CHARS))


class Channel(Protocol):
    """One configured way to reach somebody."""

    @property
    def name(self) -> str:
        """As configured."""
        ...

    @property
    def type(self) -> ChannelType:
        """What kind of receiver it is."""
        ...

    @property
    def groups(self) -> bool:
        """Whether several alerts may be one message."""
        ...

    async def send(self, message: Message) -> None:
        """Deliver one message, within a deadline of the channel's own; may be cancelled.

        Raises:
            DeliveryError: It was not delivered, as far as known.
        """
        ...

    async def aclose(self) -> None:
        """Close kept connections."""
        ...


@runtime_checkable
class RefreshingChannel(Protocol):
    """A channel whose receiver must be told again and again while an alert fires."""

    @property
    def refresh_seconds(self) -> float | None:
        """How often; ``None``: never."""
        ...

    async def refresh(self, messages: Sequence[Message]) -> None:
        """Tell again what was delivered, one alert a message: alerts that still fire, and the ends of the last minutes.

        Raises:
            DeliveryError: It was not accepted.
        """
        ...
