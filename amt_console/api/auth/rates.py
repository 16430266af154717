"""Limits how often a caller may ask: token buckets with bounded memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address, ip_network

from amt_console.clock import Clock

MOST_KEYS = 4096
"""Most buckets of one limit. Above that, the one that was used longest ago is forgotten."""
BURST_SECONDS = 10.0
"""A caller that was quiet may ask for this many seconds' worth at once."""
IPV6_PREFIX = 64
"""One subscriber has a whole network of this size: its addresses share a bucket."""


class RateLimit:
    """One token bucket for each key. Thread-safe.

    Args:
        clock: The time.
        burst: Most requests at once.
        seconds_each: Seconds in which one more is earned.
    """

    def __init__(self, clock: Clock, *, burst: float, seconds_each: float) -> None:
        self._clock = clock
        self.burst = burst
        self.seconds_each = seconds_each
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    @classmethod
    def per_second(cls, clock: Clock, rate: float) -> RateLimit:
        """A steady rate, with a burst of ``BURST_SECONDS``."""
        return cls(clock, burst=max(1.0, rate * BURST_SECONDS), seconds_each=1 / rate)

    def take(self, key: str) -> float:
        """Take one of the key's requests.

        Returns:
            0 if there was one, else the seconds until there is one; nothing is taken then.
        """
        with self._lock:
            now = self._clock.monotonic()
            left, at = self._buckets.get(key, (self.burst, now))
            left = min(self.burst, left + (now - at) / self.seconds_each)
            if left < 1:
                return (1 - left) * self.seconds_each
            self._buckets[key] = (left - 1, now)
            self._buckets.move_to_end(key)
            while len(self._buckets) > MOST_KEYS:
                self._buckets.popitem(last=False)
            return 0.0

    def left(self, key: str) -> int:
        """Whole requests that the key has now."""
        with self._lock:
            now = self._clock.monotonic()
            left, at = self._buckets.get(key, (self.burst, now))
            return int(min(self.burst, left + (now - at) / self.seconds_each))

    @property
    def headers(self) -> str:
        """Its policy for the header ``RateLimit-Policy``: requests and the seconds in which they are earned."""
        return f"q={int(self.burst)};w={max(1, round(self.burst * self.seconds_each))}"


def address_key(address: str) -> str:
    """The bucket of an address: itself, or its network for IPv6."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(ip_network((found, IPV6_PREFIX), strict=False))
    return address
