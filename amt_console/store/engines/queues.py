"""What waits in the database for a part of the monitor: messages to send, and what came in from outside."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

Queue = Literal["outbox", "arrivals"]


class QueueCounts:
    """How many transactions of one store have changed each queue. Written under the store's write lock."""

    def __init__(self) -> None:
        self._counts: dict[Queue, int] = {"outbox": 0, "arrivals": 0}

    def of(self, queue: Queue) -> int:
        """How many so far; safe from any thread."""
        return self._counts[queue]

    def add(self, touched: Iterable[Queue]) -> None:
        """A transaction that changed these queues was committed."""
        for queue in touched:
            self._counts[queue] += 1
