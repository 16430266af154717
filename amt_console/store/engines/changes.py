"""Waits for commits of other processes. Polling is the truth; a wake-up only makes the next poll earlier."""

from __future__ import annotations

import threading
from collections.abc import Callable

LOOK_EVERY = 0.25
"""Seconds between two polls of a file."""


class Changes:
    """Polls regularly. Safe from several threads."""

    def __init__(self) -> None:
        self._closed = threading.Event()

    @property
    def closed(self) -> bool:
        """Whether waiting has ended."""
        return self._closed.is_set()

    def announce(self) -> None:
        """Note a commit of this process. Never blocks for long and never raises."""

    def wait(self, changed: Callable[[], bool], timeout: float) -> None:
        """Return when ``changed`` is true, after ``timeout`` seconds, or when closed."""
        left = timeout
        while not self._closed.is_set() and not changed() and left > 0:
            self._closed.wait(min(LOOK_EVERY, left))
            left -= LOOK_EVERY

    def close(self) -> None:
        """End all waiting. Idempotent."""
        self._closed.set()
