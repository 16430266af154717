"""Channels under test, built from a configuration as the program builds them."""

from __future__ import annotations

from typing import Any

import pytest

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model.notifications import Message
from amt_console.notify.channels.channel import Channel, DeliveryError
from amt_console.notify.channels.factory import channels_of

LOOPBACK = {"allow_private": ["127.0.0.0/8", "::1"]}
ZONE = {"time_zone": "Europe/Berlin"}


def channel_of(kind: str, *, env: dict[str, str] | None = None, clock: FakeClock | None = None, **keys: Any) -> Channel:
    """The channel ``ops`` of a kind, with the keys of its section."""
    document = {"channels": [{"name": "ops", "type": kind, **keys}], "notify": LOOPBACK, "console": ZONE}
    settings = Settings.model_validate(document)
    return channels_of(settings, clock=clock or FakeClock(), instance="mon-1", env=env or {})["ops"]


async def send(channel: Channel, *messages: Message) -> None:
    """Send and close."""
    try:
        for message in messages:
            await channel.send(message)
    finally:
        await channel.aclose()


async def failure(channel: Channel, message: Message) -> DeliveryError:
    """How sending fails."""
    with pytest.raises(DeliveryError) as caught:
        await send(channel, message)
    return caught.value
