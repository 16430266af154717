"""Lets keys go before other work of the app's loop."""

from __future__ import annotations

import time
from collections.abc import Callable

MOST_SECONDS = 0.1
"""A piece of work gives way no longer than this: keys without end must not freeze the rest of the screen."""


class GivingWay:
    """For one kind of work.

    Args:
        keys_wait: Tells whether a key waits for its answer.
    """

    def __init__(self, keys_wait: Callable[[], bool]) -> None:
        self._keys_wait = keys_wait
        self._since: float | None = None
        """When it gave way first, since the work was last done."""

    def gives_way(self) -> bool:
        """Whether the work shall be tried again behind the keys that wait."""
        now = time.monotonic()
        if not self._keys_wait() or (self._since is not None and now - self._since >= MOST_SECONDS):
            self._since = None
            return False
        if self._since is None:
            self._since = now
        return True
