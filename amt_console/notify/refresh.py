"""Tells receivers again what still fires, where they forget it otherwise."""

from __future__ import annotations

import math
from datetime import timedelta

from amt_console.clock import Clock
from amt_console.notify.channels.channel import Channel, DeliveryError, RefreshingChannel
from amt_console.notify.messages import retold
from amt_console.notify.outbox import Outbox
from amt_console.notify.settings import LinkMaker, no_link
from amt_console.text import safe_text

ENDED_SECONDS = 300.0
"""For so long the end of an alert is told again: the receiver may have been restarting."""


class Refresh:
    """The refreshing of one channel. What it tells is read from the outbox each time, and only what was delivered."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self.fault: str | None = None
        """Why the newest one failed."""
        self._outbox = outbox
        self._clock = clock
        self._due = -math.inf

    async def tell(self, channel: Channel, link: LinkMaker = no_link) -> float:
        """Tell it again if it is time to; returns the seconds until the next time. Raises StoreError."""
        if not isinstance(channel, RefreshingChannel) or channel.refresh_seconds is None:
            return math.inf
        now = self._clock.monotonic()
        if now < self._due:
            return self._due - now
        self._due = now + channel.refresh_seconds
        since = self._clock.now() - timedelta(seconds=ENDED_SECONDS)
        messages = [retold(each, link) for each in await self._outbox.standing(channel.name, since)]
        try:
            if messages:
                await channel.refresh(messages)
            self.fault = None
        except DeliveryError as error:
            self.fault = safe_text(str(error))
        return channel.refresh_seconds
