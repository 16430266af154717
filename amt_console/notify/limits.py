"""The third stage: how fast and how much a channel may send."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from amt_console.model.states import ChannelType

HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Rate:
    """Messages a second in the long run, and at once."""

    per_second: float
    burst: int = 10


def rate_of(kind: ChannelType) -> Rate:
    """The rate that a kind of receiver takes."""
    return Rate(1.0) if kind is ChannelType.SLACK else Rate(5.0)


class TokenBucket:
    """At most ``burst + rate * t`` messages in any stretch of t seconds. Takes seconds of a monotonic clock."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._tokens = float(rate.burst)
        self._at: float | None = None

    def pause(self, now: float) -> float:
        """Seconds until the next message may go; 0 for now."""
        self._fill(now)
        return 0.0 if self._tokens >= 1 else (1 - self._tokens) / self._rate.per_second

    def take(self, now: float) -> None:
        """A message goes."""
        self._fill(now)
        self._tokens -= 1

    def _fill(self, now: float) -> None:
        passed = 0.0 if self._at is None else max(0.0, now - self._at)
        self._tokens = min(float(self._rate.burst), self._tokens + passed * self._rate.per_second)
        self._at = now


class HourlyCap:
    """Counts the messages of the last hour. Takes seconds of a monotonic clock.

    Args:
        cap: The most messages of an hour; 0 for any number.
        sent: When earlier ones were sent.
    """

    def __init__(self, cap: int, sent: Iterable[float] = ()) -> None:
        self.cap = cap
        self._sent = deque(sorted(sent))

    def pause(self, now: float) -> float:
        """Seconds until there is room for another message; 0 for now."""
        self._forget(now)
        if not self.cap or len(self._sent) < self.cap:
            return 0.0
        return self._sent[len(self._sent) - self.cap] + HOUR - now

    def take(self, now: float) -> None:
        """A message goes."""
        self._forget(now)
        self._sent.append(now)

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0] <= now - HOUR:
            self._sent.popleft()
