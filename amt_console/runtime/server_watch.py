"""Waits for commits of other processes on a server, and for the lease."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amt_console.store import Store

LOOK_SECONDS = 1.0


class ServerWatch:
    """Calls ``on_change`` after each commit of any process. For one thread.

    Args:
        store: Open.
        closing: Set when the session ends.
        on_change: Must be quick.
    """

    def __init__(self, store: Store, closing: threading.Event, on_change: Callable[[], None]) -> None:
        self._store = store
        self._closing = closing
        self._on_change = on_change
        self._seen: int | None = None

    def wait(self) -> None:
        """Wait for the next commit, at most ``LOOK_SECONDS``; a server that does not answer makes it wait as long."""
        from amt_console.store import StoreError

        try:
            if self._seen is None:
                self._seen = self._store.data_version()
            version = self._store.wait_for_change(self._seen, LOOK_SECONDS)
        except StoreError:
            self._closing.wait(LOOK_SECONDS)
            return
        if version != self._seen and not self._closing.is_set():
            self._seen = version
            self._on_change()

    def lease_is_free(self) -> bool:
        """Whether it is worth trying to become the monitor."""
        from amt_console.store import StoreError, lease_is_free

        try:
            return lease_is_free(self._store)
        except StoreError:
            return False
