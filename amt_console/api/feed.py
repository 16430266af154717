"""Notifies waiting consoles of actions, so that they poll immediately."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import threading

LONGEST_WAIT = 20.0
"""Most seconds that a console waits without an action."""


class ActionFeed:
    """Counts actions. ``announce`` and ``close`` are thread-safe."""

    def __init__(self) -> None:
        self.process = secrets.token_hex(8)
        """Tells this process from others that answer at the same address later."""
        self._lock = threading.Lock()
        self._number = 0
        self._closed = False
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def number(self) -> int:
        """The number of actions."""
        return self._number

    def announce(self) -> None:
        """Count an action and wake the waiting consoles."""
        with self._lock:
            self._number += 1
            self._wake()

    def close(self) -> None:
        """Release all waiting consoles, now and from now on."""
        with self._lock:
            self._closed = True
            self._wake()

    async def wait(self, after: int, seconds: float) -> int:
        """Wait until the number of actions differs from ``after``, at most ``seconds``; returns the number."""
        future = asyncio.get_running_loop().create_future()
        with self._lock:
            if self._number != after or self._closed:
                return self._number
            self._waiting.add(future)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(future, min(seconds, LONGEST_WAIT))
        finally:
            with self._lock:
                self._waiting.discard(future)
        return self._number

    def _wake(self) -> None:
        for future in self._waiting:
            with contextlib.suppress(RuntimeError):
                future.get_loop().call_soon_threadsafe(_finish, future)
        self._waiting = set()


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
