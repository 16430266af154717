"""The fourth stage: what follows from an attempt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from amt_console.notify.settling import LONGEST_PAUSE

SHORTEST = 0.05
"""Seconds before another attempt."""
FRESH_PAUSE = 15.0
"""Seconds at most for which a receiver that fails holds up a critical page that was not tried yet."""


@dataclass(frozen=True, slots=True)
class RetryTimes:
    """Seconds between attempts."""

    first: float = 1.0
    most: float = 300.0


def backoff(attempts: int, times: RetryTimes, random: Callable[[], float]) -> float:
    """Seconds until the next attempt, with full jitter.

    Args:
        attempts: Failed ones so far, from 1.
        times: The bounds.
        random: Numbers in ``[0, 1)``.
    """
    most: float = min(times.most, times.first * 2.0 ** min(attempts - 1, 32))
    return max(SHORTEST, most * random())


def pause_after(attempts: int, times: RetryTimes, random: Callable[[], float], retry_after: float | None) -> float:
    """Seconds until the next attempt, not before the receiver asks for it, within reason."""
    asked = 0.0 if retry_after is None else min(max(0.0, retry_after), LONGEST_PAUSE.total_seconds())
    return max(asked, backoff(attempts, times, random))


class Backing:
    """How long a channel whose receiver fails is left alone. Takes seconds of a monotonic clock."""

    def __init__(self) -> None:
        self.failures = 0
        """In a row."""
        self._until = 0.0
        self._until_fresh = 0.0

    def failed(self, now: float, pause: float, *, asked: bool) -> None:
        """An attempt failed; ``asked``: the receiver itself named the pause."""
        self.failures += 1
        self._until = now + pause
        self._until_fresh = self._until if asked else now + min(pause, FRESH_PAUSE)

    def delivered(self) -> None:
        """The receiver takes messages."""
        self.failures, self._until, self._until_fresh = 0, 0.0, 0.0

    def pause(self, now: float, *, fresh: bool) -> float:
        """Seconds until the next attempt; ``fresh``: of a critical page that was not tried yet."""
        return max(0.0, (self._until_fresh if fresh else self._until) - now)
